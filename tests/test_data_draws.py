"""Draws: the same listings whoever draws, each day once, blind, and never the common ones."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, select

from data.draws import DAY, Draw, Drawn, draw_due
from data.flags import Score, record_score
from data.home import the_home
from data.listings import Listing, Sighting
from data.queries.queue import Asking, View, counts, page_of
from data.reviews import ReviewTask
from data.states import Availability
from data.tasks import queue_first
from tests.makers import make_listing, make_person, scored

UNLIKELY = {"offered": 0.01, "threshold": 0.5, "groups": {}, "taxon": "", "product": ""}


def many_unflagged(session, clock, number, **changed):
    """Add listings that were scored today and not flagged, quickly."""
    now = clock.now()
    listings = [
        {
            "platform_id": "pasar-contoh",
            "external_id": f"u{now:%d%H}-{n}",
            "url": f"https://pasar.example/u/{n}",
            "title": f"Ghế gỗ {n}",
            "first_seen_at": now,
            "last_seen_at": now,
            "availability": Availability.LIVE,
        }
        for n in range(number)
    ]
    ids = list(session.scalars(insert(Listing).returning(Listing.id), listings))
    sightings = [{"listing_id": one, "at": now, "url": "", "title": ""} for one in ids]
    seen = list(session.scalars(insert(Sighting).returning(Sighting.id), sightings))
    score = {**UNLIKELY, "lang": "vi", "model": "test", "at": now, **changed}
    session.execute(
        insert(Score),
        [
            {**score, "listing_id": one, "sighting_id": sighting}
            for one, sighting in zip(ids, seen, strict=True)
        ],
    )
    return ids


def drawn(session, kind=Drawn.SAMPLE):
    return list(session.scalars(select(Draw.listing_id).where(Draw.kind == kind)))


def score_one(session, clock, external_id, **changed):
    listing = make_listing(session, clock, external_id, title=f"Vòng {external_id}")
    sighting = session.get_one(Sighting, listing.latest_sighting_id)
    flag = record_score(session, sighting, replace(scored(), **changed), clock)
    if flag is not None:
        queue_first(session, flag, clock=clock)
    return listing


def test_a_finished_day_is_drawn_from_once_and_the_same_way_again(store, clock):
    with store.write() as session:
        many_unflagged(session, clock, 3000)
        assert draw_due(session, clock=clock) == 0, "the day is not over"
        clock.advance(DAY)
        first = draw_due(session, clock=clock)
        chosen = drawn(session)
        assert first == len(chosen) == 10, "one in 200 of 3,000 are some 15; ten are the most"
        assert draw_due(session, clock=clock) == 0
        the_home(session).drawn_until = None
        assert draw_due(session, clock=clock) == 0, "a replay draws the same and adds nothing"
        assert drawn(session) == chosen


def test_share_and_cap_are_settings(store, clock):
    with store.write() as session:
        home = the_home(session)
        home.sample_one_in, home.sample_daily = 10, 1000
        many_unflagged(session, clock, 2000)
        clock.advance(DAY)
        assert 150 < draw_due(session, clock=clock) < 250
        home.sample_one_in = 0
        many_unflagged(session, clock, 100)
        clock.advance(DAY)
        assert draw_due(session, clock=clock) == 0


def test_every_listing_of_a_day_has_the_same_chance(store, clock):
    """With the cap at work, those scored late are drawn as often as those scored early."""
    with store.write() as session:
        the_home(session).sample_one_in = 2
        late = set()
        for _ in range(30):
            ids = many_unflagged(session, clock, 200)
            late |= set(ids[100:])
            clock.advance(DAY)
            draw_due(session, clock=clock)
        chosen = drawn(session)
    assert len(chosen) == 300
    assert 110 < sum(one in late for one in chosen) < 190


def test_flagged_and_gone_listings_are_not_drawn(store, clock):
    with store.write() as session:
        the_home(session).sample_one_in = 1
        score_one(session, clock, "flagged")
        gone = score_one(session, clock, "gone", **UNLIKELY)
        gone.availability = Availability.GONE
        there = score_one(session, clock, "there", **UNLIKELY)
        clock.advance(DAY)
        draw_due(session, clock=clock)
        assert drawn(session) == [there.id]


def test_the_uncertain_are_a_share_of_the_flags_nearest_first_and_never_common(store, clock):
    with store.write() as session:
        home = the_home(session)
        home.sample_one_in, home.uncertain_percent = 0, 50
        for number in range(3):
            score_one(session, clock, f"f{number}", offered=0.9)
        near = [score_one(session, clock, f"n{n}", offered=0.40 + n / 100) for n in range(5)]
        score_one(session, clock, "far", offered=0.2)
        score_one(session, clock, "farmed", offered=0.49, concern="common_farmed")
        clock.advance(DAY)
        assert draw_due(session, clock=clock) == 2
        assert set(drawn(session, Drawn.UNCERTAIN)) == {near[4].id, near[3].id}
        tasks = session.scalars(select(ReviewTask).where(ReviewTask.why == "uncertain")).all()
        assert {task.listing_id for task in tasks} == {near[4].id, near[3].id}


def test_missed_days_are_made_good_for_a_week(store, clock):
    with store.write() as session:
        the_home(session).sample_one_in = 1
        draw_due(session, clock=clock)
        many_unflagged(session, clock, 2)
        clock.advance(3 * DAY)
        many_unflagged(session, clock, 3)
        clock.advance(5 * DAY)
        assert draw_due(session, clock=clock) == 3, "eight days back is too long ago"


@pytest.mark.parametrize("kind", list(Drawn))
def test_a_row_of_the_queue_tells_no_draw(store, clock, kind):
    with store.write() as session:
        home = the_home(session)
        home.sample_one_in, home.uncertain_percent = int(kind is Drawn.SAMPLE), 100
        score_one(session, clock, "f", offered=0.9)
        score_one(session, clock, "u", offered=0.45)
        clock.advance(DAY)
        draw_due(session, clock=clock)
        asking = Asking(make_person(session, clock), clock.now(), clock.now() - DAY)
        rows = page_of(session, View.ALL, asking).rows
        (row,) = [one for one in rows if one.task.flag is None]
        assert row.task.why == kind
        assert row.told == ""
        assert row.reasons == []


def test_a_drawn_common_animal_is_shown_with_the_farmed(store, clock):
    with store.write() as session:
        the_home(session).sample_one_in = 1
        score_one(session, clock, "s", offered=0.4, concern="common_farmed")
        clock.advance(DAY)
        draw_due(session, clock=clock)
        asking = Asking(make_person(session, clock), clock.now(), clock.now() - timedelta(hours=1))
        found = counts(session, asking)
        assert (found[View.FARMED], found[View.NEW], found[View.ALL]) == (1, 0, 0)


def test_days_are_utc_days(store, clock):
    clock.moment = datetime.fromisoformat("2026-11-01T23:59:00+00:00")
    with store.write() as session:
        the_home(session).sample_one_in = 1
        score_one(session, clock, "s", **UNLIKELY)
        clock.advance(timedelta(minutes=2))
        assert draw_due(session, clock=clock) == 1
        assert session.scalars(select(Draw.day)).one().isoformat() == "2026-11-01T00:00:00+00:00"
