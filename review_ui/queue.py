"""The queue: what waits, by view and language, and Start, which claims the next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse

from data.people import LANGUAGES, Role
from data.queries.crawls import troubled
from data.queries.queue import (
    Asking,
    QueueRow,
    View,
    condition_of,
    counts,
    decided_since,
    languages,
    next_crawl,
    page_of,
    waiting,
)
from data.reviews import ReviewTask
from data.tasks import claim
from review_ui.auth import Decides, Reads, Visit
from review_ui.highlight import Segment, distinct, gloss_of, lay
from review_ui.pages import page, see_other
from review_ui.toast import toast_of

router = APIRouter()
PAGE_SIZE = 25
MOST_REASONS = 3
VIEWS = {
    View.ALL: "All",
    View.NEW: "New today",
    View.HIGH: "High risk",
    View.LIVE: "Live animals",
    View.SECOND: "Second look",
    View.DISAGREEMENTS: "Disagreements",
    View.RELISTED: "Relisted",
    View.MINE: "Held by me",
    View.FARMED: "Farmed or common",
}


@dataclass(frozen=True)
class Place:
    """Where in the queue a person works: the view, and one language or all they read."""

    view: View = View.ALL
    lang: str = ""

    @property
    def query(self) -> str:
        """The place as it stands in an address."""
        parts = {"view": self.view.value, "lang": self.lang}
        return urlencode({name: value for name, value in parts.items() if value})


def place_of(view: str = "", lang: str = "") -> Place:
    """Read a place from an address; what is not known is the whole queue."""
    known = set(View)
    return Place(
        View(view) if view in known else View.ALL, lang if lang in (*LANGUAGES, "und") else ""
    )


Here = Annotated[Place, Depends(place_of)]


def asking_of(visit: Visit, place: Place) -> Asking:
    """Return whose queue is shown: a reviewer's own languages, or all for those who only read."""
    zone = visit.house.settings.zone
    midnight = visit.clock.now().astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    own = tuple(visit.person.languages) if visit.decides else ()
    langs = (place.lang,) if place.lang else own
    return Asking(visit.person, visit.clock.now(), midnight.astimezone(UTC), langs)


def among(visit: Visit, place: Place) -> ColumnElement[bool]:
    """Return the condition that narrows a claim to a place."""
    condition = condition_of(place.view, asking_of(visit, place))
    return and_(condition, ReviewTask.lang == place.lang) if place.lang else condition


def claim_next(session: Session, visit: Visit, place: Place) -> ReviewTask | None:
    """Claim the next task of a place for this person."""
    return claim(session, visit.person, clock=visit.clock, among=among(visit, place))


@dataclass(frozen=True)
class ShownRow:
    """A row of the queue with its reasons laid over the title."""

    row: QueueRow
    title: Sequence[Segment]
    gloss: str
    because: Sequence[Mapping[str, Any]]
    but: Sequence[Mapping[str, Any]]
    held_until: datetime | None


def _shown(row: QueueRow, now: datetime) -> ShownRow:
    listing, reasons = row.task.listing, distinct(row.reasons)
    speaking = [one for one in reasons if float(one["weight"]) > 0]
    against = [one for one in reversed(reasons) if float(one["weight"]) < 0]
    told = [one for one in speaking if one["kind"] != "ngram"] or speaking
    return ShownRow(
        row=row,
        title=lay(listing.title, listing.description, row.placed_reasons).title,
        gloss=gloss_of(reasons),
        because=told[:MOST_REASONS],
        but=against[:1],
        held_until=row.held_until(now),
    )


@router.get("/")
def show_queue(
    request: Request, visit: Reads, place: Here, after: str = "", done: int = 0, none: int = 0
) -> HTMLResponse:
    """Show what waits in one view."""
    asking = asking_of(visit, place)
    with visit.read() as session:
        found = page_of(session, place.view, asking, after=after, size=PAGE_SIZE)
        numbers = counts(session, asking)
        values = {
            "place": place,
            "views": _views(visit),
            "counts": numbers,
            "live_count": numbers[View.LIVE],
            "waiting": waiting(session, place.view, asking),
            "rows": [_shown(row, asking.now) for row in found.rows],
            "after": found.after,
            "is_later": bool(after),
            "languages": languages(session),
            "mine_today": decided_since(session, asking.today, visit.person),
            "team_today": decided_since(session, asking.today),
            "next_crawl": next_crawl(session, asking.now),
            "troubled": troubled(session),
            "toast": toast_of(session, visit, done),
            "nothing_left": bool(none),
        }
        return page(request, "queue.html", values, visit=visit)


def _views(visit: Visit) -> dict[View, str]:
    hidden = set() if visit.person.may(Role.SUPERVISOR) else {View.DISAGREEMENTS}
    if not visit.decides:
        hidden.add(View.MINE)
    return {view: label for view, label in VIEWS.items() if view not in hidden}


@router.post("/next")
def start_next(
    visit: Decides, view: Annotated[str, Form()] = "", lang: Annotated[str, Form()] = ""
) -> RedirectResponse:
    """Claim the next listing and open it."""
    place = place_of(view, lang)
    with visit.write() as session:
        task = claim_next(session, visit, place)
        listing_id = task.listing_id if task is not None else None
    if listing_id is None:
        return see_other(f"/?{place.query}&none=1")
    return see_other(f"/listing/{listing_id}?{place.query}")
