"""One sweep of the schedule: what is due now is asked for, once.

1. A platform that was due while nothing kept the schedule is crawled once, and how many moments
   went by is recorded. So is what went by while the run before waited, or the platform rested.
2. A platform whose breaker is open is left alone; once it has rested one short run tries it, and
   when that goes well it is due at once.
3. In quiet hours nothing is asked for; what is due then waits for their end.
4. A clock that jumps ahead makes things due once. A clock set back never makes a moment due twice,
   and what it pushed into a far future is computed anew.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain, islice

from sqlalchemy import exists, literal, or_, select
from sqlalchemy.orm import Session

from data.base import Clock
from data.breakers import Breaker, BreakerState, breaker_of, breakers_of
from data.crawls import Crawl, Ending, end_crawl
from data.draws import draw_due
from data.home import Home, HomeKind, the_home
from data.jobs import Job, JobKind, JobState, add, ask, lane_of, open_lanes, tidy_jobs
from data.listings import Listing
from data.suspending import suspend_second_looks
from data.terms_of_use import terms_readings
from data.watches import MissCause, Watch, record_missed
from faunawatch.due import Plan, due_between, in_quiet_hours, is_due_at, next_due

RECHECK_EVERY = timedelta(hours=1)
ASKED_BY = "schedule"
AT_ONCE = 100
PROBE_LISTINGS = 20
WAITED = timedelta(minutes=2)
LEFT_BEHIND = timedelta(minutes=10)
_OPEN = (JobState.QUEUED, JobState.RUNNING)


def may_crawl(home: Home) -> bool:
    """Tell whether anything is fetched: on real sites never without a contact in the user agent."""
    return bool(home.contact_email) or home.kind is not HomeKind.REAL


def sweep(session: Session, clock: Clock, *, tidy: bool = True) -> list[str]:
    """Ask for what is due now, at most a hundred things; return what was asked for, in words.

    `tidy` is left out right after the clock jumped, while living workers renew their leases.
    """
    suspend_second_looks(session, clock=clock)
    draw_due(session, clock=clock)
    if tidy:
        # Leases are in real time, crawls in the home's.
        tidy_jobs(session, clock.now() - clock.shift)
        end_left_behind(session, clock.now())
    home = the_home(session)
    if not may_crawl(home):
        return []
    mend_far_future(session, clock.now())
    may = None if home.kind is not HomeKind.REAL else frozenset(terms_readings(session))
    return list(
        islice(chain(_crawls(session, may, clock), _rechecks(session, may, clock)), AT_ONCE)
    )


def end_left_behind(session: Session, now: datetime) -> None:
    """End runs whose process is gone and which no job of their platform will take up again."""
    lane = literal("platform:") + Crawl.platform_id
    taken_up = exists().where(Job.lane == lane, Job.state.in_(_OPEN))
    silent = Crawl.heartbeat_at < now - LEFT_BEHIND
    for crawl in session.scalars(select(Crawl).where(Crawl.ended_at.is_(None), silent, ~taken_up)):
        end_crawl(crawl, Ending.CRASHED, "", now)


def mend_far_future(session: Session, now: datetime) -> None:
    """Bring back platforms that a wrong clock made due in a far future.

    One moment may lie between now and when it is due: after a small step back of the clock that is
    the one that was already run, and it is not run again.
    """
    rows = session.execute(
        select(Watch.platform_id, Watch.next_run_at, Watch.every_minutes).where(
            Watch.enabled, Watch.next_run_at > now
        )
    )
    for platform_id, due_at, minutes in rows.all():
        if due_at is None or due_at <= now + timedelta(minutes=2 * minutes):
            continue
        watch = session.get_one(Watch, platform_id)
        plan = Plan.of(watch)
        soonest = next_due(plan, now)
        if due_at > next_due(plan, soonest):
            watch.next_run_at = soonest


def _crawls(session: Session, may: frozenset[str] | None, clock: Clock) -> Iterator[str]:
    now = clock.now()
    due = select(Watch).where(
        Watch.enabled,
        or_(Watch.next_run_at.is_(None), Watch.next_run_at <= now),
        or_(Watch.paused_until.is_(None), Watch.paused_until <= now),
    )
    free: list[Watch] = []
    watches = session.scalars(due.order_by(Watch.next_run_at, Watch.platform_id)).all()
    lanes = open_lanes(session) if watches else {}
    for watch in watches:
        if may is not None and watch.platform_id not in may:
            continue
        open_job = lanes.get(lane_of(JobKind.CRAWL, {"platform": watch.platform_id}))
        if open_job is not None:
            _leave_to(session, watch, open_job, clock)
        elif not in_quiet_hours(Plan.of(watch), now):
            free.append(watch)
    now_due = free[:AT_ONCE]
    known = breakers_of(session, [watch.platform_id for watch in now_due], now)
    for watch in now_due:
        if words := _crawl(session, watch, known[watch.platform_id], clock):
            yield words


def _leave_to(session: Session, watch: Watch, open_job: tuple[JobState, str], clock: Clock) -> None:
    """Leave what is due to a crawl that the schedule asked for and that runs now.

    While one waits, or somebody else's runs, it stays due: that may end without reading much.
    """
    if open_job != (JobState.RUNNING, ASKED_BY):
        return
    now, plan = clock.now(), Plan.of(watch)
    slots = due_slots(plan, watch.next_run_at, now)
    if slots and now - slots[0] > WAITED:
        _note_missed(session, watch, slots, MissCause.BUSY, clock)
    watch.next_run_at = next_due(plan, now)


def _crawl(session: Session, watch: Watch, breaker: Breaker, clock: Clock) -> str:
    now, plan = clock.now(), Plan.of(watch)
    slots = _unpaused(watch, due_slots(plan, watch.next_run_at, now))
    if breaker.state is BreakerState.RESTING:
        _note_missed(session, watch, slots, MissCause.RESTING, clock)
        watch.next_run_at = min(next_due(plan, now), breaker.rests_until or now)
        return ""
    _note_missed(session, watch, slots[:-1], MissCause.OFF, clock)
    arguments: dict[str, object] = {"platform": watch.platform_id}
    if breaker.state is BreakerState.PROBING:
        arguments |= {"limit": PROBE_LISTINGS, "probe": True}
    add(session, JobKind.CRAWL, arguments, by=ASKED_BY, clock=clock)
    watch.next_run_at, watch.last_enqueued_at = next_due(plan, now), now
    return f"crawl {watch.platform_id}"


def due_slots(plan: Plan, next_run_at: datetime | None, now: datetime) -> list[datetime]:
    """Return the planned moments from the one written down up to now.

    What is written down may be no planned one: a platform just switched on, or one to be tried.
    """
    if next_run_at is None:
        return []
    first = [next_run_at] if is_due_at(plan, next_run_at) else []
    return [*first, *due_between(plan, next_run_at, now)]


def _unpaused(watch: Watch, slots: list[datetime]) -> list[datetime]:
    """Leave out what went by while a person had the platform left alone."""
    until = watch.paused_until
    return [slot for slot in slots if until is None or slot >= until]


def _note_missed(
    session: Session, watch: Watch, slots: Sequence[datetime], cause: MissCause, clock: Clock
) -> None:
    if slots:
        due = (len(slots), slots[0], slots[-1])
        record_missed(session, watch.platform_id, due, cause, clock=clock)


def _rechecks(session: Session, may: frozenset[str] | None, clock: Clock) -> Iterator[str]:
    """Ask for looks at known listings; a platform switched off is still followed to the end."""
    now = clock.now()
    due = select(Listing.platform_id).where(Listing.next_recheck_at <= now).distinct()
    watches = select(Watch).where(
        Watch.platform_id.in_(due), or_(Watch.paused_until.is_(None), Watch.paused_until <= now)
    )
    for watch in session.scalars(watches.order_by(Watch.platform_id)).all():
        if may is not None and watch.platform_id not in may:
            continue
        if _may_recheck(session, watch, now):
            arguments = {"platform": watch.platform_id}
            ask(session, JobKind.RECHECK, arguments, by=ASKED_BY, clock=clock)
            yield f"recheck {watch.platform_id}"


def _may_recheck(session: Session, watch: Watch, now: datetime) -> bool:
    """Tell whether no recheck was asked for within the hour, and the platform may be asked now.

    A run that met a block or a spent budget leaves its listings due: asking at every sweep would
    knock at that platform all day.
    """
    if in_quiet_hours(Plan.of(watch), now):
        return False
    last = session.scalar(
        select(Job.asked_at)
        .where(
            Job.kind == JobKind.RECHECK,
            Job.lane == lane_of(JobKind.RECHECK, {"platform": watch.platform_id}),
            Job.asked_by == ASKED_BY,
        )
        .order_by(Job.id.desc())
        .limit(1)
    )
    # What was asked for in the future was asked for by a wrong clock.
    if last is not None and abs(now - last) < RECHECK_EVERY:
        return False
    return breaker_of(session, watch.platform_id, now).state is not BreakerState.RESTING
