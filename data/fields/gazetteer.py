"""Looks up where a listing is: from a place as shown to country and province."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from data.fields.place import parse_place
from data.fields.words import FOLDER, Meaning, Word, Words
from data.tables import BadReference, Cells, read_table
from data.text import fold, unaccent

_COLUMNS = ("country", "code", "within", "name", "names")
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Place:
    """A place as shown, and what could be told of it; empty where it could not.

    `country` is a code such as VN, `province` its ISO 3166-2 code, the names are for people.
    """

    text: str
    country: str = ""
    province: str = ""
    province_name: str = ""
    city: str = ""


class _Entry(NamedTuple):
    """One line of the table: a country, a province, or a city within one."""

    country: str
    code: str
    within: str
    name: str

    @property
    def rank(self) -> int:
        """How much it tells: a city tells its province, a province its country."""
        if not self.code:
            return 2
        return 0 if self.code == self.country else 1


def read_place(text: str, country: str = "") -> Place:
    """Look up a place as shown; of names that several countries share, `country` has the say.

    >>> read_place("Khu vực: Quận 1, TP. Hồ Chí Minh", "VN").province
    'VN-SG'
    >>> place = read_place("นนทบุรี ประเทศไทย")
    >>> place.country, place.province, place.province_name
    ('TH', 'TH-12', 'Nonthaburi')
    >>> read_place("广东 广州", "CN").city, read_place("somewhere").country
    ('Guangzhou', '')
    """
    shown = parse_place(text[:_LONGEST])
    found = list(_entries(fold(shown)))
    if not found:
        return Place(shown, country)
    where = _country(found, country)
    here = [entry for entry in found if entry.country == where]
    best = max(here, key=lambda entry: entry.rank)
    province = _province(best, here)
    return Place(
        text=shown,
        country=where,
        province=province.code if province else "",
        province_name=province.name if province else "",
        city=best.name if not best.code else "",
    )


def _country(found: Iterable[_Entry], own: str) -> str:
    """Give the country most is said of; the platform's own before others that say as much."""
    weights: defaultdict[str, float] = defaultdict(float)
    for entry in found:
        weights[entry.country] += 1 + 2 * (entry.rank == 0)
    return max(weights, key=lambda country: weights[country] + 0.5 * (country == own))


def _province(best: _Entry, here: Iterable[_Entry]) -> _Entry | None:
    """Give the province of what was found; one that is named goes before a city's own."""
    named = next((entry for entry in here if entry.rank == 1), None)
    if named or best.rank == 0:
        return named
    return _by_code().get(best.within) if best.within != best.country else None


def _entries(folded: str) -> Iterator[_Entry]:
    for word in _names().find(folded, _any_meaning):
        yield from _meant(word)


def _meant(word: Word) -> Iterator[_Entry]:
    rows = _rows()
    for meaning in word.meanings:
        yield rows[int(meaning.value)]


def _any_meaning(_: Meaning) -> bool:
    return True


@cache
def _rows() -> tuple[_Entry, ...]:
    return tuple(entry for entry, _ in _table())


@cache
def _by_code() -> dict[str, _Entry]:
    return {entry.code: entry for entry in _rows() if entry.code}


@cache
def _names() -> Words:
    """Make the dictionary of names; Vietnamese ones also as typed without accents."""
    spelled = (
        (name, Meaning("place", str(at), entry.country))
        for at, (entry, names) in enumerate(_table())
        for name in names
    )
    return Words(spelled)


@cache
def _table() -> tuple[tuple[_Entry, tuple[str, ...]], ...]:
    path = FOLDER / "places.csv"
    rows = []
    codes = set()
    for line, row in read_table(path, _COLUMNS):
        cells = Cells(path, line, row)
        entry = _Entry(
            cells.filled("country"), cells.text("code"), cells.text("within"), cells.filled("name")
        )
        if not entry.code and entry.within not in codes:
            raise BadReference(path, line, "within", "names no province above it in this file")
        codes.add(entry.code)
        rows.append((entry, _spellings(entry, cells.text("names"))))
    return tuple(rows)


def _spellings(entry: _Entry, names: str) -> tuple[str, ...]:
    spelled = [fold(name) for name in (entry.name, *names.split("|")) if name.strip()]
    if entry.country == "VN":
        spelled += [unaccent(name) for name in spelled]
    return tuple(dict.fromkeys(spelled))
