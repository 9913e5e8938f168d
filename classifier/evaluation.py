"""Measures a model on texts it has not seen: other concepts, other voices."""

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.fitting import Bools, Examples, calibrate, fit
from classifier.model import HEADS, Calibration, Doubles, Model, Weights, score
from classifier.score import GROUPS, ListingText
from data.corpus import LANGUAGES, OFFER_STYLES

FOLDS = 5
FALSE_FLAGS = (
    0.07  # share of unseen harmless corpus texts, half of them look-alikes, to put up with
)
_OWN_VOICE = 8.0  # how much more a language's own texts count for its threshold than another's
_LOWEST, _HIGHEST = 0.15, 0.9


@dataclass(frozen=True)
class Figures:
    """Counts of one language: offers found by style, harmless texts flagged."""

    lang: str
    offers: int
    found: int
    harmless: int
    flagged: int
    styles: dict[str, tuple[int, int]]  # style: found, all
    right_group: int

    @property
    def recall(self) -> float | None:
        """Share of offers that are flagged."""
        return self.found / self.offers if self.offers else None

    @property
    def precision(self) -> float | None:
        """Share of flags that are offers, in a corpus of two offers to three others."""
        flags = self.found + self.flagged
        return self.found / flags if flags else None


@dataclass(frozen=True)
class Evaluation:
    """Figures by language on unseen concepts and voices, and the calibration found there."""

    figures: tuple[Figures, ...]
    calibration: Calibration

    def to_json(self) -> dict[str, Any]:
        """Give the figures for a manifest."""
        return {one.lang: asdict(one) for one in self.figures}


@dataclass(frozen=True)
class FalseFlags:
    """How many harmless real texts are flagged."""

    name: str
    texts: int
    flagged: int
    hard_texts: int
    hard_flagged: int


def cross_validate(examples: Examples) -> Evaluation:
    """Score every row by a model that saw neither its concept nor its voice.

    Five folds of concepts times five folds of voices: each model is tested on the rows in
    both of its held-out folds and trained on the rows in neither.
    """
    logits = unseen_logits(examples)
    calibration = _calibration(examples, logits)
    probabilities = np.array([calibration.probabilities(row) for row in logits])
    flags = np.array(
        [
            round(p[0], 4) >= calibration.threshold(row.lang)
            for p, row in zip(probabilities, examples.rows, strict=True)
        ]
    )
    found = (_figures(lang, examples, probabilities, flags) for lang in LANGUAGES)
    return Evaluation(tuple(one for one in found if one.offers + one.harmless), calibration)


def unseen_logits(examples: Examples) -> Doubles:
    """Give raw scores of all heads for every row, each from a model that never saw its like."""
    concepts = np.array([_fold(row.concept) for row in examples.rows])
    voices = np.array([_voice_fold(row.voice) for row in examples.rows])
    logits = np.zeros((len(examples.rows), len(HEADS)))
    for concept in range(FOLDS):
        for voice in range(FOLDS):
            tested = (concepts == concept) & (voices == voice)
            weights = fit(examples, (concepts != concept) & (voices != voice))
            _score_rows(weights, examples, tested, logits)
    return logits


def _score_rows(weights: Weights, examples: Examples, tested: Bools, logits: Doubles) -> None:
    for at in np.flatnonzero(tested):
        logits[at] = weights.logits(examples.numbers[at])


def _fold(name: str) -> int:
    """Put a name into a fold that never changes."""
    return zlib.crc32(name.encode()) % FOLDS


def _voice_fold(voice: str) -> int:
    """Put each of five voices into a fold of its own; other names by their letters."""
    return int(voice[1:]) % FOLDS if voice[1:].isdecimal() else _fold(voice)


def _calibration(examples: Examples, logits: Doubles) -> Calibration:
    offered = examples.labels(HEADS[0])
    pairs = [calibrate(logits[:, 0], offered)]
    for place, group in enumerate(GROUPS, start=1):
        pairs.append(calibrate(logits[offered, place], examples.labels(group)[offered]))
    slopes, offsets = zip(*pairs, strict=True)
    draft = Calibration(slopes, offsets, {"und": 0.5})
    chances = np.array([draft.probabilities(row)[0] for row in logits])
    langs = np.array([row.lang for row in examples.rows])
    thresholds = {
        lang: _threshold(chances[~offered], langs[~offered] == lang) for lang in (*LANGUAGES, "und")
    }
    return Calibration(slopes, offsets, thresholds)


def _threshold(chances: NDArray[np.float64], own: Bools) -> float:
    """Find the chance that only the tolerated share of harmless texts reaches.

    With some hundred texts a language, its own tail is mostly luck: all languages count,
    its own texts several times.
    """
    order = np.argsort(-chances)
    weights = np.where(own, _OWN_VOICE, 1.0)[order]
    reached = np.cumsum(weights) / weights.sum() > FALSE_FLAGS
    limit = float(chances[order][int(np.argmax(reached))])
    return round(min(max(limit + 0.0001, _LOWEST), _HIGHEST), 4)


def _figures(
    lang: str, examples: Examples, probabilities: NDArray[np.float64], flags: Bools
) -> Figures:
    rows = examples.rows
    own = np.array([row.lang == lang for row in rows])
    offered = examples.labels(HEADS[0]) & own
    styles = {}
    for style in OFFER_STYLES:
        of_style = offered & np.array([row.style == style for row in rows])
        styles[style] = (int(flags[of_style].sum()), int(of_style.sum()))
    right = (
        GROUPS[int(np.argmax(probabilities[at, 1:]))] in rows[at].groups
        for at in np.flatnonzero(offered)
    )
    harmless = own & ~examples.labels(HEADS[0])
    return Figures(
        lang=lang,
        offers=int(offered.sum()),
        found=int(flags[offered].sum()),
        harmless=int(harmless.sum()),
        flagged=int(flags[harmless].sum()),
        styles=styles,
        right_group=sum(right),
    )


def false_flags(files: Sequence[Path], model: Model) -> Iterator[FalseFlags]:
    """Count flags on files of harmless texts (JSON lines with `text`, `has_target_word`)."""
    for path in files:
        with path.open(encoding="utf-8") as lines:
            yield _count(path.stem, (json.loads(line) for line in lines), model)


def _count(name: str, rows: Iterable[dict[str, Any]], model: Model) -> FalseFlags:
    counts = {True: [0, 0], False: [0, 0]}
    for row in rows:
        count = counts[bool(row.get("has_target_word"))]
        count[0] += 1
        count[1] += score(ListingText(row["text"]), model).flag
    (hard, hard_flagged), (easy, easy_flagged) = counts[True], counts[False]
    return FalseFlags(name, hard + easy, hard_flagged + easy_flagged, hard, hard_flagged)
