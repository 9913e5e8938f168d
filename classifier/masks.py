"""Guesses words whose vowels were starred or left out: h*r*mau, t.l.n.g."""

import re
from collections.abc import Iterable
from functools import lru_cache

from data.terms import Term, TermKind
from data.text import unaccent

_NAMING = (TermKind.PRODUCT, TermKind.TAXON)  # codes are often masked words themselves
_GROUPS = ("tiger", "elephant", "turtle")
_WORD = re.compile("[a-z]+")
_VOWELS = re.compile("[aeiou]")
_SHORTEST = 5
_CONSONANTS = 3  # with some vowels left; without any, one more
_MOST = 1 << 12


class Masks:
    """The longer Latin words that name an animal or its products, by their consonants."""

    def __init__(self, terms: Iterable[Term] = ()) -> None:
        self._by_consonants: dict[str, set[str]] = {}
        for term in terms:
            if term.kind in _NAMING and term.group in _GROUPS and unaccent(term.key) == term.key:
                for word in _WORD.findall(term.key):
                    if len(word) >= _SHORTEST:
                        self._by_consonants.setdefault(_VOWELS.sub("", word), set()).add(word)
        self.meant = lru_cache(_MOST)(self._meant)

    def _meant(self, word: str) -> str:
        """Give the word that this one is with some vowels gone; empty if it is unlike any.

        >>> from data.terms import load_terms
        >>> masks = Masks(load_terms())
        >>> masks.meant("hrmau"), masks.meant("tlng"), masks.meant("strong")
        ('harimau', 'tulang', '')
        """
        consonants = _VOWELS.sub("", word)
        enough = _CONSONANTS + (consonants == word)
        if len(consonants) < enough or word in (found := self._by_consonants.get(consonants, ())):
            return ""
        fitting = [other for other in found if other[0] == word[0] and _is_within(word, other)]
        return min(fitting, key=lambda other: (len(other), other), default="")


def _is_within(word: str, other: str) -> bool:
    """Tell whether the letters of a word stand in another in the same order."""
    rest = iter(other)
    return all(letter in rest for letter in word)
