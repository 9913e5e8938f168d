"""Whether the parts that must always run do: by the lease they renew and the jobs they take."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.base import Clock
from data.jobs import LEASE, Job, JobState, Lease
from data.watches import Watch

SCHEDULE_LEASE: Final = "schedule"
SCHEDULE_GRACE: Final = timedelta(minutes=4)
WORKER_GRACE: Final = timedelta(minutes=15)


def schedule_silent_since(session: Session, now: datetime) -> datetime | None:
    """Return the schedule's last sign of life; None while it lives, or need not.

    `now` is real time: leases measure machines. A schedule that was ended cleanly leaves no lease;
    then it is silent from now on, until somebody marks the moment by a lease of nobody.
    """
    if session.scalar(select(Watch.platform_id).where(Watch.enabled).limit(1)) is None:
        return None
    lease = session.get(Lease, SCHEDULE_LEASE)
    if lease is None:
        return now
    if lease.until >= now:
        return None
    return lease.until - LEASE if lease.holder else lease.until


def worker_silent(session: Session, clock: Clock, now: datetime) -> Job | None:
    """Return the job that has waited longest while no worker does anything, or None."""
    alive = select(Job.id).where(Job.state == JobState.RUNNING, Job.leased_until > now)
    if session.scalar(alive.limit(1)) is not None:
        return None
    waiting = select(Job).where(
        Job.state == JobState.QUEUED,
        Job.asked_at < clock.now() - WORKER_GRACE,
        (Job.not_before.is_(None)) | (Job.not_before < now - WORKER_GRACE),
    )
    return session.scalar(waiting.order_by(Job.id).limit(1))
