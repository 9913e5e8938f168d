"""Room, pictures and purging: what may be kept, whose pictures are asked for, what is deleted."""

import hashlib
import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from data.audit import AuditRow, first_broken
from data.evidence import EvidenceFull
from data.home import PicturesOf, the_home
from data.jobs import Job, JobKind, JobState
from data.listings import Listing, Sighting, sight
from data.parts import Evidence
from data.retention import leftovers, stored_bytes
from data.store import Store
from data.tasks import queue_first
from data.watches import watch_of
from faunawatch.evidence import (
    ask_for_pictures,
    ask_for_upkeep,
    folder_with_room,
    purge_due,
    wanted_on,
)
from faunawatch.house import House
from faunawatch.team import UnknownSetting, change_setting, team_settings
from tests.cases import stored
from tests.makers import (
    NOT_INFRINGING,
    PLATFORM,
    found,
    make_crawl,
    make_decision,
    make_flag,
    make_person,
)
from tests.takedown_makers import a_sent

TOML = """
schema = 1
id = "pasar-contoh"
name = "Pasar Contoh"
base_url = "https://pasar.example/"
style = "structured"
country = "VN"
languages = ["vi"]
images = 2
[lists]
start = ["/"]
[pages]
pattern = '/item/(?P<id>\\d+)'
"""


@pytest.fixture
def house(tmp_path: Path, store: Store) -> House:
    (tmp_path / "platforms").mkdir()
    (tmp_path / "platforms" / "pasar.toml").write_text(TOML)
    return House(tmp_path, "", store)


def seen(session, house: House, clock, external_id: str, content: bytes = b"") -> Listing:
    """Sight a listing with a page of its own and two pictures named."""
    part = stored(house.evidence, clock, content or f"<h1>{external_id}</h1>".encode())
    images = tuple(f"https://pasar.example/{external_id}{which}.jpg" for which in "ab")
    one = replace(found(external_id, stored=(part,)), images=images)
    crawl = make_crawl(session, clock)
    (result,) = sight(session, [one], crawl=crawl, country="VN", clock=clock)
    for sighting in session.scalars(select(Sighting)):
        sighting.scored = True
    return session.get_one(Listing, result.listing_id)


def test_pictures_are_asked_for_after_scoring_as_the_setting_says(house: House, clock) -> None:
    with house.store.write() as session:
        flagged = seen(session, house, clock, "1")
        seen(session, house, clock, "2")
        make_flag(session, flagged, clock)
        watch_of(session, PLATFORM, clock.now())
    assert [one.listing_id for one in wanted_on(house, PLATFORM, 2)] == [flagged.id] * 2
    assert ask_for_pictures(house, by="test") == [PLATFORM]
    assert ask_for_pictures(house, by="test") == [PLATFORM]
    with house.store.read() as session:
        (job,) = session.scalars(select(Job))
        assert (job.kind, job.lane) == (JobKind.PICTURES, f"platform:{PLATFORM}")
    change_setting(house, "pictures-of", "none")
    assert ask_for_pictures(house, by="test") == []
    change_setting(house, "pictures-of", "all")
    assert len(wanted_on(house, PLATFORM, 2)) == 4
    assert team_settings(house)["pictures-of"] == PicturesOf.ALL
    with pytest.raises(UnknownSetting, match="all, flagged, none"):
        change_setting(house, "pictures-of", "some")
    with pytest.raises(UnknownSetting, match="no web address"):
        change_setting(house, "timestamp-authority", "tsa.example")


def test_nothing_is_kept_beyond_the_budget(house: House, clock) -> None:
    with house.store.write() as session:
        the_home(session).evidence_budget_mb = 1
        seen(session, house, clock, "1")
        used = stored_bytes(session)
    assert used > 0
    roomy = folder_with_room(house)
    assert roomy.room is not None
    assert roomy.room.left == 10**6 - used
    assert roomy.keep(b"small").added > 0
    assert roomy.keep(b"small").added == 0
    noise = random.Random(1).randbytes(2000)
    roomy.room.left = 1000
    with pytest.raises(EvidenceFull, match="all of the 1 MB it may hold"):
        roomy.keep(noise)
    assert not house.evidence.has(hashlib.sha256(noise).hexdigest())


