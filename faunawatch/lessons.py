"""What a model learns from: the corpus, labels handed over in files, and the team's verdicts.

Near-identical texts share one concept, so that whoever splits by concept never has a text's like
on both sides. Texts that models are shown or tested on are refused.
"""

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from sqlalchemy.orm import Session

from data.alike import groups_of, keys_of, plain_text
from data.corpus import (
    CORPUS_FOLDER,
    LANGUAGES,
    CorpusRow,
    corpus_files,
    load_corpus,
    read_rows,
)
from data.missed import is_offer
from data.queries.labels import Labelled, effective_labels
from data.reviews import ReasonCode, Verdict
from data.tables import BadReference
from data.taxa import ROOTS, Taxa, load_taxa

_ROOT = Path(__file__).parents[1]
_NEVER_LEARNED = {
    "the sample marketplace": _ROOT / "faunawatch/sample/listings",
    "a frozen test set": _ROOT / "tests/heldout",
}
_KINDS: Mapping[ReasonCode | None, str] = {
    ReasonCode.REPLICA: "imitation",
    ReasonCode.PLANT_IVORY: "imitation",
    ReasonCode.TOY_OR_PRINT: "toy_or_print",
    ReasonCode.MAMMOTH: "other_wildlife",
    ReasonCode.OTHER_ANIMAL: "other_wildlife",
    ReasonCode.INFORMATION_ONLY: "news_or_info",
}


@dataclass(frozen=True)
class Lessons:
    """All rows to learn from, near-identical ones under one concept; where they come from."""

    rows: tuple[CorpusRow, ...]
    counts: Mapping[str, int]  # corpus, decided, extra
    left_out: Mapping[str, int]  # why: how many verdicts


@cache
def never_learned() -> Mapping[str, str]:
    """Return the folded texts that no model may learn, each with where it stands.

    The frozen test sets are part of a checkout only.
    """
    return {
        plain_text(row["title"], row["description"]): f"{what} ({path.name}, line {line})"
        for what, folder in _NEVER_LEARNED.items()
        for path in sorted(folder.glob("*.jsonl"))
        for line, row in enumerate(map(json.loads, path.read_bytes().splitlines()), start=1)
    }


def read_extra(files: Iterable[Path]) -> list[CorpusRow]:
    """Read labels in the corpus format; raise `BadReference` with file, line and field."""
    taxa = load_taxa()
    return [row for path in files for row in _checked(path, taxa)]


def read_corpus(folder: Path = CORPUS_FOLDER) -> tuple[CorpusRow, ...]:
    """Read the corpus; raise `BadReference` where a text is not to be learned."""
    for path in corpus_files(folder):
        for _ in _checked(path, load_taxa()):
            pass
    return load_corpus(folder)


def _checked(path: Path, taxa: Taxa) -> Iterator[CorpusRow]:
    """Yield a file's rows, refusing what models are shown or tested on."""
    for line, row in read_rows(path, taxa):
        where = never_learned().get(_plain(row))
        if where is not None:
            problem = f"this text stands in {where}, which no model may learn: take the line out"
            raise BadReference(path, line, "title", problem)
        yield row


def _plain(row: CorpusRow) -> str:
    return plain_text(row.title, row.description)


def gather(
    session: Session, corpus: Sequence[CorpusRow], extra: Sequence[CorpusRow] = ()
) -> Lessons:
    """Put corpus, extra labels and the verdicts in force together.

    Of verdicts on the very same words the newest counts, and it counts before a file's label.
    """
    decided, left_out = _decided(effective_labels(session), load_taxa())
    sources = {"corpus": corpus, "extra": extra, "decided": decided}
    rows = [(name, row) for name, some in sources.items() for row in some]
    # Concepts first: a text that a verdict replaces still says where its likes belong.
    alike = under_one_concept([row for _, row in rows])
    by_words = {_plain(row): (name, row) for (name, _), row in zip(rows, alike, strict=True)}
    counts = Counter(name for name, _ in by_words.values())
    return Lessons(
        rows=tuple(row for _, row in by_words.values()),
        counts={name: counts[name] for name in sources},
        left_out=left_out,
    )


def under_one_concept(rows: Sequence[CorpusRow]) -> Iterator[CorpusRow]:
    """Give near-identical rows the concept of the first of them."""
    firsts = groups_of([keys_of(row.title, row.description) for row in rows])
    for row, first in zip(rows, firsts, strict=True):
        concept = rows[first].concept
        yield row if row.concept == concept else replace(row, concept=concept)


def _decided(labels: Iterable[Labelled], taxa: Taxa) -> tuple[list[CorpusRow], Mapping[str, int]]:
    """Turn verdicts into rows by listing, the newest last where two say the same words."""
    rows, left_out = [], Counter[str]()
    for label in sorted(labels, key=lambda one: one.decision_id):
        found = _row(label, taxa)
        if isinstance(found, str):
            left_out[found] += 1
        else:
            rows.append(found)
    return rows, left_out


def _row(label: Labelled, taxa: Taxa) -> CorpusRow | str:
    """Return what a verdict teaches, or why it teaches nothing."""
    if label.lang not in LANGUAGES:
        return "their language is not known"
    if plain_text(label.title, label.description) in never_learned():
        return "they are texts of the sample marketplace or of a frozen test set"
    offered = is_offer(label.verdict, label.reason)
    groups = _groups(label, taxa) if offered else ()
    if offered and not groups and label.verdict is not Verdict.INFRINGING:
        return "they are offers of an animal that nobody named"
    named = label.taxa[0] if label.taxa else label.flagged_taxon
    return CorpusRow(
        id=f"listing-{label.listing_id}",
        lang=label.lang,
        concept=f"listing-{label.listing_id}",
        voice=f"s{zlib.crc32(str(label.seller_id or label.listing_id).encode())}",
        title=label.title,
        description=label.description,
        price=label.price,
        currency=label.currency,
        category=label.category,
        seller_text=label.seller_text,
        country=label.country,
        offered=bool(groups),
        groups=groups,
        product=label.product if groups else "",
        taxon=named if groups and named in taxa else "",
        style="plain" if groups else "lookalike",
        kind=_kind(label, groups),
    )


def _groups(label: Labelled, taxa: Taxa) -> tuple[str, ...]:
    """Return which of the three groups is offered; an infringing parrot is an offer of none."""
    named = {taxa[taxon].group for taxon in label.taxa if taxon in taxa}
    if label.verdict is not Verdict.INFRINGING:
        named = {label.flagged_group}
    return tuple(group for group in ROOTS if group in named)


def _kind(label: Labelled, groups: tuple[str, ...]) -> str:
    if groups:
        return "offer"
    if label.verdict is Verdict.INFRINGING:
        return "other_wildlife"
    return _KINDS.get(label.reason, "ordinary")
