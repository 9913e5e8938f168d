"""Scores listings with trained weights; numpy is all it needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier.explain import Contributions, explain
from classifier.features import Features, Grams, grams
from classifier.language import detect_all
from classifier.reading import Reading, read_all
from classifier.resolve import resolve_product, resolve_taxon
from classifier.score import GROUPS, ListingText, Score
from classifier.signals import Tally, signals_of, tally
from classifier.terms import Matcher
from data.taxa import Taxa

HEADS = ("offered", *GROUPS)
DIGITS = 4
_BELOW = 0.9
NEAR = 0.6  # below this share of the threshold nobody asks of which animal, or why
_NO_GROUPS = dict.fromkeys(GROUPS, 0.0)
_MOST_TALLIES = 100_000

Doubles = NDArray[np.float64]
Steps = NDArray[np.int8]


@dataclass(frozen=True)
class Weights:
    """What training found: for each of HEADS a row of `signals` and a column of `grams`.

    N-gram weights are whole steps (`grams` times `steps`), so that their sum is exact in
    whatever order texts come.
    """

    signals: Doubles
    grams: Steps
    steps: Doubles
    intercepts: Doubles

    def named(self, found: Mapping[int, float]) -> Doubles:
        """Give what the named signals add to the raw score of every head."""
        places = list(found)
        values = np.fromiter(found.values(), np.float64, len(places))
        return self.intercepts + self.signals[:, places] @ values

    def wording(self, numbers: Features) -> Doubles:
        """Give what the n-grams of one text add to the raw score of every head."""
        counts = self.grams[numbers.buckets].sum(axis=0, dtype=np.int64)
        wording: Doubles = counts * self.steps * numbers.scale
        return wording

    def logits(self, numbers: Features) -> Doubles:
        """Give the raw score of every head."""
        return self.named(numbers.signals) + self.wording(numbers)

    @cached_property
    def _offered(self) -> Steps:
        """The column of the first head; what is no n-gram of one text weighs nothing."""
        return np.append(self.grams[:, 0], np.int8(0))

    def wordings(self, found: Grams) -> Doubles:
        """Give what the n-grams of each text of a bundle add to the first head's raw score."""
        total = np.zeros(len(found.buckets[0]), np.int32)
        for buckets in found.buckets:
            total += self._offered[buckets]
        counts = np.add.reduceat(total, found.starts)
        wordings: Doubles = counts * self.steps[0] * found.scales
        return wordings


@dataclass(frozen=True)
class Calibration:
    """How raw scores become probabilities, and which probability is enough for a flag."""

    slopes: tuple[float, ...]
    offsets: tuple[float, ...]
    thresholds: dict[str, float]

    def offered(self, logits: Doubles) -> Doubles:
        """Give the probability of the first head for many raw scores."""
        raw = np.clip(self.slopes[0] * logits + self.offsets[0], -40.0, 40.0)
        chances: Doubles = 1.0 / (1.0 + np.exp(-raw))
        return chances

    def probabilities(self, logits: Doubles) -> tuple[float, ...]:
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
    _named: dict[Tally, Doubles] = field(default_factory=dict, repr=False, compare=False)

    def named(self, counts: Tally) -> Doubles:
        """Give what a tally adds to the raw scores; most listings share theirs with others."""
        if counts not in self._named:
            if len(self._named) > _MOST_TALLIES:
                self._named.clear()
            self._named[counts] = self.weights.named(signals_of(counts))
        return self._named[counts]


def score(listing: ListingText, model: Model) -> Score:
    """Tell whether a listing offers a tiger, elephant or turtle product, which, and why."""
    return score_all([listing], model, near=0.0)[0]


def score_all(listings: Sequence[ListingText], model: Model, near: float = NEAR) -> list[Score]:
    """Score listings together: some hundred at a time cost a tenth of as many alone.

    Groups, taxon, product and reasons are worked out from `near` times the threshold up.
    """
    if not listings:
        return []
    bodies, readings = read_all(listings, model.matcher)
    found = grams(bodies, readings)
    tallies = [tally(reading) for reading in readings]
    named = np.array([model.named(one)[0] for one in tallies])
    chances = model.calibration.offered(named + model.weights.wordings(found))
    langs = detect_all(bodies)
    return [
        _scored(_Case(reading, counts, found, at), lang, chance, model, near)
        for at, (reading, counts, lang, chance) in enumerate(
            zip(readings, tallies, langs, chances.tolist(), strict=True)
        )
    ]


class _Case(NamedTuple):
    """One listing of a bundle."""

    reading: Reading
    counts: Tally
    grams: Grams
    at: int

    @property
    def numbers(self) -> Features:
        return Features(signals_of(self.counts), self.grams.of(self.at))


def _scored(case: _Case, lang: str, chance: float, model: Model, near: float) -> Score:
    threshold = model.calibration.threshold(lang)
    offered = round(_ruled(chance, threshold, case.counts), DIGITS)
    if offered < threshold * near:
        return Score(lang, offered, _NO_GROUPS, flag=False)
    flag, reading, numbers = offered >= threshold, case.reading, case.numbers
    within = model.calibration.probabilities(model.weights.logits(numbers))[1:]
    groups = {
        group: round(offered * share, DIGITS) for group, share in zip(GROUPS, within, strict=True)
    }
    return Score(
        lang=lang,
        offered=offered,
        groups=groups,
        flag=flag,
        taxon=resolve_taxon(reading, groups, model.taxa, flag=flag),
        product=resolve_product(reading, groups, flag=flag),
        reasons=explain(reading, _contributions(numbers, model), wording=flag),
    )


def _ruled(offered: float, threshold: float, counts: Tally) -> float:
    """Apply the two rules of the lexicon that no weight may overrule.

    A decisive term is enough for the queue, unless the listing reads like a report; an
    ambiguous term with nothing beside it never is.
    """
    if "decisive" in counts.facts and "report twice" not in counts.facts:
        return max(offered, threshold)
    if "unsupported" in counts.facts:
        return min(offered, threshold * _BELOW)
    return offered


def _contributions(numbers: Features, model: Model) -> Contributions:
    weights = model.weights
    named = {
        place: float(weights.signals[0, place]) * value for place, value in numbers.signals.items()
    }
    wording = weights.grams[numbers.buckets, 0] * (weights.steps[0] * numbers.scale)
    return Contributions(named, wording)
