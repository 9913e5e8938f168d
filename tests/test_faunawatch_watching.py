"""What the team does with platforms: a slip of the pen changes nothing and says so."""

from datetime import UTC, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from data.crawls import CrawlKind, Ending, end_crawl, start_crawl
from data.store import Store
from data.watches import Watch, watch_of
from faunawatch.hours import resume_platform, set_hours, set_limits
from faunawatch.house import House, UnknownPlatform
from faunawatch.watching import (
    BadSchedule,
    disable_platform,
    enable_platform,
    pause_platform,
    watched_lines,
)
from tests.crawling import PLATFORM


def test_a_mistyped_platform_is_refused(store: Store, tmp_path: Path) -> None:
    house = House(tmp_path, "", store)
    with pytest.raises(UnknownPlatform):
        disable_platform(house, "no-such-place")
    with pytest.raises(UnknownPlatform):
        pause_platform(house, "no-such-place", "7d")
    with store.read() as session:
        assert session.get(Watch, "no-such-place") is None


def test_a_watched_platform_without_a_file_can_be_switched_off(
    store: Store, tmp_path: Path
) -> None:
    with store.write() as session:
        watch_of(session, "file-was-removed", store.clock().now()).enabled = True
    disable_platform(House(tmp_path, "", store), "file-was-removed")
    with store.read() as session:
        assert not session.get_one(Watch, "file-was-removed").enabled


@pytest.fixture
def house(store: Store, tmp_path: Path) -> House:
    """A home with the file of one platform of our own."""
    folder = tmp_path / "platforms"
    folder.mkdir()
    zone = 'timezone = "Asia/Kuala_Lumpur"'
    text = PLATFORM.format(id="ours", address="127.0.0.1:9", top=zone, lists="", rest="")
    (folder / "ours.toml").write_text(text, encoding="utf-8")
    return House(tmp_path, "", store)


def _watch(house: House) -> Watch:
    with house.store.read() as session:
        return session.get_one(Watch, "ours")


def _line(house: House) -> str:
    return next(line for line in watched_lines(house)[0] if line.startswith("ours\t"))


@pytest.mark.parametrize("every", ["1d", "7d"])
def test_a_platform_switched_on_is_first_due_at_its_next_daily_time(house: House, every) -> None:
    enable_platform(house, "ours", every=every, at="02:00", tz="Asia/Bangkok")
    due, now = _watch(house).next_run_at, house.store.clock().now()
    assert due is not None
    assert due.astimezone(ZoneInfo("Asia/Bangkok")).hour == 2
    assert timedelta(0) < due - now <= timedelta(days=1, minutes=10), "within a day, and its jitter"


def test_quiet_hours_and_jitter_are_set_and_said(house: House) -> None:
    enable_platform(house, "ours", every="1d", at="02:00", tz="Asia/Bangkok")
    said = set_hours(house, "ours", quiet="22:00-06:00", jitter="30m")
    assert said == "ours: quiet 22:00-06:00 Asia/Bangkok, up to 30 min later than planned"
    due = _watch(house).next_run_at
    assert due is not None
    assert due.astimezone(ZoneInfo("Asia/Bangkok")).hour == 6
    assert "no quiet hours" in set_hours(house, "ours", quiet="none", jitter="none")


def test_quiet_hours_of_a_platform_not_yet_switched_on_are_those_of_its_country(house) -> None:
    said = set_hours(house, "ours", quiet="22:00-06:00", jitter=None)
    assert "quiet 22:00-06:00 Asia/Kuala_Lumpur" in said


@pytest.mark.parametrize("quiet", ["22-6", "22:00-22:00", "04:00-02:00", "25:00-26:00", ""])
def test_quiet_hours_that_cannot_be_kept_are_refused(house: House, quiet) -> None:
    with pytest.raises(BadSchedule):
        set_hours(house, "ours", quiet=quiet, jitter=None)


def test_limits_are_set_and_impossible_ones_refused(house: House) -> None:
    said = set_limits(house, "ours", longest="2h", memory_mb=400)
    assert said == "ours: a run may take 120 min and use 400 MB"
    with pytest.raises(BadSchedule):
        set_limits(house, "ours", longest=None, memory_mb=10)


def test_a_platform_that_rests_says_so_in_the_list_until_it_is_resumed(house: House) -> None:
    enable_platform(house, "ours", every="1d", at="", tz="")
    clock = house.store.clock()
    with house.store.write() as session:
        for _ in range(3):
            crawl = start_crawl(session, "ours", CrawlKind.LISTINGS, "test", clock.now())
            end_crawl(crawl, Ending.BLOCKED, "a captcha came", clock.now())
    assert "enabled, rests until" in _line(house)
    assert "after 3 failed runs; the last: a captcha came" in _line(house)
    pause_platform(house, "ours", "7d")
    assert "paused until" in _line(house)
    assert resume_platform(house, "ours") == "ours is due now, its failures are forgotten"
    assert "every 1440 min" in _line(house)
    due = _watch(house).next_run_at
    assert due is not None
    assert due.astimezone(UTC) <= house.store.clock().now()
