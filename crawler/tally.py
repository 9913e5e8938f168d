"""What the walks of one crawl met, kept small, to judge the platform's search and lists at its end.

Every listing is matched by our own reading of the term, whichever walk met it.
"""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field

from crawler.lists import Walk, WalkKind
from crawler.searching import (
    Doubt,
    Doubted,
    Folded,
    Holding,
    Outcome,
    Shown,
    Turned,
    folded,
    hidden_between,
    hidden_by_pager,
    hidden_from_lists,
    holding,
    judge,
    same_as_unfiltered,
)
from data.yields import WalkCount

_LISTS = frozenset({WalkKind.LISTS, WalkKind.CATEGORY})
_OTHER_ORDERS = frozenset({WalkKind.NEWEST, WalkKind.FEED})
_MOSTLY = 0.5


@dataclass
class Search:
    """One keyword search of this run: what it showed, what it named in all, how far it went."""

    answer: Shown
    found: set[str] = field(default_factory=set)
    whole: bool = False


@dataclass
class Rows:
    """How many rows a walk showed, how many listings they were, and the total it stated."""

    kind: WalkKind
    shown: int = 0
    different: int = 0
    total: int | None = None
    whole: bool = False


@dataclass
class Count:
    """What one walk cost, and the listings it met first that our own words matched."""

    requests: int = 0
    met: int = 0
    matched: set[str] = field(default_factory=set)


@dataclass
class Tally:
    """Counts while a crawl runs; says at its end what is not to be trusted."""

    terms: dict[str, Folded] = field(default_factory=dict)
    unfiltered: list[Shown] = field(default_factory=list)
    met: dict[WalkKind, set[str]] = field(default_factory=dict)
    walks: dict[tuple[str, str], Rows] = field(default_factory=dict)
    searches: dict[str, Search] = field(default_factory=dict)
    holding: dict[str, set[str]] = field(default_factory=dict)
    loosely: dict[str, set[str]] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)
    counts: dict[tuple[WalkKind, str], Count] = field(default_factory=dict)
    first_met: dict[str, Count] = field(default_factory=dict)

    @classmethod
    def of(cls, terms: Iterable[str]) -> "Tally":
        """Make a tally that matches listings against these search terms."""
        return cls({term: one for term in terms if (one := folded(term)).text})

    def comes(self, walk: Walk, fresh: Iterable[str]) -> None:
        """Take a list page before its listings are read; `fresh`: those no walk met before."""
        name = walk.term or walk.start
        count = self.counts.setdefault((walk.kind, name), Count())
        count.requests += 1
        for one in fresh:
            count.met += 1
            self.first_met[one] = count

    def yields(self) -> list[WalkCount]:
        """Say what each walk cost and brought."""
        return [
            WalkCount(kind.value, name, one.requests, one.met, frozenset(one.matched))
            for (kind, name), one in self.counts.items()
        ]

    def meets(self, walk: Walk, ids: Iterable[str]) -> None:
        """Take a list page; its walk has counted it already."""
        named = list(ids)
        self.met.setdefault(walk.kind, set()).update(named)
        rows = self.walks.setdefault((walk.start, walk.term), Rows(walk.kind))
        rows.shown += len(named)
        rows.different, rows.total = len(walk.met), walk.total
        first = Shown(frozenset(named), walk.total)
        if walk.kind is WalkKind.SEARCH:
            self.searches.setdefault(walk.term, Search(first)).found.update(named)
        elif walk.kind is WalkKind.LISTS and walk.page == 1:
            self.unfiltered.append(first)

    def ends(self, walk: Walk) -> None:
        """Note that a walk's pages were turned to the last."""
        self.walks[walk.start, walk.term].whole = True
        if walk.kind is WalkKind.SEARCH and walk.term in self.searches:
            self.searches[walk.term].whole = True

    def asks(self, external_id: str) -> None:
        """Charge a listing's own page to the walk that met it first."""
        if (count := self.first_met.get(external_id)) is not None:
            count.requests += 1

    def reads(self, external_id: str, text: str, *, matched: bool = False) -> None:
        """Take a listing's text: which terms it holds, and whose find it is."""
        count = self.first_met.pop(external_id, None)
        if count is not None and matched:
            count.matched.add(external_id)
        if not self.terms:
            return
        self.read.add(external_id)
        inside = folded(text)
        for term, one in self.terms.items():
            how = holding(inside, one)
            if how is Holding.WHOLE:
                self.holding.setdefault(term, set()).add(external_id)
            elif how is not Holding.NOT:
                self.loosely.setdefault(term, set()).add(external_id)

    def ignores(self, walk: Walk) -> bool:
        """Tell whether a search shows at once that it ignores its term: its pages teach nothing."""
        search = self.searches.get(walk.term)
        if search is None or not any(
            same_as_unfiltered(search.answer, one) for one in self.unfiltered
        ):
            return False
        held = len(search.found & self.holding.get(walk.term, set()))
        return held <= _MOSTLY * len(search.found & self.read)

    def doubts(self, *, cut_short: bool) -> list[Doubted]:
        """Say what is not to be trusted; nothing of lists when the run was cut short."""
        judged = (judge(one, self.unfiltered) for one in self.outcomes())
        doubts = [one for one in judged if one is not None]
        if not cut_short:
            doubts += self._by_pagers()
            if all(one.whole for one in self.walks.values() if one.kind in _LISTS):
                doubts += self._elsewhere(
                    {one.term for one in doubts if one.doubt is Doubt.IGNORED}
                )
        return doubts

    def outcomes(self) -> Iterator[Outcome]:
        """Yield how each search came out, in the order of the terms, whichever answered first."""
        for term in filter(self.searches.__contains__, self.terms):
            search = self.searches[term]
            yield Outcome(
                term=term,
                answer=search.answer,
                found=frozenset(search.found),
                read=frozenset(search.found & self.read),
                holding=frozenset(self.holding.get(term, ())),
                whole=search.whole,
                loosely=len(search.found & self.loosely.get(term, set())),
            )

    def _by_pagers(self) -> Iterator[Doubted]:
        for rows in self.walks.values():
            turned = Turned(rows.shown, rows.different, rows.total, rows.whole)
            if rows.kind in _LISTS and (found := hidden_by_pager(turned)) is not None:
                yield found

    def _elsewhere(self, wrong: Set[str]) -> Iterator[Doubted]:
        """Compare what lists showed with what honest searches and other orders did."""
        listed = self._met(_LISTS)
        by_search = {
            one
            for term, search in self.searches.items()
            if term not in wrong
            for one in search.found & self.holding.get(term, set())
        }
        for elsewhere, by in ((by_search, "searches"), (self._met(_OTHER_ORDERS), "other orders")):
            if listed and (found := hidden_from_lists(listed, elsewhere, by)) is not None:
                yield found
        both = self.met.get(WalkKind.LISTS, set()), self.met.get(WalkKind.CATEGORY, set())
        if (found := hidden_between(*both)) is not None:
            yield found

    def _met(self, kinds: Set[WalkKind]) -> set[str]:
        return {one for kind in kinds for one in self.met.get(kind, ())}
