"""Hostile texts: no crash, one answer however they are batched or composed, reasons that quote."""

import random
import re
import unicodedata
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.artefact import load_model
from classifier.bundle import bundle
from classifier.fitting import listing_of
from classifier.model import score, score_all
from classifier.reading import Reading, read
from classifier.score import ListingText
from data import tracked, zawgyi
from data.corpus import load_corpus
from data.terms import load_terms
from data.text import fold, normalise
from data.tracked import composed

MODEL = load_model()
ROWS = load_corpus()
JUNK = (
    "\u0301", "\u0323\u0302", "\u0e48\u0e38", "\u17d2", "\u1039", "\u103a", "\u0ecd", "\u20dd",
    "\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u202e", "\u202c", "\u2067", "\u2069",
    "\ufe0f", "\U000e0061", "\x00", "\x1b", "\x1e", "\x7f", "\r", "\u2028", "\ud83d", "\udc00",
    "٣", "๕", "៥", "໕", "၅", "５", "𝟓", "½", "👩🏽\u200d🦰", "🐘\U0001f3ff", "🐯\ufe0f", "🇹🇭",
    "à", "ã¡", "â€™", "\x92", "ï»¿", "х", "ο", "ſ", "ﬁ", "ﷺ", "각", "\u1100\u1161", "İ", "ß",
    ".", " ", "-", "*", "@", "\t", "\n\n",
)  # fmt: skip
TERMS = tuple(term.text for term in load_terms())[::7]


def mutated(text: str, chance: random.Random) -> str:
    """Do to a text what filters' enemies and broken software do."""
    letters = list(text)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(letters) + 1)
        what = chance.randrange(6)
        if what == 0:
            letters[at:at] = chance.choice(JUNK) * chance.choice((1, 1, 2, 40))
        elif what == 1:
            letters[at : at + 3] = []
        elif what == 2:
            letters[at : at + 1] = letters[at : at + 1] * chance.choice((2, 3, 60))
        elif what == 3:
            letters[at:at] = chance.choice(TERMS)
        elif what == 4:
            letters[at : at + 4] = chance.choice(JUNK).join(letters[at : at + 4])
        else:
            letters[at : at + 9] = reversed(letters[at : at + 9])
    return "".join(letters)


def mojibake(text: str, chance: random.Random) -> str:
    """Read a text's bytes in a wrong encoding."""
    return text.encode("utf-8", "replace").decode(chance.choice(("latin-1", "cp1258", "gb18030")),
                                                 "replace")  # fmt: skip


def hostile(seed: int, step: int) -> list[ListingText]:
    chance = random.Random(seed)
    found = []
    for row in islice(ROWS, seed % step, None, step):
        listing = listing_of(row)
        change = mojibake if chance.random() < 0.05 else mutated
        title, text = change(listing.title, chance), change(listing.description, chance)
        price = change(listing.price, chance)
        found.append(ListingText(title, text, price, listing.currency, listing.category))
    return found


def check(listing: ListingText) -> None:
    found = score(listing, MODEL)
    assert 0 <= found.offered <= 1
    for reason in found.reasons:
        if reason.start is None or reason.end is None:
            assert reason.start is reason.end
        else:
            assert 0 <= reason.start < reason.end <= len(listing.body)
            assert listing.body[reason.start : reason.end] == reason.text
    assert sum(one.weight for one in found.reasons) == pytest.approx(found.raw, abs=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_mutated_corpus_gets_sound_scores_with_reasons_that_quote(seed):
    for listing in hostile(seed, 40):
        check(listing)


@pytest.mark.parametrize("seed", [11, 12])
def test_mutated_corpus_gets_the_same_alone_together_and_in_any_order(seed):
    listings = hostile(seed, 40)
    alone = [score(one, MODEL) for one in listings]
    assert score_all(listings, MODEL, near=0.0) == alone
    order = list(range(len(listings)))
    random.Random(seed).shuffle(order)
    shuffled = score_all([listings[at] for at in order], MODEL, near=0.0)
    assert shuffled == [alone[at] for at in order]


def answer(title: str, text: str) -> tuple:
    found = score(ListingText(title, text), MODEL)
    glosses = sorted((one.kind, one.gloss, one.weight) for one in found.reasons)
    return found.lang, found.offered, found.groups, found.flag, found.taxon, glosses


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_the_corpus_gets_the_same_in_every_canonical_form(form):
    for row in ROWS[3::40]:
        given_form = answer(row.title, row.description)
        other = (unicodedata.normalize(form, part) for part in (row.title, row.description))
        assert answer(*other) == given_form


WORDS = st.lists(st.sampled_from(TERMS) | st.sampled_from(JUNK) | st.characters(), max_size=12).map(
    "".join
)


@settings(max_examples=120, deadline=None)
@given(WORDS, WORDS)
def test_any_mixture_of_terms_and_junk_gets_a_sound_score(title, text):
    check(ListingText(title, text))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from("aoươêăAàệáก้ำกុកដေ\u0301\u0302\u0323\u031b\u0308가"), max_size=60))
