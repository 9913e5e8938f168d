import json

import numpy as np
import pytest

from classifier.blend import WIDTH, Blend, columns
from classifier.evaluation import cells, false_flags
from classifier.fitting import prepare
from classifier.meaning import DIMENSIONS
from classifier.metrics import Share
from classifier.model import score, score_all
from classifier.score import ListingText, ReasonKind
from classifier.terms import Matcher
from classifier.training import train
from data.corpus import load_corpus
from data.terms import load_terms

TERMS = load_terms()
ROWS = [row for row in load_corpus() if row.lang == "vi"][:400]


def embed(texts):
    """Stand in for the real engine: vectors that depend on nothing but the text's letters."""
    vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
    for row, text in zip(vectors, texts, strict=True):
        for letter in text:
            row[ord(letter) % DIMENSIONS] += 1
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)


@pytest.fixture(scope="module")
def trained():
    return train(ROWS, TERMS, "hash", embed)


def test_training_learns_and_is_the_same_each_time(trained):
    again = train(ROWS, TERMS, "hash", embed)
    assert (again.model.weights.grams == trained.model.weights.grams).all()
    assert again.model.calibration == trained.model.calibration
    assert again.both == trained.both
    (figures,) = trained.fast.figures
    assert figures.lang == "vi"
    assert figures.found.value > 0.5
    assert figures.false.value < 0.15
    assert score(ListingText("bán cao hổ cốt nhà nấu"), trained.model).flag


def test_every_row_is_counted_once_in_both_stages(trained):
    for stage in (trained.fast, trained.both):
        (figures,) = stage.figures
        assert sum(one.of for one in figures.styles.values()) == len(ROWS)
        assert figures.right_group.of == sum(row.offered for row in ROWS)


def test_no_cell_trains_on_a_concept_or_voice_it_is_tested_on():
    examples = prepare(ROWS, Matcher(TERMS))
    counted = np.zeros(len(ROWS), int)
    for tested, trained_on in cells(examples):
        counted += tested
        for name in ("concept", "voice"):
            seen = {getattr(row, name) for row, used in zip(ROWS, trained_on, strict=True) if used}
            asked = {getattr(row, name) for row, used in zip(ROWS, tested, strict=True) if used}
            assert not seen & asked
    assert (counted == 1).all()


def test_without_vectors_the_fast_stage_answers_alone():
    alone = train(ROWS, TERMS, "hash")
    assert alone.both is None
    assert alone.model.second is None


def test_false_flags_are_counted_by_file(tmp_path, trained):
    rows = [
        {"text": "Bán cao hổ cốt 5tr/lạng", "has_target_word": True},
        {"text": "Bán iPhone cũ", "has_target_word": False},
    ]
    path = tmp_path / "vi.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    (count,) = false_flags([path], trained.model)
    assert (count.all, count.hard) == (Share(1, 2), Share(1, 1))


def test_both_stages_answer_alike_together_and_alone(trained):
    listings = [ListingText(row.title, row.description, row.price) for row in ROWS[::9]]
    together = score_all(listings, trained.model, embed, near=0.0)
    assert together == [score(one, trained.model, embed) for one in listings]


def test_reasons_add_up_to_the_raw_score_and_name_known_examples(trained):
    for row in ROWS[:40]:
        found = score(ListingText(row.title, row.description, row.price), trained.model, embed)
        assert sum(reason.weight for reason in found.reasons) == pytest.approx(found.raw, abs=1e-3)
        (meaning,) = [one for one in found.reasons if one.kind is ReasonKind.MEANING]
        assert meaning.gloss.count("vi-") == 2


def test_the_blend_is_the_linear_model_over_its_columns():
    draw = np.random.default_rng(7)
    blend = Blend.of(draw.normal(size=(4, WIDTH)), draw.normal(size=4))
    vectors = draw.normal(size=(9, DIMENSIONS)).astype(np.float32)
    names, fast = draw.random(9) > 0.5, draw.normal(size=9)
    expected = columns(vectors, names, fast) @ blend.weights[0] + blend.intercepts[0]
    assert np.allclose(blend.offered(blend.meaning(vectors, names), fast), expected, atol=1e-5)
