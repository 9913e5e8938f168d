"""Who is asking: every route takes a `Visit` through one of these dependencies, or is public."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Annotated, cast
from urllib.parse import quote

from fastapi import Depends, HTTPException, Request
from sqlalchemy.orm import Session

from data.base import Clock
from data.home import Home, HomeKind, clock_of, the_home
from data.people import Person, Role, SignedIn
from data.signins import keep_alive, session_of
from review_ui.settings import House

COOKIE = "faunawatch"
SECURE_COOKIE = "__Host-faunawatch"
WITHOUT_PASSWORD = frozenset({"/you", "/you/password", "/signout"})


class SignInFirst(Exception):
    """Nobody is signed in: go to the sign-in page and come back to `path`."""

    def __init__(self, path: str) -> None:
        """Remember where to come back to."""
        self.path = path
        super().__init__(path)

    @property
    def target(self) -> str:
        """The sign-in page that leads back."""
        return f"/signin?next={quote(self.path, safe='')}"


class PasswordFirst(Exception):
    """A person who came by a link has no password yet: ask for one before anything else."""


@dataclass(frozen=True)
class Visit:
    """One request of one signed-in person."""

    house: House
    signed: SignedIn
    person: Person
    home: Home
    clock: Clock

    @property
    def actor(self) -> str:
        """How audit rows name this person."""
        return f"person:{self.person.id}"

    @property
    def decides(self) -> bool:
        """Tell whether this person may claim and decide."""
        return self.person.may(Role.REVIEWER, Role.SUPERVISOR)

    @property
    def sends(self) -> bool:
        """Tell whether this person may build batches and record answers."""
        return self.person.may(Role.LIAISON, Role.SUPERVISOR)

    @property
    def runs(self) -> bool:
        """Tell whether this person may start and pause crawls."""
        return self.person.may(Role.SUPERVISOR, Role.LIAISON, Role.REVIEWER)

    @property
    def steers(self) -> bool:
        """Tell whether this person may pause platforms."""
        return self.person.may(Role.SUPERVISOR)

    def read(self) -> AbstractContextManager[Session]:
        """Open a session that only looks."""
        return self.house.store.read()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a session that commits at the end of the block, before any page is sent."""
        with self.house.store.write() as session:
            yield session


def house_of(request: Request) -> House:
    """Return what the application was made with."""
    return cast("House", request.app.state.house)


def cookie_name(house: House) -> str:
    """Return the session cookie's name; over https the browser itself guards its scope."""
    return SECURE_COOKIE if house.settings.https else COOKIE


def visit_of(request: Request) -> Visit | None:
    """Return who is signed in on this request, or None."""
    house = house_of(request)
    token = request.cookies.get(cookie_name(house), "")
    if not token:
        return None
    with house.store.read() as session:
        signed = session_of(session, token, clock=house.wall)
        if signed is None:
            return None
        home = the_home(session)
        clock = clock_of(home, house.store.extra_shift)
        person = signed.person
        session.expunge_all()
    keep_alive(house.store, signed, clock=house.wall)
    visit = Visit(house, signed, person, home, clock)
    request.state.visit = visit
    return visit


def signed_in(request: Request) -> Visit:
    """Return the visit of someone signed in; anybody else is sent to sign in."""
    visit = visit_of(request)
    if visit is None:
        path = request.url.path
        if request.method == "GET":
            path += f"?{request.url.query}" if request.url.query else ""
            raise SignInFirst(path)
        raise HTTPException(401, "You are signed out: sign in and do it again. Nothing was saved.")
    if _lacks_password(visit) and request.url.path not in WITHOUT_PASSWORD:
        raise PasswordFirst
    return visit


def _lacks_password(visit: Visit) -> bool:
    return visit.home.kind is HomeKind.REAL and not visit.person.password_hash


async def sent_csrf(request: Request) -> str:
    """Return the token a form or script sent with a writing request."""
    header = request.headers.get("x-csrf-token")
    if header is not None:
        return header
    return str((await request.form()).get("csrf", ""))


def posting(
    visit: Annotated[Visit, Depends(signed_in)], token: Annotated[str, Depends(sent_csrf)]
) -> Visit:
    """Return the visit after checking that the form came from a page of this session."""
    if not secrets.compare_digest(token.encode(), visit.signed.csrf.encode()):
        raise HTTPException(403, "This page is too old: reload it and do it again.")
    return visit


def _refused(visit: Visit, roles: tuple[Role, ...]) -> HTTPException:
    needed = " or ".join(roles)
    held = ", ".join(visit.person.roles) or "no role"
    return HTTPException(403, f"This needs the role {needed}; you have {held}.")


def reading_as(*roles: Role) -> Callable[[Visit], Visit]:
    """Make a dependency for a page that only these roles may read."""

    def check(visit: Annotated[Visit, Depends(signed_in)]) -> Visit:
        if not visit.person.may(*roles):
            raise _refused(visit, roles)
        return visit

    return check


def posting_as(*roles: Role) -> Callable[[Visit], Visit]:
    """Make a dependency for a form that only these roles may send."""

    def check(visit: Annotated[Visit, Depends(posting)]) -> Visit:
        if not visit.person.may(*roles):
            raise _refused(visit, roles)
        return visit

    return check


Reads = Annotated[Visit, Depends(signed_in)]
Posts = Annotated[Visit, Depends(posting)]
Decides = Annotated[Visit, Depends(posting_as(Role.REVIEWER, Role.SUPERVISOR))]
Sends = Annotated[Visit, Depends(posting_as(Role.LIAISON, Role.SUPERVISOR))]
Runs = Annotated[Visit, Depends(posting_as(Role.SUPERVISOR, Role.LIAISON, Role.REVIEWER))]
