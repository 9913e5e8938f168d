import json

import pytest

from classifier.evaluation import false_flags
from classifier.model import score
from classifier.score import ListingText
from classifier.training import train
from data.corpus import load_corpus
from data.terms import load_terms

TERMS = load_terms()
ROWS = [row for row in load_corpus() if row.lang == "vi"]


@pytest.fixture(scope="module")
def trained():
    return train(ROWS, TERMS, "hash")


def test_training_learns_and_is_the_same_each_time(trained):
    model, evaluation = trained
    again, _ = train(ROWS, TERMS, "hash")
    assert (again.weights.grams == model.weights.grams).all()
    assert again.calibration == model.calibration
    (figures,) = evaluation.figures
    assert figures.lang == "vi"
    assert figures.recall is not None
    assert figures.recall > 0.6
    assert figures.flagged <= figures.harmless * 0.15
    assert score(ListingText("bán cao hổ cốt nhà nấu"), model).flag


def test_every_row_is_scored_once(trained):
    figures = trained[1].figures[0]
    assert figures.offers + figures.harmless == len(ROWS)
    assert sum(of for _, of in figures.styles.values()) == figures.offers


def test_false_flags_are_counted_by_file(tmp_path, trained):
    rows = [
        {"text": "Bán cao hổ cốt 5tr/lạng", "has_target_word": True},
        {"text": "Bán iPhone cũ", "has_target_word": False},
    ]
    path = tmp_path / "vi.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    (count,) = false_flags([path], trained[0])
    assert (count.texts, count.flagged, count.hard_texts, count.hard_flagged) == (2, 1, 1, 1)
