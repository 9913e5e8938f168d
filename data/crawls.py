"""Crawls: one run on one platform, how it ended in words, and what went wrong on the way."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from data.base import Record, Word, storable


class CrawlKind(StrEnum):
    """What a run is for."""

    LISTINGS = "listings"
    RECHECK = "recheck"
    CHECK = "check"


class Ending(StrEnum):
    """How a crawl ended; each member has its one-line meaning in `ENDING_MEANING`."""

    FINISHED = "finished"
    LIMIT_REACHED = "limit_reached"
    BUDGET_SPENT = "budget_spent"
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
    Ending.BLOCKED: "Stopped at a block or captcha page; nothing was read past it.",
    Ending.LOGIN_WALL: "Stopped because the platform asks for a login.",
    Ending.LAYOUT_CHANGED: "Pages came, but no listing could be read from them.",
    Ending.NOTHING_FOUND: "Pages came, but they listed nothing.",
    Ending.ROBOTS_REFUSED: "The platform's robots.txt forbids these pages.",
    Ending.UNREACHABLE: "The platform did not answer.",
    Ending.STOPPED: "Stopped by a person or by shutting down; it goes on next time.",
    Ending.CRASHED: "The run ended without saying why; committed sightings are kept.",
}


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
    """Record how a run ended; the first ending stands."""
    if crawl.ended_at is not None:
        return
    crawl.ending, crawl.ended_at = ending, now
    crawl.cause = storable(cause) or ENDING_MEANING[ending]


def note_problem(
    session: Session, crawl_id: int, kind: str, message: str, *, url: str, now: datetime
) -> None:
    """Record one thing that went wrong; the run goes on."""
    message, url = storable(message[:2000]), storable(url[:2000])
    session.add(CrawlProblem(crawl_id=crawl_id, kind=kind, message=message, url=url, at=now))
