"""The review screens on a fresh SQLite store, with people who are signed in."""

import re
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from starlette.exceptions import StarletteDeprecationWarning

from data.base import ManualClock
from data.evidence import EvidenceFolder
from data.home import HomeKind
from data.people import LANGUAGES, Person, Role, add_person
from data.platform import Lists, Pages, Platform, Style
from data.signins import open_session
from data.store import Store, open_store, sqlite_url
from data.taxa import load_taxa
from review_ui.app import create_app
from review_ui.auth import COOKIE
from review_ui.settings import UiSettings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", StarletteDeprecationWarning)
    from fastapi.testclient import TestClient

BASE = "http://127.0.0.1"
PLATFORM = Platform(
    id="pasar-contoh",
    name="Pasar Contoh",
    base_url="https://pasar.example/",
    style=Style.STRUCTURED,
    country="VN",
    languages=("vi",),
    lists=Lists(start=("/",)),
    pages=Pages(pattern=re.compile(r"/item/(?P<id>\d+)")),
)


@dataclass
class Rooms:
    """An application with its store, and a wall clock that only a test moves."""

    store: Store
    evidence: EvidenceFolder
    settings: UiSettings = field(default_factory=UiSettings)
    wall: ManualClock = field(
        default_factory=lambda: ManualClock(datetime(2026, 11, 1, 12, tzinfo=UTC))
    )

    def __post_init__(self) -> None:
        platforms = {PLATFORM.id: PLATFORM}
        self.app = create_app(
            self.store, self.evidence, platforms, load_taxa(), self.settings, wall=self.wall
        )

    def browser(self) -> TestClient:
        """A browser in which nobody is signed in; it does not follow redirects."""
        return TestClient(self.app, base_url=BASE, follow_redirects=False)

    def person(self, name: str, *roles: Role, languages: tuple[str, ...] = LANGUAGES) -> Person:
        """Add someone."""
        with self.store.write() as session:
            return add_person(session, name, roles, languages, clock=self.store.clock())

    def enter(self, person: Person) -> "Guest":
        """A browser in which this person is signed in."""
        with self.store.write() as session:
            again = session.get_one(Person, person.id)
            token, signed = open_session(session, again, clock=self.wall)
        browser = self.browser()
        browser.cookies.set(COOKIE, token)
        return Guest(browser, signed.csrf, person)

    def guest(self, name: str, *roles: Role, languages: tuple[str, ...] = LANGUAGES) -> "Guest":
        """Add someone and sign them in."""
        return self.enter(self.person(name, *roles, languages=languages))


@dataclass
class Guest:
    """A signed-in browser that sends the session's form token with every form."""

    browser: TestClient
    csrf: str
    person: Person

    def get(self, path: str) -> httpx.Response:
        """Open a page."""
        response: httpx.Response = self.browser.get(path)
        return response

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        """Send a form."""
        form = {"csrf": self.csrf, **(data or {})}
        response: httpx.Response = self.browser.post(path, data=form, **more)
        return response


@contextmanager
def rooms_in(
    folder: Path, template: Path, *, kind: HomeKind = HomeKind.TEST, **settings: Any
) -> Iterator[Rooms]:
    """Open the screens on a database of their own; a demo or real home is made from scratch."""
    path = folder / f"{kind}.sqlite"
    if kind is HomeKind.TEST:
        shutil.copy(template, path)
    store = open_store(sqlite_url(path), kind=kind)
    try:
        yield Rooms(store, EvidenceFolder(folder / "evidence"), UiSettings(**settings))
    finally:
        store.close()
