from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.disguise import tighten
from classifier.terms import Matcher
from data.terms import TermKind, load_terms
from data.text import normalise

TERMS = load_terms()
MATCHER = Matcher(TERMS)
POINTING = (TermKind.PRODUCT, TermKind.TAXON, TermKind.CODE)
DECISIVE = [term for term in TERMS if term.decisive and "Zawgyi" not in term.script]


def _found(text, *kinds):
    return [hit for hit in MATCHER.find(normalise(text).text) if hit.term.kind in kinds]


def _pointing(text):
    return [hit.term.text for hit in _found(text, *POINTING)]


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("出象牙手串一条", "象牙手串"),
        ("象牙手鐲", "象牙手镯"),
        ("bán cao hổ cốt", "cao hổ cốt"),
        ("NGÀ VOI", "ngà voi"),
        ("ขายงาช้างแท้", "งาช้างแท้"),
        ("ឆ្អឹងខ្លា ១គីឡូ", "ឆ្អឹងខ្លា"),
        ("ຂາຍແຂ້ວເສືອ", "ແຂ້ວເສືອ"),
        ("ကျားရိုး ရောင်းမည်", "ကျားရိုး"),
        ("taring harimau ori", "taring harimau"),
        ("gadingnya tulen", "gading"),
        ("elephant tusks", "elephant tusk"),
    ],
)
def test_terms_are_found_in_listings(text, term):
    assert any(term in found or found in term for found in _pointing(text)), _pointing(text)


@pytest.mark.parametrize(
    "text",
    [
        "虎牙直播 主播招聘",
        "象牙白 窗帘",
        "vòng hổ phách",
        "tôm hùm tươi",
        "áo màu trắng ngà",
        "ทำงานที่บ้าน",
        "เสื้อผ้า",
        "ขายเตาแก๊ส",
        "น้ำมันงา",
        "ខ្ញុំខ្លាច",
        "ខ្លាំងណាស់",
        "လိပ်စာ",
        "ဆေးလိပ်",
        "ເສື້ອ",
        "tiger balm",
        "minyak cap harimau",
        "pisang gading",
        "ivory coast",
        "living room delivery",
    ],
)
def test_look_alikes_are_not(text):
    assert _pointing(text) == []


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("two ivory tusks", "tusk"),
        ("gadingnya tulen", "gading"),
        ("kukunya panjang, taringnya asli harimaunya", "harimau"),
        ("tortoises for sale", "tortoise"),
    ],
)
def test_a_word_may_have_an_ending_of_its_language(text, term):
    assert any(term in found for found in _pointing(text)), _pointing(text)


@pytest.mark.parametrize("text", ["ini punya saya", "kayu keras", "PU punya", "barang keras"])
def test_a_short_word_is_not_met_at_the_front_of_another(text):
    assert _pointing(text) == []


@pytest.mark.parametrize(
    ("text", "denies"),
    [
        ("非塑料", True),
        ("冇胶", True),
        ("非洲手工", False),
        ("非常漂亮", False),
        ("无锡发货", False),
    ],
)
def test_a_lone_han_no_counts_only_as_a_word(text, denies):
    assert bool(_found(text, TermKind.NEGATION)) is denies


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("จี้งา แท้", "จี้งา"),
        ("ขายจี้งาสวยมาก", "จี้งา"),
        ("ກອກຢາງາຊ້າງ", "ກອກຢາງາ"),
        ("ແຫວນງາ", "ແຫວນງາ"),
    ],
)
def test_a_term_that_ends_in_ivory_is_met(text, term):
    assert any(term in found for found in _pointing(text)), _pointing(text)


