"""What is due is asked for once, whatever was off, slow, resting, quiet or set back meanwhile."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from data.breakers import close_by_hand
from data.crawls import Crawl, CrawlKind, Ending, end_crawl, start_crawl
from data.jobs import Job, JobKind, JobState, ask, claim, finish
from data.store import Store
from data.watches import MissCause, MissedRun, Watch, watch_of
from faunawatch.due import Plan, due_between
from faunawatch.schedule import SWEEP_SECONDS, ClockWatch, tick
from faunawatch.sweeping import AT_ONCE, PROBE_LISTINGS, sweep
from tests.makers import make_listing

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def _watch(store: Store, clock, platform: str = "a", **columns) -> Plan:
    with store.write() as session:
        watch = watch_of(session, platform, clock.now())
        watch.enabled, watch.jitter_minutes = True, 0
        for name, value in columns.items():
            setattr(watch, name, value)
        return Plan.of(watch)


def _sweep(store: Store, clock) -> list[str]:
    with store.write() as session:
        return sweep(session, clock)


def _work(store: Store, clock, ending: Ending = Ending.FINISHED) -> bool:
    """Do what waits, as a worker would: a run of its own that ends at once."""
    with store.write() as session:
        job = claim(session, "w", clock.now())
        if job is None:
            return False
        kind = CrawlKind.LISTINGS if job.kind is JobKind.CRAWL else CrawlKind.RECHECK
        crawl = start_crawl(session, job.arguments["platform"], kind, "schedule", clock.now())
        end_crawl(crawl, ending, "as the test has it", clock.now())
        finish(session, job.id, "w", {}, clock.now())
        return True


def _missed(store: Store) -> list[tuple[int, MissCause]]:
    with store.read() as session:
        rows = session.scalars(select(MissedRun).order_by(MissedRun.id))
        return [(row.runs, row.cause) for row in rows]


def _runs(store: Store) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(Crawl)) or 0


def _due_at(store: Store, platform: str = "a") -> datetime | None:
    with store.read() as session:
        return session.get_one(Watch, platform).next_run_at


def test_a_week_off_is_made_good_by_one_run_and_six_are_recorded_as_missed(store, clock) -> None:
    _watch(store, clock, next_run_at=clock.now() + HOUR, anchor_at=clock.now() + HOUR)
    clock.advance(6 * DAY + 2 * HOUR)
    assert [_sweep(store, clock), _work(store, clock), _sweep(store, clock)] == [
        ["crawl a"],
        True,
        [],
    ]
    assert _missed(store) == [(6, MissCause.OFF)]
    with store.read() as session:
        words = session.scalars(select(MissedRun.words)).one()
    assert words.startswith("6 missed, due 2026-11-01 13:00 to 2026-11-06 13:00 UTC. Nothing kept")
    assert _due_at(store) == clock.now() + 23 * HOUR


def test_a_scheduler_a_second_or_an_hour_late_skips_nothing(store, clock) -> None:
    _watch(store, clock, next_run_at=clock.now(), anchor_at=clock.now())
    for late in (timedelta(seconds=1), HOUR, 20 * HOUR):
        clock.advance(late)
        assert _sweep(store, clock) == ["crawl a"]
        assert _work(store, clock)
        clock.advance(DAY - late)
    assert _missed(store) == []


@pytest.mark.parametrize("seed", range(4))
def test_each_moment_is_run_or_recorded_as_missed_just_once(store, clock, seed) -> None:
    """Schedulers and workers that come and go: runs and misses add up to what was planned."""
    draw, begun = random.Random(seed), clock.now()
    plan = _watch(
        store,
        clock,
        next_run_at=clock.now() + HOUR,
        anchor_at=clock.now() + HOUR,
        every_minutes=draw.choice([180, 720, 1440]),
        jitter_minutes=draw.choice([0, 30]),
    )
    plan_at = _due_at(store)
    assert plan_at is not None
    with store.write() as session:
        first = due_between(Plan.of(session.get_one(Watch, "a")), begun, begun + 3 * DAY)[0]
        session.get_one(Watch, "a").next_run_at = first
    for _ in range(60):
        clock.advance(timedelta(minutes=draw.choice([1, 1, 7, 60, 400, 3000])))
        if draw.random() < 0.8:
            _sweep(store, clock)
        if draw.random() < 0.7:
            _work(store, clock)
    _sweep(store, clock)
    while _work(store, clock):
        _sweep(store, clock)
    planned = len(due_between(plan, begun, clock.now()))
    missed = sum(runs for runs, _ in _missed(store))
    assert _runs(store) + missed == planned


def test_a_crawl_that_no_worker_took_waits_and_then_counts_for_all(store, clock) -> None:
    _watch(store, clock, next_run_at=clock.now(), anchor_at=clock.now())
    assert _sweep(store, clock) == ["crawl a"]
    for _ in range(5):
        clock.advance(DAY)
        assert _sweep(store, clock) == []
    with store.write() as session:
        assert claim(session, "w", clock.now()) is not None
    assert _sweep(store, clock) == []
    assert _missed(store) == [(5, MissCause.BUSY)]
    clock.advance(DAY + timedelta(seconds=SWEEP_SECONDS))
    assert _sweep(store, clock) == []
    assert _missed(store) == [(5, MissCause.BUSY)], "the long run itself is not a miss"


def test_a_run_that_a_person_asked_for_takes_no_moment_away(store, clock) -> None:
    _watch(store, clock, next_run_at=clock.now(), anchor_at=clock.now())
    with store.write() as session:
        ask(session, JobKind.CRAWL, {"platform": "a", "limit": 5}, by="person:1", clock=clock)
    assert _sweep(store, clock) == []
    assert _work(store, clock)
    assert _sweep(store, clock) == ["crawl a"]


def test_quiet_hours_hold_crawls_and_rechecks_back(store, clock) -> None:
    zone = {"timezone": "Asia/Bangkok", "quiet_from": "18:00", "quiet_to": "21:00"}
    _watch(store, clock, "pasar-contoh", next_run_at=clock.now(), anchor_at=clock.now(), **zone)
    with store.write() as session:
        make_listing(session, clock).next_recheck_at = clock.now()
    assert _sweep(store, clock) == [], "it is 19:00 in Bangkok"
    clock.advance(2 * HOUR)
    assert _sweep(store, clock) == ["crawl pasar-contoh", "recheck pasar-contoh"]
    assert _missed(store) == []


def test_what_goes_by_in_a_pause_is_not_missed(store, clock) -> None:
    _watch(store, clock, next_run_at=clock.now() + HOUR, anchor_at=clock.now() + HOUR)
    with store.write() as session:
        session.get_one(Watch, "a").paused_until = clock.now() + 7 * DAY
    clock.advance(7 * DAY)
    assert _sweep(store, clock) == ["crawl a"]
    assert _missed(store) == []


def test_a_platform_that_fails_rests_is_tried_briefly_and_comes_back(store, clock) -> None:
    _watch(store, clock, next_run_at=clock.now(), anchor_at=clock.now())
    for _ in range(3):
        assert _sweep(store, clock) == ["crawl a"]
        assert _work(store, clock, Ending.BLOCKED)
        clock.advance(DAY)
    clock.advance(-DAY)
    with store.write() as session:
        session.get_one(Watch, "a").next_run_at = clock.now()
    assert _sweep(store, clock) == [], "it rests"
    assert _missed(store) == [(1, MissCause.RESTING)]
    rested = _due_at(store)
    assert rested is not None
    assert 6 * HOUR <= rested - clock.now() < 7 * HOUR
    clock.advance(rested - clock.now())
    assert _sweep(store, clock) == ["crawl a"]
    with store.read() as session:
        probe = session.scalars(select(Job).where(Job.state == JobState.QUEUED)).one()
    assert probe.arguments == {"platform": "a", "limit": PROBE_LISTINGS, "probe": True}
    assert _work(store, clock, Ending.FINISHED)
    clock.advance(2 * DAY)
    assert _sweep(store, clock) == ["crawl a"]


def test_a_resting_platform_is_not_rechecked_until_a_person_says_so(store, clock) -> None:
    _watch(store, clock, "pasar-contoh", enabled=False)
    with store.write() as session:
        make_listing(session, clock).next_recheck_at = clock.now()
        for _ in range(3):
            crawl = start_crawl(session, "pasar-contoh", CrawlKind.RECHECK, "t", clock.now())
            end_crawl(crawl, Ending.BLOCKED, "", clock.now())
    clock.advance(HOUR)
    assert _sweep(store, clock) == []
    with store.write() as session:
        close_by_hand(session, "pasar-contoh", by="cli:mai", clock=clock)
    assert _sweep(store, clock) == ["recheck pasar-contoh"]


@pytest.mark.parametrize("back", [timedelta(seconds=30), 3 * HOUR, DAY, 3650 * DAY])
def test_a_clock_set_back_runs_nothing_twice_and_strands_nothing(store, clock, back) -> None:
    right = clock.now()
    _watch(store, clock, next_run_at=right, anchor_at=right)
    clock.moment = right + back
    assert _sweep(store, clock) == ["crawl a"]
    assert _work(store, clock)
    clock.moment = right + timedelta(seconds=10)
    assert _sweep(store, clock) == [], "it was just run"
    clock.advance(2 * DAY)
    assert _sweep(store, clock) == ["crawl a"], "it waits for a far future"


def test_a_clock_that_jumps_ahead_makes_things_due_once(store, clock) -> None:
    _watch(store, clock, next_run_at=clock.now() + HOUR, anchor_at=clock.now() + HOUR)
    clock.advance(3650 * DAY)
    assert _sweep(store, clock) == ["crawl a"]
    assert _sweep(store, clock) == []
    assert _missed(store) == [(2000, MissCause.OFF)], "counting ends at two thousand"


def test_the_clock_is_watched_against_one_that_nobody_sets() -> None:
    wall, steady = datetime(2026, 11, 1, tzinfo=UTC), 100.0
    watch = ClockWatch(wall=lambda: wall, steady=lambda: steady)
    assert (watch.jump(), watch.is_calm) == (timedelta(0), True)
    wall, steady = wall + timedelta(seconds=5), steady + 5
    assert watch.jump() == timedelta(0)
    wall, steady = wall - DAY, steady + 5
    assert watch.jump() == -DAY - timedelta(seconds=5)
    assert not watch.is_calm
    wall, steady = wall + timedelta(seconds=130), steady + 130
    assert (watch.jump(), watch.is_calm) == (timedelta(0), True)


def test_a_thousand_due_at_once_are_asked_for_in_parts_by_one_tick(store, clock) -> None:
    many = 2 * AT_ONCE + 7
    for number in range(many):
        _watch(store, clock, f"p{number:03}", next_run_at=clock.now())
    assert len(_sweep(store, clock)) == AT_ONCE
    assert tick(store, "one")
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == many


def test_runs_whose_process_is_gone_are_ended_unless_they_go_on(store, clock) -> None:
    with store.write() as session:
        for platform in ("gone", "goes-on"):
            start_crawl(session, platform, CrawlKind.LISTINGS, "test", clock.now())
        ask(session, JobKind.CRAWL, {"platform": "goes-on"}, by="test", clock=clock)
    clock.advance(HOUR)
    _sweep(store, clock)
    with store.read() as session:
        ended = {crawl.platform_id: crawl.ending for crawl in session.scalars(select(Crawl))}
    assert ended == {"gone": Ending.CRASHED, "goes-on": None}
