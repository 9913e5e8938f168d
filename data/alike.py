"""Which texts say nearly the same: a few keys per text, equal where texts are near-identical.

Min-hash over runs of letters, figures left out, so that another price, telephone number, emoji or
spelling of the same advertisement makes no new text. Sixteen keys are enough to find the likes of
a text by index, and two texts are alike when they share at least three: at four fifths of runs in
common nearly always, at a third hardly ever.
"""

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, ForeignKey, Select, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from data.base import Record
from data.text import skeleton

BANDS, ROWS = 16, 3
SHARED = 3
RUN = 4
_MOST = 4000
_FIRST = 30
_MASK = 2**64 - 1


def _mixed(number: int) -> int:
    """Spread a small number over 64 bits; the same on every machine."""
    number = (number + 1) * 0x9E3779B97F4A7C15 & _MASK
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    number = (number ^ number >> 27) * 0x94D049BB133111EB & _MASK
    return number ^ number >> 31


_FACTORS = np.array([_mixed(n) | 1 for n in range(BANDS * ROWS)], np.uint64)
_ADDED = np.array([_mixed(1000 + n) for n in range(BANDS * ROWS)], np.uint64)
_JOINED = np.array([_mixed(2000 + n) | 1 for n in range(ROWS)], np.uint64)
_BAND = np.array([_mixed(3000 + n) for n in range(BANDS)], np.uint64)


class Likeness(Record):
    """One key of the text a queued listing had; listings that share three are alike."""

    __tablename__ = "likenesses"

    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"), primary_key=True)
    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, index=True)


def plain_text(title: str, description: str) -> str:
    """Fold a listing's words to what is compared: letters alone.

    >>> plain_text("Cao HỔ cốt!", "15.000.000đ, gọi 0900 000 123")
    'caohổcốtđgọi'
    """
    folded = skeleton(f"{title}\n{description}"[:_MOST]).text
    return "".join(character for character in folded if not character.isdecimal())


def keys_of(title: str, description: str = "") -> tuple[int, ...]:
    """Give the keys of a text, none where it has no letter at all.

    >>> one = keys_of("Ivory bangle, old, heavy", "Price 900, call 0900 000 123")
    >>> other = keys_of("IVORY bangle old heavy", "price 750; call 0900 000 999 !!")
    >>> one == other, alike(one, keys_of("Garden chair, teak", "Two of them, hardly used"))
    (True, False)
    """
    text = plain_text(title, description)
    if not text:
        return ()
    runs = {text[at : at + RUN].encode() for at in range(max(1, len(text) - RUN + 1))}
    return _keys(np.fromiter((zlib.crc32(run) for run in runs), np.uint64, len(runs)))


def _keys(runs: NDArray[np.uint64]) -> tuple[int, ...]:
    """Join the least hashes of each band into one signed 64-bit key."""
    hashes = (runs[:, None] * _FACTORS + _ADDED) >> np.uint64(32)
    least = hashes.min(axis=0).reshape(BANDS, ROWS)
    keys = (least * _JOINED).sum(axis=1, dtype=np.uint64) ^ _BAND
    return tuple(keys.view(np.int64).tolist())


def alike(one: Iterable[int], other: Iterable[int]) -> bool:
    """Tell whether two texts, given by their keys, say nearly the same."""
    return len(set(one) & set(other)) >= SHARED


def groups_of(texts: Sequence[tuple[int, ...]]) -> list[int]:
    """Give each text the number of the first text that it is alike to, directly or by others.

    >>> chair, bangle = keys_of("Garden chair, teak"), keys_of("Ivory bangle, old")
    >>> groups_of([chair, bangle, keys_of("GARDEN chair teak 50"), bangle])
    [0, 1, 0, 1]
    """
    first = list(range(len(texts)))

    def root(at: int) -> int:
        while first[at] != at:
            first[at] = first[first[at]]
            at = first[at]
        return at

    met: dict[int, list[int]] = {}
    for at, keys in enumerate(texts):
        shared = Counter(other for key in set(keys) for other in met.get(key, ()))
        for other, count in shared.items():
            if count >= SHARED:
                low, high = sorted((root(at), root(other)))
                first[high] = low
        for key in set(keys):
            # A text that thousands repeat is compared with the first of them only.
            if len(met.setdefault(key, [])) < _FIRST:
                met[key].append(at)
    return [root(at) for at in range(len(texts))]


def remember(session: Session, listing_id: int, keys: Iterable[int]) -> None:
    """Keep the keys of a queued listing's text in place of those of an older text."""
    session.execute(delete(Likeness).where(Likeness.listing_id == listing_id))
    session.add_all(Likeness(listing_id=listing_id, key=key) for key in sorted(set(keys)))
    session.flush()


def likes_of(listing_id: int, keys: Iterable[int]) -> Select[int]:
    """Select the ids of remembered listings whose text is like this one, itself left out."""
    return (
        select(Likeness.listing_id)
        .where(Likeness.key.in_(sorted(set(keys))), Likeness.listing_id != listing_id)
        .group_by(Likeness.listing_id)
        .having(func.count() >= SHARED)
    )
