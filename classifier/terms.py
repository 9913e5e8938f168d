"""Finds the lexicon's terms in a text: longest first, harmless ones taking their span away."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from ahocorasick_rs import AhoCorasick

from classifier.boundaries import Boundaries
from classifier.disguise import tighten
from data.terms import Ambiguity, Term, TermKind, Terms
from data.text import is_unaccented

# Kinds that take a span from the others; the rest only say more and may overlap anything.
_OBJECTS = (TermKind.PRODUCT, TermKind.TAXON, TermKind.CODE, TermKind.BENIGN)
_SAYINGS = (TermKind.INTENT, TermKind.QUALIFIER, TermKind.CONTACT)
_SHORTEST_SPLIT = 2
_SHORTEST_SPLIT_LATIN = 4
_HASTY_VIETNAMESE = re.compile(
    r"\b(?:ban|gia|hang|lien he|cho|khong|minh|can|mua|moi|zalo|sdt|nha|anh|chi|em|ai|con|cua|"
    r"duoc|nhe|voi|loai|that|giao|ship|lh|ib|alo|dt|tui|ae|ngay|co|la|xin|rung|cap|inbox)\b"
)
_HASTY_WORDS = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """One term found at `start` to `end` of a normalised text; `split` = written in pieces."""

    term: Term
    start: int
    end: int
    split: bool = False


class Matcher:
    """All terms, ready to be looked for."""

    def __init__(self, terms: Terms) -> None:
        accented = [term for term in terms if not term.unaccented]
        self._plain = _Automaton(accented)
        self._hasty = _Automaton([term for term in terms if term.unaccented])
        self._split = _Automaton([term for term in accented if _splits(term)], tight=True)
        self.size = len(terms)

    def find(self, folded: str) -> tuple[Hit, ...]:
        """Find the terms that hold in a normalised text, in the order in which they stand.

        >>> from data.terms import load_terms
        >>> matcher = Matcher(load_terms())
        >>> [hit.term.gloss for hit in matcher.find("虎牙直播 象皮珠")]
        ['Huya live streaming', 'elephant-skin bead']
        """
        boundaries = Boundaries(folded)
        found = [*self._plain.find(folded, boundaries), *self._split_hits(folded)]
        if _is_hasty_vietnamese(folded):
            found += self._hasty.find(folded, boundaries)
        return resolve(found)

    def _split_hits(self, folded: str) -> Iterator[Hit]:
        """Find terms whose letters were parted or swapped to slip past a filter."""
        tight = tighten(folded)
        if tight is None:
            return
        for hit in self._split.find(tight.text, Boundaries(tight.text)):
            if tight.changed(hit.start, hit.end):
                start, end = tight.span(hit.start, hit.end)
                yield Hit(hit.term, start, end, split=True)


class _Automaton:
    """Terms by key, looked for all at once."""

    def __init__(self, terms: list[Term], *, tight: bool = False) -> None:
        by_key: dict[str, dict[TermKind, Term]] = {}
        for term in terms:
            kinds = by_key.setdefault(squeeze(term.key) if tight else term.key, {})
            kind = TermKind.PRODUCT if term.kind in _OBJECTS else term.kind
            kinds[kind] = _stronger(kinds.get(kind), term)
        self._terms = [tuple(kinds.values()) for kinds in by_key.values()]
        self._keys = list(by_key)

    @cached_property
    def _automaton(self) -> AhoCorasick:
        return AhoCorasick(self._keys)

    def find(self, folded: str, boundaries: Boundaries) -> Iterator[Hit]:
        """Find every term that stands as a word of its own, overlapping ones too."""
        if not self._keys:
            return
        for which, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True):
            for term in self._terms[which]:
                if term.kind in _SAYINGS and boundaries.buried(start, end):
                    continue
                if boundaries.hold(start, end, strict=_needs_words(term)):
                    yield Hit(term, start, end)


def squeeze(key: str) -> str:
    """Drop what parts the words of a key."""
    return re.sub(r"[\s\-'.]", "", key)


class _Places:
    """Hits by the characters they cover, so that long texts cost no more than their length."""

    def __init__(self, hits: Iterable[Hit] = ()) -> None:
        self._at: dict[int, list[Hit]] = {}
        for hit in hits:
            self.add(hit)

    def add(self, hit: Hit) -> None:
        for place in range(hit.start, hit.end):
            self._at.setdefault(place, []).append(hit)

    def touching(self, hit: Hit) -> Iterator[Hit]:
        """Yield hits that share a character with this one, some more than once."""
        for place in range(hit.start, hit.end):
            yield from self._at.get(place, ())


def resolve(found: Iterable[Hit]) -> tuple[Hit, ...]:
    """Let the longest of overlapping names win, and harmless ones win over what they touch.

    A harmless term loses only to a longer term that holds all of it.
    """
    hits = list(found)
    objects = [hit for hit in hits if hit.term.kind in _OBJECTS]
    pointing = [hit for hit in objects if hit.term.kind is not TermKind.BENIGN]
    at = _Places(pointing)
    harmless = [
        hit
        for hit in objects
        if hit.term.kind is TermKind.BENIGN
        and not any(_holds(other, hit) for other in at.touching(hit))
    ]
    consumed = _Places(harmless)
    pointing = [hit for hit in pointing if not any(consumed.touching(hit))]
    named = _Places([*harmless, *pointing])
    foreign = _Places([*harmless, *(hit for hit in pointing if hit.term.group == "other")])
    others = [
        hit for hit in hits if hit.term.kind not in _OBJECTS and not _is_taken(hit, named, foreign)
    ]
    kept = [*_longest(harmless), *_longest(pointing), *_longest(others)]
    return tuple(sorted(kept, key=lambda hit: (hit.start, hit.end)))


def _is_taken(hit: Hit, named: _Places, foreign: _Places) -> bool:
    """Tell whether a word is only a piece of a name: "not" in 非洲, the fang in a bear's fang."""
    if hit.term.kind is TermKind.NEGATION:
        return any(named.touching(hit))
    if hit.term.kind is not TermKind.QUALIFIER or not hit.term.group:
        return False
    return any(foreign.touching(hit))


