"""The breaker of a platform: after runs that failed it rests, longer each time, then is tried.

Nothing is stored of its state. It follows from how the platform's runs ended, and from two marks:
the platform asked us to wait, or a person closed the breaker by hand.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from data.base import Clock, Happened, Record, Word
from data.crawls import Crawl, CrawlKind, Ending

FAILURES = 3
REST = timedelta(hours=6)
LONGEST_REST = timedelta(days=7)
LONGEST_WAIT = timedelta(days=7)
LOOK_BACK = 24
FAILED = frozenset(
    {
        Ending.BLOCKED,
        Ending.LOGIN_WALL,
        Ending.LAYOUT_CHANGED,
        Ending.ROBOTS_REFUSED,
        Ending.UNREACHABLE,
        Ending.CRASHED,
    }
)
# A stop says nothing of the platform, and neither does what this machine lacked.
_SAYS_NOTHING = frozenset(
    {Ending.STOPPED, Ending.DISK_FULL, Ending.EVIDENCE_FULL, Ending.MEMORY_SPENT}
)


class BreakerState(StrEnum):
    """What the schedule may do with a platform."""

    CLOSED = "closed"
    RESTING = "resting"
    PROBING = "probing"


BREAKER_MEANING = {
    BreakerState.CLOSED: "Its runs go well, or have not failed often enough to rest.",
    BreakerState.RESTING: "It is left alone after runs that failed.",
    BreakerState.PROBING: "It has rested; one short run tries whether it answers again.",
}


class MarkKind(StrEnum):
    """What is known of a platform beside how its runs ended."""

    ASKED_TO_WAIT = "asked_to_wait"
    CLOSED_BY_HAND = "closed_by_hand"


class BreakerMark(Happened, Record):
    """The platform asked us to wait, or a person let it be crawled again."""

    __tablename__ = "breaker_marks"

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[str] = mapped_column(index=True)
    kind: Mapped[MarkKind] = mapped_column(Word(MarkKind))
    until: Mapped[datetime | None] = mapped_column(doc="how long the platform asked us to wait")
    by: Mapped[str] = mapped_column(default="", doc="person:ID, cli:USER or schedule")


@dataclass(frozen=True)
class Run:
    """How one run of a platform ended."""

    ended_at: datetime
    ending: Ending
    cause: str = ""


@dataclass(frozen=True)
class Breaker:
    """What follows from a platform's latest runs."""

    state: BreakerState
    failures: int = 0
    rests_until: datetime | None = None
    cause: str = ""

    @property
    def words(self) -> str:
        """Say what is the matter and until when."""
        if self.state is BreakerState.CLOSED:
            return f"{self.failures} failed in a row" if self.failures else "well"
        until = f"{self.rests_until:%Y-%m-%d %H:%M} UTC" if self.rests_until else "now"
        when = f"rests until {until}" if self.state is BreakerState.RESTING else "is tried next"
        return f"{when} after {self.failures} failed runs; the last: {self.cause}"


def rest_after(platform_id: str, failures: int) -> timedelta:
    """Return how long a platform rests: doubled with each failure, a little of its own added.

    >>> [round(rest_after("a", failures) / timedelta(hours=1)) for failures in (2, 3, 4, 5, 99)]
    [0, 6, 13, 25, 175]
    """
    if failures < FAILURES:
        return timedelta(0)
    rest = min(REST * (1 << min(failures - FAILURES, 10)), LONGEST_REST)
    digest = hashlib.sha256(f"rest:{platform_id}".encode()).digest()
    return rest * (1 + digest[0] / 2560)


