"""Takedown batches: what a liaison sends to one platform at once, from draft to closed."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session, aliased
from sqlalchemy.orm.attributes import set_committed_value

from data.audit import note
from data.base import Clock
from data.casefile import facts_of
from data.evidence import EvidenceFolder
from data.home import Home, the_home
from data.preflight import Problem, preflight
from data.requests import Because, apply_event, follow_verdict, lock_draft, prepare_ready
from data.states import (
    ANSWERED,
    BATCH,
    BatchEvent,
    BatchState,
    NotAllowed,
    RequestEvent,
    RequestState,
)
from data.takedowns import (
    BatchLine,
    BatchRow,
    OutcomeCause,
    OutcomeEvent,
    TakedownBatch,
    TakedownRequest,
)

DONE = frozenset({*ANSWERED, RequestState.CLOSED, RequestState.WITHDRAWN})


class NoSuchBatch(Exception):
    """No batch has this number: look at the list of batches."""


def batch_events(session: Session, batch_id: int) -> list[BatchRow]:
    """Return the rows of a batch that still count, oldest first."""
    taken_back = aliased(BatchRow)
    rows = session.scalars(
        select(BatchRow)
        .outerjoin(taken_back, taken_back.retracts_id == BatchRow.id)
        .where(BatchRow.batch_id == batch_id, BatchRow.event.is_not(None), taken_back.id.is_(None))
        .order_by(BatchRow.id)
    )
    return list(rows)


def batch_state_of(session: Session, batch_id: int) -> BatchState:
    """Recompute a batch's state from its rows alone."""
    return BATCH.fold(row.event for row in batch_events(session, batch_id) if row.event)


def apply_batch_event(
    session: Session,
    batch: TakedownBatch,
    event: BatchEvent,
    actor: str,
    *,
    clock: Clock,
    text: str = "",
) -> None:
    """Let something happen to a batch: the row, and the state by the table.

    Raises `NotAllowed` when the table does not list the step or someone else was faster.
    """
    session.flush()
    new = BATCH.after(batch.state, event)
    _move(session, batch, new, event)
    session.add(_row(batch, actor, clock, event=event, text=text))
    session.flush()


def _move(session: Session, batch: TakedownBatch, new: BatchState, event: BatchEvent) -> None:
    version = session.scalar(
        update(TakedownBatch)
        .where(TakedownBatch.id == batch.id, TakedownBatch.state == batch.state)
        .values(state=new, version=TakedownBatch.version + 1)
        .returning(TakedownBatch.version)
        .execution_options(synchronize_session=False)
    )
    if version is None:
        why = "someone else changed it meanwhile; reload the page"
        raise NotAllowed(BATCH.name, batch.state, event, why)
    set_committed_value(batch, "state", new)
    set_committed_value(batch, "version", version)


def _row(
    batch: TakedownBatch,
    actor: str,
    clock: Clock,
    *,
    event: BatchEvent | None = None,
    retracts_id: int | None = None,
    text: str = "",
) -> BatchRow:
    return BatchRow(
        at=clock.now(),
        clock_shift_s=int(clock.shift.total_seconds()),
        batch_id=batch.id,
        event=event,
        retracts_id=retracts_id,
        actor=actor,
        note=text,
    )


def draft_for(session: Session, platform_id: str, *, actor: str, clock: Clock) -> TakedownBatch:
    """Return the platform's draft batch, making one when there is none."""
    session.execute(select(Home.id).with_for_update()).one()
    draft = session.scalar(
        select(TakedownBatch)
        .where(TakedownBatch.platform_id == platform_id, TakedownBatch.state == BatchState.DRAFT)
        .order_by(TakedownBatch.id)
        .limit(1)
    )
    if draft is not None:
        return draft
    draft = TakedownBatch(
        platform_id=platform_id,
        state=BatchState.DRAFT,
        signatory=the_home(session).signatory,
        created_by=actor,
        created_at=clock.now(),
    )
    session.add(draft)
    session.flush()
    note(session, actor=actor, verb="batch.draft", subject=f"batch:{draft.id}", clock=clock)
    return draft


