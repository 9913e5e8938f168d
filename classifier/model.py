"""Scores listings with trained weights; numpy is all it needs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.explain import Contributions, explain
from classifier.features import Features, features
from classifier.language import detect
from classifier.reading import read
from classifier.resolve import resolve_product, resolve_taxon
from classifier.score import GROUPS, ListingText, Score
from classifier.signals import PLACES
from classifier.terms import Matcher
from data.taxa import Taxa

HEADS = ("offered", *GROUPS)
DIGITS = 4
_REPORT = PLACES["report twice"]
_DECISIVE = PLACES["decisive"]
_UNSUPPORTED = PLACES["unsupported"]
_BELOW = 0.9

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Weights:
    """What training found: for each of HEADS a row of `signals` and a column of `grams`."""

    signals: Array
    grams: Array
    intercepts: Array

    def logits(self, numbers: Features) -> Array:
        """Give the raw score of every head."""
        places = list(numbers.signals)
        values = np.fromiter(numbers.signals.values(), np.float32, len(places))
        named = self.signals[:, places] @ values
        wording = self.grams[numbers.buckets].sum(axis=0, dtype=np.float32) * numbers.scale
        total: Array = self.intercepts + named + wording
        return total


@dataclass(frozen=True)
class Calibration:
    """How raw scores become probabilities, and which probability is enough for a flag."""

    slopes: tuple[float, ...]
    offsets: tuple[float, ...]
    thresholds: dict[str, float]

    def probabilities(self, logits: Array) -> tuple[float, ...]:
        """Give the probability of every head."""
        raw = np.asarray(self.slopes) * logits + np.asarray(self.offsets)
        return tuple(float(p) for p in 1.0 / (1.0 + np.exp(-np.clip(raw, -40.0, 40.0))))

    def threshold(self, lang: str) -> float:
        """Give the probability from which a listing in a language is flagged."""
        return self.thresholds.get(lang, self.thresholds["und"])


@dataclass(frozen=True)
class Model:
    """Everything that scoring needs."""

    weights: Weights
    calibration: Calibration
    matcher: Matcher
    taxa: Taxa
    corpus_hash: str


def score(listing: ListingText, model: Model) -> Score:
    """Tell whether a listing offers a tiger, elephant or turtle product, which, and why."""
    reading = read(listing, model.matcher)
    numbers = features(reading)
    logits = model.weights.logits(numbers)
    offered, *within = model.calibration.probabilities(logits)
    lang = detect(listing.body)
    threshold = model.calibration.threshold(lang)
    offered = round(_ruled(offered, threshold, numbers), DIGITS)
    groups = {
        group: round(offered * share, DIGITS) for group, share in zip(GROUPS, within, strict=True)
    }
    flag = offered >= threshold
    return Score(
        lang=lang,
        offered=offered,
        groups=groups,
        flag=flag,
        taxon=resolve_taxon(reading, groups, model.taxa, flag=flag),
        product=resolve_product(reading, groups, flag=flag),
        reasons=explain(reading, _contributions(numbers, model), wording=flag),
    )


def _ruled(offered: float, threshold: float, numbers: Features) -> float:
    """Apply the two rules of the lexicon that no weight may overrule.

    A decisive term is enough for the queue, unless the listing reads like a report; an
    ambiguous term with nothing beside it never is.
    """
    if _DECISIVE in numbers.signals and _REPORT not in numbers.signals:
        return max(offered, threshold)
    if _UNSUPPORTED in numbers.signals:
        return min(offered, threshold * _BELOW)
    return offered


def _contributions(numbers: Features, model: Model) -> Contributions:
    weights = model.weights
    named = {
        place: float(weights.signals[0, place]) * value for place, value in numbers.signals.items()
    }
    return Contributions(named, numbers.buckets, weights.grams[:, 0], numbers.scale)
