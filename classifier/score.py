"""What goes into the classifier and what comes out: a listing's text, and a score with reasons."""

from dataclasses import dataclass, field
from enum import StrEnum

GROUPS = ("tiger", "elephant", "turtle")
# Of a listing too unlikely to be an offer for its groups to be worked out; told by identity.
NO_GROUPS = dict.fromkeys(GROUPS, 0.0)


class ReasonKind(StrEnum):
    """What sort of evidence a reason is."""

    TERM = "term"
    NGRAM = "ngram"
    PRICE = "price"
    CONTACT = "contact"
    MEANING = "meaning"
    BENIGN = "benign"
    START = "start"  # where every listing starts, before any evidence
    REST = "rest"  # all that is too small to be told one by one


@dataclass(frozen=True, slots=True)
class ListingText:
    r"""The words of one listing, as its page gave them; an empty string means not known.

    >>> ListingText("Old comb", "from grandmother").body
    'Old comb\nfrom grandmother'
    """

    title: str
    description: str = ""
    price: str = ""
    currency: str = ""
    category: str = ""
    seller_text: str = ""
    country: str = ""

    @property
    def body(self) -> str:
        """The text that the offsets of reasons count in."""
        return f"{self.title}\n{self.description}"


@dataclass(frozen=True, slots=True)
class Reason:
    """One piece of evidence; positive weight speaks for an offer, negative against it.

    The weights of all reasons of a score add up to its raw score, before calibration.

    `start` and `end` are code points of `ListingText.body`; both None when the evidence has
    no place in it (a price field, the seller's profile).
    """

    text: str
    start: int | None
    end: int | None
    kind: ReasonKind
    gloss: str
    weight: float


@dataclass(frozen=True, slots=True)
class TaxonGuess:
    """The animal a listing most likely means: a scientific name of taxa.csv."""

    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Score:
    """How likely a listing offers a protected animal, which, and why.

    `lang` is one of zh-Hans zh-Hant vi th km lo my ms id en und; `offered` and each value of
    `groups` are probabilities; `product` is a CITES term code. `raw` is what calibration turns
    into `offered`, and what the weights of the reasons add up to.
    """

    lang: str
    offered: float
    groups: dict[str, float]
    flag: bool
    taxon: TaxonGuess | None = None
    product: str | None = None
    reasons: tuple[Reason, ...] = field(default=())
    raw: float = 0.0
