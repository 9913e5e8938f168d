"""Makers for the takedown side: a confirmed listing, a frozen batch, a sent one; all invented."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.availability import Outcome
from data.base import Clock, ManualClock
from data.batches import add, draft_for
from data.evidence import EvidenceFolder
from data.exports.frozen import Addressee, freeze
from data.found import Seen
from data.outcomes import Said, hear_recheck
from data.people import Person, Role
from data.requests import decide_and_request
from data.reviews import Answer, Decision
from data.sending import Sent, mark_sent
from data.states import RequestEvent
from data.takedowns import (
    OutcomeCause,
    OutcomeSource,
    TakedownBatch,
    TakedownRequest,
)
from data.tasks import claim, queue_first
from tests import makers

TO = Addressee("Pasar Contoh", "Asia/Ho_Chi_Minh")


def the_person(session: Session, clock: Clock) -> Person:
    """The one supervisor of a test."""
    return session.scalar(select(Person)) or makers.make_person(
        session, clock, roles=(Role.REVIEWER, Role.SUPERVISOR)
    )


def confirmed(
    session: Session,
    clock: Clock,
    evidence: EvidenceFolder | None = None,
    external_id: str = "1",
    *,
    title: str = "Vòng ngà voi",
    answer: Answer = makers.INFRINGING,
) -> Decision:
    """A supervisor decides a new listing."""
    person = the_person(session, clock)
    listing = makers.make_listing(session, clock, external_id, title=title, evidence=evidence)
    task = queue_first(session, makers.make_flag(session, listing, clock), clock=clock)
    assert task is not None
    held = claim(session, person, clock=clock, task_id=task.id)
    assert held is not None
    return decide_and_request(session, held.id, held.version, person, answer, clock=clock)


def request_for(session: Session, listing_id: int) -> TakedownRequest:
    """The listing's latest request."""
    found = session.scalar(
        select(TakedownRequest)
        .where(TakedownRequest.listing_id == listing_id)
        .order_by(TakedownRequest.attempt.desc())
        .limit(1)
    )
    assert found is not None
    return found


def a_draft(
    session: Session, clock: Clock, evidence: EvidenceFolder, ids: Sequence[str] = ("1",)
) -> tuple[TakedownBatch, list[TakedownRequest]]:
    """A draft batch of new confirmed listings."""
    made = [confirmed(session, clock, evidence, one) for one in ids]
    requests = [request_for(session, one.listing_id) for one in made]
    batch = draft_for(session, makers.PLATFORM, actor="t", clock=clock)
    add(session, batch, [one.id for one in requests], actor="t", clock=clock)
    return batch, requests


def a_frozen(
    session: Session, clock: Clock, evidence: EvidenceFolder, ids: Sequence[str] = ("1",)
) -> tuple[TakedownBatch, list[TakedownRequest]]:
    """A frozen batch of new confirmed listings."""
    batch, requests = a_draft(session, clock, evidence, ids)
    freeze(session, evidence, batch, TO, actor="t", clock=clock)
    return batch, requests


def a_sent(
    session: Session, clock: Clock, evidence: EvidenceFolder, ids: Sequence[str] = ("1",)
) -> tuple[TakedownBatch, list[TakedownRequest]]:
    """A sent batch of new confirmed listings."""
    batch, requests = a_frozen(session, clock, evidence, ids)
    sent = Sent("e-mail", clock.now(), "ref-1")
    mark_sent(session, batch, sent, actor="t", clock=clock)
    return batch, requests


def look(
    session: Session, clock: Clock, listing_id: int, outcome: Outcome, *, control: bool = True
) -> None:
    """Recheck a listing once and draw the conclusions."""
    seen = Seen(listing_id, outcome, control_live=control)
    hear_recheck(session, makers.recheck_once(session, clock, seen), clock=clock)


def prove_gone(session: Session, clock: ManualClock, listing_id: int) -> None:
    """Miss a listing twice, a day apart, with a live control."""
    for _ in range(2):
        clock.advance(timedelta(hours=25))
        look(session, clock, listing_id, Outcome.REMOVED)


REMOVED = Said(
    OutcomeSource.PLATFORM_REPLY, OutcomeCause.PLATFORM_CONFIRMED, RequestEvent.REPLY_REMOVED
)
REJECTED = Said(OutcomeSource.PLATFORM_REPLY, OutcomeCause.REJECTED, RequestEvent.REPLY_REJECTED)
