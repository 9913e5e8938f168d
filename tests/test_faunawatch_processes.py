"""Real processes that are killed or started twice: nothing committed is lost, nothing doubled."""

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from subprocess import Popen

import pytest
from sqlalchemy import func, select, update

from data.base import SystemClock
from data.crawls import Crawl, CrawlKind, Ending
from data.jobs import Job, JobKind, JobState, Lease, ask
from data.listings import Listing, Sighting
from data.store import Store
from data.watches import Watch
from tests.classified.site import PLATFORM, Site, copy_site, make_site, served
from tests.classified.team import Team, until

pytestmark = pytest.mark.slow
SOME = 60
SLOW_S = 0.15


@pytest.fixture(scope="module")
def small_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with a few listings, made once."""
    return make_site(tmp_path_factory.mktemp("classified") / "made", SOME)


@pytest.fixture
def slow_site(small_site: Path, tmp_path: Path) -> Iterator[Site]:
    """A site that takes its time, so that a crawl can be killed half-way."""
    with served(copy_site(small_site, tmp_path / "site"), delay=SLOW_S) as site:
        yield site


@pytest.fixture
def team(store_url: str, tmp_path: Path, slow_site: Site) -> Team:
    """A team that may crawl the site."""
    home = tmp_path / "home"
    slow_site.write_platform(home)
    team = Team(home, store_url)
    team.run("settings", "set", "contact-email", "watch@example.org")
    return team


def _sighted(store: Store) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(Sighting)) or 0


def _half_way(store: Store) -> bool:
    return _sighted(store) >= SOME / 4


def _crawls(store: Store) -> list[Crawl]:
    with store.read() as session:
        return list(session.scalars(select(Crawl).order_by(Crawl.id)))


def _jobs(store: Store) -> list[Job]:
    with store.read() as session:
        return list(session.scalars(select(Job).where(Job.kind == JobKind.CRAWL).order_by(Job.id)))


def _ids_by_crawl(store: Store) -> dict[int | None, list[str]]:
    query = select(Sighting.crawl_id, Listing.external_id).join(Listing)
    found: dict[int | None, list[str]] = {}
    with store.read() as session:
        for crawl_id, external_id in session.execute(query):
            found.setdefault(crawl_id, []).append(external_id)
    return found


def _kill(process: Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_a_crawl_killed_half_way_is_resumed(team, store, slow_site):
    with team.started("crawl", PLATFORM) as crawl:
        until(lambda: _half_way(store), crawl)
        _kill(crawl)
    kept = _ids_by_crawl(store)
    assert 0 < _sighted(store) < SOME, "it was not killed half-way"

    team.run("crawl", PLATFORM)

    (only,) = _crawls(store)
    assert only.kind is CrawlKind.LISTINGS
    assert only.ending is Ending.FINISHED
    seen = _ids_by_crawl(store)[only.id]
    assert sorted(seen) == sorted(slow_site.shown()), "lost, doubled or unread listings"
    assert set(kept[only.id]) <= set(seen)


def test_a_killed_worker_is_replaced_at_once(team, store, slow_site):
    with store.write() as session:
        ask(session, JobKind.CRAWL, {"platform": PLATFORM}, by="test", clock=SystemClock())
    with team.started("worker") as worker:
        until(lambda: _half_way(store), worker)
        _kill(worker)
    # No lease needs to run out: the child notices that it is alone, stops and puts its job back.
    until(lambda: _jobs(store)[0].state is JobState.QUEUED)
    (stopped,) = _crawls(store)
    assert stopped.ending is Ending.STOPPED
    kept = _ids_by_crawl(store)[stopped.id]
    assert 0 < len(kept) < SOME, "it was not killed half-way"

    with team.started("worker"):
        until(lambda: _jobs(store)[0].state is JobState.DONE)

    by_crawl = _ids_by_crawl(store)
    assert set(kept) <= set(by_crawl[stopped.id])
    last = _crawls(store)[-1]
    assert last.ending is Ending.FINISHED
    assert len(_jobs(store)) == 1
    for seen in by_crawl.values():
        assert len(seen) == len(set(seen)), "a listing was sighted twice in one crawl"
    assert set().union(*by_crawl.values()) == set(slow_site.shown())


def _crawl_process(worker: Popen[bytes]) -> int:
    """Return the process of the crawl that a worker has started."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == worker.pid and b"run-job" in command:
            return int(folder.name)
    raise AssertionError("the worker has no crawl under way")


