"""The queue: claims are leases taken in one statement, so two people never hold one task.

Its order is one number, given once: concern and certainty for what is flagged, a place by hash for
what was drawn, and behind all of these what says nearly the same as something that waits already.
"""

import hashlib
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from data.alike import keys_of, likes_of, remember
from data.base import Clock
from data.flags import Flag
from data.listings import Listing, Sighting
from data.people import Person, Role
from data.reviews import (
    Decision,
    ReviewTask,
    TakenByOther,
    TaskKind,
    TaskRow,
    Verdict,
    add_task_row,
    queue,
    step_task,
)
from data.states import TaskEvent, TaskState

LEASE = timedelta(minutes=10)
RELISTED_PRIORITY = 1000
REPEAT = 400  # more than any rank, so that a repeat stands behind all that is new
OPEN = (TaskState.QUEUED, TaskState.CLAIMED, TaskState.ESCALATED)
_RISK = {"protected": 200, "unclear": 100, "common_farmed": 0}


def priority_of(flag: Flag) -> int:
    """Order the queue by concern first, then by how sure the score is (0-100)."""
    return _RISK.get(flag.concern, 0) + round(100 * flag.score.offered)


def turn_of(priority: int) -> int:
    """Tell how often what a task says stood in the queue already when it came.

    >>> [turn_of(priority) for priority in (1000, 299, 0, -1, 299 - 2 * REPEAT)]
    [0, 0, 0, 1, 2]
    """
    return max(0, -(priority // REPEAT))


def _behind_its_likes(session: Session, listing: Listing, rank: int) -> int:
    """Push a listing that is like one that waits behind others, a third behind the second.

    So two near-identical ones follow one another only where nothing else waits between them.
    """
    keys = keys_of(listing.title, listing.description)
    remember(session, listing.id, keys)
    last = session.scalar(
        select(func.min(ReviewTask.priority)).where(
            ReviewTask.listing_id.in_(likes_of(listing.id, keys)), ReviewTask.state.in_(OPEN)
        )
    )
    return rank if last is None else rank - REPEAT * (turn_of(last) + 1)


def queue_first(session: Session, flag: Flag, *, clock: Clock) -> ReviewTask | None:
    """Queue a flagged listing for its first look; None when it was queued or decided before.

    A task that waits for another reason, such as a draw, learns of the flag and may move up.
    """
    tasks = select(ReviewTask).where(ReviewTask.listing_id == flag.listing_id)
    before = session.scalars(tasks.order_by(ReviewTask.id.desc())).unique().all()
    listing = session.get_one(Listing, flag.listing_id)
    if before:
        if before[0].flag_id is None and before[0].state in OPEN:
            before[0].flag_id = flag.id
            rank = _behind_its_likes(session, listing, priority_of(flag))
            before[0].priority = max(before[0].priority, rank)
        return None
    rank = _behind_its_likes(session, listing, priority_of(flag))
    return queue(session, listing, TaskKind.FIRST, why="flagged", clock=clock, priority=rank)


def queue_drawn(session: Session, listing: Listing, why: str, *, clock: Clock) -> ReviewTask | None:
    """Queue a listing that no flag names, at a place among the flagged that tells nothing of it.

    None when it was queued or decided before: the verdict it has, or will have, counts.
    """
    before = select(ReviewTask.id).where(ReviewTask.listing_id == listing.id).limit(1)
    if session.scalar(before) is not None:
        return None
    lot = int(hashlib.sha256(f"place:{listing.id}".encode()).hexdigest()[:8], 16)
    rank = _behind_its_likes(session, listing, _RISK["unclear"] + lot % 200)
    return queue(session, listing, TaskKind.FIRST, why=why, clock=clock, priority=rank)


def queue_changed(
    session: Session, flag: Flag, sighting: Sighting, *, clock: Clock
) -> ReviewTask | None:
    """Queue a flagged listing anew whose words are not those that were found not to infringe.

    Otherwise a harmless text, once decided, could be edited into an offer that nobody looks at.
    """
    last = session.scalar(
        select(Decision)
        .where(Decision.listing_id == flag.listing_id, Decision.verdict.is_not(None))
        .order_by(Decision.id.desc())
        .limit(1)
    )
    if last is None or last.verdict is Verdict.INFRINGING or last.sighting_id is None:
        return None
    judged = session.get_one(Sighting, last.sighting_id)
    if (judged.title, judged.description) == (sighting.title, sighting.description):
        return None
    listing = session.get_one(Listing, flag.listing_id)
    rank = _behind_its_likes(session, listing, priority_of(flag))
    return queue(session, listing, TaskKind.FIRST, why="changed", clock=clock, priority=rank)


def queue_relisted(session: Session, listing: Listing, *, clock: Clock) -> ReviewTask:
    """Put a listing that is back at the top of the queue."""
    remember(session, listing.id, keys_of(listing.title, listing.description))
    return queue(
        session,
        listing,
        TaskKind.FIRST,
        why="relisted",
        clock=clock,
        priority=RELISTED_PRIORITY,
    )


def expire_leases(session: Session, *, clock: Clock) -> int:
    """Queue tasks whose lease ran out; return how many."""
    expired = session.scalars(
        update(ReviewTask)
        .where(ReviewTask.state == TaskState.CLAIMED, ReviewTask.claimed_until < clock.now())
        .values(
            state=TaskState.QUEUED,
            claimed_by=None,
            claimed_until=None,
            version=ReviewTask.version + 1,
        )
        .returning(ReviewTask.id)
    ).all()
    for task_id in expired:
        add_task_row(session, task_id, TaskEvent.EXPIRE, person_id=None, clock=clock)
    return len(expired)


def claimable(person: Person) -> ColumnElement[bool]:
    """Return the condition for tasks this person may take: language, role, not one's own second."""
    skipped = exists().where(
        TaskRow.task_id == ReviewTask.id,
        TaskRow.event == TaskEvent.SKIP,
        TaskRow.person_id == person.id,
    )
    reads = or_(ReviewTask.lang.in_([*person.languages, "und"]))
    blind = or_(
        ReviewTask.kind != TaskKind.SECOND,
        ReviewTask.first_reviewer_id.is_(None),
        ReviewTask.first_reviewer_id != person.id,
    )
    kinds = [TaskKind.FIRST, TaskKind.SECOND]
    if person.may(Role.SUPERVISOR):
        kinds.append(TaskKind.ADJUDICATE)
    return and_(
        ReviewTask.state == TaskState.QUEUED, reads, blind, ReviewTask.kind.in_(kinds), ~skipped
    )


def claim(
    session: Session,
    person: Person,
    *,
    clock: Clock,
    task_id: int | None = None,
    among: ColumnElement[bool] | None = None,
) -> ReviewTask | None:
    """Take a task for ten minutes in ONE statement; None when there is none to take.

    With `task_id` exactly that task is taken, whatever its language, but a supervisor's task only
    by a supervisor; asking for a task one
    already holds returns it with a renewed lease. `among` narrows the choice to a view.
    """
    expire_leases(session, clock=clock)
    if task_id is not None and renew(session, task_id, person, clock=clock):
        return session.get(ReviewTask, task_id, populate_existing=True)
    wanted = claimable(person) if task_id is None else _exactly(task_id, person)
    if among is not None:
        wanted = and_(wanted, among)
    pick = (
        select(ReviewTask.id)
        .where(wanted)
        .order_by(ReviewTask.priority.desc(), ReviewTask.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    taken = session.scalar(
        update(ReviewTask)
        .where(ReviewTask.id == pick.scalar_subquery(), ReviewTask.state == TaskState.QUEUED)
        .values(
            state=TaskState.CLAIMED,
            claimed_by=person.id,
            claimed_until=clock.now() + LEASE,
            version=ReviewTask.version + 1,
        )
        .returning(ReviewTask.id)
    )
    if taken is None:
        return None
    add_task_row(session, taken, TaskEvent.CLAIM, person_id=person.id, clock=clock)
    session.flush()
    return session.get(ReviewTask, taken, populate_existing=True)


def _exactly(task_id: int, person: Person) -> ColumnElement[bool]:
    own_first = and_(ReviewTask.kind == TaskKind.SECOND, ReviewTask.first_reviewer_id == person.id)
    allowed = and_(ReviewTask.id == task_id, ReviewTask.state == TaskState.QUEUED, ~own_first)
    if person.may(Role.SUPERVISOR):
        return allowed
    return and_(allowed, ReviewTask.kind != TaskKind.ADJUDICATE)


def renew(session: Session, task_id: int, person: Person, *, clock: Clock) -> bool:
    """Extend a lease one holds; False when it is no longer one's own."""
    kept = session.scalar(
        update(ReviewTask)
        .where(
            ReviewTask.id == task_id,
            ReviewTask.state == TaskState.CLAIMED,
            ReviewTask.claimed_by == person.id,
        )
        .values(claimed_until=clock.now() + LEASE)
        .returning(ReviewTask.id)
    )
    return kept is not None


def _held(session: Session, task_id: int, person: Person) -> ReviewTask:
    task = session.get(
        ReviewTask, task_id, populate_existing=True, with_for_update={"of": ReviewTask}
    )
    if task is None or task.state is not TaskState.CLAIMED or task.claimed_by != person.id:
        raise TakenByOther("you no longer hold this listing")
    return task


def release(session: Session, task_id: int, person: Person, *, clock: Clock) -> None:
    """Give a task back to the queue."""
    step_task(
        session,
        _held(session, task_id, person),
        TaskEvent.RELEASE,
        person_id=person.id,
        clock=clock,
    )


def release_all(session: Session, person: Person, *, clock: Clock) -> None:
    """Give back everything a person holds: signing out does this."""
    held = session.scalars(
        select(ReviewTask.id).where(
            ReviewTask.state == TaskState.CLAIMED, ReviewTask.claimed_by == person.id
        )
    ).all()
    for task_id in held:
        release(session, task_id, person, clock=clock)


def skip(session: Session, task_id: int, person: Person, *, clock: Clock, note: str = "") -> None:
    """Leave a task to others; this person is not served it again."""
    task = _held(session, task_id, person)
    step_task(session, task, TaskEvent.SKIP, person_id=person.id, clock=clock, note=note)
