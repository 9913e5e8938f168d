"""The animals we know: names, CITES listing and how much a listing of one concerns us."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from data.tables import BadReference, Cells, read_table

TAXA_FILE = Path(__file__).parent / "reference/taxa.csv"
ROOTS = {"tiger": "Panthera tigris", "elephant": "Elephantidae", "turtle": "Testudines"}
LOCALES = {
    "en": "common_en", "zh-Hans": "zh_Hans", "zh-Hant": "zh_Hant", "vi": "vi", "th": "th",
    "km": "km", "lo": "lo", "my": "my", "ms": "ms", "id": "id",
}  # fmt: skip
_COLUMNS = (
    "scientific_name", "group", "rank", "parent", "concern", *LOCALES.values(), "cites_appendix",
    "iucn_category", "trade_notes", "confidence", "source",
)  # fmt: skip


class Concern(StrEnum):
    """How much an offer of a taxon concerns us."""

    PROTECTED = "protected"
    UNCLEAR = "unclear"
    COMMON_FARMED = "common_farmed"
    OTHER = "other"


class Rank(StrEnum):
    """The level a taxon stands on."""

    ORDER = "order"
    FAMILY = "family"
    GENUS = "genus"
    SPECIES = "species"
    SUBSPECIES = "subspecies"


@dataclass(frozen=True, slots=True)
class Taxon:
    """A species or a higher group; `group` is tiger, elephant, turtle or other."""

    scientific_name: str
    group: str
    rank: Rank
    parent: str
    concern: Concern
    names: dict[str, str]
    cites_appendix: str
    iucn_category: str
    trade_notes: str
    confidence: str
    source: str

    def name(self, locale: str) -> str:
        """Give the name in a locale, else in English, else the scientific name."""
        return self.names.get(locale) or self.names.get("en") or self.scientific_name


class Taxa:
    """All taxa by scientific name."""

    def __init__(self, taxa: dict[str, Taxon]) -> None:
        self._taxa = taxa

    def __getitem__(self, scientific_name: str) -> Taxon:
        return self._taxa[scientific_name]

    def __contains__(self, scientific_name: object) -> bool:
        return scientific_name in self._taxa

    def __iter__(self) -> Iterator[Taxon]:
        return iter(self._taxa.values())

    def __len__(self) -> int:
        return len(self._taxa)

    def lineage(self, scientific_name: str) -> tuple[str, ...]:
        """Name a taxon and all above it, nearest first.

        >>> load_taxa().lineage("Cuora mouhotii")
        ('Cuora mouhotii', 'Cuora spp.', 'Geoemydidae', 'Testudines')
        """
        names: list[str] = []
        while scientific_name:
            names.append(scientific_name)
            scientific_name = self._taxa[scientific_name].parent
        return tuple(names)


@cache
def load_taxa(path: Path = TAXA_FILE) -> Taxa:
    """Read and check the taxa file."""
    taxa: dict[str, Taxon] = {}
    lines: dict[str, int] = {}
    for line, row in read_table(path, _COLUMNS):
        taxon = _taxon(Cells(path, line, row))
        if taxon.scientific_name in taxa:
            raise BadReference(path, line, "scientific_name", "stands in an earlier line already")
        taxa[taxon.scientific_name] = taxon
        lines[taxon.scientific_name] = line
    for taxon in taxa.values():
        _check_parents(path, lines[taxon.scientific_name], taxon, taxa)
    return Taxa(taxa)


def _taxon(cells: Cells) -> Taxon:
    group = cells.filled("group")
    if group not in ROOTS and not group.startswith("adjacent:"):
        raise cells.bad("group", f"{group!r} is not tiger, elephant, turtle or adjacent:…")
    return Taxon(
        scientific_name=cells.filled("scientific_name"),
        group=group if group in ROOTS else "other",
        rank=cells.read("rank", Rank, "a rank such as species"),
        parent=cells.text("parent"),
        concern=cells.read("concern", Concern, "protected, unclear, common_farmed or other"),
        names={locale: cells.text(column) for locale, column in LOCALES.items()},
        cites_appendix=cells.text("cites_appendix"),
        iucn_category=cells.text("iucn_category"),
        trade_notes=cells.text("trade_notes"),
        confidence=cells.filled("confidence"),
        source=cells.filled("source"),
    )


def _check_parents(path: Path, line: int, taxon: Taxon, taxa: dict[str, Taxon]) -> None:
    seen = {taxon.scientific_name}
    while taxon.parent:
        if taxon.parent not in taxa:
            raise BadReference(path, line, "parent", f"{taxon.parent!r} has no line of its own")
        if taxon.parent in seen:
            raise BadReference(path, line, "parent", "a taxon may not stand above itself")
        seen.add(taxon.parent)
        taxon = taxa[taxon.parent]
