"""Walks through list pages: which addresses they begin with, and how to turn to the next page."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qsl, quote, quote_plus, urlencode, urlsplit, urlunsplit

from parsel import Selector

from crawler.styles import feed
from crawler.styles.listed import document_of, rows_of, value_of
from crawler.styles.page import Page, joined
from crawler.styles.selecting import first_found, select, source_of
from data.json_paths import look_up
from data.platform import Field, Platform, Style

MOST_CATEGORIES = 1_000
_PRESSED = frozenset({"submit", "button", "image", "reset", "file"})
_TICKED = frozenset({"checkbox", "radio"})
_PLACES = ("{page}", "{offset}", "{cursor}")


class WalkKind(StrEnum):
    """Why a sequence of list pages is walked."""

    LISTS = "lists"
    CATEGORY = "category"
    NEWEST = "newest"
    FEED = "feed"
    SEARCH = "search"


@dataclass
class Walk:
    """One sequence of list pages, and what it has met so far.

    `start` may hold {page}, {offset}, {cursor} and {limit}; `total` is what the list says it has.
    """

    kind: WalkKind
    start: str
    term: str = ""
    page: int = 0
    cursor: str = ""
    total: int | None = None
    visited: set[str] = field(default_factory=set)
    met: set[str] = field(default_factory=set)

    def meets(self, url: str, ids: Iterable[str]) -> int:
        """Record a page of this walk; return how many of its listings are new to the walk."""
        self.page += 1
        self.visited.add(url)
        before = len(self.met)
        self.met.update(ids)
        return len(self.met) - before


def listing_links(page: Page, platform: Platform) -> dict[str, str]:
    """Return the canonical addresses of the listings a page names, by external id."""
    return {external_id: row.url for external_id, row in rows_of(page, platform).items()}


def category_links(page: Page, platform: Platform) -> list[str]:
    """Return the addresses of category lists a start page links to."""
    found = (
        joined(page.url, source_of(link)).partition("#")[0]
        for selector in platform.lists.category_links
        for link in select(page.selector, selector)
    )
    return list(dict.fromkeys(filter(None, found)))[:MOST_CATEGORIES]


def search_address(platform: Platform, term: str) -> str:
    """Return the address of a keyword search's first page."""
    search = platform.lists.search.replace("{term}", quote(term))
    return first_address(platform, search)


def search_walk(platform: Platform, term: str) -> Walk:
    """Return the walk through what a keyword search finds."""
    start = platform.absolute(platform.lists.search.replace("{term}", quote(term)))
    return Walk(WalkKind.SEARCH, start, term=term)


def first_address(platform: Platform, start: str) -> str:
    """Return the address of a list's first page."""
    url = _filled(platform.absolute(start), platform, 0, "")
    if platform.lists.offset_parameter:
        return _with_query(url, platform.lists.offset_parameter, "0")
    return url


def _filled(address: str, platform: Platform, turned: int, cursor: str) -> str:
    """Put the page, offset, cursor and page size where an address names them."""
    lists = platform.lists
    values = {
        "{page}": str(lists.first_page + turned),
        "{offset}": str(turned * lists.page_size),
        "{cursor}": quote(cursor, safe=""),
        "{limit}": str(lists.page_size),
    }
    for place, value in values.items():
        address = address.replace(place, value)
    return address


def body_of(platform: Platform, walk: Walk) -> str:
    """Return what is posted for the next page of a walk.

    Values are escaped for what the body is: JSON, or a form when its header says so.
    """
    lists = platform.lists
    escape = _for_form if _posts_forms(platform) else as_json_text
    body = platform.json.body if walk.cursor else platform.json.body.replace('"{cursor}"', "null")
    values = {
        "{page}": str(lists.first_page + walk.page),
        "{offset}": str(walk.page * lists.page_size),
        "{limit}": str(lists.page_size),
        "{cursor}": escape(walk.cursor),
        "{term}": escape(walk.term),
    }
    for place, value in values.items():
        body = body.replace(place, value)
    return body


def _posts_forms(platform: Platform) -> bool:
    kinds = [value for name, value in platform.headers.items() if name.lower() == "content-type"]
    return any("urlencoded" in kind for kind in kinds)


