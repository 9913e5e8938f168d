"""Runs in a row that say the same of a platform: how long it has been so, and since when."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.crawls import Crawl, CrawlKind, RunState

LOOK_BACK = 60


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


def streak(runs: Sequence[RunSaid], states: Collection[RunState]) -> Sequence[RunSaid]:
    """Return the newest runs that all said one of these states.

    >>> streak([], {RunState.OK})
    []
    """
    for number, run in enumerate(runs):
        if run.state not in states:
            return runs[:number]
    return runs
