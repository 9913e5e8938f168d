"""Whether a platform's search and pager can be trusted. Pure: what was met goes in, doubts out.

A search that ignores a term returns everything, one that cannot read a script finds nothing, and a
pager that shows a listing twice hides another. So every listing is matched again by our own words,
and what a platform's search said of it is never believed; here it is only judged.
"""

from collections.abc import Collection, Iterable, Set
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

from data.text import fold, unaccent

ENOUGH = 5
"""Fewer listings than this prove nothing about a list as a whole."""
_LEAST_IN_BOTH = 3
_MOSTLY = 0.5
_MOVED = 0.01
_LATIN = "".join(map(chr, (*range(0x41, 0x5B), *range(0x61, 0x7B), *range(0xC0, 0x250))))


class Doubt(StrEnum):
    """Why a search or a pager is not to be trusted."""

    IGNORED = "search_ignored"
    BLIND = "search_blind"
    MISSES = "search_misses"
    LOOSE = "search_loose"
    HIDES = "lists_hide"


DOUBT_MEANING = {
    Doubt.IGNORED: "The search returned what it returns without a term.",
    Doubt.BLIND: "The search found nothing for a term that the platform's own listings contain.",
    Doubt.MISSES: "The search found fewer than half of the listings that contain its term.",
    Doubt.LOOSE: "Most of what the search found does not contain its term.",
    Doubt.HIDES: "The lists hide listings, however far their pages are turned.",
}


@dataclass(frozen=True)
class Doubted:
    """One thing not to be trusted, in a sentence with its numbers."""

    doubt: Doubt
    words: str
    term: str = ""


class Holding(StrEnum):
    """How a text holds a search term."""

    WHOLE = "whole"
    UNACCENTED = "unaccented"
    SOME_WORDS = "some_words"
    NOT = "not"


@dataclass(frozen=True)
class Folded:
    """A text in one spelling, and without its accents; made once, since many terms are tried."""

    text: str
    plain: str


def folded(text: str) -> Folded:
    """Return a text, or a term, as terms are looked for.

    >>> folded("Vòng  NGÀ")
    Folded(text='vòng ngà', plain='vong nga')
    """
    one = " ".join(fold(text).split())
    return Folded(one, unaccent(one))


def holding(text: Folded, term: Folded) -> Holding:
    """Tell how a text holds a term; Latin letters only as whole words.

    >>> nga = folded("ngà")
    >>> holding(folded("vòng ngà voi"), nga).value, holding(folded("nga sinh"), nga).value
    ('whole', 'unaccented')
    >>> holding(folded("con voi"), folded("ngà voi")).value, holding(folded("nhà ngày"), nga).value
    ('some_words', 'not')
    """
    if _holds(text.text, term.text):
        return Holding.WHOLE
    if _holds(text.plain, term.plain):
        return Holding.UNACCENTED
    if " " in term.plain and any(_holds(text.plain, word) for word in term.plain.split()):
        return Holding.SOME_WORDS
    return Holding.NOT


def _holds(text: str, term: str) -> bool:
    at = text.find(term)
    while at >= 0:
        if not _goes_on(text, at - 1, term[0]) and not _goes_on(text, at + len(term), term[-1]):
            return True
        at = text.find(term, at + 1)
    return False


def _goes_on(text: str, at: int, edge: str) -> bool:
    """Tell whether a Latin word goes on past the edge of a match; an English plural does not."""
    if edge not in _LATIN or not 0 <= at < len(text) or text[at] not in _LATIN:
        return False
    return not (text[at] == "s" and not text[at + 1 : at + 2].isalpha() and at > 0)


@dataclass(frozen=True)
class Shown:
    """What a list or a search showed: ids on its first page, how many it says there are."""

    ids: frozenset[str]
    total: int | None = None


def same_as_unfiltered(answer: Shown, unfiltered: Shown) -> str:
    """Say why a search's answer is that of no search at all; empty when it is not.

    >>> every = frozenset("abcdef")
    >>> same_as_unfiltered(Shown(frozenset("xyz"), 337), Shown(every, 337))
    'it counts 337 listings, as many as without a term'
    >>> same_as_unfiltered(Shown(every), Shown(every))
    'its first page names the same 6 listings as the list without a term'
    >>> same_as_unfiltered(Shown(frozenset("abc"), 3), Shown(every, 337))
    ''
    """
    if answer.total and unfiltered.total and max(answer.total, unfiltered.total) > ENOUGH:
        if answer.total == unfiltered.total:
            return f"it counts {answer.total} listings, as many as without a term"
        return ""
    if len(answer.ids) >= ENOUGH and answer.ids == unfiltered.ids:
        return (
            f"its first page names the same {len(answer.ids)} listings as the list without a term"
        )
    return ""


