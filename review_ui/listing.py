"""One listing: what it says, why it was flagged, and the decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse

from data.custody import exports_of, is_case_asked
from data.listings import Listing, Sighting
from data.queries.listing import ListingPage, changes, listing_page
from data.queries.relistings import returns_of
from data.reviews import Incomplete
from review_ui.auth import Reads, Visit
from review_ui.choices import Choices, choices_for
from review_ui.highlight import Laid, gloss_of, lay
from review_ui.pages import page
from review_ui.queue import Here, Place
from review_ui.reasons import Balance, weigh
from review_ui.toast import toast_of

router = APIRouter()


@dataclass(frozen=True)
class Shown:
    """The sighting on the page, laid out, and what changed since the one before."""

    sighting: Sighting
    number: int
    laid: Laid
    changed: Mapping[str, Sequence[tuple[str, str]]]
    since: Sighting | None


def _sighting_shown(found: ListingPage, wanted: int) -> Shown:
    chosen = next((one for one in found.sightings if one.id == wanted), found.sightings[0])
    at = list(found.sightings).index(chosen)
    before = found.sightings[at + 1] if at + 1 < len(found.sightings) else None
    reasons = found.score.reasons if found.score and _same_words(found, chosen) else []
    return Shown(
        sighting=chosen,
        number=found.sighting_count - at,
        laid=lay(chosen.title, chosen.description, reasons),
        changed=_changed(before, chosen) if before else {},
        since=before,
    )


def _same_words(found: ListingPage, sighting: Sighting) -> bool:
    """Tell whether the reasons' offsets count in this sighting's words."""
    if found.score is None:
        return False
    scored = next((one for one in found.sightings if one.id == found.score.sighting_id), None)
    if scored is None:
        return False
    said = (scored.title, scored.description)
    return said == (sighting.title, sighting.description)


def _balance(found: ListingPage) -> Balance:
    if found.score is None:
        return weigh([], found.listing.lang)
    scored = next((one for one in found.sightings if one.id == found.score.sighting_id), None)
    body = f"{scored.title}\n{scored.description}" if scored is not None else ""
    return weigh(found.score.reasons, found.listing.lang, body)


_COMPARED = {"title": "Title", "price_text": "Price", "description": "Text", "place": "Place"}


def _changed(before: Sighting, after: Sighting) -> dict[str, Sequence[tuple[str, str]]]:
    return {
        label: changes(getattr(before, name), getattr(after, name))
        for name, label in _COMPARED.items()
        if getattr(before, name) != getattr(after, name)
    }


def country_of(visit: Visit, listing: Listing) -> str:
    """Return the country whose law counts first: the listing's, else its platform's."""
    platform = visit.house.platforms.get(listing.platform_id)
    return listing.country or (platform.country if platform is not None else "")


def _choices(session: Session, visit: Visit, found: ListingPage) -> Choices:
    score = found.score
    group = max(score.groups, key=lambda one: float(score.groups[one])) if score else ""
    return choices_for(
        session,
        visit.house.taxa,
        guess=score.taxon if score else "",
        product=score.product if score else "",
        group=group,
        country=country_of(visit, found.listing),
    )


@dataclass(frozen=True)
class Besides:
    """What a listing's page shows besides the listing: a form sent back, one sighting, a toast."""

    error: Incomplete | None = None
    typed: Mapping[str, str] = field(default_factory=dict)
    sighting: int = 0
    done: int = 0


def show(
    request: Request, visit: Visit, listing_id: int, place: Place, besides: Besides
) -> HTMLResponse:
    """Render a listing; after an incomplete form with what was typed and what is missing."""
    with visit.read() as session:
        found = listing_page(session, listing_id, visit.person)
        choices = _choices(session, visit, found)
        values: dict[str, Any] = {
            "found": found,
            "listing": found.listing,
            "returns": returns_of(session, found.listing),
            "task": found.task,
            "holds": _holder(visit, found) == visit.person.id,
            "held_by_other": _holder(visit, found) not in (None, visit.person.id),
            "seen": _sighting_shown(found, besides.sighting),
            "gloss": gloss_of(found.score.reasons if found.score else []),
            "balance": _balance(found),
            "choices": choices,
            "country": country_of(visit, found.listing),
            "law": choices.taxa[0].law,
            "place": place,
            "typed": besides.typed,
            "error": besides.error,
            "toast": toast_of(session, visit, besides.done),
            "cases": exports_of(session, listing_id) if visit.sends else [],
            "case_asked": visit.sends and is_case_asked(session, listing_id),
        }
        status = 200 if besides.error is None else 422
        return page(request, "listing.html", values, visit=visit, status=status)


def _holder(visit: Visit, found: ListingPage) -> int | None:
    """Return who holds the open task now."""
    task = found.task
    if task is None or task.claimed_until is None or task.claimed_until < visit.clock.now():
        return None
    return task.claimed_by


@router.get("/listing/{listing_id}")
def show_listing(
    request: Request, visit: Reads, listing_id: int, place: Here, sighting: int = 0, done: int = 0
) -> HTMLResponse:
    """Show one listing."""
    return show(request, visit, listing_id, place, Besides(sighting=sighting, done=done))
