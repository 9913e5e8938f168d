"""Takedown requests: one listing we ask a platform to remove, opened by an infringing decision."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased
from sqlalchemy.orm.attributes import set_committed_value

from data.audit import note
from data.base import Clock
from data.casefile import facts_of
from data.decisions import decide, effective_decision, undo
from data.listings import Listing
from data.people import Person
from data.preflight import is_ready
from data.reviews import Answer, Decision, ReviewTask, TooLate, Verdict
from data.states import OPEN_REQUEST, REQUEST, BatchState, NotAllowed, RequestEvent, RequestState
from data.takedowns import RequestRow, TakedownBatch, TakedownRequest

UNSENT = frozenset({RequestState.DRAFT, RequestState.READY, RequestState.BATCHED})


@dataclass(frozen=True)
class Because:
    """What a step of a request belongs to: a batch, an answer, a note."""

    batch_id: int | None = None
    outcome_id: int | None = None
    note: str = ""


_NOTHING = Because()


def actor_of(person: Person) -> str:
    """Return how audit rows name a person."""
    return f"person:{person.id}"


def events_of(session: Session, request_id: int) -> list[RequestRow]:
    """Return the rows of a request that still count, oldest first."""
    taken_back = aliased(RequestRow)
    rows = session.scalars(
        select(RequestRow)
        .outerjoin(taken_back, taken_back.retracts_id == RequestRow.id)
        .where(
            RequestRow.request_id == request_id,
            RequestRow.event.is_not(None),
            taken_back.id.is_(None),
        )
        .order_by(RequestRow.id)
    )
    return list(rows)


def state_of(session: Session, request_id: int) -> RequestState:
    """Recompute a request's state from its rows alone."""
    rows = events_of(session, request_id)
    return REQUEST.fold(row.event for row in rows if row.event is not None)


def apply_event(
    session: Session,
    request: TakedownRequest,
    event: RequestEvent,
    actor: str,
    *,
    clock: Clock,
    because: Because = _NOTHING,
) -> RequestRow:
    """Let something happen to a request: the row, and the state by the table.

    Raises `NotAllowed` when the table does not list the step or someone else moved it meanwhile.
    """
    session.flush()
    old = request.state
    new = REQUEST.after(old, event)
    changes: dict[str, object] = {"state": new}
    if event in {RequestEvent.BATCH, RequestEvent.UNBATCH}:
        changes["batch_id"] = because.batch_id if event is RequestEvent.BATCH else None
    move(session, request, old, event, changes)
    row = RequestRow(
        at=clock.now(),
        clock_shift_s=int(clock.shift.total_seconds()),
        request_id=request.id,
        event=event,
        actor=actor,
        batch_id=because.batch_id,
        outcome_id=because.outcome_id,
        note=because.note,
    )
    session.add(row)
    session.flush()
    return row


def move(
    session: Session,
    request: TakedownRequest,
    old: RequestState,
    event: RequestEvent,
    changes: dict[str, object],
) -> None:
    """Set the projection in one statement that fails when the state is no longer the old one."""
    moved = session.scalar(
        update(TakedownRequest)
        .where(TakedownRequest.id == request.id, TakedownRequest.state == old)
        .values(**changes)
        .returning(TakedownRequest.id)
        .execution_options(synchronize_session=False)
    )
    if moved is None:
        why = "someone else changed it meanwhile; reload the page"
        raise NotAllowed(REQUEST.name, old, event, why)
    for name, value in changes.items():
        set_committed_value(request, name, value)


def take_back(
    session: Session, request: TakedownRequest, row: RequestRow, actor: str, *, clock: Clock
) -> None:
    """Retract one row and set the state to the fold of the rest.

    Raises `NotAllowed` when a later row builds on it.
    """
    rest = [one.event for one in events_of(session, request.id) if one.id != row.id]
    new = REQUEST.fold(event for event in rest if event is not None)
    session.add(
        RequestRow(
            at=clock.now(),
            clock_shift_s=int(clock.shift.total_seconds()),
            request_id=request.id,
            actor=actor,
            retracts_id=row.id,
        )
    )
    session.flush()
    move(session, request, request.state, row.event or RequestEvent.CLOSE, {"state": new})


def open_requests(session: Session, listing_id: int) -> list[TakedownRequest]:
    """Return the listing's request that is not finished yet, as a list of none or one."""
    rows = session.scalars(
        select(TakedownRequest).where(
            TakedownRequest.listing_id == listing_id,
            TakedownRequest.state.in_(sorted(OPEN_REQUEST)),
        )
    )
    return list(rows)


