"""Runs in a row that say the same of a platform: how long it has been so, and since when."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.crawls import Crawl, CrawlKind, RunState

LOOK_BACK = 60
LATELY = timedelta(days=14)


@dataclass(frozen=True)
class RunSaid:
    """What one run said of its platform."""

    crawl_id: int
    state: RunState
    cause: str
    at: datetime


def runs_said(session: Session, platform_id: str, kind: CrawlKind) -> list[RunSaid]:
    """Return what the latest runs said, newest first; runs that are not over say nothing."""
    rows = session.execute(
        select(Crawl.id, Crawl.state, Crawl.cause, Crawl.started_at)
        .where(Crawl.platform_id == platform_id, Crawl.kind == kind, Crawl.state.is_not(None))
        .order_by(Crawl.id.desc())
        .limit(LOOK_BACK)
    )
    return [RunSaid(one, state, cause, at) for one, state, cause, at in rows if state is not None]


def said_by(crawl: Crawl, state: RunState) -> RunSaid:
    """Return what one run said."""
    return RunSaid(crawl.id, state, crawl.cause, crawl.started_at)


def latest_states(session: Session, now: datetime) -> dict[tuple[str, CrawlKind], RunState]:
    """Return what the latest run of each platform and kind said, in one question.

    A platform that has not run for a fortnight is left out: that nothing runs is told otherwise.
    """
    newest = (
        select(func.max(Crawl.id))
        .where(Crawl.started_at > now - LATELY, Crawl.state.is_not(None))
        .group_by(Crawl.platform_id, Crawl.kind)
    )
    rows = session.execute(
        select(Crawl.platform_id, Crawl.kind, Crawl.state).where(Crawl.id.in_(newest))
    )
    return {(platform_id, kind): state for platform_id, kind, state in rows if state is not None}


def streak(runs: Sequence[RunSaid], states: Collection[RunState]) -> Sequence[RunSaid]:
    """Return the newest runs that all said one of these states.

    >>> streak([], {RunState.OK})
    []
    """
    for number, run in enumerate(runs):
        if run.state not in states:
            return runs[:number]
    return runs
