"""Fits the linear heads with scikit-learn; only training needs this."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from classifier.blend import Blend, columns
from classifier.features import BITS, Features, grams
from classifier.meaning import Vectors
from classifier.model import HEADS, Doubles, Weights, meaning_of
from classifier.reading import Reading, read_all
from classifier.score import GROUPS, ListingText
from classifier.signals import NAMES, Ruling, ruling, signals_of, tally
from classifier.terms import Matcher
from data.corpus import CorpusRow

GRAM_WEIGHT = 4.0  # how loud all n-grams of a text are beside its signals
STRENGTH = 1.0
_FEW = 1e-9
_MOST_STEPS = 127

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Examples:
    """Rows in numbers."""

    rows: tuple[CorpusRow, ...]
    readings: tuple[Reading, ...]
    rulings: tuple[Ruling, ...]
    numbers: tuple[Features, ...]
    matrix: sparse.csr_matrix

    def labels(self, head: str) -> Bools:
        """Tell for each row whether the head should say yes."""
        if head == HEADS[0]:
            return np.array([row.offered for row in self.rows])
        return np.array([head in row.groups for row in self.rows])

    @property
    def names(self) -> Bools:
        """Tell for each row whether a term in it points to one of the three groups."""
        return np.array([bool(reading.pointing) for reading in self.readings])

    @property
    def meanings(self) -> list[str]:
        """Give for each row the words that the second stage reads."""
        return [meaning_of(reading) for reading in self.readings]


def listing_of(row: CorpusRow) -> ListingText:
    """Give the listing that a corpus row describes."""
    return ListingText(
        title=row.title,
        description=row.description,
        price=row.price,
        currency=row.currency,
        category=row.category,
        seller_text=row.seller_text,
    )


def prepare(rows: Sequence[CorpusRow], matcher: Matcher) -> Examples:
    """Turn rows into numbers."""
    bodies, readings = read_all([listing_of(row) for row in rows], matcher)
    found, tallies = grams(bodies, readings), [tally(reading) for reading in readings]
    numbers = tuple(Features(signals_of(counts), found.of(at)) for at, counts in enumerate(tallies))
    rulings = tuple(ruling(counts) for counts in tallies)
    return Examples(tuple(rows), readings, rulings, numbers, matrix_of(numbers))


def matrix_of(numbers: Sequence[Features]) -> sparse.csr_matrix:
    """Put signals first, then n-gram buckets, as `Weights.logits` reads them."""
    columns: list[int] = []
    values: list[float] = []
    ends = [0]
    for one in numbers:
        columns += [*one.signals, *(one.buckets + len(NAMES)).tolist()]
        values += [*one.signals.values(), *[one.scale * GRAM_WEIGHT] * len(one.buckets)]
        ends.append(len(columns))
    shape = (len(numbers), len(NAMES) + (1 << BITS))
    matrix = sparse.csr_matrix((values, columns, ends), shape=shape)
    matrix.sum_duplicates()
    return matrix


def fit(examples: Examples, chosen: Bools) -> Weights:
    """Fit all heads on the chosen rows; the heads of groups see offers only."""
    offered = examples.labels(HEADS[0])
    heads = [fit_head(examples.matrix[chosen], offered[chosen])]
    for group in GROUPS:
        seen = chosen & offered
        heads.append(fit_head(examples.matrix[seen], examples.labels(group)[seen]))
    coefficients = np.vstack([coefficient for coefficient, _ in heads])
    wording = coefficients[:, len(NAMES) :].T * GRAM_WEIGHT
    steps = np.abs(wording).max(axis=0) / _MOST_STEPS
    steps[steps == 0] = 1.0
    return Weights(
        signals=coefficients[:, : len(NAMES)],
        grams=np.rint(wording / steps).astype(np.int8),
        steps=steps,
        intercepts=np.array([intercept for _, intercept in heads]),
    )


def fit_head(matrix: sparse.csr_matrix, labels: Bools) -> tuple[Doubles, float]:
    """Fit one linear head: its coefficients and its intercept."""
    # The dual form is many times faster where columns outnumber rows.
    model = LogisticRegression(
        C=STRENGTH, solver="liblinear", dual=True, tol=1e-3, max_iter=10_000, random_state=0
    ).fit(matrix, labels)
    return model.coef_[0], float(model.intercept_[0])


def fit_blend(examples: Examples, vectors: Vectors, fast: Doubles, chosen: Bools) -> Blend:
    """Fit the second stage on the chosen rows.

    `fast` holds the fast stage's raw scores of all heads for each row, each from a model that
    had not seen it: the fast stage knows its own training rows too well to be judged by them.
    """
    offered, names = examples.labels(HEADS[0]), examples.names
    found = []
    for place, head in enumerate(HEADS):
        seen = chosen & offered if place else chosen
        matrix = columns(vectors[seen], names[seen], fast[seen, place])
        model = LogisticRegression(C=STRENGTH, solver="newton-cholesky", tol=1e-2)
        found.append(model.fit(matrix, examples.labels(head)[seen]))
    weights = np.vstack([model.coef_[0] for model in found])
    return Blend.of(weights, np.array([float(model.intercept_[0]) for model in found]))


def calibrate(logits: Doubles, labels: Bools) -> tuple[float, float]:
    """Find slope and offset that turn raw scores of unseen rows into probabilities."""
    model = LogisticRegression(C=1 / _FEW, solver="lbfgs").fit(logits.reshape(-1, 1), labels)
    return round(float(model.coef_[0, 0]), 4), round(float(model.intercept_[0]), 4)
