"""People sign in once per link, by argon2id passwords, slowly when they guess, and are let go."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from data.audit import first_broken
from data.base import ManualClock
from data.people import (
    Person,
    Role,
    SignedIn,
    SignInAttempt,
    SignInLink,
    Unusable,
    add_person,
    disable,
    find_person,
    has_people,
    set_languages,
)
from data.signins import (
    IDLE,
    LINK_VALID,
    LONGEST,
    TRIES_PER_ADDRESS,
    TRIES_PER_NAME,
    WINDOW,
    authenticate,
    close_session,
    end_other_sessions,
    keep_alive,
    look_at_link,
    make_link,
    open_session,
    reset,
    session_of,
    set_password,
    use_link,
)
from data.store import Store

PASSWORD = "quiet river lantern"


def _add(store: Store, clock: ManualClock, name: str = "Mai", *, password: str = "") -> int:
    with store.write() as session:
        person = add_person(session, name, [Role.REVIEWER], ["vi"], clock=clock)
        if password:
            set_password(session, person, password, clock=clock, actor="test")
        return person.id


def test_a_link_works_once_and_looking_does_not_use_it_up(store: Store, clock: ManualClock) -> None:
    with store.write() as session:
        person = add_person(session, "Mai", [Role.REVIEWER], ["vi"], clock=clock)
        token = make_link(session, person, clock=clock)
    with store.write() as session:
        assert look_at_link(session, token, clock=clock) is not None
        assert look_at_link(session, token, clock=clock) is not None
        used = use_link(session, token, clock=clock)
        assert used is not None
        assert used.name == "Mai"
        assert use_link(session, token, clock=clock) is None
        assert look_at_link(session, token, clock=clock) is None


def test_of_two_at_once_only_one_uses_a_link(store: Store, clock: ManualClock) -> None:
    with store.write() as session:
        person = add_person(session, "Mai", [Role.REVIEWER], ["vi"], clock=clock)
        token = make_link(session, person, clock=clock)

    def use(_: int) -> bool:
        with store.write() as session:
            return use_link(session, token, clock=clock) is not None

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(use, range(8))) == 1


def test_a_link_runs_out_and_its_token_is_not_stored(store: Store, clock: ManualClock) -> None:
    with store.write() as session:
        person = add_person(session, "Mai", [Role.REVIEWER], ["vi"], clock=clock)
        token = make_link(session, person, clock=clock)
        assert session.scalar(select(SignInLink.token_hash)) != token
        clock.advance(LINK_VALID)
        assert look_at_link(session, token, clock=clock) is None
        assert use_link(session, token, clock=clock) is None


@pytest.mark.parametrize(
    ("name", "roles", "languages", "field"),
    [
        ("", ["reviewer"], [], "name"),
        ("a" * 61, ["reviewer"], [], "name"),
        ("Mai\u202e", ["reviewer"], [], "name"),
        ("Mai", ["king"], [], "role"),
        ("Mai", ["reviewer"], ["xx"], "language"),
    ],
)
def test_bad_people_are_refused_by_field(
    store: Store, clock: ManualClock, name: str, roles: list[str], languages: list[str], field: str
) -> None:
    with store.write() as session, pytest.raises(Unusable) as refused:
        add_person(session, name, roles, languages, clock=clock)
    assert refused.value.field == field


def test_a_name_is_taken_once(store: Store, clock: ManualClock) -> None:
    _add(store, clock)
    with store.write() as session, pytest.raises(Unusable, match="already"):
        add_person(session, " Mai ", ["viewer"], [], clock=clock)


@pytest.mark.parametrize("bad", ["short", "1234567890", "aaaabbbbaaaa", "x" * 300, "for mai only"])
def test_weak_passwords_are_refused(store: Store, clock: ManualClock, bad: str) -> None:
    person_id = _add(store, clock, "Mailinh" if "mai" not in bad else "mai only")
    with store.write() as session, pytest.raises(Unusable) as refused:
        set_password(session, session.get_one(Person, person_id), bad, clock=clock, actor="test")
    assert refused.value.field == "password"


def test_a_password_is_kept_as_argon2id(store: Store, clock: ManualClock) -> None:
    _add(store, clock, password=PASSWORD)
    with store.read() as session:
        person = find_person(session, "Mai")
        assert person is not None
        assert person.password_hash.startswith("$argon2id$")
        assert PASSWORD not in person.password_hash


def test_right_password_signs_in_and_wrong_one_does_not(store: Store, clock: ManualClock) -> None:
    person_id = _add(store, clock, password=PASSWORD)
    assert authenticate(store, "Mai", PASSWORD, "a", clock=clock).person_id == person_id
    assert authenticate(store, "Mai", PASSWORD + "!", "a", clock=clock).person_id is None
    assert authenticate(store, "Nobody", PASSWORD, "a", clock=clock).person_id is None


def test_a_person_without_password_cannot_sign_in_by_an_empty_one(
    store: Store, clock: ManualClock
) -> None:
    _add(store, clock)
    assert authenticate(store, "Mai", "", "a", clock=clock).person_id is None


def test_guessing_one_name_must_wait_even_from_many_places(
    store: Store, clock: ManualClock
) -> None:
    person_id = _add(store, clock, password=PASSWORD)
    for number in range(TRIES_PER_NAME):
        assert authenticate(store, "Mai", "wrong", f"10.0.0.{number}", clock=clock).wait is None
    locked = authenticate(store, "Mai", PASSWORD, "10.9.9.9", clock=clock)
    assert locked.person_id is None
    assert locked.wait is not None
    clock.advance(WINDOW)
    assert authenticate(store, "Mai", PASSWORD, "10.9.9.9", clock=clock).person_id == person_id


def test_guessing_many_names_from_one_place_must_wait(store: Store, clock: ManualClock) -> None:
    with store.write() as session:
        for number in range(TRIES_PER_ADDRESS):
            session.add(SignInAttempt(name=f"n{number}", address="10.0.0.1", at=clock.now()))
    assert authenticate(store, "other", "x", "10.0.0.1", clock=clock).wait is not None
    assert authenticate(store, "other", "x", "10.0.0.2", clock=clock).wait is None


def test_a_right_password_forgets_the_wrong_tries(store: Store, clock: ManualClock) -> None:
    _add(store, clock, password=PASSWORD)
    for _ in range(TRIES_PER_NAME - 1):
        authenticate(store, "Mai", "wrong", "a", clock=clock)
    assert authenticate(store, "Mai", PASSWORD, "a", clock=clock).person_id is not None
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(SignInAttempt)) == 0


def test_sessions_end_by_idleness_by_age_and_by_disabling(store: Store, clock: ManualClock) -> None:
    person_id = _add(store, clock)
    with store.write() as session:
        token, signed = open_session(session, session.get_one(Person, person_id), clock=clock)
        assert signed.token_hash != token
    clock.advance(IDLE)
    with store.read() as session:
        assert session_of(session, token, clock=clock) is not None
    clock.advance(timedelta(seconds=1))
    with store.read() as session:
        assert session_of(session, token, clock=clock) is None


def test_use_keeps_a_session_alive_but_not_for_ever(store: Store, clock: ManualClock) -> None:
    person_id = _add(store, clock)
    with store.write() as session:
        token, _ = open_session(session, session.get_one(Person, person_id), clock=clock)
    hours = int(LONGEST.total_seconds() // 3600)
    for _ in range(hours - 1):
        clock.advance(timedelta(hours=1))
        with store.read() as session:
            signed = session_of(session, token, clock=clock)
            assert signed is not None
            session.expunge_all()
        keep_alive(store, signed, clock=clock)
    clock.advance(timedelta(hours=1))
    with store.read() as session:
        assert session_of(session, token, clock=clock) is None


def test_disabling_and_resetting_end_sessions_and_links(store: Store, clock: ManualClock) -> None:
    person_id = _add(store, clock, password=PASSWORD)
    with store.write() as session:
        person = session.get_one(Person, person_id)
        token, _ = open_session(session, person, clock=clock)
        old_link = make_link(session, person, clock=clock)
        new_link = reset(session, person, clock=clock, actor="test")
        assert session_of(session, token, clock=clock) is None
        assert use_link(session, old_link, clock=clock) is None
        assert use_link(session, new_link, clock=clock) is not None
    assert authenticate(store, "Mai", PASSWORD, "a", clock=clock).person_id is None
    with store.write() as session:
        person = session.get_one(Person, person_id)
        token, _ = open_session(session, person, clock=clock)
        link = make_link(session, person, clock=clock)
        disable(session, person, clock=clock, actor="test")
        assert session_of(session, token, clock=clock) is None
        assert use_link(session, link, clock=clock) is None
        assert not has_people(session)


def test_signing_out_and_ending_other_sessions(store: Store, clock: ManualClock) -> None:
    person_id = _add(store, clock)
    with store.write() as session:
        person = session.get_one(Person, person_id)
        here, signed = open_session(session, person, clock=clock)
        there, _ = open_session(session, person, clock=clock)
        assert end_other_sessions(session, signed, clock=clock) == 1
        assert session_of(session, there, clock=clock) is None
        close_session(session, signed, clock=clock)
        session.expire_all()
        assert session_of(session, here, clock=clock) is None
        assert session.scalar(select(func.count()).select_from(SignedIn)) == 0


def test_every_change_of_people_is_in_the_audit_chain(store: Store, clock: ManualClock) -> None:
    person_id = _add(store, clock, password=PASSWORD)
    with store.write() as session:
        person = session.get_one(Person, person_id)
        set_languages(session, person, ["th", "vi"], clock=clock, actor="test")
        assert person.languages == ["vi", "th"]
        disable(session, person, clock=clock, actor="test")
    with store.read() as session:
        assert first_broken(session) is None
