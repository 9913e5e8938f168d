"""A run past a limit ends cleanly, says which, and keeps what it read."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.limits import Used, megabytes_used, over
from crawler.options import RunLimits
from data.crawls import Crawl, Ending
from data.incidents import disk_percent
from data.listings import Listing, Sighting
from data.store import Store
from tests.crawling import (
    NOON,
    Answer,
    Place,
    Site,
    listing_html,
    rows,
    serving,
    slowly,
    small_site,
)

SOME = 40


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as served:
        yield served


@pytest.fixture
def place(tmp_path: Path, sqlite_template: Path) -> Place:
    return Place.fresh(tmp_path, sqlite_template)


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    with place.opened() as opened:
        yield opened


def _used(seconds: float = 0, megabytes: float = 0, percent: float = 0, hours: int = 0) -> Used:
    now = datetime(2026, 11, 1, 12, tzinfo=UTC) + timedelta(hours=hours)
    return Used(seconds, megabytes, percent, now)


ALL = RunLimits(seconds=60, megabytes=100, until=NOON + timedelta(hours=1), disk=Path())


@pytest.mark.parametrize(
    ("used", "ending"),
    [
        (_used(60, 100, 89.9), None),
        (_used(61), Ending.TIME_SPENT),
        (_used(0, 101), Ending.MEMORY_SPENT),
        (_used(0, 0, 90), Ending.DISK_FULL),
        (_used(hours=1), Ending.STOPPED),
        (_used(61, 101, 90, 1), Ending.MEMORY_SPENT),
    ],
)
def test_each_limit_ends_a_run_in_its_own_way(used: Used, ending: Ending | None) -> None:
    passed = over(ALL, used)
    assert (passed[0] if passed else None) is ending
    assert over(RunLimits(), used) is None


def test_what_is_used_can_be_known(tmp_path: Path) -> None:
    assert 10 < megabytes_used() < 4000
    assert 0 < disk_percent(tmp_path) < 100


def _slow(site: Site) -> None:
    small_site(site, list(range(SOME)))
    for number in range(SOME):
        site.pages[f"/item/{number}"] = _later


def _later(path: str) -> Answer:
    threading.Event().wait(0.1)
    return Answer(listing_html(int(path.partition("?")[0].rpartition("/")[2])))


def test_a_run_that_takes_too_long_ends_and_keeps_what_it_read(site, place, store) -> None:
    _slow(site)
    ending, cause = place.crawl(slowly(site), limits=RunLimits(seconds=1.5))
    assert (ending, cause) == (
        "time_spent",
        "it took longer than the 0 minutes a run may take; what was read is kept",
    )
    assert 0 < len(rows(store, Sighting)) < SOME
    (crawl,) = rows(store, Crawl)
    assert (crawl.ending, crawl.lists_complete) == (Ending.TIME_SPENT, False)
    assert crawl.listings_seen == len(rows(store, Listing))


@pytest.mark.parametrize(
    ("limits", "ending", "words"),
    [
        (RunLimits(megabytes=1), "memory_spent", "MB where a run may use 1"),
        (RunLimits(until=NOON), "stopped", "quiet hours began"),
    ],
)
def test_a_run_past_its_limit_asks_for_little_more(site, place, limits, ending, words) -> None:
    _slow(site)
    found, cause = place.crawl(slowly(site), limits=limits)
    assert found == ending
    assert words in cause
    assert sum(site.asked.values()) < 6


def test_a_run_on_a_full_disk_ends_and_goes_on_when_there_is_room(site, place, store) -> None:
    _slow(site)
    full = RunLimits(disk=place.evidence.parent, stop_percent=0.0)
    ending, cause = place.crawl(slowly(site), limits=full)
    assert ending == "disk_full"
    assert "make room and it goes on below 85 %" in cause
    assert place.crawl(slowly(site), resume=rows(store, Crawl)[0].id)[0] == "finished"
    seen = [row.listing_id for row in rows(store, Sighting)]
    assert len(seen) == len(set(seen)) == SOME