def test_a_crawl_killed_under_its_worker_goes_on_after_a_pause(team, store, slow_site):
    with store.write() as session:
        ask(session, JobKind.CRAWL, {"platform": PLATFORM}, by="test", clock=SystemClock())
    with team.started("worker") as worker:
        until(lambda: _half_way(store), worker)
        os.kill(_crawl_process(worker), signal.SIGKILL)
        until(lambda: _jobs(store)[0].state is JobState.QUEUED, worker)
        kept, (job,) = _sighted(store), _jobs(store)
        assert 0 < kept < SOME, "it was not killed half-way"
        assert job.not_before is not None
        assert job.not_before > datetime.now(UTC), "it begins again at once, and again, and again"
        assert "ended with code -9" in job.error
        with store.write() as session:
            session.get_one(Job, job.id).not_before = None  # the pause is over
        until(lambda: _jobs(store)[0].state is JobState.DONE, worker)
    (only,) = _crawls(store)
    assert only.ending is Ending.FINISHED
    assert sorted(_ids_by_crawl(store)[only.id]) == sorted(slow_site.shown())


def test_everything_killed_at_once_loses_nothing_and_does_nothing_twice(team, store, slow_site):
    team.run("platform", "enable", PLATFORM, "--every", "1d")
    with team.started("schedule") as schedule, team.started("worker") as worker:
        until(lambda: _half_way(store), worker)
        os.kill(_crawl_process(worker), signal.SIGKILL)
        _kill(worker)
        _kill(schedule)
    assert 0 < _sighted(store) < SOME, "it was not killed half-way"
    with store.write() as session:  # the leases run out
        long_ago = datetime(2026, 1, 1, tzinfo=UTC)
        session.execute(update(Lease).values(until=long_ago))
        session.execute(
            update(Job).where(Job.leased_until.is_not(None)).values(leased_until=long_ago)
        )
    with team.started("schedule") as schedule, team.started("worker") as worker:
        until(lambda: _jobs(store)[0].state is JobState.DONE, worker)
        until(lambda: _holder(store).endswith(f":{schedule.pid}"), schedule)
    assert len(_jobs(store)) == 1
    (only,) = _crawls(store)
    assert only.ending is Ending.FINISHED
    assert sorted(_ids_by_crawl(store)[only.id]) == sorted(slow_site.shown())


def _holder(store: Store) -> str:
    with store.read() as session:
        return session.scalar(select(Lease.holder).where(Lease.name == "schedule")) or ""


def _watch(store: Store) -> Watch:
    with store.read() as session:
        return session.scalars(select(Watch).where(Watch.platform_id == PLATFORM)).one()


def test_two_schedulers_enqueue_a_due_crawl_once(team, store):
    team.run("platform", "enable", PLATFORM, "--every", "1d")
    with team.started("schedule") as first, team.started("schedule") as second:
        until(lambda: _jobs(store))
        asked_at = _watch(store).last_enqueued_at
        by_pid = {f":{one.pid}": one for one in (first, second)}
        (held,) = [one for end, one in by_pid.items() if _holder(store).endswith(end)]
        held.terminate()
        held.wait()
        (other,) = {first, second} - {held}
        until(lambda: _holder(store).endswith(f":{other.pid}"))
    assert len(_jobs(store)) == 1
    assert _watch(store).last_enqueued_at == asked_at
