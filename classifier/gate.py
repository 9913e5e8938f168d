"""Tells in bulk in which texts nothing of the lexicon stands: most of what a marketplace sells.

What such a text says beside that counts for nothing (`Reading.hollow`), so it need not be read
to be scored. The gate lets through rather too many than too few.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from ahocorasick_rs import AhoCorasick
from numpy.typing import NDArray

from classifier.boundaries import Boundaries
from classifier.bundle import Bundle, Codes, Kind, bundle
from classifier.disguise import MEANT, masked, parted
from classifier.emoji import shows_animals
from classifier.initials import shortened
from classifier.spelling import spelt
from classifier.terms import Automaton, Hit, Matcher, splits
from data.terms import Term, TermKind

_TARGETS = ("tiger", "elephant", "turtle")
_NAMING = (TermKind.PRODUCT, TermKind.TAXON, TermKind.CODE, TermKind.QUALIFIER)
_SIGNS = re.compile("[ .·•*_~^'`/|+\\-–—]")
_LETTER = re.compile(r"[^\W\d_]")
_SWAPS = np.arange(0x110000, dtype=np.uint32)
for _sign, _letter in MEANT.items():
    _SWAPS[_sign] = _letter


def weighs(term: Term) -> bool:
    """Tell whether a word alone makes a listing worth reading: a name, a trait, a hint."""
    if term.kind is TermKind.EVASION:
        return True
    return term.group in _TARGETS and term.kind in _NAMING


class Gate:
    """The words that weigh, looked for in many texts at once."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._terms = [term for term in matcher.terms if weighs(term)]

    @cached_property
    def _plain(self) -> Automaton:
        return Automaton([term for term in self._terms if not term.unaccented])

    @cached_property
    def _bare(self) -> AhoCorasick:
        """The words that may be parted, without the signs that part them."""
        words = (term.key for term in self._terms if splits(term) and not term.unaccented)
        return AhoCorasick(sorted({_SIGNS.sub("", word).translate(MEANT) for word in words}))

    def passed(self, bodies: Bundle, sides: Sequence[str] = ()) -> list[int]:
        """Name the listings in whose body, or beside it, a word that weighs may stand."""
        passed = self._passed(bodies)
        said = [at for at, side in enumerate(sides) if _LETTER.search(side)]
        if said:
            beside = self._passed(bundle(sides[at] for at in said))
            passed.update(said[at] for at in beside)
        return sorted(passed)

    def _passed(self, texts: Bundle) -> set[int]:
        hits: list[list[Hit]] = [[] for _ in texts.texts]
        self._plain.find(texts, Boundaries(texts, self._matcher.cutter), hits)
        passed = {at for at, found in enumerate(hits) if found}
        doubtful = [at for at in parted(texts) if at not in passed]
        if doubtful:
            passed.update(doubtful[at] for at in self._disguised(texts.take(doubtful)))
        if shows_animals(texts.text):
            passed.update(at for at, text in enumerate(texts.texts) if shows_animals(text))
        passed.update(at for at in self._matcher.hasty(texts) if at not in passed)
        return passed

    def _disguised(self, texts: Bundle) -> Iterator[int]:
        """Name the texts in which a word that weighs is parted, swapped or shortened."""
        suspects = {*masked(texts), *self._undone(texts)}
        suspects.update(_texts_at(texts, [found.start() for found in spelt(texts.text)]))
        found = self._matcher.split_hits(texts, sorted(suspects))
        yield from (at for at, hits in found if any(weighs(hit.term) for hit in hits))
        yield from (at for at in _initialled(texts) if shortened(texts.texts[at]))

    def _undone(self, texts: Bundle) -> list[int]:
        """Name the texts that hold a word once signs are gone and digits are letters."""
        kept = np.flatnonzero(~texts.has(Kind.SOFT | Kind.HARD))
        swapped = texts.has(Kind.SWAP)[kept]
        bare = _text(_SWAPS[texts.codes[kept]])
        matches = self._bare.find_matches_as_indexes(bare, overlapping=True)
        if not matches:
            return []
        _, starts, ends = np.array(matches).T
        changes = np.concatenate(([0], np.cumsum(swapped)))
        changed = kept[ends - 1] - kept[starts] != ends - 1 - starts
        changed |= changes[ends] != changes[starts]
        return _texts_at(texts, kept[starts[changed]])


def _initialled(texts: Bundle) -> list[int]:
    """Name the texts in which a sign follows a letter that stands alone; rather too many."""
    sign = texts.has(Kind.SOFT | Kind.HARD)
    places = np.zeros(len(sign), np.bool_)
    for script in (Kind.LATIN, Kind.THAI, Kind.LAO, Kind.KHMER):
        letter = texts.has(script)
        places[:-1] |= letter[:-1] & sign[1:] & ~np.append(False, letter[:-2])
    places &= ~texts.has(Kind.DIGIT)
    return [at for at, holds in enumerate(texts.holding(places)) if holds]


def _texts_at(texts: Bundle, places: Sequence[int] | NDArray[np.int64]) -> list[int]:
    """Name the texts of a bundle in which characters stand."""
    which: list[int] = np.unique(np.searchsorted(texts.starts, places, "right") - 1).tolist()
    return which


def _text(codes: Codes) -> str:
    return codes.tobytes().decode("utf-32-le", "surrogatepass")
