from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from data.fields.asking import Stated, read_price
from data.tables import read_table
from tests.test_data_fields_price import AS_SHOWN

COLUMNS = ("text", "own_currency", "country", "stated", "amount", "most", "currency", "unit")
ROWS = [
    row
    for _, row in read_table(
        Path(__file__).parent / "fields/prices.csv", (*COLUMNS, "count", "placeholder")
    )
]
OWN = st.sampled_from(["", "VND", "THB", "TWD", "MMK", "USD"])
COUNTRIES = st.sampled_from(["", "VN", "TH", "KH", "LA", "MM", "MY", "ID", "CN", "TW", "HK", "SG"])
# Scraps of prices in any order: what a page may show, and what a seller may write.
SCRAP = (
    "2 5 350 1.200.000 tr k w 万 千 两 半 二 rưỡi nghìn สาม พัน ละ ครึ่ง ម៉ឺន ຊາວ ແສນ သိန်း ခွဲ ငါး - ~ "
    "đến / per 一 克 斤 kg ขีด $ ¥ RM ฿ đ 元 面议 giá 原价 现价 ship % . , : ( 0900000123"
)
SCRAPS = st.lists(st.sampled_from(SCRAP.split()), max_size=12)
DIGITS = {"th": 0xE50, "lo": 0xED0, "km": 0x17E0, "my": 0x1040, "full-width": 0xFF10}


def _shown(amount):
    return "" if amount is None else f"{amount:f}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['text']} {row['country']}")
def test_prices_of_the_region(row):
    price = read_price(row["text"], row["own_currency"], row["country"])
    assert price.text == row["text"]
    assert (price.stated, _shown(price.amount), _shown(price.most), price.currency, price.unit) == (
        row["stated"],
        row["amount"],
        row["most"],
        row["currency"],
        row["unit"],
    )
    assert (str(price.count), price.is_placeholder) == (row["count"], bool(row["placeholder"]))


def test_the_table_speaks_every_language_and_has_every_ending():
    assert len(ROWS) > 800
    assert {row["country"] for row in ROWS} > {"VN", "TH", "KH", "LA", "MM", "MY", "ID", "CN", "TW"}
    assert {row["stated"] for row in ROWS} == set(Stated)


@pytest.mark.parametrize(("text", "amount", "currency", "unit"), AS_SHOWN)
def test_all_that_the_model_was_given_is_read_as_well(text, amount, currency, unit):
    price = read_price(text)
    assert (price.amount, price.currency, price.unit) == (Decimal(amount), currency, unit)


@pytest.mark.parametrize(
    ("text", "country", "grams"),
    [
        ("600元/斤", "CN", "1.2"),
        ("600元/斤", "TW", "1"),
        ("RM30/100g", "MY", "0.3"),
        ("15.000.000đ/lạng", "VN", "150000"),
        ("900 บาท/ขีด", "TH", "9"),
        ("37.5元/錢", "TW", "10"),
    ],
)
def test_a_price_for_a_weight_tells_the_price_of_a_gram(text, country, grams):
    assert read_price(text, country=country).per_gram == Decimal(grams)


def test_a_price_for_a_piece_tells_no_price_of_a_gram():
    assert read_price("300k/con").per_gram is None
    assert read_price("liên hệ").per_gram is None


def test_the_platform_tells_whose_dollars_they_are():
    assert read_price("$25", "SGD", "SG").currency == "SGD"
    assert read_price("$25", country="HK").currency == "HKD"
    assert read_price("$25", "KHR", "KH").currency == "USD"
    assert read_price("3,500元", "TWD").currency == "TWD"


@given(st.text(max_size=60), OWN, COUNTRIES)
@example("9" * 5000, "", "")
@example("9,999" * 1000, "", "")
@example("1e999999999", "", "")
@example("一" * 300 + "亿" * 90, "", "CN")
@example("1" + "triệu" * 70, "VND", "VN")
def test_any_text_is_read_and_no_amount_is_negative(text, currency, country):
    price = read_price(text, currency, country)
    assert (price.amount is None) is (price.stated in {Stated.ON_REQUEST, Stated.UNREAD})
    assert price.amount is None or price.amount >= 0
    assert price.most is None or (price.amount is not None and price.most >= price.amount)
    assert price.per_gram is None or price.per_gram >= 0


@given(SCRAPS, st.sampled_from(["", " "]), OWN, COUNTRIES)
def test_scraps_of_prices_are_read_and_no_amount_is_negative(scraps, joint, currency, country):
    price = read_price(joint.join(scraps), currency, country)
    assert price.amount is None or price.amount >= 0
    assert price.most is None or (price.amount is not None and price.most >= price.amount)
    assert price.per_gram is None or price.per_gram >= 0


@given(
    st.sampled_from([row for row in ROWS if row["text"].isprintable()]), st.sampled_from([*DIGITS])
)
def test_figures_of_any_script_read_alike(row, script):
    figures = {ord("0") + at: chr(DIGITS[script] + at) for at in range(10)}
    one = read_price(row["text"], row["own_currency"], row["country"])
    other = read_price(row["text"].translate(figures), row["own_currency"], row["country"])
    assert (one.stated, one.amount, one.most, one.unit) == (
        other.stated,
        other.amount,
        other.most,
        other.unit,
    )


@given(st.integers(1, 10**12))
def test_thousands_parted_by_dots_or_commas_read_alike(amount):
    for parted in (f"{amount:,}", f"{amount:,}".replace(",", "."), str(amount)):
        assert read_price(f"{parted} ₫").amount == amount
