"""What national law says of an animal, alive or in parts, and how far that has been checked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path

from data.tables import BadReference, Cells, read_table
from data.taxa import Taxa, load_taxa

LAW_FILE = Path(__file__).parent / "reference/law.csv"
_COLUMNS = (
    "taxon", "country", "form", "status", "instrument", "article", "source", "checked",
    "verified", "note",
)  # fmt: skip
_COUNTRY_LETTERS = 2


class LawStatus(StrEnum):
    """What a law means for somebody who sells the animal."""

    PROTECTED = "protected"
    TRADE_BANNED = "trade_banned"
    REGULATED = "regulated"
    FARMED_EXEMPT = "farmed_exempt"
    INVASIVE = "invasive"
    NOT_LISTED = "not_listed"
    UNKNOWN = "unknown"

    @property
    def words(self) -> str:
        """The status in plain words."""
        return _WORDS[self]

    @property
    def forbids(self) -> bool:
        """Whether an offer without papers may be unlawful, so that the rule can be a ground."""
        return self in _FORBIDDING


_WORDS = {
    LawStatus.PROTECTED: "protected",
    LawStatus.TRADE_BANNED: "trade banned",
    LawStatus.REGULATED: "sold only with papers",
    LawStatus.FARMED_EXEMPT: "wild ones protected, farmed ones sold with papers",
    LawStatus.INVASIVE: "restricted as an invasive animal",
    LawStatus.NOT_LISTED: "not listed",
    LawStatus.UNKNOWN: "not known",
}
_FORBIDDING = frozenset(
    {LawStatus.PROTECTED, LawStatus.TRADE_BANNED, LawStatus.REGULATED, LawStatus.FARMED_EXEMPT}
)


class Covers(StrEnum):
    """Which form of the animal a rule speaks of; a part is anything not alive."""

    LIVE = "live"
    PART = "part"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table; show it as fact only when verified."""

    taxon: str
    country: str
    form: Covers
    status: LawStatus
    instrument: str
    article: str
    source: str
    checked: date | None
    verified: bool
    note: str

    @property
    def citation(self) -> str:
        """The instrument with its article; empty where no instrument is known."""
        return ", ".join(filter(None, (self.instrument, self.instrument and self.article)))

    @property
    def text(self) -> str:
        """Status and citation in one line."""
        return ": ".join(filter(None, (self.status.words, self.citation)))

    @property
    def is_ground(self) -> bool:
        """Whether somebody can cite it against an offer."""
        return self.status.forbids and bool(self.instrument)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is on file for an animal in a country: the rules of the nearest level that has any.

    `level` is the taxon that the rules name: the animal itself, or a group it belongs to.
    """

    taxon: str
    level: str
    rules: tuple[Rule, ...]

    @property
    def inherited(self) -> bool:
        """Whether the rules speak of a group above the animal."""
        return self.level != self.taxon

    @property
    def grounds(self) -> tuple[Rule, ...]:
        """The rules that can be cited against an offer."""
        return tuple(rule for rule in self.rules if rule.is_ground)

    @property
    def ground(self) -> str:
        """The legal ground of an offer; empty where nothing can be cited."""
        return "; ".join(rule.citation for rule in self.grounds)

    @property
    def verified(self) -> bool:
        """Whether there is a ground, and a source was read for every rule of it."""
        return bool(self.grounds) and all(rule.verified for rule in self.grounds)


class Laws:
    """All rules by taxon and country."""

    def __init__(self, rules: tuple[Rule, ...], taxa: Taxa) -> None:
        self._rules = rules
        self._taxa = taxa
        self._found: dict[tuple[str, str], list[Rule]] = {}
        for rule in rules:
            self._found.setdefault((rule.taxon, rule.country), []).append(rule)

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._rules)

    def __len__(self) -> int:
        return len(self._rules)

    def of(self, taxon: str, country: str, *, live: bool) -> Standing | None:
        """Look a taxon up, then what stands above it; None where nothing is on file.

        A line that says "unknown" counts only where no level above it knows more.
        """
        lineage = self._taxa.lineage(taxon) if taxon in self._taxa else ()
        found = [(level, self._at(level, country, live=live)) for level in lineage]
        known = [(level, rules) for level, rules in found if rules and _knows(rules)]
        for level, rules in known or found:
            if rules:
                return Standing(taxon, level, rules)
        return None

    def _at(self, level: str, country: str, *, live: bool) -> tuple[Rule, ...]:
        """Give the rules of one level for one form, those of just this form first."""
        own = Covers.LIVE if live else Covers.PART
        rules = self._found.get((level, country), ())
        fitting = [rule for rule in rules if rule.form in (own, Covers.BOTH)]
        return tuple(sorted(fitting, key=lambda rule: rule.form is Covers.BOTH))


def _knows(rules: tuple[Rule, ...]) -> bool:
    return any(rule.status is not LawStatus.UNKNOWN for rule in rules)


def law_of(taxon: str, country: str, *, live: bool) -> Standing | None:
    """Tell what the shipped table holds for an animal in a country (ISO code).

    >>> standing = law_of("Cuora mouhotii", "CN", live=True)
    >>> standing.level, standing.rules[0].status.value, standing.verified
    ('Cuora mouhotii', 'farmed_exempt', False)
    >>> law_of("Panthera tigris", "FR", live=True) is None
    True
    """
    return load_laws().of(taxon, country, live=live)


@cache
def load_laws(path: Path = LAW_FILE, taxa: Taxa | None = None) -> Laws:
    """Read and check the table of laws."""
    known = taxa or load_taxa()
    rules: dict[tuple[str, str, Covers], Rule] = {}
    for line, row in read_table(path, _COLUMNS):
        rule = _rule(Cells(path, line, row), known)
        key = rule.taxon, rule.country, rule.form
        if key in rules:
            problem = "this taxon, country and form stand in an earlier line already"
            raise BadReference(path, line, "taxon", problem)
        rules[key] = rule
    return Laws(tuple(rules.values()), known)


def _rule(cells: Cells, taxa: Taxa) -> Rule:
    taxon = cells.filled("taxon")
    if taxon not in taxa:
        raise cells.bad("taxon", f"{taxon!r} is not in taxa.csv: add it there first")
    rule = Rule(
        taxon=taxon,
        country=cells.read("country", _country, "a country code such as VN"),
        form=cells.read("form", Covers, "live, part or both"),
        status=cells.read("status", LawStatus, f"one of {', '.join(LawStatus)}"),
        instrument=cells.text("instrument"),
        article=cells.text("article"),
        source=cells.filled("source"),
        checked=cells.read("checked", _day, "a date such as 2026-11-22, or empty"),
        verified=cells.read("verified", _yes, "yes or no"),
        note=cells.text("note"),
    )
    _check_verified(cells, rule)
    return rule


def _country(text: str) -> str:
    if len(text) != _COUNTRY_LETTERS or not (text.isascii() and text.isalpha() and text.isupper()):
        raise ValueError(text)
    return text


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _yes(text: str) -> bool:
    if text not in {"yes", "no"}:
        raise ValueError(text)
    return text == "yes"


def _check_verified(cells: Cells, rule: Rule) -> None:
    """Refuse a verified line that does not say what was read, where and when."""
    if not rule.verified:
        return
    if rule.status is LawStatus.UNKNOWN:
        raise cells.bad("verified", "what is unknown cannot be verified: write no")
    if not rule.instrument:
        raise cells.bad("instrument", "name the law that was read, or write verified = no")
    if not rule.source.startswith(("https://", "http://")):
        raise cells.bad("source", "give the address that was read, or write verified = no")
    if rule.checked is None:
        raise cells.bad("checked", "give the date on which it was read, or write verified = no")
