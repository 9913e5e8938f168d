"""The estimate of what was missed: counted by hand, apart from flags, unknown until decided."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from data.draws import DAY, Draw, Drawn, draw_due
from data.figures import as_json, figures
from data.home import the_home
from data.measures import Rate
from data.missed import missed
from data.people import Role
from data.reviews import Answer, ReasonCode, ReviewTask, Verdict
from tests.makers import (
    INFRINGING,
    NOT_INFRINGING,
    make_decision,
    make_flag,
    make_person,
    make_task,
)
from tests.test_data_draws import many_unflagged

SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
LEGAL = Answer(Verdict.NOT_INFRINGING, reason_code=ReasonCode.LEGAL_TAXON)


def a_sample(session, clock, listings=1000, most=10):
    """Draw from a day of unflagged listings; return the tasks."""
    home = the_home(session)
    home.sample_one_in, home.sample_daily, home.second_review_percent = 2, most, 0
    many_unflagged(session, clock, listings)
    clock.advance(DAY)
    draw_due(session, clock=clock)
    return list(session.scalars(select(ReviewTask).where(ReviewTask.why == Drawn.SAMPLE)).unique())


def test_the_estimate_is_the_share_times_what_was_not_flagged(store, clock):
    with store.write() as session:
        mai, tasks = make_person(session, clock), a_sample(session, clock)
        for task, answer in zip(tasks[:8], [INFRINGING, LEGAL] + [NOT_INFRINGING] * 6, strict=True):
            make_decision(session, task, mai, clock, answer)
        make_decision(session, tasks[8], mai, clock, Answer(Verdict.UNSURE))
        found = missed(session, SINCE, UNTIL)
    assert (found.drawn, found.decided.value, found.offers.value) == (10, 8, 2)
    assert found.unflagged == 1000
    assert found.rate == Rate("missed_share", 2, 8)
    assert found.estimate == 250
    assert found.interval == (71, 591)
    assert set(found.offers.rows) == {task.listing_id for task in tasks[:2]}


def test_nothing_decided_is_unknown_and_not_nothing(store, clock):
    with store.write() as session:
        assert missed(session, SINCE, UNTIL).estimate is None
        a_sample(session, clock)
        found = missed(session, SINCE, UNTIL)
    assert (found.drawn, found.estimate, found.interval) == (10, None, None)


def test_no_offer_found_still_has_an_upper_end(store, clock):
    with store.write() as session:
        mai, tasks = make_person(session, clock), a_sample(session, clock)
        for task in tasks:
            make_decision(session, task, mai, clock, NOT_INFRINGING)
        found = missed(session, SINCE, UNTIL)
    assert found.estimate == 0
    assert found.interval == (0, 278)


def test_the_sample_is_in_no_figure_of_flags(store, clock):
    with store.write() as session:
        mai = make_person(session, clock, roles=(Role.REVIEWER, Role.SUPERVISOR))
        for task in a_sample(session, clock, most=3):
            make_decision(session, task, mai, clock, NOT_INFRINGING)
        make_decision(session, make_task(session, clock), mai, clock, INFRINGING)
        found = figures(session, SINCE, UNTIL, now=clock.now())
        told = as_json(session, SINCE, UNTIL, now=clock.now())
    assert found.rates["flag_precision"] == Rate("flag_precision", 1, 1)
    assert found.missed.decided.value == 3
    assert told["missed"]["share"]["whole"] == 3
    assert told["year_before"]["missed"]["estimate"] is None


def test_a_flag_given_before_the_verdict_takes_a_listing_out_of_the_sample(store, clock):
    with store.write() as session:
        mai, (first, second, *_) = make_person(session, clock), a_sample(session, clock)
        for task in (first, second):
            task.listing.latest_sighting_id = session.scalar(
                select(Draw.score_id).where(Draw.listing_id == task.listing_id)
            )
        make_flag(session, first.listing, clock)
        for task in (first, second):
            make_decision(session, task, mai, clock, INFRINGING)
        clock.advance(timedelta(days=1))
        make_flag(session, second.listing, clock)
        found = missed(session, SINCE, UNTIL)
        precision = figures(session, SINCE, UNTIL, now=clock.now()).rates["flag_precision"]
    assert found.decided.rows == (second.listing_id,)
    assert precision == Rate("flag_precision", 1, 1)


def test_only_days_of_the_period_count(store, clock):
    with store.write() as session:
        mai, tasks = make_person(session, clock), a_sample(session, clock)
        make_decision(session, tasks[0], mai, clock, NOT_INFRINGING)
        assert missed(session, clock.now() + DAY, UNTIL).drawn == 0
        midnight = datetime(2026, 11, 1, tzinfo=UTC)
        assert missed(session, midnight, midnight + DAY).decided.value == 1
