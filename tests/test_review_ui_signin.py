"""Signing in through the pages: links, passwords, coming back, leaving."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from data.people import Person, Role
from data.reviews import ReviewTask
from data.signins import IDLE, TRIES_PER_NAME, make_link, set_password
from data.states import TaskState
from tests.makers import make_task
from tests.rooms import Rooms, rooms_in

PASSWORD = "quiet river lantern"


@pytest.fixture
def rooms(tmp_path: Path, sqlite_template: Path) -> Iterator[Rooms]:
    with rooms_in(tmp_path, sqlite_template) as made:
        yield made


def _link(rooms: Rooms, person: Person) -> str:
    with rooms.store.write() as session:
        return make_link(session, session.get_one(Person, person.id), clock=rooms.wall)


def _with_password(rooms: Rooms, name: str = "Mai") -> Person:
    person = rooms.person(name, Role.REVIEWER)
    with rooms.store.write() as session:
        again = session.get_one(Person, person.id)
        set_password(session, again, PASSWORD, clock=rooms.wall, actor="test")
    return person


def test_a_link_asks_first_then_works_once(rooms: Rooms) -> None:
    token, browser = _link(rooms, rooms.person("Mai", Role.REVIEWER)), rooms.browser()
    for _ in range(2):
        asked = browser.get(f"/enter/{token}")
        assert asked.status_code == 200
        assert "Sign in as" in asked.text
    entered = browser.post(f"/enter/{token}")
    assert entered.headers["location"] == "/you"
    cookie = entered.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert browser.get("/").status_code == 200
    assert rooms.browser().post(f"/enter/{token}").status_code == 410


def test_over_https_the_cookie_is_bound_to_the_host(tmp_path: Path, sqlite_template: Path) -> None:
    with rooms_in(tmp_path, sqlite_template, https=True) as rooms:
        token = _link(rooms, rooms.person("Mai", Role.REVIEWER))
        cookie = rooms.browser().post(f"/enter/{token}").headers["set-cookie"]
        assert cookie.startswith("__Host-")
        assert "Secure" in cookie


def test_an_old_or_made_up_link_is_refused(rooms: Rooms) -> None:
    token = _link(rooms, rooms.person("Mai", Role.REVIEWER))
    rooms.wall.advance(timedelta(minutes=16))
    assert rooms.browser().get(f"/enter/{token}").status_code == 410
    assert rooms.browser().post(f"/enter/{token}").status_code == 410
    assert rooms.browser().get("/enter/made-up").status_code == 410


def test_name_and_password_lead_back_to_where_one_was(rooms: Rooms) -> None:
    _with_password(rooms)
    browser = rooms.browser()
    asked = browser.get("/crawls?asked=x")
    assert asked.headers["location"] == "/signin?next=%2Fcrawls%3Fasked%3Dx"
    form = {"name": "Mai", "password": PASSWORD, "target": "/crawls?asked=x"}
    assert browser.post("/signin", data=form).headers["location"] == "/crawls?asked=x"
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil", "\t/x"])
def test_signing_in_never_leads_elsewhere(rooms: Rooms, target: str) -> None:
    _with_password(rooms)
    form = {"name": "Mai", "password": PASSWORD, "target": target}
    assert rooms.browser().post("/signin", data=form).headers["location"] == "/"


def test_wrong_name_and_wrong_password_sound_the_same(rooms: Rooms) -> None:
    _with_password(rooms)
    answers = [
        rooms.browser().post("/signin", data={"name": name, "password": "wrong"})
        for name in ("Mai", "Nobody")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].text.replace("Mai", "Nobody") == answers[1].text


def test_guessing_must_wait_and_says_so(rooms: Rooms) -> None:
    _with_password(rooms)
    for _ in range(TRIES_PER_NAME):
        rooms.browser().post("/signin", data={"name": "Mai", "password": "wrong"})
    answer = rooms.browser().post("/signin", data={"name": "Mai", "password": PASSWORD})
    assert answer.status_code == 429
    assert "Wait" in answer.text


def test_an_idle_session_ends(rooms: Rooms) -> None:
    mai = rooms.guest("Mai", Role.REVIEWER)
    assert mai.get("/").status_code == 200
    rooms.wall.advance(IDLE + timedelta(seconds=1))
    assert mai.get("/").status_code == 303


def test_signing_out_ends_the_session_and_gives_claims_back(rooms: Rooms) -> None:
    mai = rooms.guest("Mai", Role.REVIEWER)
    with rooms.store.write() as session:
        task_id = make_task(session, rooms.store.clock()).id
    assert mai.post("/next").headers["location"].startswith("/listing/")
    assert mai.post("/signout").headers["location"] == "/signin"
    with rooms.store.read() as session:
        task = session.get_one(ReviewTask, task_id)
        assert task.state is TaskState.QUEUED
        assert task.claimed_by is None
    mai.browser.cookies.set("faunawatch", "stale")
    assert mai.get("/").status_code == 303


def test_a_password_is_set_once_both_fields_agree(rooms: Rooms) -> None:
    mai = rooms.guest("Mai", Role.REVIEWER)
    differ = mai.post("/you/password", {"password": PASSWORD, "again": "other"})
    assert differ.status_code == 422
    assert "differ" in differ.text
    weak = mai.post("/you/password", {"password": "short", "again": "short"})
    assert "at least 10" in weak.text
    assert mai.post("/you/password", {"password": PASSWORD, "again": PASSWORD}).status_code == 303
    form = {"name": "Mai", "password": PASSWORD}
    assert rooms.browser().post("/signin", data=form).status_code == 303


def test_a_new_password_ends_other_sessions_and_keeps_this_one(rooms: Rooms) -> None:
    person = rooms.person("Mai", Role.REVIEWER)
    here, there = rooms.enter(person), rooms.enter(person)
    here.post("/you/password", {"password": PASSWORD, "again": PASSWORD})
    assert here.get("/").status_code == 200
    assert there.get("/").status_code == 303


def test_a_password_that_exists_is_asked_for_before_it_is_changed(rooms: Rooms) -> None:
    mai, new = rooms.guest("Mai", Role.REVIEWER), "three other plain words"
    mai.post("/you/password", {"password": PASSWORD, "again": PASSWORD})
    assert "Current password" in mai.get("/you").text
    for wrong in ("", "not it at all"):
        form = {"password": new, "again": new, "current": wrong}
        assert mai.post("/you/password", form).status_code == 422
    form = {"password": new, "again": new, "current": PASSWORD}
    assert mai.post("/you/password", form).status_code == 303
    signed = rooms.browser().post("/signin", data={"name": "Mai", "password": new})
    assert signed.status_code == 303


def test_languages_are_chosen_and_unknown_ones_refused(rooms: Rooms) -> None:
    mai = rooms.guest("Mai", Role.REVIEWER)
    assert mai.post("/you/languages", {"language": ["vi", "th"]}).status_code == 303
    with rooms.store.read() as session:
        assert session.get_one(Person, mai.person.id).languages == ["vi", "th"]
    assert mai.post("/you/languages", {"language": "klingon"}).status_code == 422


def test_signing_out_over_https_clears_the_guarded_cookie(
    tmp_path: Path, sqlite_template: Path
) -> None:
    with rooms_in(tmp_path, sqlite_template, https=True) as rooms:
        token, browser = _link(rooms, _with_password(rooms)), rooms.browser()
        browser.base_url = "https://127.0.0.1"
        browser.post(f"/enter/{token}")
        csrf = browser.get("/you").text.partition('data-csrf="')[2].partition('"')[0]
        cookie = browser.post("/signout", data={"csrf": csrf}).headers["set-cookie"]
        assert cookie.startswith("__Host-")
        assert "Max-Age=0" in cookie
        assert "Secure" in cookie
