"""A platform's ordered rules: what a page means for a listing, from its status and its body."""

import re
from collections.abc import Iterator
from typing import Any

from crawler.styles.page import Page
from crawler.styles.selecting import anything_found
from data.json_paths import look_up
from data.platform import Platform, Removal
from data.text import skeleton

_PLAIN_KEY = re.compile(r"\w+")
FIRST, ALSO = "page", "also"


def rule_for(
    page: Page, platform: Platform, *, title: str, external_id: str = "", at: str = ""
) -> Removal | None:
    """Return the first rule whose every condition holds.

    `at`: which of a listing's two addresses was asked; empty when that is not known.
    """
    for rule in platform.removal:
        meant = not at or rule.at in {"", at}
        if meant and _holds(rule, page, platform, title, external_id):
            return rule
    return None


def _holds(rule: Removal, page: Page, platform: Platform, title: str, external_id: str) -> bool:
    if rule.status and page.status not in rule.status:
        return False
    if rule.redirected and not was_redirected(page, platform, external_id):
        return False
    if (rule.title_absent or rule.title_present) and not title:
        return False
    if rule.title_absent and has_title(page, title):
        return False
    if rule.title_present and not has_title(page, title):
        return False
    return _body_holds(rule, page)


def was_redirected(page: Page, platform: Platform, external_id: str) -> bool:
    """Tell whether a page came from neither of a listing's addresses."""
    also = platform.also_of(external_id)
    same = bool(also) and page.url.partition("?")[0] == also.partition("?")[0]
    return not same and platform.external_id(page.url) != external_id


def _body_holds(rule: Removal, page: Page) -> bool:
    if rule.text and not any(text in page.visible for text in rule.text):
        return False
    if any(text in page.visible for text in rule.text_absent):
        return False
    if rule.null and not _is_null(page, rule.null):
        return False
    return _elements_hold(rule, page)


def _is_null(page: Page, path: str) -> bool:
    """Tell whether the JSON says null there: an error, or a key that is missing, is no null."""
    document = page.document if page.is_json else None
    if not isinstance(document, dict) or document.get("errors"):
        return False
    above, _, key = path.rpartition(".")
    parent = look_up(document, above) if above else document
    if isinstance(parent, dict) and _PLAIN_KEY.fullmatch(key) and key not in parent:
        return False
    return parent is not None and look_up(document, path) is None


def _elements_hold(rule: Removal, page: Page) -> bool:
    if (rule.selector or rule.selector_absent) and page.is_json:
        return False
    if rule.selector and not anything_found(page.selector, rule.selector):
        return False
    return not (rule.selector_absent and anything_found(page.selector, rule.selector_absent))


def has_title(page: Page, title: str) -> bool:
    r"""Tell whether a page still shows a title, whatever spacing and case it uses.

    >>> has_title(Page("http://a/", b"<h1>Ivory  bangle</h1>"), "ivory bangle")
    True
    >>> has_title(Page("http://a/", b'{"t": "Ng\\u00e0 voi"}'), "ngà voi")
    True
    """
    wanted = skeleton(title).text
    return bool(wanted) and wanted in skeleton(_shown(page)).text


def _shown(page: Page) -> str:
    if page.is_json and page.document is not None:
        return "\n".join(_texts(page.document))
    return page.visible


def _texts(document: Any) -> Iterator[str]:  # noqa: ANN401
    """Yield every text of decoded JSON; a loop, since JSON may be nested deeply."""
    waiting = [document]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def describe(rule: Removal) -> str:
    """Say in words which rule decided."""
    words = [f"HTTP {'/'.join(map(str, sorted(rule.status)))}"] if rule.status else []
    words += [f"text {' or '.join(map(repr, rule.text))}"] if rule.text else []
    words += [f"no text {' or '.join(map(repr, rule.text_absent))}"] if rule.text_absent else []
    words += [f"element {' or '.join(rule.selector)}"] if rule.selector else []
    words += [f"no element {' or '.join(rule.selector_absent)}"] if rule.selector_absent else []
    words += [f"'{rule.null}' is null"] if rule.null else []
    words += ["the recorded title is not there"] if rule.title_absent else []
    words += ["the recorded title is there"] if rule.title_present else []
    words += ["sent to another page"] if rule.redirected else []
    return ", ".join(words)
