"""Reasons laid over text in scripts whose letters stack: no highlight tears a cluster."""

import unicodedata
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review_ui.highlight import Segment, distinct, gloss_of, lay, whole_clusters

STACKED = (
    "ភ្លុកដំរីស្រស់ ឆ្អឹងខ្លា",
    "ဆင်စွယ် ကျားရိုး သစ္စာ ဣန္ဒြေ",
    "งาช้างแท้ น้ำมันเสือ กำไลงาช้าง",
    "ງາຊ້າງ ນ້ຳມັນເສືອ ກຳໄລ",
    "ngà voi thật",
    "👩‍🦰 ivory 🐘🏽 bangle",
)  # fmt: skip


def _reason(start: int, end: int, **more: Any) -> dict[str, Any]:
    return {"start": start, "end": end, "kind": "term", "gloss": "", "text": "", "weight": 1} | more


def _torn(before: str, after: str) -> bool:
    """Tell whether two neighbouring pieces share a cluster."""
    joins = before[-1] in "\u17d2\u1039\u200d"
    return joins or after[0] in "\u0e33\u0eb3" or unicodedata.category(after[0]).startswith("M")


@pytest.mark.parametrize("text", STACKED)
@settings(deadline=None)
@given(data=st.data())
def test_no_piece_begins_inside_a_cluster(text: str, data: st.DataObject) -> None:
    places = st.integers(0, len(text))
    spans = data.draw(st.lists(st.tuples(places, places), max_size=4))
    pieces = [one.text for one in lay(text, "", [_reason(*span) for span in spans]).title]
    assert "".join(pieces) == text
    for before, after in pairwise(pieces):
        assert not _torn(before, after), (before, after)


@pytest.mark.parametrize(
    ("text", "part", "whole"),
    [
        ("ភ្លុក", (2, 3), "ភ្លុ"),
        ("သစ္စာ", (1, 2), "စ္စာ"),
        ("กำไล", (0, 1), "กำ"),
        ("ກຳໄລ", (0, 1), "ກຳ"),
        ("象牙", (0, 1), "象"),
        ("🐘🏽 x", (0, 1), "🐘🏽"),
    ],
)
def test_half_a_cluster_is_marked_whole(text: str, part: tuple[int, int], whole: str) -> None:
    start, end = whole_clusters(text, *part)
    assert text[start:end] == whole


def test_offsets_outside_the_text_mark_nothing() -> None:
    for start, end in ((-1, 2), (3, 99), (2, 2), (5, 1)):
        assert [one.kind for one in lay("abcd", "", [_reason(start, end)]).title] == [""]


def test_a_gloss_stands_above_only_where_it_says_more_and_fits() -> None:
    assert Segment("ngà voi", "term", "ivory").above == "ivory"
    assert Segment("Never", "term", "never").above == ""
    assert Segment("牙", "term", "tooth, or in slang ivory").above == ""
    assert Segment("lạ lắm", "ngram", "reads so").above == ""


def test_entries_of_the_sum_are_no_reasons() -> None:
    start = {"kind": "start", "text": "", "gloss": "where all start", "weight": 1.0}
    rest = {"kind": "rest", "text": "", "gloss": "all the rest", "weight": 0.2}
    term = _reason(0, 5, text="ivory", gloss="tusk")
    assert distinct([start, term, rest]) == [term]
    assert gloss_of([start, term, rest]) == "tusk"
