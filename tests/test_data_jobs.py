"""Jobs: one lane at a time, leases, retries, and one scheduler however many are started."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from data.jobs import (
    LEASE,
    MAX_ATTEMPTS,
    AlreadyRunning,
    Job,
    JobKind,
    JobState,
    ask,
    claim,
    drop_lease,
    finish,
    give_back,
    put_back,
    renew,
    start_now,
    take_lease,
    tidy_jobs,
)
from data.store import Store

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def _ask(store: Store, clock, platform: str = "a", kind: JobKind = JobKind.CRAWL) -> int:
    with store.write() as session:
        return ask(session, kind, {"platform": platform}, by="test", clock=clock).id


def _claim(store: Store, worker: str, now: datetime = NOW) -> int | None:
    with store.write() as session:
        job = claim(session, worker, now)
        return None if job is None else job.id


def test_the_same_job_waits_once(store: Store, clock) -> None:
    assert _ask(store, clock) == _ask(store, clock)


def test_one_platform_is_visited_by_one_job_at_a_time(store: Store, clock) -> None:
    crawl, recheck = _ask(store, clock), _ask(store, clock, kind=JobKind.RECHECK)
    elsewhere = _ask(store, clock, "b")
    assert [_claim(store, "w"), _claim(store, "w"), _claim(store, "w")] == [crawl, elsewhere, None]
    with store.write() as session:
        finish(session, crawl, "w", {}, NOW)
    assert _claim(store, "w") == recheck


def test_a_dead_worker_loses_its_job_after_the_lease(store: Store, clock) -> None:
    job = _ask(store, clock)
    assert _claim(store, "dead") == job
    assert _claim(store, "next", NOW + LEASE - timedelta(seconds=1)) is None
    assert _claim(store, "next", NOW + LEASE + timedelta(seconds=1)) == job
    with store.write() as session:
        assert not renew(session, job, "dead", NOW)
        finish(session, job, "dead", {"lie": True}, NOW)
        assert session.get_one(Job, job).state is JobState.RUNNING


def test_a_failing_job_is_tried_three_times(store: Store, clock) -> None:
    job = _ask(store, clock)
    now, pauses = NOW, []
    for _ in range(MAX_ATTEMPTS):
        assert _claim(store, "w", now) == job
        with store.write() as session:
            give_back(session, job, "w", "broke", now)
            not_before = session.get_one(Job, job).not_before
        if not_before is not None:
            assert _claim(store, "w", not_before - timedelta(seconds=1)) is None, "no pause"
            pauses.append(not_before - now)
            now = not_before
    assert [round(pause / timedelta(minutes=1.12)) for pause in pauses] == [1, 5]
    assert _claim(store, "w", now + timedelta(days=9)) is None
    with store.read() as session:
        assert session.get_one(Job, job).state is JobState.FAILED


def test_shutting_down_is_not_a_failed_attempt(store: Store, clock) -> None:
    job = _ask(store, clock)
    for _ in range(MAX_ATTEMPTS + 2):
        assert _claim(store, "w") == job
        with store.write() as session:
            put_back(session, job, "w")
    with store.read() as session:
        assert session.get_one(Job, job).attempts == 0


def test_a_command_line_run_takes_the_lane(store: Store, clock) -> None:
    with store.write() as session:
        start_now(session, JobKind.CRAWL, {"platform": "a"}, by="cli:me", now=NOW)
    _ask(store, clock)
    assert _claim(store, "w") is None
    with pytest.raises(AlreadyRunning, match="platform:a"), store.write() as session:
        start_now(session, JobKind.RECHECK, {"platform": "a"}, by="cli:me", now=NOW)


def test_eight_workers_never_share_a_job(store: Store, clock) -> None:
    jobs = {_ask(store, clock, f"p{number}") for number in range(24)}

    def work(name: str) -> list[int]:
        mine: list[int] = []
        for _ in range(200):
            taken = _claim(store, name)
            if taken is not None:
                mine.append(taken)
            elif mine and not _any_left(store):
                break
        return mine

    with ThreadPoolExecutor(8) as pool:
        taken = [job for mine in pool.map(work, [f"w{n}" for n in range(8)]) for job in mine]
    assert sorted(taken) == sorted(jobs)


def _any_left(store: Store) -> bool:
    with store.read() as session:
        return session.query(Job).filter(Job.state == JobState.QUEUED).count() > 0


def test_one_of_many_schedulers_holds_the_lease(store: Store) -> None:
    with store.write() as session:
        assert take_lease(session, "schedule", "one", NOW)
        assert not take_lease(session, "schedule", "two", NOW)
        assert take_lease(session, "schedule", "one", NOW + timedelta(seconds=60))
        assert take_lease(session, "schedule", "two", NOW + timedelta(seconds=60) + LEASE * 2)
        drop_lease(session, "schedule", "two")
        assert take_lease(session, "schedule", "three", NOW)


def test_a_job_that_ends_every_process_it_gets_is_given_up(store: Store, clock) -> None:
    job, now = _ask(store, clock), NOW
    for _ in range(MAX_ATTEMPTS):
        assert _claim(store, "w", now) == job
        now += LEASE + timedelta(seconds=1)
    assert _claim(store, "w", now) is None, "it would end one process after the other for ever"
    with store.write() as session:
        tidy_jobs(session, now)
        found = session.get_one(Job, job)
        assert found.state is JobState.FAILED
        assert "each process it was given" in found.error


@pytest.mark.parametrize("back", [timedelta(minutes=5), timedelta(days=400)])
def test_a_clock_set_back_keeps_no_lease_for_ever(store: Store, clock, back) -> None:
    job, wrong = _ask(store, clock), NOW + back
    with store.write() as session:
        assert take_lease(session, "schedule", "dead", wrong)
    assert _claim(store, "dead", wrong) == job
    with store.write() as session:
        assert not take_lease(session, "schedule", "next", NOW), "it may yet live"
        tidy_jobs(session, NOW)
    assert _claim(store, "next", NOW) is None, "it may yet live"
    later = NOW + LEASE + timedelta(seconds=1)
    with store.write() as session:
        assert take_lease(session, "schedule", "next", later)
    assert _claim(store, "next", later) == job


def test_a_pause_given_by_a_wrong_clock_is_cut(store: Store, clock) -> None:
    job = _ask(store, clock)
    assert _claim(store, "w") == job
    with store.write() as session:
        put_back(session, job, "w", not_before=NOW + timedelta(days=3650))
        tidy_jobs(session, NOW)
    assert _claim(store, "w", NOW + timedelta(hours=23)) is None
    assert _claim(store, "w", NOW + timedelta(hours=25)) == job


def test_kinds_that_may_not_be_begun_are_left_waiting(store: Store, clock) -> None:
    crawl, score = _ask(store, clock), _ask(store, clock, "b", JobKind.SCORE)
    with store.write() as session:
        job = claim(session, "w", NOW, but=(JobKind.CRAWL, JobKind.RECHECK))
        assert job is not None
        assert job.id == score
        assert claim(session, "w", NOW, but=(JobKind.CRAWL,)) is None
    assert _claim(store, "w") == crawl
