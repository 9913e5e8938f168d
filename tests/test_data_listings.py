"""Sightings and rechecks: no duplicate, nothing lost, and gone only by proof."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from data.availability import CONFIRM_AFTER, GoneCause, Look, Outcome, Standing, after, fold
from data.base import ManualClock
from data.crawls import CrawlProblem
from data.found import FoundListing, FoundSeller, Seen
from data.listings import Listing, Relisting, Sighting, replay, sight, sighted_external_ids
from data.sellers import Seller
from data.states import Availability
from data.store import Store
from tests.makers import found, make_crawl, make_listing, next_day, recheck_once

START = datetime(2026, 11, 1, tzinfo=UTC)
LOOKS = st.lists(
    st.tuples(st.sampled_from(list(Outcome)), st.booleans(), st.integers(0, 72)), max_size=14
)


def _looks(drawn: list[tuple[Outcome, bool, int]]) -> list[Look]:
    at, looks = START, []
    for outcome, control, hours in drawn:
        at += timedelta(hours=hours)
        looks.append(Look(at, outcome, control))
    return looks


@given(LOOKS)
def test_gone_has_two_proven_misses_a_day_apart_or_the_page_said_so(drawn) -> None:
    looks = _looks(drawn)
    standing = fold(looks)
    if standing.state is not Availability.GONE:
        return
    if standing.gone_cause is GoneCause.SOLD_OR_ENDED:
        assert any(look.outcome is Outcome.SOLD_OR_EXPIRED for look in looks)
        return
    proven = [look.at for look in looks if look.outcome is Outcome.REMOVED and look.control_live]
    assert max(proven) - min(proven) >= CONFIRM_AFTER


@given(LOOKS)
def test_a_miss_without_a_live_control_changes_nothing_towards_gone(drawn) -> None:
    looks = [Look(look.at, look.outcome, control_live=False) for look in _looks(drawn)]
    assert fold(looks).gone_cause is not GoneCause.MISSED_TWICE


@given(LOOKS)
def test_folding_step_by_step_equals_folding_at_once(drawn) -> None:
    looks, standing = _looks(drawn), Standing()
    for look in looks:
        standing = after(standing, look)
    assert standing == fold(looks)


def test_a_listing_seen_again_is_a_sighting_not_a_duplicate(store: Store, clock) -> None:
    with store.write() as session:
        for price in ("100", "100", "90"):
            crawl = make_crawl(session, clock)
            (result,) = sight(session, [found(price=price)], crawl=crawl, country="VN", clock=clock)
            next_day(clock)
        assert result.changed
        assert not result.is_new
        assert session.scalar(select(func.count(Listing.id))) == 1
        changed = session.scalars(select(Sighting.changed).order_by(Sighting.id)).all()
        assert changed == [False, False, True]


def _by(number: str, name: str) -> FoundListing:
    return replace(found(number), seller=FoundSeller(external_id="s", name=name))


def test_a_seller_of_many_listings_of_a_batch_is_one_and_says_what_came_last(
    store: Store, clock
) -> None:
    with store.write() as session:
        crawl = make_crawl(session, clock)
        batch = [_by("1", "Ana"), _by("2", ""), _by("3", "Ana B.")]
        sight(session, batch, crawl=crawl, country="VN", clock=clock)
        (seller,) = session.scalars(select(Seller))
        assert seller.name == "Ana B."
        assert set(session.scalars(select(Listing.seller_id))) == {seller.id}
        assert crawl.listings_new == crawl.listings_seen == 3


def test_a_listing_of_a_batch_costs_no_statements_but_its_two_inserts(store: Store, clock) -> None:
    asked: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    def many(first: int, last: int) -> int:
        batch = [_by(str(number), f"Ana {number}") for number in range(first, last)]
        with store.write() as session:
            crawl = make_crawl(session, clock)
            session.flush()
            before = len(asked)
            sight(session, batch, crawl=crawl, country="VN", clock=clock)
            return len(asked) - before

    few = many(0, 3)
    # SQLite inserts the two kinds of rows whose ids are needed one by one.
    assert many(3, 23) - few <= 2 * 17


def test_running_a_crawl_again_after_a_crash_adds_only_what_is_missing(store: Store, clock) -> None:
    with store.write() as session:
        crawl = make_crawl(session, clock)
        sight(session, [found("1"), found("2")], crawl=crawl, country="VN", clock=clock)
    with store.write() as session:
        crawl = session.merge(crawl)
        again = [found("1"), found("2"), found("3"), found("3")]
        results = sight(session, again, crawl=crawl, country="VN", clock=clock)
        assert [one.is_new for one in results] == [True]
        assert sighted_external_ids(session, crawl.id) == {"1", "2", "3"}
        assert crawl.listings_seen == 3


def test_the_same_id_on_two_platforms_is_two_listings(store: Store, clock) -> None:
    with store.write() as session:
        for platform in ("a", "b"):
            crawl = make_crawl(session, clock, platform)
            sight(session, [found("1")], crawl=crawl, country="VN", clock=clock)
        assert session.scalar(select(func.count(Listing.id))) == 2
        assert session.scalar(select(func.count(Seller.id))) == 2


def test_a_seller_name_of_invisible_characters_is_kept_as_it_came(store: Store, clock) -> None:
    name = "\u202eshop\u200b\u200d"
    one = found("1")
    with store.write() as session:
        crawl = make_crawl(session, clock)
        seller = FoundSeller(external_id="x", name=name)
        changed = one.__class__(**{**one.__dict__, "seller": seller})
        sight(session, [changed], crawl=crawl, country="VN", clock=clock)
        assert session.scalar(select(Seller.name)) == name


def _gone(session, clock: ManualClock, listing_id: int, *, control: bool = True) -> None:
    for _ in range(2):
        seen = Seen(listing_id, Outcome.REMOVED, 404, control_live=control)
        last = recheck_once(session, clock, seen)
        next_day(clock)
    assert last.became_gone is control


def test_two_misses_a_day_apart_prove_it_gone(store: Store, clock) -> None:
    with store.write() as session:
        listing = make_listing(session, clock)
        _gone(session, clock, listing.id)
        assert listing.availability is Availability.GONE
        assert replay(session, listing.id).state is Availability.GONE


def test_no_control_proves_nothing(store: Store, clock) -> None:
    with store.write() as session:
        listing = make_listing(session, clock)
        _gone(session, clock, listing.id, control=False)
        assert listing.availability is Availability.UNREACHABLE


def test_a_listing_back_under_its_id_is_a_relisting(store: Store, clock) -> None:
    with store.write() as session:
        listing = make_listing(session, clock)
        _gone(session, clock, listing.id)
        result = sight(
            session, [found()], crawl=make_crawl(session, clock), country="VN", clock=clock
        )
        assert result[0].came_back
        assert listing.availability is Availability.LIVE_AGAIN
        assert session.scalar(select(Relisting.kind)) == "same_id"


@pytest.mark.parametrize("outcome", [Outcome.WALL, Outcome.UNKNOWN])
def test_a_wall_after_a_miss_keeps_the_suspicion_but_adds_nothing(
    store: Store, clock, outcome
) -> None:
    with store.write() as session:
        listing = make_listing(session, clock)
        recheck_once(session, clock, Seen(listing.id, Outcome.REMOVED, 404, control_live=True))
        next_day(clock)
        recheck_once(session, clock, Seen(listing.id, outcome, 200, control_live=True))
        assert listing.availability is Availability.SUSPECT_GONE


UNSTORABLE = {
    "nul": {"title": "ng\x00", "images": ("https://a.example/\x00",)},
    "half_a_pair": {"title": "ng\ud83d", "seller": FoundSeller("s\ud83d", name="\udfff")},
    "too_long_a_price": {"price": Decimal("1E+500")},
}


@pytest.mark.parametrize("said", UNSTORABLE.values(), ids=UNSTORABLE)
def test_one_page_with_odd_signs_costs_no_other_listing(store: Store, clock, said) -> None:
    with store.write() as session:
        crawl = make_crawl(session, clock)
        both = [found("1"), replace(found("2"), **said)]
        assert len(sight(session, both, crawl=crawl, country="VN", clock=clock)) == 2
    with store.read() as session:
        odd = session.scalars(select(Sighting).order_by(Sighting.id.desc())).first()
        assert odd is not None
        assert odd.title == found("2").title or odd.title == "ng\ufffd"
        assert (odd.price is None) == any("price" in problem for problem in odd.problems)


def test_a_listing_without_a_usable_id_is_a_problem_of_the_crawl(store: Store, clock) -> None:
    with store.write() as session:
        crawl = make_crawl(session, clock)
        three = [found(""), found("9" * 5000), found("3")]
        assert len(sight(session, three, crawl=crawl, country="VN", clock=clock)) == 1
    with store.read() as session:
        assert list(session.scalars(select(CrawlProblem.kind))) == ["bad_id", "bad_id"]