def as_json_text(text: str) -> str:
    """Return a text as it stands between the quotes of a JSON text."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _for_form(text: str) -> str:
    return quote_plus(text)


def next_address(page: Page, platform: Platform, walk: Walk) -> str:
    """Return the address of the next list page; empty at the end.

    A cursor is remembered in the walk, since the next page's address or body needs it.
    """
    if feed.is_feed(page):
        following = feed.parse(page, platform.max_bytes).next_page
        return joined(page.url, following) if following else ""
    if _says_last(page, platform):
        return ""
    return _linked(page, platform) or _counted(page, platform, walk)


def _says_last(page: Page, platform: Platform) -> bool:
    path = platform.lists.more
    return bool(path) and not look_up(document_of(page, platform), path)


def _linked(page: Page, platform: Platform) -> str:
    if platform.style is Style.JSON_API:
        paths = platform.lists.next_link
        address = value_of(page, platform, Field(paths)) if paths else ""
        return joined(page.url, address) if address else ""
    return _next_link(page, platform) or _next_button(page, platform)


def _counted(page: Page, platform: Platform, walk: Walk) -> str:
    """Return the next page's address by cursor, offset or number."""
    lists = platform.lists
    if lists.cursor is not None:
        walk.cursor = value_of(page, platform, lists.cursor)
        if not walk.cursor:
            return ""
    url = _filled(platform.absolute(walk.start), platform, walk.page, walk.cursor)
    if lists.cursor_parameter:
        return _with_query(url, lists.cursor_parameter, walk.cursor)
    if lists.offset_parameter:
        return _with_query(url, lists.offset_parameter, str(walk.page * lists.page_size))
    if lists.page_parameter:
        return _with_query(url, lists.page_parameter, str(lists.first_page + walk.page))
    return url if any(place in walk.start + platform.json.body for place in _PLACES) else ""


def _next_link(page: Page, platform: Platform) -> str:
    links = first_found(page.selector, platform.lists.next_link)
    addresses = [address for link in links if (address := source_of(link))]
    return joined(page.url, addresses[-1]).partition("#")[0] if addresses else ""


def _next_button(page: Page, platform: Platform) -> str:
    """Return where pressing the pager's next button leads: a GET form with its fields."""
    buttons = [
        button
        for button in first_found(page.selector, platform.lists.next_button)
        if "disabled" not in button.attrib and button.attrib.get("value")
    ]
    form = _form_of(buttons[-1], page) if buttons else None
    if form is None or (form.attrib.get("method") or "get").lower() != "get":
        return ""
    pressed = buttons[-1].attrib
    values = [pair for pair in _form_values(form) if pair[0] != pressed.get("name")]
    values.append((pressed.get("name") or "", pressed.get("value") or ""))
    action = joined(page.url, form.attrib.get("action") or page.url)
    if not action:
        return ""
    return urlunsplit((*urlsplit(action)[:3], urlencode([pair for pair in values if pair[0]]), ""))


def _form_of(button: Selector, page: Page) -> Selector | None:
    own = button.attrib.get("form")
    forms = (
        page.selector.xpath("//form[@id=$own]", own=own)
        if own
        else button.xpath("ancestor::form[1]")
    )
    return forms[0] if forms else None


def _form_values(form: Selector) -> Iterator[tuple[str, str]]:
    for control in form.xpath(".//input[@name] | .//select[@name] | .//textarea[@name]"):
        name = control.attrib["name"]
        kind = (control.attrib.get("type") or "text").lower()
        if control.root.tag == "select":
            chosen = control.xpath(".//option[@selected]/@value").get()
            yield name, chosen or control.xpath(".//option[1]/@value").get() or ""
        elif kind in _TICKED:
            if "checked" in control.attrib:
                yield name, control.attrib.get("value") or "on"
        elif kind not in _PRESSED:
            yield name, control.attrib.get("value") or control.xpath("string()").get() or ""


def _with_query(url: str, name: str, value: str) -> str:
    parts = urlsplit(url)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != name]
    return urlunsplit(parts._replace(query=urlencode([*query, (name, value)])))
