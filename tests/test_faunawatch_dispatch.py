"""The worker outlives a busy database, a machine that slept and a job that cannot be done."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, select

from data.home import HomeKind
from data.incidents import Incident, IncidentKind
from data.jobs import (
    LEASE,
    MAX_ATTEMPTS,
    Job,
    JobKind,
    JobState,
    Lease,
    ask,
    claim,
    give_back,
    start_now,
)
from data.store import Store, open_store, sqlite_url
from faunawatch import dispatch
from faunawatch.dispatch import Child, Worker, ask_for_scores, kept_alive
from tests.makers import make_listing

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def _impatient(path: Path) -> Store:
    """A store that gives up on a busy database at once."""
    store = open_store(sqlite_url(path), kind=HomeKind.TEST)
    store.engine.dispose()
    event.listen(store.engine, "connect", lambda made, _: made.execute("PRAGMA busy_timeout=10"))
    return store


@contextmanager
def _busy(path: Path) -> Iterator[None]:
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    other.close()


def test_a_lease_outlives_a_busy_database(tmp_path: Path, monkeypatch) -> None:
    store, tried = _impatient(tmp_path / "busy.sqlite"), threading.Event()
    with store.write() as session:
        job = start_now(session, JobKind.SCORE, {}, by="w", now=NOW)
    monkeypatch.setattr(dispatch, "RENEW_SECONDS", 1)
    monkeypatch.setattr(dispatch.log, "warning", lambda *_: tried.set())
    with kept_alive(store, job.id, "w", with_parent=False):
        with _busy(tmp_path / "busy.sqlite"):
            assert tried.wait(10)
        assert any(thread.name == "lease" for thread in threading.enumerate())
    store.close()


def test_a_worker_outlives_a_busy_database(tmp_path: Path, monkeypatch) -> None:
    store, stop = _impatient(tmp_path / "busy.sqlite"), threading.Event()
    monkeypatch.setattr(dispatch.log, "warning", lambda *_, **__: stop.set())
    with _busy(tmp_path / "busy.sqlite"):
        Worker(store).run(stop)
    assert stop.is_set()
    store.close()


def test_a_worker_never_starts_its_own_living_job_twice(store: Store, clock) -> None:
    with store.write() as session:
        job = ask(session, JobKind.SCORE, {}, by="test", clock=clock).id
        assert claim(session, "w", NOW) is not None
        woken = NOW + LEASE + timedelta(hours=8)
        assert claim(session, "w", woken, own=(job,)) is None
        assert claim(session, "w", woken) is not None


@pytest.mark.parametrize(("minutes", "asked"), [(0, False), (30, True)])
def test_scoring_that_was_given_up_rests_a_while(store: Store, clock, minutes, asked) -> None:
    ended = datetime.now(UTC) - timedelta(minutes=minutes)
    with store.write() as session:
        make_listing(session, clock)
        job = start_now(session, JobKind.SCORE, {}, by="w", now=ended)
        session.get_one(Job, job.id).attempts = MAX_ATTEMPTS
        give_back(session, job.id, "w", "a broken term file", ended)
    assert ask_for_scores(store) is asked


def _started(monkeypatch) -> list[str]:
    """Note what would be started instead of starting it."""
    started: list[str] = []

    def popen(command: list[str], **_: object) -> object:
        started.append(command[4])
        return object()

    monkeypatch.setattr(subprocess, "Popen", popen)
    return started


def test_a_full_disk_stops_what_fetches_and_nothing_else(store, clock, tmp_path, monkeypatch):
    started = _started(monkeypatch)
    with store.write() as session:
        crawl = ask(session, JobKind.CRAWL, {"platform": "a"}, by="test", clock=clock).id
        score = ask(session, JobKind.SCORE, {}, by="test", clock=clock).id
    worker, percent = Worker(store, folder=tmp_path), [91.0]
    monkeypatch.setattr(dispatch, "disk_percent", lambda _folder: percent[0])
    assert worker.start_next()
    assert not worker.start_next()
    assert started == [str(score)]
    percent[0] = 86.0
    assert not worker.start_next(), "it begins again below 85 %"
    percent[0] = 84.0
    assert worker.start_next()
    assert started == [str(score), str(crawl)]
    with store.read() as session:
        kinds = list(session.scalars(select(Incident.kind).order_by(Incident.id)))
    assert kinds == [IncidentKind.DISK_FULL, IncidentKind.DISK_FREE]


def test_a_process_that_hangs_is_ended_and_its_job_tried_again_later(store, clock) -> None:
    worker = Worker(store)
    with store.write() as session:
        ask(session, JobKind.CRAWL, {"platform": "a"}, by="test", clock=clock)
        job = claim(session, worker.name, datetime.now(UTC))
        assert job is not None
    deaf = (
        "import signal, sys; signal.signal(15, signal.SIG_IGN); print(flush=True); signal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        worker.running[job.id] = Child(process, ends_by=0.0)
        worker.end_overdue()
        process.wait(20)
    worker.reap()
    with store.read() as session:
        given_back = session.get_one(Job, job.id)
        assert given_back.state is JobState.QUEUED
        assert given_back.not_before is not None
        assert "long past its time" in given_back.error


def test_a_worker_shows_that_it_lives_until_it_ends(store) -> None:
    worker, stop = Worker(store, name="worker:one"), threading.Event()

    def lease() -> Lease | None:
        with store.read() as session:
            return session.get(Lease, "worker:one")

    worker.start_next()
    assert lease() is not None
    stop.set()
    worker.run(stop)
    assert lease() is None
