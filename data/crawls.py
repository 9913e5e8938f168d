"""Crawls: one run on one platform, how it ended in words, and what went wrong on the way.

An `Ending` says why a run stopped. A `RunState` says what that means for the team: the ending,
judged against the last comparable runs. `STATE_OF` is the one place where the two meet.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ForeignKey, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, object_session

from data.base import Record, Word, storable
from data.baselines import LAST, Departure, RunFigures, departures, is_broken, sentence


class CrawlKind(StrEnum):
    """What a run is for."""

    LISTINGS = "listings"
    RECHECK = "recheck"
    CHECK = "check"
    PICTURES = "pictures"
    IMPORT = "import"


class Ending(StrEnum):
    """How a crawl ended; each member has its one-line meaning in `ENDING_MEANING`."""

    FINISHED = "finished"
    LIMIT_REACHED = "limit_reached"
    BUDGET_SPENT = "budget_spent"
    TIME_SPENT = "time_spent"
    MEMORY_SPENT = "memory_spent"
    DISK_FULL = "disk_full"
    EVIDENCE_FULL = "evidence_full"
    BLOCKED = "blocked"
    LOGIN_WALL = "login_wall"
    LAYOUT_CHANGED = "layout_changed"
    NOTHING_FOUND = "nothing_found"
    ROBOTS_REFUSED = "robots_refused"
    UNREACHABLE = "unreachable"
    STOPPED = "stopped"
    CRASHED = "crashed"


ENDING_MEANING = {
    Ending.FINISHED: "Read everything it set out to read.",
    Ending.LIMIT_REACHED: "Stopped at the number of listings it was asked for.",
    Ending.BUDGET_SPENT: "Stopped because today's request budget was spent.",
    Ending.TIME_SPENT: "Stopped because it took longer than a run may; what was read is kept.",
    Ending.MEMORY_SPENT: "Stopped because it used more memory than a run may.",
    Ending.DISK_FULL: "Stopped because the disk is nearly full; it goes on when there is room.",
    Ending.EVIDENCE_FULL: "Stopped because the evidence folder holds all that it may hold.",
    Ending.BLOCKED: "Stopped at a block or captcha page; nothing was read past it.",
    Ending.LOGIN_WALL: "Stopped because the platform asks for a login.",
    Ending.LAYOUT_CHANGED: "Pages came, but no listing could be read from them.",
    Ending.NOTHING_FOUND: "Pages came, but they listed nothing.",
    Ending.ROBOTS_REFUSED: "The platform's robots.txt forbids these pages.",
    Ending.UNREACHABLE: "The platform did not answer.",
    Ending.STOPPED: "Stopped by a person or by shutting down; it goes on next time.",
    Ending.CRASHED: "The run ended without saying why; committed sightings are kept.",
}


class RunState(StrEnum):
    """What a run says of its platform; each member has its one-line meaning in `STATE_MEANING`."""

    OK = "ok"
    DEGRADED = "degraded"
    BLOCKED = "blocked"
    LOGIN_WALL = "login_wall"
    EMPTY = "empty"
    BROKEN = "broken"
    ROBOTS_FORBIDDEN = "robots_forbidden"
    BUDGET_SPENT = "budget_spent"
    FAILED = "failed"
    MISSED = "missed"


STATE_MEANING: Final[Mapping[RunState, str]] = {
    RunState.OK: "It read what it usually reads.",
    RunState.DEGRADED: "It read less than usual; the sentence says what fell from what to what.",
    RunState.BLOCKED: "The platform turned us away; nothing was read past that page.",
    RunState.LOGIN_WALL: "The platform asks for a login before it shows anything.",
    RunState.EMPTY: "Pages came and listed nothing, as they always did.",
    RunState.BROKEN: "Pages come, but the platform file no longer fits them: the layout changed.",
    RunState.ROBOTS_FORBIDDEN: "The platform's robots.txt forbids these pages; we keep to it.",
    RunState.BUDGET_SPENT: "The day's requests, or a run's time, were used up before the end.",
    RunState.FAILED: "The platform did not answer, or the run broke off or was cut off.",
    RunState.MISSED: "It was due, and nothing ran it.",
}

STATE_OF: Final[Mapping[Ending, RunState]] = {
    Ending.FINISHED: RunState.OK,
    Ending.LIMIT_REACHED: RunState.OK,
    Ending.BUDGET_SPENT: RunState.BUDGET_SPENT,
    Ending.TIME_SPENT: RunState.BUDGET_SPENT,
    Ending.MEMORY_SPENT: RunState.FAILED,
    Ending.DISK_FULL: RunState.FAILED,
    Ending.EVIDENCE_FULL: RunState.FAILED,
    Ending.BLOCKED: RunState.BLOCKED,
    Ending.LOGIN_WALL: RunState.LOGIN_WALL,
    Ending.LAYOUT_CHANGED: RunState.BROKEN,
    Ending.NOTHING_FOUND: RunState.EMPTY,
    Ending.ROBOTS_REFUSED: RunState.ROBOTS_FORBIDDEN,
    Ending.UNREACHABLE: RunState.FAILED,
    Ending.CRASHED: RunState.FAILED,
}
"""A run that was stopped has no state: it is not over and goes on next time. No run ends as missed:
that is the state of a platform whose moment went by (`data.watches.MissedRun`)."""

FINE: Final = frozenset({RunState.OK, RunState.BUDGET_SPENT})
"""States that ask nobody to look."""


class Crawl(Record):
    """One run on one platform."""

    __tablename__ = "crawls"

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[str] = mapped_column(index=True)
    kind: Mapped[CrawlKind] = mapped_column(Word(CrawlKind))
    asked_by: Mapped[str] = mapped_column(default="", doc="schedule, person:ID or cli:USER")
    started_at: Mapped[datetime] = mapped_column(index=True)
    heartbeat_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ending: Mapped[Ending | None] = mapped_column(Word(Ending))
    cause: Mapped[str] = mapped_column(Text, default="", doc="one sentence a person understands")
    requests: Mapped[int] = mapped_column(default=0)
    listings_seen: Mapped[int] = mapped_column(default=0)
    listings_new: Mapped[int] = mapped_column(default=0)
    lists_complete: Mapped[bool] = mapped_column(
        default=False, doc="every list page was walked to its end"
    )
    coverage: Mapped[dict[str, Any]] = mapped_column(
        default=dict, doc="field name to share of listings that had it, 0-1"
    )
    clock_shift_s: Mapped[int] = mapped_column(default=0)
    state: Mapped[RunState | None] = mapped_column(
        Word(RunState), doc="what the ending means, judged against the last comparable runs"
    )
    answers: Mapped[int] = mapped_column(default=0, doc="pages that came, pictures left out")
    refused: Mapped[int] = mapped_column(default=0, doc="of those, refusals and server errors")
    answer_bytes: Mapped[int | None] = mapped_column(doc="size of the usual answer (median)")
    accepted_by: Mapped[str] = mapped_column(
        default="", doc="who said that this is how the platform is now: learn anew from here"
    )


class CrawlProblem(Record):
    """One thing that went wrong in a crawl: what, where, and the cause in words."""

    __tablename__ = "crawl_problems"

    id: Mapped[int] = mapped_column(primary_key=True)
    crawl_id: Mapped[int] = mapped_column(ForeignKey("crawls.id"), index=True)
    at: Mapped[datetime]
    url: Mapped[str] = mapped_column(Text, default="")
    kind: Mapped[str] = mapped_column(default="", doc="a word such as no_title, too_large")
    message: Mapped[str] = mapped_column(Text, default="")


def start_crawl(
    session: Session, platform_id: str, kind: CrawlKind, asked_by: str, now: datetime
) -> Crawl:
    """Record that a run begins."""
    crawl = Crawl(
        platform_id=platform_id, kind=kind, asked_by=asked_by, started_at=now, heartbeat_at=now
    )
    session.add(crawl)
    session.flush()
    return crawl


def end_crawl(crawl: Crawl, ending: Ending, cause: str, now: datetime) -> None:
    """Record how a run ended and what that means; the first ending stands."""
    if crawl.ended_at is not None:
        return
    crawl.ending, crawl.ended_at = ending, now
    crawl.state = STATE_OF.get(ending)
    crawl.cause = storable(cause) or ENDING_MEANING[ending]
    session = object_session(crawl)
    found = judged(session, crawl) if session is not None else []
    if found and crawl.state in FINE:
        # Few listings in a run that took too long mean a slow platform, not a new layout.
        broken = is_broken(found) and ending is not Ending.TIME_SPENT
        crawl.state = RunState.BROKEN if broken else RunState.DEGRADED
        crawl.cause = f"{sentence(found)} {crawl.cause}"


def judged(session: Session, crawl: Crawl) -> list[Departure]:
    """Return the figures by which a run left what its last comparable runs make usual."""
    if crawl.ending not in _JUDGED:
        return []
    before = comparable(session, crawl.platform_id, crawl.kind, crawl.id)
    return departures(figures_of(crawl), before)


_JUDGED: Final = frozenset(
    {Ending.FINISHED, Ending.LIMIT_REACHED, Ending.BUDGET_SPENT, Ending.TIME_SPENT}
)


def figures_of(crawl: Crawl) -> RunFigures:
    """Return what a run measured; counts only where it went to its own end.

    So did one that took too long: where runs end in time, a platform that keeps us waiting shows
    as listings that fell. It teaches nothing of what is usual.
    """
    ended = crawl.ending in {Ending.FINISHED, Ending.TIME_SPENT}
    whole = ended and crawl.kind is CrawlKind.LISTINGS
    return RunFigures(
        listings=crawl.listings_seen if whole else None,
        new=crawl.listings_new if whole else None,
        coverage=crawl.coverage or {},
        answer_bytes=crawl.answer_bytes,
        refused=crawl.refused / crawl.answers if crawl.answers else None,
    )


def comparable(
    session: Session, platform_id: str, kind: CrawlKind, before: int | None = None
) -> Sequence[RunFigures]:
    """Return the last runs that teach what is usual, newest first.

    Only good ones do: were a run that fell short to count, a platform that stays broken would
    soon pass for a healthy one. A person who accepts a run says so; then nothing before counts.
    """
    mine = (Crawl.platform_id == platform_id, Crawl.kind == kind)
    earlier = (*mine, Crawl.id < before) if before is not None else mine
    anew = session.scalar(select(func.max(Crawl.id)).where(*earlier, Crawl.accepted_by != "")) or 0
    rows = session.scalars(
        select(Crawl)
        .where(*earlier, Crawl.id >= anew, Crawl.ending == Ending.FINISHED)
        .where((Crawl.state == RunState.OK) | (Crawl.accepted_by != ""))
        .order_by(Crawl.id.desc())
        .limit(LAST)
    )
    return [figures_of(crawl) for crawl in rows]


def teaching(recent: Sequence[Crawl]) -> Sequence[RunFigures]:
    """Return what `comparable` would, of runs that are loaded already, newest first."""
    found: list[RunFigures] = []
    for crawl in recent:
        good = crawl.state is RunState.OK or crawl.accepted_by
        if crawl.ending is Ending.FINISHED and good and len(found) < LAST:
            found.append(figures_of(crawl))
        if crawl.accepted_by:
            break
    return found


class CannotAccept(Exception):
    """This run cannot be the new usual: one that went to its own end can."""


def accept(crawl: Crawl, by: str) -> bool:
    """Take a run as the new usual; False where somebody did before.

    What came before teaches nothing any more. A run that was turned away or broke off teaches
    nothing itself: taken for the usual, it would leave nothing to tell a worse one by.
    """
    if crawl.ending is not Ending.FINISHED:
        raise CannotAccept("only a run that went to its own end can be the new usual")
    if crawl.accepted_by:
        return False
    crawl.accepted_by = by
    return True


def note_problem(
    session: Session, crawl_id: int, kind: str, message: str, *, url: str, now: datetime
) -> None:
    """Record one thing that went wrong; the run goes on."""
    message, url = storable(message[:2000]), storable(url[:2000])
    session.add(CrawlProblem(crawl_id=crawl_id, kind=kind, message=message, url=url, at=now))
