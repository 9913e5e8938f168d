"""Reasons as points: they add up to the digit, and each is told apart."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review_ui.reasons import weigh
from review_ui.words import HARMLESS_IF, KINDS, KINDS_EXPLAINED

WEIGHTS = st.floats(-9, 9).map(lambda weight: round(weight, 4))
ALIKE = (
    "the whole text reads like an offer; most alike: “老象牙手镯 圈口57” (zh-Hans-0001, an offer) "
    "and “Vòng “ngà” nhựa” (vi-0412, harmless)"
)


def _reason(text: str, weight: float, kind: str = "term", gloss: str = "") -> dict[str, Any]:
    place = {"start": None, "end": None}
    return {"text": text, "kind": kind, "gloss": gloss, "weight": weight} | place


@settings(deadline=None)  # the first example reads the lexicon
@given(st.lists(st.tuples(st.sampled_from("abcde"), WEIGHTS), max_size=12), WEIGHTS, WEIGHTS)
def test_what_is_shown_adds_up_to_the_score(
    words: list[tuple[str, float]], start: float, rest: float
) -> None:
    reasons = [_reason(*one) for one in words]
    reasons += [_reason("", start, "start"), _reason("", rest, "rest")]
    balance = weigh(reasons, "en")
    assert balance.complete
    assert balance.start is not None
    assert balance.rest is not None
    shown = [one.points for one in (*balance.speaks_for, *balance.speaks_against)]
    hundredths = [round(100 * one) for one in (*shown, balance.start, balance.rest)]
    assert sum(hundredths) == round(100 * balance.total)
    exact = start + rest + sum(weight for _, weight in words)
    assert balance.total == pytest.approx(exact, abs=0.0101)


def test_without_start_and_rest_the_sum_is_of_the_reasons_alone() -> None:
    balance = weigh([_reason("ivory", 2.0), _reason("toy", -0.5, "benign")], "en")
    assert (balance.complete, balance.total) == (False, 1.5)
    assert [one.reason["text"] for one in balance.speaks_against] == ["toy"]


def test_nothing_scored_is_an_empty_balance() -> None:
    balance = weigh([], "en")
    assert (list(balance.told), balance.total, balance.complete) == ([], 0.0, False)


def test_each_reason_tells_what_would_be_left_without_it() -> None:
    balance = weigh([_reason("ivory", 2.0), _reason("gram", 0.5), _reason("", -1.0, "start")], "en")
    left = {one.words: left for one, left in balance.harmless_if}
    assert left == {"ivory": -0.5, "gram": 1.0}


def test_the_examples_of_the_meaning_are_read_with_their_language() -> None:
    examples = weigh([_reason("", 1.9, "meaning", ALIKE)], "vi").examples
    assert [(one.lang, one.title, one.offer) for one in examples] == [
        ("zh-Hans", "老象牙手镯 圈口57", True),
        ("vi", "Vòng “ngà” nhựa", False),
    ]
    assert weigh([_reason("", 1.9, "meaning", "reads like an offer")], "vi").examples == []


def test_a_word_of_the_lexicon_brings_its_harmless_sense() -> None:
    (ivory,) = weigh([_reason("ງາ", 1.0)], "lo").told
    assert "sesame" in ivory.sense
    (learned,) = weigh([_reason("ງາ", 1.0, "ngram")], "lo").told
    assert learned.sense == ""


def test_the_words_of_a_reason_are_whole_as_in_the_text() -> None:
    body = "ស៊ីភ្លុក"
    reason = _reason(body[3:5], 1.0, "ngram") | {"start": 3, "end": 5}
    assert weigh([reason], "km", body).told[0].words == "ភ្លុ"
    assert weigh([reason], "km", "other words").told[0].words == reason["text"]


def test_every_kind_has_words() -> None:
    kinds = {"term", "ngram", "price", "contact", "meaning", "benign"}
    assert kinds == set(KINDS) == set(KINDS_EXPLAINED)
    assert kinds - {"benign"} == set(HARMLESS_IF)