def open_request(
    session: Session,
    decision: Decision,
    *,
    clock: Clock,
    actor: str = "system",
    again: bool = False,
) -> TakedownRequest | None:
    """Open a draft for an infringing decision that is in force.

    None when it is not in force, when the listing already has an open request, or when this very
    decision was already requested (`again` opens another attempt all the same).
    """
    effective = effective_decision(session, decision.listing_id)
    if effective is None or effective.id != decision.id or not _infringing(effective):
        return None
    if open_requests(session, decision.listing_id):
        return None
    if not again and _requested(session, decision.id):
        return None
    return _add_request(session, effective, actor, clock)


def _infringing(decision: Decision | None) -> bool:
    return decision is not None and decision.verdict is Verdict.INFRINGING


def _requested(session: Session, decision_id: int) -> bool:
    found = select(TakedownRequest.id).where(
        TakedownRequest.decision_id == decision_id, TakedownRequest.sent_at.is_not(None)
    )
    return session.scalar(found.limit(1)) is not None


def _add_request(
    session: Session, decision: Decision, actor: str, clock: Clock
) -> TakedownRequest | None:
    listing_id = decision.listing_id
    last = session.scalar(
        select(func.max(TakedownRequest.attempt)).where(TakedownRequest.listing_id == listing_id)
    )
    request = TakedownRequest(
        listing_id=listing_id,
        decision_id=decision.id,
        platform_id=session.get_one(Listing, listing_id).platform_id,
        attempt=(last or 0) + 1,
        state=RequestState.DRAFT,
        single_review=reviewers(session, listing_id) < 2,  # noqa: PLR2004
        created_at=clock.now(),
    )
    try:
        with session.begin_nested():
            session.add(request)
    except IntegrityError:
        return None  # Another session opened one between the check and here.
    note(session, actor=actor, verb="request.open", subject=f"request:{request.id}", clock=clock)
    return request


def reviewers(session: Session, listing_id: int) -> int:
    """Count the people whose infringing verdict on a listing stands."""
    taken_back = select(Decision.supersedes_id).where(Decision.supersedes_id.is_not(None))
    found = select(func.count(func.distinct(Decision.reviewer_id))).where(
        Decision.listing_id == listing_id,
        Decision.verdict == Verdict.INFRINGING,
        Decision.id.not_in(taken_back),
    )
    return session.scalar(found) or 0


def request_again(
    session: Session, listing_id: int, *, actor: str, clock: Clock
) -> TakedownRequest | None:
    """Open the next attempt for a listing whose infringing verdict still stands."""
    decision = effective_decision(session, listing_id)
    if decision is None:
        return None
    request = open_request(session, decision, actor=actor, clock=clock, again=True)
    if request is not None:
        prepare_ready(session, clock=clock, listing_ids=[listing_id])
    return request


def prepare_ready(
    session: Session,
    *,
    clock: Clock,
    platform_id: str | None = None,
    listing_ids: Iterable[int] | None = None,
) -> int:
    """Move drafts to ready where the guard holds, back where it does not; return how many moved.

    A request whose verdict is no longer in force is withdrawn.
    """
    wanted = select(TakedownRequest).where(
        TakedownRequest.state.in_([RequestState.DRAFT, RequestState.READY])
    )
    if platform_id is not None:
        wanted = wanted.where(TakedownRequest.platform_id == platform_id)
    if listing_ids is not None:
        wanted = wanted.where(TakedownRequest.listing_id.in_(list(listing_ids)))
    requests = session.scalars(wanted.order_by(TakedownRequest.id)).unique().all()
    return sum(_prepare(session, request, clock) for request in requests)


def _prepare(session: Session, request: TakedownRequest, clock: Clock) -> bool:
    if not follow_verdict(session, request, clock=clock):
        withdraw(session, request, actor="system", clock=clock, why="the verdict is not in force")
        return True
    ready = is_ready(facts_of(session, request), clock.now())
    if ready is (request.state is RequestState.READY):
        return False
    event = RequestEvent.PREPARE if ready else RequestEvent.UNPREPARE
    apply_event(session, request, event, "system", clock=clock)
    return True


