"""First letters stand for a name only beside words that go with it."""

import pytest

from classifier.initials import Initials, Saying
from classifier.terms import Matcher
from data.terms import Ambiguity, load_terms
from data.text import fold

TERMS = load_terms()
INITIALS = Initials(TERMS)
MATCHER = Matcher(TERMS)


def _term(lang, kind, group=""):
    return next(t for t in TERMS if (t.lang, t.kind, t.group) == (lang, kind, group))


def _meant(text, *terms):
    return list(INITIALS.find(fold(text), [Saying(term, 0, 1) for term in terms]))


@pytest.mark.parametrize(
    ("text", "lang", "group"),
    [
        ("แหวน ง.ช. แท้", "th", "elephant"),
        ("แหวน ง-ช แท้", "th", "elephant"),
        ("ແຫວນ ງ/ຊ", "lo", "elephant"),
        ("ភ.ដ កម្ពស់", "km", "elephant"),
    ],
)
def test_initials_are_read_beside_a_form(text, lang, group):
    [found] = _meant(text, _term(lang, "form"))
    assert found.term.group == group
    assert found.term.ambiguity is Ambiguity.HIGH


def test_latin_initials_want_two_kinds_of_words():
    form, evasion = _term("vi", "form"), _term("vi", "evasion")
    assert _meant("vòng n.v thật", form) == []
    assert len(_meant("vòng n.v thật", form, evasion)) == 1
    assert len(_meant("vòng n.v 50g", form)) == 1


@pytest.mark.parametrize("text", ["แหวน 5 ซ.ม.", "แหวน ส.ค.", "ง.ช.ก.ด", "งช", "แหวน"])
def test_everyday_abbreviations_are_let_be(text):
    assert _meant(text, _term("th", "form")) == []


@pytest.mark.parametrize("text", ["ง.ช.", "call me a.m. or p.m.", "T/T payment, ivory colour ring"])
def test_initials_alone_say_nothing(text):
    hits = MATCHER.find(fold(text))
    assert not [hit for hit in hits if hit.split and hit.term.gloss.startswith("initials of")]


def test_initials_are_met_in_a_listing():
    hits = MATCHER.find(fold("បដិមា ភ.ដ កម្ពស់ ៨"))
    assert [hit.term.group for hit in hits if hit.split] == ["elephant"]
