"""Requests follow verdicts in force; their state is the fold of their rows, whatever happens."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data.audit import first_broken
from data.availability import Outcome
from data.base import ManualClock
from data.batches import add, discard, draft_for
from data.evidence import EvidenceFolder
from data.exports.frozen import Addressee, freeze
from data.found import Seen
from data.outcomes import (
    Said,
    hear_recheck,
    hear_relisting,
    record_answer,
)
from data.people import Role
from data.preflight import FRESH
from data.requests import (
    decide_and_request,
    open_request,
    prepare_ready,
    request_again,
    state_of,
    undo_decision,
    withdraw,
)
from data.reviews import Decision, ReviewTask, TooLate
from data.sending import CannotSend, Sent, mark_sent
from data.states import (
    RequestEvent,
    RequestState,
    TaskState,
)
from data.takedowns import (
    OutcomeCause,
    OutcomeSource,
    TakedownRequest,
)
from data.tasks import claim
from tests import makers

TO = Addressee("Pasar Contoh", "Asia/Ho_Chi_Minh")


def decided(
    session: Session,
    clock: ManualClock,
    evidence: EvidenceFolder | None = None,
    external_id: str = "1",
    answer: Any = makers.INFRINGING,
) -> Decision:
    """A supervisor confirms a new listing."""
    person = session.scalar(select(makers.Person)) or makers.make_person(
        session, clock, roles=(Role.REVIEWER, Role.SUPERVISOR)
    )
    listing = makers.make_listing(session, clock, external_id, evidence=evidence)
    flag = makers.make_flag(session, listing, clock)
    task = makers.queue_first(session, flag, clock=clock)
    assert task is not None
    held = claim(session, person, clock=clock, task_id=task.id)
    assert held is not None
    return decide_and_request(session, held.id, held.version, person, answer, clock=clock)


def the_request(session: Session, listing_id: int) -> TakedownRequest:
    request = session.scalar(
        select(TakedownRequest)
        .where(TakedownRequest.listing_id == listing_id)
        .order_by(TakedownRequest.attempt.desc())
        .limit(1)
    )
    assert request is not None
    return request


def test_an_infringing_decision_opens_a_ready_request(store, clock):
    with store.write() as session:
        decision = decided(session, clock)
        request = the_request(session, decision.listing_id)
        assert (request.state, request.attempt) == (RequestState.READY, 1)
        assert request.single_review
        assert state_of(session, request.id) is RequestState.READY
        assert first_broken(session) is None


def test_a_harmless_listing_gets_no_request(store, clock):
    with store.write() as session:
        decided(session, clock, answer=makers.NOT_INFRINGING)
        assert session.scalar(select(func.count(TakedownRequest.id))) == 0


def test_a_second_request_for_the_same_decision_or_listing_is_not_opened(store, clock):
    with store.write() as session:
        decision = decided(session, clock)
        assert open_request(session, decision, clock=clock) is None
        assert request_again(session, decision.listing_id, actor="t", clock=clock) is None


def test_the_database_itself_refuses_a_second_open_request(store, clock):
    with store.write() as session:
        decision = decided(session, clock)
    with pytest.raises(IntegrityError), store.write() as session:
        session.add(
            TakedownRequest(
                listing_id=decision.listing_id,
                decision_id=decision.id,
                platform_id=makers.PLATFORM,
                attempt=7,
                state=RequestState.DRAFT,
                created_at=clock.now(),
            )
        )


def test_a_ready_request_grows_stale_and_a_live_look_makes_it_ready_again(store, clock):
    with store.write() as session:
        decision = decided(session, clock)
        request = the_request(session, decision.listing_id)
        clock.advance(FRESH + timedelta(minutes=1))
        prepare_ready(session, clock=clock)
        assert request.state is RequestState.DRAFT
        seen = makers.recheck_once(session, clock, Seen(decision.listing_id, Outcome.LIVE))
        hear_recheck(session, seen, clock=clock)
        assert request.state is RequestState.READY


def test_a_miss_takes_readiness_away(store, clock):
    with store.write() as session:
        decision = decided(session, clock)
        clock.advance(timedelta(hours=1))
        seen = Seen(decision.listing_id, Outcome.REMOVED, control_live=True)
        hear_recheck(session, makers.recheck_once(session, clock, seen), clock=clock)
        request = the_request(session, decision.listing_id)
        assert request.state is RequestState.DRAFT
        assert request.listing.next_recheck_at == clock.now() + timedelta(hours=24)


def test_undoing_a_decision_withdraws_its_request_and_takes_it_out_of_a_draft(store, clock):
    with store.write() as session:
        decision = decided(session, clock)
        request = the_request(session, decision.listing_id)
        batch = draft_for(session, makers.PLATFORM, actor="t", clock=clock)
        add(session, batch, [request.id], actor="t", clock=clock)
        person = session.scalars(select(makers.Person)).one()
        undo_decision(session, decision.id, person, clock=clock)
        assert (request.state, request.batch_id) == (RequestState.WITHDRAWN, None)
        assert state_of(session, request.id) is RequestState.WITHDRAWN


def frozen_with_one(session, clock, evidence):
    decision = decided(session, clock, evidence)
    request = the_request(session, decision.listing_id)
    batch = draft_for(session, makers.PLATFORM, actor="t", clock=clock)
    add(session, batch, [request.id], actor="t", clock=clock)
    freeze(session, evidence, batch, TO, actor="t", clock=clock)
    return decision, request, batch


def test_a_decision_in_a_frozen_batch_cannot_be_undone_until_it_is_discarded(
    store, clock, evidence
):
    with store.write() as session:
        decision, request, batch = frozen_with_one(session, clock, evidence)
        person = session.scalars(select(makers.Person)).one()
        with pytest.raises(TooLate, match=f"frozen batch {batch.number}: discard"):
            undo_decision(session, decision.id, person, clock=clock)
        discard(session, batch, actor="t", clock=clock)
        assert request.state is RequestState.READY
        undo_decision(session, decision.id, person, clock=clock)
        assert request.state is RequestState.WITHDRAWN


def test_a_request_withdrawn_after_freezing_keeps_the_batch_from_being_sent(store, clock, evidence):
    with store.write() as session:
        _, request, batch = frozen_with_one(session, clock, evidence)
        withdraw(session, request, actor="t", clock=clock)
        with pytest.raises(CannotSend, match="Row 1 was withdrawn"):
            mark_sent(session, batch, Sent("e-mail", clock.now()), actor="t", clock=clock)


def test_a_sent_request_cannot_be_undone_but_a_later_attempt_can_follow(store, clock, evidence):
    with store.write() as session:
        decision, request, batch = frozen_with_one(session, clock, evidence)
        mark_sent(session, batch, Sent("e-mail", clock.now()), actor="t", clock=clock)
        person = session.scalars(select(makers.Person)).one()
        with pytest.raises(TooLate, match="was sent with batch"):
            undo_decision(session, decision.id, person, clock=clock)
        rejected = Said(OutcomeSource.MANUAL, OutcomeCause.REJECTED, RequestEvent.REPLY_REJECTED)
        record_answer(session, request, rejected, actor="t", clock=clock)
        again = request_again(session, decision.listing_id, actor="t", clock=clock)
        assert again is not None
        assert again.attempt == 2


def test_a_relisting_is_asked_about_at_top_priority(store, clock, evidence):
    with store.write() as session:
        decision, _, batch = frozen_with_one(session, clock, evidence)
        mark_sent(session, batch, Sent("e-mail", clock.now()), actor="t", clock=clock)
        listing = the_request(session, decision.listing_id).listing
        for outcome in (Outcome.REMOVED, Outcome.REMOVED, Outcome.LIVE):
            makers.next_day(clock)
            seen = Seen(listing.id, outcome, control_live=True)
            hear_recheck(session, makers.recheck_once(session, clock, seen), clock=clock)
        task = session.scalars(select(ReviewTask).where(ReviewTask.state == TaskState.QUEUED)).one()
        assert (task.why, task.priority >= 1000) == ("relisted", True)
        hear_relisting(session, listing, clock=clock)
        assert session.scalar(select(func.count(ReviewTask.id))) == 2
