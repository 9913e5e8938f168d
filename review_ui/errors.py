"""Errors as pages: what happened, what to do, and that nothing was lost."""

import logging
import secrets

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, NoResultFound
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from data.crawls import CannotAccept
from data.exports.frozen import Blocked, NothingToFreeze
from data.exports.replies import UnreadableReply
from data.outcomes import CannotRetract
from data.people import Unusable
from data.reviews import Incomplete, TakenByOther, TooLate
from data.sending import CannotSend
from data.states import NotAllowed
from review_ui.auth import PasswordFirst, SignInFirst
from review_ui.pages import page
from review_ui.security import HEADERS

log = logging.getLogger(__name__)

TITLES = {
    400: "This request could not be read",
    401: "You are signed out",
    403: "This is not open to you",
    404: "There is nothing here",
    405: "This cannot be done here",
    409: "Someone was faster",
    413: "That is too much at once",
    422: "Something is missing",
    429: "Too many tries",
}

REFUSED = (Blocked, CannotAccept, CannotRetract, CannotSend, NothingToFreeze, UnreadableReply)


def error_page(request: Request, status: int, message: str) -> HTMLResponse:
    """Render an error; a signed-in person keeps the navigation."""
    visit = getattr(request.state, "visit", None)
    title = TITLES.get(status, "Something went wrong")
    values = {"title": title, "message": message, "status": status}
    return page(request, "error.html", values, visit=visit, status=status)


async def _sign_in_first(request: Request, error: Exception) -> Response:
    del request
    target = error.target if isinstance(error, SignInFirst) else "/signin"
    return RedirectResponse(target, 303)


async def _password_first(request: Request, error: Exception) -> Response:
    del request, error
    return RedirectResponse("/you", 303)


async def _http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = str(getattr(error, "detail", ""))
    if status == 404:  # noqa: PLR2004
        detail = "The address is wrong, or what was here has been removed."
    return error_page(request, status, detail)


async def _missing(request: Request, _error: Exception) -> Response:
    return error_page(request, 404, "The address is wrong, or what was here has been removed.")


async def _invalid(request: Request, error: Exception) -> Response:
    places = error.errors() if isinstance(error, RequestValidationError) else []
    fields = ", ".join(sorted({str(one["loc"][-1]) for one in places}))
    return error_page(request, 422, f"Check these fields and send the form again: {fields}.")


async def _conflict(request: Request, error: Exception) -> Response:
    text = str(error)
    return error_page(request, 409, f"{text[:1].upper()}{text[1:]}. Reload to see how it is now.")


async def _unusable(request: Request, error: Exception) -> Response:
    return error_page(request, 422, str(error))


async def _out_of_range(request: Request, error: Exception) -> Response:
    log.warning("%s on %s", type(error).__name__, _shown(request))
    message = "A number or text is beyond what can be stored: correct it. Nothing was saved."
    return error_page(request, 422, message)


async def _broken(request: Request, error: Exception) -> Response:
    number = secrets.token_hex(4)
    log.error("error %s on %s", number, _shown(request), exc_info=error)
    message = f"This page failed. Nothing was half saved. If it happens again, report {number}."
    response = error_page(request, 500, message)
    # This page is made outside the gate that sets the headers of all others.
    response.headers.update(HEADERS)
    return response


def install(app: FastAPI) -> None:
    """Give every error its page."""
    app.add_exception_handler(SignInFirst, _sign_in_first)
    app.add_exception_handler(PasswordFirst, _password_first)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(NoResultFound, _missing)
    for too_much in (DataError, OverflowError):
        app.add_exception_handler(too_much, _out_of_range)
    for conflict in (TakenByOther, TooLate, NotAllowed):
        app.add_exception_handler(conflict, _conflict)
    for unusable in (Unusable, Incomplete, *REFUSED):
        app.add_exception_handler(unusable, _unusable)
    app.add_exception_handler(500, _broken)


def _shown(request: Request) -> str:
    """Return the path for the log, without the token of a one-time link."""
    return "/enter/…" if request.url.path.startswith("/enter/") else request.url.path