def _longest(hits: list[Hit]) -> list[Hit]:
    kept: list[Hit] = []
    places = _Places()
    for hit in sorted(hits, key=lambda hit: (hit.start - hit.end, hit.split, hit.start)):
        if not any(places.touching(hit)):
            kept.append(hit)
            places.add(hit)
    return kept


def overlap(one: Hit, other: Hit) -> bool:
    """Tell whether two hits share a character."""
    return one.start < other.end and other.start < one.end


def _holds(outer: Hit, inner: Hit) -> bool:
    """Tell whether one hit covers all of another and more."""
    longer = outer.end - outer.start > inner.end - inner.start
    return longer and outer.start <= inner.start and inner.end <= outer.end


def _stronger(one: Term | None, other: Term) -> Term:
    """Choose among terms of one spelling: the harmless one, then the surest."""
    if one is None:
        return other
    return min(one, other, key=_doubt)


def _doubt(term: Term) -> tuple[bool, int]:
    return term.kind is not TermKind.BENIGN, list(Ambiguity).index(term.ambiguity)


def _needs_words(term: Term) -> bool:
    """Tell whether a term is so short and common that it must stand between word breaks."""
    return term.ambiguity is Ambiguity.HIGH and term.kind in (
        TermKind.PRODUCT,
        TermKind.TAXON,
        TermKind.CODE,
    )


def _splits(term: Term) -> bool:
    """Tell whether a term in pieces is still surely that term."""
    size = len(squeeze(term.key))
    latin = term.key[0] < "\u0250"
    return term.kind in _OBJECTS and size >= (_SHORTEST_SPLIT_LATIN if latin else _SHORTEST_SPLIT)


def _is_hasty_vietnamese(folded: str) -> bool:
    """Tell whether a text is Vietnamese typed without any accent."""
    return is_unaccented(folded) and len(set(_HASTY_VIETNAMESE.findall(folded))) >= _HASTY_WORDS
