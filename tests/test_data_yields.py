"""Yields: what each walk of a crawl brought, and what of it was flagged since."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from crawler.choosing import Past
from data.crawls import Ending, end_crawl
from data.home import HomeKind
from data.listings import Listing
from data.platforms import parse_platform
from data.store import Store, open_store, sqlite_url
from data.yields import WalkCount, WalkYield, record_yields, yield_by_term, yields_of
from faunawatch.house import House
from faunawatch.scoring import search_terms
from faunawatch.spending import chosen_terms
from tests.crawling import PLATFORM as SITE
from tests.crawling import Answer, Place, list_html, listing_html, rows, serving, small_site
from tests.makers import PLATFORM, make_crawl, make_flag, make_listing


def test_only_what_is_new_counts_and_only_what_was_flagged_is_relevant(store: Store, clock):
    with store.write() as session:
        make_listing(session, clock, "old")
        clock.advance(timedelta(hours=1))
        crawl = make_crawl(session, clock)
        made = {name: make_listing(session, clock, name) for name in ("a", "b", "c")}
        end_crawl(crawl, Ending.FINISHED, "done", clock.now())
        matched = frozenset({"old", "a", "b"})
        counts = [WalkCount("search", "ngà voi", 12, 5, matched), WalkCount("lists", "/", 30, 20)]
        record_yields(session, crawl.id, counts)
        make_flag(session, made["a"], clock)
    with store.read() as session:
        search, lists = yields_of(session, PLATFORM)
        assert (search.requests, search.met, search.new, search.relevant) == (12, 5, 2, 1)
        assert (lists.new, lists.relevant) == (0, 0)
        best, rest = yield_by_term(session, PLATFORM)
        assert (best.name, best.crawls, round(best.per_hundred or 0, 1)) == ("ngà voi", 1, 8.3)
        assert rest.per_hundred == 0


def test_yields_of_other_platforms_and_older_crawls_stay_out(store: Store, clock):
    with store.write() as session:
        for number in range(4):
            clock.advance(timedelta(hours=1))
            crawl = make_crawl(session, clock)
            record_yields(session, crawl.id, [WalkCount("search", f"term {number}", 1, 0)])
        other = make_crawl(session, clock, "elsewhere")
        record_yields(session, other.id, [WalkCount("search", "x", 1, 0)])
    with store.read() as session:
        assert [one.name for one in yields_of(session, PLATFORM, 2)] == ["term 3", "term 2"]


def test_a_crawl_leaves_yields_of_each_walk(tmp_path: Path, sqlite_template: Path):
    place = Place.fresh(tmp_path, sqlite_template)
    with serving() as site, place.opened() as store:
        small_site(site, [1, 2, 3], per_page=3)
        for number in (4, 5):
            site.pages[f"/item/{number}"] = listing_html(number, f"Ivory bangle {number}")
        answers = {"ivory": [3, 4, 5], "bangle": [4]}
        site.pages["/search"] = lambda path: Answer(
            list_html(answers[parse_qs(urlsplit(path).query)["q"][0]])
        )
        platform = site.platform(lists='search = "/search?q={term}"\nmay_search = true')
        one_by_one = platform.replace("delay_s = 0\n", "delay_s = 0.001\n")
        place.crawl(one_by_one, search_terms=("ivory", "bangle"), wanted=holds_ivory)
        made = {(row.kind, row.name): row for row in rows(store, WalkYield)}
    assert made["lists", "/"].new == []
    assert (made["lists", "/"].requests, made["lists", "/"].met) == (4, 3)
    assert made["search", "ivory"].new == ["4", "5"]
    assert (made["search", "ivory"].requests, made["search", "ivory"].met) == (3, 2)
    assert (made["search", "bangle"].requests, made["search", "bangle"].met) == (1, 0)


def test_a_crawl_begins_with_the_categories_that_paid(tmp_path: Path, sqlite_template: Path):
    place = Place.fresh(tmp_path, sqlite_template)
    with serving() as site:
        links = "".join(f'<a class="cat" href="/c/{number}">c</a>' for number in range(1, 5))
        site.pages["/"] = list_html([1], extra=links)
        site.pages["/item/1"] = listing_html(1)
        asked: list[str] = []

        def category(path: str) -> Answer:
            asked.append(path)
            return Answer(list_html([1]))

        site.pages |= {f"/c/{number}": category for number in range(1, 5)}
        platform = site.platform(lists='category_links = ["a.cat"]')
        paid = Past(requests=10, relevant=5, waited=1, runs=1)
        poor = Past(requests=100, relevant=0, waited=1, runs=1)
        base = f"http://{site.address}/c/"
        pasts = {f"{base}1": poor, f"{base}2": poor, f"{base}3": paid, f"{base}4": poor}
        one_by_one = platform.replace("delay_s = 0\n", "delay_s = 0.001\n")
        place.crawl(one_by_one, categories=pasts)
    assert asked[0] == "/c/3"
    assert sorted(asked) == ["/c/1", "/c/2", "/c/3", "/c/4"]


def holds_ivory(text: str) -> bool:
    return "ivory" in text.lower()


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path, "", open_store(sqlite_url(tmp_path / "f.sqlite"), kind=HomeKind.TEST))


def test_crawls_search_for_what_paid_before_within_their_budget(house: House, clock):
    may = 'search = "/s?q={term}"\nmay_search = true'
    platform = parse_platform(
        SITE.format(id="site", address="127.0.0.1:1", top="", lists=may, rest="")
    )
    every = search_terms(house, platform)
    paying = every[-1]
    with house.store.write() as session:
        crawl = make_crawl(session, clock, "site")
        make_flag(session, make_listing(session, clock, "elsewhere"), clock)
        for listing in session.query(Listing):
            listing.platform_id = "site"
        session.flush()
        counts = [WalkCount("search", term, 10, 3) for term in every[:-1]]
        found = WalkCount("search", paying, 10, 3, frozenset({"elsewhere"}))
        record_yields(session, crawl.id, [*counts, found])
    few = chosen_terms(house, platform, 200)
    assert paying in few
    assert len(few) == 10
    assert chosen_terms(house, platform, 200) == few
    assert sorted(chosen_terms(house, platform, None)) == sorted(every)
    house.store.close()
