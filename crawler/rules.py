"""A platform's ordered rules: what a page means for a listing, from its status and its body."""

from crawler.styles.page import Page
from crawler.styles.selecting import anything_found
from data.json_paths import look_up
from data.platform import Platform, Removal
from data.text import skeleton


def rule_for(
    page: Page, platform: Platform, *, title: str, external_id: str = ""
) -> Removal | None:
    """Return the first rule whose every condition holds."""
    for rule in platform.removal:
        if _holds(rule, page, platform, title, external_id):
            return rule
    return None


def _holds(rule: Removal, page: Page, platform: Platform, title: str, external_id: str) -> bool:
    if rule.status and page.status not in rule.status:
        return False
    if rule.redirected and platform.external_id(page.url) == external_id:
        return False
    if rule.title_absent and (not title or has_title(page, title)):
        return False
    return _body_holds(rule, page)


def _body_holds(rule: Removal, page: Page) -> bool:
    if rule.text and not any(text in page.visible for text in rule.text):
        return False
    if any(text in page.visible for text in rule.text_absent):
        return False
    if rule.null and not (page.is_json and look_up(page.document, rule.null) is None):
        return False
    return _elements_hold(rule, page)


def _elements_hold(rule: Removal, page: Page) -> bool:
    if (rule.selector or rule.selector_absent) and page.is_json:
        return False
    if rule.selector and not anything_found(page.selector, rule.selector):
        return False
    return not (rule.selector_absent and anything_found(page.selector, rule.selector_absent))


def has_title(page: Page, title: str) -> bool:
    """Tell whether a page still shows a title, whatever spacing and case it uses.

    >>> has_title(Page("http://a/", b"<h1>Ivory  bangle</h1>"), "ivory bangle")
    True
    """
    wanted = skeleton(title).text
    return bool(wanted) and wanted in skeleton(page.visible).text


def describe(rule: Removal) -> str:
    """Say in words which rule decided."""
    words = [f"HTTP {'/'.join(map(str, sorted(rule.status)))}"] if rule.status else []
    words += [f"text {' or '.join(map(repr, rule.text))}"] if rule.text else []
    words += [f"no text {' or '.join(map(repr, rule.text_absent))}"] if rule.text_absent else []
    words += [f"element {' or '.join(rule.selector)}"] if rule.selector else []
    words += [f"no element {' or '.join(rule.selector_absent)}"] if rule.selector_absent else []
    words += [f"'{rule.null}' is null"] if rule.null else []
    words += ["the recorded title is not there"] if rule.title_absent else []
    words += ["sent to another page"] if rule.redirected else []
    return ", ".join(words)
