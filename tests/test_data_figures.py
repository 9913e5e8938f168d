"""Figures against tables counted by hand; the set-based verdict equals the one per listing."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, insert, select

from data.availability import Outcome
from data.batches import add, draft_for
from data.cohorts import Fate, effective_decisions, fates, reported
from data.decisions import effective_decision
from data.exports.frozen import freeze
from data.figures import as_json, figures
from data.listings import Listing
from data.measures import Rate
from data.outcomes import Said, record_answer
from data.people import Role
from data.requests import request_again
from data.reviews import Answer, Decision, Form, ReviewTask, Subject, TaskKind, Verdict, queue
from data.sending import Sent, mark_sent
from data.states import Availability, RequestEvent, RequestState
from data.takedowns import OutcomeCause, OutcomeEvent, OutcomeSource, TakedownRequest
from tests import makers
from tests.takedown_makers import (
    REJECTED,
    REMOVED,
    TO,
    a_sent,
    confirmed,
    look,
    prove_gone,
)

SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


def test_1670_reported_and_950_removed_show_57_percent(store, clock):
    sent, gone = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC)
    with store.write() as session:
        decision = confirmed(session, clock)
        _many(session, decision, sent, gone)
        found = figures(session, SINCE, UNTIL, now=clock.now())
    assert found.numbers["reported"].value == 1670
    assert found.numbers["removed"].value == 950
    assert found.numbers["removed_confirmed"].value == 612
    rate = found.rates["takedown_rate"].value
    assert rate is not None
    assert f"{rate:.0%}" == "57%"
    assert found.times["sent_to_removed"].median == 7.0
    assert found.batches == 1


def _many(session, decision, sent, gone):
    """1,670 sent requests, 950 of them proven gone, 612 of those confirmed by the platform."""
    listings = [
        {
            "platform_id": "yangben",
            "external_id": f"n{n}",
            "url": f"https://yangben.example/{n}",
            "first_seen_at": sent,
            "last_seen_at": sent,
            "availability": Availability.GONE if n < 950 else Availability.LIVE,
        }
        for n in range(1670)
    ]
    ids = list(session.scalars(insert(Listing).returning(Listing.id), listings))
    requests = [
        {
            "listing_id": listing,
            "decision_id": decision.id,
            "platform_id": "yangben",
            "attempt": 1,
            "state": RequestState.SENT,
            "created_at": sent,
            "sent_at": sent,
            "seen_gone_at": gone if n < 950 else None,
        }
        for n, listing in enumerate(ids)
    ]
    made = list(session.scalars(insert(TakedownRequest).returning(TakedownRequest.id), requests))
    session.execute(
        insert(OutcomeEvent),
        [
            {
                "at": gone,
                "request_id": one,
                "source": OutcomeSource.PLATFORM_REPLY,
                "cause": OutcomeCause.PLATFORM_CONFIRMED,
                "event": RequestEvent.REPLY_REMOVED,
            }
            for one in made[:612]
        ],
    )


def test_a_year_counted_by_hand(store, clock, evidence):
    with store.write() as session:
        names = ["gone", "said", "claimed", "sold", "seller", "off", "no", "open"]
        _, requests = a_sent(session, clock, evidence, names)
        by_name = dict(zip(names, requests, strict=True))
        seller = Said(
            OutcomeSource.MANUAL, OutcomeCause.SELLER_REMOVED, RequestEvent.REPLY_ALREADY_GONE
        )
        for name, said in {
            "said": REMOVED,
            "claimed": REMOVED,
            "no": REJECTED,
            "seller": seller,
        }.items():
            record_answer(session, by_name[name], said, actor="t", clock=clock)
        look(session, clock, by_name["sold"].listing_id, Outcome.SOLD_OR_EXPIRED)
        look(session, clock, by_name["off"].listing_id, Outcome.DELISTED)
        clock.advance(timedelta(hours=1))
        prove_gone(session, clock, by_name["gone"].listing_id)
        prove_gone(session, clock, by_name["said"].listing_id)
        prove_gone(session, clock, by_name["seller"].listing_id)
        found = figures(session, SINCE, UNTIL, now=clock.now())
    expected = {
        "detected": 8,
        "reported": 8,
        "removed": 2,
        "removed_confirmed": 1,
        "removed_unattributed": 1,
        "claimed": 1,
        "delisted": 1,
        "sold_or_ended": 1,
        "seller_removed": 1,
        "already_gone": 0,
        "partly": 0,
        "rejected": 1,
        "open": 1,
        "backlog": 0,
    }
    assert {name: number.value for name, number in found.numbers.items()} == expected
    assert found.numbers["claimed"].rows == (by_name["claimed"].listing_id,)
    assert found.rates["takedown_rate"] == Rate("takedown_rate", 2, 8)
    assert sum(found.numbers[fate.value].value for fate in Fate) == 8
    (line,) = found.by_platform
    assert (line.key, line.reported, line.removed, line.confirmed) == (makers.PLATFORM, 8, 2, 1)
    assert [line.key for line in found.by_group] == ["elephant"]
    assert [line.key for line in found.by_language] == ["vi"]


def test_a_rate_over_nothing_is_none_and_never_zero(store, clock):
    with store.write() as session:
        found = figures(session, SINCE, UNTIL, now=clock.now())
    assert found.rates["takedown_rate"].value is None
    assert found.rates["flag_precision"].interval is None
    assert found.times["sent_to_removed"].median is None


def test_the_period_is_that_of_sending_and_its_end_is_outside(store, clock, evidence):
    with store.write() as session:
        a_sent(session, clock, evidence)
        now = clock.now()
        day = timedelta(days=1)
        assert figures(session, now, now + day, now=now).numbers["reported"].value == 1
        assert figures(session, now - day, now, now=now).numbers["reported"].value == 0


def test_a_listing_sent_twice_counts_once_with_its_better_fate(store, clock, evidence):
    with store.write() as session:
        _, (first,) = a_sent(session, clock, evidence)
        record_answer(session, first, REJECTED, actor="t", clock=clock)
        second = request_again(session, first.listing_id, actor="t", clock=clock)
        assert second is not None
        batch = draft_for(session, makers.PLATFORM, actor="t", clock=clock)
        add(session, batch, [second.id], actor="t", clock=clock)
        freeze(session, evidence, batch, TO, actor="t", clock=clock)
        mark_sent(session, batch, Sent("form", clock.now()), actor="t", clock=clock)
        prove_gone(session, clock, first.listing_id)
        found = figures(session, SINCE, UNTIL, now=clock.now())
        assert len(reported(session, SINCE, UNTIL)) == 2
        assert fates(reported(session, SINCE, UNTIL))[first.listing_id].request_id == second.id
    assert (found.numbers["reported"].value, found.numbers["removed"].value) == (1, 1)
    assert found.batches == 2


def test_flag_precision_counts_flagged_and_decided_only(store, clock):
    with store.write() as session:
        for number in range(3):
            confirmed(session, clock, external_id=f"yes{number}")
        confirmed(session, clock, external_id="no", answer=makers.NOT_INFRINGING)
        makers.make_task(session, clock, "waiting")
        found = figures(session, SINCE, UNTIL, now=clock.now())
    assert found.rates["flag_precision"] == Rate("flag_precision", 3, 4)
    assert found.precision_by_language == {"vi": Rate("flag_precision", 3, 4)}
    assert found.numbers["backlog"].value == 1


def test_times_are_measured_between_the_right_moments(store, clock, evidence):
    with store.write() as session:
        task = makers.make_task(session, clock)
        clock.advance(timedelta(days=2))
        person = makers.make_person(session, clock, roles=(Role.SUPERVISOR, Role.REVIEWER))
        makers.make_decision(session, task, person, clock)
        found = figures(session, SINCE, UNTIL, now=clock.now())
    assert found.times["first_seen_to_decision"].median == 2.0


def test_weeks_show_what_was_sent_and_where_crawls_are_missing(store, clock, evidence):
    with store.write() as session:
        a_sent(session, clock, evidence)
        since = clock.now() - timedelta(days=14)
        found = figures(session, since, clock.now() + timedelta(days=1), now=clock.now())
    weeks = {week.monday: week for week in found.weeks}
    assert list(weeks) == [date(2026, 10, 12), date(2026, 10, 19), date(2026, 10, 26)]
    assert [week.crawled for week in found.weeks] == [False, False, True]
    assert [week.reported for week in found.weeks] == [0, 0, 1]


def test_json_has_definitions_rows_and_the_year_before(store, clock, evidence):
    with store.write() as session:
        _, (request,) = a_sent(session, clock, evidence)
        now = clock.now()
        told = as_json(session, SINCE, UNTIL, now=now)
        later = as_json(session, SINCE.replace(year=2027), UNTIL.replace(year=2028), now=now)
    assert told["numbers"]["reported"]["rows"] == [request.listing_id]
    assert told["numbers"]["removed"]["definition"].startswith("Of those reported")
    assert told["year_before"]["rates"]["takedown_rate"]["value"] is None
    assert later["numbers"]["reported"]["value"] == 0
    assert later["year_before"]["numbers"]["reported"]["value"] == 1


TIGER = Answer(
    Verdict.INFRINGING,
    subjects=(Subject("Panthera tigris", "TEE", Form.PART),),
    legal_ground="law",
)
UNSURE = Answer(Verdict.UNSURE)
ANSWERS = [makers.INFRINGING, TIGER, makers.NOT_INFRINGING, UNSURE]


@pytest.mark.parametrize("third", [None, makers.NOT_INFRINGING])
def test_the_verdict_for_all_listings_equals_the_verdict_for_each(store, clock, third):
    with store.write() as session:
        people = [
            makers.make_person(session, clock, name, (Role.REVIEWER, Role.SUPERVISOR))
            for name in ("An", "Bo", "Chi")
        ]
        for number, (one, two) in enumerate((a, b) for a in ANSWERS for b in [None, *ANSWERS]):
            _decide_all(session, clock, people, str(number), [one, two, third])
        makers.make_task(session, clock, "undecided")
        found = effective_decisions(session)
        listings = session.scalars(select(Listing.id)).all()
        each = [effective_decision(session, listing) for listing in listings]
        assert found == {one.id for one in each if one is not None}
        seconds = session.scalar(
            select(func.count(Decision.id))
            .join(ReviewTask, ReviewTask.id == Decision.task_id)
            .where(ReviewTask.kind == TaskKind.SECOND)
        )
        assert seconds == len(ANSWERS) ** 2


def _decide_all(session, clock, people, external_id, answers):
    """Give a listing its first, second and adjudicating verdict, whoever asked for them."""
    first = makers.make_task(session, clock, external_id)
    for person, kind, answer in zip(people, TaskKind, answers, strict=True):
        if answer is None:
            continue
        task = first
        if kind is not TaskKind.FIRST:
            task = queue(session, first.listing, kind, why="test", clock=clock)
            task.first_reviewer_id = people[0].id
        makers.make_decision(session, task, person, clock, answer)