def candidates(session: Session, platform_id: str) -> list[TakedownRequest]:
    """Return the platform's requests that are in no batch yet, ready ones first."""
    rows = session.scalars(
        select(TakedownRequest)
        .where(
            TakedownRequest.platform_id == platform_id,
            TakedownRequest.state.in_([RequestState.DRAFT, RequestState.READY]),
        )
        .order_by(TakedownRequest.state.desc(), TakedownRequest.id)
    )
    return list(rows.unique())


def members(session: Session, batch: TakedownBatch) -> list[TakedownRequest]:
    """Return the requests of a batch as they are now; a discarded batch has none."""
    rows = session.scalars(
        select(TakedownRequest)
        .where(TakedownRequest.batch_id == batch.id)
        .order_by(TakedownRequest.id)
        .execution_options(populate_existing=True)
    )
    return list(rows.unique())


def follow_members(session: Session, batch: TakedownBatch, *, clock: Clock) -> None:
    """Point the rows of a batch that is being frozen at the decisions in force."""
    for request in members(session, batch):
        follow_verdict(session, request, clock=clock)


def check(
    session: Session,
    requests: Iterable[TakedownRequest],
    now: datetime,
    evidence: EvidenceFolder | None = None,
) -> dict[int, list[Problem]]:
    """Run pre-flight over requests; return the problems by request id."""
    return {one.id: preflight(facts_of(session, one, evidence), now) for one in requests}


def add(
    session: Session,
    batch: TakedownBatch,
    request_ids: Iterable[int],
    *,
    actor: str,
    clock: Clock,
) -> list[TakedownRequest]:
    """Put ready requests of the batch's platform into a draft batch; return those that went in.

    A request that is no longer ready stays out: pre-flight says why. Raises `NotAllowed` when the
    batch is a draft no more.
    """
    _hold(session, batch, "add")
    prepare_ready(session, clock=clock, platform_id=batch.platform_id)
    wanted = session.scalars(
        select(TakedownRequest)
        .where(
            TakedownRequest.id.in_(list(request_ids)),
            TakedownRequest.platform_id == batch.platform_id,
            TakedownRequest.state == RequestState.READY,
        )
        .order_by(TakedownRequest.id)
    ).unique()
    added = []
    for request in wanted:
        because = Because(batch_id=batch.id)
        apply_event(session, request, RequestEvent.BATCH, actor, clock=clock, because=because)
        added.append(request)
    _note(session, batch, "batch.add", actor, clock, [one.id for one in added])
    return added


def remove(
    session: Session, batch: TakedownBatch, request_id: int, *, actor: str, clock: Clock
) -> None:
    """Take a request out of a draft batch; it is ready or draft again."""
    _hold(session, batch, "remove")
    request = session.get_one(TakedownRequest, request_id, populate_existing=True)
    if request.batch_id != batch.id:
        return
    because = Because(batch_id=batch.id)
    apply_event(session, request, RequestEvent.UNBATCH, actor, clock=clock, because=because)
    prepare_ready(session, clock=clock, listing_ids=[request.listing_id])
    _note(session, batch, "batch.remove", actor, clock, request_id)


def _hold(session: Session, batch: TakedownBatch, doing: str) -> None:
    session.flush()
    if not lock_draft(session, batch.id):
        session.refresh(batch)
        why = "only a draft can be changed; discard the frozen batch first"
        raise NotAllowed(BATCH.name, batch.state, doing, why)


def describe(
    session: Session,
    batch: TakedownBatch,
    *,
    signatory: str,
    actor: str,
    clock: Clock,
) -> None:
    """Set who signs a draft batch."""
    _hold(session, batch, "describe")
    batch.signatory = signatory.strip()
    _note(session, batch, "batch.describe", actor, clock, None)


