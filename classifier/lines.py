"""Classifies listings given as lines of JSON, one result or complaint for each line."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from classifier.model import Embed, Model, score_all
from classifier.score import NO_GROUPS, ListingText, Reason, Score

_FIELDS = ("title", "description", "price", "currency", "category", "seller_text", "country")
_AT_ONCE = 256
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Result:
    """The score of one line; `id` is the listing's own or the number of its line."""

    id: str | int
    score: Score

    def to_json(self) -> str:
        """Write the result as one line of JSON."""
        found = self.score
        if found.groups is NO_GROUPS:
            return f'{{"id": {_quoted(self.id)}, {_unread(found.lang, found.offered)}'
        return json.dumps(self.fields(), ensure_ascii=False)

    def fields(self) -> dict[str, Any]:
        """Give what stands in the line."""
        found = self.score
        taxon = found.taxon and {"name": found.taxon.name, "confidence": found.taxon.confidence}
        return {
            "id": self.id,
            "lang": found.lang,
            "offered": found.offered,
            "groups": found.groups,
            "flag": found.flag,
            "taxon": taxon,
            "product": found.product,
            "reasons": [_reason(reason) for reason in found.reasons],
        }


_quoted = json.JSONEncoder(ensure_ascii=False).encode


@lru_cache(1 << 16)
def _unread(lang: str, offered: float) -> str:
    """Write what follows the id of a listing too unlikely to say more of: most of them."""
    fields = Result("", Score(lang, offered, {**NO_GROUPS}, flag=False)).fields()
    return json.dumps(fields, ensure_ascii=False).partition(", ")[2]


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no listing; `number` counts from 1."""

    number: int
    problem: str

    def __str__(self) -> str:
        return f"line {self.number}: {self.problem}"


def classify_lines(
    lines: Iterable[str | bytes], model: Model, embed: Embed | None = None, first: int = 1
) -> Iterator[Result | BadLine]:
    """Score each line of JSON in order; empty lines are passed over, bad ones told.

    Lines are scored some hundred at a time; `first` is the number of the first one. With
    `embed` both stages answer.

    >>> from classifier.artefact import load_model
    >>> [str(bad) for bad in classify_lines(["[1]"], load_model())]
    ['line 1: is not a JSON object with a title']
    """
    read = (_read(number, line) for number, line in enumerate(lines, start=first) if line.strip())
    while batch := list(islice(read, _AT_ONCE)):
        wanted = [one for one in batch if isinstance(one, _Wanted)]
        scores = iter(score_all([one.listing for one in wanted], model, embed))
        for one in batch:
            yield one if isinstance(one, BadLine) else Result(one.id, next(scores))


class _Wanted(NamedTuple):
    """A listing that waits for its score."""

    id: str | int
    listing: ListingText


def _read(number: int, line: str | bytes) -> _Wanted | BadLine:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        return BadLine(number, f"is not JSON: {error}")
    if not isinstance(fields, dict) or "title" not in fields:
        return BadLine(number, "is not a JSON object with a title")
    texts: list[str] = []
    for name in _FIELDS:
        text = _text(fields.get(name))
        if text is None:
            return BadLine(number, f"{name} is neither a text nor null")
        texts.append(text)
    given = fields.get("id")
    if given is not None and (isinstance(given, bool) or not isinstance(given, str | int)):
        return BadLine(number, "id is neither a text nor a whole number")
    own = _text(given) if isinstance(given, str) else given
    return _Wanted(number if own is None else own, ListingText(*texts))


def _text(value: object) -> str | None:
    """Give a field as text that any encoding can write, each character in its place.

    None stands for an empty text, and a price may come as a number; what else is no text
    gives None.
    """
    if isinstance(value, str):
        return value if value.isascii() else _LONE_SURROGATE.sub("\ufffd", value)
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return None


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "text": reason.text,
        "start": reason.start,
        "end": reason.end,
        "kind": str(reason.kind),
        "gloss": reason.gloss,
        "weight": reason.weight,
    }
