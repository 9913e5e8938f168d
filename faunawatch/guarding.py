"""The guard: in every part that runs, it looks whether the others do, and what is to be told.

The worker and the screens each keep one. It only writes alerts into the outbox and asks for the
job that sends them, so it does not matter how many look. Where no worker takes that job, the
screens run it themselves: somebody must be able to tell that the worker stopped.
"""

import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from data.alerting import is_muted, look, rules
from data.alerts import AlertKind, Message, alert_settings, channels, due, raise_alert
from data.base import Clock
from data.crawls import FINE, Crawl, CrawlKind, Ending, RunState
from data.incidents import STOP_PERCENT, disk_is_full, disk_percent
from data.jobs import Job, JobKind, JobState, Lease, ask
from data.liveness import (
    SCHEDULE_GRACE,
    SCHEDULE_LEASE,
    schedule_silent_since,
    worker_silent,
)
from data.reviews import ReviewTask
from data.states import TaskState
from data.store import Store
from data.streaks import runs_said
from data.watches import Watch

log = logging.getLogger(__name__)
EVERY_SECONDS = 20.0
SENDER_GRACE = timedelta(minutes=3)


@dataclass
class Guard:
    """Looks around every so often; cheap enough for any part's loop."""

    store: Store
    folder: Path
    tick: Callable[[], float] = time.monotonic
    last: float = field(default=float("-inf"))

    def look(self) -> bool:
        """Look if it is time; tell whether it did."""
        if self.tick() - self.last < EVERY_SECONDS:
            return False
        self.last = self.tick()
        try:
            look_around(self.store, self.folder)
        except OperationalError:
            log.warning("the database is busy or away; looking again later", exc_info=True)
        return True


def look_around(store: Store, folder: Path) -> None:
    """Raise what there is to tell, and ask for the job that sends it."""
    clock, now = store.clock(), datetime.now(UTC)
    percent = disk_percent(folder)
    with store.write() as session:
        look(session, clock=clock, now=now)
        for message in _of_the_house(session, percent, clock, now):
            raise_alert(session, message, clock=clock, now=now)
        if due(session, now) and not _is_coming(session):
            ask(session, JobKind.ALERT, {}, by="guard", clock=clock)


def _is_coming(session: Session) -> bool:
    """Tell whether the job that sends is on its way: another part has looked as well."""
    open_ = (JobState.QUEUED, JobState.RUNNING)
    coming = select(Job.id).where(Job.kind == JobKind.ALERT, Job.state.in_(open_))
    return session.scalar(coming.limit(1)) is not None


def _of_the_house(
    session: Session, percent: float, clock: Clock, now: datetime
) -> Iterator[Message]:
    asked = {rule.kind for rule in rules(session) if not is_muted(rule, clock.now())}
    if AlertKind.DEAD_MAN in asked:
        yield from _dead_schedule(session, now)
        yield from _dead_worker(session, clock, now)
    if AlertKind.DISK in asked and (percent >= STOP_PERCENT or disk_is_full(session)):
        yield Message(
            key=f"{AlertKind.DISK}:{clock.now():%Y-%m-%d}",
            kind=AlertKind.DISK,
            counts=f"The disk is {percent:.0f} % full: nothing is crawled until it has room.",
        )
    if AlertKind.DISK in asked and _evidence_is_full(session):
        yield Message(
            key=f"{AlertKind.DISK}:evidence:{clock.now():%Y-%m-%d}",
            kind=AlertKind.DISK,
            counts="The evidence folder holds all that it may hold: nothing new is kept until its "
            "budget is raised or something is purged.",
        )
    if AlertKind.SELF_CHECK in asked:
        yield from _self_check(session, percent, clock, now)


def _evidence_is_full(session: Session) -> bool:
    """Tell whether the latest run ended for want of room: one budget holds for all platforms.

    It is told at once and not after runs in a row, since no platform is to blame for it.
    """
    ended = select(Crawl.ending).where(Crawl.ended_at.is_not(None)).order_by(Crawl.id.desc())
    return session.scalar(ended.limit(1)) is Ending.EVIDENCE_FULL


def _dead_schedule(session: Session, now: datetime) -> Iterator[Message]:
    """Tell that the schedule stopped.

    Where it was ended cleanly, a lease of nobody marks when it was missed first, so that every
    part counts from the same moment.
    """
    since = schedule_silent_since(session, now)
    if since is None:
        return
    if session.get(Lease, SCHEDULE_LEASE) is None:
        session.add(Lease(name=SCHEDULE_LEASE, holder="", until=now))
        session.flush()
    if now - since >= SCHEDULE_GRACE:
        yield Message(
            key=f"{AlertKind.DEAD_MAN}:schedule:{since:%Y-%m-%dT%H:%M:%S}",
            kind=AlertKind.DEAD_MAN,
            counts=f"The schedule stopped at about {since:%H:%M} UTC: nothing is crawled.",
        )


def _dead_worker(session: Session, clock: Clock, now: datetime) -> Iterator[Message]:
    job = worker_silent(session, clock, now)
    if job is not None:
        yield Message(
            key=f"{AlertKind.DEAD_MAN}:worker:{job.id}",
            kind=AlertKind.DEAD_MAN,
            counts="No worker takes up work: what is asked for waits.",
        )


def _self_check(session: Session, percent: float, clock: Clock, now: datetime) -> Iterator[Message]:
    today = clock.now()
    if today.hour < alert_settings(session).self_check_hour or not channels(session):
        return
    yield Message(
        key=f"{AlertKind.SELF_CHECK}:{today:%Y-%m-%d}",
        kind=AlertKind.SELF_CHECK,
        counts=" ".join(_daily_words(session, percent, now)),
    )


def _daily_words(session: Session, percent: float, now: datetime) -> Iterator[str]:
    states = list(_states(session))
    fine = sum(state in FINE for state in states)
    silent = schedule_silent_since(session, now)
    yield "The schedule does not run." if silent else "Daily check: all parts run."
    watched = "1 platform" if len(states) == 1 else f"{len(states)} platforms"
    yield f"{watched} watched, {fine} read well."
    waiting = select(func.count(ReviewTask.id)).where(ReviewTask.state == TaskState.QUEUED)
    yield f"{session.scalar(waiting) or 0} listings wait for a decision."
    yield f"Disk {percent:.0f} % full."


def _states(session: Session) -> Iterator[RunState | None]:
    for platform_id in session.scalars(select(Watch.platform_id).where(Watch.enabled)):
        said = runs_said(session, platform_id, CrawlKind.LISTINGS)
        yield said[0].state if said else None


def send_where_no_worker_does(store: Store) -> bool:
    """Run the sending job here when no worker took it up in time; tell whether it was needed."""
    late = store.clock().now() - SENDER_GRACE
    waiting = select(Job).where(
        Job.kind == JobKind.ALERT, Job.state == JobState.QUEUED, Job.asked_at < late
    )
    with store.read() as session:
        left = [job.id for job in session.scalars(waiting) if not job.arguments]
    if not left:
        return False
    command = [sys.executable, "-m", "faunawatch", "alerts", "send"]
    subprocess.run(command, check=False, timeout=300, start_new_session=True)
    with store.write() as session:
        mine = (Job.id.in_(left), Job.state == JobState.QUEUED)
        done = {"state": JobState.DONE, "result": {"by": "screens"}, "ended_at": datetime.now(UTC)}
        session.execute(update(Job).where(*mine).values(**done))
    return True