def discard(session: Session, batch: TakedownBatch, *, actor: str, clock: Clock) -> None:
    """Give a draft or frozen batch up; its requests are ready again, its number is never reused."""
    apply_batch_event(session, batch, BatchEvent.DISCARD, actor, clock=clock)
    freed = [one for one in members(session, batch) if one.state is RequestState.BATCHED]
    for request in freed:
        because = Because(batch_id=batch.id)
        apply_event(session, request, RequestEvent.UNBATCH, actor, clock=clock, because=because)
    prepare_ready(session, clock=clock, listing_ids=[one.listing_id for one in freed])
    _note(session, batch, "batch.discard", actor, clock, [one.id for one in freed])


def _note(
    session: Session, batch: TakedownBatch, verb: str, actor: str, clock: Clock, detail: object
) -> None:
    subject = f"batch:{batch.id}"
    note(session, actor=actor, verb=verb, subject=subject, clock=clock, detail=detail)


def batch_named(session: Session, number: str) -> TakedownBatch:
    """Return the batch with a number, whatever the case it was typed in."""
    batch = session.scalar(
        select(TakedownBatch).where(TakedownBatch.number == number.strip().upper())
    )
    if batch is None or not number.strip():
        raise NoSuchBatch(f"no batch has the number {number!r}: see the list of batches")
    return batch


def lines_of(session: Session, batch: TakedownBatch) -> list[BatchLine]:
    """Return the lines of a frozen batch in order."""
    rows = session.scalars(
        select(BatchLine).where(BatchLine.batch_id == batch.id).order_by(BatchLine.row_no)
    )
    return list(rows)


def settle(session: Session, batch: TakedownBatch, *, actor: str, clock: Clock) -> None:
    """Make a sent batch's rows say what its requests say: nothing heard, some answers, all done.

    Retracting an answer retracts the batch row that rested on it.
    """
    if batch.state not in {BatchState.SENT, BatchState.PARTLY_ANSWERED, BatchState.CLOSED}:
        return
    heard, done = _heard(session, batch), _all_done(session, batch)
    for row in reversed(batch_events(session, batch.id)):
        stale = (row.event is BatchEvent.CLOSE and not done) or (
            row.event is BatchEvent.ANSWER and not heard
        )
        if stale:
            _take_back(session, batch, row, actor, clock)
    if heard and batch.state is BatchState.SENT:
        apply_batch_event(session, batch, BatchEvent.ANSWER, actor, clock=clock)
    if done and batch.state is BatchState.PARTLY_ANSWERED:
        apply_batch_event(session, batch, BatchEvent.CLOSE, "system", clock=clock)


def _take_back(
    session: Session, batch: TakedownBatch, row: BatchRow, actor: str, clock: Clock
) -> None:
    rest = [one.event for one in batch_events(session, batch.id) if one.id != row.id]
    new = BATCH.fold(event for event in rest if event is not None)
    session.add(_row(batch, actor, clock, retracts_id=row.id))
    session.flush()
    _move(session, batch, new, BatchEvent.ANSWER)


def _heard(session: Session, batch: TakedownBatch) -> bool:
    found = select(OutcomeEvent.id).where(
        OutcomeEvent.batch_id == batch.id, OutcomeEvent.retracted_at.is_(None)
    )
    return session.scalar(found.limit(1)) is not None


def _all_done(session: Session, batch: TakedownBatch) -> bool:
    """Tell whether every row is answered, withdrawn, or ended by itself."""
    ended = select(OutcomeEvent.request_id).where(
        OutcomeEvent.batch_id == batch.id,
        OutcomeEvent.cause == OutcomeCause.SOLD_OR_ENDED,
        OutcomeEvent.retracted_at.is_(None),
    )
    waiting = select(TakedownRequest.id).where(
        TakedownRequest.batch_id == batch.id,
        TakedownRequest.state.not_in(sorted(DONE)),
        TakedownRequest.id.not_in(ended),
    )
    return session.scalar(waiting.limit(1)) is None
