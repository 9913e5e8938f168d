"""Jobs: work a screen or the schedule asks for; workers claim them with a lease."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, Text, and_, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

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
    __table_args__ = (Index("ix_jobs_state_id", "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[JobKind] = mapped_column(Word(JobKind))
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    asked_by: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime]
    state: Mapped[JobState] = mapped_column(Word(JobState), default=JobState.QUEUED)
    worker: Mapped[str] = mapped_column(default="")
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[str] = mapped_column(Text, default="")


def ask(
    session: Session, kind: JobKind, arguments: Mapping[str, Any], *, by: str, clock: Clock
) -> Job:
    """Queue a job; the same job already waiting is returned instead of a second one."""
    waiting = session.scalars(select(Job).where(Job.kind == kind, Job.state == JobState.QUEUED))
    for job in waiting:
        if job.arguments == dict(arguments):
            return job
    job = Job(kind=kind, arguments=dict(arguments), asked_by=by, asked_at=clock.now())
    session.add(job)
    session.flush()
    return job


def claim(session: Session, worker: str, now: datetime) -> Job | None:
    """Take the oldest waiting job, or one whose worker died, in one statement.

    `now` is real time, never a shifted clock: leases measure machines, not the demo's days.
    """
    free = or_(
        Job.state == JobState.QUEUED,
        and_(Job.state == JobState.RUNNING, Job.leased_until < now),
    )
    pick = select(Job.id).where(free).order_by(Job.id).limit(1).with_for_update(skip_locked=True)
    taken = session.scalar(
        update(Job)
        .where(Job.id == pick.scalar_subquery(), free)
        .values(
            state=JobState.RUNNING,
            worker=worker,
            leased_until=now + LEASE,
            attempts=Job.attempts + 1,
        )
        .returning(Job.id)
    )
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
