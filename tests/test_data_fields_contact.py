import pytest

from data.fields.contact import find_contacts

SHOWN = [
    ("加微信：demo_0101 谢谢", "wechat", "demo_0101"),
    ("VX同号 13800000000", "wechat", "13800000000"),
    ("v❤ 加薇 demo-77", "wechat", "demo-77"),
    ("qq 1234567", "qq", "1234567"),
    ("Zalo 0900.000.123", "zalo", "0900000123"),
    ("zalo.me/0900000123", "zalo", "0900000123"),
    ("Line ID: demo.shop", "line", "demo.shop"),
    ("ไลน์ไอดี : demo_99", "line", "demo_99"),
    ("加賴 @demo7401", "line", "demo7401"),
    ("https://t.me/demo_group", "telegram", "demo_group"),
    ("telegram @demo_bone", "telegram", "demo_bone"),
    ("តេលេក្រាម: 012 000 000", "telegram", "012000000"),
    ("wa.me/628000000000", "whatsapp", "628000000000"),
    ("wasap 010-000 4455", "whatsapp", "0100004455"),
    ("ဗိုင်ဘာ ၀၉၀၀၀၀၀၀၀၀၀", "viber", "09000000000"),
    ("โทร ๐๘๑-๐๐๐-๐๐๐๐", "phone", "0810000000"),
    ("+84 900 000 123", "phone", "+84900000123"),
]


@pytest.mark.parametrize(("text", "kind", "handle"), SHOWN)
def test_handles_as_sellers_leave_them(text, kind, handle):
    assert [(found.kind, found.handle) for found in find_contacts(text)] == [(kind, handle)]


@pytest.mark.parametrize(("text", "kind", "handle"), SHOWN)
def test_handles_stand_where_they_are_found(text, kind, handle):
    text = f"\u200bลด 象 {text}"
    (found,) = find_contacts(text)
    assert text[found.start : found.end] in text[4:]
    assert (found.kind, found.handle) == (kind, handle)


@pytest.mark.parametrize(
    "text", ["iPhone 13 128GB", "1.200.000đ", "2026-11-22", "size 38-42", "online shop", "微信支付"]
)
def test_other_numbers_and_words_are_no_handles(text):
    assert find_contacts(text) == ()


def test_several_handles_come_in_order():
    kinds = [found.kind for found in find_contacts("zalo 0900000123, line id: demo1, 加V demo_01")]
    assert kinds == ["zalo", "line", "wechat"]
