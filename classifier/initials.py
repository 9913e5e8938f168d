"""Meets names shortened to their first letters, ง.ช. or n.v, where the text speaks of such things.

Two letters are the first letters of very many words: they count only beside what the listing of
such a product says, and then vaguely.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from icu4py.breakers import WordBreaker

from data.terms import Ambiguity, Term, TermKind
from data.text import unaccent

_GROUPS = ("tiger", "elephant", "turtle")
# Some dictionaries hold ivory as one word: it is cut before its animal.
_ANIMAL = re.compile("(?=ช้าง|เสือ|เต่า|ຊ້າງ|ເສືອ|ເຕົ່າ)")
_LETTERS = {"Latn": "a-zđ", "th": "ก-ฮ", "lo": "ກ-ຮ", "km": "ក-អ"}
_WHOLE = {"Latn": "a-z0-9\u00df-\u024f\u1e00-\u1eff", "th": "ก-๛", "lo": "ກ-ໟ", "km": "ក-៹"}
_SIGN = r"[./+\-]"
_BETWEEN = {"Latn": r"[.+\-]"}  # f/t and t/t are trade
_SHORT = re.compile(
    "|".join(
        f"(?<![{_WHOLE[script]}])(?<!{_SIGN})[{letters}]"
        f"(?:{_BETWEEN.get(script, _SIGN)} ?[{letters}]){{1,2}}"
        f"(?!{_SIGN}?[{_WHOLE[script]}])"
        for script, letters in _LETTERS.items()
    )
)
_WEIGHED = re.compile(
    r"\d\s?(?:kg|gr?|gram|gam|ons|lạng|lang|กรัม|ขีด|กิโล|ກຣາມ|ກິໂລ|ຂີດ|ក្រាម|គីឡូ)(?![a-z])"
)
# Months, measures, titles and the like.
_ABBREVIATIONS = """
    มค กพ มีค เมย พค มิย กค สค กย ตค พย ธค พศ คศ กก ซม กม มม ตร รร นส อย จส พร ดช ดญ สต รพ ตม
    fb ib ps am pm ok vv tp us uk eg ie hp pc ac dc cd dj tv id qc hn sg hcm usa
"""
_EVERYDAY = frozenset(_ABBREVIATIONS.split())
_FEWEST_LATIN = 2  # kinds of support


def shortened(text: str) -> list[re.Match[str]]:
    """Find letters that may be initials.

    >>> [found[0] for found in shortened("ง.ช. n.v f/t")]
    ['ง.ช', 'n.v']
    """
    return list(_SHORT.finditer(text))


class Saying(NamedTuple):
    """A term found in a text."""

    term: Term
    start: int
    end: int


class Initials:
    """The names of animals and products by the first letters of their words."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self._terms = [term for term in terms if _is_sure_name(term)]

    @cached_property
    def _by_letters(self) -> dict[str, list[Term]]:
        found: dict[str, list[Term]] = {}
        for term in sorted(self._terms, key=lambda term: (len(term.key), term.key)):
            letters = _letters_of(term)
            if len(letters) in (2, 3) and letters not in _EVERYDAY:
                found.setdefault(letters, []).append(_vague(term))
        return found

    def find(self, text: str, words: Iterable[Saying]) -> Iterator[Saying]:
        """Give the names that letters stand for, if other words of the text support them."""
        initials = shortened(text)
        if not initials:
            return
        said = [word.term for word in words]
        weighed = _WEIGHED.search(text) is not None
        chosen: dict[str, Term | None] = {}
        for match in initials:
            letters = re.sub(r"[./+\- ]", "", match[0]).replace("đ", "d")
            if letters not in chosen:
                chosen[letters] = self._choose(letters, said, weighed=weighed)
            term = chosen[letters]
            if term:
                yield Saying(term, *match.span())

    def _choose(self, letters: str, said: list[Term], *, weighed: bool) -> Term | None:
        """Choose the name that most of the text supports."""
        names = _best(self._by_letters.get(letters, ()))
        support = [_support(name, said, weighed=weighed) for name in names]
        needed = _FEWEST_LATIN if letters.isascii() else 1
        most = max(support, default=0)
        return names[support.index(most)] if most >= needed else None


def _best(terms: Iterable[Term]) -> list[Term]:
    """Keep the shortest name of each language and group."""
    found: dict[tuple[str, str], Term] = {}
    for term in terms:
        found.setdefault((term.lang, term.group), term)
    return list(found.values())


def _support(name: Term, said: list[Term], *, weighed: bool) -> int:
    """Count the kinds of words, in the language of a name, that go with such a name."""
    own = [term for term in said if term.lang == name.lang]
    kinds = {
        term.kind
        for term in own
        if term.kind in (TermKind.FORM, TermKind.EVASION)
        or (term.kind is TermKind.QUALIFIER and term.group == name.group)
    }
    return len(kinds) + weighed if kinds else 0


def _is_sure_name(term: Term) -> bool:
    sure = term.kind is TermKind.PRODUCT or (
        term.kind is TermKind.TAXON and term.ambiguity is not Ambiguity.HIGH
    )
    return sure and term.group in _GROUPS and not term.unaccented


def _letters_of(term: Term) -> str:
    """Give the first consonants of the words of a name."""
    if term.script == "Latn":
        return "".join(word[0] for word in unaccent(term.key).split())
    if term.lang not in ("th", "lo", "km"):
        return ""
    key = _ANIMAL.sub(" ", term.key)
    ends = [0, *(end for _, end in WordBreaker(key, term.lang).segments())]
    words = (key[start:end] for start, end in pairwise(ends))
    firsts = (re.search(f"[{_LETTERS[term.lang]}]", word) for word in words)
    return "".join(first[0] for first in firsts if first)


def _vague(term: Term) -> Term:
    return replace(
        term,
        kind=TermKind.CODE,
        ambiguity=Ambiguity.HIGH,
        gloss=f"initials of {term.text}: {term.gloss}",
    )
