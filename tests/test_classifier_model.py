import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.artefact import load_model
from classifier.features import BITS, SIZES, features
from classifier.fitting import GRAM_WEIGHT, listing_of, prepare
from classifier.model import score, score_all
from classifier.reading import read
from classifier.score import GROUPS, ListingText, ReasonKind
from classifier.signals import NAMES, signals
from data.corpus import load_corpus
from data.taxa import load_taxa
from data.terms import load_terms

MODEL = load_model()
TAXA = load_taxa()
DECISIVE = [
    term
    for term in load_terms()
    if term.decisive and not term.unaccented and "Zawgyi" not in term.script
]


def _score(title, description="", **fields):
    return score(ListingText(title, description, **fields), MODEL)


@pytest.mark.parametrize("term", DECISIVE, ids=lambda term: f"{term.lang}-{term.gloss}")
def test_a_decisive_term_alone_is_flagged(term):
    found = _score(term.text)
    assert found.flag, (term.text, found)
    assert max(found.groups, key=found.groups.__getitem__) == term.group


@pytest.mark.parametrize(
    "title",
    ["象皮佛珠", "งากำจัด", "Elephant skin beads", "hổ ngâm rượu", "pipa rokok gading"],
)
@pytest.mark.parametrize("disclaimer", ["resin", "塑料", "nhựa", "เรซิ่น", "plastik", "faux"])
def test_a_disclaimer_lets_no_decisive_term_off(title, disclaimer):
    assert _score(title, disclaimer).flag


@pytest.mark.parametrize(
    ("title", "description"),
    [
        ("象牙手串 38元/克", "老料 加V demo_01"),
        ("Vòng ngà voi 5tr/lạng", "zalo 0900000123"),
    ],
)
@pytest.mark.parametrize("disclaimer", [" 塑料", " nhựa", " resin"])
def test_a_disclaimer_beside_a_weight_price_lowers_nothing(title, description, disclaimer):
    before = _score(title, description).offered
    assert _score(title, description + disclaimer).offered >= before - 0.02


@pytest.mark.parametrize(
    ("title", "price"),
    [
        ("沉香手串 加微信 demo_0101", "38元/克"),
        ("虎牙直播账号出售 加微 demo_01", ""),
        ("Bán iPhone 13, zalo 0900000123", "9tr5"),
        ("Mật ong rừng nguyên chất, hàng rừng", "300k/kg"),
        ("ขายเสื้อยืด ทักไลน์ line: demo_1", "฿199"),
        ("Jual kopi bubuk asli, wa 0800000000", "95rb/kg"),
        ("លក់ទូរស័ព្ទ តេលេក្រាម 012000000", "$120"),
        ("Sourdough bread, dm me", "$8"),
        ("ivory wedding dress size 10", "$300"),
    ],
)
def test_ordinary_goods_are_not_flagged(title, price):
    found = _score(title, price=price)
    assert not found.flag, found


@pytest.mark.parametrize(
    "title", ["xy", "大猫", "🐘", "stripes", "ขีด", "bay", "血料", "hàng trắng"]
)
def test_an_ambiguous_word_never_flags_alone(title):
    assert not _score(title).flag


def test_reasons_stand_in_the_text_as_given():
    title, description = "  ＣＡＯ  HỔ\u200b CỐT nhà nấu", "5tr/lạng, zalo 0900 000 123"
    listing = ListingText(title, description)
    found = score(listing, MODEL)
    assert found.flag
    for reason in found.reasons:
        if reason.kind in {ReasonKind.START, ReasonKind.REST}:
            assert (reason.text, reason.start, reason.end) == ("", None, None)
        else:
            assert listing.body[reason.start : reason.end] == reason.text != ""
    assert {reason.kind for reason in found.reasons} >= {
        ReasonKind.TERM,
        ReasonKind.PRICE,
        ReasonKind.CONTACT,
    }


