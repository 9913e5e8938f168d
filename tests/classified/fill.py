"""Fill the site through django-classified's own models with the sample marketplace's listings."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.db import transaction
from django_classified.models import Area, Group, Image, Item, Profile, Section

from faunawatch.sample.market import Listing, Market, Seller, load_market
from faunawatch.sample.pictures import jpeg_of
from tests.classified.project import PASSWORD, SUPERUSER

SECTIONS = {
    "Things": ("electronics", "vehicles", "fashion", "home", "collectibles", "leisure"),
    "Living": ("animals", "food", "services"),
}
EVERY = 5


def fill(most: int) -> int:
    """Add sections, areas, sellers, listings and a superuser; return how many listings."""
    market = load_market()
    market = Market(market.listings[:most], market.sellers)
    with transaction.atomic():
        _add(market)
    return len(market.listings)


def _add(market: Market) -> None:
    get_user_model().objects.create_superuser(SUPERUSER, password=PASSWORD)
    groups = _groups()
    areas = {place: _area(place, n) for n, place in enumerate(_places(market), 1)}
    users = {number: _user(seller) for number, seller in market.sellers.items()}
    newest = max(listing.posted for listing in market.listings)
    for number, listing in enumerate(market.listings):
        made = _listing(
            listing, users[listing.seller.number], groups[listing.category], areas[listing.place]
        )
        _age(made, (newest - listing.posted).days, number)
        if number % EVERY == 0:
            _photograph(made, listing)


def _groups() -> dict[str, Any]:
    found = {}
    for title, names in SECTIONS.items():
        section = Section.objects.create(title=title)
        for name in names:
            found[name] = Group.objects.create(title=name.capitalize(), section=section)
    return found


def _places(market: Market) -> list[str]:
    return sorted({listing.place for listing in market.listings})


def _area(title: str, number: int) -> Any:
    return Area.objects.create(title=title, slug=f"area-{number}")


def _user(seller: Seller) -> Any:
    user = get_user_model().objects.create_user(f"seller{seller.number}")
    Profile.objects.create(user=user, phone=f"0900 000 {seller.number:03}")
    return user


def _listing(listing: Listing, user: Any, group: Any, area: Any) -> Any:
    price = Decimal(str(listing.price_value or 0))
    return Item.objects.create(
        user=user,
        group=group,
        area=area,
        title=listing.title,
        description=listing.description or listing.title,  # its own forms require one
        price=price,
    )


def _age(made: Any, days: int, number: int) -> None:
    """Date an item back; the model itself always writes the present moment."""
    posted = datetime.now(UTC) - timedelta(days=days, hours=1, minutes=number)
    Item.objects.filter(pk=made.pk).update(posted=posted, updated=posted)


def _photograph(made: Any, listing: Listing) -> None:
    for picture in listing.pictures:
        content = ContentFile(jpeg_of(picture.kind, picture.taken_for), f"{made.pk}.jpg")
        Image.objects.create(item=made, file=content)
