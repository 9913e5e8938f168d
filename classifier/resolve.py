"""Names the animal and the product that a listing most likely means, from its terms."""

from classifier.reading import Reading
from classifier.score import TaxonGuess
from classifier.terms import Hit
from data.taxa import ROOTS, Taxa
from data.terms import Ambiguity, TermKind

_SURENESS = {Ambiguity.NONE: 1.0, Ambiguity.LOW: 0.9, Ambiguity.HIGH: 0.75}
_ROOT_SURENESS = 0.7
_ENOUGH_TO_NAME = 0.05  # below this chance of an offer, words alone name no animal


def resolve_taxon(
    reading: Reading, groups: dict[str, float], taxa: Taxa, *, flag: bool
) -> TaxonGuess | None:
    """Name the most exact taxon that terms of the likeliest group point to."""
    group = max(groups, key=groups.__getitem__)
    hits = [hit for hit in reading.pointing if hit.term.group == group and hit.term.taxon]
    if not hits:
        confidence = round(groups[group] * _ROOT_SURENESS, 4)
        return TaxonGuess(ROOTS[group], confidence) if flag else None
    if not flag and groups[group] < _ENOUGH_TO_NAME:
        return None
    best = max(hits, key=lambda hit: _exactness(hit, taxa))
    return TaxonGuess(best.term.taxon, round(groups[group] * _SURENESS[best.term.ambiguity], 4))


def _exactness(hit: Hit, taxa: Taxa) -> tuple[int, float, int]:
    depth = len(taxa.lineage(hit.term.taxon))
    return depth, _SURENESS[hit.term.ambiguity], hit.end - hit.start


def resolve_product(reading: Reading, groups: dict[str, float]) -> str | None:
    """Name the CITES term code of the longest product term of the likeliest group."""
    group = max(groups, key=groups.__getitem__)
    hits = [hit for hit in reading.pointing if hit.term.group == group and hit.term.product]
    if not hits:
        return None
    return max(hits, key=_wordiness).term.product


def _wordiness(hit: Hit) -> tuple[bool, bool, int]:
    """Rank hits: names of products before animals, sure before vague, long before short."""
    product = hit.term.kind is not TermKind.TAXON
    return product, hit.term.ambiguity is not Ambiguity.HIGH, hit.end - hit.start
