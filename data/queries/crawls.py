"""How the crawls do: one row per watched platform, one crawl with its problems, jobs under way."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from data.alerts import AlertMute
from data.baselines import LAST, RunFigures, Usual, departures, usual_of, value_of
from data.breakers import Breaker, breakers_of
from data.crawls import (
    FINE,
    Crawl,
    CrawlKind,
    CrawlProblem,
    RunState,
    comparable,
    figures_of,
    teaching,
)
from data.jobs import Job, JobState
from data.listings import Listing
from data.parts import Evidence
from data.samples import sample_of
from data.states import Availability, RequestState
from data.streaks import RunSaid, said_by, streak
from data.takedowns import TakedownRequest
from data.watches import MissedRun, Watch
from data.yields import TermYield, yield_by_term

MOST_PROBLEMS = 200
MOST_CRAWLS = 20
MOST_YIELDS = 60
OVERDUE = timedelta(minutes=45)
SHOWN_JOBS = timedelta(hours=1)


@dataclass(frozen=True)
class FieldRow:
    """On how many listings a field was found, and on how many it usually is."""

    name: str
    share: float
    usual: Usual | None

    @property
    def fell(self) -> bool:
        """Tell whether it was found on fewer listings than usual."""
        return self.usual is not None and self.share < self.usual.low


@dataclass(frozen=True)
class PlatformRow:
    """One platform as the crawl page shows it."""

    platform_id: str
    watch: Watch | None
    said: Sequence[RunSaid]
    last: Crawl | None
    last_good: Crawl | None
    recent: Sequence[Crawl]
    jobs: Sequence[Job]
    usual: Usual | None = None
    fields: Sequence[FieldRow] = ()
    learned_from: int = 0
    missed: MissedRun | None = None
    overdue_since: datetime | None = None
    breaker: Breaker | None = None
    muted_until: datetime | None = None
    has_sample: bool = False

    def is_paused(self, now: datetime) -> bool:
        """Tell whether the schedule leaves it out now."""
        return bool(self.watch and self.watch.paused_until and self.watch.paused_until > now)

    @property
    def is_watched(self) -> bool:
        """Tell whether it is switched on."""
        return self.watch is not None and self.watch.enabled

    @property
    def is_running(self) -> bool:
        """Tell whether a crawl of it is under way or asked for."""
        return any(job.state in (JobState.QUEUED, JobState.RUNNING) for job in self.jobs)

    @property
    def is_missed(self) -> bool:
        """Tell whether its moment went by and no run has come since."""
        if self.overdue_since is not None:
            return True
        last = self.last.started_at if self.last is not None else None
        return self.missed is not None and (last is None or last < self.missed.last_due_at)

    @property
    def state(self) -> RunState | None:
        """What the platform's latest run says; missed when none came at its time."""
        if self.is_missed:
            return RunState.MISSED
        return self.said[0].state if self.said else None

    @property
    def so_long(self) -> Sequence[RunSaid]:
        """The newest runs that all say the same, newest first."""
        return streak(self.said, {self.said[0].state}) if self.said else ()

    @property
    def is_troubled(self) -> bool:
        """Tell whether somebody should look."""
        return self.state is not None and self.state not in FINE


def platform_rows(
    session: Session, known: Iterable[str], now: datetime | None = None
) -> list[PlatformRow]:
    """Return the watched platforms, enabled first; `known` adds platforms that have only a file.

    What many platforms need is asked for once for all of them, however many there are.
    """
    watches = {watch.platform_id: watch for watch in session.scalars(select(Watch))}
    recent = _recent_of_all(session)
    gathered = _Gathered(
        now=now,
        jobs=open_jobs(session),
        missed=_last_missed(session),
        muted=_muted(session, now) if now is not None else {},
        breakers=breakers_of(session, _enabled(watches), now) if now is not None else {},
    )
    rows = [
        _row(session, one, watches.get(one), recent.get(one, []), gathered)
        for one in {*watches, *known, *recent}
    ]
    return sorted(rows, key=lambda row: (not row.is_watched, row.platform_id))


@dataclass(frozen=True)
class _Gathered:
    """What was asked for once for all platforms."""

    now: datetime | None
    jobs: Sequence[Job]
    missed: Mapping[str, MissedRun]
    muted: Mapping[str, datetime]
    breakers: Mapping[str, Breaker]


def _enabled(watches: Mapping[str, Watch]) -> list[str]:
    return [one for one, watch in watches.items() if watch.enabled]


def _recent_of_all(session: Session) -> dict[str, list[Crawl]]:
    """Return every platform's latest crawls for listings, newest first."""
    place = func.row_number().over(partition_by=Crawl.platform_id, order_by=Crawl.id.desc())
    numbered = (
        select(Crawl.id, place.label("place")).where(Crawl.kind == CrawlKind.LISTINGS).subquery()
    )
    wanted = select(numbered.c.id).where(numbered.c.place <= MOST_CRAWLS)
    recent: dict[str, list[Crawl]] = {}
    for crawl in session.scalars(
        select(Crawl).where(Crawl.id.in_(wanted)).order_by(Crawl.id.desc())
    ):
        recent.setdefault(crawl.platform_id, []).append(crawl)
    return recent


def _last_missed(session: Session) -> dict[str, MissedRun]:
    newest = select(func.max(MissedRun.id)).group_by(MissedRun.platform_id)
    rows = session.scalars(select(MissedRun).where(MissedRun.id.in_(newest)))
    return {row.platform_id: row for row in rows}


def _muted(session: Session, now: datetime) -> dict[str, datetime]:
    """Return until when each platform is muted; the empty name stands for all of them."""
    rows = session.execute(
        select(AlertMute.platform_id, func.max(AlertMute.until))
        .where(AlertMute.until > now)
        .group_by(AlertMute.platform_id)
    )
    return dict(rows.all())


