"""Rechecks in a real process: the control first, then each listing, and what is recorded."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.options import Target, Targets
from data.availability import Outcome
from data.base import ManualClock
from data.crawls import Crawl, CrawlKind
from data.listings import Evidence, Listing, Recheck, Sighting, replay
from data.states import Availability
from data.store import Store
from tests.crawling import (
    NOON,
    Answer,
    Place,
    Site,
    listing_html,
    problems,
    rows,
    serving,
    small_site,
)


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


def known(store: Store) -> dict[str, Target]:
    return {row.external_id: Target.of(row) for row in rows(store, Listing)}


def later(hours: int) -> ManualClock:
    return ManualClock(NOON + timedelta(hours=hours))


def outcomes(store: Store, crawl: int) -> dict[str, Outcome]:
    ids = {row.id: row.external_id for row in rows(store, Listing)}
    looks = [row for row in rows(store, Recheck) if row.crawl_id == crawl]
    return {ids[look.listing_id]: look.outcome for look in looks}


def test_removals_are_proven_by_two_looks_a_day_apart_with_a_live_control(site, place, store):
    small_site(site, [1, 2, 3, 4, 5])
    place.crawl(site.platform())
    targets = known(store)
    site.pages.pop("/item/1")
    site.pages["/item/2"] = listing_html(2, price="77.00")
    absent = frozenset({targets["4"].listing_id})
    asked = Targets([targets[number] for number in "1234"], [targets["5"]], absent)
    ending, cause = place.recheck(site.platform(), asked, clock=later(1))
    assert (ending, cause) == ("finished", "looked at 4 of 4 listings")
    expected = {
        "1": Outcome.REMOVED,
        "2": Outcome.CHANGED,
        "3": Outcome.LIVE,
        "4": Outcome.DELISTED,
    }
    assert outcomes(store, 2) == expected
    place.recheck(site.platform(), asked, clock=later(26))
    states = {row.external_id: row.availability for row in rows(store, Listing)}
    assert (states["1"], states["2"]) == (Availability.GONE, Availability.LIVE)
    assert (states["3"], states["4"]) == (Availability.LIVE, Availability.DELISTED)
    crawl = rows(store, Crawl)[1]
    assert (crawl.kind, crawl.listings_seen, crawl.requests) == (CrawlKind.RECHECK, 4, 6)
    look = rows(store, Recheck)[0]
    assert look.control_live
    assert look.control_url == f"http://{site.address}/item/5"
    assert {row.recheck_id for row in rows(store, Evidence)} >= {1, 2, 3, 4}
    changed = [row for row in rows(store, Sighting) if row.crawl_id == 2]
    assert [(row.price_text, row.changed) for row in changed] == [("77.00 MYR", True)]
    with store.read() as session:
        assert replay(session, targets["1"].listing_id).state is Availability.GONE


def test_without_a_live_control_nothing_is_concluded(site, place, store):
    small_site(site, [1, 2, 3, 4, 5])
    place.crawl(site.platform())
    targets = known(store)
    for number in (1, 2, 3, 4):
        site.pages.pop(f"/item/{number}")
    controls = [targets[number] for number in "2345"]
    place.recheck(site.platform(), Targets([targets["1"]], controls[:3]), clock=later(1))
    place.recheck(site.platform(), Targets([targets["1"]], []), clock=later(30))
    looks = rows(store, Recheck)
    assert [look.control_live for look in looks] == [False, False]
    state = next(row for row in rows(store, Listing) if row.external_id == "1")
    assert state.availability is not Availability.GONE
    assert "nothing will count as gone" in problems(store)["control"]


def test_the_second_control_counts_when_the_first_is_gone(site, place, store):
    small_site(site, [1, 2, 3])
    place.crawl(site.platform())
    targets = known(store)
    site.pages.pop("/item/2")
    asked = Targets([targets["1"]], [targets["2"], targets["3"]])
    place.recheck(site.platform(), asked, clock=later(1))
    look = rows(store, Recheck)[0]
    assert (look.control_live, look.control_url) == (True, f"http://{site.address}/item/3")


def test_a_wall_stops_the_recheck_and_makes_nothing_gone(site, place, store):
    small_site(site, [1, 2, 3, 4])
    place.crawl(site.platform())
    targets = known(store)
    site.pages["/item/1"] = Answer("no", 403)
    slow = site.platform().replace("delay_s = 0\n", "delay_s = 0.001\n")
    asked = Targets([targets[number] for number in "123"], [targets["4"]])
    ending, cause = place.recheck(slow, asked, clock=later(1))
    assert ending == "blocked"
    assert "looked at 1 of 3 listings" in cause
    assert outcomes(store, 2) == {"1": Outcome.WALL}
    states = {row.external_id: row.availability for row in rows(store, Listing)}
    assert states["1"] is Availability.UNREACHABLE


def test_a_site_that_is_down_is_no_conclusion(place, store):
    with serving() as site:
        small_site(site, [1, 2])
        place.crawl(site.platform())
        platform = site.platform()
    targets = known(store)
    place.recheck(platform, Targets([targets["1"]], [targets["2"]]), clock=later(1))
    assert outcomes(store, 2) == {"1": Outcome.UNKNOWN}
