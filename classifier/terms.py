"""Finds the lexicon's terms in a text: longest first, harmless ones taking their span away."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from itertools import accumulate
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from classifier.boundaries import Boundaries, Need, need_of
from classifier.bundle import Bundle, Kind, bundle
from classifier.chinese import Cutter
from classifier.disguise import Tight, parted, tighten
from classifier.emoji import Beside, pictured, shows_animals
from classifier.initials import Initials, Saying
from classifier.language import detect_all
from classifier.masks import Masks
from data.terms import Ambiguity, Term, TermKind, Terms

# Kinds that take a span from the others; the rest only say more and may overlap anything.
_OBJECTS = (TermKind.PRODUCT, TermKind.TAXON, TermKind.CODE, TermKind.BENIGN)
_SAYINGS = (TermKind.INTENT, TermKind.QUALIFIER, TermKind.CONTACT)
_GROUPS = ("", "other", "tiger", "elephant", "turtle")
_FILLED = [bytes(old or mark for old in range(256)) for mark in range(2 * len(_GROUPS) + 2)]
_SHORTEST_SPLIT = 2
_SHORTEST_SPLIT_LATIN = 4
_WORD = re.compile("[a-z]+")
_PARTING = dict.fromkeys(map(ord, " \n-'."))
_EVERYDAY = """
    ban gia hang cho khong minh can mua moi zalo sdt nha anh chi em ai con cua duoc nhe voi loai
    that giao ship lh ib alo dt tui ae ngay co la xin rung cap inbox
