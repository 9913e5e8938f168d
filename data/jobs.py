"""Jobs: work a screen or the schedule asks for; workers claim them with a lease."""

import hashlib
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, Text, and_, delete, exists, or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from data.base import Clock, Record, Word

LEASE = timedelta(seconds=90)
MAX_ATTEMPTS = 3
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(days=1)


class JobKind(StrEnum):
    """What a worker can be asked to do."""

    CRAWL = "crawl"
    RECHECK = "recheck"
    SCORE = "score"
    ALERT = "alert"
    PICTURES = "pictures"
    EXPORT = "export"
    STAMP = "stamp"
    PURGE = "purge"


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Record):
    """One piece of work, asked for by a person, the schedule or another job."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_state_id", "state", "id"),
        Index("ix_jobs_lane_state", "lane", "state"),
        Index(
            "uq_jobs_lane_running",
            "lane",
            unique=True,
            sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[JobKind] = mapped_column(Word(JobKind))
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    lane: Mapped[str] = mapped_column(doc="one job of a lane runs at a time: a platform, scoring")
    asked_by: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime]
    state: Mapped[JobState] = mapped_column(Word(JobState), default=JobState.QUEUED)
    worker: Mapped[str] = mapped_column(default="")
    leased_until: Mapped[datetime | None]
    not_before: Mapped[datetime | None] = mapped_column(doc="waits until then; in real time")
    attempts: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[str] = mapped_column(Text, default="")


class Lease(Record):
    """Who alone may do something for a while, such as run the schedule."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    until: Mapped[datetime]


def take_lease(session: Session, name: str, holder: str, now: datetime) -> bool:
    """Take or keep a named lease until `now + LEASE`; False while someone else holds it.

    A lease that ends later than any can was given before the clock was set back: it is cut to the
    usual length, which a living holder renews long before and a dead one does not.
    """
    too_late = Lease.until > now + LEASE
    session.execute(update(Lease).where(Lease.name == name, too_late).values(until=now + LEASE))
    taken = session.scalar(
        update(Lease)
        .where(Lease.name == name, or_(Lease.holder == holder, Lease.until < now))
        .values(holder=holder, until=now + LEASE)
        .returning(Lease.name)
    )
    if taken is not None:
        return True
    if session.scalar(select(Lease.name).where(Lease.name == name)) is not None:
        return False
    session.add(Lease(name=name, holder=holder, until=now + LEASE))
    session.flush()
    return True


def drop_lease(session: Session, name: str, holder: str) -> None:
    """Give a lease back at once, so that the next one need not wait for it to run out."""
    session.execute(delete(Lease).where(Lease.name == name, Lease.holder == holder))


class AlreadyRunning(Exception):
    """A job of this lane runs already: wait for it, or stop it."""


def lane_of(kind: JobKind, arguments: Mapping[str, Any]) -> str:
    """Return what may only be done once at a time: visiting one platform, or scoring."""
    return f"platform:{arguments['platform']}" if "platform" in arguments else kind.value


def ask(
    session: Session, kind: JobKind, arguments: Mapping[str, Any], *, by: str, clock: Clock
) -> Job:
    """Queue a job; the same job already waiting is returned instead of a second one."""
    lane = lane_of(kind, arguments)
    waiting = select(Job).where(Job.lane == lane, Job.state == JobState.QUEUED, Job.kind == kind)
    for job in session.scalars(waiting):
        if job.arguments == dict(arguments):
            return job
    job = _new(kind, arguments, by, clock.now())
    session.add(job)
    session.flush()
    return job


def _new(kind: JobKind, arguments: Mapping[str, Any], by: str, now: datetime) -> Job:
    return Job(
        kind=kind,
        arguments=dict(arguments),
        lane=lane_of(kind, arguments),
        asked_by=by,
        asked_at=now,
        state=JobState.QUEUED,
        attempts=0,
    )


def add(
    session: Session, kind: JobKind, arguments: Mapping[str, Any], *, by: str, clock: Clock
) -> None:
    """Queue a job that the caller knows nobody waits for yet; it is written with the rest."""
    session.add(_new(kind, arguments, by, clock.now()))


def start_now(
    session: Session,
    kind: JobKind,
    arguments: Mapping[str, Any],
    *,
    by: str,
    now: datetime,
    is_gone: Callable[[str], bool] = lambda _: False,
) -> Job:
    """Add a job that the caller itself runs at once.

    A job left behind in its lane is given up first: one whose lease ran out, or whose holder
    `is_gone` knows to be dead. Raises `AlreadyRunning` when the lane is busy.
    """
    job = _new(kind, arguments, by, now)
    _give_up_left_behind(session, job.lane, now, is_gone)
    job.state, job.worker, job.leased_until, job.attempts = JobState.RUNNING, by, now + LEASE, 1
    session.add(job)
    try:
        session.flush()
    except IntegrityError as error:
        raise AlreadyRunning(f"a job for {job.lane} is running already") from error
    return job


def _give_up_left_behind(
    session: Session, lane: str, now: datetime, is_gone: Callable[[str], bool]
) -> None:
    running = select(Job).where(Job.lane == lane, Job.state == JobState.RUNNING)
    for job in session.scalars(running.with_for_update()):
        if is_gone(job.worker) or (job.leased_until is not None and job.leased_until < now):
            job.state, job.leased_until, job.ended_at = JobState.FAILED, None, now
            job.error = "its process ended without saying why; a later run took over"
    session.flush()


