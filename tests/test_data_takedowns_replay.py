"""Whatever happens, in whatever order: states replay, invariants hold, frozen bytes stay."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from data.availability import Outcome
from data.base import ManualClock, Record
from data.batches import add, batch_state_of, discard, draft_for, remove
from data.decisions import effective_decision
from data.evidence import EvidenceDamaged, EvidenceFolder
from data.exports.frozen import Addressee, Blocked, NothingToFreeze, files_of, freeze
from data.found import Seen
from data.home import Home, HomeKind
from data.outcomes import CannotRetract, Said, hear_recheck, record_answer, retract, step
from data.people import Role
from data.requests import (
    decide_and_request,
    open_requests,
    prepare_ready,
    request_again,
    state_of,
    undo_decision,
    withdraw,
)
from data.reviews import ReviewTask, TooLate, Verdict
from data.sending import CannotSend, Sent, mark_sent
from data.states import (
    OPEN_REQUEST,
    BatchState,
    NotAllowed,
    RequestEvent,
    RequestState,
    TaskState,
)
from data.takedowns import (
    BatchFile,
    OutcomeCause,
    OutcomeEvent,
    OutcomeSource,
    TakedownBatch,
    TakedownRequest,
)
from data.tasks import claim
from tests import makers

TO = Addressee("Pasar Contoh", "Asia/Ho_Chi_Minh")

LISTINGS = st.integers(1, 3)
REPLIES = st.sampled_from(
    [
        (RequestEvent.ACKNOWLEDGE, OutcomeCause.UNKNOWN),
        (RequestEvent.REPLY_REMOVED, OutcomeCause.PLATFORM_CONFIRMED),
        (RequestEvent.REPLY_PARTIAL, OutcomeCause.UNKNOWN),
        (RequestEvent.REPLY_REJECTED, OutcomeCause.REJECTED),
        (RequestEvent.REPLY_ALREADY_GONE, OutcomeCause.SOLD_OR_ENDED),
    ]
)
REFUSED = (
    NotAllowed,
    TooLate,
    CannotSend,
    CannotRetract,
    Blocked,
    NothingToFreeze,
    EvidenceDamaged,
)


class TakedownMachine(RuleBasedStateMachine):
    """Random verdicts, undos, batches, answers, rechecks and retractions on three listings."""

    folder: Path

    def __init__(self) -> None:
        super().__init__()
        engine = create_engine("sqlite://")
        Record.metadata.create_all(engine)
        self.clock = ManualClock(datetime(2026, 11, 1, 12, tzinfo=UTC))
        self.session = Session(engine, expire_on_commit=False)
        self.session.add(Home(id=1, kind=HomeKind.TEST, created_at=self.clock.now()))
        self.evidence = EvidenceFolder(self.folder)
        self.person = makers.make_person(
            self.session, self.clock, roles=(Role.REVIEWER, Role.SUPERVISOR)
        )
        self.frozen: dict[int, list[tuple[str, str]]] = {}
        for number in (1, 2, 3):
            listing = makers.make_listing(
                self.session, self.clock, str(number), evidence=self.evidence
            )
            flag = makers.make_flag(self.session, listing, self.clock)
            makers.queue_first(self.session, flag, clock=self.clock)
        self.session.commit()
        self.push_on()

    def teardown(self) -> None:
        self.session.close()
        self.session.get_bind().dispose()  # type: ignore[union-attr]

    def attempt(self, verb: Any, *args: Any, **kwargs: Any) -> Any:
        """Do one thing in a transaction of its own; a refusal changes nothing."""
        try:
            result = verb(self.session, *args, clock=self.clock, **kwargs)
        except REFUSED:
            self.session.rollback()
            return None
        self.session.commit()
        return result

    def latest(self, listing: int) -> TakedownRequest | None:
        return self.session.scalar(
            select(TakedownRequest)
            .where(TakedownRequest.listing_id == listing)
            .order_by(TakedownRequest.attempt.desc())
            .limit(1)
        )

    def a_batch(self, state: BatchState) -> TakedownBatch | None:
        return self.session.scalar(select(TakedownBatch).where(TakedownBatch.state == state))

    @rule(listing=LISTINGS, infringing=st.booleans())
    def decide(self, listing: int, infringing: bool) -> None:  # noqa: FBT001
        task = self.session.scalar(
            select(ReviewTask).where(
                ReviewTask.listing_id == listing, ReviewTask.state == TaskState.QUEUED
            )
        )
        if task is None:
            return
        held = claim(self.session, self.person, clock=self.clock, task_id=task.id)
        assert held is not None
        answer = makers.INFRINGING if infringing else makers.NOT_INFRINGING
        self.attempt(decide_and_request, held.id, held.version, self.person, answer)

    @rule(listing=LISTINGS, unless=st.integers(0, 2))
    def undo(self, listing: int, unless: int) -> None:
        decision = effective_decision(self.session, listing)
        if decision is not None and not unless:
            self.attempt(undo_decision, decision.id, self.person)

    @rule(listing=LISTINGS)
    def put_in(self, listing: int) -> None:
        batch = self.attempt(draft_for, makers.PLATFORM, actor="t")
        request = self.latest(listing)
        if request is not None:
            self.attempt(add, batch, [request.id], actor="t")

    @rule(listing=LISTINGS)
    def take_out(self, listing: int) -> None:
        request = self.latest(listing)
        if request is not None and request.batch_id is not None:
            batch = self.session.get_one(TakedownBatch, request.batch_id)
            self.attempt(remove, batch, request.id, actor="t")

    @rule()
    def freeze(self) -> None:
        batch = self.a_batch(BatchState.DRAFT)
        if batch is None:
            return
        try:
            freeze(self.session, self.evidence, batch, TO, actor="t", clock=self.clock)
        except REFUSED:
            self.session.rollback()
            return
        self.session.commit()
        files = files_of(self.session, batch)
        self.frozen[batch.id] = [(one.name, one.sha256) for one in files]

    @rule()
    def push_on(self) -> None:
        """Do what a team does on a good day, so that runs get past the first steps."""
        for listing in (1, 2, 3):
            self.decide(listing, infringing=True)
            self.put_in(listing)
        self.freeze()
        self.send()

    @precondition(lambda self: self.frozen)
    @rule(state=st.sampled_from([BatchState.FROZEN, BatchState.DRAFT]), unless=st.integers(0, 2))
    def discard(self, state: BatchState, unless: int) -> None:
        batch = self.a_batch(state)
        if batch is not None and not unless:
            self.attempt(discard, batch, actor="t")

    @precondition(lambda self: self.frozen)
    @rule()
    def send(self) -> None:
        batch = self.a_batch(BatchState.FROZEN)
        if batch is not None:
            self.attempt(mark_sent, batch, Sent("e-mail", self.clock.now()), actor="t")

    @rule(listing=LISTINGS, unless=st.integers(0, 3))
    def withdraw(self, listing: int, unless: int) -> None:
        request = self.latest(listing)
        if request is not None and not unless:
            self.attempt(withdraw, request, actor="t")

    @rule(listing=LISTINGS)
    def again(self, listing: int) -> None:
        self.attempt(request_again, listing, actor="t")

    @rule(listing=LISTINGS, reply=REPLIES)
    def answer(self, listing: int, reply: tuple[RequestEvent, OutcomeCause]) -> None:
        request = self.latest(listing)
        if request is not None:
            said = Said(OutcomeSource.MANUAL, reply[1], reply[0])
            self.attempt(record_answer, request, said, actor="t")

    @rule(listing=LISTINGS, event=st.sampled_from([RequestEvent.APPEAL, RequestEvent.CLOSE]))
    def go_on(self, listing: int, event: RequestEvent) -> None:
        request = self.latest(listing)
        if request is not None:
            self.attempt(step, request, event, actor="t")

    @rule(pick=st.integers(0, 5))
    def take_answer_back(self, pick: int) -> None:
        outcomes = list(self.session.scalars(select(OutcomeEvent.id)))
        if outcomes:
            self.attempt(retract, outcomes[pick % len(outcomes)], by="t")

    @rule(
        listing=LISTINGS,
        outcome=st.sampled_from(
            [Outcome.LIVE, Outcome.REMOVED, Outcome.REMOVED, Outcome.SOLD_OR_EXPIRED, Outcome.WALL]
        ),
    )
    def recheck(self, listing: int, outcome: Outcome) -> None:
        self.clock.advance(timedelta(hours=13))
        seen = Seen(listing, outcome, control_live=True)
        hear_recheck(
            self.session, makers.recheck_once(self.session, self.clock, seen), clock=self.clock
        )
        self.session.commit()

    @rule(listing=LISTINGS)
    def vanish(self, listing: int) -> None:
        """Miss a listing often enough to prove that it is gone."""
        for _ in range(3):
            self.recheck(listing, Outcome.REMOVED)

    @rule()
    def prepare(self) -> None:
        self.attempt(prepare_ready)

    @invariant()
    def projections_equal_folds(self) -> None:
        for request in self.session.scalars(select(TakedownRequest)).unique():
            self.session.refresh(request)
            assert request.state is state_of(self.session, request.id)
        for batch in self.session.scalars(select(TakedownBatch)):
            self.session.refresh(batch)
            assert batch.state is batch_state_of(self.session, batch.id)

    @invariant()
    def no_listing_is_in_two_open_requests(self) -> None:
        for listing in (1, 2, 3):
            assert len(open_requests(self.session, listing)) <= 1

    @invariant()
    def no_sendable_request_without_an_infringing_verdict(self) -> None:
        ready = select(TakedownRequest).where(TakedownRequest.state == RequestState.READY)
        for request in self.session.scalars(ready).unique():
            decision = effective_decision(self.session, request.listing_id)
            assert decision is not None
            assert decision.verdict is Verdict.INFRINGING
            assert decision.id == request.decision_id

    @invariant()
    def removed_are_among_the_reported(self) -> None:
        for request in self.session.scalars(select(TakedownRequest)).unique():
            if request.seen_gone_at is not None:
                assert request.sent_at is not None
                assert request.seen_gone_at >= request.sent_at
            if request.state not in OPEN_REQUEST - {RequestState.SENT}:
                assert request.sent_at or request.state is RequestState.WITHDRAWN

    @invariant()
    def frozen_bytes_never_change(self) -> None:
        for batch_id, files in self.frozen.items():
            kept = self.session.execute(
                select(BatchFile.name, BatchFile.sha256)
                .where(BatchFile.batch_id == batch_id)
                .order_by(BatchFile.name)
            )
            assert [tuple(one) for one in kept] == files
            for _, sha256 in files:
                assert self.evidence.get(sha256)

    @invariant()
    def numbers_have_no_gaps(self) -> None:
        given = list(
            self.session.scalars(
                select(TakedownBatch.number)
                .where(TakedownBatch.number != "")
                .order_by(TakedownBatch.frozen_at, TakedownBatch.id)
            )
        )
        numbers = sorted(given)
        assert numbers == [f"PASAR-CONTOH-2026-{n:04d}" for n in range(1, len(numbers) + 1)]


def test_whatever_happens_the_invariants_hold(tmp_path):

    class Here(TakedownMachine):
        folder = tmp_path

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=10,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
