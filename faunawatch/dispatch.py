"""The only file that knows how a job reaches a process: claim a row, run it in a subprocess.

1. A worker claims the oldest waiting job of a free lane with a lease.
2. It starts `faunawatch run-job ID`, which renews the lease itself while it lives.
3. The child records its result; the worker only looks at how it ended.
4. A child that died is given back, at most three times.
5. A worker that dies takes its children with it: they notice that their parent is gone.
6. A lease that ran out is claimed by whoever comes next, who resumes the crawl.
"""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.exc import OperationalError

from data.jobs import Job, JobKind, JobState, ask, claim, give_back, put_back, renew
from data.listings import Sighting
from data.store import Store
from faunawatch.guarding import Guard
from faunawatch.schedule import holder_name

log = logging.getLogger(__name__)
POLL_SECONDS = 1.0
SHORT = frozenset({JobKind.SCORE, JobKind.ALERT})
"""Jobs that never wait behind crawls: a place more than the slots is kept for them."""
RENEW_SECONDS = 20
STOP_SECONDS = 20.0
AFTER_FAILURE = timedelta(minutes=10)


@dataclass
class Worker:
    """Runs jobs in subprocesses, a few at a time."""

    store: Store
    slots: int = 2
    name: str = field(default_factory=lambda: f"worker:{holder_name()}")
    running: dict[int, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    guard: Guard | None = None

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set, then end the children cleanly and queue their jobs again."""
        while not stop.is_set():
            try:
                if self.guard is not None:
                    self.guard.look()
                self.reap()
                started = self.start_next()
            except OperationalError:
                log.warning("the database is busy or away; trying again", exc_info=True)
                started = False
            if not started:
                stop.wait(POLL_SECONDS)
        self._end_children()

    def start_next(self) -> bool:
        """Start one job if there is one and a free slot; tell whether it did."""
        if len(self.running) > self.slots:
            return False
        but = frozenset(JobKind) - SHORT if len(self.running) == self.slots else frozenset()
        own = tuple(self.running)
        with self.store.write() as session:
            job = claim(session, self.name, datetime.now(UTC), own=own, but=but)
            job_id = job.id if job is not None else None
        if job_id is None:
            return ask_for_scores(self.store)
        command = [
            sys.executable,
            "-m",
            "faunawatch",
            "run-job",
            str(job_id),
            "--worker",
            self.name,
        ]
        self.running[job_id] = subprocess.Popen(command, start_new_session=True)
        log.info("job %s started", job_id)
        return True

    def reap(self) -> None:
        """Look at children that ended; what they did not finish is queued again."""
        for job_id, child in list(self.running.items()):
            code = child.poll()
            if code is None:
                continue
            if code != 0:
                with self.store.write() as session:
                    words = f"the job's process ended with code {code}"
                    give_back(session, job_id, self.name, words, datetime.now(UTC))
            del self.running[job_id]
            log.info("job %s ended with code %s", job_id, code)

    def _end_children(self) -> None:
        for child in self.running.values():
            child.terminate()
        for job_id, child in self.running.items():
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            with self.store.write() as session:
                put_back(session, job_id, self.name)
        self.running.clear()


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
