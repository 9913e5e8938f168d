"""Parted, swapped and starred words are undone; measures and everyday signs are let be."""

import pytest

from classifier.bundle import bundle
from classifier.disguise import parted, tighten
from classifier.masks import Masks
from classifier.terms import Matcher
from data.terms import load_terms
from data.text import fold

TERMS = load_terms()
MASKS = Masks(TERMS)
MATCHER = Matcher(TERMS)


def _split(text):
    return {hit.term.text for hit in MATCHER.find(fold(text)) if hit.split}


@pytest.mark.parametrize(
    ("text", "undone"),
    [
        ("n4nh", "nanh"),
        ("h0", "ho"),
        ("9ading", "gading"),
        ("g4d1n6", "gading"),
        ("t00th", "tooth"),
        ("m 4 n 1 g4j4h", "mani gajah"),
        ("h*r*mau", "harimau"),
        ("t.l.n.g", "tulang"),
        ("g*d*ng g4j*h", "gading gajah"),
    ],
)
def test_digits_and_stars_are_read_as_letters(text, undone):
    tight = tighten(text, MASKS)
    assert tight is not None
    assert tight.text == undone
    assert tight.changed(0, len(undone))
    assert tight.span(0, len(undone)) == (0, len(text))
    assert parted(bundle([text])) == [0]


@pytest.mark.parametrize("text", ["5cm", "10g", "tiger!", "2kg", "size 42", "rm50", "x100"])
def test_measures_are_let_be(text):
    tight = tighten(text, MASKS)
    assert tight is None or tight.text == text


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("kulit h*r*mau", "kulit harimau"),
        ("G4DIN9 G4J4H asli", "gading gajah"),
        ("iv*ry bangle", "ivory bangle"),
        ("kuku m4c4n", "kuku macan"),
        ("m 4 n 1 g4j4h", "mani gajah"),
        ("t1ger t00th", "tiger tooth"),
    ],
)
def test_terms_of_several_words_are_met_masked(text, term):
    assert any(term in found for found in _split(text)), _split(text)


@pytest.mark.parametrize(
    "text",
    ["sh*t happens", "f*ck this", "5inch 3con 4kaki", "iphone 13 pro max 256gb", "w*n a car"],
)
def test_everyday_signs_make_no_term(text):
    assert _split(text) == set()


@pytest.mark.parametrize(
    ("text", "undone"),
    [("hu骨", "虎骨"), ("象ya", "象牙"), ("食ㄕㄜˊ龟", "食蛇龟"), ("xiang牙筷子", "象牙筷子")],
)
def test_a_character_spelt_by_its_sound_is_read(text, undone):
    tight = tighten(fold(text))
    assert tight is not None
    assert tight.text == undone
    assert tight.changed(0, len(undone))
    assert tight.span(0, len(undone)) == (0, len(text))


def test_a_term_spelt_in_part_is_met():
    assert _split("xiang牙筷子一双") == {"象牙筷子"}


@pytest.mark.parametrize(
    "text", ["yahoo邮箱", "t恤", "5g手机", "hu 先生", "用gui界面", "xiangya医院"]
)
def test_everyday_latin_beside_han_is_let_be(text):
    assert _split(text) == set()


def test_a_long_text_of_masks_is_read_in_time_with_its_length():
    assert len(MATCHER.find("h*r*m*u " * 12_000)) <= 12_000
    assert MATCHER.find("x*y*z*q" * 14_000) == ()
    assert MATCHER.find("天hu天ya" * 12_000) == ()
