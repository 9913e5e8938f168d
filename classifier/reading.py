"""Reads one listing: its folded text, the terms, prices and contacts in it."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from classifier.bundle import Bundle, bundle
from classifier.gate import weighs
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
    """What a listing holds; places are characters of `text`."""

    listing: ListingText
    text: str  # the folded body
    hits: tuple[Hit, ...]
    side_hits: tuple[Hit, ...]  # in category, price and profile; places unused
    contacts: tuple[Contact, ...]
    prices: tuple[tuple[Price, int, int], ...]
    shown_price: Price
    pointing: tuple[Hit, ...]  # hits that point to one of the three groups
    by_weight: bool  # whether a price for a weight is named

    @cached_property
    def folded(self) -> Normalised:
        """The folded body with the way back to the listing's own characters."""
        return normalise(self.listing.body)

    @property
    def handles(self) -> tuple[tuple[int, int], ...]:
        """Where handles and phone numbers stand."""
        return tuple((contact.start, contact.end) for contact in self.contacts)

    @cached_property
    def hollow(self) -> bool:
        """Whether no word, picture, trait or hint of the lexicon stands in it: nothing to weigh."""
        return not any(weighs(hit.term) for hit in (*self.hits, *self.side_hits))

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
        if not negations:
            return frozenset()
        # By place, because a text may hold thousands of both.
        starting, ending = defaultdict(list), defaultdict(list)
        for hit in self.hits:
            starting[hit.start].append(hit)
            ending[hit.end].append(hit)
        return frozenset(
            hit
            for negation in negations
            for hit in (
                self._before(negation, ending)
                if negation.term.lang == "my"
                else self._after(negation, starting)
            )
        )

    def _after(self, negation: Hit, starting: Mapping[int, list[Hit]]) -> Iterator[Hit]:
        """Give the hits that stand close after a negation."""
        for start in range(negation.end, negation.end + _CLOSE + 1):
            if start in starting and not _STOP.search(self.text[negation.end : start]):
                yield from starting[start]

    def _before(self, negation: Hit, ending: Mapping[int, list[Hit]]) -> Iterator[Hit]:
        """Give the hits that stand close before a negation, as Burmese has it."""
        for end in range(negation.start - _CLOSE, negation.start + 1):
            if end in ending and not _STOP.search(self.text[end : negation.start]):
                yield from ending[end]


def read(listing: ListingText, matcher: Matcher) -> Reading:
    """Read a listing once, for features and reasons alike."""
    return read_all([listing], matcher)[1][0]


def read_all(
    listings: Sequence[ListingText], matcher: Matcher
) -> tuple[Bundle, tuple[Reading, ...]]:
    """Read listings together; the bundle holds their folded bodies in the same order."""
    bodies = bundle(listing.body for listing in listings)
    return bodies, read_folded(listings, bodies, matcher)


def read_folded(
    listings: Sequence[ListingText], bodies: Bundle, matcher: Matcher
) -> tuple[Reading, ...]:
    """Read listings whose bodies are folded already."""
    sides = bundle(side_of(listing) for listing in listings)
    hits, side_hits = matcher.find_all(bodies), matcher.find_all(sides)
    found = zip(listings, bodies.texts, hits, side_hits, strict=True)
    return tuple(_reading(*one) for one in found)


def _reading(
    listing: ListingText, text: str, hits: tuple[Hit, ...], side_hits: tuple[Hit, ...]
) -> Reading:
    prices = tuple(find_folded_prices(text))
    shown_price = parse_price(listing.price, listing.currency)
    return Reading(
        listing=listing,
        text=text,
        hits=hits,
        side_hits=side_hits,
        contacts=find_folded_contacts(text),
        prices=prices,
        shown_price=shown_price,
        pointing=tuple(hit for hit in hits if _points(hit)),
        by_weight=shown_price.by_weight or any(price.by_weight for price, _, _ in prices),
    )


def side_of(listing: ListingText) -> str:
    """Give what is said beside the body: category, price, profile."""
    return f"{listing.category}\n{listing.price}\n{listing.seller_text}".strip()


def _points(hit: Hit) -> bool:
    return hit.term.kind in _POINTING and hit.term.group in _TARGETS