"""
_HASTY_VIETNAMESE = frozenset(_EVERYDAY.split())
_HASTY_WORDS = 3
_LONGEST_SLANG = 5
_HOMES = {"vi": ("vi",), "ms": ("ms", "id"), "id": ("ms", "id")}


class Hit(NamedTuple):
    """One term found at `start` to `end` of a normalised text; `split` = written in pieces."""

    term: Term
    start: int
    end: int
    split: bool = False


class Matcher:
    """All terms, ready to be looked for."""

    def __init__(self, terms: Terms) -> None:
        accented = [term for term in terms if not term.unaccented]
        self.terms = terms
        self._plain = Automaton(accented)
        self._hasty = Automaton([term for term in terms if term.unaccented])
        self._split = Automaton([term for term in accented if splits(term)], tight=True)
        self._masks = Masks(terms)
        self._initials = Initials(terms)
        self.cutter = Cutter(dict.fromkeys(term.key for term in terms if _is_chinese(term)))
        self.size = len(terms)

    def find(self, folded: str) -> tuple[Hit, ...]:
        """Find the terms that hold in a normalised text, in the order in which they stand.

        >>> from data.terms import load_terms
        >>> matcher = Matcher(load_terms())
        >>> [hit.term.gloss for hit in matcher.find("虎牙直播 象皮珠")]
        ['Huya live streaming', 'elephant-skin bead']
        """
        return self.find_all(bundle([folded]))[0]

    def find_all(self, texts: Bundle) -> list[tuple[Hit, ...]]:
        """Find the terms of each text of a bundle; places are characters of that text."""
        found: list[list[Hit]] = [[] for _ in texts.texts]
        self._plain.find(texts, Boundaries(texts, self.cutter), found)
        _leave_foreign_slang(texts, found)
        doubtful = parted(texts)
        for at, hits in self.split_hits(texts, doubtful):
            found[at] += hits
        for at in doubtful:
            short = self._initials.find(texts.texts[at], (Saying(*hit[:3]) for hit in found[at]))
            found[at] += [Hit(*hit, split=True) for hit in short]
        for at in self.hasty(texts):
            found[at] += self._hasty_hits(texts.texts[at])
        if shows_animals(texts.text):
            for at, text in enumerate(texts.texts):
                found[at] += [
                    Hit(*hit) for hit in pictured(text, (Beside(*hit[:3]) for hit in found[at]))
                ]
        return [resolve(hits) if hits else () for hits in found]

    def hasty(self, texts: Bundle) -> list[int]:
        """Name the texts that are Vietnamese typed without any accent."""
        return [
            at
            for at, present in enumerate(texts.present)
            if _may_be_hasty(present) and _is_hasty_vietnamese(texts.texts[at])
        ]

    def _hasty_hits(self, folded: str) -> list[Hit]:
        alone = bundle([folded])
        hits: list[list[Hit]] = [[]]
        self._hasty.find(alone, Boundaries(alone, self.cutter), hits)
        return hits[0]

    def split_hits(self, texts: Bundle, doubtful: list[int]) -> Iterator[tuple[int, Iterator[Hit]]]:
        """Find terms whose letters were parted or swapped to slip past a filter.

        `doubtful` names the texts to look at.
        """
        found = ((at, tighten(texts.texts[at], self._masks)) for at in doubtful)
        tights = [(at, tight) for at, tight in found if tight is not None]
        if not tights:
            return
        undone = bundle(tight.text for _, tight in tights)
        hits: list[list[Hit]] = [[] for _ in tights]
        self._split.find(undone, Boundaries(undone, self.cutter), hits)
        for (at, tight), own in zip(tights, hits, strict=True):
            if own:
                yield at, _as_written(own, tight)


def _leave_foreign_slang(texts: Bundle, found: list[list[Hit]]) -> None:
    """Drop short slang of one Latin-written language from texts in another: gal, leo, nt."""
    places = [at for at, hits in enumerate(found) if any(_home(hit.term) for hit in hits)]
    if not places:
        return
    langs = detect_all(bundle(texts.texts[at] for at in places))
    for at, lang in zip(places, langs, strict=True):
        found[at] = [hit for hit in found[at] if lang in (_home(hit.term) or (lang,))]


@cache
def _home(term: Term) -> tuple[str, ...]:
    """Name the languages in which alone a term is heard; none for terms that travel."""
    short = len(term.key) <= _LONGEST_SLANG and term.key.isascii()
    if short and term.ambiguity is Ambiguity.HIGH and term.kind is not TermKind.PRODUCT:
        return _HOMES.get(term.lang, ())
    return ()


def _as_written(hits: list[Hit], tight: Tight) -> Iterator[Hit]:
    """Give the hits that were there only after undoing, where they stand in the text."""
    for hit in hits:
        if tight.changed(hit.start, hit.end):
            start, end = tight.span(hit.start, hit.end)
            yield Hit(hit.term, start, end, split=True)


class Automaton:
    """Terms by key, looked for all at once."""

    def __init__(self, terms: list[Term], *, tight: bool = False) -> None:
        self._given = terms
        self._tight = tight

    @cached_property
    def _by_key(self) -> dict[str, dict[TermKind, Term]]:
        by_key: dict[str, dict[TermKind, Term]] = {}
        for term in self._given:
            kind = TermKind.PRODUCT if term.kind in _OBJECTS else term.kind
            for key in {term.key, squeeze(term.key)} if self._tight else (term.key,):
                kinds = by_key.setdefault(key, {})
                kinds[kind] = _stronger(kinds.get(kind), term)
        return by_key

    @cached_property
    def _automaton(self) -> AhoCorasick:
        return AhoCorasick(list(self._by_key))

    @cached_property
    def _sought(self) -> "_Sought":
        return _Sought(self._by_key.values())

    def find(self, texts: Bundle, boundaries: Boundaries, found: list[list[Hit]]) -> None:
        """Add to each text every term that stands as a word of its own, overlapping ones too."""
        if not self._given:
            return
        starts = [*texts.starts.tolist(), len(texts.text) + 1]
        at = 0
        matches = self._automaton.find_matches_as_indexes(texts.text, overlapping=True)
        for which, start, end in matches:
            while end > starts[at + 1]:
                at += 1
            for term, is_saying, need in self._sought[which]:
                if boundaries.hold(start, end, need) and not (
                    is_saying and boundaries.buried(start, end)
                ):
                    found[at].append(Hit(term, start - starts[at], end - starts[at]))


class _Sought(dict[int, tuple[tuple[Term, bool, Need], ...]]):
    """The terms of each key with how they must stand, worked out when first met."""

    def __init__(self, kinds: Iterable[Mapping[TermKind, Term]]) -> None:
        super().__init__()
        self._kinds = [tuple(terms.values()) for terms in kinds]

    def __missing__(self, which: int) -> tuple[tuple[Term, bool, Need], ...]:
        terms = self._kinds[which]
        self[which] = sought = tuple((one, one.kind in _SAYINGS, need_of(one)) for one in terms)
        return sought


def squeeze(key: str) -> str:
    """Drop what parts the words of a key."""
    return key.translate(_PARTING)


class _Covered:
    """The characters of a text that some hits cover, asked and told at the speed of bytes."""

    def __init__(self, hits: Iterable[Hit] = ()) -> None:
        self._marks = bytearray()
        for hit in hits:
            self.add(hit)

    def add(self, hit: Hit) -> None:
        if len(self._marks) < hit.end:
            self._marks.extend(bytes(2 * hit.end))
        self._marks[hit.start : hit.end] = b"\x01" * (hit.end - hit.start)

    def touches(self, hit: Hit) -> bool:
        return self._marks.find(1, hit.start, hit.end) >= 0


def resolve(found: list[Hit]) -> tuple[Hit, ...]:
    """Let the longest of overlapping names win, and harmless ones win over what they touch.

    A harmless term loses only to a longer term that holds all of it.
    """
    objects = [hit for hit in found if hit.term.kind in _OBJECTS]
    if not objects:
        return tuple(sorted(_longest(found), key=_place))
    pointing = [hit for hit in objects if hit.term.kind is not TermKind.BENIGN]
    harmless = [hit for hit in objects if hit.term.kind is TermKind.BENIGN]
    if harmless and pointing:
        harmless = _not_held(harmless, pointing)
        consumed = _Covered(harmless)
        pointing = [hit for hit in pointing if not consumed.touches(hit)]
    others = [hit for hit in found if hit.term.kind not in _OBJECTS]
    if others:
        named = _Covered([*harmless, *pointing])
        foreign = _Covered([*harmless, *(hit for hit in pointing if hit.term.group == "other")])
        others = [hit for hit in others if not _is_taken(hit, named, foreign)]
    kept = [*_longest(harmless), *_names(pointing), *_longest(others)]
    return tuple(sorted(kept, key=_place))


def _place(hit: Hit) -> tuple[int, int]:
    return hit.start, hit.end


def _not_held(harmless: list[Hit], pointing: list[Hit]) -> list[Hit]:
    """Leave out harmless hits that a longer pointing one covers wholly."""
    best: dict[int, int] = {}
    for hit in pointing:
        best[hit.start] = max(best.get(hit.start, 0), hit.end)
    starts = sorted(best)
    reach = list(accumulate((best[start] for start in starts), max))
    kept = []
    for hit in harmless:
        before = bisect_left(starts, hit.start)
        held = before > 0 and reach[before - 1] >= hit.end
        if not held and best.get(hit.start, 0) <= hit.end:
            kept.append(hit)
    return kept


def _is_taken(hit: Hit, named: _Covered, foreign: _Covered) -> bool:
    """Tell whether a word is only a piece of a name: "not" in 非洲, the fang in a bear's fang."""
    if hit.term.kind is TermKind.NEGATION:
        return named.touches(hit)
    if hit.term.kind is not TermKind.QUALIFIER or not hit.term.group:
        return False
    return foreign.touches(hit)


