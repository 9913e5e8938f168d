"""A small model trained in a second, for tests that need any model but not a good one."""

from functools import cache

from classifier.model import Model
from classifier.training import train
from data.corpus import CorpusRow, load_corpus
from data.terms import load_terms


@cache
def few_rows() -> tuple[CorpusRow, ...]:
    """A few hundred Vietnamese texts of the corpus."""
    return tuple(row for row in load_corpus() if row.lang == "vi")[::2]


@cache
def small_model() -> Model:
    """A model of the fast stage."""
    return train(few_rows(), load_terms(), "small").model