@dataclass(frozen=True)
class Outcome:
    """How one search came out against our own matching.

    `found`: ids it named; `read`: those of them whose text was read; `holding`: ids of all listings
    read in the run, by whatever walk, that hold the term; `whole`: its pages were all turned.
    """

    term: str
    answer: Shown
    found: frozenset[str]
    read: frozenset[str]
    holding: frozenset[str]
    whole: bool = True
    loosely: int = 0


def judge(outcome: Outcome, unfiltered: Iterable[Shown]) -> Doubted | None:
    """Say the one worst thing about a search; None where nothing speaks against it.

    `unfiltered`: what the platform's lists show without a term.
    """
    for judged in (_ignored(outcome, unfiltered), _blind(outcome), _loose(outcome)):
        if judged is not None:
            return judged
    return _misses(outcome)


def _ignored(outcome: Outcome, unfiltered: Iterable[Shown]) -> Doubted | None:
    reasons = (same_as_unfiltered(outcome.answer, one) for one in unfiltered)
    why = next(filter(None, reasons), "")
    # Where most listings do hold the term, finding them all is right.
    rightly = len(outcome.read & outcome.holding) > _MOSTLY * max(len(outcome.read), 1)
    if not why or rightly:
        return None
    return _doubted(Doubt.IGNORED, outcome, f"ignores {outcome.term!r}: {why}")


def _blind(outcome: Outcome) -> Doubted | None:
    if outcome.found or not outcome.holding:
        return None
    held = f"{_listings(len(outcome.holding))} read in this run"
    return _doubted(
        Doubt.BLIND, outcome, f"finds nothing for {outcome.term!r}, which {held} contain"
    )


def _loose(outcome: Outcome) -> Doubted | None:
    without = len(outcome.read - outcome.holding)
    if without < _LEAST_IN_BOTH or without <= _MOSTLY * len(outcome.read):
        return None
    words = f"{without} of {len(outcome.read)} results for {outcome.term!r} do not contain it"
    if outcome.loosely:
        words += f" ({outcome.loosely} contain one of its words, or it without its accents)"
    return _doubted(Doubt.LOOSE, outcome, words)


def _misses(outcome: Outcome) -> Doubted | None:
    found = len(outcome.holding & outcome.found)
    if not outcome.whole or len(outcome.holding) < ENOUGH:
        return None
    if found >= _MOSTLY * len(outcome.holding):
        return None
    words = f"finds {found} of the {len(outcome.holding)} listings that contain {outcome.term!r}"
    return _doubted(Doubt.MISSES, outcome, words)


def _doubted(doubt: Doubt, outcome: Outcome, words: str) -> Doubted:
    return Doubted(
        doubt, f"the search {words}" if doubt is not Doubt.LOOSE else words, outcome.term
    )


def _listings(count: int) -> str:
    return "a listing" if count == 1 else f"{count} listings"


@dataclass(frozen=True)
class Population:
    """How many listings there are, judged by what two walks have in common (capture-recapture).

    `estimate` is Chapman's, `low` and `high` its 95 % interval, never below what was seen. It holds
    for what either walk *could* meet: what a platform hides from both alike stays unknown, so the
    walks must differ in kind (lists against search, one order against another).
    """

    first: int
    second: int
    both: int
    estimate: float
    low: float
    high: float

    @property
    def seen(self) -> int:
        """How many different listings the two walks met."""
        return self.first + self.second - self.both

    @property
    def hidden(self) -> int:
        """How many listings neither walk met, as far as can be estimated."""
        return max(0, round(self.estimate) - self.seen)


def population(first: Set[str], second: Set[str]) -> Population | None:
    """Estimate how many listings there are from two walks; None when too few are in both.

    >>> there = population(set(map(str, range(80))), set(map(str, range(40, 100))))
    >>> (there.first, there.second, there.both, there.seen, there.hidden)
    (80, 60, 40, 100, 20)
    """
    both = len(first & second)
    if both < _LEAST_IN_BOTH:
        return None
    one, two = len(first), len(second)
    estimate = (one + 1) * (two + 1) / (both + 1) - 1
    variance = (one + 1) * (two + 1) * (one - both) * (two - both) / ((both + 1) ** 2 * (both + 2))
    seen, margin = one + two - both, 1.96 * sqrt(variance)
    return Population(
        first=one,
        second=two,
        both=both,
        estimate=estimate,
        low=max(seen, estimate - margin),
        high=max(seen, estimate + margin),
    )


