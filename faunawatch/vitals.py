"""The doctor's look at what unattended crawls need: clocks, disk, parts that live, platforms."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from data.base import Clock
from data.breakers import BreakerState, breakers_of
from data.crawls import Crawl
from data.incidents import (
    GO_PERCENT,
    STOP_PERCENT,
    IncidentKind,
    disk_is_full,
    disk_percent,
    incidents_since,
)
from data.jobs import LEASE, Job, JobState, Lease
from data.store import Store, alembic_config
from data.watches import Watch, missed_since
from faunawatch.due import Plan, in_quiet_hours
from faunawatch.findings import Finding, well, wrong
from faunawatch.house import House
from faunawatch.schedule import LEASE_NAME

MOST_DRIFT = timedelta(seconds=5)
AHEAD = timedelta(minutes=5)
WAITED = timedelta(hours=1)
LATE = timedelta(minutes=10)
LATELY = timedelta(days=1)
WEEK = timedelta(days=7)
OLD_BACKUP = timedelta(days=7)
TIMESYNC = Path("/run/systemd/timesync")
SCRIPTS = {"zh": "Chinese", "th": "Thai", "lo": "Lao", "km": "Khmer", "my": "Burmese"}
SET_CLOCK = "see that the time is synchronised (`timedatectl`)"


def vital_signs(house: House) -> Iterator[Finding]:
    """Look at all that unattended crawls need."""
    clock, now = house.store.clock(), datetime.now(UTC)
    yield schema(house.store)
    yield from clocks(house, clock)
    yield disk(house, disk_percent(house.folder))
    yield backup(house.folder, now)
    yield fonts()
    with house.store.read() as session:
        yield scheduler(session, now)
        yield worker(session, now)
        yield from stuck_jobs(session, now)
        yield from overdue(session, clock)
        yield from breakers(session, clock)
        yield from lately(session, clock)


def schema(store: Store) -> Finding:
    """Tell whether the tables are those of this version."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    with store.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found == head:
        return well(f"the tables are those of this version ({head})")
    return wrong(f"the tables are of schema {found}, this version's is {head}", "restart all parts")


def clocks(house: House, clock: Clock) -> Iterator[Finding]:
    """Compare this machine's clock with the database's, the disk's, and what is written down."""
    yield drift("the database", _database_time(house.store), datetime.now(UTC))
    yield drift("the disk", _disk_time(house.folder), datetime.now(UTC))
    if TIMESYNC.is_dir() and not (TIMESYNC / "synchronized").exists():
        yield wrong("nothing has set this machine's clock since it started", SET_CLOCK)
    with house.store.read() as session:
        latest = session.scalar(select(func.max(Crawl.heartbeat_at)))
    if latest is not None and latest > clock.now() + AHEAD:
        words = f"a crawl is dated {latest:%Y-%m-%d %H:%M} UTC, which has not come yet"
        yield wrong(words, f"the clock was ahead or was set back; {SET_CLOCK}")


def drift(of: str, theirs: datetime, ours: datetime) -> Finding:
    """Compare two clocks read in the same moment."""
    apart = abs(theirs - ours)
    if apart <= MOST_DRIFT:
        return well(f"the clock of {of} agrees with this machine's")
    words = f"the clock of {of} is {apart.total_seconds():.0f} s off this machine's"
    return wrong(words, f"leases and dates rely on them; on both, {SET_CLOCK}")


def _database_time(store: Store) -> datetime:
    is_sqlite = store.engine.dialect.name == "sqlite"
    asked = "SELECT (julianday('now') - 2440587.5) * 86400.0"
    asked = asked if is_sqlite else "SELECT extract(epoch from clock_timestamp())"
    with store.engine.connect() as connection:
        return datetime.fromtimestamp(float(connection.execute(text(asked)).scalar_one()), UTC)


def _disk_time(folder: Path) -> datetime:
    """Return what the file system takes for now; on a network disk that is another machine's."""
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        return datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)


def disk(house: House, percent: float) -> Finding:
    """Tell how full the disk of the home is, and whether crawls stand still for it."""
    free = shutil.disk_usage(house.folder).free / 2**30
    words = f"the disk is {percent:.0f} % full, {free:.1f} GB are free"
    with house.store.read() as session:
        is_full = disk_is_full(session)
    if is_full or percent >= STOP_PERCENT:
        return wrong(
            words, f"crawls stand still; make room and they go on below {GO_PERCENT:.0f} %"
        )
    return well(words)


def backup(folder: Path, now: datetime) -> Finding:
    """Tell how old the newest copy in the home's `backups` folder is."""
    files = [file for file in (folder / "backups").glob("**/*") if file.is_file()]
    how = "stop all parts and copy the home, its secrets and its database to another disk"
    if not files:
        return wrong(f"there is no backup in {folder.name}/backups, nor a command for one yet", how)
    age = now - datetime.fromtimestamp(max(file.stat().st_mtime for file in files), UTC)
    words = f"the newest backup is {age.days} days old"
    return well(words) if age <= OLD_BACKUP else wrong(words, how)


