"""Measures of a classifier, each with its counts: pure functions over numbers."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

_Z = 1.96  # two-sided 95 %
_BINS = 10

Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many; nothing is said of none."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        """The share itself, unknown where there is nothing to count."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval by Wilson's score method (Wilson 1927).

        >>> low, high = Share(9, 10).interval
        >>> round(low, 2), round(high, 2)
        (0.6, 0.98)
        """
        if not self.of:
            return 0.0, 1.0
        share, spread = self.hits / self.of, _Z * _Z / self.of
        middle = (share + spread / 2) / (1 + spread)
        half = _Z * sqrt(share * (1 - share) / self.of + spread / (4 * self.of)) / (1 + spread)
        return max(middle - half, 0.0), min(middle + half, 1.0)

    def __str__(self) -> str:
        """Give counts and interval; below 200 no rate, which would claim too much."""
        if not self.of:
            return "none"
        low, high = self.interval
        return f"{self.hits}/{self.of} ({low:.0%}-{high:.0%})"


def share(hits: Bools, among: Bools | None = None) -> Share:
    """Count where `hits` holds, among all or among some."""
    if among is None:
        return Share(int(hits.sum()), len(hits))
    return Share(int((hits & among).sum()), int(among.sum()))


def average_precision(scores: Doubles, labels: Bools) -> float | None:
    """Give the area under the precision-recall steps; None without a positive.

    >>> average_precision(np.array([0.9, 0.8, 0.1]), np.array([True, False, True]))
    0.8333333333333333
    """
    if not labels.any():
        return None
    ranked = labels[np.argsort(-scores, kind="stable")]
    precision = np.cumsum(ranked) / np.arange(1, len(ranked) + 1)
    return float(precision[ranked].mean())


def calibration_error(chances: Doubles, labels: Bools) -> float | None:
    """Give the expected calibration error over ten equal bins of probability (Naeini 2015).

    >>> calibration_error(np.array([0.0, 1.0]), np.array([False, True]))
    0.0
    """
    if not len(chances):
        return None
    bins = np.minimum((chances * _BINS).astype(int), _BINS - 1)
    gaps = (
        abs(float(chances[bins == one].mean()) - float(labels[bins == one].mean()))
        * int((bins == one).sum())
        for one in range(_BINS)
        if (bins == one).any()
    )
    return sum(gaps) / len(chances)


def ranking(scores: Doubles, labels: Bools) -> float | None:
    """Give the chance that a positive ranks above a negative (AUC), ties counting half.

    >>> ranking(np.array([0.1, 0.5, 0.5]), np.array([False, True, False]))
    0.75
    """
    if labels.all() or not labels.any():
        return None
    order = np.unique(scores, return_inverse=True)[1]
    counts = np.bincount(order)
    ranks = (np.cumsum(counts) - (counts - 1) / 2.0)[order]
    positive = int(labels.sum())
    above = float(ranks[labels].sum()) - positive * (positive + 1) / 2
    return above / (positive * (len(labels) - positive))
