"""Telephone numbers: their country, and the one way of writing them."""

import re
from functools import cache
from typing import NamedTuple

from data.fields.words import FOLDER, SPOKEN
from data.tables import Cells, read_table

_GROUPED = re.compile(r"[1-9]\d{0,2}(?:[.,]\d{3})+")
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:19|20|25)\d{2}")
_ABROAD = re.compile(r"\+|00(?=[1-9])")
_NOT_A_DIGIT = re.compile(r"\D")
_MAINLAND_MOBILE = re.compile(r"1[3-9]\d{9}")
_NEIGHBOURS = frozenset(SPOKEN)
_LEAST, _MOST = 8, 15


class Phone(NamedTuple):
    """A number as +84900000123 where its country is known, else its digits as dialled."""

    number: str
    country: str


class _Plan(NamedTuple):
    """How the numbers of one country look."""

    country: str
    code: str
    trunk: str
    national: re.Pattern[str]


def read_phone(written: str, country: str = "", *, labelled: bool = False) -> Phone | None:
    """Read a number in figures; None for what is none. `labelled`: it is said to be a number.

    `country` is where a number without a country code is dialled. Without it the number tells
    its country only if no other country of the region has numbers of that shape.

    >>> read_phone("+84 (0) 900.000.123")
    Phone(number='+84900000123', country='VN')
    >>> read_phone("081-000-0000", "TH"), read_phone("1.200.000.000", "VN")
    (Phone(number='+66810000000', country='TH'), None)
    """
    bare = written.strip().replace("(0)", "")
    digits = _NOT_A_DIGIT.sub("", bare)
    if not _LEAST <= len(digits) <= _MOST or _GROUPED.fullmatch(bare) or _DATE.match(bare):
        return None
    abroad = _ABROAD.match(bare.lstrip("( "))
    if abroad:
        return _international(digits if abroad[0] == "+" else digits[2:])
    return _local(digits, country) or _as_dialled(digits, labelled=labelled)


def read_international(digits: str) -> Phone | None:
    """Read digits that begin with a country code, as in wa.me links."""
    return _international(digits)


@cache
def _plans() -> tuple[_Plan, ...]:
    path = FOLDER / "phones.csv"
    rows = read_table(path, ("country", "code", "trunk", "national"))
    return tuple(_plan(Cells(path, line, row)) for line, row in rows)


def _plan(cells: Cells) -> _Plan:
    national = cells.read("national", _pattern, "a regular expression")
    return _Plan(cells.filled("country"), cells.filled("code"), cells.text("trunk"), national)


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(str(error)) from error


def _international(digits: str) -> Phone | None:
    for plan in _plans():
        if digits.startswith(plan.code):
            national = digits.removeprefix(plan.code)
            if plan.trunk and national.startswith(plan.trunk):
                national = national.removeprefix(plan.trunk)
            if plan.national.fullmatch(national):
                return Phone(f"+{plan.code}{national}", plan.country)
    return Phone(f"+{digits}", "") if len(digits) > _LEAST else None


def _local(digits: str, country: str) -> Phone | None:
    """Read a number as dialled in its own country; other countries only if just one can have it."""
    home = next((plan for plan in _plans() if plan.country == country), None)
    national = _national(digits, home) if home else None
    if home and national:
        return Phone(f"+{home.code}{national}", home.country)
    if _MAINLAND_MOBILE.fullmatch(digits):
        return Phone(f"+86{digits}", "CN")
    near = [plan for plan in _plans() if plan.country in _NEIGHBOURS and plan.trunk]
    could_be = [(plan, shape) for plan in near if (shape := _national(digits, plan))]
    if len(could_be) == 1:
        plan, shape = could_be[0]
        return Phone(f"+{plan.code}{shape}", plan.country)
    return None


def _national(digits: str, plan: _Plan) -> str | None:
    """Give the number without its trunk prefix; None if the country has none of that shape."""
    if plan.country == "CN" and _MAINLAND_MOBILE.fullmatch(digits):
        return digits
    if not digits.startswith(plan.trunk):
        return None
    national = digits.removeprefix(plan.trunk)
    if plan.country == "CN" and national.startswith("1") and len(national) == 11:  # noqa: PLR2004
        return None
    return national if plan.national.fullmatch(national) else None


def _as_dialled(digits: str, *, labelled: bool) -> Phone | None:
    """Keep a number whose country cannot be told: with its trunk 0, or said to be a number."""
    code = next((plan for plan in _plans() if digits.startswith(plan.code)), None)
    if labelled and code and not digits.startswith("0"):
        known = _international(digits)
        if known and known.country:
            return known
    trunk = digits.startswith("0") and not digits.startswith("00") and 9 <= len(digits) <= 12  # noqa: PLR2004
    return Phone(digits, "") if trunk or labelled else None
