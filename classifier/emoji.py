"""Meets a product written as a picture of the animal beside its part: 🦷🐯, ngà + 🐘, 🐢 🥚."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from data.taxa import ROOTS
from data.terms import Ambiguity, Term, TermKind

_ANIMALS = {"🐯": "tiger", "🐅": "tiger", "🐘": "elephant", "🐢": "turtle"}
# What the picture or the Han character of a part means beside each animal, as CITES term codes.
_PARTS = {
    "tiger": {
        "🦷": "TEE", "🦴": "BON", "💀": "SKU", "🍶": "MED", "🍷": "MED", "牙": "TEE", "骨": "BON",
        "皮": "SKI", "爪": "CLA", "酒": "MED", "膏": "MED", "胶": "MED", "鞭": "GEN",
    },
    "elephant": {"🦷": "IVC", "🦴": "IVC", "📿": "IJW", "💍": "IJW", "牙": "IVC", "珠": "IJW"},
    "turtle": {"🥚": "EGG", "🍲": "MEA", "🍜": "MEA", "🦴": "CAP", "蛋": "EGG", "板": "CAP"},
}  # fmt: skip
_LONGEST_BARE = 6  # letters of a product that does not name its animal: งา, ngà, gading
_GAP = re.compile(r"[ +&/.·-]{0,3}")
_GAP_BEFORE = re.compile(r"[ +&/.·-]{0,3}\Z")
_ANIMAL = re.compile(f"[{''.join(_ANIMALS)}]")
_WIDEST = 3


class Beside(NamedTuple):
    """A word found in a text, that may name a part."""

    term: Term
    start: int
    end: int


class Pictured(NamedTuple):
    """A product pictured from `start` to `end`."""

    term: Term
    start: int
    end: int


def shows_animals(text: str) -> bool:
    """Tell whether a text has a picture of one of the animals.

    >>> shows_animals("🐘 x"), shows_animals("🐱")
    (True, False)
    """
    return _ANIMAL.search(text) is not None


def pictured(text: str, words: Iterable[Beside]) -> Iterator[Pictured]:
    """Give the products that a picture of an animal makes with the part right beside it.

    >>> [hit.term.product for hit in pictured("出 🦷🐘 和 🐢 🥚", [])]
    ['IVC', 'EGG']
    """
    starts: dict[int, Beside] = {}
    ends: dict[int, Beside] = {}
    for word in words:
        if _may_name(word.term):
            starts.setdefault(word.start, word)
            ends.setdefault(word.end, word)
    for match in _ANIMAL.finditer(text):
        found = _after(text, match, starts) or _before(text, match, ends)
        if found:
            yield found


def _may_name(term: Term) -> bool:
    """Tell whether a word may name a part that a picture says the animal of."""
    if term.kind in (TermKind.PRODUCT, TermKind.CODE):
        bare = len(term.key) <= _LONGEST_BARE and term.key.isalpha()
        return bare and term.ambiguity is Ambiguity.HIGH
    return term.kind in (TermKind.QUALIFIER, TermKind.FORM)


def _after(text: str, match: re.Match[str], starts: dict[int, Beside]) -> Pictured | None:
    group = _ANIMALS[match[0]]
    gap = _GAP.match(text, match.end())
    place = gap.end() if gap else match.end()
    part = _PARTS[group].get(text[place : place + 1])
    if part:
        return Pictured(_term(match[0], part), match.start(), place + 1)
    word = starts.get(place)
    if word and _is_part(word.term, group):
        return Pictured(_term(match[0], word.term.product), match.start(), word.end)
    return None


def _before(text: str, match: re.Match[str], ends: dict[int, Beside]) -> Pictured | None:
    group = _ANIMALS[match[0]]
    gap = _GAP_BEFORE.search(text, max(0, match.start() - _WIDEST), match.start())
    place = gap.start() if gap else match.start()
    part = _PARTS[group].get(text[max(0, place - 1) : place])
    if part:
        return Pictured(_term(match[0], part), place - 1, match.end())
    word = ends.get(place)
    if word and _is_part(word.term, group):
        return Pictured(_term(match[0], word.term.product), word.start, match.end())
    return None


def _is_part(term: Term, group: str) -> bool:
    return term.kind is TermKind.FORM or term.group == group


@cache
def _term(animal: str, product: str) -> Term:
    group = _ANIMALS[animal]
    return Term(
        text=animal,
        key=f"{animal}+{product}",
        lang="mul",
        script="Zsye",
        kind=TermKind.CODE,
        group=group,
        taxon=ROOTS[group],
        product=product,
        ambiguity=Ambiguity.LOW,
        benign_sense="",
        gloss=f"picture of a {group} beside a part or product",
        confidence="known",
        source="rule",
        retired=False,
    )
