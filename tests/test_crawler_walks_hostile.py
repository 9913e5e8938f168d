"""Hostile sites: each trap costs its own page or list, is named, and stops nothing else."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.crawls import Crawl
from data.listings import Listing
from data.store import Store
from data.text import normalise
from tests.crawling import Answer, Place, Site, list_html, listing_html, problems, rows, serving

HUGE = 50_000_000
PRIVATE = (
    "http://169.254.169.254/item/9",
    "http://127.0.0.1:1/item/9",
    "http://[::ffff:7f00:1]/item/9",
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


def ids(store: Store) -> set[str]:
    return {row.external_id for row in rows(store, Listing)}


def packed(body: bytes) -> Answer:
    return Answer(gzip.compress(body), 200, {"Content-Encoding": "gzip"})


def roomy(platform: str) -> str:
    """Let a platform's pages be as large as they may be by default."""
    return platform.replace("max_bytes = 200000", "max_bytes = 5000000")


def redirect(to: str) -> Answer:
    return Answer("", 302, {"Location": to})


TRAPS = {
    "50 MB of page": (lambda: Answer(b"<p>" + b"a" * HUGE), "too_large"),
    "50 MB without a length": (
        lambda: Answer(b"<p>" + b"a" * HUGE, 200, {"Connection": "close"}),
        "too_large",
    ),
    "a gzip bomb of 50 MB": (lambda: packed(b"<p>" + b" " * HUGE), "too_large"),
    "a bomb within a bomb": (lambda: packed(gzip.compress(b" " * HUGE)), "not_a_listing"),
    "a redirect to itself": (lambda: redirect("/item/1"), "redirect_loop"),
    "a redirect that never ends": (lambda: redirect("/hop?n=0"), "redirect_loop"),
    "a redirect to the cloud's own address": (lambda: redirect(PRIVATE[0]), "refused_address"),
    "a redirect to loopback": (lambda: redirect(PRIVATE[1]), "refused_address"),
    "a redirect to loopback in other clothes": (lambda: redirect(PRIVATE[2]), "refused_address"),
    "a redirect to a file": (lambda: redirect("file:///etc/passwd"), "server_error"),
    "elements within elements": (lambda: Answer("<div>" * 30_000 + "x"), "not_a_listing"),
}


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_in_place_of_a_listing_costs_that_listing(site, place, store, name):
    made, kind = TRAPS[name]
    site.pages |= {"/": list_html([1, 2]), "/item/1": made(), "/item/2": listing_html(2)}
    site.pages["/hop"] = lambda path: redirect(f"/hop?n={int(path.partition('=')[2]) + 1}")
    assert place.crawl(site.platform())[0] == "finished"
    assert ids(store) == {"2"}
    assert kind in problems(store)


def test_a_pager_of_10_000_links_that_lead_in_circles_ends(site, place, store):
    links = "".join(f'<a class="next" href="/?page={n % 3 + 1}">{n}</a>' for n in range(10_000))
    for number in (1, 2, 3):
        site.pages[f"/?page={number}"] = list_html([number], extra=links)
        site.pages[f"/item/{number}"] = listing_html(number)
    site.pages["/"] = site.pages["/?page=1"]
    assert place.crawl(roomy(site.platform()))[0] == "finished"
    assert sum(site.asked.values()) <= 10


def test_a_calendar_that_never_ends_is_left_after_max_pages(site, place):
    site.pages["/"] = lambda path: Answer(
        list_html([n := int(path.rpartition("=")[2] or 0) + 1 if "=" in path else 1], f"/?d={n}")
    )
    site.pages |= {f"/item/{n}": listing_html(n) for n in range(1, 9)}
    ending, cause = place.crawl(roomy(site.platform(lists="max_pages = 4")))
    assert ending == "finished"
    assert "goes on after 4 pages" in cause
    assert sum(count for path, count in site.asked.items() if "item" not in path) == 5


def test_10_000_categories_and_listings_on_a_page_are_cut(site, place, store):
    links = "".join(f'<a class="cat" href="/c/{n}">{n}</a>' for n in range(10_000))
    site.pages["/"] = list_html(list(range(10_000)), extra=links)
    site.pages |= {f"/item/{n}": listing_html(n) for n in range(3)}
    platform = site.platform(lists='category_links = ["a.cat"]')
    assert place.crawl(roomy(platform), requests_left=20)[0] == "budget_spent"
    assert "names more than 5000 listings" in problems(store)["list_page"]
    assert sum(site.asked.values()) == 20


