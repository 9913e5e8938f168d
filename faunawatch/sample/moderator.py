"""The moderator's desk: take listings down, or put them back, as a real marketplace would."""

from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from faunawatch.sample.market import Listing
from faunawatch.sample.moderation import Action, Visibility
from faunawatch.sample.pages import AnyShop, not_here, templates
from faunawatch.sample.shop import Shop

router = APIRouter(prefix="/moderator")


def same_origin(request: Request) -> None:
    """Refuse a form that was not sent from this site's own pages (403)."""
    origin = urlsplit(request.headers.get("origin", ""))
    if origin.netloc != request.headers.get("host"):
        raise HTTPException(403, "This form must be sent from the moderator's page itself.")


@router.get("")
async def desk(request: Request, shop: AnyShop, q: str = "", state: str = "") -> Response:
    """Show every listing with its state and the buttons that change it."""
    rows = [(listing, shop.moderation.of(listing.number)) for listing in matching(shop, q)]
    context = {
        "rows": [row for row in rows if state in {"", row[1]}],
        "q": q,
        "state": state,
        "states": list(Visibility),
        "counts": {each: sum(seen is each for _, seen in rows) for each in Visibility},
        "back": urlencode({"q": q, "state": state}),
    }
    return templates.TemplateResponse(request, "moderator.html", context)


def matching(shop: Shop, words: str) -> list[Listing]:
    """Return the listings that hold the words, whatever their state."""
    needle = words.strip().casefold()
    return [listing for listing in shop.market.listings if needle in listing.haystack]


@router.post("/{number}/{action}", dependencies=[Depends(same_origin)])
async def moderate(
    shop: AnyShop,
    number: int,
    action: Action,
    q: str = "",
    state: str = "",
) -> Response:
    """Do it, and go back to where the moderator was."""
    if number not in shop.market.by_number:
        not_here()
    shop.moderation.apply(number, action)
    back = urlencode({"q": q, "state": state})
    return RedirectResponse(f"/moderator?{back}#n{number}", status_code=303)
