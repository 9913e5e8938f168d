"""Measures a model on texts it has not seen: other concepts, other voices."""

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path
from typing import Any

import numpy as np

from classifier.fitting import Bools, Examples, calibrate, fit, fit_blend
from classifier.meaning import Vectors
from classifier.metrics import Share, average_precision, calibration_error, share
from classifier.model import HEADS, Calibration, Doubles, Embed, Model, score_all
from classifier.resolve import resolve_product, resolve_taxon
from classifier.score import GROUPS, ListingText
from classifier.signals import Ruling
from data.corpus import LANGUAGES, OFFER_STYLES, STYLES
from data.taxa import Taxa

FOLDS = 5
FALSE_FLAGS = 0.05  # share of unseen look-alikes of the corpus to put up with
_OWN_TEXTS = 8.0  # how much more a language's own texts count for its threshold than another's
_LOWEST, _HIGHEST = 0.05, 0.95
_AT_ONCE = 200


@dataclass(frozen=True)
class Figures:
    """Counts of one language: how many texts of each style are flagged, and how well named."""

    lang: str
    styles: dict[str, Share]
    precision: Share
    ranked: float | None  # average precision
    miscalibrated: float | None  # expected calibration error
    right_group: Share
    right_product: Share
    right_taxon: Share

    @property
    def found(self) -> Share:
        """Offers that are flagged."""
        return _together(self.styles[style] for style in OFFER_STYLES)

    @property
    def false(self) -> Share:
        """Harmless texts that are flagged."""
        return _together(self.styles[style] for style in ("lookalike", "ordinary"))

    def to_json(self) -> dict[str, Any]:
        """Give the counts for a manifest."""
        shares = {f"right_{name}": getattr(self, f"right_{name}") for name in _RIGHT}
        shares |= {"precision": self.precision, **self.styles}
        rounded = {"ranked": self.ranked, "miscalibrated": self.miscalibrated}
        return {
            **{name: (one.hits, one.of) for name, one in shares.items()},
            **{name: one and round(one, 4) for name, one in rounded.items()},
        }


_RIGHT = ("group", "product", "taxon")


@dataclass(frozen=True)
class Evaluation:
    """Figures by language on unseen concepts and voices, and the calibration found there."""

    figures: tuple[Figures, ...]
    calibration: Calibration

    def to_json(self) -> dict[str, Any]:
        """Give the figures for a manifest."""
        return {one.lang: one.to_json() for one in self.figures}


@dataclass(frozen=True)
class FalseFlags:
    """How many harmless real texts are flagged."""

    name: str
    all: Share
    hard: Share


def cells(examples: Examples) -> Iterator[tuple[Bools, Bools]]:
    """Part the rows into tested and trained, so that neither concept nor voice is in both.

    Five folds of concepts times five folds of voices: each model is tested on the rows in both
    of its held-out folds and trained on the rows in neither.
    """
    concepts = np.array([_fold(row.concept) for row in examples.rows])
    voices = np.array([_voice_fold(row.voice) for row in examples.rows])
    for concept, voice in product(range(FOLDS), range(FOLDS)):
        tested = (concepts == concept) & (voices == voice)
        yield tested, (concepts != concept) & (voices != voice)


def _fold(name: str) -> int:
    """Put a name into a fold that never changes."""
    return zlib.crc32(name.encode()) % FOLDS


def _voice_fold(voice: str) -> int:
    """Spread numbered voices evenly over the folds; other names by their letters."""
    return int(voice[1:]) % FOLDS if voice[1:].isdecimal() else _fold(voice)


def unseen_fast(examples: Examples) -> Doubles:
    """Give the fast stage's raw scores for every row, from models that never saw its like."""
    logits = np.zeros((len(examples.rows), len(HEADS)))
    for tested, trained in cells(examples):
        if tested.any():
            weights = fit(examples, trained)
            for at in np.flatnonzero(tested):
                logits[at] = weights.logits(examples.numbers[at])
    return logits


def unseen_both(examples: Examples, vectors: Vectors, fast: Doubles) -> Doubles:
    """Give both stages' raw scores for every row, from models that never saw its like."""
    logits, names = np.zeros_like(fast), examples.names
    for tested, trained in cells(examples):
        if tested.any():
            blend = fit_blend(examples, vectors, fast, trained)
            for at in np.flatnonzero(tested):
                logits[at] = blend.logits(vectors[at], bool(names[at]), fast[at])
    return logits


