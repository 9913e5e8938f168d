"""The web site of the sample marketplace.

What a crawler meets:

- `/`, `/c/<category>`, `/seller/<number>`: lists, newest first, 20 a page; the pager is plain
  links to `?page=N`; past the last page is 404. A card links to its listing.
- `/item/<number>` or `/item/<number>-<words>`: one listing, in its own language (`<html lang>`),
  with a canonical link and JSON-LD (Product with Offer: price, priceCurrency, seller,
  availableAtOrFrom, image, datePosted). Only the number counts. Links may carry `?ref=…`.
- `/picture/<number>-<kind>.jpg`: photos. `/search?q=`: plain substring search, closed to robots.

What became of a listing: deleted = 404; delisted = 200 but in no list and no search;
sold = 200 with `<p class="sold">`, no price, `availability` SoldOut, and in no list.
The moderator's page is `/moderator`; its forms want an `Origin` header of this site.
"""

from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from faunawatch.sample import moderator, pages
from faunawatch.sample.market import load_market
from faunawatch.sample.moderation import Moderation
from faunawatch.sample.shop import Shop

LOOPBACK_NAMES = ["127.0.0.1", "localhost"]


def create_site(state_folder: Path) -> FastAPI:
    """Build the marketplace; what its moderator does is kept in `state_folder`."""
    site = FastAPI(title="Pasar Contoh", openapi_url=None)
    site.state.shop = Shop(load_market(), Moderation(state_folder / "moderation.json"))
    # Any other name in Host is a page elsewhere that points its own domain at this machine.
    site.add_middleware(TrustedHostMiddleware, allowed_hosts=LOOPBACK_NAMES)
    site.add_exception_handler(HTTPException, error_page)
    site.include_router(pages.router)
    site.include_router(moderator.router)
    return site


async def error_page(request: Request, error: Exception) -> Response:
    """Show a page that says what went wrong, in the site's dress."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else ""
    context = {"what": "page", "detail": detail if status != 404 else ""}  # noqa: PLR2004
    return pages.templates.TemplateResponse(request, "gone.html", context, status_code=status)


def serve(host: str, port: int, state_folder: Path) -> None:
    """Serve the marketplace until interrupted."""
    uvicorn.run(create_site(state_folder), host=host, port=port, access_log=False)
