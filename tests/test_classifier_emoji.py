"""A picture of an animal beside a part of it names a product; beside anything else it does not."""

import pytest

from classifier.terms import Matcher
from data.terms import Ambiguity, load_terms
from data.text import fold

MATCHER = Matcher(load_terms())


def _pictured(text):
    hits = MATCHER.find(fold(text))
    return [hit for hit in hits if hit.term.source == "rule" or _is_picture_of_part(hit.term)]


def _is_picture_of_part(term):
    return len(term.key) > 1 and any(animal in term.key for animal in "🐯🐅🐘🐢")


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("🐯🦷", "tiger"),
        ("🦷 🐅", "tiger"),
        ("🐅+🦴", "tiger"),
        ("🐘 + 牙", "elephant"),
        ("牙🐘", "elephant"),
        ("🐘 งา", "elephant"),
        ("ງາ 🐘", "elephant"),
        ("nanh 🐯", "tiger"),
        ("🐘 ngà", "elephant"),
        ("🐢🥚", "turtle"),
        ("🥚 🐢", "turtle"),
    ],
)
def test_a_picture_beside_a_part_is_a_product(text, group):
    assert [hit.term.group for hit in _pictured(text)] == [group]


def test_an_order_that_no_list_holds_is_met_by_rule():
    [hit] = _pictured("bán 🦷/🐘")
    assert hit.term.ambiguity is Ambiguity.LOW
    assert (hit.term.product, hit.start, hit.end) == ("IVC", 4, 7)


@pytest.mark.parametrize(
    "text", ["🐘 park tour", "love 🐢", "🐯 team!", "🥚 100g gà, 🐢", "🐱🦷", "🐘🥚", "🐯 🐘"]
)
def test_a_picture_beside_anything_else_is_none(text):
    assert _pictured(text) == []


def test_a_long_row_of_pictures_is_read_in_time_with_its_length():
    assert len(MATCHER.find("🐯 ++ " * 16_000 + "🐯🦷" * 1_000)) == 17_000
