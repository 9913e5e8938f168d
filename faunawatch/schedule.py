"""The schedule as a process: rows say what is due, and every few seconds what is due is enqueued.

However many schedulers are started, the one that holds the lease enqueues. APScheduler keeps the
beat; it waits for a time of the wall's clock, and would sleep for a day when that is set back by
one, so a clock that nobody can set looks after it.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.exc import OperationalError

from data.incidents import IncidentKind, record_incident
from data.jobs import drop_lease, take_lease
from data.store import Store
from faunawatch.evidence import ask_for_upkeep
from faunawatch.sweeping import ASKED_BY, AT_ONCE, may_crawl, sweep

__all__ = ["LEASE_NAME", "ClockWatch", "holder_name", "may_crawl", "run", "sweep", "tick"]

log = logging.getLogger(__name__)
LEASE_NAME = "schedule"
SWEEP_SECONDS = 5
JUMP = timedelta(minutes=1)
CALM_SECONDS = 120.0


def holder_name() -> str:
    """Return a name for this process that no other process shares."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class ClockWatch:
    """Compares the clock on the wall with one that nobody can set."""

    wall: Callable[[], datetime] = _now
    steady: Callable[[], float] = time.monotonic
    _before: tuple[datetime, float] | None = field(default=None, init=False)
    _calm_from: float = field(default=float("-inf"), init=False)

    def jump(self) -> timedelta:
        """Return how far the clock was set since the last look; zero for less than a minute."""
        now = (self.wall(), self.steady())
        before, self._before = self._before or now, now
        moved = now[0] - before[0] - timedelta(seconds=now[1] - before[1])
        if abs(moved) < JUMP:
            return timedelta(0)
        self._calm_from = now[1] + CALM_SECONDS
        return moved

    @property
    def is_calm(self) -> bool:
        """Tell whether living workers have had time to renew their leases since the last jump."""
        return self.steady() >= self._calm_from


def tick(store: Store, holder: str, watch: ClockWatch | None = None) -> bool:
    """Sweep if this process holds, or can take, the schedule's lease; tell whether it does."""
    watch = watch or ClockWatch()
    moved = watch.jump()
    while True:
        clock = store.clock()
        with store.write() as session:
            if not take_lease(session, LEASE_NAME, holder, watch.wall()):
                return False
            if moved:
                kind = (
                    IncidentKind.CLOCK_FORWARD if moved > timedelta(0) else IncidentKind.CLOCK_BACK
                )
                words = f"the clock moved by {moved.total_seconds() / 60:+.0f} minutes"
                record_incident(session, kind, words, clock=clock)
                moved = timedelta(0)
            asked = sweep(session, clock, tidy=watch.is_calm)
            upkeep = ask_for_upkeep(session, clock, by=ASKED_BY)
        for words in (*asked, *upkeep):
            log.info("enqueued %s", words)
        if len(asked) < AT_ONCE:
            return True


def run(store: Store, stop: threading.Event, wall: Callable[[], datetime] = _now) -> None:
    """Keep the schedule until `stop` is set, then hand the lease to whoever comes next."""
    holder, watch, guard = holder_name(), ClockWatch(wall), ClockWatch(wall)
    beat = BackgroundScheduler(timezone=UTC)
    sweeping = beat.add_job(
        partial(_sweep_or_warn, store, holder, watch),
        IntervalTrigger(seconds=SWEEP_SECONDS, timezone=UTC),
        next_run_time=_now(),
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,  # late is better than never
    )
    beat.start()
    while not stop.wait(SWEEP_SECONDS):
        if guard.jump():
            sweeping.modify(next_run_time=_now())
    beat.shutdown()
    with store.write() as session:
        drop_lease(session, LEASE_NAME, holder)


def _sweep_or_warn(store: Store, holder: str, watch: ClockWatch) -> None:
    try:
        tick(store, holder, watch)
    except OperationalError:
        log.warning("the database is busy or away; trying again", exc_info=True)