def _row(
    session: Session,
    platform_id: str,
    watch: Watch | None,
    recent: Sequence[Crawl],
    gathered: _Gathered,
) -> PlatformRow:
    ended = [crawl for crawl in recent if crawl.ending is not None]
    before = _learned(session, platform_id, recent)
    last = ended[0] if ended else None
    failed = last is not None and last.state is not None and last.state not in FINE
    return PlatformRow(
        platform_id=platform_id,
        watch=watch,
        said=[said_by(crawl, crawl.state) for crawl in recent if crawl.state is not None],
        last=last,
        last_good=_last_good(session, platform_id, recent),
        recent=recent,
        jobs=[job for job in gathered.jobs if job.arguments.get("platform") == platform_id],
        usual=usual_of(before, "listings"),
        fields=_fields(last, before),
        learned_from=len(before),
        missed=gathered.missed.get(platform_id),
        overdue_since=_overdue(watch, gathered.now),
        breaker=gathered.breakers.get(platform_id),
        muted_until=gathered.muted.get(platform_id, gathered.muted.get("")),
        has_sample=last is not None and failed and sample_of(session, last.id) is not None,
    )


def _learned(session: Session, platform_id: str, recent: Sequence[Crawl]) -> Sequence[RunFigures]:
    """Return the runs that teach what is usual; older ones are asked for where it takes them."""
    found = teaching(recent)
    if len(found) == LAST or len(recent) < MOST_CRAWLS:
        return found
    return comparable(session, platform_id, CrawlKind.LISTINGS)


def _last_good(session: Session, platform_id: str, recent: Sequence[Crawl]) -> Crawl | None:
    good = next((crawl for crawl in recent if crawl.state is RunState.OK), None)
    if good is not None or len(recent) < MOST_CRAWLS:
        return good
    mine = (Crawl.platform_id == platform_id, Crawl.kind == CrawlKind.LISTINGS)
    older = select(Crawl).where(*mine, Crawl.state == RunState.OK)
    return session.scalar(older.order_by(Crawl.id.desc()).limit(1))


def _overdue(watch: Watch | None, now: datetime | None) -> datetime | None:
    """Return when a platform was due, where that is long past and nothing asked for a run."""
    if watch is None or now is None or not watch.enabled or watch.next_run_at is None:
        return None
    paused = watch.paused_until is not None and watch.paused_until > now
    late = now - watch.next_run_at > OVERDUE
    return watch.next_run_at if late and not paused else None


def _fields(crawl: Crawl | None, before: Sequence[RunFigures]) -> list[FieldRow]:
    """Compare what a run read with what is usual; what fell stands first."""
    shares = crawl.coverage if crawl is not None else {}
    rows = [FieldRow(name, float(share), usual_of(before, name)) for name, share in shares.items()]
    return sorted(rows, key=lambda row: (not row.fell, row.name))


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
    """Return the last crawl of each enabled platform whose last crawl says that one should look."""
    last = (
        select(func.max(Crawl.id))
        .join(Watch, Watch.platform_id == Crawl.platform_id)
        .where(Watch.enabled, Crawl.kind == CrawlKind.LISTINGS, Crawl.ended_at.is_not(None))
        .group_by(Crawl.platform_id)
    )
    rows = session.scalars(select(Crawl).where(Crawl.id.in_(last), Crawl.state.not_in(FINE)))
    return list(rows)


@dataclass(frozen=True)
class FigureRow:
    """One figure of a run beside what is usual."""

    name: str
    now: float | None
    usual: Usual | None
    left: bool


@dataclass(frozen=True)
class CrawlPage:
    """One crawl with what went wrong in it."""

    crawl: Crawl
    problems: Sequence[CrawlProblem]
    problem_count: int
    kinds: dict[str, int]
    figures: Sequence[FigureRow] = ()
    fields: Sequence[FieldRow] = ()
    learned_from: int = 0
    usual: Usual | None = None
    sample: tuple[Evidence, str] | None = None
    recent: Sequence[Crawl] = ()
    yields: Sequence[TermYield] = ()


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
    before = comparable(session, crawl.platform_id, crawl.kind, crawl.id)
    return CrawlPage(
        crawl,
        list(problems),
        sum(by_kind.values()),
        by_kind,
        figures=_figures(crawl, before),
        fields=_fields(crawl, before),
        learned_from=len(before),
        usual=usual_of(before, "listings"),
        sample=sample_of(session, crawl_id) if crawl.state not in FINE else None,
        recent=crawls_of(session, crawl.platform_id),
        yields=yield_by_term(session, crawl.platform_id)[:MOST_YIELDS],
    )


def _figures(crawl: Crawl, before: Sequence[RunFigures]) -> list[FigureRow]:
    mine = figures_of(crawl)
    left = {one.figure for one in departures(mine, before)}
    return [
        FigureRow(name, value_of(mine, name), usual_of(before, name), name in left)
        for name in ("listings", "new", "answer_bytes", "refused")
    ]


def to_recheck(session: Session) -> list[int]:
    """Return the listings whose end is not proven: asked to be removed, or missing once."""
    finished = (RequestState.CLOSED, RequestState.WITHDRAWN)
    asked = select(TakedownRequest.listing_id).where(TakedownRequest.state.not_in(finished))
    unsure = (Availability.SUSPECT_GONE, Availability.UNREACHABLE)
    rows = session.scalars(
        select(Listing.id).where(or_(Listing.id.in_(asked), Listing.availability.in_(unsure)))
    )
    return list(rows)
