"""A test home with its real processes, whose days pass in minutes, and what is looked at there."""

import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.exc import OperationalError

from data.alerts import Alert, AlertKind, DeliveryState
from data.crawls import Crawl, CrawlKind, RunState
from data.evidence import EvidenceDamaged, EvidenceFolder
from data.home import HomeKind, the_home
from data.incidents import Incident
from data.jobs import Job, JobKind, JobState, ask
from data.listings import Listing, Recheck, Sighting
from data.parts import Evidence
from data.states import Availability
from data.store import Store, open_store, sqlite_url
from data.watches import MissedRun, Watch
from tests.classified.site import ROOT
from tests.classified.team import free_port
from tests.soak_site import PLATFORM, Market

HOUR = timedelta(hours=1)
PATIENCE_S = 150.0
SCHEDULE, WORKER, SCREENS = "schedule", "worker", "serve"
_BELIEVED_GONE = (Availability.GONE, Availability.SUSPECT_GONE, Availability.DELISTED)


class NotInTime(AssertionError):
    """What was waited for did not come true."""


@dataclass(frozen=True)
class Mark:
    """Where everything stood when a fault began."""

    at: datetime
    real: float
    real_at: datetime
    last: Mapping[Any, int]  # by the class of the rows
    sightings: frozenset[int]


