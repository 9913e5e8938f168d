import csv
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.text import fold, normalise, skeleton
from data.zawgyi import is_zawgyi, to_unicode

TERMS = Path(__file__).parents[1] / "data/reference/terms"


def _rows():
    for path in sorted(TERMS.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)


ROWS = list(_rows())
WORDS = [row["term"] for row in ROWS if "Zawgyi" not in row["script_or_romanisation"]]
LETTERS = (
    "aoe\u0300\u0301\u0302\u0323đươOQuyàýхоaА象龜臺牙 \n.ＡﾊΩ\u200b\u202e\ufe0f🐘𝐀"
    "เแำํา้กງຫນຼມໜນ້ຳខ្លាដត្ក"
)
MIXED = st.text(st.sampled_from(LETTERS) | st.characters(exclude_categories=["Cs"]), max_size=30)
TEXTS = MIXED | st.builds(" ".join, st.lists(st.sampled_from(WORDS or [""]), max_size=4))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ข้าวนํ้า", "ข้าวน้ำ"),
        ("เเหวน", "แหวน"),
        ("ນໍ້າ", "ນ້ຳ"),
        ("ກະໂຫຼກ", "ກະໂຫລກ"),
        ("ໜັງ", "ຫນັງ"),
        ("អណ្តើក", "អណ្ដើក"),
        ("鱉臺龜", "鳖台龟"),
        ("tigеr", "tiger"),  # noqa: RUF100 - the first has a Cyrillic letter
        ("𝓲𝓿𝓸𝓻𝔂 ｉｖｏｒｙ", "ivory ivory"),
        ("t\u200bi\u2060ger", "tiger"),
        ("hoá thuỷ loè", "hóa thủy lòe"),
        ("စျေး", "ဈေး"),
        ("๓๔ ៥៦ ໗ ၈", "34 56 7 8"),
    ],
)
def test_spellings_that_look_alike_become_one(one, other):
    assert normalise(one).text == normalise(other).text


@pytest.mark.parametrize(("one", "other"), [("เสือ", "เสื้อ"), ("เต่า", "เตา"), ("ເສືອ", "ເສື້ອ")])
def test_tone_marks_that_tell_words_apart_stay(one, other):
    assert normalise(one).text != normalise(other).text


def test_words_that_keep_their_tone_place():
    assert normalise("quý hoàn toàn quà").text == "quý hoàn toàn quà"


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_normalising_twice_changes_nothing(text):
    once = normalise(text).text
    assert normalise(once).text == once


@settings(max_examples=500, deadline=None)
@given(TEXTS)
def test_folding_without_places_gives_the_same_text(text):
    assert fold(text) == normalise(text).text


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_offsets_stand_in_the_original(text):
    folded = normalise(text)
    assert len(folded.offsets) == len(folded.ends) == len(folded.text)
    for start, end in zip(folded.offsets, folded.ends, strict=True):
        assert 0 <= start < end <= len(text)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_canonically_equal_texts_are_one(text):
    assert normalise(unicodedata.normalize("NFD", text)).text == normalise(text).text


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(WORDS), st.sampled_from(["", "x ", "2 kg ", "。"]))
def test_every_term_meets_its_own_key_inside_a_text(word, before):
    folded = normalise(f"{before}{word} .")
    key = normalise(word).text
    at = folded.text.find(key)
    assert at >= 0
    start, end = folded.span(at, at + len(key))
    assert normalise(f"{before}{word} ."[start:end]).text == key


@given(st.sampled_from([word for word in WORDS if len(word) > 1]))
def test_a_split_term_meets_its_skeleton(word):
    assert skeleton(" ".join(word)).text == skeleton(word).text or _has_marks(word)


def _has_marks(word):
    return any(unicodedata.category(character)[0] == "M" for character in word)


def test_zawgyi_is_told_and_turned_for_a_whole_listing():
    zawgyi = "ဆင္စြယ္ ေရာင္းမည္ ဖုန္းဆက္ပါ"
    assert is_zawgyi(zawgyi)
    assert normalise(zawgyi).text == normalise("ဆင်စွယ် ရောင်းမည် ဖုန်းဆက်ပါ").text
    assert not is_zawgyi("ဆင်စွယ် ရောင်းမည် ဖုန်းဆက်ပါ")


def test_zawgyi_rows_of_the_lexicon_say_what_their_unicode_rows_say():
    burmese = [row for row in ROWS if row["lang"] == "my"]
    unicode = {normalise(row["term"]).text for row in burmese if row["term"] in WORDS}
    zawgyi = [row["term"] for row in burmese if row["term"] not in WORDS]
    met = sum(normalise(to_unicode(word)).text in unicode for word in zawgyi)
    assert met >= len(zawgyi) - 2


def test_hostile_marks_cost_no_time_and_leave_the_letter():
    assert normalise("象" + "\u0301" * 100_000 + "牙").text == "象牙"
