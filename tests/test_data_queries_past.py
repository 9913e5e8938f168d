"""What the team decided before about listings like one."""

from dataclasses import replace

from sqlalchemy.orm import Session

from data.base import ManualClock
from data.decisions import undo
from data.found import FoundSeller
from data.listings import Listing, sight
from data.people import Person
from data.queries.listing import listing_page
from data.queries.past import past_decisions
from data.reviews import ReviewTask, TaskKind, Verdict, queue
from data.store import Store
from data.tasks import queue_first
from tests.makers import (
    INFRINGING,
    NOT_INFRINGING,
    found,
    make_crawl,
    make_decision,
    make_flag,
    make_person,
)

WORDS = "Vòng tay ngà voi cổ, mười tám ly, nặng tay, đồ ông bà để lại, xem hàng tại nhà"


def _task(
    session: Session, clock: ManualClock, number: str, words: str, seller: str = ""
) -> ReviewTask:
    shop = FoundSeller(external_id=seller or f"s{number}", name="Shop Mẫu")
    one = replace(found(number, title=words, description=""), seller=shop)
    (sighted,) = sight(session, [one], crawl=make_crawl(session, clock), country="VN", clock=clock)
    listing = session.get_one(Listing, sighted.listing_id)
    task = queue_first(session, make_flag(session, listing, clock), clock=clock)
    assert task is not None
    return task


def _ids(session: Session, task: ReviewTask, hidden: tuple[int, ...] = ()) -> list[int]:
    listing = session.get_one(Listing, task.listing_id)
    return [one.listing.id for one in past_decisions(session, listing, hidden)]


def test_near_equal_words_come_first_then_the_same_seller(store: Store, clock: ManualClock) -> None:
    with store.write() as session:
        mai = make_person(session, clock)
        alike = _task(session, clock, "1", WORDS + "!!")
        seller = _task(session, clock, "2", "Bàn trà gỗ cũ", "s9")
        other = _task(session, clock, "3", "Xe đạp trẻ em còn mới")
        for task, answer in ((alike, INFRINGING), (seller, NOT_INFRINGING), (other, INFRINGING)):
            make_decision(session, task, mai, clock, answer)
        asked = _task(session, clock, "9", WORDS, "s9")
        listing = session.get_one(Listing, asked.listing_id)
        past = past_decisions(session, listing)
        assert [one.listing.id for one in past] == [alike.listing_id, seller.listing_id]
        assert [(one.same_words, one.same_seller) for one in past] == [(True, False), (False, True)]
        assert [one.decision.verdict for one in past] == [
            Verdict.INFRINGING, Verdict.NOT_INFRINGING,
        ]  # fmt: skip


def test_its_own_answers_and_those_taken_back_are_left_out(
    store: Store, clock: ManualClock
) -> None:
    with store.write() as session:
        mai = make_person(session, clock)
        first, asked = _task(session, clock, "1", WORDS), _task(session, clock, "2", WORDS)
        make_decision(session, asked, mai, clock)
        assert _ids(session, asked) == []
        decision = make_decision(session, first, mai, clock)
        assert _ids(session, asked) == [first.listing_id]
        undo(session, decision.id, mai, clock=clock)
        assert _ids(session, asked) == []


def test_nothing_undecided_and_no_words_bring_nothing(store: Store, clock: ManualClock) -> None:
    with store.write() as session:
        _task(session, clock, "1", WORDS)
        asked = _task(session, clock, "2", WORDS)
        assert _ids(session, asked) == []
        session.get_one(Listing, asked.listing_id).title = ""
        assert _ids(session, asked) == []


def test_a_blind_look_hides_what_the_first_reviewer_said_of_the_like(
    store: Store, clock: ManualClock
) -> None:
    with store.write() as session:
        mai, linh = make_person(session, clock), make_person(session, clock, "Linh")
        decided = _task(session, clock, "1", WORDS)
        make_decision(session, decided, mai, clock)
        asked = _task(session, clock, "2", WORDS)
        _second_look(session, asked, mai, clock)
        assert listing_page(session, asked.listing_id, linh).past == []
        (seen,) = listing_page(session, asked.listing_id, mai).past
        assert seen.listing.id == decided.listing_id


def _second_look(session: Session, task: ReviewTask, first: Person, clock: ManualClock) -> None:
    make_decision(session, task, first, clock)
    listing = session.get_one(Listing, task.listing_id)
    again = queue(session, listing, TaskKind.SECOND, why="second", clock=clock)
    again.first_reviewer_id = first.id
    session.flush()
