"""Reads one listing: its folded text, the terms, prices and contacts in it."""

import re
from dataclasses import dataclass
from functools import cached_property

from classifier.score import ListingText
from classifier.terms import Hit, Matcher
from data.fields.contact import Contact, find_folded_contacts
from data.fields.price import Price, find_folded_prices, parse_price
from data.terms import TermKind
from data.text import Normalised, normalise

_CLOSE = 8
_STOP = re.compile(r"[\n,.;:!?。、！？；：，]")
_TARGETS = ("tiger", "elephant", "turtle")
_POINTING = (TermKind.PRODUCT, TermKind.TAXON, TermKind.CODE)


@dataclass(frozen=True)
class Reading:
    """What a listing holds; places are characters of `folded.text`."""

    listing: ListingText
    folded: Normalised
    hits: tuple[Hit, ...]
    side_hits: tuple[Hit, ...]  # in category, price and profile; places unused
    contacts: tuple[Contact, ...]
    prices: tuple[tuple[Price, int, int], ...]
    shown_price: Price

    @cached_property
    def pointing(self) -> tuple[Hit, ...]:
        """Hits that point to one of the three groups."""
        return tuple(hit for hit in self.hits if _points(hit))

    @cached_property
    def handles(self) -> tuple[tuple[int, int], ...]:
        """Where handles and phone numbers stand."""
        return tuple((contact.start, contact.end) for contact in self.contacts)

    @cached_property
    def by_weight(self) -> bool:
        """Whether a price for a weight is named."""
        return self.shown_price.by_weight or any(price.by_weight for price, _, _ in self.prices)

    @cached_property
    def suspicious(self) -> bool:
        """Whether a word such as "plastic" may be a disguise: hints, split words, weight prices."""
        hints = any(hit.term.kind in (TermKind.CODE, TermKind.EVASION) for hit in self.hits)
        odd = any(hit.split or hit.term.decisive for hit in self.pointing)
        return hints or odd or self.by_weight

    @cached_property
    def denied(self) -> frozenset[Hit]:
        """Hits that a negation beside them denies: not plastic, not tiger."""
        negations = [hit for hit in self.hits if hit.term.kind is TermKind.NEGATION]
        return frozenset(
            hit for hit in self.hits if any(self._denies(negation, hit) for negation in negations)
        )

    def _denies(self, negation: Hit, hit: Hit) -> bool:
        """Tell whether a negation stands close before a hit; in Burmese, after it."""
        if negation.term.lang == "my":
            between = self.folded.text[hit.end : negation.start]
            return hit.end <= negation.start <= hit.end + _CLOSE and not _STOP.search(between)
        between = self.folded.text[negation.end : hit.start]
        return negation.end <= hit.start <= negation.end + _CLOSE and not _STOP.search(between)


def read(listing: ListingText, matcher: Matcher) -> Reading:
    """Read a listing once, for features and reasons alike."""
    body = listing.body
    folded = normalise(body)
    side = "\n".join((listing.category, listing.price, listing.seller_text)).strip()
    return Reading(
        listing=listing,
        folded=folded,
        hits=matcher.find(folded.text),
        side_hits=matcher.find(normalise(side).text) if side else (),
        contacts=find_folded_contacts(folded.text),
        prices=tuple(find_folded_prices(folded.text)),
        shown_price=parse_price(listing.price, listing.currency),
    )


def _points(hit: Hit) -> bool:
    return hit.term.kind in _POINTING and hit.term.group in _TARGETS
