"""Marking a frozen batch as sent: from here on the answer time runs and rechecks follow."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from data.audit import note
from data.base import Clock
from data.batches import apply_batch_event, lines_of
from data.decisions import effective_decision
from data.outcomes import hear_gone
from data.rechecks import set_next_recheck
from data.requests import Because, apply_event
from data.reviews import Verdict
from data.states import Availability, BatchEvent, RequestEvent, RequestState
from data.takedowns import TakedownBatch, TakedownRequest


class CannotSend(Exception):
    """The batch cannot be marked as sent as it is: the message says why and what to do."""


@dataclass(frozen=True)
class Sent:
    """How and when a batch was sent."""

    channel: str
    at: datetime
    reference: str = ""


def mark_sent(
    session: Session, batch: TakedownBatch, sent: Sent, *, actor: str, clock: Clock
) -> None:
    """Record that a frozen batch was sent, start its clocks and plan the rechecks.

    Raises `CannotSend` when a row was withdrawn or its verdict taken back after freezing.
    """
    _check(batch, sent, clock)
    requests = _requests(session, batch)
    # Listings first, the home row (audit) last: everybody locks in this order.
    for request in requests:
        request.sent_at = sent.at
    apply_batch_event(session, batch, BatchEvent.SEND, actor, clock=clock)
    for request in requests:
        because = Because(batch_id=batch.id)
        apply_event(session, request, RequestEvent.SEND, actor, clock=clock, because=because)
        set_next_recheck(session, request.listing, clock.now())
    batch.sent_at, batch.channel = sent.at, sent.channel.strip()
    batch.reference = sent.reference.strip()
    session.flush()
    for request in requests:
        if request.listing.availability is Availability.GONE:
            hear_gone(session, request, recheck_id=None, clock=clock)
    subject = f"batch:{batch.id}"
    note(session, actor=actor, verb="batch.send", subject=subject, clock=clock, detail=sent)


def _check(batch: TakedownBatch, sent: Sent, clock: Clock) -> None:
    if not sent.channel.strip():
        raise CannotSend("Say how it was sent: e-mail, form, in the app, by letter.")
    if sent.at > clock.now():
        raise CannotSend("The date lies in the future: give the day it was really sent.")
    if batch.frozen_at is not None and sent.at < batch.frozen_at:
        raise CannotSend("The date lies before the batch was frozen: give a later one.")


def _requests(session: Session, batch: TakedownBatch) -> list[TakedownRequest]:
    requests = []
    for line in lines_of(session, batch):
        request = session.get_one(TakedownRequest, line.request_id, populate_existing=True)
        if request.state is not RequestState.BATCHED or request.batch_id != batch.id:
            raise CannotSend(
                f"Row {line.row_no} was withdrawn after freezing: discard {batch.number} and "
                "freeze a new batch without it."
            )
        decision = effective_decision(session, request.listing_id)
        if decision is None or decision.verdict is not Verdict.INFRINGING:
            raise CannotSend(
                f"The verdict of row {line.row_no} is no longer in force: discard {batch.number} "
                "and freeze a new batch without it."
            )
        requests.append(request)
    return requests
