"""Turns a listing into numbers: named signals, and hashed stretches of two to five characters."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.reading import Reading
from classifier.signals import PLACES, signals
from data.terms import TermKind

VERSION = 1  # raise it whenever the same text would give other numbers
BITS = 17
SIZES = (2, 3, 4, 5)
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_STEP = np.uint64(0x100000001B3)
_DIGITS = str.maketrans("123456789", "0" * 9)
_LONGEST = 4000  # characters that count for n-grams; what follows is rarely the offer

Buckets = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Features:
    """One listing in numbers: signals by place in NAMES, and one bucket for each n-gram."""

    signals: dict[int, float]
    buckets: Buckets

    @property
    def scale(self) -> float:
        """What one n-gram counts, so that long texts do not shout."""
        return 1.0 / float(np.sqrt(max(len(self.buckets), 1)))


def features(reading: Reading) -> Features:
    """Give the numbers of a listing."""
    named = {PLACES[name]: value for name, value in signals(reading).items()}
    return Features(named, buckets(gram_text(reading)))


def gram_text(reading: Reading) -> str:
    """Give the text that n-grams are taken from, as long as the folded text.

    Digits are all alike; handles and phone numbers are blanked out, and so is a disclaimer
    that may be a disguise.
    """
    text = reading.folded.text[:_LONGEST].translate(_DIGITS)
    for start, end in _blanks(reading):
        text = text[:start] + " " * (min(end, len(text)) - start) + text[end:]
    return text


def _blanks(reading: Reading) -> Iterator[tuple[int, int]]:
    yield from reading.handles
    if reading.suspicious:
        yield from (
            (hit.start, hit.end) for hit in reading.hits if hit.term.kind is TermKind.DISCLAIMER
        )


def buckets(text: str) -> Buckets:
    """Hash every stretch of 2 to 5 characters, sizes one after the other, in text order.

    >>> len(buckets("abcd")), bool((buckets("xy") == buckets("xy")).all())
    (14, True)
    """
    codes = np.frombuffer(f" {text} ".encode("utf-32-le"), np.uint32).astype(np.uint64)
    with np.errstate(over="ignore"):
        letters = (codes + np.uint64(1)) * _MULTIPLIER
        grams, found = letters, []
        for size in SIZES:
            if len(codes) < size:
                break
            grams = grams[:-1] * _STEP + letters[size - 1 :]
            mixed = (grams ^ (grams >> np.uint64(29))) * _MULTIPLIER
            found.append(mixed >> np.uint64(64 - BITS))
    return np.concatenate(found).astype(np.int64) if found else np.empty(0, np.int64)
