"""What follows from how a run ended: when it goes on, when it is tried again, and who rests."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from data.breakers import BreakerMark, BreakerState, MarkKind, breaker_of, close_by_hand
from data.crawls import CrawlKind, Ending, end_crawl, start_crawl
from data.jobs import Job, JobKind, JobState, ask, claim
from data.store import Store
from data.watches import Watch, watch_of
from faunawatch import running
from faunawatch.house import House
from faunawatch.limiting import Interrupted, end_probe, goes_on_at, limits_of, note_wait
from faunawatch.running import run_claimed
from faunawatch.sweeping import ASKED_BY

HOUR = timedelta(hours=1)


def _watch(store: Store, clock, **columns) -> None:
    with store.write() as session:
        watch = watch_of(session, "a", clock.now())
        for name, value in columns.items():
            setattr(watch, name, value)


def test_a_run_keeps_to_the_platforms_own_limits_and_hours(store, clock, tmp_path) -> None:
    _watch(store, clock, most_minutes=30, most_mb=300, quiet_from="14:00", quiet_to="15:00")
    limits = limits_of(store, tmp_path, "a", ASKED_BY, clock)
    assert (limits.seconds, limits.megabytes, limits.disk) == (1800, 300, tmp_path)
    assert limits.until == clock.now() + 2 * HOUR
    assert limits_of(store, tmp_path, "a", "person:1", clock).until is None


def test_a_run_stopped_by_quiet_hours_goes_on_after_them(store, clock) -> None:
    _watch(store, clock, quiet_from="11:00", quiet_to="15:00")
    at = goes_on_at(store, "a", clock)
    assert at is not None
    assert abs(at - datetime.now(UTC) - 3 * HOUR) < timedelta(minutes=1)
    clock.advance(3 * HOUR)
    assert goes_on_at(store, "a", clock) is None


def test_a_wait_the_platform_asked_for_becomes_a_rest(store, clock) -> None:
    note_wait(store, "a", 0.0, clock)
    note_wait(store, "a", 7200.0, clock)
    with store.read() as session:
        (mark,) = session.scalars(select(BreakerMark)).all()
        assert (mark.kind, mark.until) == (MarkKind.ASKED_TO_WAIT, clock.now() + 2 * HOUR)
        assert breaker_of(session, "a", clock.now()).state is BreakerState.RESTING


@pytest.mark.parametrize(("ending", "due_now"), [(Ending.FINISHED, True), (Ending.BLOCKED, False)])
def test_after_a_good_probe_the_whole_run_is_due(store, clock, ending, due_now) -> None:
    _watch(store, clock, next_run_at=clock.now() + 9 * HOUR)
    with store.write() as session:
        for one in (Ending.BLOCKED,) * 3 + (ending,):
            crawl = start_crawl(session, "a", CrawlKind.LISTINGS, "test", clock.now())
            end_crawl(crawl, one, "", clock.now())
    end_probe(store, "a", clock)
    with store.read() as session:
        assert (session.get_one(Watch, "a").next_run_at == clock.now()) is due_now
    with store.write() as session:
        close_by_hand(session, "a", by="test", clock=clock)


def _claimed(store: Store, clock) -> int:
    with store.write() as session:
        ask(session, JobKind.CRAWL, {"platform": "a"}, by="test", clock=clock)
        job = claim(session, "w", datetime.now(UTC))
        assert job is not None
        return job.id


@pytest.mark.parametrize(
    ("ending", "state"), [("unreachable", JobState.QUEUED), ("blocked", JobState.DONE)]
)
def test_a_platform_that_did_not_answer_is_tried_again_soon_a_wall_is_not(
    store, clock, tmp_path: Path, monkeypatch, ending, state
) -> None:
    job_id = _claimed(store, clock)
    result = {"ending": ending, "cause": "nothing answers there"}
    monkeypatch.setattr(running, "do_job", lambda _house, _job: result)
    run_claimed(House(tmp_path, "", store), job_id, "w")
    with store.read() as session:
        job = session.get_one(Job, job_id)
        assert (job.state, job.attempts) == (state, 1)
        assert (job.not_before is not None) is (state is JobState.QUEUED)


def test_a_run_stopped_until_later_waits_that_long(store, clock, tmp_path, monkeypatch) -> None:
    job_id, later = _claimed(store, clock), datetime(2036, 1, 1, tzinfo=UTC)

    def stopped(_house: House, _job: Job) -> dict[str, object]:
        raise Interrupted("quiet hours began", later)

    monkeypatch.setattr(running, "do_job", stopped)
    with pytest.raises(Interrupted):
        run_claimed(House(tmp_path, "", store), job_id, "w")
    with store.read() as session:
        job = session.get_one(Job, job_id)
        assert (job.state, job.not_before, job.attempts) == (JobState.QUEUED, later, 0)