def fold(
    platform_id: str, runs: Iterable[Run], asked_until: datetime | None, now: datetime
) -> Breaker:
    """Return the breaker that follows from runs, oldest first; pure.

    `runs` begin after the last time a person closed it. A probe is a run like any other: well, it
    closes the breaker; badly, it makes the rest longer.
    """
    failures, last = 0, None
    for run in runs:
        if run.ending in FAILED:
            failures, last = failures + 1, run
        elif run.ending not in _SAYS_NOTHING:
            failures, last, asked_until = 0, None, _still(asked_until, run.ended_at)
    rest = rest_after(platform_id, failures)
    # A clock that was set back leaves runs that end in the future: they rest from now on.
    since = min(last.ended_at, now) if last else now
    until = max(filter(None, (since + rest if rest else None, asked_until)), default=None)
    cause = last.cause if last else ""
    if until is None:
        return Breaker(BreakerState.CLOSED, failures, None, cause)
    state = BreakerState.RESTING if until > now else BreakerState.PROBING
    if state is BreakerState.PROBING and not rest:
        state = BreakerState.CLOSED
    return Breaker(state, failures, until, cause)


def _still(asked_until: datetime | None, ended_at: datetime) -> datetime | None:
    """Return a wait the platform asked for, unless a good run came after its end."""
    return asked_until if asked_until is not None and asked_until > ended_at else None


def breaker_of(session: Session, platform_id: str, now: datetime) -> Breaker:
    """Return a platform's breaker as it is now."""
    return breakers_of(session, [platform_id], now)[platform_id]


def breakers_of(
    session: Session, platform_ids: Collection[str], now: datetime
) -> dict[str, Breaker]:
    """Return the breakers of some platforms in two questions, however many they are."""
    closed: dict[str, datetime] = {}
    asked: dict[str, datetime | None] = {}
    marks = select(BreakerMark.platform_id, BreakerMark.kind, BreakerMark.until, BreakerMark.at)
    mine = marks.where(BreakerMark.platform_id.in_(platform_ids)).order_by(BreakerMark.id)
    for platform_id, kind, until, at in session.execute(mine):
        is_closing = kind is MarkKind.CLOSED_BY_HAND
        asked[platform_id] = None if is_closing else until
        if is_closing:
            closed[platform_id] = at
    runs: dict[str, list[Run]] = {}
    for platform_id, started_at, run in _runs(session, platform_ids):
        if platform_id not in closed or started_at > closed[platform_id]:
            runs.setdefault(platform_id, []).append(run)
    return {one: fold(one, runs.get(one, ()), asked.get(one), now) for one in platform_ids}


def _runs(session: Session, platform_ids: Collection[str]) -> Iterator[tuple[str, datetime, Run]]:
    """Yield the last runs of each platform, oldest first."""
    newest = func.row_number().over(partition_by=Crawl.platform_id, order_by=Crawl.id.desc())
    numbered = (
        select(
            Crawl.id,
            Crawl.platform_id,
            Crawl.started_at,
            Crawl.ended_at,
            Crawl.ending,
            Crawl.cause,
            newest.label("nth"),
        )
        .where(
            Crawl.platform_id.in_(platform_ids),
            Crawl.kind != CrawlKind.CHECK,
            Crawl.ended_at.is_not(None),
            Crawl.ending.is_not(None),
        )
        .subquery()
    )
    row = numbered.c
    latest = select(numbered).where(row.nth <= LOOK_BACK).order_by(row.id)
    for _, platform_id, started_at, ended_at, ending, cause, _ in session.execute(latest):
        yield platform_id, started_at, Run(ended_at, ending, cause)


def asked_to_wait(session: Session, platform_id: str, wait: timedelta, *, clock: Clock) -> None:
    """Record that the platform asked us to come back later; a week at most is believed."""
    until = clock.now() + min(wait, LONGEST_WAIT)
    session.add(_mark(platform_id, MarkKind.ASKED_TO_WAIT, until, "platform", clock))


def close_by_hand(session: Session, platform_id: str, *, by: str, clock: Clock) -> None:
    """Let a platform be crawled again before it has rested; its failures are forgotten."""
    session.add(_mark(platform_id, MarkKind.CLOSED_BY_HAND, None, by, clock))


def _mark(
    platform_id: str, kind: MarkKind, until: datetime | None, by: str, clock: Clock
) -> BreakerMark:
    return BreakerMark(
        platform_id=platform_id,
        kind=kind,
        until=until,
        by=by,
        at=clock.now(),
        clock_shift_s=int(clock.shift.total_seconds()),
    )
