"""The screens in a real browser: keys, reveal, strict policy, two people at once, no script."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import BrowserContext, Page
from sqlalchemy import func, select

from data.people import LANGUAGES, Person, Role, add_person
from data.reviews import Decision, Verdict
from data.signins import make_link
from tests.browser import new_page
from tests.makers import make_task
from tests.rooms import Rooms, rooms_in

pytestmark = pytest.mark.browser


@pytest.fixture
def rooms(tmp_path: Path, sqlite_template: Path) -> Iterator[Rooms]:
    with rooms_in(tmp_path, sqlite_template) as made:
        with made.store.write() as session:
            for number in range(4):
                make_task(session, made.store.clock(), str(number))
        yield made


@contextmanager
def _served(rooms: Rooms) -> Iterator[str]:
    """Serve the screens on a free port."""
    config = uvicorn.Config(rooms.app, port=0, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


def _sign_in(rooms: Rooms, page: Page, name: str) -> Person:
    with rooms.store.write() as session:
        person = add_person(session, name, [Role.REVIEWER], LANGUAGES, clock=rooms.wall)
        token = make_link(session, person, clock=rooms.wall)
    page.goto(f"/enter/{token}")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/you")
    return person


def _press(page: Page, key: str) -> None:
    with page.expect_navigation():
        page.keyboard.press(key)


def _decisions(rooms: Rooms) -> list[Verdict]:
    with rooms.store.read() as session:
        rows = session.scalars(select(Decision.verdict).order_by(Decision.id))
        return [verdict for verdict in rows if verdict is not None]


def test_a_listing_is_decided_and_undone_by_keys_alone(rooms: Rooms) -> None:
    with _served(rooms) as address, new_page(address) as page:
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        _sign_in(rooms, page, "Mai")
        page.goto("/")
        page.keyboard.press("j")
        page.keyboard.press("j")
        _press(page, "Enter")
        first = page.url
        assert "Held by you" in page.inner_text(".crumb")
        page.keyboard.press("Enter")  # Nothing is chosen yet, so nothing may happen.
        assert page.url == first
        page.keyboard.press("r")
        page.keyboard.press("2")
        _press(page, "Enter")
        assert _decisions(rooms) == [Verdict.NOT_INFRINGING]
        assert page.url != first
        _press(page, "z")
        assert page.url.split("?")[0] == first.split("?")[0]
        page.keyboard.press("a")
        _press(page, "Enter")
        assert _decisions(rooms)[-1] is Verdict.INFRINGING
        assert complaints == []


def test_typing_is_not_taken_for_keys(rooms: Rooms) -> None:
    with _served(rooms) as address, new_page(address) as page:
        _sign_in(rooms, page, "Mai")
        page.goto("/")
        _press(page, "n")
        page.keyboard.press("u")
        page.get_by_text("Note for colleagues").click()
        page.get_by_label("Note").fill("")
        page.keyboard.type("ra1z")
        assert page.get_by_label("Note").input_value() == "ra1z"
        assert page.locator("input[value=unsure]").is_checked()


def test_everything_works_without_script(rooms: Rooms) -> None:
    with _served(rooms) as address, new_page(address) as other:
        browser = other.context.browser
        assert browser is not None
        context: BrowserContext = browser.new_context(base_url=address, java_script_enabled=False)
        page = context.new_page()
        _sign_in(rooms, page, "Mai")
        page.goto("/")
        page.get_by_role("button", name="Start with the next").click()
        page.locator("label.verdict.r").click()
        page.get_by_text("Imitation or replica").click()
        page.get_by_role("button", name="Record as not infringing").click()
        page.get_by_role("button", name="Undo").click()
        assert "Held by you" in page.inner_text(".crumb")
        with rooms.store.read() as session:
            assert session.scalar(select(func.count()).select_from(Decision)) == 2


def test_two_browsers_never_decide_the_same_listing(rooms: Rooms) -> None:
    with _served(rooms) as address, new_page(address) as mai:
        _sign_in(rooms, mai, "Mai")
        browser = mai.context.browser
        assert browser is not None
        linh = browser.new_context(base_url=address).new_page()
        _sign_in(rooms, linh, "Linh")
        for page in (mai, linh):
            page.goto("/listing/1")
            page.keyboard.press("u")
        _press(mai, "Enter")
        _press(linh, "Enter")
        assert "Someone was faster" in linh.inner_text("h1")
        assert _decisions(rooms) == [Verdict.UNSURE]


@pytest.mark.parametrize("width", [1366, 390])
def test_nothing_runs_over_the_edge(rooms: Rooms, width: int) -> None:
    with _served(rooms) as address, new_page(address) as page:
        _sign_in(rooms, page, "Mai")
        page.set_viewport_size({"width": width, "height": 768})
        for path in ("/", "/listing/1", "/crawls", "/you", "/leave?listing=1"):
            page.goto(path)
            over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert over <= 0, path