def claim(
    session: Session,
    worker: str,
    now: datetime,
    *,
    own: Collection[int] = (),
    but: Collection[JobKind] = (),
) -> Job | None:
    """Take the oldest waiting job of a free lane, or one whose worker died, in one statement.

    `own` are jobs whose processes the worker knows to live: after the machine slept their leases
    have run out too, and taking one would start it a second time beside itself. `but` are kinds of
    job that may not be begun now. A job that killed every process it was given is not taken again.

    `now` is real time, never a shifted clock: leases measure machines, not the demo's days.
    """
    other = aliased(Job)
    busy = exists().where(other.lane == Job.lane, other.state == JobState.RUNNING)
    may_begin = or_(Job.not_before.is_(None), Job.not_before <= now)
    left_behind = and_(Job.leased_until < now, Job.attempts < MAX_ATTEMPTS, Job.id.not_in(own))
    free = or_(
        and_(Job.state == JobState.QUEUED, may_begin, ~busy),
        and_(Job.state == JobState.RUNNING, left_behind),
    )
    wanted = select(Job.id).where(free, Job.kind.not_in(but))
    pick = wanted.order_by(Job.id).limit(1).with_for_update(skip_locked=True)
    statement = (
        update(Job)
        .where(
            Job.id == pick.scalar_subquery(),
            or_(Job.state == JobState.QUEUED, Job.leased_until < now),
        )
        .values(
            state=JobState.RUNNING,
            worker=worker,
            leased_until=now + LEASE,
            not_before=None,
            attempts=Job.attempts + 1,
        )
        .returning(Job.id)
    )
    try:
        with session.begin_nested():
            taken = session.scalar(statement)
    except IntegrityError:
        return None
    return None if taken is None else session.get(Job, taken, populate_existing=True)


def renew(session: Session, job_id: int, worker: str, now: datetime) -> bool:
    """Keep a lease alive; False when another worker has taken the job over."""
    result = session.execute(
        update(Job)
        .where(Job.id == job_id, Job.worker == worker, Job.state == JobState.RUNNING)
        .values(leased_until=now + LEASE)
        .returning(Job.id)
    )
    return result.first() is not None


def finish(
    session: Session, job_id: int, worker: str, result: dict[str, Any], now: datetime
) -> None:
    """Record that a job is done; a worker that lost its lease changes nothing."""
    session.execute(
        update(Job)
        .where(Job.id == job_id, Job.worker == worker, Job.state == JobState.RUNNING)
        .values(state=JobState.DONE, result=result, ended_at=now, leased_until=None)
    )


def pause_before(job_id: int, attempts: int) -> timedelta:
    """Return how long a job waits after so many failures: five times longer each, and a jitter.

    >>> [pause_before(7, attempts).seconds for attempts in (1, 2)]
    [73, 365]
    """
    pause = FIRST_PAUSE * int(5 ** max(0, attempts - 1))
    digest = hashlib.sha256(f"job:{job_id}".encode()).digest()
    return min(pause * (1 + digest[0] / 1024), LONGEST_PAUSE)


def give_back(session: Session, job_id: int, worker: str, error: str, now: datetime) -> None:
    """Queue a job again after a failure, to begin after a pause, or give it up after the last."""
    job = session.get(Job, job_id, populate_existing=True)
    if job is None or job.worker != worker or job.state is not JobState.RUNNING:
        return
    last = job.attempts >= MAX_ATTEMPTS
    job.state = JobState.FAILED if last else JobState.QUEUED
    job.error, job.leased_until = error, None
    job.ended_at = now if last else None
    job.not_before = None if last else now + pause_before(job.id, job.attempts)


def put_back(
    session: Session, job_id: int, worker: str, *, not_before: datetime | None = None
) -> None:
    """Queue a job again because it was stopped from outside; this does not count as an attempt."""
    session.execute(
        update(Job)
        .where(Job.id == job_id, Job.worker == worker, Job.state == JobState.RUNNING)
        .values(
            state=JobState.QUEUED,
            leased_until=None,
            not_before=not_before,
            attempts=Job.attempts - 1,
        )
    )


def tidy_jobs(session: Session, now: datetime) -> None:
    """Give up jobs that ended every process they were given, and mend what a clock set back.

    A lease or a pause that ends later than any can was given before the clock was set back: cut to
    the usual length, a living worker renews it in time and a dead one's job is taken over.
    """
    worn_out = "each process it was given ended without saying why"
    session.execute(
        update(Job)
        .where(Job.state == JobState.RUNNING, Job.leased_until < now, Job.attempts >= MAX_ATTEMPTS)
        .values(state=JobState.FAILED, leased_until=None, ended_at=now, error=worn_out)
    )
    session.execute(
        update(Job)
        .where(Job.state == JobState.RUNNING, Job.leased_until > now + LEASE)
        .values(leased_until=now + LEASE)
    )
    session.execute(
        update(Job)
        .where(Job.state == JobState.QUEUED, Job.not_before > now + LONGEST_PAUSE)
        .values(not_before=now + LONGEST_PAUSE)
    )


def open_lanes(session: Session) -> dict[str, tuple[JobState, str]]:
    """Return the lanes that crawls wait in or run in, and who asked; running wins."""
    rows = session.execute(
        select(Job.lane, Job.state, Job.asked_by)
        .where(Job.state.in_((JobState.QUEUED, JobState.RUNNING)), Job.kind == JobKind.CRAWL)
        .order_by(Job.state, Job.id)
    )
    return {lane: (state, asked_by) for lane, state, asked_by in rows}
