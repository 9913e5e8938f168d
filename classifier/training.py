"""Trains the model that ships, from the corpus and the lexicon alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifier.artefact import save_model
from classifier.evaluation import Evaluation, judge, unseen_both, unseen_fast
from classifier.features import VERSION
from classifier.fitting import Examples, fit, fit_blend, prepare
from classifier.known import Known
from classifier.model import Doubles, Embed, Model, Second
from classifier.terms import Matcher
from data.corpus import CORPUS_FOLDER, CorpusRow, corpus_files, corpus_hash, load_corpus
from data.taxa import TAXA_FILE, load_taxa
from data.terms import TERMS_FOLDER, Terms, load_terms, term_files


@dataclass(frozen=True)
class Trained:
    """A model and how good each of its stages is on texts that its like has not seen."""

    model: Model
    fast: Evaluation
    both: Evaluation | None


def train(
    rows: Sequence[CorpusRow], terms: Terms, source: str = "", embed: Embed | None = None
) -> Trained:
    """Train on all rows; figures and calibration come from models that saw only some.

    With `embed`, which gives a vector for each text, the second stage is trained too.
    """
    matcher, taxa = Matcher(terms), load_taxa()
    examples = prepare(rows, matcher)
    logits = unseen_fast(examples)
    fast = judge(examples, logits, taxa)
    weights = fit(examples, np.ones(len(rows), np.bool_))
    second, both = _second(examples, logits, embed) if embed else (None, None)
    model = Model(weights, fast.calibration, matcher, taxa, source, second)
    return Trained(model, fast, both)


def _second(examples: Examples, fast: Doubles, embed: Embed) -> tuple[Second, Evaluation]:
    vectors = embed(examples.meanings)
    both = judge(examples, unseen_both(examples, vectors, fast), load_taxa())
    blend = fit_blend(examples, vectors, fast, np.ones(len(examples.rows), np.bool_))
    return Second(blend, both.calibration, Known.of(examples.rows, vectors)), both


def train_to_folder(
    out: Path,
    corpus_folder: Path = CORPUS_FOLDER,
    terms_folder: Path = TERMS_FOLDER,
    embed: Embed | None = None,
) -> Trained:
    """Train and write the model folder; the same inputs give the same bytes."""
    source = current_hash(corpus_folder, terms_folder)
    trained = train(load_corpus(corpus_folder), load_terms(terms_folder), source, embed)
    save_model(out, trained.model, figures_of(trained))
    return trained


def figures_of(trained: Trained) -> dict[str, object]:
    """Give the figures of both stages for a manifest."""
    stages = {"fast": trained.fast, "both": trained.both}
    return {name: stage.to_json() for name, stage in stages.items() if stage is not None}


def current_hash(corpus_folder: Path = CORPUS_FOLDER, terms_folder: Path = TERMS_FOLDER) -> str:
    """Name the corpus, lexicon, taxa and feature version that a model would be made of."""
    files = [*corpus_files(corpus_folder), *term_files(terms_folder), TAXA_FILE]
    return corpus_hash(files, VERSION)
