"""Bulk classification: lines in, lines out, on as many processor cores as are given."""

import logging
import signal
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from classifier.artefact import SHIPPED, load_model
from classifier.lines import BadLine, classify_lines
from classifier.meaning import load_meaning
from classifier.model import Embed, Model
from classifier.vectors import VectorCache

log = logging.getLogger(__name__)
_PART = 2048  # lines that one process is handed at a time


@dataclass(frozen=True)
class Asked:
    """Which model answers, whether both of its stages do, and where vectors are remembered."""

    folder: Path = SHIPPED
    fast: bool = False
    cache: Path | None = None


@dataclass(frozen=True)
class Part:
    """The answers to some lines in a row, and what is wrong with those that got none."""

    answers: list[str]
    complaints: list[str]


class Classifier:
    """A model made ready in one process."""

    def __init__(self, asked: Asked, workers: int | None = None) -> None:
        self.model: Model = load_model(asked.folder)
        self._embed = None if asked.fast else _embed(asked, workers)

    def part(self, lines: Iterable[bytes], first: int) -> Part:
        """Answer lines of which the first has this number."""
        answers: list[str] = []
        complaints: list[str] = []
        for result in classify_lines(lines, self.model, self._embed, first):
            if isinstance(result, BadLine):
                complaints.append(str(result))
            else:
                answers.append(result.to_json())
        return Part(answers, complaints)


def _embed(asked: Asked, workers: int | None) -> Embed | None:
    meaning = load_meaning(workers)
    if meaning is None:
        return None
    if asked.cache is None:
        return meaning.embed
    return VectorCache(asked.cache, meaning, log.warning).embed


def classify(lines: Iterable[bytes], asked: Asked, jobs: int = 1) -> Iterator[Part]:
    """Answer lines part by part, in their order; raise `BadArtefact` for a bad model folder."""
    parts = _parts(lines)
    if jobs == 1:
        classifier = Classifier(asked)
        yield from (classifier.part(part, first) for first, part in parts)
        return
    load_model(asked.folder)  # a pool would start processes that refuse a bad model for ever
    with get_context("spawn").Pool(jobs, _start, (asked,)) as pool:
        # A pool would read all lines ahead; some rounds at a time keep memory level.
        while some := list(islice(parts, 4 * jobs)):
            yield from pool.imap(_answer, some)


def _parts(lines: Iterable[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    left, first = iter(lines), 1
    while part := list(islice(left, _PART)):
        yield first, part
        first += len(part)


_READY: list[Classifier] = []  # of this process, when it is one of several


def _start(asked: Asked) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started the pool ends it
    _READY.append(Classifier(asked, workers=1))


def _answer(numbered: tuple[int, list[bytes]]) -> Part:
    first, part = numbered
    return _READY[0].part(part, first)