@dataclass(frozen=True)
class Turned:
    """What turning a list's pages showed: rows in all, different listings, the stated total."""

    rows: int
    different: int
    total: int | None = None
    whole: bool = True

    @property
    def repeated(self) -> int:
        """How many rows showed a listing once more."""
        return self.rows - self.different


def hidden_by_pager(turned: Turned) -> Doubted | None:
    """Say what a pager hides: by the total it states, or else one listing for each it repeats.

    >>> hidden_by_pager(Turned(rows=337, different=323, total=337)).words
    'the pager shows 14 of 337 rows a second time and never shows 14 of the 337 listings it counts'
    >>> hidden_by_pager(Turned(rows=40, different=37)).words
    'the pager shows 3 of 40 rows a second time, so up to 3 other listings may be hidden'
    """
    missing = (turned.total or turned.different) - turned.different
    if not turned.whole or not _is_much(max(missing, turned.repeated), turned.rows):
        return None
    again = f"the pager shows {turned.repeated} of {turned.rows} rows a second time"
    if missing > 0:
        never = f"never shows {missing} of the {turned.total}"
        said = f"{again} and {never}" if turned.repeated else f"the pager {never}"
        return Doubted(Doubt.HIDES, f"{said} listings it counts")
    if turned.total is None:
        others = f"up to {turned.repeated} other listings may be hidden"
        return Doubted(Doubt.HIDES, f"{again}, so {others}")
    return None


def _is_much(missing: int, of: int) -> bool:
    """Tell more than what a living site moves while its pages are turned."""
    return missing >= _LEAST_IN_BOTH and missing >= _MOVED * of


def hidden_from_lists(listed: Set[str], elsewhere: Set[str], by: str) -> Doubted | None:
    """Say how many listings another walk met that the lists never showed, and what that means.

    `elsewhere` must hold only listings that the other walk met *and* that are sure to be there.

    >>> hidden_from_lists(set("abcdefgh"), set("fghi"), "searches").words
    'the lists never showed 1 of 4 listings that searches met; about 10 there are in all, 1 unseen'
    """
    missed = len(elsewhere - listed)
    if not missed:
        return None
    words = f"the lists never showed {missed} of {len(elsewhere)} listings that {by} met"
    there = population(listed, elsewhere)
    if there is not None:
        words += f"; about {round(there.estimate)} there are in all, {there.hidden} unseen"
    return Doubted(Doubt.HIDES, words)


def hidden_between(first: Set[str], second: Set[str]) -> Doubted | None:
    """Say how many listings two ways of listing everything hide from both, where each hides some.

    >>> lists, categories = set(map(str, range(90))), set(map(str, range(5, 100)))
    >>> hidden_between(lists, categories).words
    'start pages show 90 listings, categories 95, 85 both; about 101 there are in all, 1 unseen'
    >>> hidden_between(lists, lists | categories) is None
    True
    """
    there = population(first, second)
    if there is None or min(len(first - second), len(second - first)) < _LEAST_IN_BOTH:
        return None
    shown = f"start pages show {there.first} listings, categories {there.second}, {there.both} both"
    about = f"about {round(there.estimate)} there are in all, {there.hidden} unseen"
    return Doubted(Doubt.HIDES, f"{shown}; {about}")


def summed_up(doubts: Collection[Doubted]) -> str:
    """Put doubts in a clause for the crawl's own sentence; empty when there are none.

    >>> summed_up([Doubted(Doubt.BLIND, "", "虎牙"), Doubted(Doubt.IGNORED, "", "虎")])
    "search not to be trusted for '虎牙', '虎'"
    """
    terms = [repr(one.term) for one in doubts if one.term and one.doubt is not Doubt.LOOSE]
    parts = [f"search not to be trusted for {_few(terms)}"] if terms else []
    if any(one.doubt is Doubt.HIDES for one in doubts):
        parts.append("its lists hide listings")
    return "; ".join(parts)


def _few(terms: list[str], most: int = 3) -> str:
    more = f" and {len(terms) - most} more" if len(terms) > most else ""
    return ", ".join(terms[:most]) + more