def test_lists_that_lead_to_private_addresses_lead_nowhere(site, place, store):
    feed = "".join(f"<item><link>{one}</link></item>" for one in PRIVATE)
    maps = "".join(f"<sitemap><loc>{one}.xml</loc></sitemap>" for one in PRIVATE)
    site.pages |= {
        "/": list_html([1], PRIVATE[0], extra="".join(f"<a href='{one}'>x</a>" for one in PRIVATE)),
        "/rss": f"<rss>{feed}</rss>",
        "/map": f"<sitemapindex>{maps}</sitemapindex>",
        "/item/1": listing_html(1),
    }
    with serving() as other:
        site.pages["/item/9"] = listing_html(9, extra=f"<img src='http://{other.address}/x'>")
        place.crawl(site.platform(lists='feeds = ["/rss", "/map"]'))
        assert sum(other.asked.values()) == 0
    assert ids(store) == {"1"}
    assert "refused_address" in problems(store)


def test_json_nested_deeper_than_any_stack_is_no_list(site, place):
    site.pages["/"] = Answer("[" * 100_000, 200, {"Content-Type": "application/json"})
    rest = '[json]\nrows = "a"\nid = "b"\n[fields]\ntitle = "c"'
    platform = site.platform(rest=rest).replace('"structured"', '"json_api"')
    ending, cause = place.crawl(platform.replace('next_link = ["a.next"]\n', ""))
    assert ending in {"unreachable", "nothing_found"}
    assert "is not JSON" in cause or "none names" in cause


def test_json_of_absurd_numbers_costs_no_other_row(site, place, store):
    items = [{"id": 1, "name": "a", "price": 10**400}, {"id": 2, "name": "b", "price": 1e308}]
    items += [{"id": 3, "name": "c", "price": {"x": 1}}, {"id": None}, "text", 7, None]  # type: ignore[list-item]
    site.pages["/"] = json.dumps({"items": [*items, {"id": 4, "name": "d", "price": "5"}]})
    rest = '[json]\nrows = "items"\nid = "id"\n[fields]\ntitle = "name"\namount = "price"'
    platform = site.platform(rest=rest).replace('"structured"', '"json_api"')
    assert place.crawl(platform.replace('next_link = ["a.next"]\n', ""))[0] == "finished"
    assert ids(store) == {"1", "2", "3", "4"}


# ngà, งาช้าง and so on, as pages of the old kind send them: said to be UTF-8, and in fact not.
THAI = "ขายงาช้างแกะสลักเก่า มือสอง สภาพดี ราคาไม่แพง"
SIMPLIFIED = "出售旧木盒一个，完好无损，价格面议，有意者联系"
TRADITIONAL = "出售舊木盒一個，完好無損，價格面議，有意者聯絡"
BURMESE = "ဆင်စွယ် ရောင်းမည် ဖုန်းဆက်ပါ"
ZAWGYI = "ဆင္စြယ္ ေရာင္းမည္ ဖုန္းဆက္ပါ"
WRITTEN = {
    "TIS-620": (THAI, "tis-620", THAI),
    "GBK": (SIMPLIFIED, "gbk", SIMPLIFIED),
    "Big5": (TRADITIONAL, "big5", TRADITIONAL),
    "Zawgyi": (ZAWGYI, "utf-8", BURMESE),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_old_encodings_are_read_whatever_the_server_calls_them(site, place, store, name):
    text, encoding, meant = WRITTEN[name]
    page = listing_html(1, text).encode(encoding)
    site.pages |= {"/": list_html([1]), "/item/1": Answer(page)}
    platform = site.platform().replace('"en", "vi", "th"', '"th", "zh-Hans", "zh-Hant", "my"')
    assert place.crawl(platform)[0] == "finished"
    found = rows(store, Listing)[0]
    assert normalise(found.title).text == normalise(meant).text
    assert rows(store, Crawl)[0].listings_seen == 1
