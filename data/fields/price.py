"""Prices as sellers of the region write them: 2tr5, 1.2万, 38元/克, ๕๐๐ บาท/ขีด, liên hệ."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple, TypeVar

from data.text import fold, normalise

# How many grams a unit of sale weighs; a price of a unit that is not here is per piece.
GRAMS = {
    "g": Decimal(1), "kg": Decimal(1000), "lang": Decimal(100), "khid": Decimal(100),
    "ons": Decimal(100), "jin": Decimal(500), "liang": Decimal(50), "chi": Decimal("3.75"),
    "kyattha": Decimal("16.33"), "viss": Decimal(1633), "pound": Decimal("453.6"),
}  # fmt: skip
_SCALES = {
    1_000: "k ngàn nghìn ngan nghin ng n 千 พัน ພັນ ពាន់ ထောင် ribu rb thousand",
    10_000: "万 w หมื่น ຫມື່ນ ម៉ឺន သောင်း",
    100_000: "lít แสน ແສນ សែន သိန်း lakh lakhs",
    1_000_000: "tr triệu trieu củ cu ล้าน ລ້ານ លាន သန်း juta jt million mil",
    100_000_000: "亿",
    1_000_000_000: "tỷ tỉ miliar milyar billion",
}
_VIETNAMESE_SCALES = frozenset(
    ["ngàn", "nghìn", "ngan", "nghin", "tr", "triệu", "trieu", "củ", "lít", "tỷ", "tỉ"]
)
_BURMESE_SCALES = frozenset(["သိန်း", "သောင်း", "သန်း"])
_CURRENCIES = {
    "CNY": "¥ 元 块 块钱 rmb cny 人民币 yuan ຢວນ ယွမ် យ័ន",
    "TWD": "nt$ twd 台币 新台币",
    "HKD": "hk$ hkd 港币",
    "VND": "₫ đ vnd vnđ đồng dong",
    "THB": "฿ บาท บ. thb baht ບາດ បាត ဘတ်",
    "LAK": "₭ ກີບ kip lak",
    "KHR": "៛ រៀល riel khr",
    "MMK": "ကျပ် ks kyat kyats mmk",
    "MYR": "rm myr ringgit",
    "IDR": "rp idr rupiah",
    "USD": "$ us$ usd dollar dollars ដុល្លារ ໂດລາ ဒေါ်လာ đô",
    "SGD": "s$ sgd",
    "EUR": "€ eur euro",
    "GBP": "£ gbp",
}
_UNITS = {
    "g": "g gr gram grams gam 克 กรัม ກຣາມ ກຼາມ ក្រាម ဂရမ်",
    "kg": "kg kgs kilo ký kí cân 公斤 千克 กก กก. กิโล กิโลกรัม โล ກິໂລ ກິໂລກຣາມ គីឡូ គីឡូក្រាម ကီလို",
    "lang": "lạng",
    "khid": "ขีด ຂີດ ខាំ",
    "ons": "ons",
    "jin": "斤",
    "liang": "两 tael",
    "chi": "chỉ ជី",
    "kyattha": "ကျပ်သား",
    "viss": "ပိဿာ",
    "pound": "lb lbs pound",
}
_T = TypeVar("_T")


def _by_word(table: dict[_T, str]) -> dict[str, _T]:
    """Turn a table of words into one by word, spelled as normalised text spells it."""
    return {normalise(word).text: key for key, words in table.items() for word in words.split()}


_SCALE_OF = _by_word(_SCALES)
_CURRENCY_OF = _by_word(_CURRENCIES)
_UNIT_OF = _by_word(_UNITS)


def _any(words: Iterable[str]) -> str:
    """Make a pattern of any of the words, longest first, Latin ones ending as words do."""
    return "|".join(_word(word) for word in sorted(words, key=len, reverse=True))


def _word(word: str) -> str:
    latin = re.match("[a-zà-ɏḁ-ỹ]", word[-1])
    return re.escape(word) + (r"(?![a-zà-ɏḁ-ỹ])" if latin else "")


_NUMBER = r"\d+(?:[.,\u00a0' ]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?"
_SCALE = _any(_SCALE_OF)
_CURRENCY = _any(_CURRENCY_OF)
_UNIT = _any(_UNIT_OF)
_PER = r"(?:/|per|mỗi|một|ต่อ|ຕໍ່|每|一|se|1|a|ក្នុង1|ក្នុង)"
_BEFORE = re.compile(rf"(?:(?P<scale0>သိန်း|သောင်း|သန်း)\s*)?(?:(?P<before>{_CURRENCY})\.?\s*)?\Z")
_BEFORE_ENDS = frozenset(word[-1] for word in (*_CURRENCY_OF, *_BURMESE_SCALES)) | {"."}
_LONGEST_BEFORE = 24
_PRICE = re.compile(
    rf"(?P<number>{_NUMBER})"
    rf"(?:\s*[-–~]\s*(?:{_NUMBER}))?"
    rf"\s*(?P<scale>{_SCALE})?(?P<rest>(?<=[a-zệủ万千]) ?\d{{1,3}}(?![\d.,]))?(?P<half>\s*rưỡi)?"
    rf"\s*(?P<after>{_CURRENCY})?"
    rf"(?:\s*{_PER}\s*(?P<unit>{_UNIT})|(?P<unit2>{_UNIT})ละ)?"
)
_UNIT_FIRST = re.compile(
    rf"(?P<unit>{_UNIT})\s*(?:ละ|ລະ|giá|[:=])\s*(?P<price>\d)|(?:{_PER}|按|ต่อ)\s*(?P<unit2>{_UNIT})"
)


@dataclass(frozen=True, slots=True)
class Price:
    """A price as read: `amount` None where none is named; `unit` empty for the whole thing."""

    amount: Decimal | None
    currency: str
    unit: str
    text: str

    @property
    def by_weight(self) -> bool:
        """Whether the price is for a weight."""
        return self.unit in GRAMS

    @property
    def per_gram(self) -> Decimal | None:
        """The amount for one gram, where a weight is named."""
        return (
            self.amount / GRAMS[self.unit] if self.amount is not None and self.by_weight else None
        )


@lru_cache(1 << 14)
def parse_price(text: str, default_currency: str | None = None) -> Price:
    """Read a price field; of a range, the lower end.

    >>> parse_price("2tr5").amount, parse_price("2tr5").currency
    (Decimal('2500000'), 'VND')
    >>> parse_price("38元/克")
    Price(amount=Decimal('38'), currency='CNY', unit='g', text='38元/克')
    >>> parse_price("๑,๒๐๐ บาท").amount, parse_price("1万2").amount
    (Decimal('1200'), Decimal('12000'))
    >>> parse_price("liên hệ", "VND")
    Price(amount=None, currency='VND', unit='', text='liên hệ')
    """
    folded = fold(text)
    found = max(_found(folded), key=_certainty, default=None)
    if found is None:
        return Price(None, default_currency or "", _lone_unit(folded), text)
    unit = _UNIT_OF.get(found.unit or "", "") or _lone_unit(folded)
    return Price(_amount(found), _currency(found) or default_currency or "", unit, text)


def find_prices(text: str) -> Iterator[tuple[Price, int, int]]:
    """Find prices inside running text, with the code points they stand at.

    A bare number is no price: a currency, a scale word or a unit must come with it.

    >>> [(price.unit, start, end) for price, start, end in find_prices("Bán 3 con, 15tr/kg nhé")]
    [('kg', 11, 18)]
    """
    folded = normalise(text)
    for price, begin, stop in find_folded_prices(folded.text):
        start, end = folded.span(begin, stop)
        yield replace(price, text=text[start:end]), start, end


def find_folded_prices(folded: str) -> Iterator[tuple[Price, int, int]]:
    """Find prices in a text that is normalised already; places are characters of it."""
    for read in _found(folded):
        if read.signs:
            start, end = _trimmed(folded, read)
            unit = _UNIT_OF.get(read.unit or "", "")
            yield Price(_amount(read), _currency(read), unit, folded[start:end]), start, end


class _Read(NamedTuple):
    """The parts of one price, as written, and where they stand."""

    start: int
    end: int
    scale0: str | None
    before: str | None
    number: str
    scale: str | None
    rest: str | None
    half: str | None
    after: str | None
    unit: str | None

    @property
    def signs(self) -> int:
        """How many signs of a price stand about the number."""
        return sum(map(bool, (self.before, self.after, self.scale, self.scale0, self.unit)))


def _found(folded: str) -> Iterator[_Read]:
    """Read every number with what stands about it.

    A pattern that begins with a digit is looked for many times faster than one that begins with
    what may stand before it; that is read backwards.
    """
    last = 0
    for match in _PRICE.finditer(folded):
        number, scale, rest, half, after, unit, unit2 = match.groups()
        begin, end = match.span()
        start, scale0, before = _before(folded, last, begin)
        last = end
        yield _Read(start, end, scale0, before, number, scale, rest, half, after, unit or unit2)


def _before(folded: str, last: int, begin: int) -> tuple[int, str | None, str | None]:
    """Read the currency or scale before a number that begins at `begin`; `last` is taken."""
    left = folded[max(last, begin - _LONGEST_BEFORE) : begin]
    bare = left.rstrip()
    if not bare or bare[-1] not in _BEFORE_ENDS:
        return begin, None, None
    match = _BEFORE.search(left)
    if match is None or not (match["scale0"] or match["before"]):
        return begin, None, None
    return begin - len(left) + match.start(), match["scale0"], match["before"]


def _certainty(read: _Read) -> tuple[int, int]:
    """Rank what was read: by signs of a price about it, then the one that came first."""
    return read.signs, -read.start


def _trimmed(folded: str, read: _Read) -> tuple[int, int]:
    words = folded[read.start : read.end]
    return read.start + len(words) - len(words.lstrip()), read.start + len(words.rstrip())


def _amount(read: _Read) -> Decimal:
    scale = _SCALE_OF.get(read.scale or read.scale0 or "", 1)
    amount = _number(read.number, scaled=scale > 1) * scale
    if scale > 1 and read.rest:
        amount += Decimal(f"0.{read.rest.strip()}") * scale
    if scale > 1 and read.half:
        amount += Decimal(scale) / 2
    return _plain(amount)


def _number(digits: str, *, scaled: bool) -> Decimal:
    """Read digits whose dots and commas part thousands or decimals, as their places tell."""
    digits = digits.replace(" ", "").replace("\u00a0", "").replace("'", "")
    parts = re.split("[.,]", digits)
    if len(parts) == 1:
        return Decimal(digits)
    decimals = len(parts[-1]) != 3 or (scaled and len(parts) == 2) or parts[0] == "0"  # noqa: PLR2004
    if decimals:
        return Decimal("".join(parts[:-1]) + "." + parts[-1])
    return Decimal("".join(parts))


def _plain(amount: Decimal) -> Decimal:
    """Drop the empty decimals of a whole amount."""
    whole = amount.to_integral_value()
    return whole if whole == amount else amount.normalize()


def _currency(read: _Read) -> str:
    word = read.before or read.after or ""
    if not word and read.scale in _VIETNAMESE_SCALES:
        return "VND"
    if not word and (read.scale0 or read.scale in _BURMESE_SCALES):
        return "MMK"
    return _CURRENCY_OF.get(word, "")


def _lone_unit(folded: str) -> str:
    """Find a unit that stands before its price or without one: ขีดละ 500, 按克."""
    match = _UNIT_FIRST.search(folded)
    return _UNIT_OF.get(match["unit"] or match["unit2"] or "", "") if match else ""
