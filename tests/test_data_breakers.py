"""The breaker follows from how runs ended: rests grow, one run tries, a good one closes it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.breakers import (
    FAILED,
    FAILURES,
    LONGEST_REST,
    BreakerState,
    Run,
    asked_to_wait,
    breaker_of,
    close_by_hand,
    fold,
)
from data.crawls import CrawlKind, Ending, end_crawl, start_crawl
from data.store import Store

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GOOD, BAD = Ending.FINISHED, Ending.BLOCKED


def _runs(*endings: Ending) -> list[Run]:
    return [Run(NOON + number * HOUR, one, "why") for number, one in enumerate(endings)]


@pytest.mark.parametrize(
    ("endings", "state"),
    [
        ((), BreakerState.CLOSED),
        ((BAD, BAD), BreakerState.CLOSED),
        ((BAD, BAD, BAD), BreakerState.RESTING),
        ((BAD, BAD, GOOD, BAD), BreakerState.CLOSED),
        ((BAD, BAD, BAD, GOOD), BreakerState.CLOSED),
        ((BAD, Ending.STOPPED, BAD, Ending.DISK_FULL, BAD), BreakerState.RESTING),
        ((BAD, BAD, Ending.MEMORY_SPENT), BreakerState.CLOSED),
        ((Ending.UNREACHABLE, Ending.LOGIN_WALL, Ending.LAYOUT_CHANGED), BreakerState.RESTING),
    ],
)
def test_states_follow_from_endings(endings, state) -> None:
    runs = _runs(*endings)
    now = runs[-1].ended_at if runs else NOON
    assert fold("a", runs, None, now).state is state


def test_every_ending_is_a_failure_good_or_says_nothing() -> None:
    for ending in Ending:
        after = fold("a", _runs(BAD, BAD, ending), None, NOON)
        assert after.failures == {True: 3, False: after.failures}[ending in FAILED]
        assert after.failures in {0, 2, 3}


def test_rests_grow_to_a_week_and_a_probe_comes_after_each() -> None:
    rests, runs, now = [], [], NOON
    for _ in range(12):
        runs.append(Run(now, BAD, "captcha"))
        breaker = fold("a", runs, None, now)
        if breaker.state is BreakerState.CLOSED:
            continue
        assert breaker.rests_until is not None
        assert fold("a", runs, None, breaker.rests_until).state is BreakerState.PROBING
        rests.append(breaker.rests_until - now)
        now = breaker.rests_until
    assert rests == sorted(rests)
    assert 6 * HOUR <= rests[0] < 7 * HOUR
    assert LONGEST_REST <= rests[-1] < LONGEST_REST * 1.1
    assert "captcha" in fold("a", runs, None, now).words


@given(st.lists(st.sampled_from(list(Ending)), max_size=30), st.integers(-100, 1000))
def test_a_platform_never_rests_longer_than_a_little_over_a_week(endings, hours) -> None:
    """Not even when the clock was set back and its runs lie in the future."""
    now = NOON + hours * HOUR
    breaker = fold("a", _runs(*endings), None, now)
    assert (breaker.state is BreakerState.CLOSED) == (breaker.failures < FAILURES)
    if breaker.rests_until is not None:
        assert breaker.rests_until <= now + LONGEST_REST * 1.1


def _run(store: Store, clock, ending: Ending, kind: CrawlKind = CrawlKind.LISTINGS) -> None:
    with store.write() as session:
        crawl = start_crawl(session, "a", kind, "test", clock.now())
        clock.advance(HOUR / 2)
        end_crawl(crawl, ending, "the platform refuses us", clock.now())
    clock.advance(HOUR / 2)


def _state(store: Store, clock) -> BreakerState:
    with store.read() as session:
        return breaker_of(session, "a", clock.now()).state


def test_rechecks_and_crawls_count_alike_and_checks_do_not(store: Store, clock) -> None:
    for kind in (CrawlKind.LISTINGS, CrawlKind.CHECK, CrawlKind.RECHECK):
        _run(store, clock, BAD, kind)
    assert _state(store, clock) is BreakerState.CLOSED
    _run(store, clock, BAD)
    assert _state(store, clock) is BreakerState.RESTING
    clock.advance(7 * HOUR)
    assert _state(store, clock) is BreakerState.PROBING
    _run(store, clock, GOOD)
    assert _state(store, clock) is BreakerState.CLOSED


def test_a_person_closes_it_before_it_has_rested(store: Store, clock) -> None:
    for _ in range(5):
        _run(store, clock, BAD)
    assert _state(store, clock) is BreakerState.RESTING
    with store.write() as session:
        close_by_hand(session, "a", by="cli:mai", clock=clock)
    assert _state(store, clock) is BreakerState.CLOSED
    clock.advance(HOUR)
    _run(store, clock, BAD)
    assert _state(store, clock) is BreakerState.CLOSED, "what failed before is forgotten"


def test_a_wait_the_platform_asked_for_is_kept_and_a_week_at_most(store: Store, clock) -> None:
    with store.write() as session:
        asked_to_wait(session, "a", timedelta(days=3650), clock=clock)
    assert _state(store, clock) is BreakerState.RESTING
    clock.advance(7 * DAY)
    assert _state(store, clock) is BreakerState.CLOSED
