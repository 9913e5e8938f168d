"""List pages: which listings they name, and how to turn to the next page."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from parsel import Selector

from crawler.styles.page import Page, joined
from crawler.styles.selecting import first_found, select
from data.platform import Platform

_PRESSED = frozenset({"submit", "button", "image", "reset", "file"})
_TICKED = frozenset({"checkbox", "radio"})


class WalkKind(StrEnum):
    """Why a sequence of list pages is walked."""

    LISTS = "lists"
    SEARCH = "search"


@dataclass
class Walk:
    """One sequence of list pages, and what it has met so far."""

    kind: WalkKind
    start: str
    page: int = 0
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
    """Return the canonical addresses of the listings a page links to, by external id."""
    links: dict[str, str] = {}
    for selector in platform.lists.links:
        for found in select(page.selector, selector):
            url = joined(page.url, _address(found))
            if external_id := platform.external_id(url):
                links.setdefault(external_id, platform.canonical(url))
    return links


def category_links(page: Page, platform: Platform) -> list[str]:
    """Return the addresses of category lists a start page links to."""
    found = (
        joined(page.url, _address(link)).partition("#")[0]
        for selector in platform.lists.category_links
        for link in select(page.selector, selector)
    )
    return list(dict.fromkeys(filter(None, found)))


def _address(found: Selector) -> str:
    if isinstance(found.root, str):
        return found.root.strip()
    return (found.attrib.get("href") or "").strip()


def search_address(platform: Platform, term: str) -> str:
    """Return the address of a keyword search."""
    return platform.absolute(platform.lists.search.replace("{term}", quote(term)))


def first_address(platform: Platform, start: str) -> str:
    """Return the address of a list's first page."""
    url = platform.absolute(start)
    if platform.lists.offset_parameter:
        return _with_query(url, platform.lists.offset_parameter, "0")
    return url


def next_address(page: Page, platform: Platform, walk: Walk) -> str:
    """Return the address of the next list page; empty at the end."""
    lists = platform.lists
    for url in (_next_link(page, platform), _next_button(page, platform)):
        if url:
            return url
    start = platform.absolute(walk.start)
    if lists.offset_parameter:
        return _with_query(start, lists.offset_parameter, str(walk.page * lists.page_size))
    if lists.page_parameter:
        return _with_query(start, lists.page_parameter, str(lists.first_page + walk.page))
    return ""


def _next_link(page: Page, platform: Platform) -> str:
    links = first_found(page.selector, platform.lists.next_link)
    addresses = [address for link in links if (address := _address(link))]
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
