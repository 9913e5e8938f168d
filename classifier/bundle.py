"""Many texts folded at once and kept as one string: what makes bulk scoring fast.

One call over a hundred texts costs what one call over a single text does, so letters are folded
and told apart by tables over the whole bundle. A text that needs more than its letters replaced
(`data.text` knows what) is folded on its own; the outcome is the same either way.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from classifier.burmese import changing, hiding
from data.text import FOLDING, fold, unaccent

SEPARATOR = "\x1e"
_CODES = 0x110000
_BREAK = ord("\n")
_THAI_AM, _LAO_AM, _KHMER_RO = 0x0E33, 0x0EB3, 0x179A
_ROUND, _AA = (0x0E4D, 0x0ECD), (0x0E32, 0x0EB2)  # together Thai and Lao "am"
_LAO_DIGRAPHS = ("ໜ", "ໝ")
_COENG, _DA, _TA = 0x17D2, 0x178A, 0x178F

Codes = NDArray[np.uint32]
Kinds = NDArray[np.uint32]
Bools = NDArray[np.bool_]


class Kind:
    """What a folded character is; several may hold, as bits of a number."""

    KNOWN = 1
    LATIN = 2  # a letter or digit that makes up Latin words
    HAN = 4
    THAI = 8
    LAO = 16
    KHMER = 32
    BURMESE = 64
    ACCENT = 128  # a Vietnamese letter with an accent
    SPACE = 256
    DIGIT = 512
    CONTINUES = 1024  # goes on with the letter before it: vowels, tones, stacked letters
    OPENS = 2048  # a vowel or sign that begins what the next letter ends
    TONE = 4096  # may stand after a vowel in the wrong place or order
    ODD = 16384  # folds to nothing or to several, or takes rules of its own
    LETTER = 32768  # Latin, without digits
    SOFT = 1 << 16  # a sign inside a parted word: 象.牙
    HARD = 1 << 17  # a sign that parts words too: 象 牙
    INNER = 1 << 18  # a sign that no everyday word in an unspaced script has inside
    SWAP = 1 << 19  # a digit or sign that stands for a letter: iv0ry
    RARE = 1 << 20  # a letter of a script that none of the languages uses
    VIETNAMESE = 1 << 21  # an accented letter that only Vietnamese has
    GONE = 1 << 22  # folds to nothing
    LOW = 1 << 23  # a vowel below, which Unicode orders before a tone
    STAR = 1 << 24  # a sign that no everyday Latin word has inside


_UNSPACED = Kind.THAI | Kind.LAO | Kind.KHMER | Kind.BURMESE
_SCRIPTS = {"thai": Kind.THAI, "lao": Kind.LAO, "khmer": Kind.KHMER, "burmese": Kind.BURMESE}
_RANGES = (
    (0x0E00, 0x0E7F, Kind.THAI), (0x0E80, 0x0EFF, Kind.LAO), (0x1780, 0x17FF, Kind.KHMER),
    (0x1000, 0x109F, Kind.BURMESE), (0x3400, 0x9FFF, Kind.HAN),
    (0xF900, 0xFAFF, Kind.HAN), (0x20000, 0x3FFFF, Kind.HAN), (0x0370, 0x052F, Kind.ODD),
    (0x30, 0x39, Kind.LATIN | Kind.DIGIT), (0x61, 0x7A, Kind.LATIN | Kind.LETTER),
    (0xDF, 0x24F, Kind.LATIN | Kind.LETTER), (0x1E00, 0x1EFF, Kind.LATIN | Kind.LETTER),
    (0x1100, 0x11FF, Kind.ODD | Kind.RARE), (0x0370, 0x05FF, Kind.RARE),
    (0x0600, 0x06FF, Kind.RARE), (0x0900, 0x0DFF, Kind.RARE), (0x3040, 0x30FF, Kind.RARE),
    (0xAC00, 0xD7AF, Kind.RARE),
    (0x0E30, 0x0E3A, Kind.CONTINUES), (0x0E47, 0x0E4E, Kind.CONTINUES | Kind.TONE),
    (0x0EB0, 0x0EBC, Kind.CONTINUES), (0x0EC8, 0x0ECD, Kind.CONTINUES | Kind.TONE),
    (0x17B6, 0x17D3, Kind.CONTINUES), (0x102B, 0x103E, Kind.CONTINUES),
    (0x0E40, 0x0E44, Kind.OPENS), (0x0EC0, 0x0EC4, Kind.OPENS),
    (0x17D2, 0x17D2, Kind.OPENS), (0x1039, 0x1039, Kind.OPENS),
    (0x0E38, 0x0E3A, Kind.LOW), (0x0EB8, 0x0EBA, Kind.LOW),
)  # fmt: skip
_SIGNS = (
    (".·•*_~^'`", Kind.SOFT), (" /|+-–—", Kind.HARD), (".·•*_~^|+-", Kind.INNER),
    ("*_~^·•", Kind.STAR),
    ("01345679@$!", Kind.SWAP), (" \n", Kind.SPACE),
    ("ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ", Kind.VIETNAMESE),
)  # fmt: skip
_OLD_TONES = np.array([ord(letter) for letter in "àáảãạèéẻẽẹỳýỷỹỵ"], np.uint32)


class _Table:
    """What each character folds to and is, worked out as characters are met."""

    def __init__(self) -> None:
        self._folded = np.zeros(_CODES, np.uint32)
        self._kinds = np.zeros(_CODES, np.uint32)
        self._folded[ord(SEPARATOR)] = ord(SEPARATOR)
        self._kinds[ord(SEPARATOR)] = Kind.KNOWN

    def fold(self, codes: Codes) -> tuple[Codes, Kinds]:
        """Give the folded codes and what they are; an odd character stays as it was."""
        kinds = self._kinds[codes]
        if not kinds.all():
            self._learn(codes[kinds == 0])
            kinds = self._kinds[codes]
        return self._folded[codes], kinds

    def _learn(self, codes: Codes) -> None:
        for code in np.unique(codes).tolist():
            folded = FOLDING[code]
            if len(folded) == 1:
                self._folded[code], self._kinds[code] = ord(folded), _kind(ord(folded))
            else:
                what = Kind.ODD if folded else Kind.GONE
                self._folded[code], self._kinds[code] = code, Kind.KNOWN | what


_TABLE = _Table()


def _kind(code: int) -> int:
    character = chr(code)
    kind = Kind.KNOWN
    for first, last, what in _RANGES:
        if first <= code <= last:
            kind |= what
    for signs, what in _SIGNS:
        if character in signs:
            kind |= what
    if unaccent(character) != character:
        kind |= Kind.ACCENT
    marks = unicodedata.category(character)[0] == "M"
    if marks and not kind & _UNSPACED:
        kind |= Kind.ODD
    return kind


@dataclass(frozen=True)
class Bundle:
    """Folded texts, joined by separators; text i stands at starts[i], its separator after it."""

    originals: Sequence[str]
    texts: Sequence[str]
    text: str
    starts: NDArray[np.int64]
    codes: Codes
    kinds: Kinds

    @cached_property
    def present(self) -> list[int]:
        """For each text the kinds of all its characters together."""
        found: list[int] = np.bitwise_or.reduceat(self.kinds, self.starts).tolist()
        return found

    def take(self, which: Sequence[int]) -> "Bundle":
        """Give a bundle of some of the texts; at least one."""
        ends = np.append(self.starts[1:], len(self.codes))
        spans = [slice(int(self.starts[at]), int(ends[at])) for at in which]
        texts = [self.texts[at] for at in which]
        joined, starts = _join(texts)
        return Bundle(
            [self.originals[at] for at in which],
            texts,
            joined,
            starts,
            np.concatenate([self.codes[span] for span in spans]),
            np.concatenate([self.kinds[span] for span in spans]),
        )

    def holding(self, places: Bools) -> list[bool]:
        """Tell for each text whether one of the given places is in it."""
        found: list[bool] = np.logical_or.reduceat(places, self.starts).tolist()
        return found

    def count(self, kind: int) -> list[int]:
        """Count for each text the characters of a kind."""
        found: list[int] = np.add.reduceat(self.has(kind), self.starts, dtype=np.int64).tolist()
        return found

    def has(self, kind: int) -> Bools:
        """Tell for each character whether it is of a kind."""
        return _hold(self.kinds, kind)


def bundle(texts: Iterable[str]) -> Bundle:
    r"""Fold texts as `data.text.fold` does, all at once.

    >>> bundle(["ＴＩＧＥＲ", "", "虎\u200b骨"]).texts
    ['tiger', '', '虎骨']
    """
    originals = [text.replace(SEPARATOR, "") if SEPARATOR in text else text for text in texts]
    joined, starts = _join(originals)
    for digraph in _LAO_DIGRAPHS:
        if digraph in joined:
            joined = joined.replace(digraph, FOLDING[ord(digraph)])
    codes, kinds = _TABLE.fold(_codes(joined))
    starts = _starts(codes)
    codes, kinds, starts, hidden = _shown(codes, kinds, starts)
    codes[1:][(codes[:-1] == _COENG) & (codes[1:] == _DA)] = _TA
    codes, kinds, starts = _one_space(codes, kinds, starts)
    folded = _text(codes)
    needy = _needy(codes, kinds, starts)
    for at in hidden:
        needy[at] = True
    if not any(needy):
        return Bundle(originals, _cut(folded, starts), folded, starts, codes, kinds)
    present = np.bitwise_or.reduceat(kinds, starts).tolist()
    texts = [
        fold(original, _absent(held & _UNSPACED)) if needs else quick
        for original, quick, needs, held in zip(
            originals, _cut(folded, starts), needy, present, strict=True
        )
    ]
    folded, starts = _join(texts)
    codes = _codes(folded)
    return Bundle(originals, texts, folded, starts, codes, _TABLE.fold(codes)[1])


@cache
def _absent(present: int) -> frozenset[str]:
    """Name the scripts that `data.text` has rules for and a text has not."""
    return frozenset(name for name, kind in _SCRIPTS.items() if not present & kind)


def _starts(codes: Codes) -> NDArray[np.int64]:
    """Find where texts start, each ended by a separator."""
    starts = np.flatnonzero(codes == ord(SEPARATOR)) + 1
    return np.concatenate(([0], starts[:-1]))


def _shown(
    codes: Codes, kinds: Kinds, starts: NDArray[np.int64]
) -> tuple[Codes, Kinds, NDArray[np.int64], list[int]]:
    """Leave out what shows nothing; name the texts where that might hide something."""
    gone = _hold(kinds, Kind.GONE)
    if not gone.any():
        return codes, kinds, starts, []
    places = np.flatnonzero(hiding(codes, gone))
    hidden = np.searchsorted(starts, places, "right") - 1
    return *_without(gone, codes, kinds, starts), hidden.tolist()


def _without(
    gone: Bools, codes: Codes, kinds: Kinds, starts: NDArray[np.int64]
) -> tuple[Codes, Kinds, NDArray[np.int64]]:
    """Leave out some characters; separators are never among them."""
    if not gone.any():
        return codes, kinds, starts
    return codes[~gone], kinds[~gone], starts - np.cumsum(gone)[starts] + gone[starts]


def _one_space(
    codes: Codes, kinds: Kinds, starts: NDArray[np.int64]
) -> tuple[Codes, Kinds, NDArray[np.int64]]:
    """Make one of every run of spaces: a line break if there is one among them."""
    space = _hold(kinds, Kind.SPACE)
    more = space.copy()
    more[1:] &= space[:-1]
    more[0] = False
    if not more.any():
        return codes, kinds, starts
    first = np.flatnonzero(space & ~more)
    breaks = np.logical_or.reduceat(space & (codes == _BREAK), first)
    codes[first[breaks]] = _BREAK
    return _without(more, codes, kinds, starts)


def _needy(codes: Codes, kinds: Kinds, starts: NDArray[np.int64]) -> list[bool]:
    """Tell which texts need more than their letters replaced; rather too many than too few."""
    before, after, first = kinds[:-1], kinds[1:], codes[:-1]
    needs = _hold(kinds, Kind.ODD)
    pairs = needs[1:]
    twice = (codes[1:] == first) & _hold(before & after, _UNSPACED)
    pairs |= twice & _hold(after, Kind.CONTINUES | Kind.OPENS)
    pairs[1:] |= twice[1:] & twice[:-1]
    round_sign = np.isin(codes, _ROUND)
    tones = _hold(kinds, Kind.TONE) & ~round_sign
    tone, aa = tones[:-1], np.isin(codes, _AA)
    pairs |= tones[1:] & (tone | (first == _THAI_AM) | (first == _LAO_AM))
    pairs |= round_sign[:-1] & aa[1:]
    pairs[1:] |= round_sign[:-2] & tones[1:-1] & aa[2:]
    pairs |= tone & _hold(after, Kind.LOW)
    pairs |= _hold(after, Kind.OPENS) & (first == _KHMER_RO)
    accents = np.flatnonzero(_hold(before, Kind.LETTER) & _hold(after, Kind.ACCENT))
    vowel = (codes[accents] == ord("o")) | (codes[accents] == ord("u"))
    accents = accents[vowel & np.isin(codes[accents + 1], _OLD_TONES)]
    accents = accents[~_hold(kinds[accents + 2], Kind.LATIN)]  # only at the end of a word
    pairs[accents] = True
    if _hold(kinds, Kind.BURMESE).any():
        needs |= changing(codes)
    found: list[bool] = np.logical_or.reduceat(needs, starts).tolist()
    return found


def _hold(kinds: Kinds, kind: int) -> Bools:
    """Tell for each character whether it is of one of the kinds."""
    hold: Bools = (kinds & np.uint32(kind)) != 0
    return hold


def _join(texts: Sequence[str]) -> tuple[str, NDArray[np.int64]]:
    joined = SEPARATOR.join((*texts, ""))
    lengths = np.fromiter((len(text) + 1 for text in texts), np.int64, len(texts))
    return joined, np.cumsum(lengths) - lengths


def _cut(joined: str, starts: NDArray[np.int64]) -> list[str]:
    return joined.split(SEPARATOR)[: len(starts)]


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _text(codes: Codes) -> str:
    return codes.tobytes().decode("utf-32-le", "surrogatepass")