def _longest(hits: list[Hit]) -> list[Hit]:
    if len(hits) <= 1:
        return hits
    kept: list[Hit] = []
    covered = _Covered()
    for hit in sorted(hits, key=lambda hit: (hit.start - hit.end, hit.split, hit.start)):
        if not covered.touches(hit):
            kept.append(hit)
            covered.add(hit)
    return kept


def _names(hits: list[Hit]) -> list[Hit]:
    """Let the longest win, but keep an animal and a product that share a part: 非洲象牙."""
    kept: list[Hit] = []
    covered = _Named()
    for hit in sorted(hits, key=lambda hit: (hit.start - hit.end, hit.split, hit.start)):
        if covered.leaves(hit):
            kept.append(hit)
            covered.add(hit)
    return kept


class _Named:
    """The characters of a text that names cover, each with what kind of name covers it."""

    def __init__(self) -> None:
        self._marks = bytearray()

    def add(self, hit: Hit) -> None:
        if len(self._marks) < hit.end:
            self._marks.extend(bytes(2 * hit.end))
        free = self._marks[hit.start : hit.end].translate(_FILLED[_mark(hit.term)])
        self._marks[hit.start : hit.end] = free

    def leaves(self, hit: Hit) -> bool:
        """Tell whether nothing covers a hit, or only a part of it by the other half of a name."""
        covered = self._marks[hit.start : hit.end]
        mine = _mark(hit.term)
        free = covered.count(0) + max(0, hit.end - hit.start - len(covered))
        size = hit.end - hit.start
        return free == size or (free > 0 and free + covered.count(mine ^ 1) == size)


def _mark(term: Term) -> int:
    """Give animal and product of one group numbers that differ in the last bit only."""
    return 2 + 2 * _GROUPS.index(term.group) + (term.kind is TermKind.TAXON)


def overlap(one: Hit, other: Hit) -> bool:
    """Tell whether two hits share a character."""
    return one.start < other.end and other.start < one.end


def _stronger(one: Term | None, other: Term) -> Term:
    """Choose among terms of one spelling: the harmless one, then the surest."""
    if one is None:
        return other
    return min(one, other, key=_doubt)


def _doubt(term: Term) -> tuple[bool, int]:
    return term.kind is not TermKind.BENIGN, list(Ambiguity).index(term.ambiguity)


def splits(term: Term) -> bool:
    """Tell whether a term in pieces is still surely that term."""
    size = len(squeeze(term.key))
    latin = term.key[0] < "\u0250"
    return term.kind in _OBJECTS and size >= (_SHORTEST_SPLIT_LATIN if latin else _SHORTEST_SPLIT)


def _is_chinese(term: Term) -> bool:
    return term.lang.startswith("zh") and not term.key.isascii()


def _may_be_hasty(present: int) -> bool:
    """Tell from the kinds of letters of a text whether it may be Vietnamese without accents."""
    return bool(present & Kind.LETTER) and not present & Kind.ACCENT


def _is_hasty_vietnamese(folded: str) -> bool:
    """Tell whether a text is Vietnamese typed without any accent."""
    words = set(_WORD.findall(folded))
    together = folded.count("lien he") > 0
    return len(words & _HASTY_VIETNAMESE) + together >= _HASTY_WORDS
