"""The listings and sellers of the sample marketplace, as its pages see them."""

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
CATEGORIES = (
    "electronics",
    "vehicles",
    "fashion",
    "home",
    "collectibles",
    "animals",
    "food",
    "leisure",
    "services",
)


@dataclass(frozen=True)
class Seller:
    """An invented account of the marketplace."""

    number: int
    name: str
    profile: str
    place: str
    since: date
    lang: str


@dataclass(frozen=True)
class Picture:
    """One photo of a listing; a relisting may show the photo of an older listing."""

    kind: str
    taken_for: int

    @property
    def path(self) -> str:
        """The address of the photo within the site.

        >>> Picture("bangle", 48230).path
        '/picture/48230-bangle.jpg'
        """
        return f"/picture/{self.taken_for}-{self.kind}.jpg"


@dataclass(frozen=True)
class Listing:
    """One invented advertisement; it does not know whether it is innocent."""

    number: int
    lang: str
    title: str
    description: str
    price: str
    price_value: float | None
    currency: str
    category: str
    place: str
    seller: Seller
    posted: date
    pictures: tuple[Picture, ...]

    @property
    def path(self) -> str:
        """The canonical address within the site: the number, and Latin words of the title."""
        slug = slug_of(self.title)
        return f"/item/{self.number}-{slug}" if slug else f"/item/{self.number}"

    @cached_property
    def haystack(self) -> str:
        """What a search looks through."""
        words = (str(self.number), self.title, self.description, self.place, self.seller.name)
        return "\n".join(words).casefold()


def slug_of(title: str) -> str:
    """Return up to eight Latin words of a title, fit for an address; may be empty.

    >>> slug_of("Vòng tay ngà voi thật, ni 55")
    'vong-tay-nga-voi-that-ni-55'
    >>> slug_of("象牙镯子")
    ''
    """
    plain = unicodedata.normalize("NFKD", title.replace("đ", "d").replace("Đ", "D"))
    words = re.findall(r"[a-z0-9]+", plain.encode("ascii", "ignore").decode().lower())
    return "-".join(words[:8]) if any(word.isalpha() for word in words) else ""


@dataclass(frozen=True)
class Market:
    """Everything on offer, newest first, and everyone who offers."""

    listings: tuple[Listing, ...]
    sellers: dict[int, Seller]

    @cached_property
    def by_number(self) -> dict[int, Listing]:
        """Each listing under its number."""
        return {listing.number: listing for listing in self.listings}


def load_market(folder: Path = FOLDER) -> Market:
    """Read `sellers.jsonl` and `listings/*.jsonl`."""
    sellers = {row["id"]: seller_of(row) for row in rows_of(folder / "sellers.jsonl")}
    listings = [
        listing_of(row, sellers)
        for path in sorted((folder / "listings").glob("*.jsonl"))
        for row in rows_of(path)
    ]
    listings.sort(key=lambda listing: (listing.posted, listing.number), reverse=True)
    return Market(tuple(listings), sellers)


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """Read the objects of a JSON-lines file."""
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def seller_of(row: dict[str, Any]) -> Seller:
    """Turn a row of `sellers.jsonl` into a seller."""
    since = date.fromisoformat(row["since"])
    return Seller(row["id"], row["name"], row["profile"], row["place"], since, row["lang"])


def listing_of(row: dict[str, Any], sellers: dict[int, Seller]) -> Listing:
    """Turn a row of `listings/*.jsonl` into a listing; its `truth` stays behind."""
    return Listing(
        number=row["id"],
        lang=row["lang"],
        title=row["title"],
        description=row["description"],
        price=row["price"],
        price_value=row["price_value"],
        currency=row["currency"],
        category=row["category"],
        place=row["place"],
        seller=sellers[row["seller"]],
        posted=date.fromisoformat(row["posted"]),
        pictures=tuple(picture_of(text, row["id"]) for text in row["images"]),
    )


def picture_of(text: str, number: int) -> Picture:
    """Read `kind`, or `kind@number` where the photo was taken for another listing.

    >>> picture_of("beads@48230", 51600)
    Picture(kind='beads', taken_for=48230)
    """
    kind, _, taken_for = text.partition("@")
    return Picture(kind, int(taken_for or number))