def test_a_price_field_is_a_reason_without_a_place():
    found = _score("象牙手串", price="38元/克")
    (price,) = [reason for reason in found.reasons if reason.kind is ReasonKind.PRICE]
    assert (price.text, price.start, price.end) == ("38元/克", None, None)


def test_a_harmless_term_is_a_reason_that_speaks_against():
    (reason,) = [
        reason for reason in _score("虎牙直播账号").reasons if reason.kind is ReasonKind.BENIGN
    ]
    assert reason.weight < 0
    assert reason.gloss == "Huya live streaming"


def test_taxon_and_product_come_from_the_terms():
    found = _score("bán rùa sa nhân, zalo 0900000123")
    assert found.taxon is not None
    assert found.taxon.name == "Cuora mouhotii"
    assert _score("เขี้ยวเสือแท้ เลี่ยมเงิน", "บูชา 2500 บาท").product == "TEE"


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=120), st.text(max_size=40))
def test_any_text_gets_a_sound_score(title, description):
    listing = ListingText(title, description)
    found = score(listing, MODEL)
    assert 0 <= found.offered <= 1
    assert set(found.groups) == set(GROUPS)
    assert all(0 <= chance <= found.offered for chance in found.groups.values())
    assert found.flag is (found.offered >= MODEL.calibration.threshold(found.lang))
    assert found.taxon is None or found.taxon.name in TAXA
    for reason in found.reasons:
        if reason.start is not None and reason.end is not None:
            assert 0 <= reason.start < reason.end <= len(listing.body)


def test_scoring_is_what_scikit_learn_computes():
    examples = prepare(load_corpus()[::40], MODEL.matcher)
    weights = MODEL.weights
    for head in range(len(weights.intercepts)):
        grams = weights.grams[:, head] * (weights.steps[head] / GRAM_WEIGHT)
        coefficients = np.concatenate([weights.signals[head], grams])
        expected = examples.matrix @ coefficients + weights.intercepts[head]
        found = [weights.logits(numbers)[head] for numbers in examples.numbers]
        assert np.allclose(found, expected, atol=1e-6)


def test_buckets_are_one_for_each_stretch():
    found = features(ListingText("象牙手串", "x"), MODEL.matcher).buckets
    size = len("象牙手串\nx") + 2
    assert len(found) == sum(size - width + 1 for width in SIZES)
    assert found.max() < 1 << BITS


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=60), st.text(max_size=90)), min_size=1, max_size=6))
def test_listings_scored_together_get_what_they_get_alone(texts):
    listings = [ListingText(title, description) for title, description in texts]
    assert score_all(listings, MODEL, near=0.0) == [score(one, MODEL) for one in listings]


def test_the_corpus_scored_together_gets_what_it_gets_alone():
    listings = [listing_of(row) for row in load_corpus()[::29]]
    assert score_all(listings, MODEL, near=0.0) == [score(one, MODEL) for one in listings]


def test_what_a_very_long_text_says_late_shapes_no_wording():
    start = "象牙手串 " * 900
    one = features(ListingText(start + "甲" * 300), MODEL.matcher)
    other = features(ListingText(start + "乙" * 300), MODEL.matcher)
    assert (one.buckets == other.buckets).all()


def test_signals_have_names_and_stay_between_nought_and_one():
    for row in load_corpus()[::25]:
        found = signals(read(listing_of(row), MODEL.matcher))
        assert set(found) <= set(range(len(NAMES)))
        assert all(0 < value <= 1 for value in found.values())


def test_numbers_and_handles_do_not_shape_the_wording():
    one = features(ListingText("old chair 1200"), MODEL.matcher)
    other = features(ListingText("old chair 3400"), MODEL.matcher)
    assert (one.buckets == other.buckets).all()


def test_scoring_loads_no_training_library():
    code = (
        "import sys, classifier.artefact, classifier.lines; classifier.artefact.load_model();"
        "sys.exit(any(name in sys.modules for name in ('sklearn', 'scipy', 'jieba')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
