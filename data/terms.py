"""The lexicon: words that point to an animal, a product, an offer, or to something harmless."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from data.tables import Cells, read_table
from data.taxa import ROOTS, Taxa, load_taxa
from data.text import fold
from data.zawgyi import to_unicode

TERMS_FOLDER = Path(__file__).parent / "reference/terms"
LANGUAGES = (
    "zh-Hans", "zh-Hant", "zh-Latn", "vi", "th", "km", "lo", "my", "ms", "id", "en", "mul",
)  # fmt: skip
_COLUMNS = (
    "term", "lang", "script_or_romanisation", "kind", "taxon_group", "taxon",
    "product_cites_code", "ambiguity", "benign_sense", "gloss_en", "confidence", "source",
    "first_seen", "last_seen", "retired",
)  # fmt: skip


class TermKind(StrEnum):
    """What a word says when it stands in a listing."""

    TAXON = "taxon"  # names the animal
    PRODUCT = "product"  # names an animal's part or product
    CODE = "code"  # means one of the two in a seller's slang
    QUALIFIER = "qualifier"  # says more: wild, genuine, weight, form
    INTENT = "intent"  # says that something is sold or sought
    CONTACT = "contact"  # asks to talk elsewhere
    BENIGN = "benign"  # looks like one of the above and is harmless
    FORM = "form"  # the shape of a carved or boiled thing: bangle, bead, glue
    DISCLAIMER = "disclaimer"  # says imitation or other material: true, or a disguise
    TOY = "toy"  # toy, print, decoration, garment
    REPORT = "report"  # news, law, conservation, books
    CARE = "care"  # food, tanks and tools for keeping pets
    NEGATION = "negation"  # denies the word beside it
    EVASION = "evasion"  # says that the name must not be said, or is for those who know


_ONE_OF_KINDS = f"one of {' '.join(TermKind)}"


class Ambiguity(StrEnum):
    """How much more than the word itself is needed."""

    NONE = "none"
    LOW = "low"
    HIGH = "high"


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """One word or phrase; `key` is its spelling in normalised text."""

    text: str
    key: str
    lang: str
    script: str
    kind: TermKind
    group: str
    taxon: str
    product: str
    ambiguity: Ambiguity
    benign_sense: str
    gloss: str
    confidence: str
    source: str
    retired: bool

    @property
    def unaccented(self) -> bool:
        """Whether this is Vietnamese without accents, which counts only in such a text."""
        return self.script == "Latn-unaccented"

    @property
    def decisive(self) -> bool:
        """Whether the word alone is enough to have a person look."""
        offers = self.kind in (TermKind.PRODUCT, TermKind.CODE)
        return offers and self.group in ROOTS and self.ambiguity is Ambiguity.NONE


class Terms:
    """All terms that are in use, in the order of their files."""

    def __init__(self, terms: tuple[Term, ...]) -> None:
        self._terms = terms

    def __iter__(self) -> Iterator[Term]:
        return iter(self._terms)

    def __len__(self) -> int:
        return len(self._terms)

    @cached_property
    def by_key(self) -> dict[str, tuple[Term, ...]]:
        """All terms that share one normalised spelling."""
        found: dict[str, list[Term]] = {}
        for term in self._terms:
            found.setdefault(term.key, []).append(term)
        return {key: tuple(terms) for key, terms in found.items()}

    def of(self, lang: str) -> Iterator[Term]:
        """Yield the terms of one language."""
        return (term for term in self._terms if term.lang == lang)


def load_terms(
    folder: Path = TERMS_FOLDER, overlay: Path | None = None, taxa: Taxa | None = None
) -> Terms:
    """Read and check all `*.csv` of a folder, then those of a private overlay folder.

    A row of the overlay replaces the row with the same term, language, kind and group; marked
    retired, it takes it away.
    """
    taxa = taxa or load_taxa()
    found: dict[tuple[str, str, TermKind, str], Term] = {}
    for place in (folder, overlay):
        if place is not None:
            for term in _read_folder(place, taxa):
                found[term.text, term.lang, term.kind, term.group] = term
    return Terms(tuple(term for term in found.values() if not term.retired))


def term_files(folder: Path) -> list[Path]:
    """List the term files of a folder in a stable order."""
    return sorted(folder.glob("*.csv"))


def _read_folder(folder: Path, taxa: Taxa) -> Iterator[Term]:
    for path in term_files(folder):
        rows = [Cells(path, line, row) for line, row in read_table(path, _COLUMNS)]
        for cells, key in zip(rows, _keys(rows), strict=True):
            yield _term(cells, key, taxa)


def _keys(rows: Sequence[Cells]) -> list[str]:
    """Fold the terms of a file all at once, which takes a tenth of the time."""
    texts = [_unicode(cells) for cells in rows]
    keys = fold("\n".join(texts)).split("\n")
    if len(keys) != len(texts):  # a term shows nothing, or has line breaks
        keys = [fold(text) for text in texts]
    return [key.strip() for key in keys]


def _unicode(cells: Cells) -> str:
    text = cells.filled("term")
    return to_unicode(text) if "Zawgyi" in cells.filled("script_or_romanisation") else text


def _term(cells: Cells, key: str, taxa: Taxa) -> Term:
    if not key:
        raise cells.bad("term", "has no letter that shows")
    text, script = cells.text("term"), cells.text("script_or_romanisation")
    group = _group(cells)
    if cells.filled("lang") not in LANGUAGES:
        raise cells.bad("lang", f"{cells.text('lang')!r} is not one of {' '.join(LANGUAGES)}")
    return Term(
        text=text,
        key=key,
        lang=cells.text("lang"),
        script=script,
        kind=cells.read("kind", TermKind, _ONE_OF_KINDS),
        group=group,
        taxon=_taxon(cells, group, taxa),
        product=cells.text("product_cites_code"),
        ambiguity=cells.read("ambiguity", Ambiguity, "none, low or high"),
        benign_sense=cells.text("benign_sense"),
        gloss=cells.filled("gloss_en"),
        confidence=cells.filled("confidence"),
        source=cells.filled("source"),
        retired=_retired(cells),
    )


def _group(cells: Cells) -> str:
    """Give tiger, elephant, turtle, other, or nothing for a word of no group."""
    group = cells.text("taxon_group")
    if group.startswith("adjacent:"):
        return "other"
    if group and group not in ROOTS:
        raise cells.bad("taxon_group", f"{group!r} is not tiger, elephant, turtle or adjacent:…")
    return group


def _taxon(cells: Cells, group: str, taxa: Taxa) -> str:
    name = cells.text("taxon") or ROOTS.get(group, "")
    if name and name not in taxa:
        raise cells.bad("taxon", f"{name!r} has no line in the taxa file: add one, or correct it")
    return name


def _retired(cells: Cells) -> bool:
    for field in ("first_seen", "last_seen", "retired"):
        if cells.text(field):
            cells.read(field, date.fromisoformat, "a date such as 2026-03-31")
    return bool(cells.text("retired"))
