"""Selectors guessed from what elements are called: `.price`, `#description`, `[itemprop=name]`."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from parsel import Selector

from crawler.styles.page import Page, text_of
from data.fields import parse_date, parse_price

_NAMES = {
    "description": r"description|desc|content|body|detail|details|mo-?ta",
    "price": r"price|gia|amount|harga",
    "place": r"location|place|region|city|area|address|khu-?vuc",
    "posted": r"posted|date|published|time|ngay|meta",
    "seller_name": r"seller|vendor|shop|author|owner|member|contact|username",
    "category": r"breadcrumb|breadcrumbs|category",
}
_IMAGES = re.compile(r"gallery|photo|photos|image|images|carousel|thumb|slider", re.IGNORECASE)
_USABLE = re.compile(r"-?[A-Za-z_][\w-]*\Z")
_WORDS = re.compile(r"[A-Za-z]+|\d+")
LONG, SHORT = 4_000, 120
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # only whether a text is a date is asked
MOST_TRIED = 40


def guessed(name: str, pages: Sequence[Page], languages: tuple[str, ...] = ()) -> str:
    """Return a selector that finds a field on every sample page; empty without one."""
    for selector in _candidates(name, pages[0]):
        if all(_holds(name, page, selector, languages) for page in pages):
            return selector
    return ""


def _candidates(name: str, page: Page) -> Iterator[str]:
    if name == "title":
        yield from ("h1", "[itemprop=name]", "h2")
        return
    if name == "images":
        yield from _image_candidates(page)
        return
    if name == "posted":
        yield "time::attr(datetime)"
    yield from _named(page, re.compile(rf"(?:{_NAMES[name]})\Z", re.IGNORECASE))


def _named(page: Page, wanted: re.Pattern[str]) -> Iterator[str]:
    """Yield selectors of elements one word of whose class or id fits, in the order of the page."""
    seen: dict[str, None] = {}
    for element in page.selector.xpath("//body//*[@class or @id]"):
        for mark in _marks(element):
            if any(wanted.match(word) for word in _WORDS.findall(mark[1:])):
                seen.setdefault(mark)
        if len(seen) >= MOST_TRIED:
            break
    return iter(seen)


def _marks(element: Selector) -> Iterator[str]:
    own = element.attrib.get("id") or ""
    if _USABLE.match(own) and not re.search(r"\d", own):
        yield f"#{own}"
    for word in (element.attrib.get("class") or "").split():
        if _USABLE.match(word):
            yield f".{word}"


def _image_candidates(page: Page) -> Iterator[str]:
    for mark in _named(page, _IMAGES):
        yield f"{mark} img::attr(src)"
    yield "h1 ~ img::attr(src)"


def _holds(name: str, page: Page, selector: str, languages: tuple[str, ...]) -> bool:
    found = page.selector.css(selector)
    text = text_of(found[0]) if found else ""
    if name == "price":
        return len(text) <= SHORT and parse_price(text).amount is not None
    if name == "posted":
        return len(text) <= SHORT and _is_date(text, languages)
    if name == "images":
        return bool(text)
    return 0 < len(text) <= (LONG if name == "description" else SHORT)


def _is_date(text: str, languages: tuple[str, ...]) -> bool:
    return parse_date(text, _SOME_DAY, languages=languages or ("en",)) is not None
