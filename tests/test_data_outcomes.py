"""Outcomes: what rechecks prove, what platforms say, and taking an answer back."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from data.availability import Outcome
from data.batches import batch_state_of
from data.outcomes import (
    CannotRetract,
    Said,
    conflicts,
    heard,
    record_answer,
    retract,
    step,
    they_say,
)
from data.rechecks import PLAN, ask_recheck, due_for_recheck
from data.requests import request_again, state_of, withdraw
from data.sending import Sent, mark_sent
from data.states import BatchState, NotAllowed, RequestEvent, RequestState
from data.takedowns import BatchRow, OutcomeCause, OutcomeEvent, OutcomeSource
from tests import makers
from tests.takedown_makers import (
    REJECTED,
    REMOVED,
    a_draft,
    a_frozen,
    a_sent,
    look,
    prove_gone,
    request_for,
)

ACK = Said(OutcomeSource.PLATFORM_REPLY, OutcomeCause.UNKNOWN, RequestEvent.ACKNOWLEDGE)


def answer(session, clock, request, said):
    return record_answer(session, request, said, actor="t", clock=clock)


def test_two_misses_after_sending_prove_it_gone_without_a_word(store, clock, evidence):
    with store.write() as session:
        batch, (request,) = a_sent(session, clock, evidence)
        prove_gone(session, clock, request.listing_id)
        assert request.state is RequestState.REMOVED
        assert request.seen_gone_at == clock.now()
        (outcome,) = heard(session, request.id)
        assert outcome.cause is OutcomeCause.GONE_UNATTRIBUTED
        assert batch.state is BatchState.CLOSED


def test_one_miss_or_a_miss_without_control_proves_nothing(store, clock, evidence):
    with store.write() as session:
        _, (request,) = a_sent(session, clock, evidence)
        for _ in range(3):
            clock.advance(timedelta(hours=25))
            look(session, clock, request.listing_id, Outcome.REMOVED, control=False)
        clock.advance(timedelta(hours=1))
        look(session, clock, request.listing_id, Outcome.REMOVED)
        assert request.state is RequestState.SENT
        assert heard(session, request.id) == []


def test_a_reply_and_two_misses_make_it_platform_confirmed(store, clock, evidence):
    with store.write() as session:
        _, (request,) = a_sent(session, clock, evidence)
        answer(session, clock, request, REMOVED)
        assert request.state is RequestState.REMOVED
        prove_gone(session, clock, request.listing_id)
        assert heard(session, request.id)[-1].cause is OutcomeCause.PLATFORM_CONFIRMED
        assert request.seen_gone_at is not None


def test_sold_or_ended_stays_apart_from_removed(store, clock, evidence):
    with store.write() as session:
        batch, (request,) = a_sent(session, clock, evidence)
        clock.advance(timedelta(days=1))
        look(session, clock, request.listing_id, Outcome.SOLD_OR_EXPIRED)
        (outcome,) = heard(session, request.id)
        assert outcome.cause is OutcomeCause.SOLD_OR_ENDED
        assert (request.state, request.seen_gone_at) == (RequestState.SENT, None)
        assert batch.state is BatchState.CLOSED


def test_a_first_miss_before_sending_is_no_proof_of_our_doing(store, clock, evidence):
    with store.write() as session:
        batch, (request,) = a_frozen(session, clock, evidence)
        clock.advance(timedelta(hours=1))
        look(session, clock, request.listing_id, Outcome.REMOVED)
        clock.advance(timedelta(hours=1))
        mark_sent(session, batch, Sent("e-mail", clock.now()), actor="t", clock=clock)
        clock.advance(timedelta(hours=25))
        look(session, clock, request.listing_id, Outcome.REMOVED)
        assert request.seen_gone_at is None
        assert heard(session, request.id)[0].comment == "first missed before the batch was sent"


def test_marking_as_sent_late_still_counts_what_vanished_since(store, clock, evidence):
    with store.write() as session:
        batch, (request,) = a_frozen(session, clock, evidence)
        really = clock.now()
        prove_gone(session, clock, request.listing_id)
        assert [request.state] == [RequestState.BATCHED]
        mark_sent(session, batch, Sent("e-mail", really), actor="t", clock=clock)
        assert request.state is RequestState.REMOVED
        assert request.seen_gone_at == clock.now()


def test_nothing_can_be_answered_before_sending(store, clock, evidence):
    with store.write() as session:
        _, (request,) = a_draft(session, clock, evidence)
        with pytest.raises(NotAllowed, match="mark its batch as sent first"):
            answer(session, clock, request, REMOVED)


def test_taking_an_answer_back_restores_request_and_batch(store, clock, evidence):
    with store.write() as session:
        batch, (request, other) = a_sent(session, clock, evidence, ["1", "2"])
        said = answer(session, clock, request, REMOVED)
        assert [batch.state] == [BatchState.PARTLY_ANSWERED]
        last = answer(session, clock, other, REJECTED)
        assert [batch.state] == [BatchState.CLOSED]
        retract(session, last.id, by="t", clock=clock)
        assert (other.state, batch.state) == (RequestState.SENT, BatchState.PARTLY_ANSWERED)
        retract(session, said.id, by="t", clock=clock)
        assert (request.state, batch.state) == (RequestState.SENT, BatchState.SENT)
        assert batch_state_of(session, batch.id) is BatchState.SENT
        assert state_of(session, request.id) is RequestState.SENT
        with pytest.raises(CannotRetract, match="already"):
            retract(session, said.id, by="t", clock=clock)
        assert session.scalar(select(func.count(OutcomeEvent.id))) == 2
        assert session.scalar(select(func.count(BatchRow.id))) == 6


def test_an_answer_that_something_builds_on_stays(store, clock, evidence):
    with store.write() as session:
        _, (request,) = a_sent(session, clock, evidence)
        said = answer(session, clock, request, REJECTED)
        step(session, request, RequestEvent.APPEAL, actor="t", clock=clock)
        with pytest.raises(CannotRetract, match="'appeal' builds on this answer"):
            retract(session, said.id, by="t", clock=clock)


def test_an_answer_in_the_middle_can_be_taken_back_when_the_rest_still_holds(
    store, clock, evidence
):
    with store.write() as session:
        _, (request,) = a_sent(session, clock, evidence)
        acknowledged = answer(session, clock, request, ACK)
        answer(session, clock, request, REMOVED)
        retract(session, acknowledged.id, by="t", clock=clock)
        assert request.state is RequestState.REMOVED


def test_an_answer_is_kept_when_the_next_attempt_is_open(store, clock, evidence):
    with store.write() as session:
        _, (request,) = a_sent(session, clock, evidence)
        said = answer(session, clock, request, REJECTED)
        assert request_again(session, request.listing_id, actor="t", clock=clock)
        with pytest.raises(CannotRetract, match="withdraw it first"):
            retract(session, said.id, by="t", clock=clock)
        withdraw(session, request_for(session, request.listing_id), actor="t", clock=clock)
        retract(session, said.id, by="t", clock=clock)
        assert request.state is RequestState.SENT


def test_taking_the_reply_back_leaves_what_rechecks_proved(store, clock, evidence):
    with store.write() as session:
        _, (request,) = a_sent(session, clock, evidence)
        said = answer(session, clock, request, REMOVED)
        prove_gone(session, clock, request.listing_id)
        retract(session, said.id, by="t", clock=clock)
        assert request.state is RequestState.REMOVED
        (proof,) = heard(session, request.id)
        assert proof.cause is OutcomeCause.GONE_UNATTRIBUTED
        with pytest.raises(CannotRetract, match="ask for another recheck"):
            retract(session, proof.id, by="t", clock=clock)


def test_conflicts_are_found_both_ways_and_end_with_proof(store, clock, evidence):
    with store.write() as session:
        _, (claimed, refused) = a_sent(session, clock, evidence, ["1", "2"])
        answer(session, clock, claimed, REMOVED)
        answer(session, clock, refused, REJECTED)
        assert conflicts(session) == []
        clock.advance(timedelta(hours=2))
        look(session, clock, claimed.listing_id, Outcome.LIVE)
        prove_gone(session, clock, refused.listing_id)
        assert {one.request.id for one in conflicts(session)} == {claimed.id, refused.id}
        prove_gone(session, clock, claimed.listing_id)
        assert [one.request.id for one in conflicts(session)] == [refused.id]


def test_the_latest_answer_is_what_they_say(store, clock, evidence):
    with store.write() as session:
        _, (request,) = a_sent(session, clock, evidence)
        answer(session, clock, request, ACK)
        answer(session, clock, request, REJECTED)
        prove_gone(session, clock, request.listing_id)
        last = they_say(heard(session, request.id))
        assert last is not None
        assert last.event is RequestEvent.REPLY_REJECTED


def test_rechecks_follow_the_plan_to_half_a_year(store, clock, evidence):
    with store.write() as session:
        _, (request,) = a_sent(session, clock, evidence)
        sent, looked = clock.now(), []
        for _ in range(200):
            clock.advance(timedelta(days=1))
            if due_for_recheck(session, makers.PLATFORM, clock.now()):
                look(session, clock, request.listing_id, Outcome.LIVE)
                looked.append(clock.now() - sent)
        assert tuple(looked) == PLAN


def test_a_look_without_conclusion_is_repeated_next_day(store, clock, evidence):
    with store.write() as session:
        _, (request,) = a_sent(session, clock, evidence)
        clock.advance(timedelta(days=14))
        look(session, clock, request.listing_id, Outcome.WALL)
        assert request.listing.next_recheck_at == clock.now() + timedelta(hours=24)


def test_recheck_now_makes_it_due_and_asks_for_one_job(store, clock, evidence):
    with store.write() as session:
        _, requests = a_draft(session, clock, evidence, ["1", "2"])
        ids = [one.listing_id for one in requests]
        (job,) = ask_recheck(session, ids, by="person:1", clock=clock)
        assert job.arguments == {"platform": makers.PLATFORM}
        due = due_for_recheck(session, makers.PLATFORM, clock.now())
        assert [one.id for one in due] == ids