def follow_verdict(session: Session, request: TakedownRequest, *, clock: Clock) -> bool:
    """Point an unsent request at the decision in force; False when none is infringing."""
    decision = effective_decision(session, request.listing_id)
    if decision is None or not _infringing(decision):
        return False
    request.single_review = reviewers(session, request.listing_id) < 2  # noqa: PLR2004
    if request.decision_id != decision.id:
        request.decision_id = decision.id
        session.flush()
        session.refresh(request, ["decision"])
        subject = f"request:{request.id}"
        note(session, actor="system", verb="request.follow", subject=subject, clock=clock)
    return True


def withdraw(
    session: Session, request: TakedownRequest, *, actor: str, clock: Clock, why: str = ""
) -> None:
    """Take a request back; one in a draft batch leaves it, one in a frozen batch blocks sending."""
    if request.state is RequestState.BATCHED and lock_draft(session, request.batch_id):
        apply_event(session, request, RequestEvent.UNBATCH, actor, clock=clock)
    apply_event(
        session, request, RequestEvent.WITHDRAW, actor, clock=clock, because=Because(note=why)
    )
    subject = f"request:{request.id}"
    note(session, actor=actor, verb="request.withdraw", subject=subject, clock=clock, detail=why)


def lock_draft(session: Session, batch_id: int | None) -> bool:
    """Hold a draft batch until this transaction ends; False when it is a draft no more."""
    held = session.scalar(
        update(TakedownBatch)
        .where(TakedownBatch.id == batch_id, TakedownBatch.state == BatchState.DRAFT)
        .values(version=TakedownBatch.version + 1)
        .returning(TakedownBatch.id)
        .execution_options(synchronize_session=False)
    )
    return held is not None


def undo_blocked(session: Session, decision: Decision) -> str | None:
    """Say why a decision can no longer be taken back and what to do instead; None when it can."""
    rows = session.execute(
        select(TakedownRequest.state, TakedownBatch.number, TakedownBatch.state)
        .join(TakedownBatch, TakedownRequest.batch_id == TakedownBatch.id)
        .where(
            TakedownRequest.listing_id == decision.listing_id,
            TakedownRequest.created_at >= decision.at,
            TakedownRequest.state != RequestState.WITHDRAWN,
            TakedownBatch.state != BatchState.DRAFT,
        )
    )
    for state, number, batch_state in rows:
        if state is RequestState.BATCHED and batch_state is BatchState.FROZEN:
            return (
                f"its request is in the frozen batch {number}: discard that batch or withdraw "
                "the request first"
            )
        return f"its request was sent with batch {number}: record the platform's answer instead"
    return None


def undo_decision(
    session: Session, decision_id: int, person: Person, *, clock: Clock
) -> ReviewTask:
    """Take a decision back and withdraw the unsent request that rests on it.

    Raises `TooLate` when the request is in a frozen or sent batch; the message says what to do.
    """
    decision = session.get_one(Decision, decision_id)
    blocked = undo_blocked(session, decision)
    if blocked is not None:
        raise TooLate(f"This decision cannot be undone: {blocked}.")
    task = undo(session, decision_id, person, clock=clock)
    _reconcile(session, decision.listing_id, actor_of(person), clock)
    subject = f"decision:{decision_id}"
    note(session, actor=actor_of(person), verb="decision.undo", subject=subject, clock=clock)
    return task


def decide_and_request(
    session: Session,
    task_id: int,
    version: int,
    person: Person,
    answer: Answer,
    *,
    clock: Clock,
) -> Decision:
    """Record a verdict and, once an infringing one is in force, open the request that follows."""
    decision = decide(session, task_id, version, person, answer, clock=clock)
    actor = actor_of(person)
    note(
        session,
        actor=actor,
        verb="decision.decide",
        subject=f"decision:{decision.id}",
        clock=clock,
        detail={"listing": decision.listing_id, "verdict": answer.verdict},
    )
    _reconcile(session, decision.listing_id, actor, clock)
    return decision


def _reconcile(session: Session, listing_id: int, actor: str, clock: Clock) -> None:
    """Make the listing's unsent request agree with the verdict in force."""
    effective = effective_decision(session, listing_id)
    if effective is not None and _infringing(effective):
        open_request(session, effective, actor=actor, clock=clock)
    for request in open_requests(session, listing_id):
        free = request.batch_id is None or lock_draft(session, request.batch_id)
        if request.state in UNSENT and free and not _infringing(effective):
            withdraw(session, request, actor=actor, clock=clock, why="the verdict was taken back")
    prepare_ready(session, clock=clock, listing_ids=[listing_id])
