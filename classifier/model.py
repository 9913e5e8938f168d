"""Scores listings with trained weights; numpy is all it needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier.blend import Blend
from classifier.bundle import Bundle, bundle
from classifier.explain import Contributions, explain
from classifier.features import Features, Grams, grams
from classifier.gate import Gate
from classifier.known import Known
from classifier.language import detect_all
from classifier.meaning import Vectors, meaning_of_folded
from classifier.reading import Reading, read_folded, side_of
from classifier.resolve import resolve_product, resolve_taxon
from classifier.score import GROUPS, NO_GROUPS, ListingText, Score
from classifier.signals import HOLLOW, Ruling, Tally, ruling, signals_of, tally
from classifier.terms import Matcher
from data.taxa import Taxa

HEADS = ("offered", *GROUPS)
DIGITS = 4
_BELOW = 0.9
NEAR = 0.6  # below this share of the threshold nobody asks of which animal, or why
_MOST_TALLIES = 100_000

Doubles = NDArray[np.float64]
Steps = NDArray[np.int8]
Embed = Callable[[Sequence[str]], Vectors]


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
class Second:
    """The second stage: how meaning joins in, its own calibration, and texts to compare with."""

    blend: Blend
    calibration: Calibration
    known: Known


@dataclass(frozen=True)
class Model:
    """Everything that scoring needs; without `second` the fast stage answers alone."""

    weights: Weights
    calibration: Calibration
    matcher: Matcher
    taxa: Taxa
    corpus_hash: str
    second: Second | None = None
    _named: dict[Tally, Doubles] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def gate(self) -> Gate:
        """What tells the listings that must be read from those that are hollow."""
        return Gate(self.matcher)

    @cached_property
    def lowest(self) -> float:
        """The lowest threshold of the fast stage in any language."""
        return min(self.calibration.thresholds.values())

    def hollow_score(self, lang: str) -> Score:
        """Give the score of every listing in which nothing of the lexicon stands."""
        return Score(lang, self.hollow, NO_GROUPS, flag=False, raw=self._hollow_raw)

    @cached_property
    def hollow(self) -> float:
        """The probability of an offer where nothing of the lexicon stands."""
        chance = float(self.calibration.offered(np.array([self._hollow_raw]))[0])
        return round(chance, DIGITS)

    @cached_property
    def _hollow_raw(self) -> float:
        return float(self.named(HOLLOW)[0])

    def named(self, counts: Tally) -> Doubles:
        """Give what a tally adds to the raw scores; most listings share theirs with others."""
        if counts not in self._named:
            if len(self._named) > _MOST_TALLIES:
                self._named.clear()
            self._named[counts] = self.weights.named(signals_of(counts))
        return self._named[counts]


def score(listing: ListingText, model: Model, embed: Embed | None = None) -> Score:
    """Tell whether a listing offers a tiger, elephant or turtle product, which, and why."""
    return score_all([listing], model, embed, near=0.0)[0]


def score_all(
    listings: Sequence[ListingText],
    model: Model,
    embed: Embed | None = None,
    near: float = NEAR,
) -> list[Score]:
    """Score listings together: some hundred at a time cost a tenth of as many alone.

    With `embed`, which gives a vector for each text, both stages answer. Groups, taxon, product
    and reasons are worked out from `near` times the threshold up; hollow listings are below it
    and not read at all.
    """
    if not listings:
        return []
    bodies = bundle(listing.body for listing in listings)
    if near * model.lowest <= model.hollow:
        readings = read_folded(listings, bodies, model.matcher)
        return _scored_all(readings, bodies, model, embed, near)
    scores = [model.hollow_score(lang) for lang in detect_all(bodies)]
    passed = model.gate.passed(bodies, [side_of(listing) for listing in listings])
    if passed:
        some = [listings[at] for at in passed]
        read = zip(passed, read_folded(some, bodies.take(passed), model.matcher), strict=True)
        whole = {at: reading for at, reading in read if not reading.hollow}
        own = bodies.take([*whole]) if whole else bodies
        found = _scored_all([*whole.values()], own, model, embed, near)
        for at, one in zip(whole, found, strict=True):
            scores[at] = one
    return scores


def _scored_all(
    readings: Sequence[Reading], bodies: Bundle, model: Model, embed: Embed | None, near: float
) -> list[Score]:
    """Score listings that are read already; the bundle holds their bodies."""
    if not readings:
        return []
    found = grams(bodies, readings)
    tallies = [tally(reading) for reading in readings]
    named = np.array([model.named(one)[0] for one in tallies])
    raw, calibration = named + model.weights.wordings(found), model.calibration
    meanings: list[Meant | None] = [None] * len(readings)
    if embed is not None and model.second is not None:
        second, calibration = model.second, model.second.calibration
        vectors = embed([meaning_of(reading) for reading in readings])
        names = np.array([bool(reading.pointing) for reading in readings])
        added = second.blend.meaning(vectors, names)
        raw = second.blend.offered(added, raw)
        meanings = [
            Meant(second, *one) for one in zip(vectors, names.tolist(), added.tolist(), strict=True)
        ]
    chances = calibration.offered(raw).tolist()
    cases = zip(readings, tallies, detect_all(bodies), meanings, raw.tolist(), strict=True)
    return [
        _scored(_Case(*case, found, at), chances[at], model, near) for at, case in enumerate(cases)
    ]


def meaning_of(reading: Reading) -> str:
    """Give the words of a listing that the second stage reads."""
    return meaning_of_folded(reading.listing, reading.text, reading.handles)


class Meant(NamedTuple):
    """What one listing means to the second stage."""

    second: Second
    vector: Vectors
    names: bool
    added: float

    @property
    def alike(self) -> str:
        """Name the two known examples that read most like the listing."""
        nearest = self.second.known.nearest(self.vector)
        return " and ".join(
            f"“{one.title}” ({one.id}, {'an offer' if one.offered else 'harmless'})"
            for one in nearest
        )


class _Case(NamedTuple):
    """One listing of a bundle, on its way to a score."""

    reading: Reading
    counts: Tally
    lang: str
    meant: Meant | None
    raw: float
    grams: Grams
    at: int

    @property
    def numbers(self) -> Features:
        return Features(signals_of(self.counts), self.grams.of(self.at))


def _scored(case: _Case, chance: float, model: Model, near: float) -> Score:
    calibration = case.meant.second.calibration if case.meant else model.calibration
    threshold = calibration.threshold(case.lang)
    offered = round(_ruled(chance, threshold, case.counts), DIGITS)
    if offered < threshold * near:
        return Score(case.lang, offered, NO_GROUPS, flag=False, raw=case.raw)
    flag, reading, numbers = offered >= threshold, case.reading, case.numbers
    within = calibration.probabilities(_logits(case, numbers, model))[1:]
    groups = {
        group: round(offered * share, DIGITS) for group, share in zip(GROUPS, within, strict=True)
    }
    return Score(
        lang=case.lang,
        offered=offered,
        groups=groups,
        flag=flag,
        taxon=resolve_taxon(reading, groups, model.taxa, flag=flag),
        product=resolve_product(reading, groups, flag=flag),
        reasons=explain(reading, _contributions(case, numbers, model), case.raw),
        raw=case.raw,
    )


def _logits(case: _Case, numbers: Features, model: Model) -> Doubles:
    fast = model.weights.logits(numbers)
    if case.meant is None:
        return fast
    return case.meant.second.blend.logits(case.meant.vector, case.meant.names, fast)


def _ruled(offered: float, threshold: float, counts: Tally) -> float:
    """Apply the two rules of the lexicon that no weight may overrule."""
    match ruling(counts):
        case Ruling.FLAG:
            return max(offered, threshold)
        case Ruling.PASS:
            return min(offered, threshold * _BELOW)
        case Ruling.OPEN:
            return offered


def _contributions(case: _Case, numbers: Features, model: Model) -> Contributions:
    """Tell what each part added; where both stages answer, the fast one counts as it is blended."""
    weights, share, start, meaning, alike = model.weights, 1.0, 0.0, None, ""
    if case.meant is not None:
        blend = case.meant.second.blend
        share, start = float(blend.weights[0, -1]), float(blend.intercepts[0])
        meaning, alike = case.meant.added, case.meant.alike
    named = {
        place: share * float(weights.signals[0, place]) * value
        for place, value in numbers.signals.items()
    }
    wording = weights.grams[numbers.buckets, 0] * (share * weights.steps[0] * numbers.scale)
    start += share * float(weights.intercepts[0])
    return Contributions(named, wording, start, meaning, alike)
