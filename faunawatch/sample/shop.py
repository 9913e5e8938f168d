"""The marketplace as visitors find it: what is shown, page by page."""

from dataclasses import dataclass
from typing import Any

from faunawatch.sample.market import Listing, Market, Seller
from faunawatch.sample.moderation import Moderation, Visibility

PAGE_SIZE = 20


@dataclass(frozen=True)
class Page:
    """One page of a list of listings."""

    listings: tuple[Listing, ...]
    number: int
    last: int
    total: int


@dataclass(frozen=True)
class Shop:
    """The market under its moderation."""

    market: Market
    moderation: Moderation

    def shown(
        self, *, category: str = "", seller: Seller | None = None, words: str = ""
    ) -> tuple[Listing, ...]:
        """Return the listings in lists and search, newest first, narrowed where asked."""
        needle = words.strip().casefold()
        return tuple(
            listing
            for listing in self.market.listings
            if self.moderation.of(listing.number) is Visibility.SHOWN
            and category in {"", listing.category}
            and seller in {None, listing.seller}
            and needle in listing.haystack
        )

    def visible(self, number: int) -> Listing | None:
        """Return the listing whose own page may be seen; None if deleted or never there."""
        if self.moderation.of(number) is Visibility.DELETED:
            return None
        return self.market.by_number.get(number)


def page_of(listings: tuple[Listing, ...], number: int) -> Page | None:
    """Return the page of this number; None past the end.

    >>> page_of((), 1)
    Page(listings=(), number=1, last=1, total=0)
    >>> page_of((), 2) is None
    True
    """
    last = max(1, -(-len(listings) // PAGE_SIZE))
    if not 1 <= number <= last:
        return None
    start = (number - 1) * PAGE_SIZE
    return Page(listings[start : start + PAGE_SIZE], number, last, len(listings))


def structured(listing: Listing, base: str, *, sold: bool) -> dict[str, Any]:
    """Describe the listing as schema.org Product, for search engines; a sold one has no price."""
    address = base + listing.path
    return {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": listing.title,
        "description": listing.description,
        "sku": str(listing.number),
        "url": address,
        "category": listing.category,
        "image": [base + picture.path for picture in listing.pictures],
        "datePosted": listing.posted.isoformat(),
        "offers": offer(listing, base, sold=sold),
    }


def offer(listing: Listing, base: str, *, sold: bool) -> dict[str, Any]:
    """Write the schema.org Offer of a listing; without a price where none is named."""
    seller = listing.seller
    terms: dict[str, Any] = {
        "@type": "Offer",
        "url": base + listing.path,
        "availability": f"https://schema.org/{'SoldOut' if sold else 'InStock'}",
        "seller": {"@type": "Person", "name": seller.name, "url": f"{base}/seller/{seller.number}"},
        "availableAtOrFrom": {"@type": "Place", "name": listing.place},
    }
    if listing.price_value is not None and not sold:
        terms |= {"price": listing.price_value, "priceCurrency": listing.currency}
    return terms
