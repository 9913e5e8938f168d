"""What CSS and XPath find on a page."""

from collections.abc import Iterable
from functools import cache

from parsel import Selector, SelectorList
from parsel.csstranslator import HTMLTranslator

from crawler.styles.page import text_of
from data.platform import Field
from data.platform_places import is_xpath


@cache
def _as_xpath(selector: str) -> str:
    return selector if is_xpath(selector) else HTMLTranslator().css_to_xpath(selector)


def select(page: Selector, selector: str) -> SelectorList[Selector]:
    """Return what one CSS or XPath selector finds."""
    return page.xpath(_as_xpath(selector))


def first_found(page: Selector, selectors: Iterable[str]) -> SelectorList[Selector]:
    """Return what the first selector that finds anything finds."""
    found = SelectorList[Selector]([])
    for selector in selectors:
        found = select(page, selector)
        if found:
            break
    return found


def anything_found(page: Selector, selectors: Iterable[str]) -> bool:
    """Tell whether any of the selectors finds anything."""
    return any(select(page, selector) for selector in selectors)


def source_of(found: Selector) -> str:
    """Return the address a link selector found: an attribute's text, or an element's href."""
    if isinstance(found.root, str):
        return found.root.strip()
    return (found.attrib.get("href") or "").strip()


def texts_of(page: Selector, field: Field) -> list[str]:
    """Return the texts of a field; of its places, the first that has any wins."""
    for selector in field.select:
        texts = [cut(text_of(found), field) for found in select(page, selector)]
        if kept := [text for text in texts if text]:
            return kept
    return []


def cut(text: str, field: Field) -> str:
    r"""Return what the field's pattern keeps of a text: its groups, joined.

    >>> import re
    >>> cut("Posted: 3 days, 2 hours ago", Field((), re.compile(r"(\d+ days?)[^a]*( ago)")))
    '3 days ago'
    """
    if field.pattern is None:
        return text
    found = field.pattern.search(text)
    if found is None:
        return ""
    return "".join(group or "" for group in found.groups()) or found[0]
