"""Names the animal and the product that a listing most likely means, from its terms."""

from collections.abc import Iterator

from classifier.reading import Reading
from classifier.score import TaxonGuess
from classifier.terms import Hit
from data.taxa import ROOTS, Taxa
from data.terms import Ambiguity, TermKind

_SURENESS = {Ambiguity.NONE: 1.0, Ambiguity.LOW: 0.9, Ambiguity.HIGH: 0.75}
_ROOT_SURENESS = 0.7
_ENOUGH_TO_NAME = 0.05  # below this chance of an offer, words alone name no animal
# What a word of form means for each group; forms are told as if made of ivory.
_FORMS = {
    "tiger": {"IJW": "TEE", "IVC": "TEE", "POW": "POW", "MED": "MED", "OIL": "OIL", "BOD": "BOD"},
    "elephant": {"IJW": "IJW", "IVC": "IVC", "POW": "POW", "BOD": "BOD"},
    "turtle": {"IJW": "JWL", "IVC": "CAP", "MED": "MED", "OIL": "OIL", "POW": "CAP", "BOD": "BOD"},
}
_RAW_IVORY = ("IVC", "TUS")
_DEFAULTS = {"elephant": "IVC", "turtle": "LIV"}


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
    sureness = groups[group] * _SURENESS[best.term.ambiguity]
    return TaxonGuess(best.term.taxon, round(sureness, 4))


def _exactness(hit: Hit, taxa: Taxa) -> tuple[int, float, int]:
    depth = len(taxa.lineage(hit.term.taxon))
    return depth, _SURENESS[hit.term.ambiguity], hit.end - hit.start


def resolve_product(reading: Reading, groups: dict[str, float], *, flag: bool) -> str | None:
    """Name the CITES term code of what is offered: by product, else by trait, form or group."""
    group = max(groups, key=groups.__getitem__)
    own = [hit for hit in reading.hits if hit.term.group == group and hit.term.product]
    named = [hit for hit in own if hit.term.kind in (TermKind.PRODUCT, TermKind.CODE)]
    if named:
        best = max(named, key=_wordiness)
        return _shaped(reading, group, best)
    if not flag and not reading.pointing:
        return None
    return next(_guesses(reading, group, own), None)


def _wordiness(hit: Hit) -> tuple[bool, bool, int]:
    """Rank hits: products before slang, sure before vague, long before short."""
    product = hit.term.kind is TermKind.PRODUCT
    return product, hit.term.ambiguity is not Ambiguity.HIGH, hit.end - hit.start


def _shaped(reading: Reading, group: str, hit: Hit) -> str:
    """Let the form say what was made of ivory that is named as such."""
    if group == "elephant" and hit.term.product in _RAW_IVORY:
        return next(_forms(reading, group), hit.term.product)
    return hit.term.product


def _guesses(reading: Reading, group: str, own: list[Hit]) -> Iterator[str]:
    """Give product codes from the surest sign to the weakest."""
    traits = [hit.term.product for hit in own if hit.term.kind is TermKind.QUALIFIER]
    animals = [hit.term.product for hit in own if hit.term.kind is TermKind.TAXON]
    if group == "turtle":
        yield from animals
    if group == "elephant":
        yield from _forms(reading, group)
    yield from traits
    yield from _forms(reading, group)
    yield from animals
    if group in _DEFAULTS:
        yield _DEFAULTS[group]


def _forms(reading: Reading, group: str) -> Iterator[str]:
    for hit in reading.hits:
        if hit.term.kind is TermKind.FORM and hit.term.product in _FORMS[group]:
            yield _FORMS[group][hit.term.product]
