"""Two people at once: one of them wins, the other is told, and nothing breaks."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from data.base import ManualClock
from data.breakers import BreakerState, breaker_of, close_by_hand
from data.evidence import EvidenceFolder
from data.people import Person, Role, add_person
from data.relistings import AlreadyAnswered, RelistingProposal, compare_text, confirm, reject
from data.store import Store
from data.terms_of_use import record_terms_read, terms_readings
from data.watches import Watch, watch_of
from tests.makers import PLATFORM
from tests.test_data_relistings import AGAIN, listing, reported


def at_once(*doings: Callable[[], str]) -> list[str]:
    """Let each do its work in a thread, all let loose together; return what they said."""
    gate, said = threading.Barrier(len(doings)), list[str]()

    def run(doing: Callable[[], str]) -> None:
        gate.wait()
        said.append(doing())

    threads = [threading.Thread(target=run, args=(one,)) for one in doings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(said)


def test_of_two_answers_to_a_proposal_one_counts(
    store: Store, clock: ManualClock, evidence: EvidenceFolder
) -> None:
    with store.write() as session:
        reported(session, clock, evidence)
        new = listing(session, clock, "9", AGAIN, seller="s2")
        (proposal,) = compare_text(session, new, clock=clock)
        people = [
            add_person(session, name, [Role.REVIEWER], ["vi"], clock=clock).id
            for name in ("Ana", "Bo")
        ]
        number = proposal.id

    def answering(person_id: int, verb: Callable[..., object]) -> Callable[[], str]:
        def answer() -> str:
            try:
                with store.write() as session:
                    verb(session, number, session.get_one(Person, person_id), clock=clock)
            except AlreadyAnswered:
                return "late"
            return "counted"

        return answer

    doings = answering(people[0], confirm), answering(people[1], reject)
    assert at_once(*doings) == ["counted", "late"]
    with store.read() as session:
        assert session.get_one(RelistingProposal, number).answered_by in people


def test_two_who_touch_a_new_platform_make_one_row(store: Store, clock: ManualClock) -> None:
    def touch() -> str:
        with store.write() as session:
            watch_of(session, "fresh", clock.now()).paused_until = clock.now()
        return "done"

    assert at_once(*[touch] * 4) == ["done"] * 4
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(Watch)) == 1


def test_waking_a_platform_twice_and_reading_its_terms_twice_is_no_harm(
    store: Store, clock: ManualClock
) -> None:
    def wake() -> str:
        with store.write() as session:
            close_by_hand(session, PLATFORM, by="person:1", clock=clock)
            record_terms_read(
                session, PLATFORM, by="Ana", note="section 4", actor="person:1", clock=clock
            )
        return "done"

    assert at_once(wake, wake) == ["done", "done"]
    with store.read() as session:
        assert breaker_of(session, PLATFORM, clock.now()).state is BreakerState.CLOSED
        assert list(terms_readings(session)) == [PLATFORM]


def test_an_error_of_the_database_names_nobody(store: Store, clock: ManualClock) -> None:
    def twice() -> None:
        with store.write() as session:
            for _ in range(2):
                made = Person(name="Mai", password_hash="a-hash", roles=[], created_at=clock.now())
                session.add(made)
                session.flush()

    with pytest.raises(IntegrityError) as told:
        twice()
    assert "a-hash" not in str(told.value)
