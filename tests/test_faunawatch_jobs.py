"""What a job does besides crawling: resume, hear what came back, tell unread from delisted."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from data.availability import Outcome
from data.crawls import CrawlKind, Ending, end_crawl, start_crawl
from data.found import Seen
from data.listed import note_listed
from data.listings import sight
from data.platform import Lists
from data.reviews import ReviewTask
from data.store import Store
from data.tasks import RELISTED_PRIORITY
from data.watches import watch_of
from faunawatch.house import House
from faunawatch.jobs import _absent, _left_open, _requests_left, hear_back
from tests.makers import (
    PLATFORM,
    found,
    make_crawl,
    make_decision,
    make_person,
    make_task,
    next_day,
    recheck_once,
)
from tests.rooms import PLATFORM as SITE


def _gone(session, task: ReviewTask, clock) -> None:
    for _ in range(2):
        seen = Seen(task.listing_id, Outcome.REMOVED, control_live=True)
        recheck_once(session, clock, seen)
        next_day(clock)


def _tasks(session, listing_id: int) -> list[int]:
    rows = session.scalars(select(ReviewTask).where(ReviewTask.listing_id == listing_id))
    return [task.priority for task in rows.unique()]


def test_a_listing_that_a_crawl_finds_back_is_asked_about_once(store: Store, clock) -> None:
    with store.write() as session:
        task = make_task(session, clock)
        mai = make_person(session, clock)
        make_decision(session, task, mai, clock)
        _gone(session, task, clock)
        again = make_crawl(session, clock)
        (result,) = sight(session, [found("1")], crawl=again, country="VN", clock=clock)
        assert result.came_back
        for _ in range(2):
            hear_back(session, PLATFORM, clock=clock)
        before, relisted = sorted(_tasks(session, task.listing_id))
        assert before < RELISTED_PRIORITY == relisted
        back = session.scalars(select(ReviewTask).where(ReviewTask.why == "relisted")).one()
        make_decision(session, back, mai, clock)
        hear_back(session, PLATFORM, clock=clock)
        assert len(_tasks(session, task.listing_id)) == 2


def test_a_listing_met_in_the_lists_but_not_read_is_not_delisted(store: Store, clock) -> None:
    site = type(SITE)(**{**vars(SITE), "lists": Lists(start=("/",), are_complete=True)})
    with store.write() as session:
        listings = [make_task(session, clock, str(n)).listing for n in (1, 2)]
        next_day(clock)
        walk = make_crawl(session, clock)
        walk.lists_complete = True
        note_listed(session, PLATFORM, ["1"], clock.now())
        session.expire_all()
        assert _absent(session, site, listings) == {listings[1].id}


@pytest.mark.parametrize(
    ("ending", "hours", "resumed"),
    [(Ending.STOPPED, 2, True), (Ending.STOPPED, 48, False), (Ending.FINISHED, 2, False)],
)
def test_a_stopped_crawl_goes_on_next_time(
    store: Store, tmp_path: Path, ending, hours, resumed
) -> None:
    now = store.clock().now()
    with store.write() as session:
        crawl = make_crawl(session, store.clock())
        crawl.started_at = now - timedelta(hours=hours)
        end_crawl(crawl, ending, "", now)
    house = House(tmp_path, "", store)
    found_open = _left_open(house, PLATFORM, CrawlKind.LISTINGS)
    assert found_open == (crawl.id if resumed else None)


def test_crawls_leave_a_fifth_of_the_budget_to_rechecks(store: Store, clock, tmp_path) -> None:
    house = House(tmp_path, "", store)

    def spend(kind: CrawlKind, requests: int) -> None:
        with store.write() as session:
            crawl = start_crawl(session, PLATFORM, kind, "test", store.clock().now())
            crawl.requests = requests

    def left(kind: CrawlKind) -> int:
        return _requests_left(house, PLATFORM, kind, store.clock())

    with store.write() as session:
        watch_of(session, PLATFORM, clock.now()).daily_requests = 100
    assert (left(CrawlKind.LISTINGS), left(CrawlKind.RECHECK)) == (80, 100)
    spend(CrawlKind.LISTINGS, 80)
    assert (left(CrawlKind.LISTINGS), left(CrawlKind.RECHECK)) == (0, 20)
    spend(CrawlKind.RECHECK, 20)
    assert (left(CrawlKind.LISTINGS), left(CrawlKind.RECHECK)) == (0, 0)