def test_what_is_not_needed_goes_and_leaves_its_hash_and_reason(house: House, clock) -> None:
    shared = b"<h1>a list page that both stand on</h1>"
    with house.store.write() as session:
        never = seen(session, house, clock, "10").id
        seen(session, house, clock, "11", shared)
        make_flag(session, seen(session, house, clock, "12", shared), clock)
    assert purge_due(house, by="test").parts == 0
    later(house, clock, 31)
    done = purge_due(house, by="test")
    assert done.parts == 1
    assert done.bytes > 0
    with house.store.read() as session:
        (row,) = session.scalars(select(Evidence).where(Evidence.purged_at.is_not(None)))
        assert row.purge_reason == "never flagged, kept 30 days"
        assert session.get_one(Sighting, row.sighting_id).listing_id == never
        assert first_broken(session) is None
        assert list(session.scalars(select(AuditRow.verb)))[-1] == "evidence.purge"
        assert leftovers(session, clock.now()) == [row.sha256]
    assert not house.evidence.has(row.sha256)
    assert house.evidence.has(hashlib.sha256(shared).hexdigest())


def test_what_was_rejected_goes_half_a_year_later(house: House, clock) -> None:
    with house.store.write() as session:
        listing = seen(session, house, clock, "13")
        task = queue_first(session, make_flag(session, listing, clock), clock=clock)
        assert task is not None
        mai = make_person(session, clock)
        make_decision(session, task, mai, clock, NOT_INFRINGING)
    later(house, clock, 179)
    assert purge_due(house, by="test").parts == 0
    later(house, clock, 181)
    assert purge_due(house, by="test").parts == 1
    with house.store.read() as session:
        assert session.scalars(select(Evidence.purge_reason)).one().startswith("decided not to")


def later(house: House, clock, days: int) -> None:
    """Let the home stand so many days later."""
    with house.store.write() as session:
        the_home(session).clock_shift_s = _days_until(house, clock, days)


def _days_until(house: House, clock, days: int) -> int:
    """How far the home's clock must run ahead of the machine's to stand so many days later."""
    real = house.store.clock().now() - house.store.clock().shift
    return int((clock.now() + timedelta(days=days) - real).total_seconds())


def test_what_was_asked_to_be_removed_is_kept(house: House, clock) -> None:
    with house.store.write() as session:
        a_sent(session, clock, house.evidence)
        the_home(session).clock_shift_s = _days_until(house, clock, 900)
    assert purge_due(house, by="test").parts == 0


def test_a_file_left_by_a_crash_between_row_and_file_is_deleted_later(house: House, clock) -> None:
    with house.store.write() as session:
        seen(session, house, clock, "1")
        the_home(session).clock_shift_s = _days_until(house, clock, 31)
    with house.store.write() as session:
        part = session.scalars(select(Evidence)).one()
        part.purged_at, part.purge_reason = house.store.clock().now(), "test"
    assert house.evidence.has(part.sha256)
    purge_due(house, by="test")
    assert not house.evidence.has(part.sha256)


def test_upkeep_is_asked_for_once_a_day_and_only_where_something_may_be_due(
    house: House, clock
) -> None:
    def ask() -> list[str]:
        with house.store.write() as session:
            return ask_for_upkeep(session, clock, by="schedule")

    assert ask() == []
    with house.store.write() as session:
        seen(session, house, clock, "1")
    assert ask() == []
    clock.advance(timedelta(days=31))
    assert ask() == ["purge"]
    assert ask() == []
    with house.store.write() as session:
        session.scalars(select(Job)).one().state = JobState.DONE
    clock.advance(timedelta(hours=23))
    assert ask() == []
    clock.advance(timedelta(hours=2))
    assert ask() == ["purge"]
