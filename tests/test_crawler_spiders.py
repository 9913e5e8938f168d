"""The listing spider on a real site in a real process: what is read, and what stops it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from data.crawls import Crawl, CrawlProblem
from data.home import HomeKind
from data.listings import Evidence, Listing, Sighting
from data.store import Store, open_store, sqlite_url
from tests.crawling import Answer, Place, Site, list_html, listing_html, serving, small_site


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as served:
        yield served


@pytest.fixture
def place(tmp_path: Path, sqlite_template: Path) -> Place:
    path = tmp_path / "crawl.sqlite"
    shutil.copy(sqlite_template, path)
    return Place(sqlite_url(path), tmp_path / "evidence")


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    opened = open_store(place.url, kind=HomeKind.TEST)
    yield opened
    opened.close()


def rows(store: Store, kind):
    with store.read() as session:
        found = list(session.scalars(select(kind).order_by(kind.id)).unique())
        session.expunge_all()
    return found


def problems(store: Store) -> dict[str, str]:
    return {row.kind: row.message for row in rows(store, CrawlProblem)}


def test_every_listing_of_every_page_is_read_with_its_evidence(site, place, store):
    small_site(site, [1, 2, 3, 4, 5, 6, 7])
    assert place.crawl(site.platform()) == ("finished", "read 7 listings from 3 list pages")
    listings = rows(store, Listing)
    assert {row.external_id for row in listings} == set("1234567")
    assert listings[0].url == f"http://{site.address}/item/{listings[0].external_id}"
    crawl = rows(store, Crawl)[0]
    assert (crawl.requests, crawl.listings_new, crawl.lists_complete) == (11, 7, True)
    assert crawl.coverage["title"] == 1.0
    evidence = rows(store, Evidence)
    assert len(evidence) == 7
    assert evidence[0].captured_at.tzinfo is not None
    assert site.agents == {"faunawatch/0.1.0 (+mailto:team@example.org)"}


def test_a_second_crawl_adds_sightings_not_listings(site, place, store):
    small_site(site, [1, 2])
    place.crawl(site.platform())
    site.pages["/item/2"] = listing_html(2, price="99.00")
    place.crawl(site.platform())
    assert len(rows(store, Listing)) == 2
    assert [row.changed for row in rows(store, Sighting)] == [False, False, False, True]
