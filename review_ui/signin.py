"""Signing in and out, one-time links, and a person's own page."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse

from data.people import LANGUAGES, Person, Unusable, set_languages
from data.signins import (
    LONGEST,
    SHORTEST_PASSWORD,
    authenticate,
    close_session,
    end_other_sessions,
    fits,
    look_at_link,
    open_session,
    set_password,
    use_link,
)
from data.tasks import release_all
from review_ui.auth import Posts, Reads, Visit, cookie_name, house_of
from review_ui.filters import span
from review_ui.pages import own_path, page, see_other
from review_ui.settings import House

router = APIRouter()
WRONG = "This name and password do not fit. Check both, or ask an admin for a new link."


@router.get("/signin")
def ask_name(request: Request, next: str = "/") -> HTMLResponse:  # noqa: A002
    """Ask for name and password."""
    return _ask(request, own_path(next))


def _ask(
    request: Request, target: str, name: str = "", error: str = "", status: int = 200
) -> HTMLResponse:
    values = {"target": target, "name": name, "error": error}
    return page(request, "signin.html", values, status=status)


@router.post("/signin", response_model=None)
def sign_in(
    request: Request,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    target: Annotated[str, Form()] = "/",
) -> HTMLResponse | RedirectResponse:
    """Check name and password; too many wrong tries must wait."""
    house = house_of(request)
    address = request.client.host if request.client else ""
    tried = authenticate(house.store, name, password, address, clock=house.wall)
    if tried.wait is not None:
        wait = f"Too many tries. Wait {span(tried.wait)}, or ask an admin for a new link."
        return _ask(request, own_path(target), name, wait, 429)
    if tried.person_id is None:
        return _ask(request, own_path(target), name, WRONG, 401)
    with house.store.write() as session:
        person = session.get_one(Person, tried.person_id)
        token, _ = open_session(session, person, clock=house.wall, address=address)
    return _let_in(house, token, own_path(target))


def _let_in(house: House, token: str, target: str) -> RedirectResponse:
    """Hand the browser its token.

    SameSite is Lax and not Strict, so that a link in a message to the team opens the page and not
    the sign-in form; no GET changes anything, and every form carries its own token besides.
    """
    response = see_other(target)
    response.set_cookie(
        cookie_name(house),
        token,
        max_age=int(LONGEST.total_seconds()),
        httponly=True,
        secure=house.settings.https,
        samesite="lax",
        path="/",
    )
    return response


@router.get("/enter/{token}")
def look_at_sign_in_link(request: Request, token: str) -> HTMLResponse:
    """Show whose link it is; a preview that only opens the address does not use it up."""
    house = house_of(request)
    with house.store.read() as session:
        person = look_at_link(session, token, clock=house.wall)
        name = person.name if person is not None else ""
    status = 200 if name else 410
    return page(request, "enter.html", {"name": name, "token": token}, status=status)


@router.post("/enter/{token}", response_model=None)
def use_sign_in_link(request: Request, token: str) -> HTMLResponse | RedirectResponse:
    """Use the link up and sign its person in."""
    house = house_of(request)
    address = request.client.host if request.client else ""
    with house.store.write() as session:
        person = use_link(session, token, clock=house.wall)
        if person is None:
            return page(request, "enter.html", {"name": "", "token": token}, status=410)
        session_token, _ = open_session(session, person, clock=house.wall, address=address)
        target = "/" if person.password_hash else "/you"
    return _let_in(house, session_token, target)


@router.post("/signout")
def sign_out(request: Request, visit: Posts) -> RedirectResponse:
    """End this session and give back what the person held."""
    with visit.write() as session:
        release_all(session, visit.person, clock=visit.clock)
        close_session(session, visit.signed, clock=visit.house.wall)
    response = see_other("/signin")
    house = house_of(request)
    # Without `secure` browsers refuse to touch a cookie named __Host-.
    response.delete_cookie(
        cookie_name(house), path="/", secure=house.settings.https, httponly=True, samesite="lax"
    )
    return response


@router.get("/you")
def show_person(request: Request, visit: Reads, done: str = "") -> HTMLResponse:
    """Show a person's own page."""
    return _show(request, visit, done=done)


def _show(
    request: Request, visit: Visit, *, done: str = "", error: str = "", status: int = 200
) -> HTMLResponse:
    values = {
        "languages": LANGUAGES,
        "shortest": SHORTEST_PASSWORD,
        "done": done,
        "error": error,
    }
    return page(request, "you.html", values, visit=visit, status=status)


@router.post("/you/password", response_model=None)
def choose_password(
    request: Request,
    visit: Posts,
    password: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
    current: Annotated[str, Form()] = "",
) -> HTMLResponse | RedirectResponse:
    """Set one's own password and end one's other sessions.

    A password that exists is asked for, so that a browser left open cannot be taken over for good.
    """
    if visit.person.password_hash and not fits(visit.person.password_hash, current):
        return _show(request, visit, error="The current password is not right.", status=422)
    if password != again:
        message = "The two passwords differ: type the same one twice."
        return _show(request, visit, error=message, status=422)
    try:
        with visit.write() as session:
            person = session.get_one(Person, visit.person.id)
            set_password(session, person, password, clock=visit.house.wall, actor=visit.actor)
            end_other_sessions(session, visit.signed, clock=visit.house.wall)
    except Unusable as error:
        return _show(request, visit, error=str(error), status=422)
    return see_other("/you?done=password")


@router.post("/you/languages")
def choose_languages(
    visit: Posts, language: Annotated[list[str] | None, Form()] = None
) -> RedirectResponse:
    """Say which languages one reads."""
    with visit.write() as session:
        person = session.get_one(Person, visit.person.id)
        set_languages(session, person, language or [], clock=visit.clock, actor=visit.actor)
    return see_other("/you?done=languages")


@router.post("/you/others")
def end_others(visit: Posts) -> RedirectResponse:
    """End one's sessions on other browsers."""
    with visit.write() as session:
        end_other_sessions(session, visit.signed, clock=visit.house.wall)
    return see_other("/you?done=others")
