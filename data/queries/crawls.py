"""How the crawls do: one row per watched platform, one crawl with its problems, jobs under way."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from data.crawls import Crawl, CrawlKind, CrawlProblem, Ending
from data.jobs import Job, JobState
from data.listings import Listing
from data.states import Availability, RequestState
from data.takedowns import TakedownRequest
from data.watches import Watch

GOOD = (Ending.FINISHED, Ending.LIMIT_REACHED)
SAYS_NOTHING = (Ending.STOPPED,)
MOST_PROBLEMS = 200
MOST_CRAWLS = 12
SHOWN_JOBS = timedelta(hours=1)


@dataclass(frozen=True)
class PlatformRow:
    """One platform as the crawl page shows it."""

    platform_id: str
    watch: Watch | None
    last: Crawl | None
    last_good: Crawl | None
    listings: int
    recent: Sequence[Crawl]
    jobs: Sequence[Job]

    def is_paused(self, now: datetime) -> bool:
        """Tell whether the schedule leaves it out now."""
        return bool(self.watch and self.watch.paused_until and self.watch.paused_until > now)

    @property
    def is_running(self) -> bool:
        """Tell whether a crawl of it is under way or asked for."""
        return any(job.state in (JobState.QUEUED, JobState.RUNNING) for job in self.jobs)

    @property
    def is_troubled(self) -> bool:
        """Tell whether its last crawl ended badly."""
        ending = self.last.ending if self.last is not None else None
        return ending is not None and ending not in (*GOOD, *SAYS_NOTHING, Ending.BUDGET_SPENT)


def platform_rows(session: Session, known: Iterable[str]) -> list[PlatformRow]:
    """Return the watched platforms, enabled first; `known` adds platforms that have only a file."""
    watches = {watch.platform_id: watch for watch in session.scalars(select(Watch))}
    ids = {*watches, *known, *session.scalars(select(Crawl.platform_id).distinct())}
    jobs = open_jobs(session)
    rows = [_row(session, one, watches.get(one), jobs) for one in ids]
    return sorted(rows, key=lambda row: (not (row.watch and row.watch.enabled), row.platform_id))


def _row(
    session: Session, platform_id: str, watch: Watch | None, jobs: Sequence[Job]
) -> PlatformRow:
    recent = crawls_of(session, platform_id)
    ended = [crawl for crawl in recent if crawl.ending is not None]
    good = session.scalar(
        select(Crawl)
        .where(
            Crawl.platform_id == platform_id,
            Crawl.kind == CrawlKind.LISTINGS,
            Crawl.ending.in_(GOOD),
        )
        .order_by(Crawl.id.desc())
        .limit(1)
    )
    return PlatformRow(
        platform_id=platform_id,
        watch=watch,
        last=ended[0] if ended else None,
        last_good=good,
        listings=sum(crawl.listings_new for crawl in ended),
        recent=recent,
        jobs=[job for job in jobs if job.arguments.get("platform") == platform_id],
    )


def crawls_of(session: Session, platform_id: str) -> list[Crawl]:
    """Return a platform's latest crawls for listings, newest first."""
    rows = session.scalars(
        select(Crawl)
        .where(Crawl.platform_id == platform_id, Crawl.kind == CrawlKind.LISTINGS)
        .order_by(Crawl.id.desc())
        .limit(MOST_CRAWLS)
    )
    return list(rows)


def open_jobs(session: Session) -> list[Job]:
    """Return the jobs that wait or run, oldest first."""
    rows = session.scalars(
        select(Job)
        .where(Job.state.in_((JobState.QUEUED, JobState.RUNNING)))
        .order_by(Job.id)
        .limit(100)
    )
    return list(rows)


def recent_jobs(session: Session, limit: int = 12) -> list[Job]:
    """Return the latest jobs that are open, or ended a short while ago."""
    ended = Job.state.in_((JobState.DONE, JobState.FAILED))
    latest = session.scalar(select(func.max(Job.asked_at)))
    if latest is None:
        return []
    shown = or_(~ended, Job.ended_at >= latest - SHOWN_JOBS)
    rows = session.scalars(select(Job).where(shown).order_by(Job.id.desc()).limit(limit))
    return list(rows)


def troubled(session: Session) -> list[Crawl]:
    """Return the last crawl of each enabled platform whose last crawl ended badly."""
    last = (
        select(func.max(Crawl.id))
        .join(Watch, Watch.platform_id == Crawl.platform_id)
        .where(Watch.enabled, Crawl.kind == CrawlKind.LISTINGS, Crawl.ended_at.is_not(None))
        .group_by(Crawl.platform_id)
    )
    fine = (*GOOD, *SAYS_NOTHING, Ending.BUDGET_SPENT)
    rows = session.scalars(select(Crawl).where(Crawl.id.in_(last), Crawl.ending.not_in(fine)))
    return list(rows)


@dataclass(frozen=True)
class CrawlPage:
    """One crawl with what went wrong in it."""

    crawl: Crawl
    problems: Sequence[CrawlProblem]
    problem_count: int
    kinds: dict[str, int]


def crawl_page(session: Session, crawl_id: int) -> CrawlPage:
    """Load one crawl."""
    crawl = session.get_one(Crawl, crawl_id)
    mine = CrawlProblem.crawl_id == crawl_id
    kinds = session.execute(
        select(CrawlProblem.kind, func.count())
        .where(mine)
        .group_by(CrawlProblem.kind)
        .order_by(func.count().desc())
    )
    problems = session.scalars(
        select(CrawlProblem).where(mine).order_by(CrawlProblem.id).limit(MOST_PROBLEMS)
    )
    by_kind = dict(kinds.all())
    return CrawlPage(crawl, list(problems), sum(by_kind.values()), by_kind)


def to_recheck(session: Session) -> list[int]:
    """Return the listings whose end is not proven: asked to be removed, or missing once."""
    finished = (RequestState.CLOSED, RequestState.WITHDRAWN)
    asked = select(TakedownRequest.listing_id).where(TakedownRequest.state.not_in(finished))
    unsure = (Availability.SUSPECT_GONE, Availability.UNREACHABLE)
    rows = session.scalars(
        select(Listing.id).where(or_(Listing.id.in_(asked), Listing.availability.in_(unsure)))
    )
    return list(rows)
