"""The only file that knows how a job reaches a process: claim a row, run it in a subprocess.

1. A worker claims the oldest waiting job of a free lane with a lease.
2. It starts `faunawatch run-job ID`, which renews the lease itself while it lives.
3. The child records its result; the worker only looks at how it ended.
4. A child that died is given back and begins again after a pause, at most three times. So is one
   that went on long past its own time limit, after it was ended.
5. While the disk is full no job that fetches is begun; scores and alerts go on.
6. A worker that dies takes its children with it: they notice that their parent is gone.
7. A lease that ran out is claimed by whoever comes next, who resumes the crawl.
"""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import and_, or_, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from data.incidents import disk_percent, note_disk
from data.jobs import (
    Job,
    JobKind,
    JobState,
    ask,
    claim,
    drop_lease,
    give_back,
    put_back,
    renew,
    take_lease,
)
from data.listings import Sighting
from data.store import Store
from data.watches import Watch
from faunawatch.guarding import Guard
from faunawatch.schedule import holder_name

log = logging.getLogger(__name__)
POLL_SECONDS = 1.0
SHORT = frozenset({JobKind.SCORE, JobKind.ALERT})
"""Jobs that never wait behind crawls: a place more than the slots is kept for them."""
FETCHING = frozenset(kind for kind in JobKind if kind in {"crawl", "recheck", "pictures"})
"""Jobs that fill the disk; they are not begun while it is full."""
RENEW_SECONDS = 20
LIMIT_GRACE_S = 120.0
STOP_SECONDS = 20.0
AFTER_FAILURE = timedelta(minutes=10)


@dataclass
class Child:
    """A job's process, and until when (by the steady clock) it must have ended."""

    process: "subprocess.Popen[bytes]"
    ends_by: float = float("inf")
    overran: bool = False

    @property
    def words(self) -> str:
        """Say how it ended."""
        if self.overran:
            return "its process went on long past its time and was ended; what it read is kept"
        return f"the job's process ended with code {self.process.returncode}"


@dataclass
class Worker:
    """Runs jobs in subprocesses, a few at a time; nothing that fetches while the disk is full."""

    store: Store
    slots: int = 2
    name: str = field(default_factory=lambda: f"worker:{holder_name()}")
    running: dict[int, Child] = field(default_factory=dict)
    guard: Guard | None = None
    folder: Path | None = None
    shown_at: float = float("-inf")

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set, then end the children cleanly and queue their jobs again."""
        while not stop.is_set():
            try:
                if self.guard is not None:
                    self.guard.look()
                self.end_overdue()
                self.reap()
                started = self.start_next()
            except OperationalError:
                log.warning("the database is busy or away; trying again", exc_info=True)
                started = False
            if not started:
                stop.wait(POLL_SECONDS)
        self._end_children()
        with suppress(OperationalError), self.store.write() as session:
            drop_lease(session, self.name, self.name)

    def start_next(self) -> bool:
        """Start one job if there is one and a free slot; tell whether it did."""
        if len(self.running) > self.slots:
            return False
        claimed = self._claim()
        if claimed is None:
            return ask_for_scores(self.store)
        job_id, seconds = claimed
        command = [
            sys.executable,
            "-m",
            "faunawatch",
            "run-job",
            str(job_id),
            "--worker",
            self.name,
        ]
        process = subprocess.Popen(command, start_new_session=True)
        self.running[job_id] = Child(process, time.monotonic() + seconds)
        log.info("job %s started", job_id)
        return True

    def _claim(self) -> tuple[int, float] | None:
        """Claim a job that may be begun now; return its id and how long its process may live."""
        now, clock = datetime.now(UTC), self.store.clock()
        with self.store.write() as session:
            full = self.folder is not None and note_disk(
                session, disk_percent(self.folder), clock=clock
            )
            self._show_alive(session, now)
            but = FETCHING if full else frozenset()
            if len(self.running) == self.slots:
                but |= frozenset(JobKind) - SHORT
            job = claim(session, self.name, now, own=tuple(self.running), but=but)
            return None if job is None else (job.id, _longest(session, job))

    def _show_alive(self, session: Session, now: datetime) -> None:
        """Keep a lease of one's own name, by which the doctor knows that this worker lives."""
        if time.monotonic() - self.shown_at >= RENEW_SECONDS:
            take_lease(session, self.name, self.name, now)
            self.shown_at = time.monotonic()

    def end_overdue(self) -> None:
        """End processes that did not keep to their own time limit: they hang."""
        for job_id, child in self.running.items():
            if not child.overran and time.monotonic() > child.ends_by:
                log.warning("job %s went on long past its time; ending it", job_id)
                child.process.kill()
                child.overran = True

    def reap(self) -> None:
        """Look at children that ended; what they did not finish is queued again."""
        for job_id, child in list(self.running.items()):
            code = child.process.poll()
            if code is None:
                continue
            if code != 0:
                with self.store.write() as session:
                    give_back(session, job_id, self.name, child.words, datetime.now(UTC))
            del self.running[job_id]
            log.info("job %s ended with code %s", job_id, code)

    def _end_children(self) -> None:
        for child in self.running.values():
            child.process.terminate()
        for job_id, child in self.running.items():
            try:
                child.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
            with self.store.write() as session:
                put_back(session, job_id, self.name)
        self.running.clear()


def _longest(session: Session, job: Job) -> float:
    """Return how long a job's process may live: its run's own limit, and time to end by itself."""
    watch = session.get(Watch, job.arguments.get("platform", ""))
    return float("inf") if watch is None else watch.most_minutes * 60 + LIMIT_GRACE_S


def ask_for_scores(store: Store) -> bool:
    """Queue a scoring job when sightings wait for one and none is on its way.

    One that was given up, say over a broken term file, is asked for again only after a while.
    """
    lately = datetime.now(UTC) - AFTER_FAILURE
    on_its_way = or_(
        Job.state.in_((JobState.QUEUED, JobState.RUNNING)),
        and_(Job.state == JobState.FAILED, Job.ended_at > lately),
    )
    with store.read() as session:
        waiting = session.scalar(select(Sighting.id).where(Sighting.scored.is_(False)).limit(1))
        coming = session.scalar(
            select(Job.id).where(Job.kind == JobKind.SCORE, on_its_way).limit(1)
        )
    if waiting is None or coming is not None:
        return False
    clock = store.clock()
    with store.write() as session:
        ask(session, JobKind.SCORE, {}, by="worker", clock=clock)
    return True


@contextmanager
def kept_alive(store: Store, job_id: int, worker: str, *, with_parent: bool) -> Iterator[None]:
    """Renew a job's lease while the block runs; stop this process when the lease or parent is lost.

    SIGTERM is what a crawl ends cleanly on, so losing the lease ends it the same way.
    """
    done = threading.Event()
    parent = os.getppid()

    def lost() -> bool:
        try:
            with store.write() as session:
                return not renew(session, job_id, worker, datetime.now(UTC))
        except OperationalError:
            # Busy is not lost: without this thread the lease would run out and the job start twice.
            log.warning("the lease of job %s could not be renewed; trying again", job_id)
            return False

    def beat() -> None:
        seconds = 0
        while not done.wait(1.0):
            seconds += 1
            orphaned = with_parent and os.getppid() != parent
            if orphaned or (seconds % RENEW_SECONDS == 0 and lost()):
                log.warning("job %s lost its worker or its lease; stopping", job_id)
                os.kill(os.getpid(), signal.SIGTERM)
                return

    thread = threading.Thread(target=beat, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(5)
