"""The queue's order: repeats of what waits stand behind what is new, and nothing is hidden."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from data.draws import Drawn
from data.flags import record_score
from data.listings import Listing, Sighting, sight
from data.reviews import ReviewTask
from data.tasks import REPEAT, claim, queue_drawn, queue_first, queue_relisted, turn_of
from tests.makers import (
    NOT_INFRINGING,
    found,
    make_crawl,
    make_decision,
    make_flag,
    make_person,
    scored,
)

TEXTS = {
    "ivory": ("Vòng ngà voi thật", "chạm tay, ship toàn quốc, ai cần gọi em"),
    "tiger": ("Cao hổ cốt nhà nấu", "đủ lạng, có quay video lúc nấu, không pha"),
    "turtle": ("Rùa hộp ba vạch", "cặp bố mẹ đẻ đều, nuôi năm năm, bao sống"),
}


def sighted(session, clock, external_id, words, price="1000000"):
    title, description = TEXTS.get(words, (words, ""))
    one = found(external_id, title=title, description=description, price=price)
    crawl = make_crawl(session, clock)
    (result,) = sight(session, [one], crawl=crawl, country="VN", clock=clock)
    return session.get_one(Listing, result.listing_id)


def flagged(session, clock, external_id, words, **changed):
    listing = sighted(session, clock, external_id, words, price=str(1000 + int(external_id)))
    sighting = session.get_one(Sighting, listing.latest_sighting_id)
    flag = record_score(session, sighting, replace(scored(), **changed), clock)
    assert flag is not None
    return queue_first(session, flag, clock=clock)


def order(session):
    rows = session.scalars(
        session.query(ReviewTask).order_by(ReviewTask.priority.desc(), ReviewTask.id).statement
    )
    return [task.listing.external_id for task in rows.unique()]


def test_near_identical_listings_do_not_follow_one_another(store, clock):
    with store.write() as session:
        for number, words in enumerate(["ivory"] * 3 + ["tiger"] * 2 + ["turtle"]):
            flagged(session, clock, str(number), words, offered=0.99 - number / 100)
        assert order(session) == ["0", "3", "5", "1", "4", "2"]
        mai, served = make_person(session, clock), []
        while (task := claim(session, mai, clock=clock)) is not None:
            served.append(task.listing.external_id)
        assert served == order(session)


def test_a_repeat_stands_behind_even_what_concerns_us_least(store, clock):
    with store.write() as session:
        first = flagged(session, clock, "1", "ivory", offered=0.99)
        again = flagged(session, clock, "2", "ivory", offered=0.99)
        farmed = flagged(session, clock, "3", "turtle", concern="common_farmed", offered=0.5)
        assert first.priority > farmed.priority > again.priority
        assert first.priority - again.priority == REPEAT


def test_what_is_decided_pushes_nothing_back(store, clock):
    with store.write() as session:
        mai = make_person(session, clock)
        first = flagged(session, clock, "1", "ivory")
        make_decision(session, first, mai, clock)
        later = flagged(session, clock, "2", "ivory")
        assert turn_of(later.priority) == 0


def test_what_is_back_is_never_pushed_back(store, clock):
    with store.write() as session:
        flagged(session, clock, "1", "ivory")
        back = queue_relisted(session, sighted(session, clock, "2", "ivory"), clock=clock)
        third = flagged(session, clock, "3", "ivory")
        assert back.priority == 1000
        assert turn_of(third.priority) == 2 - 1
        assert order(session)[0] == "2"


def test_a_draw_stands_among_the_flagged_and_a_later_flag_is_noticed(store, clock):
    with store.write() as session:
        listing = sighted(session, clock, "1", "ivory")
        task = queue_drawn(session, listing, Drawn.SAMPLE, clock=clock)
        assert task is not None
        assert 100 <= task.priority < 300
        place, unflagged = task.priority, task.flag_id
        assert unflagged is None
        flag = make_flag(session, listing, clock, offered=0.99)
        assert queue_first(session, flag, clock=clock) is None
        assert task.flag_id == flag.id
        assert task.priority == max(place, 299)


def test_a_decided_draw_is_not_asked_again_when_a_model_flags_it_later(store, clock):
    with store.write() as session:
        mai, listing = make_person(session, clock), sighted(session, clock, "1", "ivory")
        task = queue_drawn(session, listing, Drawn.SAMPLE, clock=clock)
        assert task is not None
        make_decision(session, task, mai, clock, NOT_INFRINGING)
        clock.advance(timedelta(days=1))
        flag = make_flag(session, listing, clock)
        assert queue_first(session, flag, clock=clock) is None
        assert task.flag_id is None


@given(rank=st.integers(0, 300), turn=st.integers(0, 50))
@settings(max_examples=50)
def test_the_turn_can_be_read_back_from_a_priority(rank, turn):
    assert turn_of(rank - REPEAT * turn) == turn
