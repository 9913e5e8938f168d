"""Refusals inside JSON of status 200: by the path the platform's file gives, and by their codes."""

from typing import Any

from crawler.health import Wall
from crawler.styles.json_api import texts_at
from crawler.styles.listed import document_of
from crawler.styles.page import Page
from data.crawls import Ending
from data.platform import Platform

_CODED_IN = ("code", "status", "statusCode", "status_code", "errorCode", "error_code")
_CODES = {
    "401": Ending.LOGIN_WALL,
    "403": Ending.BLOCKED,
    "429": Ending.BLOCKED,
    "UNAUTHENTICATED": Ending.LOGIN_WALL,
    "FORBIDDEN": Ending.BLOCKED,
}
_SIGN_IN = ("login", "sign in", "SESSION_EXPIRED", "UNAUTHENTICATED", "登录", "登入")


def certain_refusal(page: Page, platform: Platform) -> Wall | None:
    """Recognise the refusal that the platform's file describes."""
    where = platform.json.refusal
    if where is None or not page.is_json:
        return None
    found = texts_at(page.document, where)
    if not found:
        return None
    signs_in = any(word in found[0] for word in _SIGN_IN)
    return _wall(found[0], page, Ending.LOGIN_WALL if signs_in else Ending.BLOCKED)


def likely_refusal(page: Page, platform: Platform) -> Wall | None:
    """Recognise a refusal by the code of a JSON from which nothing could be read."""
    document = document_of(page, platform) if page.is_json else None
    for code in _codes(document):
        if code in _CODES:
            return _wall(f"code {code}", page, _CODES[code])
    return None


def _codes(document: Any) -> list[str]:  # noqa: ANN401
    """Return the codes a JSON says at its top, in `error`, and in GraphQL's `errors`."""
    if not isinstance(document, dict):
        return []
    errors = document.get("errors")
    places = [document, document.get("error"), *(errors if isinstance(errors, list) else [])]
    dicts = [place for place in places if isinstance(place, dict)]
    dicts += [one["extensions"] for one in dicts if isinstance(one.get("extensions"), dict)]
    return [str(one[key]) for one in dicts for key in _CODED_IN if key in one]


def _wall(said: str, page: Page, ending: Ending) -> Wall:
    cause = f"the platform refuses inside its JSON ({said[:120]!r}) at {page.url}"
    return Wall(ending, cause, page)
