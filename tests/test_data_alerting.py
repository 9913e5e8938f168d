"""What the rules ask to be told: once, after so many runs, not while muted, and the way back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.alerting import look
from data.alerts import Alert, AlertKind, AlertRule, mute, unmute
from data.base import ManualClock
from data.crawls import CrawlKind, Ending
from data.flags import Flag, record_score
from data.listings import Listing, Sighting
from data.store import Store
from data.watches import MissCause, record_missed, watch_of
from tests.makers import PLATFORM, make_listing, scored
from tests.test_data_crawls import one_run


def _told(session: Session, clock: ManualClock) -> list[tuple[AlertKind, str]]:
    session.flush()
    return [(alert.kind, alert.counts) for alert in look(session, clock=clock, now=clock.now())]


@pytest.fixture
def watched(store: Store, clock: ManualClock) -> Store:
    with store.write() as session:
        watch_of(session, PLATFORM, clock.now()).enabled = True
    return store


@pytest.mark.parametrize(
    ("ending", "runs", "kind"),
    [
        (Ending.LAYOUT_CHANGED, 2, AlertKind.DROP),
        (Ending.NOTHING_FOUND, 2, AlertKind.DROP),
        (Ending.BLOCKED, 1, AlertKind.BLOCKED),
        (Ending.LOGIN_WALL, 1, AlertKind.BLOCKED),
        (Ending.ROBOTS_REFUSED, 1, AlertKind.BLOCKED),
        (Ending.UNREACHABLE, 3, AlertKind.FAILED),
    ],
)
def test_a_streak_is_told_once_when_it_is_long_enough(
    watched: Store, clock: ManualClock, ending: Ending, runs: int, kind: AlertKind
) -> None:
    with watched.write() as session:
        one_run(session, clock)
        for _ in range(runs - 1):
            one_run(session, clock, ending=ending)
            assert _told(session, clock) == []
        one_run(session, clock, ending=ending)
        assert [told for told, _ in _told(session, clock)] == [kind]
        one_run(session, clock, ending=ending)
        assert _told(session, clock) == []


def test_counts_name_nothing_and_details_name_platform_and_cause(
    watched: Store, clock: ManualClock
) -> None:
    with watched.write() as session:
        one_run(session, clock, ending=Ending.BLOCKED)
        (alert,) = look(session, clock=clock, now=clock.now())
        assert alert.counts == "1 platform turned us away: 1 run."
        assert alert.details == f"{PLATFORM}: Read it."
        assert alert.path == "/crawls/1"


def test_the_way_back_is_told_where_the_trouble_was(watched: Store, clock: ManualClock) -> None:
    with watched.write() as session:
        one_run(session, clock, ending=Ending.UNREACHABLE)
        one_run(session, clock)
        assert _told(session, clock) == []
        one_run(session, clock, ending=Ending.BLOCKED)
        look(session, clock=clock, now=clock.now())
        one_run(session, clock)
        assert _told(session, clock) == [(AlertKind.RECOVERED, "1 platform reads well again.")]
        one_run(session, clock)
        assert _told(session, clock) == []
        one_run(session, clock, ending=Ending.BLOCKED)
        assert [kind for kind, _ in _told(session, clock)] == [AlertKind.BLOCKED]


@pytest.mark.parametrize("whom", [PLATFORM, ""])
def test_a_mute_is_kept_and_expires(watched: Store, clock: ManualClock, whom: str) -> None:
    with watched.write() as session:
        mute(session, whom, clock.now() + timedelta(days=7), "person:1", clock)
        one_run(session, clock, ending=Ending.BLOCKED)
        assert _told(session, clock) == []
        clock.advance(timedelta(days=7))
        assert [kind for kind, _ in _told(session, clock)] == [AlertKind.BLOCKED]


def test_a_mute_is_lifted(watched: Store, clock: ManualClock) -> None:
    with watched.write() as session:
        mute(session, PLATFORM, clock.now() + timedelta(days=7), "person:1", clock)
        one_run(session, clock, ending=Ending.BLOCKED)
        unmute(session, PLATFORM, clock.now())
        assert len(_told(session, clock)) == 1


def test_another_platforms_mute_changes_nothing(watched: Store, clock: ManualClock) -> None:
    with watched.write() as session:
        mute(session, "other", clock.now() + timedelta(days=7), "person:1", clock)
        one_run(session, clock, ending=Ending.BLOCKED)
        assert len(_told(session, clock)) == 1


def test_a_silent_rule_and_a_platform_switched_off_say_nothing(
    watched: Store, clock: ManualClock
) -> None:
    with watched.write() as session:
        one_run(session, clock, ending=Ending.BLOCKED)
        watch_of(session, PLATFORM, clock.now()).enabled = False
        assert _told(session, clock) == []
        watch_of(session, PLATFORM, clock.now()).enabled = True
        rule = session.scalars(select(AlertRule).where(AlertRule.kind == AlertKind.BLOCKED)).one()
        rule.muted_until = clock.now() + timedelta(hours=1)
        assert _told(session, clock) == []
        clock.advance(timedelta(hours=1))
        assert len(_told(session, clock)) == 1


def test_blocked_rechecks_are_told_apart(watched: Store, clock: ManualClock) -> None:
    with watched.write() as session:
        one_run(session, clock, ending=Ending.BLOCKED, kind=CrawlKind.RECHECK)
        ((kind, words),) = _told(session, clock)
        assert kind is AlertKind.BLOCKED
        assert "looked at again" in words


def test_missed_runs_are_told_once(watched: Store, clock: ManualClock) -> None:
    with watched.write() as session:
        due = clock.now() - timedelta(days=7)
        span = (7, due, clock.now())
        record_missed(session, PLATFORM, span, MissCause.OFF, clock=clock)
        assert _told(session, clock) == [(AlertKind.MISSED, "7 runs were missed on 1 platform.")]
        assert _told(session, clock) == []


def _flag(session: Session, clock: ManualClock, number: int, seller: int | None = None, **changed):
    listing: Listing = make_listing(session, clock, str(number))
    listing.seller_id = seller if seller is not None else listing.seller_id
    sighting = session.get_one(Sighting, listing.latest_sighting_id)
    flag = record_score(session, sighting, replace(scored(), **changed), clock)
    assert flag is not None
    return flag


def _rule(session: Session, clock: ManualClock, **fields) -> AlertRule:
    usual = {"taxon": "", "live_only": False, "least_sure": 0.0, "seller_again": False}
    values = {**usual, **fields}
    rule = AlertRule(
        kind=AlertKind.FLAG, name="Urgent", after=1, flags_seen=0, created_at=clock.now(), **values
    )
    session.add(rule)
    session.flush()
    return rule


@pytest.mark.parametrize(
    ("rule", "flag", "wanted"),
    [
        ({}, {}, True),
        ({}, {"concern": "common_farmed"}, False),
        ({"live_only": True}, {"product": "LIV"}, True),
        ({"live_only": True}, {"product": "IVC"}, False),
        ({"least_sure": 0.95}, {"offered": 0.99}, True),
        ({"least_sure": 0.95}, {"offered": 0.9}, False),
        ({"taxon": "elephant"}, {}, True),
        ({"taxon": "tiger"}, {}, False),
        ({"taxon": "Testudines"}, {"taxon": "Cuora mouhotii"}, True),
        ({"taxon": "Cuora spp."}, {"taxon": "Cuora mouhotii"}, True),
        ({"taxon": "Cuora spp."}, {"taxon": "Testudines"}, False),
        ({"taxon": "Testudines"}, {"taxon": "no such animal"}, False),
        ({"taxon": "Testudines", "live_only": True}, {"taxon": "Cuora mouhotii"}, False),
    ],
)
def test_a_watch_rule_tells_of_flags_that_fit(
    store: Store,
    clock: ManualClock,
    rule: dict,
    flag: dict,
    wanted: bool,  # noqa: FBT001
) -> None:
    with store.write() as session:
        _rule(session, clock, **rule)
        _flag(session, clock, 1, **flag)
        told = _told(session, clock)
        words = "1 listing was flagged that you asked to hear of."
        assert told == ([(AlertKind.FLAG, words)] if wanted else [])


def test_a_seller_seen_again(store: Store, clock: ManualClock) -> None:
    with store.write() as session:
        _rule(session, clock, seller_again=True)
        first = _flag(session, clock, 1)
        assert _told(session, clock) == []
        assert _flag(session, clock, 2).listing.seller_id == first.listing.seller_id
        assert len(_told(session, clock)) == 1


def test_a_rule_speaks_at_once_and_then_gathers_for_less_than_five_minutes(
    store: Store, clock: ManualClock
) -> None:
    with store.write() as session:
        _rule(session, clock)
        _flag(session, clock, 1)
        assert len(_told(session, clock)) == 1
        for number in (2, 3):
            clock.advance(timedelta(seconds=30))
            _flag(session, clock, number)
            assert _told(session, clock) == []
        clock.advance(timedelta(minutes=3, seconds=30))
        assert _told(session, clock) == [
            (AlertKind.FLAG, "2 listings were flagged that you asked to hear of.")
        ]
        alert = session.scalars(select(Alert).order_by(Alert.id.desc())).first()
        oldest = session.scalars(select(Flag.at).order_by(Flag.id).offset(1)).first()
        assert alert is not None
        assert oldest is not None
        assert alert.at - oldest < timedelta(minutes=5)
        assert "Vòng ngà voi" in alert.details
        assert "Vòng" not in alert.counts


def test_what_came_while_a_rule_was_silent_is_not_told_later(
    store: Store, clock: ManualClock
) -> None:
    with store.write() as session:
        rule = _rule(session, clock)
        rule.muted_until = clock.now() + timedelta(hours=1)
        _flag(session, clock, 1)
        assert _told(session, clock) == []
        clock.advance(timedelta(hours=2))
        assert _told(session, clock) == []
