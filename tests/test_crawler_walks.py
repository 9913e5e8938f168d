"""Walking lists in a real process: pagers, categories, searches, JSON, and what robots.txt says."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from data.crawls import Crawl
from data.found import EvidenceKind
from data.listings import Evidence, Listing
from data.store import Store
from tests.crawling import (
    Answer,
    Place,
    Site,
    list_html,
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


def test_robots_forbids(site, place):
    small_site(site, [1])
    site.pages["/robots.txt"] = "User-agent: *\nDisallow: /"
    ending, cause = place.crawl(site.platform())
    assert ending == "robots_refused"
    assert cause.startswith("robots.txt forbids this page")
    assert site.asked["/"] == 0


def test_robots_that_cannot_be_had_forbids_all(site, place):
    small_site(site, [1])
    site.pages["/robots.txt"] = Answer("down", 500)
    ending, cause = place.crawl(site.platform())
    assert ending == "robots_refused"
    assert "robots.txt answered 500" in cause
    assert site.asked["/"] == 0


def test_robots_may_close_listings_one_by_one(site, place, store):
    small_site(site, [1, 2])
    site.pages["/robots.txt"] = "User-agent: faunawatch\nDisallow: /item/2\n"
    assert place.crawl(site.platform())[0] == "finished"
    assert [row.external_id for row in rows(store, Listing)] == ["1"]
    assert problems(store)["robots_refused"] == "robots.txt forbids this page"


def test_a_crawl_delay_in_robots_is_kept(site, place):
    small_site(site, [1, 2, 3])
    site.pages["/robots.txt"] = "User-agent: *\nCrawl-delay: 0.2\n"
    moments: list[float] = []

    def note(path: str) -> Answer:
        moments.append(time.monotonic())
        return Answer(listing_html(int(path[-1])))

    site.pages |= {f"/item/{number}": note for number in (1, 2, 3)}
    assert place.crawl(slowly(site))[0] == "finished"
    assert min(b - a for a, b in pairwise(moments)) >= 0.15


def test_a_pager_of_form_buttons_is_pressed_with_its_form(site, place, store):
    def results(number: int, following: int) -> str:
        form = f"""<form action="/find"><input name="q" value="a b"><select name="area">
            <option value="">all</option><option value="7" selected>KL</option></select>
            <input type="checkbox" name="sold"><button name="page" value="1">Search</button>
            <ul><button name="page" value="{following}" {"" if following else "disabled"}>Next
            </button></ul></form>"""
        return list_html([number], extra=form)

    site.pages |= {
        "/": results(1, 2),
        "/find?q=a+b&area=7&page=2": results(2, 3),
        "/find?q=a+b&area=7&page=3": results(3, 0),
    }
    for number in (1, 2, 3):
        site.pages[f"/item/{number}"] = listing_html(number)
    platform = site.platform(lists='next_button = ["ul button"]')
    assert place.crawl(platform) == ("finished", "read 3 listings from 3 list pages")
    assert rows(store, Crawl)[0].lists_complete


def test_a_pager_that_runs_in_circles_ends_and_is_said(site, place, store):
    site.pages["/"] = list_html([1, 2], "/?page=2")
    site.pages["/?page=2"] = list_html([3], "/?page=2")
    small = {f"/item/{number}": listing_html(number) for number in (1, 2, 3)}
    site.pages |= small
    ending, cause = place.crawl(site.platform())
    assert ending == "finished"
    assert "has a pager that leads back" in cause
    assert not rows(store, Crawl)[0].lists_complete


def overlapping(site: Site) -> None:
    # As a pager does that reckons the last, short page from its own length: 4 is hidden by 2.
    site.pages |= {"/": list_html([1, 2, 3], "/?page=2"), "/?page=2": list_html([2, 5])}
    site.pages |= {f"/item/{number}": listing_html(number) for number in range(1, 6)}


def test_a_list_that_repeats_listings_does_not_count_as_complete(site, place, store):
    overlapping(site)
    ending, cause = place.crawl(site.platform())
    assert (ending, len(rows(store, Listing))) == ("finished", 4)
    assert "repeats 1 of 2 listings of earlier pages and may hide others" in cause
    assert not rows(store, Crawl)[0].lists_complete


def test_overlapping_pages_are_nothing_where_no_list_claims_to_be_complete(site, place):
    overlapping(site)
    platform = site.platform().replace("are_complete = true", "are_complete = false")
    assert place.crawl(platform) == ("finished", "read 4 listings from 2 list pages")


def test_an_endless_pager_that_repeats_itself_ends(site, place, store):
    def page(path: str) -> Answer:
        number = int(path.rpartition("=")[2]) if "=" in path else 1
        return Answer(list_html([1, 2], f"/?page={number + 1}"))

    site.pages |= {"/": page, "/item/1": listing_html(1), "/item/2": listing_html(2)}
    ending, cause = place.crawl(site.platform())
    assert ending == "finished"
    assert "repeats listings of earlier pages at page 2" in cause
    assert not rows(store, Crawl)[0].lists_complete


def test_listings_are_found_by_category_and_by_search(site, place, store):
    site.pages |= {
        "/": list_html([1], extra='<a class="cat" href="/c/home">home</a>'),
        "/c/home": list_html([1, 2]),
        "/search?q=ng%C3%A0": list_html([3]),
    }
    for number in (1, 2, 3):
        site.pages[f"/item/{number}"] = listing_html(number)
    lists = 'category_links = ["a.cat"]\nsearch = "/search?q={term}"\nmay_search = true'
    place.crawl(site.platform(lists=lists), search_terms=("ngà",))
    assert {row.external_id for row in rows(store, Listing)} == {"1", "2", "3"}
    place.crawl(site.platform(lists=lists.replace("true", "false")), search_terms=("ngà",))
    assert site.asked["/search?q=ng%C3%A0"] == 1


def test_nothing_found_and_layout_changed_are_told_apart(site, place, store):
    site.pages["/"] = "<html><p>Nothing is offered today.</p></html>"
    assert place.crawl(site.platform())[0] == "nothing_found"
    small_site(site, [1])
    place.crawl(site.platform())
    site.pages["/"] = '<html><a href="/offer/1">box</a></html>'
    ending, cause = place.crawl(site.platform())
    assert ending == "layout_changed"
    assert "an earlier crawl read 1" in cause


JSON_PLATFORM = """
[json]
rows = "ads[*]"
id = "list_id"
[fields]
title = "subject"
description = "body"
amount = "price"
price = "price_string"
posted = "list_time"
place = "region_name"
seller_id = "account.id"
seller_name = "account.name"
images = "images"
"""


def test_json_is_read_row_by_row_with_offset_paging(site, place, store):
    def ads(*numbers: int) -> str:
        account = {"id": 7, "name": "Lan"}
        ad = {"body": "a<br>b", "price": 2_500_000, "price_string": "25.000 đ", "account": account}
        ad |= {"list_time": 1761998400000, "region_name": "Hà Nội", "images": ["/x.jpg"]}
        named = [ad | {"list_id": number, "subject": f"Hộp gỗ {number}"} for number in numbers]
        return json.dumps({"ads": named})

    site.pages |= {"/api?q=&o=0": ads(1, 2), "/api?q=&o=2": ads(3), "/api?q=&o=4": ads()}
    platform = (
        site.platform(top="price_scale = 100", rest='address = "/ad/{id}.htm"' + JSON_PLATFORM)
        .replace('"structured"', '"json_api"')
        .replace('start = ["/"]', 'start = ["/api?q="]\noffset_parameter = "o"\npage_size = 2')
        .replace('currency = "MYR"', 'currency = "VND"')
    )
    assert place.crawl(platform) == ("finished", "read 3 listings from 3 list pages")
    first = rows(store, Listing)[0]
    assert (first.external_id, first.title, first.description) == ("1", "Hộp gỗ 1", "a\nb")
    assert (first.price, first.currency, first.price_text) == (25000, "VND", "25.000 đ")
    assert first.url == f"http://{site.address}/ad/1.htm"
    assert first.posted_at == datetime(2025, 11, 1, 12, tzinfo=UTC)
    assert {row.kind for row in rows(store, Evidence)} == {EvidenceKind.JSON}
    assert len({row.sha256 for row in rows(store, Evidence)}) == 2
