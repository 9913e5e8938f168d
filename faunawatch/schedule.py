"""The schedule: rows say what is due, APScheduler only keeps time, and due work is enqueued.

However many schedulers are started, the one that holds the lease enqueues. A platform missed while
the machine was off is due once, not once for every missed day, because its row holds only the next
moment and that moment is computed anew from now.
"""

import logging
import os
import socket
import threading
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.base import Clock
from data.draws import draw_due
from data.home import Home, HomeKind, the_home
from data.jobs import Job, JobKind, ask, drop_lease, lane_of, take_lease
from data.listings import Listing
from data.store import Store
from data.suspending import suspend_second_looks
from data.terms_of_use import may_fetch
from data.watches import Watch, all_watches

log = logging.getLogger(__name__)
LEASE_NAME = "schedule"
SWEEP_SECONDS = 5
RECHECK_EVERY = timedelta(hours=1)
ASKED_BY = "schedule"


def next_run(watch: Watch, after: datetime) -> datetime:
    """Return the next moment a platform is due: a daily local time, or an interval from now.

    >>> watch = Watch(every_minutes=1440, at_local="02:00", timezone="Asia/Bangkok")
    >>> next_run(watch, datetime(2026, 11, 1, 12, tzinfo=UTC)).isoformat()
    '2026-11-01T19:00:00+00:00'
    """
    if not watch.at_local:
        return after + timedelta(minutes=watch.every_minutes)
    hour, minute = watch.at_local.split(":")
    trigger = CronTrigger(hour=int(hour), minute=int(minute), timezone=watch.timezone)
    moment: datetime = trigger.get_next_fire_time(None, after)
    days = max(0, round(watch.every_minutes / 1440) - 1)
    return moment.astimezone(UTC) + timedelta(days=days)


def may_crawl(home: Home) -> bool:
    """Tell whether anything is fetched: on real sites never without a contact in the user agent."""
    return bool(home.contact_email) or home.kind is not HomeKind.REAL


def sweep(session: Session, clock: Clock) -> list[str]:
    """Enqueue everything that is due now; return what was enqueued, in words."""
    now = clock.now()
    asked: list[str] = []
    suspend_second_looks(session, clock=clock)
    draw_due(session, clock=clock)
    home = the_home(session)
    if not may_crawl(home):
        return asked
    for watch in all_watches(session):
        if watch.paused_until is not None and watch.paused_until > now:
            continue
        if not may_fetch(session, home, watch.platform_id):
            continue
        # Switched off means no new crawls; what was already reported is still followed to its end.
        if watch.enabled and (watch.next_run_at is None or watch.next_run_at <= now):
            ask(session, JobKind.CRAWL, {"platform": watch.platform_id}, by=ASKED_BY, clock=clock)
            watch.next_run_at, watch.last_enqueued_at = next_run(watch, now), now
            asked.append(f"crawl {watch.platform_id}")
        if _may_recheck(session, watch.platform_id, now):
            ask(session, JobKind.RECHECK, {"platform": watch.platform_id}, by=ASKED_BY, clock=clock)
            asked.append(f"recheck {watch.platform_id}")
    return asked


def _may_recheck(session: Session, platform_id: str, now: datetime) -> bool:
    """Tell whether a recheck is due and none was asked for within the hour.

    A run that met a block or a spent budget leaves its listings due: asking at every sweep would
    knock at that platform all day.
    """
    due = select(Listing.id).where(
        Listing.platform_id == platform_id, Listing.next_recheck_at <= now
    )
    if session.scalar(due.limit(1)) is None:
        return False
    last = session.scalar(
        select(Job.asked_at)
        .where(
            Job.kind == JobKind.RECHECK,
            Job.lane == lane_of(JobKind.RECHECK, {"platform": platform_id}),
            Job.asked_by == ASKED_BY,
        )
        .order_by(Job.id.desc())
        .limit(1)
    )
    return last is None or now - last >= RECHECK_EVERY


def holder_name() -> str:
    """Return a name for this process that no other process shares."""
    return f"{socket.gethostname()}:{os.getpid()}"


def tick(store: Store, holder: str) -> bool:
    """Sweep once if this process holds, or can take, the schedule's lease; tell whether it does."""
    clock = store.clock()
    with store.write() as session:
        if not take_lease(session, LEASE_NAME, holder, datetime.now(UTC)):
            return False
        for words in sweep(session, clock):
            log.info("enqueued %s", words)
    return True


def run(store: Store, stop: threading.Event) -> None:
    """Keep the schedule until `stop` is set, then hand the lease to whoever comes next."""
    holder = holder_name()
    scheduler = BackgroundScheduler(timezone=UTC)
    scheduler.add_job(
        tick,
        "interval",
        args=[store, holder],
        seconds=SWEEP_SECONDS,
        next_run_time=datetime.now(UTC),
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )
    scheduler.start()
    stop.wait()
    scheduler.shutdown(wait=True)
    with store.write() as session:
        drop_lease(session, LEASE_NAME, holder)
