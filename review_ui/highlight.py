"""Reasons laid over text: where each stands, without overlaps, title and description apart."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

LEARNED = frozenset({"ngram", "meaning"})
BOOKKEEPING = frozenset({"start", "rest"})
# What a letter before them is joined to: the signs that stack consonants in Khmer, Burmese and
# Indic scripts, and the joiner of emoji. The vowels of Thai and Lao stand alone by category.
_JOINING = frozenset("\u1039\u17d2\u200d")
_JOINED = frozenset("\u0e33\u0eb3\u200c\u200d")
_SKIN = range(0x1F3FB, 0x1F400)
_LONGEST_BELOW, _LONGEST_ABOVE = 16, 24
_WIDE, _NARROW, _SMALL, _OVERHANG = 18, 10, 6, 18


@dataclass(frozen=True)
class Segment:
    """A stretch of text; `kind` is empty where no reason stands."""

    text: str
    kind: str = ""
    gloss: str = ""

    @property
    def above(self) -> str:
        """The gloss, where it is short enough to stand above the words without tearing the line.

        >>> Segment("象牙手串", "term", "ivory beads").above, Segment("收", "term", "to buy").above
        ('ivory beads', 'to buy')
        >>> Segment("งา", "term", "ivory, or the seeds of sesame").above
        ''
        """
        says_more = self.gloss.casefold() != self.text.casefold() and self.kind not in LEARNED
        fits = _SMALL * len(self.gloss) <= sum(map(_width, self.text)) + _OVERHANG
        short = len(self.text) <= _LONGEST_BELOW and len(self.gloss) <= _LONGEST_ABOVE
        return self.gloss if says_more and short and fits else ""


def _width(letter: str) -> int:
    """Estimate how wide a letter stands, in pixels."""
    if unicodedata.category(letter) in {"Mn", "Me", "Cf"}:
        return 0
    return _WIDE if unicodedata.east_asian_width(letter) in {"W", "F"} else _NARROW


@dataclass(frozen=True)
class Laid:
    """A listing's words with its reasons: the title, and the description by paragraphs."""

    title: tuple[Segment, ...]
    paragraphs: tuple[tuple[Segment, ...], ...]
    kinds: tuple[str, ...]


def lay(title: str, description: str, reasons: Iterable[Mapping[str, Any]]) -> Laid:
    r"""Lay reasons over a listing; offsets are code points of title, newline, description.

    >>> laid = lay("ab", "cd\nef", [{"start": 1, "end": 2, "kind": "term", "gloss": "g"}])
    >>> [segment.kind for segment in laid.title], len(laid.paragraphs)
    (['', 'term'], 2)
    """
    text = f"{title}\n{description}"
    spans = _apart(reasons, text)
    paragraphs = []
    at = len(title) + 1
    for line in description.split("\n"):
        if line.strip():
            paragraphs.append(_cut(text, spans, at, at + len(line)))
        at += len(line) + 1
    kinds = tuple(dict.fromkeys(kind for _, _, kind, _ in spans))
    return Laid(_cut(text, spans, 0, len(title)), tuple(paragraphs), kinds)


Span = tuple[int, int, str, str]


def _apart(reasons: Iterable[Mapping[str, Any]], text: str) -> list[Span]:
    """Return spans in order; of two that overlap rules and longer ones stay, bad offsets go."""
    placed = [
        (*whole_clusters(text, one["start"], one["end"]), one)
        for one in reasons
        if isinstance(one.get("start"), int) and isinstance(one.get("end"), int)
    ]
    placed.sort(key=lambda place: (place[2].get("kind") in LEARNED, place[0] - place[1], place[0]))
    kept: list[Span] = []
    for start, end, one in placed:
        fits = 0 <= start < end <= len(text)
        if fits and all(end <= other[0] or start >= other[1] for other in kept):
            kept.append((start, end, str(one.get("kind", "term")), str(one.get("gloss", ""))))
    return sorted(kept)


def whole_clusters(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a stretch to whole clusters: marking half of one would tear its letters apart.

    >>> whole_clusters("ភ្លុកដំរី", 2, 5)
    (0, 5)
    """
    while 0 < start < len(text) and _is_inside(text, start):
        start -= 1
    while 0 < end < len(text) and _is_inside(text, end):
        end += 1
    return start, end


def _is_inside(text: str, at: int) -> bool:
    """Tell whether a cluster goes on across a place."""
    letter = text[at]
    mark = unicodedata.category(letter) in {"Mn", "Mc", "Me"}
    return mark or letter in _JOINED or text[at - 1] in _JOINING or ord(letter) in _SKIN


def _cut(text: str, spans: list[Span], begin: int, end: int) -> tuple[Segment, ...]:
    segments = []
    at = begin
    for start, stop, kind, gloss in spans:
        first, last = max(start, begin), min(stop, end)
        if first >= last:
            continue
        if first > at:
            segments.append(Segment(text[at:first]))
        segments.append(Segment(text[first:last], kind, gloss))
        at = last
    if at < end:
        segments.append(Segment(text[at:end]))
    return tuple(segments)


def gloss_of(reasons: Iterable[Mapping[str, Any]], limit: int = 6) -> str:
    """Return in English what a listing's telling words mean, in reading order, each once."""
    silent = LEARNED | BOOKKEEPING
    telling = [one for one in reasons if one["kind"] not in silent and float(one["weight"]) > 0]
    placed = sorted(telling, key=lambda one: (one.get("start") is None, one.get("start") or 0))
    glosses = [str(one.get("gloss", "")).strip() for one in placed]
    return " · ".join(list(dict.fromkeys(filter(None, glosses)))[:limit])


def distinct(reasons: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return reasons without those that say the same again, and without mere entries of the sum.

    Of those that say the same the first stays.
    """
    once: dict[tuple[str, str, str], Mapping[str, Any]] = {}
    for one in reasons:
        if one["kind"] not in BOOKKEEPING:
            once.setdefault(meaning_of(one), one)
    return list(once.values())


def meaning_of(reason: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return what makes two reasons the same."""
    return str(reason["kind"]), str(reason["text"]).casefold(), str(reason["gloss"])
