"""Trains the model that ships, from the corpus and the lexicon alone."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from classifier.artefact import save_model
from classifier.evaluation import Evaluation, cross_validate
from classifier.features import VERSION
from classifier.fitting import fit, prepare
from classifier.model import Model
from classifier.terms import Matcher
from data.corpus import CORPUS_FOLDER, CorpusRow, corpus_files, corpus_hash, load_corpus
from data.taxa import TAXA_FILE, load_taxa
from data.terms import TERMS_FOLDER, Terms, load_terms, term_files


def train(rows: Sequence[CorpusRow], terms: Terms, source: str = "") -> tuple[Model, Evaluation]:
    """Train on all rows; figures and calibration come from models that saw only some."""
    matcher = Matcher(terms)
    examples = prepare(rows, matcher)
    evaluation = cross_validate(examples)
    weights = fit(examples, np.ones(len(rows), np.bool_))
    model = Model(weights, evaluation.calibration, matcher, load_taxa(), source)
    return model, evaluation


def train_to_folder(
    out: Path, corpus_folder: Path = CORPUS_FOLDER, terms_folder: Path = TERMS_FOLDER
) -> Evaluation:
    """Train and write the model folder; the same inputs give the same bytes."""
    source = current_hash(corpus_folder, terms_folder)
    model, evaluation = train(load_corpus(corpus_folder), load_terms(terms_folder), source)
    save_model(out, model.weights, model.calibration, source, evaluation.to_json())
    return evaluation


def current_hash(corpus_folder: Path = CORPUS_FOLDER, terms_folder: Path = TERMS_FOLDER) -> str:
    """Name the corpus, lexicon, taxa and feature version that a model would be made of."""
    files = [*corpus_files(corpus_folder), *term_files(terms_folder), TAXA_FILE]
    return corpus_hash(files, VERSION)