@pytest.mark.parametrize("text", ["จี้งานเงินแท้", "แหวนงานดี", "ກຳໄລງາມ", "ตกกระป๋อง", "ลดกระแส"])
def test_a_term_that_ends_in_ivory_is_not_met_in_a_longer_word(text):
    assert not any(hit.term.key.endswith(("งา", "กระ", "ງາ")) for hit in _found(text, *TermKind))


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        ("ขึ้นศาล", TermKind.REPORT, True),
        ("มหาศาล", TermKind.REPORT, False),
        ("ໂທລະທັດ", TermKind.CONTACT, False),
        ("ໂທ 020", TermKind.CONTACT, True),
        ("ຢ່າງດີ", TermKind.NEGATION, False),
        ("ບໍ່ໄດ້", TermKind.NEGATION, True),
    ],
)
def test_a_short_saying_counts_only_as_a_word(text, kind, says):
    assert bool(_found(text, kind)) is says


def test_a_harmless_term_takes_only_its_own_span():
    assert _pointing("虎牙直播 附送象牙手串") == ["象牙手串"]


@pytest.mark.parametrize(
    ("text", "animal", "thing"),
    [
        ("lông voi nhà", "voi nhà", "lông voi"),
        ("中华草龟苗", "中华草龟", "龟苗"),
        ("karapas penyu karah", "penyu karah", "karapas penyu"),
    ],
)
def test_an_animal_and_a_product_that_share_a_part_are_both_met(text, animal, thing):
    assert sorted(_pointing(text)) == sorted([animal, thing])


def test_what_lies_in_a_longer_name_is_not_met_again():
    assert _pointing("象牙手串") == ["象牙手串"]


def test_a_longer_product_wins_over_a_harmless_word_in_it():
    hits = _found("tiger eye and tiger eye bone tiger bone wine", *POINTING)
    assert [hit.term.text for hit in hits] == ["tiger bone wine"]


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("象.牙 手串", "象牙"),
        ("出 虎 骨", "虎骨"),
        ("n.g.à v.o.i thật", "ngà voi"),
        ("i v o r y", "ivory"),
        ("iv0ry xx", "ivory"),
        ("ง.า.ช้าง", "งาช้าง"),
    ],
)
def test_words_in_pieces_are_put_together(text, term):
    hits = _found(text, *POINTING)
    assert [(hit.term.text, hit.split) for hit in hits] == [(term, True)]


def test_neighbours_are_not_taken_for_a_split_word():
    assert _pointing("大白虎 牙刷") == []


def test_unaccented_vietnamese_counts_only_in_unaccented_text():
    assert "cao ho cot" in _pointing("ban cao ho cot nha nau, lien he zalo")
    assert _pointing("cao ho cot bán tại nhà, liên hệ") == []
    assert _pointing("the cao ho cot river") == []


def test_zawgyi_listings_meet_the_same_terms():
    zawgyi = "ဆင္စြယ္ လက္ေကာက္ ေရာင္းမည္ ဖုန္းဆက္ပါ"
    unicode = "ဆင်စွယ် လက်ကောက် ရောင်းမည် ဖုန်းဆက်ပါ"
    assert _pointing(zawgyi) == _pointing(unicode) != []


def _assert_apart(names):
    """Names share characters only where an animal and its product do, neither in the other."""
    for one, other in pairwise(names):
        assert one.start < other.start or one.end < other.end
        if one.end > other.start:
            assert one.start < other.start < one.end < other.end
            assert one.term.group == other.term.group
            assert (one.term.kind is TermKind.TAXON) != (other.term.kind is TermKind.TAXON)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(DECISIVE))
def test_every_decisive_term_finds_itself(term):
    if term.unaccented:
        return
    assert any(hit.term.key == term.key for hit in _found(term.text, *POINTING))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_hits_stand_in_the_text_and_objects_do_not_overlap(text):
    folded = normalise(text).text
    hits = MATCHER.find(folded)
    assert all(0 <= hit.start < hit.end <= len(folded) for hit in hits)
    _assert_apart([hit for hit in hits if hit.term.kind in POINTING])


def test_plain_text_needs_no_undoing():
    assert tighten("nothing to see here") is None


@pytest.mark.parametrize("text", ["象牙手串好" * 4000, "ngà voi " * 2500])
def test_in_a_long_text_no_two_names_share_a_character(text) -> None:
    names = _found(text, *POINTING)
    assert len(names) >= 2500
    _assert_apart(names)
