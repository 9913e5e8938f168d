"""What a run of a platform may use, and what follows for the platform from how it ended."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from crawler.options import RunLimits
from data.base import Clock
from data.breakers import BreakerState, asked_to_wait, breaker_of
from data.crawls import Ending
from data.store import Store
from data.watches import watch_of
from faunawatch.due import Plan, after_quiet_hours, in_quiet_hours, until_quiet_hours
from faunawatch.sweeping import ASKED_BY

GOES_ON = frozenset({Ending.STOPPED, Ending.DISK_FULL})
"""Endings after which the same job goes on where the run was."""
TRIED_AGAIN = frozenset({Ending.UNREACHABLE})
"""Endings after which the same job is tried again soon: the next day may be too late."""


class Interrupted(Exception):
    """The job was stopped before its end; it is queued again and goes on where it was."""

    def __init__(self, cause: str, not_before: datetime | None = None) -> None:
        """Remember why, and until when (in real time) it must not go on."""
        super().__init__(cause)
        self.not_before = not_before


def limits_of(store: Store, folder: Path, platform_id: str, by: str, clock: Clock) -> RunLimits:
    """Return what a run may use; one that a person asked for goes on into quiet hours."""
    with store.write() as session:
        watch = watch_of(session, platform_id, clock.now())
        plan = Plan.of(watch)
        return RunLimits(
            seconds=watch.most_minutes * 60,
            megabytes=watch.most_mb,
            until=until_quiet_hours(plan, clock.now()) if by == ASKED_BY else None,
            disk=folder,
        )


def note_wait(store: Store, platform_id: str, seconds: float, clock: Clock) -> None:
    """Record how long the platform asked us to stay away, if it did."""
    if seconds > 0:
        with store.write() as session:
            asked_to_wait(session, platform_id, timedelta(seconds=seconds), clock=clock)


def end_probe(store: Store, platform_id: str, clock: Clock) -> None:
    """After a short run that tried a platform: if it went well, the whole run is due at once."""
    now = clock.now()
    with store.write() as session:
        if breaker_of(session, platform_id, now).state is BreakerState.CLOSED:
            watch_of(session, platform_id, now).next_run_at = now


def goes_on_at(store: Store, platform_id: str, clock: Clock) -> datetime | None:
    """Return when, in real time, a stopped run may go on: at the end of quiet hours, or at once."""
    now = clock.now()
    with store.write() as session:
        plan = Plan.of(watch_of(session, platform_id, now))
    if not in_quiet_hours(plan, now):
        return None
    return datetime.now(UTC) + (after_quiet_hours(plan, now) - now)
