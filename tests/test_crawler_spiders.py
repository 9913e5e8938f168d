"""The listing spider on a real site in a real process: what is read, and what stops it."""

import gzip
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.crawls import Crawl, CrawlProblem, Ending
from data.evidence import EvidenceFolder
from data.home import HomeKind
from data.listings import Evidence, Listing, Sighting
from data.sellers import Seller
from data.store import Store, open_store, sqlite_url
from tests.crawling import (
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


def test_every_listing_of_every_page_is_read_with_its_evidence(site, place, store):
    small_site(site, [1, 2, 3, 4, 5, 6, 7])
    assert place.crawl(site.platform()) == ("finished", "read 7 listings from 3 list pages")
    listings = rows(store, Listing)
    assert {row.external_id for row in listings} == set("1234567")
    assert listings[0].url == f"http://{site.address}/item/{listings[0].external_id}"
    crawl = rows(store, Crawl)[0]
    assert (crawl.requests, crawl.listings_new, crawl.lists_complete) == (11, 7, True)
    assert (crawl.coverage["title"], crawl.coverage["images"]) == (1.0, 0.0)
    evidence = rows(store, Evidence)
    assert len(evidence) == 7
    kept = EvidenceFolder(place.evidence).get(evidence[0].sha256)
    assert b"application/ld+json" in kept
    assert site.agents == {"faunawatch/0.1.0 (+mailto:team@example.org)"}


def test_a_second_crawl_adds_sightings_not_listings(site, place, store):
    small_site(site, [1, 2])
    place.crawl(site.platform())
    site.pages["/item/2"] = listing_html(2, price="99.00")
    place.crawl(site.platform())
    assert len(rows(store, Listing)) == 2
    changed = [row for row in rows(store, Sighting) if row.changed]
    assert [(row.crawl_id, row.price_text) for row in changed] == [(2, "99.00 MYR")]


def spoil(site: Site) -> None:
    """Fill a site with eleven listings of which only the last is in order."""
    small_site(site, list(range(1, 12)), per_page=6)
    site.pages["/item/1"] = listing_html(1).replace("Wooden box 1", "")
    broken = "<html><h1>Hổ chạm gỗ".encode() + b"\xff\xfe</h1><p class=price>5</p>"
    site.pages["/item/2"] = Answer(broken)
    site.pages["/item/3"] = listing_html(3, price="", extra="<p class=price>liên hệ</p>")
    site.pages["/item/4"] = "x" * 20_000_000
    hidden = listing_html(5, extra="<p class=seller>Ana\u202e\u200bevil</p>")
    site.pages["/item/5"] = hidden.replace('"seller": {"name": "Ana"}', '"sku": "1"')
    site.pages["/item/6"] = Answer("oops", 500)
    site.pages["/item/7"] = listing_html(7, extra="<p class=price>7</p>").replace(
        '"Product"', '"Product",,'
    )
    site.pages["/item/8"] = Answer("", 302, {"Location": "/"})
    bomb = gzip.compress(b" " * 5_000_000)
    site.pages["/item/9"] = Answer(bomb, 200, {"Content-Encoding": "gzip"})
    site.pages["/item/10"] = Answer("", 302, {"Location": "/item/10"})


def test_bad_listings_get_a_cause_and_the_rest_is_read(site, place, store):
    spoil(site)
    fields = '[fields]\ntitle = "h1"\nprice = ".price"\nseller_name = ".seller"'
    platform = site.platform(rest=fields)
    ending, cause = place.crawl(platform)
    assert (ending, cause) == ("finished", "read 6 listings from 2 list pages")
    causes = problems(store)
    assert "no title" in causes["no_title"]
    assert "cannot be read as utf-8" in causes["broken_encoding"]
    assert causes["no_amount"].startswith("the page says 'liên hệ'")
    assert "max_bytes" in causes["too_large"]
    assert "invisible" in causes["hidden_characters"]
    assert causes["server_error"] == "the page answered 500"
    assert "structured data" in causes["broken_json_ld"]
    assert "leads to" in causes["redirected"]
    assert "in circles" in causes["redirect_loop"]
    assert [row.kind for row in rows(store, CrawlProblem)].count("too_large") == 2
    assert any(row.name == "Ana\u202e\u200bevil" for row in rows(store, Seller))
    no_amount = next(row for row in rows(store, Sighting) if row.price_text == "liên hệ")
    assert no_amount.price is None
    assert no_amount.problems[0].startswith("no_amount: ")


def test_a_captcha_that_says_200_ends_the_crawl_and_is_never_content(site, place, store):
    small_site(site, [1, 2, 3])
    site.pages["/item/2"] = """<html><title>Security check</title><h1>Are you human?</h1>
        <div class="g-recaptcha"></div></html>"""
    ending, cause = place.crawl(site.platform())
    assert ending == "blocked"
    assert "Security check" in cause
    assert all("human" not in row.title for row in rows(store, Listing))
    assert not rows(store, Crawl)[0].lists_complete


def test_a_sign_in_page_in_place_of_the_list_is_a_login_wall(site, place, store):
    site.pages["/"] = Answer("", 302, {"Location": "/login?next=/"})
    site.pages["/login"] = "<form><input type=password></form>"
    assert place.crawl(site.platform())[0] == Ending.LOGIN_WALL
    assert rows(store, Listing) == []


def test_after_the_first_refusal_nothing_more_is_asked(site, place, store):
    small_site(site, list(range(1, 30)), per_page=29)
    for number in range(1, 30):
        site.pages[f"/item/{number}"] = Answer("slow down", 429)
    assert place.crawl(slowly(site))[0] == "blocked"
    assert sum(site.asked.values()) == 3  # robots.txt, the list, one listing: no retry


def test_the_budget_counts_every_request(site, place, store):
    small_site(site, [1, 2, 3, 4, 5])
    ending, cause = place.crawl(site.platform(), requests_left=4)
    assert (ending, cause) == ("budget_spent", "today's budget was spent after 4 requests")
    assert sum(site.asked.values()) == 4
    assert rows(store, Crawl)[0].requests == 4
    assert len(rows(store, Listing)) == 2
    assert place.crawl(site.platform(), requests_left=0)[0] == "budget_spent"
    assert sum(site.asked.values()) == 4


def test_the_limit_counts_listings_that_were_read(site, place, store):
    small_site(site, [1, 2, 3, 4, 5])
    site.pages.pop("/item/1")
    ending, cause = place.crawl(site.platform(), limit=3)
    assert ending == "limit_reached"
    assert cause == "read 3 listings from 2 list pages and stopped at the limit of 3"
    assert len(rows(store, Listing)) == 3
    assert not rows(store, Crawl)[0].lists_complete


def test_redirects_to_private_addresses_are_not_followed(site, place, store):
    targets = [
        "http://169.254.169.254/latest/",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://2130706433/",
        "http://localhost/",
        "http://elsewhere.example/item/6",
    ]
    small_site(site, list(range(1, 8)), per_page=7)
    for number, target in enumerate(targets, 1):
        site.pages[f"/item/{number}"] = Answer("", 302, {"Location": target})
    assert place.crawl(site.platform())[0] == "finished"
    assert [row.external_id for row in rows(store, Listing)] == ["7"]
    with store.read() as session:
        count = session.connection().exec_driver_sql(
            "SELECT count(*) FROM crawl_problems WHERE kind = 'refused_address'"
        )
        assert count.scalar() == len(targets)


def test_a_name_that_leads_to_a_private_address_is_not_asked(site, place):
    # "localhost" resolves to loopback, but only 127.0.0.1:port is named as local.
    port = site.address.rpartition(":")[2]
    small_site(site, [1])
    platform = site.platform(top=f'hosts = ["localhost:{port}"]').replace(
        f'base_url = "http://{site.address}/"', f'base_url = "http://localhost:{port}/"'
    )
    ending, cause = place.crawl(platform)
    assert ending == "robots_refused"  # even robots.txt could not be had
    assert sum(site.asked.values()) == 0
    assert "could not be fetched" in cause


def test_a_local_platform_is_refused_in_a_real_home(site, tmp_path):
    small_site(site, [1])
    real = Place(sqlite_url(tmp_path / "real.sqlite"), tmp_path / "evidence", HomeKind.REAL)
    open_store(real.url, kind=HomeKind.REAL).close()
    ending, cause = real.crawl(site.platform())
    assert ending == "unreachable"
    assert "127.0.0.1 is a private address" in cause
    assert sum(site.asked.values()) == 0


def test_no_answer_is_unreachable(place, store):
    with serving() as site:
        platform = site.platform()
    site.pages.clear()
    ending, cause = place.crawl(platform)
    assert ending == "robots_refused"
    assert "could not be fetched" in cause


def test_listing_pages_nothing_can_be_read_from_mean_a_changed_layout(site, place, store):
    small_site(site, [1, 2])
    site.pages |= {f"/item/{number}": "<html><p>new look</p></html>" for number in (1, 2)}
    ending, cause = place.crawl(site.platform())
    assert (ending, rows(store, Listing)) == ("layout_changed", [])
    assert cause.startswith("2 listing pages came, but none had")


def test_a_crawl_killed_half_way_goes_on_without_loss_or_duplicate(site, place, store):
    small_site(site, list(range(1, 61)), per_page=60)
    reached, killed = threading.Event(), threading.Event()

    def hang(_: str) -> Answer:
        reached.set()
        killed.wait(30)
        return Answer(listing_html(45))

    site.pages["/item/45"] = hang
    platform = slowly(site)
    process = place.start_crawl(platform)
    assert reached.wait(30)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    killed.set()
    kept = {row.external_id for row in rows(store, Listing)}
    assert len(kept) >= 20
    assert rows(store, Crawl)[0].ended_at is None
    before = dict(site.asked)
    assert place.crawl(platform, resume=1)[0] == "finished"
    assert len(rows(store, Listing)) == len(rows(store, Sighting)) == 60
    assert all(site.asked[f"/item/{number}"] == before[f"/item/{number}"] for number in kept)
    crawl = rows(store, Crawl)[0]
    assert (crawl.listings_seen, crawl.listings_new, crawl.lists_complete) == (60, 60, True)


def test_a_stop_signal_keeps_what_was_read(site, place, store):
    small_site(site, list(range(1, 61)), per_page=60)
    reached, told = threading.Event(), threading.Event()

    def slow(_: str) -> Answer:
        reached.set()
        told.wait(30)
        return Answer(listing_html(30))

    site.pages["/item/30"] = slow
    process = place.start_crawl(slowly(site))
    assert reached.wait(30)
    os.kill(process.pid, signal.SIGTERM)
    told.set()
    process.join(20)
    crawl = rows(store, Crawl)[0]
    assert (process.exitcode, crawl.ending) == (0, Ending.STOPPED)
    assert 20 < crawl.listings_seen < 60
    assert crawl.listings_seen == len(rows(store, Listing))
