from decimal import Decimal

import pytest

from data.fields.price import find_prices, parse_price

# Written for this project in the styles of each country's classifieds.
AS_SHOWN = [
    ("2tr5", "2500000", "VND", ""),
    ("2tr350", "2350000", "VND", ""),
    ("1 củ 8", "1800000", "VND", ""),
    ("12 ngàn", "12000", "VND", ""),
    ("2 triệu rưỡi", "2500000", "VND", ""),
    ("1.200.000đ", "1200000", "VND", ""),
    ("15.000.000đ/lạng", "15000000", "VND", "lang"),
    ("2.5tr/kg", "2500000", "VND", "kg"),
    ("300k", "300000", "", ""),
    ("Giá: 1-2tr", "1000000", "VND", ""),
    ("38元/克", "38", "CNY", "g"),
    ("8000元/斤", "8000", "CNY", "jin"),
    ("1.2万", "12000", "", ""),
    ("1万元", "10000", "CNY", ""),
    ("1万2", "12000", "", ""),
    ("3w", "30000", "", ""),
    ("¥1,280.00", "1280", "CNY", ""),
    ("NT$3,500", "3500", "TWD", ""),
    ("฿1,200", "1200", "THB", ""),
    ("๑,๒๐๐ บาท", "1200", "THB", ""),
    ("ขีดละ 900 บาท", "900", "THB", "khid"),
    ("3500/ขีด", "3500", "", "khid"),
    ("3 หมื่น", "30000", "", ""),
    ("500.000 ກີບ", "500000", "LAK", ""),
    ("5 ແສນ", "500000", "", ""),
    ("៤០០០០៛", "40000", "KHR", ""),
    ("25 ដុល្លារ", "25", "USD", ""),
    ("၅၀,၀၀၀ ကျပ်", "50000", "MMK", ""),
    ("၁၅ သိန်း", "1500000", "MMK", ""),
    ("သိန်း ၅၀", "5000000", "MMK", ""),
    ("RM 1,500.50", "1500.5", "MYR", ""),
    ("Rp 1.500.000", "1500000", "IDR", ""),
    ("Rp1,5jt", "1500000", "IDR", ""),
    ("350rb per ons", "350000", "", "ons"),
    ("$25/kg", "25", "USD", "kg"),
    ("12,50 €", "12.5", "EUR", ""),
]


@pytest.mark.parametrize(("text", "amount", "currency", "unit"), AS_SHOWN)
def test_prices_as_sellers_write_them(text, amount, currency, unit):
    price = parse_price(text)
    assert (price.amount, price.currency, price.unit) == (Decimal(amount), currency, unit)
    assert price.text == text


@pytest.mark.parametrize("text", ["liên hệ", "加微问价", "询价", "โทรถาม", "PM", ""])
def test_words_in_place_of_a_price_are_kept(text):
    price = parse_price(text, "VND")
    assert price.amount is None
    assert price.currency == "VND"
    assert price.text == text


def test_a_named_currency_wins_over_the_default():
    assert parse_price("25$", "VND").currency == "USD"
    assert parse_price("25", "VND").currency == "VND"


def test_a_price_for_a_weight_tells_the_price_of_a_gram():
    assert parse_price("3tr/lạng").per_gram == Decimal(30000)
    assert parse_price("3tr").per_gram is None


def test_prices_inside_a_text_stand_where_they_are_found():
    text = "出老料，克价３８元/克，微信 demo_01，共 12 颗"
    ((price, start, end),) = find_prices(text)
    assert (price.unit, text[start:end]) == ("g", "３８元/克")


def test_bare_numbers_in_a_text_are_no_prices():
    assert not list(find_prices("size 42, 3 pieces, call 0900000123"))
