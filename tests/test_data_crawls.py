"""How a run ended, what that means, and from which runs that is learned."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.base import ManualClock
from data.crawls import (
    ENDING_MEANING,
    STATE_MEANING,
    STATE_OF,
    Crawl,
    CrawlKind,
    Ending,
    RunState,
    accept,
    comparable,
    end_crawl,
    start_crawl,
    teaching,
)
from data.store import Store
from tests.makers import PLATFORM

FIELDS = {"title": 1.0, "price": 1.0}


def one_run(
    session: Session,
    clock: ManualClock,
    *,
    seen: int = 120,
    ending: Ending = Ending.FINISHED,
    kind: CrawlKind = CrawlKind.LISTINGS,
    platform: str = PLATFORM,
    coverage: dict[str, float] | None = None,
) -> Crawl:
    crawl = start_crawl(session, platform, kind, "test", clock.now())
    clock.advance(timedelta(hours=1))
    crawl.listings_seen, crawl.coverage = seen, coverage or FIELDS
    crawl.answers, crawl.answer_bytes = seen + 5, 40_000
    end_crawl(crawl, ending, "Read it.", clock.now())
    session.flush()
    return crawl


def test_every_ending_and_state_has_one_line_of_meaning() -> None:
    assert set(ENDING_MEANING) == set(Ending)
    assert set(STATE_MEANING) == set(RunState)
    assert set(STATE_OF) == set(Ending) - {Ending.STOPPED}
    unreached = set(RunState) - set(STATE_OF.values())
    assert unreached == {RunState.DEGRADED, RunState.MISSED}


@pytest.mark.parametrize("ending", list(STATE_OF))
def test_an_ending_gives_its_state(store: Store, clock: ManualClock, ending: Ending) -> None:
    with store.write() as session:
        assert one_run(session, clock, ending=ending).state is STATE_OF[ending]


def test_a_stopped_run_is_not_over(store: Store, clock: ManualClock) -> None:
    with store.write() as session:
        assert one_run(session, clock, ending=Ending.STOPPED).state is None


def test_a_drop_makes_a_run_degraded_and_a_fall_to_nothing_broken(
    store: Store, clock: ManualClock
) -> None:
    with store.write() as session:
        for _ in range(5):
            one_run(session, clock)
        less = one_run(session, clock, seen=40)
        assert less.state is RunState.DEGRADED
        assert less.cause == (
            "Compared with the last 5 good runs, listings fell from about 120 to 40. Read it."
        )
        assert one_run(session, clock, seen=3).state is RunState.BROKEN
        price = one_run(session, clock, coverage={"title": 1.0, "price": 0.1})
        assert price.state is RunState.DEGRADED
        assert "price was found on 10 % of listings instead of 100 %" in price.cause
        assert one_run(session, clock).state is RunState.OK


def test_a_platform_that_keeps_us_waiting_is_degraded_where_runs_used_to_end_in_time(
    store: Store, clock: ManualClock
) -> None:
    with store.write() as session:
        for _ in range(5):
            slow = one_run(session, clock, seen=5, ending=Ending.TIME_SPENT)
            assert slow.state is RunState.BUDGET_SPENT  # nothing else is known of it
        for _ in range(5):
            one_run(session, clock)
        slow = one_run(session, clock, seen=5, ending=Ending.TIME_SPENT)
        assert slow.state is RunState.DEGRADED
        assert "listings fell from about 120 to 5" in slow.cause


def test_a_platform_that_stays_broken_never_passes_for_well(
    store: Store, clock: ManualClock
) -> None:
    with store.write() as session:
        for _ in range(5):
            one_run(session, clock)
        states = {one_run(session, clock, seen=40).state for _ in range(20)}
        assert states == {RunState.DEGRADED}


def test_a_person_accepts_a_smaller_platform(store: Store, clock: ManualClock) -> None:
    with store.write() as session:
        for _ in range(6):
            one_run(session, clock)
        accept(one_run(session, clock, seen=40), "person:1")
        assert len(comparable(session, PLATFORM, CrawlKind.LISTINGS)) == 1
        for _ in range(4):
            assert one_run(session, clock, seen=41).state is RunState.OK
        assert one_run(session, clock, seen=10).state is RunState.DEGRADED


def test_only_whole_good_runs_of_the_same_platform_and_kind_teach(
    store: Store, clock: ManualClock
) -> None:
    with store.write() as session:
        one_run(session, clock, ending=Ending.BLOCKED)
        one_run(session, clock, ending=Ending.LIMIT_REACHED)
        one_run(session, clock, ending=Ending.BUDGET_SPENT)
        one_run(session, clock, kind=CrawlKind.RECHECK)
        one_run(session, clock, platform="other")
        assert comparable(session, PLATFORM, CrawlKind.LISTINGS) == []
        kept = one_run(session, clock)
        assert len(comparable(session, PLATFORM, CrawlKind.LISTINGS)) == 1
        assert list(comparable(session, PLATFORM, CrawlKind.LISTINGS, kept.id)) == []


def test_a_run_cut_short_is_judged_by_what_it_read_not_by_how_much(
    store: Store, clock: ManualClock
) -> None:
    with store.write() as session:
        for _ in range(5):
            one_run(session, clock)
        cut = one_run(session, clock, seen=10, ending=Ending.BUDGET_SPENT)
        assert cut.state is RunState.BUDGET_SPENT
        bare = {"title": 1.0, "price": 0.0}
        cut = one_run(session, clock, seen=10, ending=Ending.BUDGET_SPENT, coverage=bare)
        assert cut.state is RunState.DEGRADED


def test_a_recheck_is_not_judged_by_how_many_were_due(store: Store, clock: ManualClock) -> None:
    with store.write() as session:
        for _ in range(5):
            one_run(session, clock, kind=CrawlKind.RECHECK)
        assert one_run(session, clock, seen=1, kind=CrawlKind.RECHECK).state is RunState.OK


def test_loaded_runs_teach_what_a_question_would(store: Store, clock: ManualClock) -> None:
    with store.write() as session:
        for seen, ending in ((120, Ending.FINISHED), (30, Ending.FINISHED), (0, Ending.BLOCKED)):
            for _ in range(6):
                one_run(session, clock, seen=seen, ending=ending)
        for accepted in (False, True):
            if accepted:
                accept(one_run(session, clock, seen=30), "person:1")
                one_run(session, clock, seen=31)
            session.flush()
            loaded = list(session.scalars(select(Crawl).order_by(Crawl.id.desc())))
            asked = comparable(session, PLATFORM, CrawlKind.LISTINGS)
            assert list(teaching(loaded)) == list(asked)
            assert len(asked) == (2 if accepted else 6)
