"""The labelled texts that the classifier learns from."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.tables import BadReference
from data.taxa import ROOTS, Taxa, load_taxa

CORPUS_FOLDER = Path(__file__).parent / "reference/corpus"
LANGUAGES = ("zh-Hans", "zh-Hant", "vi", "th", "km", "lo", "my", "ms", "id", "en")
OFFER_STYLES = ("plain", "indirect", "disguised")
STYLES = (*OFFER_STYLES, "lookalike", "ordinary", "borderline")
KINDS = (
    "offer", "imitation", "toy_or_print", "brand", "food_or_plant", "news_or_info",
    "other_wildlife", "ordinary", "look_alike_word", "service_or_ticket", "pet_goods",
)  # fmt: skip
_TEXTS = (
    "id", "lang", "concept", "voice", "title", "description", "price", "currency", "category",
    "seller_text", "country", "product", "taxon", "style", "kind",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CorpusRow:
    """One text and what it is: an offer of which groups, or which kind of harmless text."""

    id: str
    lang: str
    concept: str
    voice: str
    title: str
    description: str
    price: str
    currency: str
    category: str
    seller_text: str
    country: str
    offered: bool
    groups: tuple[str, ...]
    product: str
    taxon: str
    style: str
    kind: str


def load_corpus(folder: Path = CORPUS_FOLDER, taxa: Taxa | None = None) -> tuple[CorpusRow, ...]:
    """Read and check every `*.jsonl` of a folder, in a stable order."""
    taxa = taxa or load_taxa()
    rows: list[CorpusRow] = []
    seen: dict[str, str] = {}
    for path in corpus_files(folder):
        for line, row in read_rows(path, taxa):
            text = f"{row.title}\n{row.description}"
            for key in (f"id {row.id}", f"text {text}"):
                if key in seen:
                    raise BadReference(path, line, key.split()[0], f"stands in {seen[key]} already")
                seen[key] = f"{path.name}, line {line}"
            rows.append(row)
    return tuple(rows)


def corpus_files(folder: Path) -> list[Path]:
    """List the corpus files of a folder in a stable order."""
    return sorted(folder.glob("*.jsonl"))


def corpus_hash(files: Iterable[Path], version: int) -> str:
    """Name what a model is made of: SHA-256 over the files it learns from and a version.

    Names and bytes of the files count, the folders they stand in and their order do not.
    """
    digest = hashlib.sha256(f"features {version}\n".encode())
    for path in sorted(files, key=lambda path: path.name):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def read_rows(path: Path, taxa: Taxa) -> Iterator[tuple[int, CorpusRow]]:
    """Yield line number and row of one file of labelled texts."""
    with path.open("rb") as file:
        for line, text in enumerate(file, start=1):
            yield line, _row(path, line, text, taxa)


def _row(path: Path, line: int, text: bytes, taxa: Taxa) -> CorpusRow:
    try:
        fields: Any = json.loads(text.decode())
    except ValueError as error:
        raise BadReference(path, line, "(row)", f"is not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise BadReference(path, line, "(row)", "must be a JSON object")
    groups = fields.get("groups", [])
    if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
        raise BadReference(path, line, "groups", "must be a list of texts")
    for name in _TEXTS:
        if not isinstance(fields.get(name), str):
            raise BadReference(path, line, name, "must be a text; write an empty one for unknown")
    row = CorpusRow(
        **{name: fields[name] for name in _TEXTS},
        offered=fields.get("offered") == 1,
        groups=tuple(fields.get("groups", ())),
    )
    for field, problem in _problems(row, taxa):
        raise BadReference(path, line, field, problem)
    return row


def _problems(row: CorpusRow, taxa: Taxa) -> Iterator[tuple[str, str]]:
    """Find what contradicts itself in a row."""
    if row.lang not in LANGUAGES:
        yield "lang", f"{row.lang!r} is not one of {' '.join(LANGUAGES)}"
    if row.kind not in KINDS or (row.kind == "offer") is not row.offered:
        yield "kind", f"{row.kind!r} does not go with offered {int(row.offered)}"
    if bool(row.groups) is not row.offered or not set(row.groups) <= set(ROOTS):
        yield "groups", "an offer has groups among tiger, elephant, turtle; another text has none"
    if row.style not in _styles(offered=row.offered):
        yield "style", f"{row.style!r} does not go with offered {int(row.offered)}"
    if row.taxon and row.taxon not in taxa:
        yield "taxon", f"{row.taxon!r} has no line in the taxa file"
    for field in ("id", "title", "concept", "voice"):
        if not getattr(row, field):
            yield field, "must not be empty"


def _styles(*, offered: bool) -> tuple[str, ...]:
    """Give the styles that an offer, or another text, can be written in."""
    return (*OFFER_STYLES, "borderline") if offered else STYLES[len(OFFER_STYLES) :]
