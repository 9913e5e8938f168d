"""The schedule enqueues what is due once, on time, in the right zone, and never on a real home
that cannot say who it is."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from data.home import HomeKind, the_home
from data.jobs import Job, JobKind, Lease, claim, finish
from data.listings import Listing
from data.store import Store, open_store, sqlite_url
from data.terms_of_use import record_terms_read
from data.watches import Watch, watch_of
from faunawatch.schedule import LEASE_NAME, sweep, tick
from tests.makers import make_listing

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def _watch(store: Store, clock, platform: str = "a", **columns) -> None:
    with store.write() as session:
        watch = watch_of(session, platform, clock.now())
        watch.enabled, watch.jitter_minutes = True, 0
        for name, value in columns.items():
            setattr(watch, name, value)


def _jobs(store: Store) -> list[tuple[JobKind, str]]:
    with store.read() as session:
        return [
            (job.kind, job.arguments["platform"])
            for job in session.scalars(select(Job).order_by(Job.id))
        ]


def test_a_missed_week_is_run_once(store: Store, clock) -> None:
    _watch(store, clock, next_run_at=clock.now() - timedelta(days=7), every_minutes=1440)
    for _ in range(3):
        with store.write() as session:
            sweep(session, clock)
    assert _jobs(store) == [(JobKind.CRAWL, "a")]
    with store.read() as session:
        assert session.get_one(Watch, "a").next_run_at == clock.now() + timedelta(days=1)


def test_paused_and_disabled_platforms_are_left_alone(store: Store, clock) -> None:
    _watch(store, clock, "paused", paused_until=clock.now() + timedelta(days=1))
    _watch(store, clock, "off", enabled=False)
    with store.write() as session:
        assert sweep(session, clock) == []
    clock.advance(timedelta(days=2))
    with store.write() as session:
        assert sweep(session, clock) == ["crawl paused"]


def test_listings_due_for_a_look_are_rechecked(store: Store, clock) -> None:
    _watch(store, clock, "pasar-contoh", next_run_at=clock.now() + timedelta(days=9))
    with store.write() as session:
        make_listing(session, clock).next_recheck_at = clock.now() + timedelta(hours=1)
    with store.write() as session:
        assert sweep(session, clock) == []
    clock.advance(timedelta(hours=2))
    with store.write() as session:
        assert sweep(session, clock) == ["recheck pasar-contoh"]
        assert session.scalar(select(Listing.next_recheck_at)) is not None


def test_two_schedulers_enqueue_once(store: Store, clock) -> None:
    _watch(store, clock, next_run_at=clock.now() - timedelta(days=1))
    assert [tick(store, "one"), tick(store, "two"), tick(store, "one")] == [True, False, True]
    assert _jobs(store) == [(JobKind.CRAWL, "a")]


def test_a_real_home_without_contact_or_terms_read_enqueues_nothing(tmp_path: Path, clock) -> None:
    store = open_store(sqlite_url(tmp_path / "real.sqlite"), kind=HomeKind.REAL)
    _watch(store, clock)
    with store.write() as session:
        assert sweep(session, clock) == []
        the_home(session).contact_email = "wildlife@example.org"
        assert sweep(session, clock) == []
        record_terms_read(session, "a", by="Mai", note="allowed", actor="cli:test", clock=clock)
        assert sweep(session, clock) == ["crawl a"]
    store.close()


def test_a_recheck_that_cannot_go_on_is_not_asked_for_at_every_sweep(store: Store, clock) -> None:
    _watch(store, clock, "pasar-contoh", next_run_at=clock.now() + timedelta(days=9))
    with store.write() as session:
        make_listing(session, clock).next_recheck_at = clock.now()
    asked = []
    for _ in range(30):
        with store.write() as session:
            asked += sweep(session, clock)
            job = claim(session, "w", NOW)
            if job is not None:
                finish(session, job.id, "w", {"ending": "blocked"}, NOW)
        clock.advance(timedelta(minutes=3))
    assert len(asked) == 2, "once an hour, for an hour and a half"


def test_a_killed_scheduler_is_replaced_and_nothing_is_enqueued_twice(
    store: Store, store_url: str, clock, tmp_path: Path
) -> None:
    _watch(store, clock, next_run_at=clock.now() - timedelta(days=1))
    environment = {"FAUNAWATCH_HOME": str(tmp_path), "FAUNAWATCH_DATABASE_URL": store_url}
    command = [sys.executable, "-m", "faunawatch", "schedule"]
    with subprocess.Popen(command, env={**environment, "PATH": ""}) as scheduler:
        while not _jobs(store) and scheduler.poll() is None:
            pass
        scheduler.kill()
    assert not tick(store, "next")
    with store.write() as session:
        session.get_one(Lease, LEASE_NAME).until = datetime(2026, 1, 1, tzinfo=UTC)
    assert tick(store, "next")
    assert _jobs(store) == [(JobKind.CRAWL, "a")]
