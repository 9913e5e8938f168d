"""What the decide form offers: the likeliest animals first, products of the group, the law."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from data.law import Standing, law_of
from data.queries.listing import usual_taxa
from data.reviews import Form, ReasonCode
from data.taxa import ROOTS, Taxa, Taxon
from review_ui.words import PRODUCTS, USUAL_PRODUCTS, usual_form

MOST_TAXA = 9
FIRST_TAXA = 4
_TRADED = {
    "tiger": ("Panthera tigris",),
    "elephant": ("Elephantidae", "Elephas maximus", "Loxodonta africana"),
    "turtle": (
        "Testudines",
        "Eretmochelys imbricata",
        "Geochelone elegans",
        "Geochelone platynota",
        "Cuora amboinensis",
        "Cuora trifasciata",
        "Manouria emys",
        "Trionychidae",
    ),
}
REASONS_BY_GROUP = {
    "elephant": (ReasonCode.REPLICA, ReasonCode.PLANT_IVORY, ReasonCode.MAMMOTH),
    "tiger": (ReasonCode.REPLICA, ReasonCode.TOY_OR_PRINT, ReasonCode.OTHER_ANIMAL),
    "turtle": (ReasonCode.LEGAL_TAXON, ReasonCode.TOY_OR_PRINT, ReasonCode.REPLICA),
}


@dataclass(frozen=True)
class Law:
    """What can be cited for a taxon in a country, whether it was checked, and all on file."""

    text: str
    verified: bool
    source: str
    standing: Standing | None = None


@dataclass(frozen=True)
class TaxonChoice:
    """One animal to choose, with the legal ground it brings."""

    taxon: Taxon
    law: Law


def law_for(taxon: Taxon, country: str, *, live: bool) -> Law:
    """Return the law of a country on a taxon, or its CITES listing where none is known."""
    standing = law_of(taxon.scientific_name, country, live=live)
    if standing is not None and standing.grounds:
        sources = dict.fromkeys(rule.source for rule in standing.grounds)
        return Law(standing.ground, standing.verified, "; ".join(sources), standing)
    if taxon.cites_appendix.startswith("I"):  # some cells say "not listed" or "varies"
        text = f"CITES Appendix {taxon.cites_appendix}; no national rule is on file"
        return Law(text, verified=False, source=taxon.source, standing=standing)
    return Law("", verified=False, source="", standing=standing)


def ground_of(law: Law) -> str:
    """Return the legal ground as the form fills it in; what nobody checked says so."""
    return law.text if law.verified or not law.text else f"{law.text} (unverified)"


def _ordered(session: Session, taxa: Taxa, guess: str, group: str) -> list[str]:
    groups = [group] if group in ROOTS else list(ROOTS)
    members = [taxon.scientific_name for taxon in taxa if taxon.group in groups]
    names: list[str] = []
    if guess in taxa:
        names += taxa.lineage(guess)[:2]
    for one in groups:
        names.append(ROOTS[one])
    names += usual_taxa(session, members)
    for one in groups:
        names += _TRADED[one]
    return _known_once([*names, *(members if group in {"tiger", "elephant"} else [])], taxa)


def _known_once(names: Iterable[str], taxa: Taxa) -> list[str]:
    return [name for name in dict.fromkeys(names) if name in taxa]


@dataclass(frozen=True)
class Choices:
    """Everything the form offers for one listing."""

    taxa: Sequence[TaxonChoice]
    others: dict[str, list[Taxon]]
    usual_products: Sequence[str]
    other_products: Sequence[str]
    reasons: Sequence[ReasonCode]
    product: str
    form: Form

    @property
    def ground(self) -> str:
        """The legal ground of the first choice."""
        return ground_of(self.taxa[0].law) if self.taxa else ""


def choices_for(
    session: Session, taxa: Taxa, *, guess: str, product: str, group: str, country: str
) -> Choices:
    """Return the choices for a listing, the model's guess first."""
    names = _ordered(session, taxa, guess, group)[:MOST_TAXA]
    usual = list(USUAL_PRODUCTS.get(group, ()))
    if product in PRODUCTS:
        usual = [product, *(code for code in usual if code != product)]
    first = REASONS_BY_GROUP.get(group, ())
    live = usual_form(product) is Form.LIVE
    return Choices(
        taxa=[TaxonChoice(taxa[name], law_for(taxa[name], country, live=live)) for name in names],
        others={
            group_name: [taxon for taxon in taxa if taxon.group == group_name]
            for group_name in (*ROOTS, "other")
        },
        usual_products=usual,
        other_products=[code for code in PRODUCTS if code not in usual],
        reasons=[*first, *(code for code in ReasonCode if code not in first)],
        product=product if product in PRODUCTS else "",
        form=usual_form(product),
    )
