"""The page before a seller's site: what it would learn, and the link."""

from urllib.parse import urlsplit

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import HTMLResponse

from data.listings import Listing
from review_ui.auth import Reads
from review_ui.pages import page

router = APIRouter()


def outside(url: str) -> str:
    r"""Return the host of a stored address that a browser may open, or nothing.

    An address that browsers read otherwise than we do is not opened: the page would name one host
    and lead to another.

    >>> outside("https://shop.example/1"), outside("javascript:alert(1)"), outside("//x")
    ('shop.example', '', '')
    >>> outside("https://evil.example\\@shop.example/"), outside("https://a@shop.example/")
    ('', '')
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc or "\\" in url:
        return ""
    return parts.hostname or ""


@router.get("/leave")
def warn(request: Request, visit: Reads, listing: int) -> HTMLResponse:
    """Warn before the browser leaves for a listing's own page."""
    with visit.read() as session:
        found = session.get_one(Listing, listing)
        host = outside(found.url)
        if not host:
            raise HTTPException(410, "The stored address of this listing cannot be opened.")
        values = {"listing": found, "host": host}
        response = page(request, "leave.html", values, visit=visit)
    response.headers["referrer-policy"] = "no-referrer"
    return response
