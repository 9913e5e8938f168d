"""The doctor names what stops crawls that nobody watches, and says what to do about each."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data.base import ManualClock
from data.crawls import CrawlKind, Ending, end_crawl, start_crawl
from data.incidents import IncidentKind, note_disk, record_incident
from data.jobs import JobKind, ask, claim, take_lease
from data.store import Store
from data.watches import MissCause, record_missed, watch_of
from faunawatch import vitals
from faunawatch.house import House
from faunawatch.schedule import LEASE_NAME
from faunawatch.vitals import backup, disk, drift, vital_signs

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def house(store: Store, tmp_path: Path) -> House:
    return House(tmp_path, "", store)


def _wrong(house: House) -> str:
    return "\n".join(one.words for one in vital_signs(house) if not one.ok)


def _well(house: House) -> str:
    return "\n".join(one.words for one in vital_signs(house) if one.ok)


def test_parts_that_do_not_run_are_named_and_those_that_do(house: House, monkeypatch) -> None:
    monkeypatch.setattr(vitals, "_has_font", lambda _lister, code: code != "km")
    found = _wrong(house)
    assert "nobody keeps the schedule: start `faunawatch up`" in found
    assert "no worker runs: start" in found
    assert "there is no backup" in found
    now = datetime.now(UTC)
    with house.store.write() as session:
        take_lease(session, LEASE_NAME, "here:1", now)
        take_lease(session, "worker:here:2", "worker:here:2", now)
    good = _well(house)
    assert "here:1 keeps the schedule" in good
    assert "1 worker at work: worker:here:2" in good
    assert "the tables are those of this version" in good
    assert "the clock of the database agrees" in good
    assert "the clock of the disk agrees" in good
    assert "none of 0 platforms rests" in good


def test_a_scheduler_that_stands_still_is_told_with_who_kept_it_last(house: House) -> None:
    with house.store.write() as session:
        take_lease(session, LEASE_NAME, "here:1", datetime.now(UTC) - HOUR)
    assert "the schedule stands still since" in _wrong(house)
    assert "here:1 kept it last" in _wrong(house)


def test_scripts_without_a_font_are_named(monkeypatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/fc-list")
    monkeypatch.setattr(vitals, "_has_font", lambda _lister, code: code not in {"km", "lo"})
    found = vitals.fonts()
    assert not found.ok
    assert "shows Lao, Khmer: install fonts-noto-core" in found.words


def test_clocks_that_disagree_are_told_apart_by_how_far() -> None:
    assert drift("the disk", NOW, NOW + timedelta(seconds=3)).ok
    found = drift("the disk", NOW - HOUR, NOW)
    assert (found.ok, "3600 s off" in found.words) == (False, True)


def test_a_crawl_from_the_future_betrays_a_clock_that_was_wrong(house: House) -> None:
    with house.store.write() as session:
        now = datetime.now(UTC)
        start_crawl(session, "a", CrawlKind.LISTINGS, "test", now + 30 * DAY)
    assert "which has not come yet" in _wrong(house)


def test_a_disk_that_is_nearly_full_is_told_until_there_is_room(house: House, clock) -> None:
    assert disk(house, 50).ok
    assert not disk(house, 91).ok
    with house.store.write() as session:
        note_disk(session, 91, clock=clock)
    found = disk(house, 88)
    assert (found.ok, "go on below 85 %" in found.words) == (False, True)


def test_backups_are_looked_for_in_the_home(tmp_path: Path) -> None:
    assert not backup(tmp_path, NOW).ok
    copy = tmp_path / "backups" / "2026-11-01" / "faunawatch.sqlite"
    copy.parent.mkdir(parents=True)
    copy.touch()
    written = (NOW - 2 * DAY).timestamp()
    os.utime(copy, (written, written))
    assert backup(tmp_path, NOW).ok
    assert "9 days old" in backup(tmp_path, NOW + 7 * DAY).words
    assert not backup(tmp_path, NOW + 7 * DAY).ok


def test_jobs_left_behind_and_jobs_that_wait_are_told(house: House) -> None:
    past = datetime.now(UTC) - 2 * HOUR
    with house.store.write() as session:
        for platform in "ab":
            arguments = {"platform": platform}
            ask(session, JobKind.CRAWL, arguments, by="test", clock=ManualClock(past))
        assert claim(session, "worker:gone", past) is not None
    found = _wrong(house)
    assert "job 1 (crawl platform:a) was left behind by worker:gone" in found
    assert "1 jobs wait for over an hour" in found


def test_platforms_that_rest_or_were_forgotten_are_named(house: House) -> None:
    clock = house.store.clock()
    with house.store.write() as session:
        for platform in ("rests", "forgotten", "well"):
            watch = watch_of(session, platform, clock.now())
            watch.enabled = True
            watch.next_run_at = clock.now() + (HOUR if platform != "forgotten" else -HOUR)
        for _ in range(3):
            crawl = start_crawl(session, "rests", CrawlKind.LISTINGS, "test", clock.now())
            end_crawl(crawl, Ending.LOGIN_WALL, "the platform asks for a login", clock.now())
    found = _wrong(house)
    assert "rests rests until" in found
    assert "then `platform resume rests`" in found
    assert "forgotten was due" in found
    assert "\nwell " not in found


def test_what_was_missed_and_clocks_that_jumped_are_told(house: House) -> None:
    clock = house.store.clock()
    with house.store.write() as session:
        due = (3, clock.now() - 3 * DAY, clock.now() - DAY)
        record_missed(session, "a", due, MissCause.OFF, clock=clock)
        record_incident(session, IncidentKind.CLOCK_BACK, "moved by -90 minutes", clock=clock)
    assert "3 runs of 1 platforms were missed in a week; the latest, a: 3 missed" in _well(house)
    assert "moved by -90 minutes" in _wrong(house)
