"""Rendering: one template environment per application, with what every page shows."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse

from data.listings import Listing, Sighting
from review_ui import choices, filters, takedown_words, words
from review_ui.auth import Visit, house_of
from review_ui.settings import House

FOLDER = Path(__file__).parent
NAV = (
    ("/", "Queue"),
    ("/batches", "Batches"),
    ("/outcomes", "Outcomes"),
    ("/figures", "Figures"),
    ("/crawls", "Crawls"),
)


def environment(house: House) -> Environment:
    """Make the environment: everything is escaped, and a missing value is an error."""
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(filters.FILTERS)
    made.filters.update(filters.timed(house.settings.zone))
    made.filters["platform_name"] = house.platform_name
    made.globals.update(
        words=words,
        tw=takedown_words,
        settings=house.settings,
        taxa=house.taxa,
        money=_price_of,
        ground_of=choices.ground_of,
    )
    return made


def _price_of(said: Listing | Sighting) -> str:
    return filters.money(said.price, said.currency, said.price_text)


def page(
    request: Request,
    template: str,
    values: Mapping[str, Any] | None = None,
    *,
    visit: Visit | None = None,
    status: int = 200,
) -> HTMLResponse:
    """Render a template; `visit`, `nav` and `now` are always there.

    Everything a template reads must be loaded by then: templates run no queries.
    """
    house = house_of(request)
    now = visit.clock.now() if visit is not None else house.wall.now()
    text = request.app.state.templates.get_template(template).render(
        visit=visit,
        nav=request.app.state.nav,
        path=request.url.path,
        now=now,
        is_demo=request.app.state.is_demo,
        **(values or {}),
    )
    return HTMLResponse(text, status)


def see_other(path: str) -> RedirectResponse:
    """Send the browser on after a form, so that reloading does not send it twice."""
    return RedirectResponse(path, 303)


def own_path(path: str) -> str:
    r"""Return a path of this site, or the queue when it would lead elsewhere.

    >>> own_path("/listing/7?view=all"), own_path("//evil.example"), own_path("/\\evil.example")
    ('/listing/7?view=all', '/', '/')
    """
    odd = "\\" in path or any(ord(one) < ord(" ") for one in path)
    return path if path.startswith("/") and not path.startswith("//") and not odd else "/"
