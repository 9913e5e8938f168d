"""Turns listings into numbers: named signals, and hashed stretches of two to five characters."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.bundle import Bundle, Kind
from classifier.reading import Reading, read_all
from classifier.score import ListingText
from classifier.signals import signals
from classifier.terms import Matcher
from data.terms import TermKind

VERSION = 4  # raise it whenever the same text would give other numbers
BITS = 17
SIZES = (2, 3, 4, 5)
VOID = 1 << BITS  # the bucket of what is no n-gram of one text; it weighs nothing
_MULTIPLIER = np.uint32(0x9E3779B1)
_STEP = np.uint32(0x01000193)
_SHIFT = np.uint32(15)
_SPACE = ord(" ")
_LONGEST = 4000  # characters that count for n-grams; what follows is rarely the offer

Buckets = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Features:
    """One listing in numbers: signals by place in NAMES, and one bucket for each n-gram.

    Buckets stand size by size, each in text order, over the text with one space on both sides.
    """

    signals: Mapping[int, float]
    buckets: Buckets

    @property
    def scale(self) -> float:
        """What one n-gram counts, so that long texts do not shout."""
        return 1.0 / float(np.sqrt(max(len(self.buckets), 1)))


@dataclass(frozen=True)
class Grams:
    """The n-grams of a bundle: for each of SIZES one bucket for each character they begin at.

    Text i has the characters from starts[i], the space before it included, up to starts[i + 1].
    """

    buckets: tuple[NDArray[np.uint32], ...]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]

    @property
    def scales(self) -> NDArray[np.float64]:
        """For each text what one of its n-grams counts."""
        counts = sum(np.maximum(self.lengths - size + 1, 0) for size in SIZES)
        scales: NDArray[np.float64] = 1.0 / np.sqrt(np.maximum(counts, 1))
        return scales

    def of(self, at: int) -> Buckets:
        """Give the buckets of one text."""
        start, length = int(self.starts[at]), int(self.lengths[at])
        parts = (
            buckets[start : start + max(length - size + 1, 0)]
            for size, buckets in zip(SIZES, self.buckets, strict=True)
        )
        return np.concatenate(tuple(parts)).astype(np.int64)


def features(listing: ListingText, matcher: Matcher) -> Features:
    """Give the numbers of one listing."""
    return features_all([listing], matcher)[0]


def features_all(listings: Sequence[ListingText], matcher: Matcher) -> list[Features]:
    """Give the numbers of listings read together."""
    bodies, readings = read_all(listings, matcher)
    found = grams(bodies, readings)
    return [Features(signals(reading), found.of(at)) for at, reading in enumerate(readings)]


def grams(bodies: Bundle, readings: Sequence[Reading]) -> Grams:
    """Hash every stretch of 2 to 5 characters of each text of a bundle.

    Digits are all alike; handles and phone numbers are blanked out, and so is a disclaimer
    that may be a disguise.
    """
    codes = np.concatenate((bodies.codes[-1:], bodies.codes, np.zeros(max(SIZES), np.uint32)))
    codes[1 : len(bodies.codes) + 1][bodies.has(Kind.DIGIT)] = ord("0")
    starts = bodies.starts
    for start, reading in zip(starts.tolist(), readings, strict=True):
        for begin, end in _blanks(reading):
            codes[start + 1 + begin : start + 1 + end] = _SPACE
    ends = np.concatenate((starts, [len(bodies.codes)]))
    codes[ends] = _SPACE
    lengths = np.diff(ends) + 1
    buckets = tuple(_hashed(codes, len(bodies.codes)))
    _part(buckets, ends)
    for at, reading in enumerate(readings):
        if reading.hollow:
            lengths[at] = 0
            for found in buckets:
                found[starts[at] : ends[at + 1]] = VOID
    for at in np.flatnonzero(lengths > _LONGEST + 2).tolist():
        lengths[at] = _LONGEST + 1
        for size, found in zip(SIZES, buckets, strict=True):
            found[starts[at] + _LONGEST + 2 - size : ends[at + 1]] = VOID
    return Grams(buckets, starts, lengths)


def _hashed(codes: NDArray[np.uint32], count: int) -> Iterator[NDArray[np.uint32]]:
    """Hash the stretches of each size that begin at each of the first `count` characters."""
    letters = (codes + np.uint32(1)) * _MULTIPLIER
    rolling = letters
    for size in SIZES:
        rolling = rolling[:-1] * _STEP + letters[size - 1 :]
        mixed = (rolling[:count] ^ (rolling[:count] >> _SHIFT)) * _MULTIPLIER
        yield mixed >> np.uint32(32 - BITS)


def _part(buckets: Sequence[NDArray[np.uint32]], ends: NDArray[np.int64]) -> None:
    """Void what reaches from one text over its end into the next."""
    for size, found in zip(SIZES, buckets, strict=True):
        for inside in range(1, size - 1):
            places = ends - inside
            found[places[(places >= 0) & (places < len(found))]] = VOID


def _blanks(reading: Reading) -> Iterator[tuple[int, int]]:
    yield from reading.handles
    if reading.suspicious:
        yield from (
            (hit.start, hit.end) for hit in reading.hits if hit.term.kind is TermKind.DISCLAIMER
        )
