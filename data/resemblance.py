"""How alike two listings' words are: keys that find candidates by index, and a share that decides.

What a seller changes when an advertisement comes back (figures, signs, capitals, order, some words)
changes little of its short runs of letters. Min-hash keys of two runs each find listings that share
a third of their runs; of those found, the runs and letters in common say how alike they are.
"""

import re
import unicodedata
import zlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from data.text import skeleton

BANDS, ROWS = 32, 2
SHARED = 2  # keys; one alone is met by chance too often
RUN, RUN_HAN = 3, 2  # letters; a Chinese character says as much as two or three
LEAST = 8  # letters; shorter texts are alike by chance
_MOST = 3000
_CONTAINED = 40  # letters a text must have to be found within a longer one
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_MASK = 2**64 - 1


def _mixed(number: int) -> int:
    """Spread a small number over 64 bits; the same on every machine."""
    number = (number + 1) * 0x9E3779B97F4A7C15 & _MASK
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    number = (number ^ number >> 27) * 0x94D049BB133111EB & _MASK
    return number ^ number >> 31


_FACTORS = np.array([_mixed(n) | 1 for n in range(BANDS * ROWS)], np.uint64)
_ADDED = np.array([_mixed(5000 + n) for n in range(BANDS * ROWS)], np.uint64)
_JOINED = np.array([_mixed(6000 + n) | 1 for n in range(ROWS)], np.uint64)
_BAND = np.array([_mixed(7000 + n) for n in range(BANDS)], np.uint64)


@lru_cache(maxsize=4096)
def letters_of(text: str) -> str:
    """Fold a text to its letters: no figures, signs, spaces or capitals.

    >>> letters_of("Vòng NGÀ voi 🔥 2.500.000đ")
    'vòngngàvoiđ'
    """
    folded = skeleton(text[:_MOST]).text
    return "".join(one for one in folded if unicodedata.category(one)[0] in "LM")


def _runs(letters: str) -> frozenset[str]:
    run = RUN_HAN if 2 * len(_HAN.findall(letters)) > len(letters) else RUN
    return frozenset(letters[at : at + run] for at in range(max(1, len(letters) - run + 1)))


def text_keys(text: str) -> tuple[int, ...]:
    """Give the keys of a text; none where it is too short to be known again.

    >>> shared = set(text_keys("Ivory bangle, old and heavy, from my aunt"))
    >>> len(shared & set(text_keys("OLD ivory bangle!! and heavy, from my aunt 900"))) > SHARED
    True
    """
    letters = letters_of(text)
    if len(letters) < LEAST:
        return ()
    runs = sorted(_runs(letters))
    found = np.fromiter((zlib.crc32(run.encode()) for run in runs), np.uint64, len(runs))
    return _keys(found)


def _keys(runs: NDArray[np.uint64]) -> tuple[int, ...]:
    """Join the least hashes of each band into one signed 64-bit key."""
    hashes = (runs[:, None] * _FACTORS + _ADDED) >> np.uint64(32)
    least = hashes.min(axis=0).reshape(BANDS, ROWS)
    keys = (least * _JOINED).sum(axis=1, dtype=np.uint64) ^ _BAND
    return tuple(keys.view(np.int64).tolist())


def likeness(one: str, other: str) -> float:
    """Return how alike two texts are, 0 to 1: runs in common whatever their order, or letters.

    >>> likeness("Ivory bangle, old and heavy", "OLD and heavy: ivory bangle 900") > 0.7
    True
    >>> likeness("Ivory bangle, old and heavy", "Garden chair of teak, with cushions") < 0.3
    True
    """
    letters = letters_of(one), letters_of(other)
    if min(map(len, letters)) < LEAST:
        return 0.0
    runs, others = _runs(letters[0]), _runs(letters[1])
    common = len(runs & others)
    found = 2 * common / (len(runs) + len(others))
    if min(map(len, letters)) >= _CONTAINED:
        found = max(found, 0.9 * common / min(len(runs), len(others)))
    return max(found, fuzz.ratio(*letters) / 100 - _LETTERS_LESS)


_LETTERS_LESS = 0.1  # two texts on one matter share half of their letters in order