def judge(examples: Examples, logits: Doubles, taxa: Taxa) -> Evaluation:
    """Calibrate raw scores of unseen rows, choose thresholds, and count what they get right."""
    calibration = _calibration(examples, logits)
    chances = np.array([calibration.probabilities(row) for row in logits])
    reached = np.array([calibration.threshold(row.lang) for row in examples.rows])
    flags = _ruled(examples, chances[:, 0]) >= reached
    found = (_figures(lang, examples, chances, flags, taxa) for lang in LANGUAGES)
    return Evaluation(tuple(one for one in found if one.found.of + one.false.of), calibration)


def _ruled(examples: Examples, chances: Doubles) -> Doubles:
    """Let the lexicon's rules decide where they do."""
    rules = np.array([_DECIDED.get(one, np.nan) for one in examples.rulings])
    return np.where(np.isnan(rules), np.round(chances, 4), rules)


_DECIDED = {Ruling.FLAG: 1.0, Ruling.PASS: 0.0}


def _calibration(examples: Examples, logits: Doubles) -> Calibration:
    offered = examples.labels(HEADS[0])
    pairs = [calibrate(logits[:, 0], offered)]
    for place, group in enumerate(GROUPS, start=1):
        pairs.append(calibrate(logits[offered, place], examples.labels(group)[offered]))
    slopes, offsets = zip(*pairs, strict=True)
    draft = Calibration(slopes, offsets, {"und": 0.5})
    chances = _ruled(examples, draft.offered(logits[:, 0]))
    alike = np.array([row.style == "lookalike" for row in examples.rows])
    if not alike.any():
        alike = ~offered
    langs = np.array([row.lang for row in examples.rows])[alike]
    thresholds = {lang: _threshold(chances[alike], langs == lang) for lang in (*LANGUAGES, "und")}
    return Calibration(slopes, offsets, thresholds)


def _threshold(chances: Doubles, own: Bools) -> float:
    """Find the chance that only the tolerated share of look-alikes reaches.

    With some hundred texts a language, its own tail is mostly luck: all languages count,
    its own texts several times.
    """
    order = np.argsort(-chances)
    weights = np.where(own, _OWN_TEXTS, 1.0)[order]
    reached = np.cumsum(weights) / weights.sum() > FALSE_FLAGS
    limit = float(chances[order][int(np.argmax(reached))])
    return round(min(max(limit + 0.0001, _LOWEST), _HIGHEST), 4)


def _figures(lang: str, examples: Examples, chances: Doubles, flags: Bools, taxa: Taxa) -> Figures:
    own = np.array([row.lang == lang for row in examples.rows])
    offered = examples.labels(HEADS[0])
    style = np.array([row.style for row in examples.rows])
    right = [_right(examples, chances, int(at), taxa) for at in np.flatnonzero(offered & own)]
    group, item, taxon = np.array(right, np.bool_).reshape(-1, 3).T
    return Figures(
        lang=lang,
        styles={one: share(flags, own & (style == one)) for one in STYLES},
        precision=share(offered, flags & own),
        ranked=average_precision(chances[own, 0], offered[own]),
        miscalibrated=calibration_error(chances[own, 0], offered[own]),
        right_group=share(group),
        right_product=share(item),
        right_taxon=share(taxon),
    )


def _right(examples: Examples, chances: Doubles, at: int, taxa: Taxa) -> tuple[bool, bool, bool]:
    """Tell whether group, product and taxon of an offer are named as its row says."""
    row, reading = examples.rows[at], examples.readings[at]
    groups = dict(zip(GROUPS, chances[at, 1:].tolist(), strict=True))
    taxon = resolve_taxon(reading, groups, taxa, flag=True)
    return (
        max(groups, key=groups.__getitem__) in row.groups,
        resolve_product(reading, groups, flag=True) == row.product,
        taxon is not None and taxon.name == row.taxon,
    )


def _together(shares: Iterable[Share]) -> Share:
    counts = [(one.hits, one.of) for one in shares]
    return Share(sum(hits for hits, _ in counts), sum(of for _, of in counts))


def false_flags(
    files: Sequence[Path], model: Model, embed: Embed | None = None
) -> Iterator[FalseFlags]:
    """Count flags on files of harmless texts (JSON lines with `text`, `has_target_word`)."""
    for path in files:
        with path.open(encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        listings = [ListingText(row["text"]) for row in rows]
        flags = np.array([one.flag for one in _scores(listings, model, embed)], np.bool_)
        hard = np.array([bool(row.get("has_target_word")) for row in rows], np.bool_)
        yield FalseFlags(path.stem, share(flags), share(flags, hard))


def _scores(listings: Sequence[ListingText], model: Model, embed: Embed | None) -> Iterator[Any]:
    left = iter(listings)
    while part := list(islice(left, _AT_ONCE)):
        yield from score_all(part, model, embed)
