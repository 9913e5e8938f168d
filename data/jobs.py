"""Jobs: work a screen or the schedule asks for; workers claim them with a lease."""

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


class JobKind(StrEnum):
    """What a worker can be asked to do."""

    CRAWL = "crawl"
    RECHECK = "recheck"
    SCORE = "score"


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
    """Take or keep a named lease until `now + LEASE`; False while someone else holds it."""
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
    waiting = session.scalars(select(Job).where(Job.kind == kind, Job.state == JobState.QUEUED))
    for job in waiting:
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


def claim(session: Session, worker: str, now: datetime, *, own: Collection[int] = ()) -> Job | None:
    """Take the oldest waiting job of a free lane, or one whose worker died, in one statement.

    `own` are jobs whose processes the worker knows to live: after the machine slept their leases
    have run out too, and taking one would start it a second time beside itself.

    `now` is real time, never a shifted clock: leases measure machines, not the demo's days.
    """
    other = aliased(Job)
    busy = exists().where(other.lane == Job.lane, other.state == JobState.RUNNING)
    free = or_(
        and_(Job.state == JobState.QUEUED, ~busy),
        and_(Job.state == JobState.RUNNING, Job.leased_until < now, Job.id.not_in(own)),
    )
    pick = select(Job.id).where(free).order_by(Job.id).limit(1).with_for_update(skip_locked=True)
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


def give_back(session: Session, job_id: int, worker: str, error: str, now: datetime) -> None:
    """Queue a job again after a failure, or give it up after the last attempt."""
    job = session.get(Job, job_id, populate_existing=True)
    if job is None or job.worker != worker or job.state is not JobState.RUNNING:
        return
    last = job.attempts >= MAX_ATTEMPTS
    job.state = JobState.FAILED if last else JobState.QUEUED
    job.error, job.leased_until = error, None
    job.ended_at = now if last else None


def put_back(session: Session, job_id: int, worker: str) -> None:
    """Queue a job again because its worker shuts down; this does not count as an attempt."""
    session.execute(
        update(Job)
        .where(Job.id == job_id, Job.worker == worker, Job.state == JobState.RUNNING)
        .values(state=JobState.QUEUED, leased_until=None, attempts=Job.attempts - 1)
    )
