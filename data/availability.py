"""From looks at a listing to what is true of it: the 24-hour and live-control rule.

One miss proves nothing: a block page, an outage and a removal look alike. A listing is *gone*
only after two misses at least 24 hours apart, each in a run that fetched a known-live page of the
same platform (the control). A miss without a live control is no conclusion.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from data.states import AVAILABILITY, Availability, Observed

CONFIRM_AFTER = timedelta(hours=24)


class Outcome(StrEnum):
    """What one look at a listing's page saw, by the platform's own removal rules."""

    LIVE = "live"
    CHANGED = "changed"
    REMOVED = "removed"
    DELISTED = "delisted"
    SOLD_OR_EXPIRED = "sold_or_expired"
    WALL = "wall"
    UNKNOWN = "unknown"


class GoneCause(StrEnum):
    """Why a listing counts as gone, as far as a machine can tell."""

    MISSED_TWICE = "missed_twice"
    SOLD_OR_ENDED = "sold_or_ended"


@dataclass(frozen=True)
class Look:
    """One look: when, what it saw, and whether the same run proved the platform alive."""

    at: datetime
    outcome: Outcome
    control_live: bool = False


@dataclass(frozen=True)
class Standing:
    """What is true of a listing after some looks."""

    state: Availability = Availability.UNKNOWN
    since: datetime | None = None
    first_miss_at: datetime | None = None
    gone_cause: GoneCause | None = None
    last_live_at: datetime | None = None
    came_back: bool = False


_PLAIN = {
    Outcome.LIVE: Observed.LIVE,
    Outcome.CHANGED: Observed.LIVE,
    Outcome.DELISTED: Observed.OFF_LISTS,
    Outcome.SOLD_OR_EXPIRED: Observed.SOLD_OR_EXPIRED,
    Outcome.WALL: Observed.NO_CONCLUSION,
    Outcome.UNKNOWN: Observed.NO_CONCLUSION,
}
_SERVED = frozenset({Observed.LIVE, Observed.OFF_LISTS})


def judge(standing: Standing, look: Look) -> Observed:
    """Say what a look means, given what was seen before."""
    if look.outcome is not Outcome.REMOVED:
        return _PLAIN[look.outcome]
    if not look.control_live:
        return Observed.NO_CONCLUSION
    first = standing.first_miss_at
    if standing.state is not Availability.SUSPECT_GONE or first is None:
        return Observed.MISS
    return Observed.MISS_CONFIRMED if look.at - first >= CONFIRM_AFTER else Observed.MISS


def after(standing: Standing, look: Look) -> Standing:
    """Return what is true after one more look.

    >>> from datetime import UTC, datetime
    >>> day = datetime(2026, 11, 1, tzinfo=UTC)
    >>> once = after(Standing(Availability.LIVE), Look(day, Outcome.REMOVED, control_live=True))
    >>> once.state, after(once, Look(day + CONFIRM_AFTER, Outcome.REMOVED, True)).state
    (<Availability.SUSPECT_GONE: 'suspect_gone'>, <Availability.GONE: 'gone'>)
    """
    observed = judge(standing, look)
    state = AVAILABILITY.after(standing.state, observed)
    moved = state is not standing.state
    return replace(
        standing,
        state=state,
        since=look.at if moved else standing.since,
        first_miss_at=_first_miss(standing, observed, look),
        gone_cause=_gone_cause(standing, state, observed),
        last_live_at=look.at if observed is Observed.LIVE else standing.last_live_at,
        came_back=standing.state is Availability.GONE and observed in _SERVED,
    )


def _first_miss(standing: Standing, observed: Observed, look: Look) -> datetime | None:
    if observed is Observed.NO_CONCLUSION:
        return standing.first_miss_at
    if observed in {Observed.MISS, Observed.MISS_CONFIRMED}:
        # A clock that was set back must not put the first miss into the future.
        return min(standing.first_miss_at or look.at, look.at)
    return None


def _gone_cause(standing: Standing, state: Availability, observed: Observed) -> GoneCause | None:
    if state is not Availability.GONE:
        return None
    if standing.gone_cause is not None:
        return standing.gone_cause
    sold = observed is Observed.SOLD_OR_EXPIRED
    return GoneCause.SOLD_OR_ENDED if sold else GoneCause.MISSED_TWICE


def fold(looks: Iterable[Look]) -> Standing:
    """Replay looks in time order."""
    standing = Standing()
    for look in looks:
        standing = after(standing, look)
    return standing