@dataclass
class Rig:
    """A home marked test, the site it watches, and the processes that work on it."""

    home: Path
    market: Market
    logs: Path
    store: Store = field(init=False)
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def set_up(self) -> None:
        """Make the home: one platform crawled every hour, one channel that alerts go to."""
        (self.home / "platforms").mkdir(parents=True)
        (self.home / "platforms" / f"{PLATFORM}.toml").write_text(self.market.file)
        self.store = open_store(sqlite_url(self.home / "faunawatch.sqlite"), kind=HomeKind.TEST)
        self.run("settings", "set", "contact-email", "watch@example.org")
        self.run("alerts", "add", "team", given=f"json://{self.market.address}/")
        self.run("platform", "hours", PLATFORM, "--jitter", "none")
        self.run("platform", "enable", PLATFORM, "--every", "1h")

    def run(self, *arguments: str, given: str = "") -> str:
        """Run a command to its end."""
        ended = subprocess.run(
            [sys.executable, "-m", "faunawatch", *arguments],
            cwd=ROOT,
            env=self._environment,
            input=given,
            capture_output=True,
            check=False,
            text=True,
            timeout=PATIENCE_S,
        )
        assert ended.returncode == 0, f"{arguments}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    @property
    def _environment(self) -> dict[str, str]:
        return {"FAUNAWATCH_HOME": str(self.home), "PATH": ""}

    def start(self, part: str, *command: str) -> None:
        """Start a part; another command may stand in for the usual one."""
        own = ["--port", str(free_port())] if part == SCREENS else []
        usual = ["-m", "faunawatch", part, *own]
        with (self.logs / f"{part}.log").open("ab") as log:
            self.running[part] = subprocess.Popen(
                [sys.executable, *(command or usual)],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
            )

    def kill(self, part: str) -> None:
        """Kill a part outright."""
        process = self.running.pop(part)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def stop(self, part: str) -> None:
        """End a part cleanly."""
        process = self.running.pop(part)
        process.terminate()
        process.wait(PATIENCE_S)

    def stop_all(self) -> None:
        for part in list(self.running):
            self.stop(part)
        self.store.close()

    def now(self) -> datetime:
        """Return the home's time."""
        return self.store.clock().now()

    def advance(self, by: timedelta) -> None:
        """Let time pass: the home's clock by its shift, the pauses of jobs by as much less."""
        with self.store.write() as session:
            the_home(session).clock_shift_s += int(by.total_seconds())
            for job in session.scalars(select(Job).where(Job.not_before.is_not(None))):
                if job.not_before is not None:
                    job.not_before -= by

    def step(self, hours: int = 1) -> None:
        """Let an hour pass, in which one listing is put up, and wait until its work is done."""
        self.market.post(self.now())
        self.advance(hours * HOUR)
        self.until(self.is_calm)

    def is_calm(self) -> bool:
        """Tell whether what is due was asked for, and nothing runs or may begin."""
        real = datetime.now(UTC)
        may_begin = or_(Job.not_before.is_(None), Job.not_before <= real)
        with self.store.read() as session:
            watch = session.get_one(Watch, PLATFORM)
            queued = select(Job.id).where(Job.state == JobState.QUEUED)
            busy = session.scalar(select(Job.id).where(Job.state == JobState.RUNNING).limit(1))
            begins = session.scalar(queued.where(may_begin).limit(1))
            paused = session.scalar(queued.where(Job.kind == JobKind.CRAWL).limit(1))
            waits = watch.next_run_at is not None and watch.next_run_at > self.now()
            return busy is None and begins is None and (waits or paused is not None)

    def until(self, condition: Callable[[], object], seconds: float = PATIENCE_S) -> None:
        """Look again until a condition is true."""
        pause, deadline = threading.Event(), time.monotonic() + seconds
        while not self._holds(condition):
            if time.monotonic() > deadline:
                raise NotInTime(f"{getattr(condition, '__name__', condition)}: not in {seconds} s")
            pause.wait(0.2)

    def _holds(self, condition: Callable[[], object]) -> bool:
        try:
            return bool(condition())
        except OperationalError:  # busy or full, which some faults are about
            return False

    def mark(self) -> Mark:
        """Remember where everything stands."""
        kinds = (Crawl, Alert, Incident, MissedRun, Job, Recheck)
        with self.store.read() as session:
            last = {one: session.scalar(select(func.max(one.id))) or 0 for one in kinds}
            sightings = frozenset(session.scalars(select(Sighting.id)))
        return Mark(self.now(), time.monotonic(), datetime.now(UTC), last, sightings)

    def since(self, mark: Mark, kind: Any) -> list[Any]:
        """Return rows of a kind that came after a mark."""
        with self.store.read() as session:
            rows = select(kind).where(kind.id > mark.last[kind]).order_by(kind.id)
            found = list(session.scalars(rows).unique())
            session.expunge_all()
        return found

    def told(self, mark: Mark, *kinds: AlertKind) -> Alert | None:
        """Return the first alert of these kinds since a mark that reached the channel."""
        for alert in self.since(mark, Alert):
            if alert.kind in kinds and any(
                one.state is DeliveryState.SENT for one in alert.deliveries
            ):
                return alert
        return None

    def bad_runs(self, mark: Mark) -> list[Crawl]:
        """Return crawls since a mark that ended in no good state."""
        runs = self.since(mark, Crawl)
        bad = [one for one in runs if one.state not in {RunState.OK, None}]
        return [one for one in bad if one.kind is CrawlKind.LISTINGS]

    def sighted(self, mark: Mark) -> int:
        """Return how many sightings came since a mark."""
        with self.store.read() as session:
            query = select(func.count()).select_from(Sighting)
            return (session.scalar(query) or 0) - len(mark.sightings)

    def recover(self, most: int = 14) -> int:
        """Let hours pass until a run is good and has everything; return how many."""
        for hours in range(1, most + 1):
            mark = self.mark()
            self.step()
            good = [one for one in self.since(mark, Crawl) if one.state is RunState.OK]
            if good and not self.missing():
                return hours
        raise NotInTime(f"no good run within {most} hours")

    def missing(self) -> set[str]:
        """Return the listings on the site of which no sighting is stored."""
        with self.store.read() as session:
            seen = set(session.scalars(select(Listing.external_id).join(Sighting)))
        return set(map(str, self.market.posted)) - seen

    def lost(self, mark: Mark) -> str:
        """Say what is lost by comparing with what the site holds; nothing if nothing is."""
        found = [*self._lost_rows(mark), *self._lost_bytes()]
        return "; ".join(found) or "nothing"

    def _lost_rows(self, mark: Mark) -> Iterator[str]:
        if missing := self.missing():
            yield f"{len(missing)} listings never seen"
        with self.store.read() as session:
            kept = frozenset(session.scalars(select(Sighting.id)))
            pairs = Counter(session.execute(select(Sighting.crawl_id, Sighting.listing_id)).all())
            gone = session.scalar(
                select(func.count(Listing.id)).where(Listing.availability.in_(_BELIEVED_GONE))
            )
        if vanished := mark.sightings - kept:
            yield f"{len(vanished)} sightings gone"
        if doubled := sum(number > 1 for number in pairs.values()):
            yield f"{doubled} sighted twice in one run"
        if gone:
            yield f"{gone} listings wrongly taken for gone"

    def _lost_bytes(self) -> Iterator[str]:
        folder = EvidenceFolder(self.home / "evidence")
        with self.store.read() as session:
            named = set(session.scalars(select(Evidence.sha256)))
            bare = select(Sighting.id).where(~Sighting.evidence.any())
            without = len(list(session.scalars(bare)))
        damaged = sum(not _is_whole(folder, one) for one in named)
        if damaged:
            yield f"{damaged} pieces of evidence damaged"
        if without:
            yield f"{without} sightings without evidence"

    def latest(self, mark: Mark) -> timedelta:
        """Return how long after it was put up a listing was first seen, at most, since a mark."""
        posted = {str(one): at for one, at in self.market.posted.items() if at is not None}
        with self.store.read() as session:
            rows = session.execute(select(Listing.external_id, Listing.first_seen_at)).all()
        waits = [seen - posted[one] for one, seen in rows if one in posted and seen >= mark.at]
        return max(waits, default=timedelta(0))

    def ask_recheck(self, listings: int) -> None:
        """Ask for another look at the first listings, as a takedown's plan does."""
        with self.store.write() as session:
            first = session.scalars(select(Listing.id).order_by(Listing.id).limit(listings))
            arguments = {"platform": PLATFORM, "listings": list(first)}
            ask(session, JobKind.RECHECK, arguments, by="soak", clock=self.store.clock())
        self.until(self.is_calm)

    def lock(self, seconds: float) -> None:
        """Hold the database's only write lock for so long."""
        with self.store.write() as session:
            session.execute(update(Watch).values(contact="locked"))
            threading.Event().wait(seconds)

    def _crawls(self, job_id: int) -> bool:
        with self.store.read() as session:
            return session.get_one(Job, job_id).kind is JobKind.CRAWL

    def crawl_process(self) -> int:
        """Return the process of the crawl under way."""
        parent = self.running[WORKER].pid
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                is_child = (
                    int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == parent
                )
                command = (folder / "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parts = command.split(b"\0")
            if is_child and b"run-job" in parts and self._crawls(int(parts[4])):
                return int(folder.name)
        raise NotInTime("the worker has no crawl under way")


def _is_whole(folder: EvidenceFolder, sha256: str) -> bool:
    try:
        folder.get(sha256)
    except EvidenceDamaged:
        return False
    return True


@contextmanager
def rigged(home: Path, market: Market, logs: Path, *, good_runs: int) -> Iterator[Rig]:
    """Set a rig up, start its parts and let some good runs teach what is usual."""
    rig = Rig(home, market, logs)
    rig.set_up()
    try:
        for part in (SCHEDULE, WORKER, SCREENS):
            rig.start(part)
        rig.until(lambda: rig.is_calm() and not rig.missing())
        for _ in range(good_runs - 1):
            rig.step()
        yield rig
    finally:
        rig.stop_all()
