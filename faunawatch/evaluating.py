"""Says how good the shipped model is: what training found, and what files of texts show."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from classifier.artefact import read_manifest
from classifier.metrics import Share, average_precision, calibration_error, share
from classifier.model import Embed, Model, score_all
from classifier.score import ListingText, Score
from data.corpus import STYLES

_AT_ONCE = 200
_FEW = 200  # texts below which a share of them would claim too much
_FIELDS = ("title", "description", "price", "currency", "category", "seller_text", "country")


class BadTexts(ValueError):
    """A file of texts cannot be read: file, line and what is wrong."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        super().__init__(f"{path}, line {line}: {problem}")


def trained_lines(folder: Path) -> Iterator[str]:
    """Tell what training measured on concepts and voices that no model had seen."""
    figures = read_manifest(folder)["figures"]
    for stage, name in (("both", "Both stages"), ("fast", "Fast stage alone")):
        if stage in figures:
            yield f"{name}: flagged of unseen texts, with 95 % intervals"
            yield from _table(figures[stage])
            yield ""


def _table(figures: dict[str, dict[str, Any]]) -> Iterator[str]:
    heads = ("language", *STYLES[:-1], "precision", "AP", "ECE", "group", "product", "taxon")
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for lang, counts in figures.items():
        yield _row(lang, counts)
    yield _row("all", _together(figures.values()))


def _row(lang: str, counts: dict[str, Any]) -> str:
    shares = [str(Share(*counts[name])) for name in (*STYLES[:-1], "precision")]
    rounded = [f"{counts[name]:.3f}" if counts.get(name) else "" for name in _ROUNDED]
    right = [_percent(Share(*counts[f"right_{name}"])) for name in ("group", "product", "taxon")]
    return f"| {' | '.join((lang, *shares, *rounded, *right))} |"


_ROUNDED = ("ranked", "miscalibrated")


def _together(figures: Iterable[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for counts in figures:
        for name, value in counts.items():
            if isinstance(value, list):
                hits, of = found.get(name, (0, 0))
                found[name] = (hits + value[0], of + value[1])
    return found


def _percent(one: Share) -> str:
    return "none" if one.value is None else f"{one.value:.0%} of {one.of}"


def file_lines(paths: Sequence[Path], model: Model, embed: Embed | None) -> Iterator[str]:
    """Tell what a model does with files of texts, labelled listings or harmless lines.

    A labelled line is one of the corpus format (`title`, `offered`, `style` …); another has
    `text` and may say `has_target_word`. Raise `BadTexts` for a line that is neither.
    """
    for path in paths:
        rows = list(_rows(path))
        scores = list(_scores([_listing(row) for row in rows], model, embed))
        if rows and "offered" in rows[0]:
            yield f"{path.name}: {_labelled(rows, scores)}"
        else:
            yield f"{path.name}: {_harmless(rows, scores)}"


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    labelled = None
    with path.open("rb") as file:  # bytes, so that a broken one is told with its line
        for number, line in enumerate(file, start=1):
            if line.strip():
                row = _row_of(path, number, line)
                labelled = "offered" in row if labelled is None else labelled
                problem = _problem(row, labelled=labelled)
                if problem:
                    raise BadTexts(path, number, problem)
                yield row


def _row_of(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadTexts(path, number, f"is not JSON: {error}") from error
    if not isinstance(row, dict):
        raise BadTexts(path, number, "is not a JSON object")
    return row


def _problem(row: dict[str, Any], *, labelled: bool) -> str:
    """Say what is wrong with a row; empty when nothing is."""
    if not ({"text", "title"} & row.keys()):
        return "has neither a text nor a title"
    if labelled is not ("offered" in row):
        return "is labelled unlike the first line: all lines say whether they are offers, or none"
    if labelled and row["offered"] not in (0, 1):  # as the corpus has it; true and false are equal
        return "offered is neither 1 (or true) nor 0 (or false)"
    if labelled and row["offered"] and not isinstance(row.get("groups"), list):
        return "an offer needs its groups as a list"
    return ""


def _listing(row: dict[str, Any]) -> ListingText:
    if "title" in row:
        return ListingText(*(str(row.get(name) or "") for name in _FIELDS))
    return ListingText(str(row["text"]))


def _scores(listings: Sequence[ListingText], model: Model, embed: Embed | None) -> Iterator[Score]:
    left = iter(listings)
    while part := list(islice(left, _AT_ONCE)):
        yield from score_all(part, model, embed)


def _labelled(rows: list[dict[str, Any]], scores: list[Score]) -> str:
    flags = np.array([one.flag for one in scores])
    offered = np.array([bool(row["offered"]) for row in rows])
    chances = np.array([one.offered for one in scores])
    styles = np.array([str(row.get("style", "")) for row in rows])
    parts = [
        f"{style} {share(flags, styles == style)}" for style in STYLES if (styles == style).any()
    ]
    groups = [
        max(one.groups, key=one.groups.__getitem__) in row["groups"]
        for row, one in zip(rows, scores, strict=True)
        if row["offered"] and one.flag
    ]
    ranked, error = average_precision(chances, offered), calibration_error(chances, offered)
    known = ", ".join(f"flagged {part}" if part is parts[0] else part for part in parts)
    measures = f"AP {ranked or 0:.3f}, calibration error {error or 0:.3f}"
    return f"{known}; {measures}, right group {sum(groups)}/{len(groups)} of found offers"


def _harmless(rows: list[dict[str, Any]], scores: list[Score]) -> str:
    flags = np.array([one.flag for one in scores], np.bool_)
    hard = np.array([bool(row.get("has_target_word")) for row in rows], np.bool_)
    return f"flagged {_counted(share(flags))}; with a target word {_counted(share(flags, hard))}"


def _counted(one: Share) -> str:
    """Give counts, and a rate only where there are enough texts to speak of one."""
    rate = f" = {one.value:.2%}" if one.value is not None and one.of >= _FEW else ""
    return f"{one.hits} of {one.of}{rate}"
