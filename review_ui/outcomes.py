"""Outcomes: the board, one request's history, answers by hand, and answer sheets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request, UploadFile
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse

from data.exports.replies import Replies, read_replies
from data.imports import FATE_MEANING, Fate, apply_import, plan_import
from data.jobs import JobKind
from data.listings import Recheck
from data.outcomes import CAUSES, Said, conflicts, record_answer, retract, step
from data.queries.crawls import open_jobs
from data.queries.pictures import pictures_of
from data.queries.takedowns import (
    Board,
    Card,
    Entry,
    Group,
    actor_names,
    board,
    cards,
    number_of,
)
from data.rechecks import ask_recheck
from data.requests import events_of, request_again
from data.states import REQUEST, Availability, RequestEvent, RequestState
from data.takedowns import (
    OutcomeCause,
    OutcomeEvent,
    OutcomeSource,
    TakedownBatch,
    TakedownRequest,
)
from review_ui.auth import Reads, Sends, Visit
from review_ui.pages import page, see_other

router = APIRouter()
SHOWN_OF_EACH = 5
SHOWN_OF_ONE = 200
TITLES = {
    Group.OVERDUE: ("No reply, past the date", "nothing heard since the answer was due"),
    Group.RELISTED: ("Back again", "seen live after it was gone"),
    Group.ACKNOWLEDGED: ("Acknowledged", "the platform looks at it"),
    Group.SENT: ("Sent", "waiting for an answer"),
    Group.CLAIMED: ("Claimed", "they say removed, not proven yet"),
    Group.REMOVED: ("Removed", "proven gone by two rechecks"),
    Group.ENDED: ("Ended otherwise", "sold, ended, or taken down by the seller"),
    Group.PARTLY: ("Partly", "restricted, or some offers taken down"),
    Group.REJECTED: ("Rejected", "the platform declined"),
}
ANSWER_FORM = {
    "acknowledge": "They look at it",
    "reply_removed": "They removed it",
    "reply_restricted": "They restricted it",
    "reply_partial": "They removed part of it",
    "reply_rejected": "They declined",
    "already_gone": "It was gone when they looked",
    "seller_removed": "The seller took it down",
    "sold_or_ended": "It was sold or had ended",
}
_OTHER_ENDS = {
    "already_gone": OutcomeCause.UNKNOWN,
    "seller_removed": OutcomeCause.SELLER_REMOVED,
    "sold_or_ended": OutcomeCause.SOLD_OR_ENDED,
}


@dataclass(frozen=True)
class Shown:
    """One group of the board as far as it is shown."""

    group: Group
    count: int
    cards: Sequence[Card]


@router.get("/outcomes")
def show_outcomes(
    request: Request, visit: Reads, group: str = "", applied: int | None = None
) -> HTMLResponse:
    """Show every sent request by outcome, what they say beside what we see."""
    with visit.read() as session:
        found = board(session, visit.clock.now())
        shown = _shown(session, found, group)
        differing = conflicts(session)
        ids = [card.request.listing_id for one in shown for card in one.cards]
        values = {
            "board": found,
            "shown": shown,
            "only": group,
            "applied": applied,
            "conflicts": differing[:SHOWN_OF_EACH],
            "conflict_count": len(differing),
            "pictures": pictures_of(session, ids),
            "titles": TITLES,
            "Group": Group,
            "sent_batches": _sent_batches(session),
            "is_busy": any(job.kind is JobKind.RECHECK for job in open_jobs(session)),
        }
        return page(request, "outcomes.html", values, visit=visit)


def _shown(session: Session, found: Board, only: str) -> list[Shown]:
    limit = SHOWN_OF_ONE if only else SHOWN_OF_EACH
    return [
        Shown(group, len(entries), cards(session, _latest_first(group, entries)[:limit]))
        for group, entries in found.groups.items()
        if not only or group == only
    ]


def _latest_first(group: Group, entries: Sequence[Entry]) -> list[Entry]:
    """Order a group: what waits longest first, what is finished latest first."""
    done = group in {Group.REMOVED, Group.ENDED, Group.RELISTED}
    return list(reversed(entries)) if done else list(entries)


def _sent_batches(session: Session) -> list[TakedownBatch]:
    rows = session.scalars(
        select(TakedownBatch)
        .where(TakedownBatch.sent_at.is_not(None))
        .order_by(TakedownBatch.id.desc())
        .limit(50)
    )
    return list(rows)


@router.get("/requests/{request_id}")
def show_request(request: Request, visit: Reads, request_id: int) -> HTMLResponse:
    """Show one request: what happened, what they said, what rechecks saw."""
    with visit.read() as session:
        found = session.get_one(TakedownRequest, request_id)
        values = {
            "found": found,
            "number": number_of(session, found),
            "rows": events_of(session, found.id),
            "outcomes": _all_outcomes(session, found.id),
            "rechecks": _rechecks(session, found.listing_id),
            "attempts": _attempts(session, found.listing_id),
            "picture": pictures_of(session, [found.listing_id])[found.listing_id].first,
            "answers": ANSWER_FORM,
            "may": {event.value: REQUEST.allows(found.state, event) for event in RequestEvent},
            "again": found.state not in _STILL_GOING and not _is_gone(found),
            "names": actor_names(session),
            "today": visit.clock.now().astimezone(visit.house.settings.zone).date(),
        }
        return page(request, "request.html", values, visit=visit)


_STILL_GOING = frozenset(
    {
        RequestState.DRAFT,
        RequestState.READY,
        RequestState.BATCHED,
        RequestState.SENT,
        RequestState.ACKNOWLEDGED,
        RequestState.APPEALED,
    }
)


def _is_gone(found: TakedownRequest) -> bool:
    return found.listing.availability is Availability.GONE


def _all_outcomes(session: Session, request_id: int) -> list[OutcomeEvent]:
    rows = session.scalars(
        select(OutcomeEvent)
        .where(OutcomeEvent.request_id == request_id)
        .order_by(OutcomeEvent.id.desc())
    )
    return list(rows)


def _rechecks(session: Session, listing_id: int) -> list[Recheck]:
    rows = session.scalars(
        select(Recheck)
        .where(Recheck.listing_id == listing_id)
        .order_by(Recheck.id.desc())
        .limit(20)
    )
    return list(rows)


def _attempts(session: Session, listing_id: int) -> list[TakedownRequest]:
    rows = session.scalars(
        select(TakedownRequest)
        .where(TakedownRequest.listing_id == listing_id)
        .order_by(TakedownRequest.attempt)
    )
    return list(rows.unique())


@dataclass(frozen=True)
class Typed:
    """An answer as the form sends it."""

    answer: Annotated[str, Form()]
    words: Annotated[str, Form(max_length=500)] = ""
    reference: Annotated[str, Form(max_length=200)] = ""
    day: Annotated[str, Form(max_length=10)] = ""
    comment: Annotated[str, Form(max_length=2000)] = ""


@router.post("/requests/{request_id}/answer")
def answer_request(
    visit: Sends, request_id: int, typed: Annotated[Typed, Depends()]
) -> RedirectResponse:
    """Record an answer that came by mail, in a form or in a meeting."""
    said = _said(typed)
    with visit.write() as session:
        found = session.get_one(TakedownRequest, request_id)
        record_answer(session, found, said, actor=visit.actor, clock=visit.clock)
    return see_other(f"/requests/{request_id}")


def _said(typed: Typed) -> Said:
    if typed.answer not in ANSWER_FORM:
        raise HTTPException(422, "Choose what they answered.")
    ends = typed.answer in _OTHER_ENDS
    event = RequestEvent.REPLY_ALREADY_GONE if ends else RequestEvent(typed.answer)
    cause = _OTHER_ENDS[typed.answer] if ends else CAUSES.get(event, OutcomeCause.UNKNOWN)
    return Said(
        OutcomeSource.MANUAL,
        cause,
        event,
        platform_status=typed.words.strip(),
        platform_ref=typed.reference.strip(),
        platform_date=_day(typed.day),
        comment=typed.comment.strip(),
    )


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise HTTPException(422, "Give the date as YYYY-MM-DD, or leave it empty.") from error


@router.post("/requests/{request_id}/{doing}")
def go_on(visit: Sends, request_id: int, doing: str) -> RedirectResponse:
    """Appeal, close, ask for a recheck, or open the next attempt."""
    if doing not in {"appeal", "close", "recheck", "again"}:
        raise HTTPException(404)
    with visit.write() as session:
        found = session.get_one(TakedownRequest, request_id)
        if doing == "recheck":
            ask_recheck(session, [found.listing_id], by=visit.actor, clock=visit.clock)
        elif doing == "again":
            return _again(session, visit, found)
        else:
            event = RequestEvent(doing)
            step(session, found, event, actor=visit.actor, clock=visit.clock)
    return see_other(f"/requests/{request_id}")


def _again(session: Session, visit: Visit, found: TakedownRequest) -> RedirectResponse:
    listing_id = found.listing_id
    made = request_again(session, listing_id, actor=visit.actor, clock=visit.clock)
    if made is None:
        raise HTTPException(
            409, "Its verdict is not in force or another request is open: look at the listing."
        )
    return see_other(f"/requests/{made.id}")


@router.post("/outcomes/{outcome_id}/retract")
def retract_outcome(visit: Sends, outcome_id: int) -> RedirectResponse:
    """Take a recorded answer back."""
    with visit.write() as session:
        outcome = retract(session, outcome_id, by=visit.actor, clock=visit.clock)
        return see_other(f"/requests/{outcome.request_id}")


@router.post("/outcomes/import")
def plan_sheet(
    request: Request,
    visit: Sends,
    sheet: UploadFile,
    batch: Annotated[str, Form(max_length=60)] = "",
) -> HTMLResponse:
    """Show what an answer sheet would change; the file is kept, nothing else is written."""
    content, name = sheet.file.read(), sheet.filename or "sheet"
    replies = read_replies(name, content)
    sha256 = visit.house.evidence.put(content)
    with visit.read() as session:
        return _import_page(request, visit, session, (name, sha256, batch), replies)


def _import_page(
    request: Request,
    visit: Visit,
    session: Session,
    file: tuple[str, str, str],
    replies: Replies,
) -> HTMLResponse:
    name, sha256, number = file
    plan = plan_import(session, replies.rows, batch=_batch(session, number))
    values = {
        "name": name,
        "sha256": sha256,
        "number": number,
        "plan": plan,
        "remarks": replies.remarks,
        "fates": FATE_MEANING,
        "Fate": Fate,
    }
    return page(request, "import.html", values, visit=visit)


def _batch(session: Session, number: str) -> TakedownBatch | None:
    if not number:
        return None
    return session.scalars(select(TakedownBatch).where(TakedownBatch.number == number)).one()


@router.post("/outcomes/import/apply")
def apply_sheet(
    visit: Sends,
    sha256: Annotated[str, Form(max_length=64)],
    name: Annotated[str, Form(max_length=300)],
    batch: Annotated[str, Form(max_length=60)] = "",
) -> RedirectResponse:
    """Record what the sheet shown says; it is planned anew on what is true now."""
    replies = read_replies(name, visit.house.evidence.get(sha256))
    with visit.write() as session:
        plan = apply_import(
            session,
            replies.rows,
            actor=visit.actor,
            clock=visit.clock,
            batch=_batch(session, batch),
        )
    return see_other(f"/outcomes?applied={len(plan.of(Fate.APPLY))}")
