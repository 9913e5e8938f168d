"""The second stage: joins what a listing means with what it says, for sellers who name nothing."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from classifier.meaning import DIMENSIONS, Vectors

LOUDNESS = 3.0  # how much a vector of length one counts beside the fast stage's raw score
WIDTH = 2 * DIMENSIONS + 2

Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Blend:
    """Linear weights, one row for each head, over the columns that `columns` gives.

    A meaning counts otherwise where an animal is named: a text that reads like an offer and
    names a tiger is one thing, a text that reads like an offer of something pale another.
    """

    weights: Doubles
    intercepts: Doubles

    @classmethod
    def of(cls, weights: Doubles, intercepts: Doubles) -> Self:
        """Round weights to single precision, as they are stored."""
        stored = weights.astype(np.float32).astype(np.float64)
        return cls(stored, intercepts.astype(np.float32).astype(np.float64))

    def offered(self, meaning: Doubles, fast: Doubles) -> Doubles:
        """Give the first head's raw scores from the two stages' parts."""
        raw: Doubles = self.intercepts[0] + meaning + self.weights[0, -1] * fast
        return raw

    def meaning(self, vectors: Vectors, names: Bools, head: int = 0) -> Doubles:
        """Give what meaning adds to a head's raw score, for each listing.

        Summed row by row without a matrix library, so that the answer for one listing does not
        depend on which others are scored beside it.
        """
        plain = np.einsum("ij,j->i", vectors, self.weights[head, :DIMENSIONS])
        named = np.einsum("ij,j->i", vectors, self.weights[head, DIMENSIONS:-2])
        added: Doubles = LOUDNESS * (plain + names * named) + names * self.weights[head, -2]
        return added

    def logits(self, vector: Vectors, names: bool, fast: Doubles) -> Doubles:  # noqa: FBT001
        """Give the raw scores of all heads for one listing."""
        one, named = vector[None, :], np.array([names])
        added = [float(self.meaning(one, named, head)[0]) for head in range(len(self.intercepts))]
        raw: Doubles = self.intercepts + np.array(added) + self.weights[:, -1] * fast
        return raw


def columns(vectors: Vectors, names: Bools, fast: Doubles) -> Doubles:
    """Lay out what the second stage learns from: a row for each listing, WIDTH columns."""
    loud = LOUDNESS * vectors.astype(np.float64)
    return np.hstack((loud, loud * names[:, None], names[:, None], fast[:, None]))
