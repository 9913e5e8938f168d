"""What a price field of a crawled page says: amount or range, currency, unit, or "on request".

`parse_price` beside this is what the trained model has learned from and stays as it is; this
reads more, and knows the country of the platform.
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from data.fields.asking_parts import Amount, Parts, one_of
from data.fields.compiling import compiled
from data.fields.weights import grams_of, unit_in

COUNTRY_OF = {
    "CNY": "CN", "TWD": "TW", "HKD": "HK", "MOP": "MO", "VND": "VN", "THB": "TH", "LAK": "LA",
    "KHR": "KH", "MMK": "MM", "MYR": "MY", "IDR": "ID", "SGD": "SG", "BND": "BN",
}  # fmt: skip
_MONEY_OF = {country: money for money, country in COUNTRY_OF.items()}
# Signs that several countries share, and what they mean where nothing else is known.
_SHARED = {"$": "USD", "元": "CNY", "¥": "CNY"}
_SHARING = {"$": ("SG", "HK", "TW", "MO", "BN"), "元": ("TW", "HK", "MO"), "¥": ()}
_IMPLIED = {"vi": "VND", "my": "MMK"}
_DEMOTED = ("old", "fee")
_ELLIPSES = (("VN", r"(?i)(?<=\d)\s*chai\b", " triệu"), ("CN", r"(?<=\d)\s*斤\s*$", "/斤"))
_LONGEST = 400
_THOUSAND = 1000
_FILLING = re.compile(r"0|1|1{3,}|9{6,}|123(?:4(?:5(?:6(?:7(?:89?)?)?)?)?)?")


class Stated(StrEnum):
    """What the field says in place of an amount, or that it names one."""

    AMOUNT = "amount"  # an amount is named
    ON_REQUEST = "on_request"  # the buyer is told to ask
    FREE = "free"  # it is given away
    UNREAD = "unread"  # nothing of these was found


@dataclass(frozen=True, slots=True)
class AskingPrice:
    """A price as shown; of a range, `amount` is the lower end and `most` the upper.

    `count` units of `unit` cost the amount; an empty unit means the whole offer.
    """

    stated: Stated
    amount: Decimal | None
    most: Decimal | None
    currency: str
    unit: str
    count: Decimal
    text: str

    @property
    def per_gram(self) -> Decimal | None:
        """The amount for one gram, where a weight is named."""
        grams = grams_of(self.unit)
        if self.amount is None or grams is None or not self.count:
            return None
        return self.amount / (grams * self.count)

    @property
    def is_placeholder(self) -> bool:
        """Whether the amount only fills the field: 0, 1, 111, 12345, 99999999."""
        return self.amount is not None and _FILLING.fullmatch(str(self.amount)) is not None


def read_price(text: str, currency: str = "", country: str = "") -> AskingPrice:
    """Read the price field of a page; `currency` and `country` are the platform's own.

    >>> price = read_price("2tr5 - 3tr/kg")
    >>> int(price.amount), int(price.most), price.currency, price.unit
    (2500000, 3000000, 'VND', 'kg')
    >>> int(read_price("一万二一斤").amount), read_price("1万元").currency
    (12000, 'CNY')
    >>> str(read_price("liên hệ 0900 000 123", "VND").stated)
    'on_request'
    >>> read_price("RM30/100g").per_gram
    Decimal('0.3')
    """
    price = _read(text[:_LONGEST], currency, country or COUNTRY_OF.get(currency, ""))
    return price if len(text) <= _LONGEST else replace(price, text=text)


@lru_cache(1 << 12)
def _read(text: str, currency: str, country: str) -> AskingPrice:
    parts = Parts(text, country)
    found = (parts.amount(at) for at in range(len(parts.tokens)))
    amounts = [amount for amount in found if amount]
    if not amounts:
        meant = _as_meant(text, country)
        if meant != text:
            return replace(_read(meant, currency, country), text=text)
        return _without_amount(parts, text, currency)
    best = amounts[0]
    if len(amounts) > 1:
        best = max(amounts, key=lambda amount: _certainty(parts, amount))
    if _asks_first(parts, best) and not _signs(parts, best):
        return _without_amount(parts, text, currency)
    return _with_amount(parts, best, text, currency, country)


def _as_meant(text: str, country: str) -> str:
    """Give a field that counts bottles or pounds and names no price as the price it stands for.

    In a price field "19 chai" is not 19 bottles but 19 million, "60斤" is 60 for one pound.
    """
    for home, pattern, meaning in _ELLIPSES:
        if home == country:
            text = compiled(pattern).sub(meaning, text)
    return text


def _with_amount(parts: Parts, best: Amount, text: str, currency: str, country: str) -> AskingPrice:
    low, high = _ends(parts, best)
    money = next((sign for end in (best, low, high) if (sign := _money(end, country))), currency)
    unit, count = _unit(parts, low.first, high.last)
    least, most = _value(low, high, money), _value(high, high, money)
    return AskingPrice(
        stated=Stated.AMOUNT,
        amount=_plain(min(least, most)),
        most=_plain(max(least, most)) if low is not high else None,
        currency=money,
        unit=unit_in(country, unit),
        count=_plain(count),
        text=text,
    )


def _without_amount(parts: Parts, text: str, currency: str) -> AskingPrice:
    places = range(len(parts.tokens))
    stated, amount = Stated.UNREAD, None
    if any(parts.word(at, "request") for at in places):
        stated = Stated.ON_REQUEST
    elif any(parts.word(at, "free") for at in places):
        stated, amount = Stated.FREE, Decimal(0)
    unit = next((unit for at in places if (unit := _unit_alone(parts, at))), "")
    return AskingPrice(stated, amount, None, currency, unit, Decimal(1), text)


def _unit_alone(parts: Parts, at: int) -> str:
    """Give the unit of 按克计价, which names no amount."""
    unit = parts.word(at, "unit") if parts.word(at - 1, "per") and parts.near(at) else None
    return (unit.value("unit") or "") if unit else ""


def _certainty(parts: Parts, amount: Amount) -> tuple[int, int, int]:
    """Rank an amount: the price now before the price once, then by signs, then the first."""
    rank = 0
    colon = parts.word(amount.first - 1, "each") is not None
    said = parts.word(amount.first - 1 - colon, "old", "fee", "new")
    if said and parts.near(amount.first):
        rank = -1 if said.plays(*_DEMOTED) else 1
    return rank, _signs(parts, amount), -amount.first


def _signs(parts: Parts, amount: Amount) -> int:
    unit, _ = _unit(parts, amount.first, amount.last)
    return 2 * bool(amount.sign) + amount.scaled + bool(unit)


def _asks_first(parts: Parts, amount: Amount) -> bool:
    return any(parts.word(at, "request") for at in range(amount.first))


def _ends(parts: Parts, amount: Amount) -> tuple[Amount, Amount]:
    """Give both ends of a range; twice the amount where it is none."""
    after = _end(parts, amount.last + 1, 1)
    if after:
        return amount, after
    before = _end(parts, amount.first - 1, -1)
    return (before, amount) if before else (amount, amount)


def _end(parts: Parts, at: int, step: int) -> Amount | None:
    """Give the amount beyond a "to" that stands at a place."""
    if not parts.word(at, "to"):
        return None
    beyond = at + step
    while parts.word(beyond, "currency", "to"):
        beyond += step
    return parts.amount(beyond)


def _value(end: Amount, high: Amount, money: str) -> Decimal:
    """Give an end of a range; "1-2tr" shares the scale, "5 trăm" đồng are thousands."""
    value = end.number.value
    if money == "VND" and end.number.lang == "vi" and Decimal(1) < end.number.scale < _THOUSAND:
        return value * _THOUSAND
    if end is high or end.scaled or not high.scaled:
        return value
    for scale in (high.number.scale, Decimal(_THOUSAND)):
        if value * scale <= high.number.value:
            return value * scale
    return value


def _unit(parts: Parts, first: int, last: int) -> tuple[str, Decimal]:
    """Give the unit that an amount is for, and how many of it."""
    for found in (_unit_after(parts, last + 1), _unit_before(parts, first - 1)):
        if found:
            return found
    return "", Decimal(1)


def _unit_after(parts: Parts, at: int) -> tuple[str, Decimal] | None:
    if not parts.near(at):
        return None
    per = parts.word(at, "per")
    at += per is not None
    number = parts.number(at)
    unit = parts.word(at + (number is not None), "unit", "apiece")
    if unit is None or (per is None and not _is_one(number)):
        return None
    return unit.value("unit", "apiece") or "", one_of(number)


def _is_one(number: object) -> bool:
    return number is None or getattr(number, "value", None) == 1


def _unit_before(parts: Parts, at: int) -> tuple[str, Decimal] | None:
    """Read ขีดละ 900, 克价38, 每斤300, 一斤300; a count without its own word counts only if one."""
    if not parts.near(at + 1):
        return None
    each = parts.word(at, "each")
    at -= each is not None
    unit, number = parts.word(at, "unit"), parts.number(at - 1)
    if unit is None:
        return None
    per = parts.word(at - 1 - (number is not None), "per")
    name = unit.value("unit") or ""
    if number and number.value != 1 and (grams_of(name) is None or not (each or per)):
        return None
    return (name, one_of(number)) if each or per or number else None


def _money(amount: Amount, country: str) -> str:
    """Give the currency of an amount, by its sign or by a scale that one country uses."""
    if amount.sign in _SHARED:
        home = country in _SHARING[amount.sign]
        return _MONEY_OF[country] if home else _SHARED[amount.sign]
    implied = _IMPLIED.get(amount.number.lang, "") if amount.number.scale > 1 else ""
    return amount.sign or implied


def _plain(amount: Decimal) -> Decimal:
    """Drop the empty decimals of a whole amount."""
    whole = amount.to_integral_value()
    return whole if whole == amount else amount.normalize()
