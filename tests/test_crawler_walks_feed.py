"""Walking feeds, sitemaps and JSON within pages in a real process; what hostile XML gets."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.found import EvidenceKind
from data.listings import Evidence, Listing
from data.store import Store
from tests.crawling import Answer, Place, Site, list_html, listing_html, problems, rows, serving

XML = {"Content-Type": "application/xml"}


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


def feed_platform(site: Site, feeds: str, rest: str = "") -> str:
    text = site.platform(lists=f"feeds = {feeds}", rest=rest)
    return text.replace('"structured"', '"feed"').replace('start = ["/"]', "")


def rss(numbers: list[int], extra: str = "") -> Answer:
    items = "".join(
        f"<item><title>Box {n}</title><link>/item/{n}?utm_source=rss</link></item>" for n in numbers
    )
    return Answer(f"<?xml version='1.0'?>{extra}<rss><channel>{items}</channel></rss>", 200, XML)


def sitemap(urls: list[str], tag: str = "urlset", child: str = "url", date: str = "") -> str:
    places = "".join(
        f"<{child}><loc>{url}</loc><lastmod>{date}</lastmod></{child}>" for url in urls
    )
    return f'<{tag} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{places}</{tag}>'


def ids(store: Store) -> set[str]:
    return {row.external_id for row in rows(store, Listing)}


def test_entries_of_a_feed_are_listings_as_they_are(site, place, store):
    site.pages["/rss"] = rss([1, 2])
    assert place.crawl(feed_platform(site, '["/rss"]')) == (
        "finished",
        "read 2 listings from 1 list pages",
    )
    assert {row.url for row in rows(store, Listing)} == {
        f"http://{site.address}/item/1",
        f"http://{site.address}/item/2",
    }
    assert sum(site.asked.values()) == 2  # robots.txt and the feed
    assert {row.kind for row in rows(store, Evidence)} == {EvidenceKind.PAGE}


def test_pages_of_entries_are_fetched_where_the_file_says_so(site, place, store):
    site.pages |= {"/rss": rss([1, 2]), "/item/1": listing_html(1), "/item/2": listing_html(2)}
    place.crawl(feed_platform(site, '["/rss"]', "[feed]\nwhole = false"))
    assert {row.description for row in rows(store, Listing)} == {"Text of 1", "Text of 2"}


def test_a_feed_beside_lists_names_listings_too(site, place, store):
    site.pages |= {"/": list_html([1]), "/rss": rss([1, 2])}
    site.pages |= {"/item/1": listing_html(1), "/item/2": listing_html(2)}
    platform = site.platform(lists='feeds = ["/rss"]')
    cause = place.crawl(platform)[1]
    assert cause == "read 2 listings from 2 list pages; its lists hide listings"
    assert ids(store) == {"1", "2"}


def test_atom_is_turned_by_its_next_link(site, place, store):
    def atom(number: int, following: str) -> Answer:
        return Answer(
            f"""<feed xmlns="http://www.w3.org/2005/Atom">{following}<entry><title>Box</title>
            <link href="/item/{number}"/></entry></feed>""",
            200,
            XML,
        )

    site.pages |= {
        "/atom": atom(1, '<link rel="next" href="/atom?page=2"/>'),
        "/atom?page=2": atom(2, ""),
    }
    place.crawl(feed_platform(site, '["/atom"]'))
    assert ids(store) == {"1", "2"}


def test_a_sitemap_index_leads_to_gzipped_sitemaps_newest_first(site, place, store):
    base = f"http://{site.address}"
    named = [f"{base}/map-{name}.xml.gz" for name in ("items-1", "items-2", "news")]
    packed = [gzip.compress(sitemap([f"{base}/item/{n}"]).encode()) for n in (1, 2)]
    site.pages |= {
        "/sitemap.xml": Answer(sitemap(named, "sitemapindex", "sitemap"), 200, XML),
        "/map-items-1.xml.gz": Answer(packed[0], 200, {"Content-Type": "application/gzip"}),
        "/map-items-2.xml.gz": Answer(packed[1], 200, {"Content-Type": "application/x-gzip"}),
        "/item/1": listing_html(1),
        "/item/2": listing_html(2),
    }
    platform = feed_platform(site, '["/sitemap.xml"]', "[feed]\nsitemaps = '/map-items'")
    assert place.crawl(platform)[0] == "finished"
    assert ids(store) == {"1", "2"}
    assert site.asked["/map-news.xml.gz"] == 0


BOMB = """<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>"""
FILE = '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
REFUSED = {
    "entities that grow": (lambda: rss([1], BOMB), "declares entities"),
    "a file as an entity": (lambda: rss([1], FILE), "declares entities"),
    "entities in UTF-16": (
        lambda: Answer(f"\ufeff{BOMB}<rss><item/></rss>".encode("utf-16-le"), 200, XML),
        "declares entities",
    ),
    "a gzip bomb": (
        lambda: Answer(gzip.compress(b"<urlset>" + b" " * 60_000_000), 200, XML),
        "larger than",
    ),
    "broken gzip": (lambda: Answer(b"\x1f\x8b\x08 no", 200, XML), "damaged gzip"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_feeds_are_refused_with_a_cause(site, place, store, name):
    made, words = REFUSED[name]
    site.pages |= {"/rss": made(), "/ok": rss([7])}
    ending, cause = place.crawl(feed_platform(site, '["/rss", "/ok"]'))
    assert (ending, ids(store)) == ("finished", {"7"})
    assert words in cause
    assert {"xml_entities", "too_large", "broken_feed"} & set(problems(store))


def test_a_doctype_without_entities_is_honest(site, place, store):
    site.pages["/rss"] = rss([3], '<!DOCTYPE rss PUBLIC "-//N//DTD RSS 0.91//EN" "http://a/b.dtd">')
    place.crawl(feed_platform(site, '["/rss"]'))
    assert ids(store) == {"3"}


NEXT = """
[json]
rows = "props.ads"
id = "id"
url = "path"
detail_row = "props.ad"
[fields]
title = "name"
amount = "price"
"""


def embedded_page(**props: object) -> str:
    data = json.dumps({"props": props})
    words = "<p>All categories, help, terms of use, sell for free, sign in or register</p>"
    return f'<html>{words}<script id="__NEXT_DATA__" type="application/json">{data}</script></html>'


def test_json_within_pages_names_listings_and_is_read_from_theirs(site, place, store):
    ads = [{"id": n, "path": f"/item/{n}?spm=1", "name": f"Box {n}"} for n in (1, 2, 3)]
    site.pages |= {
        "/?page=2": embedded_page(ads=ads[2:], total=3),
        "/": embedded_page(ads=ads[:2], total=3),
        "/?page=3": embedded_page(ads=[]),
        **{f"/item/{n}": embedded_page(ad={"name": f"Box {n}", "price": n}) for n in (1, 2)},
        "/item/3": embedded_page(redirect="/"),
    }
    lists = 'page_parameter = "page"\ntotal = "props.total"'
    platform = site.platform(lists=lists, rest=NEXT).replace('"structured"', '"embedded"')
    ending, cause = place.crawl(platform.replace('next_link = ["a.next"]\n', ""))
    assert (ending, cause) == ("finished", "read 2 listings from 3 list pages")
    assert {(row.external_id, row.price) for row in rows(store, Listing)} == {("1", 1), ("2", 2)}
    assert problems(store)["not_a_listing"].startswith("no listing where")


def test_rows_within_pages_may_be_all_there_is(site, place, store):
    site.pages["/"] = embedded_page(ads=[{"id": 9, "path": "/item/9", "name": "Box", "price": 4}])
    rest = NEXT.replace('id = "id"', 'id = "id"\nwhole_rows = true')
    place.crawl(site.platform(rest=rest).replace('"structured"', '"embedded"'))
    found = rows(store, Listing)[0]
    assert (found.external_id, found.url) == ("9", f"http://{site.address}/item/9")
    assert site.asked["/item/9"] == 0