def test_canonically_equal_texts_fold_alike(letters):
    text = "".join(letters)
    forms = [unicodedata.normalize(form, text) for form in ("NFC", "NFD")]
    assert fold(forms[0]) == fold(forms[1]) == fold(text)
    assert {bundle([form]).texts[0] for form in forms} == {fold(text)}


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("a\u0301\u0323\u0334\u0f73\u0e48\u0e38\u0344🐘–ก"), max_size=120))
def test_composing_is_what_unicode_says(text):
    assert composed(text) == unicodedata.normalize("NFC", text)


HOSTILE = {
    "marks out of order": "a" + "\u0301\u0323\u0334" * 30_000,
    "thai marks out of order": "ก" + "\u0e48\u0e38" * 40_000,
    "spaces": "х" + " " * 90_000 + "a",
    "latin and one greek": "a" * 90_000 + " χ",
    "greek and one latin": "χ" * 90_000 + " a",
    "burmese vowels": "\u1031" * 90_000,
    "burmese medials": "\u1060" + "\u103b" * 90_000,
    "negations": "not plastic, " * 7_000,
    "chinese negations": "不是塑料" * 20_000,
    "forms": "tiger ring " * 8_000,
    "handles": "@abcd " * 15_000,
    "one thai letter": "ก" * 90_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hundred_kilobytes_are_read_to_the_end(name):
    """What grew with the square of the length took minutes here; now each takes a second or two."""
    text = HOSTILE[name]
    assert 0 <= score(ListingText(text), MODEL).offered <= 1
    assert normalise(text).text == fold(text)


class Counted(str):
    """A text that counts how often a stretch of it is cut out."""

    cuts = 0

    def __getitem__(self, key):
        type(self).cuts += 1
        return super().__getitem__(key)


def cuts(times: int) -> int:
    """Count the cuts that finding what is denied makes in a text of so many negations."""
    plain = read(ListingText("not plastic, " * times), MODEL.matcher)
    fields = {name: getattr(plain, name) for name in Reading.__dataclass_fields__}
    Counted.cuts = 0
    assert len(Reading(**(fields | {"text": Counted(plain.text)})).denied) >= times
    return Counted.cuts


def test_work_on_negations_grows_with_their_number():
    assert cuts(1000) <= 11 * cuts(100)


def test_marks_are_put_in_order_before_unicode_composes_them(monkeypatch):
    """The library moves each mark past all that it follows wrongly: none may be left to move."""
    given_runs = []

    class Spy:
        combining = staticmethod(unicodedata.combining)

        @staticmethod
        def normalize(form, text):
            given_runs.append((form, text))
            return unicodedata.normalize(form, text)

    monkeypatch.setattr(tracked, "unicodedata", Spy)
    composed("a" + "\u0301\u0323" * 500)
    (whole,) = [text for form, text in given_runs if form == "NFC"]
    orders = [unicodedata.combining(mark) for mark in whole]
    assert orders == sorted(orders)


@pytest.mark.parametrize(
    "text", ["ေေျကာ", "ျေက", "\u1031\u1031\u103b\u107eက", "\u103b\u1031က\u1031\u103bခ"]
)
def test_a_burmese_syllable_begins_with_the_first_of_its_signs(text):
    plain = zawgyi.SYLLABLE.pattern
    loose = plain.replace("(?:(?<!\u1031)\u1031+)?", "\u1031*").replace(
        "(?:(?<![\u103b\u107e-\u1084])[\u103b\u107e-\u1084]+)?", "[\u103b\u107e-\u1084]*"
    )
    assert loose != plain
    found = [match.span() for match in zawgyi.SYLLABLE.finditer(text)]
    assert found == [match.span() for match in re.finditer(loose, text)]
