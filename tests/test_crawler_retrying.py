"""What fails for a moment is asked again after a pause; how long to wait the server may say."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crawler.retrying import LONGEST_WAIT_S, pause_s
from data.crawls import Crawl
from data.listings import Listing
from data.store import Store
from tests.crawling import Answer, Place, Site, listing_html, rows, serving, small_site


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as served:
        small_site(served, [1, 2])
        yield served


@pytest.fixture
def place(tmp_path: Path, sqlite_template: Path) -> Place:
    return Place.fresh(tmp_path, sqlite_template)


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    with place.opened() as opened:
        yield opened


def _at_first(times: list[float], *answers: Answer) -> Callable[[str], Answer]:
    def answer(_path: str) -> Answer:
        times.append(time.monotonic())
        at = len(times) - 1
        return answers[at] if at < len(answers) else Answer(listing_html(2))

    return answer


def _wait(status: int, seconds: str) -> Answer:
    return Answer("not now", status, {"Retry-After": seconds})


@pytest.mark.parametrize("first", [Answer("oops", 502), _wait(503, "0"), _wait(429, "0")])
def test_what_fails_once_is_read_the_next_time(site, place, store, first) -> None:
    site.pages["/item/2"] = _at_first([], first)
    assert place.crawl(site.platform())[0] == "finished"
    assert {row.external_id for row in rows(store, Listing)} == {"1", "2"}
    assert site.asked["/item/2"] == 2


def test_the_server_is_given_the_time_it_asks_for(site, place) -> None:
    times: list[float] = []
    site.pages["/item/2"] = _at_first(times, _wait(503, "1"))
    assert place.crawl(site.platform())[0] == "finished"
    assert times[1] - times[0] >= 0.99


def test_too_often_is_a_wall_when_it_is_said_again_and_again(site, place) -> None:
    site.pages["/item/2"] = _wait(429, "0")
    ending, cause = place.crawl(site.platform())
    assert ending == "blocked"
    assert "HTTP 429" in cause
    assert site.asked["/item/2"] == 3


def test_a_long_wait_is_a_wall_at_once_and_is_handed_on(site, place) -> None:
    site.pages["/item/2"] = _wait(503, str(int(LONGEST_WAIT_S) + 1))
    ended = place.crawl_whole(site.platform())
    assert ended.ending == "blocked"
    assert ended.asked_to_wait_s == LONGEST_WAIT_S + 1
    assert site.asked["/item/2"] == 1


def test_a_refusal_that_names_no_time_is_a_wall_at_once(site, place, store) -> None:
    site.pages["/item/2"] = Answer("no", 429)
    assert place.crawl(site.platform())[0] == "blocked"
    assert site.asked["/item/2"] == 1
    assert rows(store, Crawl)[0].listings_seen <= 1


def test_pauses_grow_and_differ_between_pages() -> None:
    for tried in (1, 2, 3):
        pauses = [pause_s(2.0, tried, f"https://a.example/{number}") for number in range(200)]
        assert min(pauses) >= 1.5 * 2 ** (tried - 1)
        assert max(pauses) <= 2.5 * 2 ** (tried - 1)
        assert len(set(pauses)) > 100
