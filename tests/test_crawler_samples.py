"""The page at which a run failed is kept, with what the run counted of its answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from data.crawls import Crawl, Ending, RunState
from data.evidence import EvidenceFolder
from data.samples import CrawlSample, sample_of
from data.store import Store
from tests.crawling import Answer, Place, Site, list_html, rows, serving, small_site

CHALLENGE = "<html><title>Just a moment...</title><script>window._cf_chl_opt={}</script></html>"


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


def _sample(place: Place, store: Store) -> tuple[bytes, str]:
    with store.read() as session:
        found = sample_of(session, 1)
        assert found is not None
        evidence, why = found
        return EvidenceFolder(place.evidence).get(evidence.sha256), why


@pytest.mark.parametrize(
    ("answer", "state", "why"),
    [
        (Answer(CHALLENGE, 403, {"cf-mitigated": "challenge"}), RunState.BLOCKED, "Cloudflare"),
        (Answer("wait", 429), RunState.BLOCKED, "HTTP 429"),
        (Answer(CHALLENGE), RunState.BLOCKED, "Cloudflare challenge"),
        (Answer('{"ret": ["RGV587_ERROR::SM"]}'), RunState.BLOCKED, "RGV587"),
        (Answer("<p>nothing here</p>"), RunState.EMPTY, "names no listing"),
    ],
)
def test_the_page_at_which_a_run_failed_is_kept(
    site: Site, place: Place, store: Store, answer: Answer, state: RunState, why: str
) -> None:
    site.pages["/"] = answer
    place.crawl(site.platform())
    (crawl,) = rows(store, Crawl)
    assert crawl.state is state
    body, told = _sample(place, store)
    assert body == str(answer.body).encode()
    assert why in told


def test_a_changed_layout_keeps_the_first_page_that_could_not_be_read(
    site: Site, place: Place, store: Store
) -> None:
    site.pages["/"] = list_html([1, 2])
    for number in (1, 2):
        site.pages[f"/item/{number}"] = "<h2>All new</h2>" + "<p>and other words</p>" * 40
    assert place.crawl(site.platform())[0] == Ending.LAYOUT_CHANGED
    assert rows(store, Crawl)[0].state is RunState.BROKEN
    assert b"All new" in _sample(place, store)[0]


def test_a_login_page_that_names_listings_is_not_read(
    site: Site, place: Place, store: Store
) -> None:
    site.pages["/"] = Answer("", 302, {"Location": "/dang-nhap?next=/"})
    site.pages["/dang-nhap"] = list_html([1, 2], extra="<p>Log in to see more</p>" * 200)
    assert place.crawl(site.platform())[0] == Ending.LOGIN_WALL
    assert sum(site.asked.values()) == 3
    assert b"Log in" in _sample(place, store)[0]


def test_a_good_run_counts_its_answers_and_keeps_no_sample(
    site: Site, place: Place, store: Store
) -> None:
    small_site(site, [1, 2, 3])
    place.crawl(site.platform())
    (crawl,) = rows(store, Crawl)
    assert (crawl.state, crawl.answers, crawl.refused) == (RunState.OK, 4, 0)
    assert crawl.answer_bytes is not None
    assert 200 < crawl.answer_bytes < 600
    assert rows(store, CrawlSample) == []
