"""The gate lets every listing through in which a word that weighs stands, and few others."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.artefact import load_model
from classifier.bundle import bundle
from classifier.gate import weighs
from classifier.model import score, score_all
from classifier.reading import read_folded
from classifier.score import NO_GROUPS, ListingText
from data.corpus import load_corpus

MODEL = load_model()
CORPUS = [
    ListingText(row.title, row.description, row.price or "", row.currency or "")
    for row in load_corpus()
]
WORDS = sorted({term.text for term in MODEL.matcher.terms})
JUNK = ["case", "mới", "ขาย", "的", "ໃຫມ່", "ថ្មី", "အသစ်", ".", "*", " ", "-", "/", "4", "0", "\n"]


def _passed(listings: list[ListingText]) -> tuple[set[int], set[int]]:
    """Give which listings the gate lets through, and which are not hollow when read."""
    bodies = bundle(one.body for one in listings)
    readings = read_folded(listings, bodies, MODEL.matcher)
    sides = [f"{one.category}\n{one.price}\n{one.seller_text}" for one in listings]
    read = {at for at, reading in enumerate(readings) if not reading.hollow}
    return set(MODEL.gate.passed(bodies, sides)), read


def test_no_text_of_the_corpus_with_a_word_that_weighs_is_left_out():
    for first in range(0, len(CORPUS), 512):
        passed, read = _passed(CORPUS[first : first + 512])
        assert read <= passed


@given(st.lists(st.sampled_from(WORDS) | st.sampled_from(JUNK), max_size=12), st.randoms())
def test_no_word_that_weighs_is_left_out_however_it_is_written(parts: list[str], draw):
    text = "".join(part + draw.choice(["", " ", ".", "\u200b"]) for part in parts)
    spaced = draw.choice(["", " ", ".", "*"]).join(text)
    masked = "".join(draw.choice([letter, letter, letter, "*"]) for letter in text)
    passed, read = _passed([ListingText(one) for one in (text, spaced, masked)])
    assert read <= passed


def test_what_stands_beside_the_body_opens_the_gate_too():
    word = next(term.text for term in MODEL.matcher.terms if weighs(term))
    listings = [ListingText("chair"), ListingText("chair", category=word), ListingText("chair")]
    assert _passed(listings)[0] == {1}


def test_ordinary_texts_stay_outside():
    ordinary = [
        ListingText(row.title, row.description) for row in load_corpus() if row.style == "ordinary"
    ]
    passed, read = _passed(ordinary)
    assert len(passed - read) < len(ordinary) / 8


@pytest.mark.parametrize("seed", range(3))
def test_a_listing_gets_the_same_answer_alone_and_among_others(seed: int):
    some = random.Random(seed).sample(CORPUS, 60)
    for listing, together in zip(some, score_all(some, MODEL), strict=True):
        alone = score(listing, MODEL)
        assert (together.offered, together.flag, together.lang) == (
            alone.offered,
            alone.flag,
            alone.lang,
        )
        assert together.raw == pytest.approx(alone.raw, abs=1e-9)


def test_nothing_of_the_lexicon_is_no_offer():
    found = score_all([ListingText("Office chair, blue", "almost new, 20 dollars")], MODEL)[0]
    assert not found.flag
    assert found.groups is NO_GROUPS
    assert found.offered == MODEL.hollow < MODEL.lowest / 2
