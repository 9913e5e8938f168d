"""The public pages: lists with a pager, search, listing, seller, photo, robots."""

import re
from typing import Annotated, NoReturn

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import FileResponse, PlainTextResponse
from fastapi.templating import Jinja2Templates

from faunawatch.sample.labels import labels_of
from faunawatch.sample.market import CATEGORIES, FOLDER, Listing
from faunawatch.sample.moderation import Visibility
from faunawatch.sample.pictures import jpeg_of, kinds
from faunawatch.sample.shop import Page, Shop, page_of, structured

ROBOTS = """\
User-agent: *
# Lists, categories and listings may be read.
Allow: /
# The moderator's desk is not for machines, and search results repeat what the lists show.
Disallow: /moderator
Disallow: /search
"""
MORE = 4
router = APIRouter()
templates = Jinja2Templates(FOLDER / "templates")
templates.env.globals.update(categories=CATEGORIES, labels_of=labels_of)


def shop_of(request: Request) -> Shop:
    """Return the shop this site was made for."""
    shop: Shop = request.app.state.shop
    return shop


AnyShop = Annotated[Shop, Depends(shop_of)]


def not_here() -> NoReturn:
    """Answer 404."""
    raise HTTPException(404)


def base_of(request: Request) -> str:
    """Return the address of the site as the visitor knows it, without a slash at the end."""
    return str(request.base_url).rstrip("/")


def asked_page(listings: tuple[Listing, ...], page: str) -> Page:
    """Return the page a visitor asked for; answer 404 for one that does not exist."""
    number = int(page) if re.fullmatch(r"[0-9]{1,4}", page) else 0
    return page_of(listings, number) or not_here()


def list_page(request: Request, page: Page, **context: object) -> Response:
    """Render a list; `address` is its own path and query, up to the page number."""
    return templates.TemplateResponse(request, "list.html", {"page": page, **context})


@router.get("/")
async def home(request: Request, shop: AnyShop, page: str = "1") -> Response:
    """Show everything, newest first."""
    found = asked_page(shop.shown(), page)
    return list_page(request, found, heading="Newest listings", address="/?page=")


@router.get("/c/{category}")
async def category_list(
    request: Request, shop: AnyShop, category: str, page: str = "1"
) -> Response:
    """Show one category, newest first."""
    if category not in CATEGORIES:
        not_here()
    found = asked_page(shop.shown(category=category), page)
    heading = labels_of("en").categories[category]
    address = f"/c/{category}?page="
    return list_page(request, found, heading=heading, address=address, category=category)


@router.get("/search")
async def search(request: Request, shop: AnyShop, q: str = "", page: str = "1") -> Response:
    """Find listings that hold the words as written, anywhere."""
    found = asked_page(shop.shown(words=q), page)
    return list_page(request, found, heading=f"{found.total} found for “{q}”", q=q)


@router.get("/item/{reference}")
async def listing_page(request: Request, shop: AnyShop, reference: str) -> Response:
    """Show one listing; what follows its number in the address does not matter."""
    match = re.fullmatch(r"([0-9]{1,9})(-.*)?", reference)
    listing = shop.visible(int(match[1])) if match else None
    if listing is None:
        return gone(request)
    sold = shop.moderation.of(listing.number) is Visibility.SOLD
    base = base_of(request)
    context = {
        "listing": listing,
        "labels": labels_of(listing.lang),
        "sold": sold,
        "more": more_from(shop, listing),
        "canonical": base + listing.path,
        "structured": structured(listing, base, sold=sold),
    }
    return templates.TemplateResponse(request, "listing.html", context)


def gone(request: Request) -> Response:
    """Show the page where a listing is not, or no longer."""
    return templates.TemplateResponse(request, "gone.html", {"what": "listing"}, status_code=404)


def more_from(shop: Shop, listing: Listing) -> list[Listing]:
    """Return a few other listings of the same seller."""
    others = shop.shown(seller=listing.seller)
    return [other for other in others if other.number != listing.number][:MORE]


@router.get("/seller/{number}")
async def seller_page(request: Request, shop: AnyShop, number: str, page: str = "1") -> Response:
    """Show a seller's profile and listings."""
    seller = shop.market.sellers.get(int(number)) if number.isdecimal() else None
    if seller is None:
        not_here()
    found = asked_page(shop.shown(seller=seller), page)
    address = f"/seller/{seller.number}?page="
    return list_page(request, found, heading=seller.name, address=address, seller=seller)


@router.get("/picture/{name}")
async def picture(shop: AnyShop, name: str) -> Response:
    """Send a photo; like the image hosts of real sites, it outlives its listing."""
    match = re.fullmatch(r"([0-9]{1,9})-([a-z_]+)\.jpg", name)
    if not match or match[2] not in kinds() or int(match[1]) not in shop.market.by_number:
        not_here()
    body = jpeg_of(match[2], int(match[1]))
    return Response(body, media_type="image/jpeg", headers={"Cache-Control": "max-age=86400"})


@router.get("/robots.txt")
async def robots() -> Response:
    """Say what a machine may read."""
    return PlainTextResponse(ROBOTS)


@router.get("/about")
async def about(request: Request) -> Response:
    """Say what this site is."""
    return templates.TemplateResponse(request, "about.html")


@router.get("/site.css")
async def style() -> Response:
    """Send the style sheet."""
    return FileResponse(FOLDER / "site.css", media_type="text/css")
