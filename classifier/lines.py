"""Classifies listings given as lines of JSON, one result or complaint for each line."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from classifier.model import Embed, Model, score_all
from classifier.score import ListingText, Reason, Score

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
        taxon = found.taxon and {"name": found.taxon.name, "confidence": found.taxon.confidence}
        fields = {
            "id": self.id,
            "lang": found.lang,
            "offered": found.offered,
            "groups": found.groups,
            "flag": found.flag,
            "taxon": taxon,
            "product": found.product,
            "reasons": [_reason(reason) for reason in found.reasons],
        }
        return json.dumps(fields, ensure_ascii=False)


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
    for name in _FIELDS:
        if not _is_text(fields.get(name)):
            return BadLine(number, f"{name} is neither a text nor null")
    given = fields.get("id")
    if given is not None and (isinstance(given, bool) or not isinstance(given, str | int)):
        return BadLine(number, "id is neither a text nor a whole number")
    listing = ListingText(*(_text(fields.get(name)) for name in _FIELDS))
    if isinstance(given, str):
        return _Wanted(_text(given), listing)
    return _Wanted(number if given is None else given, listing)


def _is_text(value: object) -> bool:
    """Tell whether a field can be read as text; a price may come as a number."""
    return value is None or (isinstance(value, str | int | float) and not isinstance(value, bool))


def _text(value: str | float | None) -> str:
    """Give a field as text that any encoding can write, each character in its place."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else str(value)
    return text if text.isascii() else _LONE_SURROGATE.sub("\ufffd", text)


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "text": reason.text,
        "start": reason.start,
        "end": reason.end,
        "kind": str(reason.kind),
        "gloss": reason.gloss,
        "weight": reason.weight,
    }
