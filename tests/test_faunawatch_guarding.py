"""The guard sees that the schedule or the worker stopped, the disk, and says so once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from data.alerts import Alert, AlertKind, AlertRule, add_channel, alert_settings
from data.base import ManualClock
from data.crawls import Ending
from data.jobs import LEASE, Job, JobKind, JobState, Lease, ask, drop_lease, take_lease
from data.liveness import schedule_silent_since, worker_silent
from data.store import Store
from data.watches import watch_of
from faunawatch.guarding import Guard, look_around, send_where_no_worker_does
from faunawatch.schedule import LEASE_NAME
from tests.makers import PLATFORM
from tests.test_data_crawls import one_run

MIDDAY = datetime.now(UTC).replace(hour=12, minute=0)


@pytest.fixture
def quiet(store: Store) -> Store:
    """A store whose daily word is not due, with one platform watched."""
    with store.write() as session:
        watch_of(session, PLATFORM, MIDDAY).enabled = True
        session.delete(
            session.scalars(select(AlertRule).where(AlertRule.kind == AlertKind.SELF_CHECK)).one()
        )
        take_lease(session, LEASE_NAME, "host:1", datetime.now(UTC))
    return store


def _told(store: Store) -> list[str]:
    with store.read() as session:
        return list(session.scalars(select(Alert.counts).order_by(Alert.id)))


def _lease_ended(store: Store, ago: timedelta) -> None:
    with store.write() as session:
        session.get_one(Lease, LEASE_NAME).until = datetime.now(UTC) - ago


def test_while_all_parts_run_nothing_is_said(quiet: Store, tmp_path: Path) -> None:
    look_around(quiet, tmp_path)
    assert _told(quiet) == []


def test_a_schedule_that_died_is_told_once_by_whoever_looks(quiet: Store, tmp_path: Path) -> None:
    _lease_ended(quiet, timedelta(minutes=1))
    look_around(quiet, tmp_path)
    assert _told(quiet) == []
    _lease_ended(quiet, timedelta(minutes=4))
    for _ in range(3):
        look_around(quiet, tmp_path)
    (words,) = _told(quiet)
    stopped = datetime.now(UTC) - timedelta(minutes=4) - LEASE
    assert words == f"The schedule stopped at about {stopped:%H:%M} UTC: nothing is crawled."


def test_a_schedule_that_was_ended_cleanly_is_missed_too(quiet: Store, tmp_path: Path) -> None:
    with quiet.write() as session:
        drop_lease(session, LEASE_NAME, "host:1")
    look_around(quiet, tmp_path)
    assert _told(quiet) == []
    _lease_ended(quiet, timedelta(minutes=4))
    look_around(quiet, tmp_path)
    assert len(_told(quiet)) == 1
    with quiet.write() as session:
        assert take_lease(session, LEASE_NAME, "host:2", datetime.now(UTC))


def test_without_watched_platforms_no_schedule_is_missed(quiet: Store) -> None:
    with quiet.write() as session:
        watch_of(session, PLATFORM, MIDDAY).enabled = False
        drop_lease(session, LEASE_NAME, "host:1")
        session.flush()
        assert schedule_silent_since(session, datetime.now(UTC)) is None


def _job(store: Store, waited: timedelta) -> Job:
    with store.write() as session:
        job = ask(session, JobKind.SCORE, {}, by="test", clock=store.clock())
        job.asked_at = store.clock().now() - waited
        return job


def test_a_worker_that_takes_nothing_up_is_told_once(quiet: Store, tmp_path: Path) -> None:
    _job(quiet, timedelta(minutes=10))
    look_around(quiet, tmp_path)
    assert _told(quiet) == []
    _job(quiet, timedelta(minutes=20))
    for _ in range(2):
        look_around(quiet, tmp_path)
    assert _told(quiet) == ["No worker takes up work: what is asked for waits."]


@pytest.mark.parametrize("change", ["running", "later"])
def test_a_busy_worker_is_alive_and_a_job_may_wait(quiet: Store, change: str) -> None:
    _job(quiet, timedelta(hours=2))
    clock, now = quiet.clock(), datetime.now(UTC)
    with quiet.write() as session:
        assert worker_silent(session, clock, now) is not None
        waiting = session.scalars(select(Job)).one()
        if change == "later":
            waiting.not_before = now + timedelta(hours=1)
        else:
            busy = ask(session, JobKind.CRAWL, {"platform": "a"}, by="t", clock=clock)
            busy.state, busy.leased_until = JobState.RUNNING, now + timedelta(seconds=60)
        session.flush()
        assert worker_silent(session, clock, now) is None


def test_the_daily_word_is_sent_once_a_day_with_counts_only(
    store: Store, tmp_path: Path, clock: ManualClock
) -> None:
    with store.write() as session:
        alert_settings(session).self_check_hour = 0
        for name, ending in (("a", Ending.FINISHED), ("b", Ending.BLOCKED)):
            watch_of(session, name, clock.now()).enabled = True
            one_run(session, clock, ending=ending, platform=name)
        session.query(AlertRule).filter(AlertRule.kind == AlertKind.BLOCKED).delete()
        take_lease(session, LEASE_NAME, "host:1", datetime.now(UTC))
    look_around(store, tmp_path)
    assert _told(store) == []
    with store.write() as session:
        add_channel(session, "team", "test", clock.now())
    for _ in range(2):
        look_around(store, tmp_path)
    (words,) = _told(store)
    assert words.startswith("Daily check: all parts run. 2 platforms watched, 1 read well.")
    assert "0 listings wait for a decision." in words


def test_what_is_to_be_sent_becomes_a_job(quiet: Store, tmp_path: Path) -> None:
    with quiet.write() as session:
        add_channel(session, "team", "test", MIDDAY)
    _lease_ended(quiet, timedelta(minutes=4))
    for _ in range(2):
        look_around(quiet, tmp_path)
    with quiet.read() as session:
        (job,) = session.scalars(select(Job))
        assert (job.kind, job.arguments, job.lane) == (JobKind.ALERT, {}, "alert")


@pytest.mark.parametrize(("minutes", "needed"), [(1, False), (5, True)])
def test_where_no_worker_sends_the_screens_do(
    quiet: Store,
    monkeypatch: pytest.MonkeyPatch,
    minutes: int,
    needed: bool,  # noqa: FBT001
) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(
        "faunawatch.guarding.subprocess.run", lambda command, **_: ran.append(command)
    )
    with quiet.write() as session:
        job = ask(session, JobKind.ALERT, {}, by="guard", clock=quiet.clock())
        job.asked_at = quiet.clock().now() - timedelta(minutes=minutes)
    assert send_where_no_worker_does(quiet) is needed
    assert send_where_no_worker_does(quiet) is False
    assert [command[-2:] for command in ran] == [["alerts", "send"]] * needed


def test_a_full_disk_is_told(quiet: Store, tmp_path: Path, monkeypatch) -> None:
    # Of 110, 10 are kept for root: programs without privileges see 95 of 100 used.
    used = type("Used", (), {"used": 95, "free": 5, "total": 110})
    monkeypatch.setattr("data.incidents.shutil.disk_usage", lambda _: used)
    for _ in range(2):
        look_around(quiet, tmp_path)
    assert _told(quiet) == ["The disk is 95 % full: nothing is crawled until it has room."]


def test_full_evidence_is_told_at_once_and_not_while_runs_go_well(
    quiet: Store, tmp_path: Path, clock: ManualClock
) -> None:
    for ending, told in ((Ending.EVIDENCE_FULL, 1), (Ending.FINISHED, 1)):
        with quiet.write() as session:
            one_run(session, clock, ending=ending)
        for _ in range(2):
            look_around(quiet, tmp_path)
        assert len(_told(quiet)) == told
    assert _told(quiet)[0].startswith("The evidence folder holds all that it may hold")


def test_the_guard_looks_every_so_often(quiet: Store, tmp_path: Path) -> None:
    seconds = [0.0]
    guard = Guard(quiet, tmp_path, tick=lambda: seconds[0])
    looked = []
    for moment in (0.0, 5.0, 19.9, 20.0, 25.0, 41.0):
        seconds[0] = moment
        looked.append(guard.look())
    assert looked == [True, False, False, True, False, True]
