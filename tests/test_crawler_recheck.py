"""Rechecks in a real process: the control first, then each listing, and what is recorded."""

import json
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
    slowly,
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
    assert (crawl.kind, crawl.listings_seen, crawl.requests) == (CrawlKind.RECHECK, 4, 7)
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


@pytest.mark.parametrize(
    ("page", "ending"),
    [
        ("<html><div>A market</div><p>Everything new</p></html>", "layout_changed"),
        (Answer("<h1>Oops</h1>", 500), "unreachable"),
    ],
)
def test_a_recheck_that_proves_nothing_of_any_page_does_not_pass_for_a_good_one(
    site, place, store, page, ending
):
    small_site(site, [1, 2, 3])
    place.crawl(site.platform())
    targets = known(store)
    site.pages |= dict.fromkeys(("/item/1", "/item/2", "/item/3"), page)
    asked = Targets([targets["1"], targets["2"]], [targets["3"]])
    told = place.recheck(site.platform(), asked, clock=later(1))
    assert told == (ending, "no page says whether its listing is there; looked at 2 of 2 listings")
    assert set(outcomes(store, 2).values()) == {Outcome.UNKNOWN}
    small_site(site, [1, 3])
    site.pages["/item/2"] = page  # one odd page, beside a control that is live
    assert place.recheck(site.platform(), asked, clock=later(2))[0] == "finished"


def test_a_recheck_that_robots_txt_forbids_says_so(site, place, store):
    small_site(site, [1, 2])
    place.crawl(site.platform())
    targets = known(store)
    site.pages["/robots.txt"] = "User-agent: *\nDisallow: /\n"
    asked = Targets([targets["1"]], [targets["2"]])
    ending, cause = place.recheck(site.platform(), asked, clock=later(1))
    assert (ending, cause[:31]) == ("robots_refused", "robots.txt forbids this page (h")
    assert set(outcomes(store, 2).values()) == {Outcome.UNKNOWN}


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


ALSO = """recheck_also = "/api/ads/{id}"
"""
RULES = """
[[removal]]
outcome = "removed"
null = "ad"
at = "also"
[[removal]]
outcome = "removed"
status = 401
text = "rest_forbidden"
at = "also"
"""


def api(number: int, title: str = "") -> Answer:
    said = {"subject": title or f"Wooden box {number}"} if title != "-" else None
    return Answer(json.dumps({"ad": said}), headers={"Content-Type": "application/json"})


def test_where_there_is_an_api_gone_needs_both(site, place, store):
    small_site(site, [1, 2, 3, 4, 5, 6])
    for number in range(1, 7):
        site.pages[f"/api/ads/{number}"] = api(number)
    platform = site.platform(top=ALSO, rest=RULES)
    place.crawl(platform)
    targets = known(store)
    for number in (1, 2, 3):
        site.pages.pop(f"/item/{number}")
    site.pages["/api/ads/1"] = api(1, "-")
    site.pages["/api/ads/3"] = Answer('{"code": "rest_forbidden"}', 401)
    site.pages["/api/ads/4"] = api(4, "-")
    asked = Targets([targets[number] for number in "12345"], [targets["6"]])
    for hours in (1, 26):
        ending, _ = place.recheck(platform, asked, clock=later(hours))
        assert ending == "finished"
    looks = outcomes(store, 3)
    assert (looks["1"], looks["3"]) == (Outcome.REMOVED, Outcome.REMOVED)
    assert (looks["2"], looks["4"]) == (Outcome.DELISTED, Outcome.DELISTED)
    assert looks["5"] is Outcome.LIVE
    states = {row.external_id: row.availability for row in rows(store, Listing)}
    assert [states[number] for number in "123"] == ["gone", "delisted", "gone"]
    one = targets["1"].listing_id
    look = next(row for row in rows(store, Recheck) if row.listing_id == one)
    assert "second address: 'ad' is null" in look.cause
    kept = [row.url for row in rows(store, Evidence) if row.recheck_id == look.id]
    assert [url.rpartition("/")[0][-4:] for url in kept] == ["item", "/ads"]


def test_a_platform_that_turns_us_away_half_way_proves_nothing(site, place, store):
    small_site(site, [1, 2, 3, 4])
    place.crawl(site.platform())
    targets = known(store)
    pages = {path: page for path, page in site.pages.items() if path.startswith("/item/")}

    def soon_gone(path: str) -> Answer:
        # Silent blocking: after the first answer every page is "not found".
        first = sum(site.asked[one] for one in pages) <= served + 1
        return Answer(listing_html(int(path[-1]))) if first else Answer("not found", 404)

    for round_, hours in enumerate((1, 26), 2):
        served = sum(site.asked[one] for one in pages)
        site.pages |= dict.fromkeys(pages, soon_gone)
        asked = Targets([targets[number] for number in "123"], [targets["4"]])
        place.recheck(slowly(site), asked, clock=later(hours))
        assert set(outcomes(store, round_).values()) == {Outcome.REMOVED}
    looks = rows(store, Recheck)
    assert not any(look.control_live for look in looks)
    assert "no page known to be live was served after it" in looks[0].cause
    assert not [row for row in rows(store, Listing) if row.availability is Availability.GONE]


def test_a_listing_that_asks_for_a_sign_in_stops_no_run(site, place, store):
    small_site(site, [1, 2, 3])
    place.crawl(site.platform())
    targets = known(store)
    site.pages["/item/1"] = Answer("who are you?", 401)
    asked = Targets([targets[number] for number in "12"], [targets["3"]])
    ending, _ = place.recheck(slowly(site), asked, clock=later(1))
    assert ending == "finished"
    assert outcomes(store, 2) == {"1": Outcome.UNKNOWN, "2": Outcome.LIVE}
    site.pages |= {f"/item/{number}": Answer("who are you?", 401) for number in (1, 2, 3)}
    ending, _ = place.recheck(slowly(site), asked, clock=later(2))
    assert ending == "login_wall"


def test_misses_are_proven_by_tens(site, place, store):
    numbers = list(range(1, 26))
    small_site(site, numbers, per_page=25)
    place.crawl(site.platform())
    targets = known(store)
    for number in numbers[:-1]:
        site.pages.pop(f"/item/{number}")
    site.asked.clear()
    asked = Targets([targets[str(number)] for number in numbers[:-1]], [targets["25"]])
    place.recheck(site.platform(), asked, clock=later(1))
    assert site.asked["/item/25"] == 4, "once before, and after ten, twenty and all of them"
    assert all(look.control_live for look in rows(store, Recheck))
    assert len(rows(store, Recheck)) == 24