def fonts() -> Finding:
    """Tell whether this machine can show every script we read, in screens and page pictures."""
    lister = shutil.which("fc-list")
    if lister is None:
        return well("fonts cannot be listed here (no fc-list)")
    missing = [name for code, name in SCRIPTS.items() if not _has_font(lister, code)]
    if not missing:
        return well("there are fonts for all scripts we read")
    words = f"no font on this machine shows {', '.join(missing)}"
    return wrong(words, "install fonts-noto-core and fonts-noto-cjk where pages are looked at")


def _has_font(lister: str, language: str) -> bool:
    found = subprocess.run(
        [lister, f":lang={language}", "family"], capture_output=True, check=False, timeout=30
    )
    return bool(found.stdout.strip())


def scheduler(session: Session, now: datetime) -> Finding:
    """Tell who keeps the schedule, and whether it lives."""
    lease = session.get(Lease, LEASE_NAME)
    do = "start `faunawatch up`, or its service; what is due then is made good"
    if lease is None:
        return wrong("nobody keeps the schedule", do)
    if lease.until < now:
        since = f"{lease.until - LEASE:%Y-%m-%d %H:%M} UTC"
        return wrong(f"the schedule stands still since {since}; {lease.holder} kept it last", do)
    return well(f"{lease.holder} keeps the schedule")


def worker(session: Session, now: datetime) -> Finding:
    """Tell which workers live."""
    living = session.scalars(
        select(Lease.name).where(Lease.name.startswith("worker:"), Lease.until >= now)
    ).all()
    if not living:
        return wrong("no worker runs", "start `faunawatch up`, or its service; jobs wait for it")
    return well(
        f"{len(living)} worker{'s' if len(living) > 1 else ''} at work: {', '.join(living)}"
    )


def stuck_jobs(session: Session, now: datetime) -> Iterator[Finding]:
    """Find jobs that nobody renews and jobs that wait too long."""
    lost = select(Job).where(Job.state == JobState.RUNNING, Job.leased_until < now - LEASE)
    for job in session.scalars(lost):
        words = f"job {job.id} ({job.kind} {job.lane}) was left behind by {job.worker}"
        yield wrong(words, "a running worker takes it over; see that one runs")
    waiting = select(func.count(), func.min(Job.asked_at)).where(
        Job.state == JobState.QUEUED,
        Job.asked_at < now - WAITED,
        or_(Job.not_before.is_(None), Job.not_before < now - WAITED),
    )
    count, oldest = session.execute(waiting).one()
    if count:
        words = f"{count} jobs wait for over an hour, the oldest since {oldest:%Y-%m-%d %H:%M} UTC"
        yield wrong(words, "see that a worker runs and the disk has room; more slots work faster")
    else:
        yield well("no job waits too long")


def overdue(session: Session, clock: Clock) -> Iterator[Finding]:
    """Find platforms that should have been asked for: the scheduler lives and does not do it."""
    now = clock.now()
    late = select(Watch).where(
        Watch.enabled,
        Watch.next_run_at < now - LATE,
        or_(Watch.paused_until.is_(None), Watch.paused_until < now - LATE),
    )
    waiting = {
        job.lane
        for job in session.scalars(
            select(Job).where(Job.state.in_((JobState.QUEUED, JobState.RUNNING)))
        )
    }
    for watch in session.scalars(late.order_by(Watch.platform_id)):
        open_job = f"platform:{watch.platform_id}" in waiting
        if not open_job and not in_quiet_hours(Plan.of(watch), now - LATE):
            words = f"{watch.platform_id} was due {watch.next_run_at:%Y-%m-%d %H:%M} UTC"
            do = "see that the schedule runs, a contact is set and the terms of use were read"
            yield wrong(f"{words} and nobody asked for it", do)


def breakers(session: Session, clock: Clock) -> Iterator[Finding]:
    """Find platforms that rest after runs that failed."""
    enabled = select(Watch.platform_id).where(Watch.enabled).order_by(Watch.platform_id)
    ids = session.scalars(enabled).all()
    resting = 0
    for platform_id, breaker in breakers_of(session, ids, clock.now()).items():
        if breaker.state is BreakerState.CLOSED:
            continue
        resting += 1
        do = f"`faunawatch platform check {platform_id}`, then `platform resume {platform_id}`"
        yield wrong(f"{platform_id} {breaker.words.rstrip('.')}", do)
    if not resting:
        yield well(f"none of {len(ids)} platforms rests after failures")


def lately(session: Session, clock: Clock) -> Iterator[Finding]:
    """Tell what was missed in a week, and find clocks that jumped within a day."""
    now = clock.now()
    missed = missed_since(session, now - WEEK)
    if missed:
        runs, platforms = sum(one.runs for one in missed), {one.platform_id for one in missed}
        words = f"{runs} runs of {len(platforms)} platforms were missed in a week; the latest"
        yield well(f"{words}, {missed[-1].platform_id}: {missed[-1].words}")
    for one in incidents_since(session, now - LATELY):
        if one.kind in {IncidentKind.CLOCK_BACK, IncidentKind.CLOCK_FORWARD}:
            yield wrong(f"{one.at:%Y-%m-%d %H:%M} UTC, {one.words.rstrip('.')}", SET_CLOCK)
