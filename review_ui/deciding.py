"""Claiming, deciding, skipping and undoing: each form is one verb of the store."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse

from data.listings import Listing, Sighting
from data.queries.listing import OPEN_TASK, task_for
from data.requests import decide_and_request, undo_decision
from data.reviews import Incomplete, ReviewTask, TakenByOther
from data.tasks import LEASE, claim, release, renew, skip
from review_ui.answers import Sent
from review_ui.auth import Decides, Visit
from review_ui.listing import Besides, country_of, show
from review_ui.pages import see_other
from review_ui.queue import Place, claim_next, place_of

router = APIRouter()


async def sent_form(request: Request) -> FormData:
    """Read a form whole; the check of its token has parsed it already."""
    return await request.form()


Fields = Annotated[FormData, Depends(sent_form)]


@router.post("/listing/{listing_id}/claim")
def claim_listing(visit: Decides, listing_id: int, form: Fields) -> RedirectResponse:
    """Hold a listing; when someone else was faster, its page says who holds it."""
    place = _place(Sent.of(form))
    with visit.write() as session:
        task = _open_task(session, visit, listing_id)
        claim(session, visit.person, clock=visit.clock, task_id=task.id)
    return see_other(f"/listing/{listing_id}?{place.query}")


@router.post("/listing/{listing_id}/release")
def release_listing(visit: Decides, listing_id: int, form: Fields) -> RedirectResponse:
    """Give a listing back to the queue."""
    place = _place(Sent.of(form))
    with visit.write() as session:
        task = _open_task(session, visit, listing_id)
        release(session, task.id, visit.person, clock=visit.clock)
    return see_other(f"/?{place.query}")


def _place(sent: Sent) -> Place:
    return place_of(sent.get("view"), sent.get("lang"))


def _open_task(session: Session, visit: Visit, listing_id: int) -> ReviewTask:
    rows = session.scalars(
        select(ReviewTask)
        .where(ReviewTask.listing_id == listing_id, ReviewTask.state.in_(OPEN_TASK))
        .order_by(ReviewTask.id)
    )
    task = task_for(list(rows.unique()), visit.person)
    if task is None:
        raise TakenByOther("this listing is decided already, or waits for somebody else")
    return task


@dataclass(frozen=True)
class Decided:
    """What a decide form led to: the decision, and the listing that follows."""

    decision_id: int
    next_listing: int | None


@router.post("/listing/{listing_id}/decide", response_model=None)
def decide_listing(
    request: Request, visit: Decides, listing_id: int, form: Fields
) -> HTMLResponse | RedirectResponse:
    """Record a verdict and open the next listing; an incomplete form comes back as typed."""
    sent = Sent.of(form)
    place = _place(sent)
    try:
        decided = _decide(visit, listing_id, sent, place)
    except Incomplete as error:
        besides = Besides(error=error, typed=sent.fields)
        return show(request, visit, listing_id, place, besides)
    done = f"&done={decided.decision_id}" if decided.decision_id else ""
    if decided.next_listing is None:
        return see_other(f"/?{place.query}{done}")
    return see_other(f"/listing/{decided.next_listing}?{place.query}{done}")


def _decide(visit: Visit, listing_id: int, sent: Sent, place: Place) -> Decided:
    with visit.write() as session:
        task = session.get(ReviewTask, sent.number("task"))
        if task is None or task.listing_id != listing_id:
            raise NoResultFound
        decision_id = 0
        if sent.is_skip:
            _hold(session, visit, task, sent.number("version"))
            skip(session, task.id, visit.person, clock=visit.clock, note=sent.get("note")[:500])
        else:
            decision_id = _answer(session, visit, task, sent)
        following = claim_next(session, visit, place)
        return Decided(decision_id, following.listing_id if following else None)


def _answer(session: Session, visit: Visit, task: ReviewTask, sent: Sent) -> int:
    answer = sent.answer(visit.house.taxa, country_of(visit, task.listing))
    _same_listing(session, task.listing, sent.number("sighting"))
    version = _hold(session, visit, task, sent.number("version"))
    decision = decide_and_request(
        session, task.id, version, visit.person, answer, clock=visit.clock
    )
    return decision.id


def _same_listing(session: Session, listing: Listing, seen: int) -> None:
    """Refuse a verdict on words that changed while they were read."""
    newer = select(Sighting.id).where(
        Sighting.listing_id == listing.id, Sighting.id > seen, Sighting.changed
    )
    if session.scalar(newer.limit(1)) is not None:
        message = "The listing changed while you read it: see what changed, then decide again."
        raise Incomplete("verdict", message)


def _hold(session: Session, visit: Visit, task: ReviewTask, version: int) -> int:
    """Return the version to decide on; a listing that nobody holds is claimed on the way."""
    if task.claimed_by == visit.person.id:
        return version
    held = claim(session, visit.person, clock=visit.clock, task_id=task.id)
    if held is None:
        raise TakenByOther("someone else holds or has decided this listing")
    return held.version


@router.post("/tasks/{task_id}/renew")
def renew_lease(visit: Decides, task_id: int) -> JSONResponse:
    """Keep a claim alive while its page is open; the page's script calls this each minute."""
    with visit.write() as session:
        held = renew(session, task_id, visit.person, clock=visit.clock)
    return JSONResponse({"held": held, "minutes": int(LEASE.total_seconds() // 60)})


@router.post("/undo/{decision_id}")
def undo(visit: Decides, decision_id: int, form: Fields) -> RedirectResponse:
    """Take a decision back and hold its listing again."""
    place = _place(Sent.of(form))
    with visit.write() as session:
        task = undo_decision(session, decision_id, visit.person, clock=visit.clock)
        claim(session, visit.person, clock=visit.clock, task_id=task.id)
        listing_id = task.listing_id
    return see_other(f"/listing/{listing_id}?{place.query}")
