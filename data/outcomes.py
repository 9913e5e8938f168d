"""Outcomes: what platforms answered and what rechecks saw, each a row, each retractable answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.audit import note
from data.availability import GoneCause
from data.base import Clock
from data.batches import settle
from data.flags import Flag
from data.listings import Listing, Rechecked
from data.rechecks import set_next_recheck
from data.requests import Because, apply_event, prepare_ready, take_back
from data.reviews import Decision
from data.states import (
    ANSWERED,
    REQUEST,
    Availability,
    NotAllowed,
    RequestEvent,
    RequestState,
)
from data.takedowns import (
    OutcomeCause,
    OutcomeEvent,
    OutcomeSource,
    RequestRow,
    TakedownBatch,
    TakedownRequest,
)
from data.tasks import queue_relisted

HEARABLE = frozenset(
    {
        RequestState.SENT,
        RequestState.ACKNOWLEDGED,
        RequestState.APPEALED,
        RequestState.CLOSED,
        *ANSWERED,
    }
)
_GONE_SAYS = frozenset({RequestEvent.REPLY_REMOVED, RequestEvent.REPLY_ALREADY_GONE})
_SERVED = frozenset({Availability.LIVE, Availability.LIVE_AGAIN, Availability.DELISTED})
CAUSES = {
    RequestEvent.REPLY_REMOVED: OutcomeCause.PLATFORM_CONFIRMED,
    RequestEvent.REPLY_REJECTED: OutcomeCause.REJECTED,
}


class CannotRetract(Exception):
    """This outcome cannot be taken back: the message says what to take back first."""


@dataclass(frozen=True)
class Said:
    """One thing heard about a request, before it is recorded."""

    source: OutcomeSource
    cause: OutcomeCause
    event: RequestEvent | None
    platform_status: str = ""
    platform_ref: str = ""
    platform_date: date | None = None
    comment: str = ""
    recheck_id: int | None = None


@dataclass(frozen=True)
class Conflict:
    """A request whose platform says one thing while our rechecks see another."""

    request: TakedownRequest
    said: OutcomeEvent
    availability: Availability


def record(
    session: Session, request: TakedownRequest, said: Said, *, actor: str, clock: Clock
) -> OutcomeEvent:
    """Record one answer or observation and let the state follow where the table allows it.

    An answer that repeats the state, or comes after closing, is kept as a row all the same. The
    caller settles the batch. Raises `NotAllowed` when the request was never sent.
    """
    if request.state not in HEARABLE:
        why = "it was not sent, so nothing can have been answered; mark its batch as sent first"
        raise NotAllowed(REQUEST.name, request.state, said.event or said.cause, why)
    outcome = OutcomeEvent(
        at=clock.now(),
        clock_shift_s=int(clock.shift.total_seconds()),
        request_id=request.id,
        batch_id=request.batch_id,
        source=said.source,
        cause=said.cause,
        event=said.event,
        platform_status=said.platform_status,
        platform_ref=said.platform_ref,
        platform_date=said.platform_date,
        comment=said.comment,
        recheck_id=said.recheck_id,
        recorded_by=actor,
    )
    session.add(outcome)
    session.flush()
    if said.event is not None and REQUEST.allows(request.state, said.event):
        because = Because(batch_id=request.batch_id, outcome_id=outcome.id)
        apply_event(session, request, said.event, actor, clock=clock, because=because)
    return outcome


def record_answer(
    session: Session, request: TakedownRequest, said: Said, *, actor: str, clock: Clock
) -> OutcomeEvent:
    """Record one answer that a liaison types in, settle the batch and note it."""
    outcome = record(session, request, said, actor=actor, clock=clock)
    settle_of(session, request, actor=actor, clock=clock)
    note(
        session,
        actor=actor,
        verb="outcome.record",
        subject=f"request:{request.id}",
        clock=clock,
        detail={"outcome": outcome.id, "event": said.event, "cause": said.cause},
    )
    return outcome


def settle_of(session: Session, request: TakedownRequest, *, actor: str, clock: Clock) -> None:
    """Settle the batch a request was sent with."""
    batch = session.get(TakedownBatch, request.batch_id) if request.batch_id else None
    if batch is not None:
        settle(session, batch, actor=actor, clock=clock)


def step(
    session: Session,
    request: TakedownRequest,
    event: RequestEvent,
    *,
    actor: str,
    clock: Clock,
    text: str = "",
) -> None:
    """Appeal against or close an answered request."""
    because = Because(batch_id=request.batch_id, note=text)
    apply_event(session, request, event, actor, clock=clock, because=because)
    settle_of(session, request, actor=actor, clock=clock)
    subject = f"request:{request.id}"
    note(session, actor=actor, verb=f"request.{event}", subject=subject, clock=clock, detail=text)


def heard(session: Session, request_id: int) -> list[OutcomeEvent]:
    """Return every outcome of a request that still counts, oldest first."""
    rows = session.scalars(
        select(OutcomeEvent)
        .where(OutcomeEvent.request_id == request_id, OutcomeEvent.retracted_at.is_(None))
        .order_by(OutcomeEvent.id)
    )
    return list(rows)


def they_say(outcomes: Sequence[OutcomeEvent]) -> OutcomeEvent | None:
    """Return the platform's latest answer among a request's outcomes."""
    replies = [
        one for one in outcomes if one.source is not OutcomeSource.RECHECK and one.event is not None
    ]
    return replies[-1] if replies else None


def retract(session: Session, outcome_id: int, *, by: str, clock: Clock) -> OutcomeEvent:
    """Take a recorded answer back and set the state to what the other rows say.

    Raises `CannotRetract` when a later row builds on it, when it was taken back before, or when
    it is what a recheck saw.
    """
    outcome = session.get_one(OutcomeEvent, outcome_id, populate_existing=True)
    if outcome.source is OutcomeSource.RECHECK:
        raise CannotRetract("what a recheck saw cannot be taken back: ask for another recheck")
    if outcome.retracted_at is not None:
        raise CannotRetract("this answer was already taken back")
    request = session.get_one(TakedownRequest, outcome.request_id, populate_existing=True)
    row = session.scalar(select(RequestRow).where(RequestRow.outcome_id == outcome.id))
    if row is not None:
        _take_back_row(session, request, row, by, clock)
    outcome.retracted_at, outcome.retracted_by = clock.now(), by
    session.flush()
    if request.seen_gone_at is not None:
        _restate_gone(session, request, clock)
    settle_of(session, request, actor=by, clock=clock)
    subject = f"request:{request.id}"
    note(session, actor=by, verb="outcome.retract", subject=subject, clock=clock, detail=outcome.id)
    return outcome


def _take_back_row(
    session: Session, request: TakedownRequest, row: RequestRow, by: str, clock: Clock
) -> None:
    later = session.scalar(
        select(TakedownRequest.id).where(
            TakedownRequest.listing_id == request.listing_id,
            TakedownRequest.attempt > request.attempt,
            TakedownRequest.state != RequestState.WITHDRAWN,
        )
    )
    if later is not None:
        raise CannotRetract(f"request {later} was opened after this answer: withdraw it first")
    try:
        take_back(session, request, row, by, clock=clock)
    except NotAllowed as refused:
        raise CannotRetract(
            f"a later '{refused.event}' builds on this answer: take that back first"
        ) from refused


def _restate_gone(session: Session, request: TakedownRequest, clock: Clock) -> None:
    """Let the proof of removal speak for itself once the reply beside it is taken back."""
    if not REQUEST.allows(request.state, RequestEvent.RECHECK_GONE):
        return
    proofs = [one for one in heard(session, request.id) if one.source is OutcomeSource.RECHECK]
    for proof in proofs:
        proof.retracted_at, proof.retracted_by = clock.now(), "system"
    said = Said(
        OutcomeSource.RECHECK,
        OutcomeCause.GONE_UNATTRIBUTED,
        RequestEvent.RECHECK_GONE,
        recheck_id=proofs[-1].recheck_id if proofs else None,
    )
    record(session, request, said, actor="system", clock=clock)


def hear_recheck(session: Session, rechecked: Rechecked, *, clock: Clock) -> None:
    """Draw the conclusions of one recheck, in the transaction that recorded it."""
    listing = session.get_one(Listing, rechecked.recheck.listing_id)
    if rechecked.became_gone:
        for request in _sent_last(session, listing.id):
            hear_gone(session, request, recheck_id=rechecked.recheck.id, clock=clock)
    if rechecked.came_back:
        hear_relisting(session, listing, clock=clock)
    prepare_ready(session, clock=clock, listing_ids=[listing.id])
    set_next_recheck(session, listing, clock.now())


def hear_relisting(session: Session, listing: Listing, *, clock: Clock) -> None:
    """Ask for a decision at top priority when a listing that matters is live again.

    A crawl that meets it calls this too; the old request stays as it is.
    """
    flagged = session.scalar(select(Flag.id).where(Flag.listing_id == listing.id))
    decided = session.scalar(select(Decision.id).where(Decision.listing_id == listing.id).limit(1))
    if flagged is not None or decided is not None:
        queue_relisted(session, listing, clock=clock)


def _sent_last(session: Session, listing_id: int) -> list[TakedownRequest]:
    rows = session.scalars(
        select(TakedownRequest)
        .where(
            TakedownRequest.listing_id == listing_id,
            TakedownRequest.sent_at.is_not(None),
            TakedownRequest.seen_gone_at.is_(None),
            TakedownRequest.state.in_(sorted(HEARABLE)),
        )
        .order_by(TakedownRequest.attempt.desc())
        .limit(1)
    )
    return list(rows.unique())


def hear_gone(
    session: Session, request: TakedownRequest, *, recheck_id: int | None, clock: Clock
) -> None:
    """Record on a sent request that its listing is proven gone, with the cause we can prove."""
    listing = request.listing
    said = _what_gone_means(session, request, listing)
    if said.event is not None:
        request.seen_gone_at = listing.availability_since
    told = Said(said.source, said.cause, said.event, comment=said.comment, recheck_id=recheck_id)
    record(session, request, told, actor="recheck", clock=clock)
    settle_of(session, request, actor="recheck", clock=clock)
    subject = f"request:{request.id}"
    note(session, actor="recheck", verb="outcome.gone", subject=subject, clock=clock)


def _what_gone_means(session: Session, request: TakedownRequest, listing: Listing) -> Said:
    if listing.gone_cause is GoneCause.SOLD_OR_ENDED:
        return Said(OutcomeSource.RECHECK, OutcomeCause.SOLD_OR_ENDED, None)
    first_miss, sent_at = listing.first_miss_at, request.sent_at
    if first_miss is None or sent_at is None or first_miss < sent_at:
        comment = "first missed before the batch was sent"
        return Said(OutcomeSource.RECHECK, OutcomeCause.UNKNOWN, None, comment=comment)
    reply = they_say(heard(session, request.id))
    confirmed = reply is not None and reply.event is RequestEvent.REPLY_REMOVED
    cause = OutcomeCause.PLATFORM_CONFIRMED if confirmed else OutcomeCause.GONE_UNATTRIBUTED
    return Said(OutcomeSource.RECHECK, cause, RequestEvent.RECHECK_GONE)


def conflicts(session: Session) -> list[Conflict]:
    """Return the sent requests where the platform's answer and our rechecks disagree."""
    rows = session.execute(
        select(TakedownRequest, OutcomeEvent)
        .join(OutcomeEvent, OutcomeEvent.request_id == TakedownRequest.id)
        .where(
            TakedownRequest.sent_at.is_not(None),
            TakedownRequest.state.not_in([RequestState.CLOSED, RequestState.WITHDRAWN]),
            OutcomeEvent.source != OutcomeSource.RECHECK,
            OutcomeEvent.event.is_not(None),
            OutcomeEvent.retracted_at.is_(None),
        )
        .order_by(TakedownRequest.id, OutcomeEvent.id)
    ).unique()
    latest = {request.id: (request, said) for request, said in rows}
    return [
        Conflict(request, said, request.listing.availability)
        for request, said in latest.values()
        if disagree(request, said)
    ]


def disagree(request: TakedownRequest, said: OutcomeEvent) -> bool:
    """Tell whether an answer and what we see contradict each other."""
    listing = request.listing
    if said.event in _GONE_SAYS:
        if request.seen_gone_at is not None or listing.availability not in _SERVED:
            return False
        return listing.last_live_at is not None and listing.last_live_at > _said_at(said)
    refuses = said.event is RequestEvent.REPLY_REJECTED
    return refuses and request.seen_gone_at is not None


def _said_at(said: OutcomeEvent) -> datetime:
    """Return when an answer held at the latest: the end of the day it names, else when it came."""
    if said.platform_date is None:
        return said.at
    day_after = said.platform_date + timedelta(days=1)
    return min(said.at, datetime.combine(day_after, time(), tzinfo=UTC))
