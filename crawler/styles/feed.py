"""Feeds (RSS 2.0, Atom, RDF) and sitemaps, also gzipped; XML that declares entities is refused."""

import gzip
import html
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from lxml import etree  # type: ignore[import-untyped]
from parsel import Selector

from crawler.styles.page import Page, decode, text_of
from crawler.styles.reading import Raw, RawListing
from crawler.styles.selecting import cut, select
from crawler.styles.structured import has_ended_words, without_markup
from data.platform import Field, Platform

_GZIP = b"\x1f\x8b"
_ROOT = re.compile(rb"<(rss|feed|urlset|sitemapindex|(?:\w+:)?RDF)[\s>]")
_LOOKED_AT = 2_000
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_ENTITY = re.compile(r"<!ENTITY", re.IGNORECASE)
_LITERAL = re.compile(r"(<!\[CDATA\[.*?\]\]>)", re.DOTALL)
_AMPERSAND = re.compile(r"&(?!#)(?:(\w+);)?")
_XML_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_MEDIA = "http://search.yahoo.com/mrss/"
_IMAGE = re.compile(r"<img[^>]+src=[\"']([^\"']+)", re.IGNORECASE)
_AUTHOR = re.compile(r"^\S+@\S+\s*\((.+)\)$")


@dataclass(frozen=True)
class Entry:
    """One entry: the address it names, and its element with namespaces taken away."""

    url: str
    element: Any


@dataclass(frozen=True)
class Parsed:
    """What a feed or sitemap names, where it goes on, and what was wrong with it."""

    entries: tuple[Entry, ...] = ()
    sitemaps: tuple[str, ...] = ()
    next_page: str = ""
    is_sitemap: bool = False
    problem: str = ""


def is_feed(page: Page) -> bool:
    """Tell whether a page is a feed or sitemap, whatever the server called it."""
    if page.body[:2] == _GZIP:
        return True
    # Without its zeros UTF-16 shows the same tags as any other encoding.
    head = page.body[:_LOOKED_AT].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t")
    return head.startswith(b"<") and bool(_ROOT.search(head))


def _decoded(body: bytes, page: Page) -> str:
    return decode(body, page.headers.get("content-type", ""), page.languages).text


def parse(page: Page, most: int) -> Parsed:
    """Read a feed or sitemap of at most `most` bytes."""
    return page.once("feed", lambda: _parse(page, most))


def _parse(page: Page, most: int) -> Parsed:
    body, problem = _unpacked(page.body, most)
    if problem:
        return Parsed(problem=problem)
    text = _DECLARATION.sub("", _decoded(body, page))
    if _ENTITY.search(text):
        return Parsed(problem="xml_entities: the feed declares entities of its own; not read")
    root = _root(text)
    if root is None:
        return Parsed(problem="broken_feed: what came is no XML")
    for element in root.iter(etree.Element):
        _without_namespace(element)
    return _parsed(root)


def _unpacked(body: bytes, most: int) -> tuple[bytes, str]:
    """Return a body unpacked when it is gzip; a bomb is let go off no further than `most`."""
    if body[:2] != _GZIP:
        return body, ""
    try:
        with gzip.open(BytesIO(body)) as file:
            unpacked = file.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        return b"", f"broken_feed: damaged gzip ({error})"
    if len(unpacked) > most:
        return b"", "too_large: unpacked, the feed is larger than this platform's `max_bytes`"
    return unpacked, ""


def mended(text: str) -> str:
    r"""Return XML whose bare ampersands and HTML entities an XML parser would else drop.

    >>> mended("a & b&nbsp;c &lt; <![CDATA[x & y]]>")
    'a &amp; b\xa0c &lt; <![CDATA[x & y]]>'
    """
    parts = _LITERAL.split(text)
    parts[::2] = [_AMPERSAND.sub(_mended_sign, part) for part in parts[::2]]
    return "".join(parts)


def _mended_sign(found: re.Match[str]) -> str:
    name = found[1]
    if name is None:
        return "&amp;"
    return found[0] if name in _XML_NAMES else html.escape(html.unescape(found[0]), quote=False)


def _root(text: str) -> Any:  # noqa: ANN401
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        recover=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(mended(text).strip().encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        return None


def _without_namespace(element: Any) -> None:  # noqa: ANN401
    name = etree.QName(element)
    element.tag = f"media_{name.localname}" if name.namespace == _MEDIA else name.localname


def _parsed(root: Any) -> Parsed:  # noqa: ANN401
    if root.tag == "sitemapindex":
        return Parsed(sitemaps=tuple(_newest_first(root, "sitemap")), is_sitemap=True)
    if root.tag == "urlset":
        places = {url: element for element in root.iter("url") if (url := _text(element, "loc"))}
        ordered = (Entry(url, places[url]) for url in _newest_first(root, "url"))
        return Parsed(entries=tuple(ordered), is_sitemap=True)
    elements = [*root.iter("item"), *root.iter("entry")]
    entries = tuple(Entry(url, element) for element in elements if (url := _link(element)))
    return Parsed(entries=entries, next_page=_next(root))


def _newest_first(root: Any, tag: str) -> Iterator[str]:  # noqa: ANN401
    """Yield the addresses of a sitemap, the latest changed first; undated ones keep their order."""
    found = [(_text(one, "lastmod"), _text(one, "loc")) for one in root.iter(tag)]
    found.sort(key=lambda pair: pair[0], reverse=True)
    yield from dict.fromkeys(address for _, address in found if address)


def _text(element: Any, *names: str) -> str:  # noqa: ANN401
    """Return the text of the first child of these names that has any."""
    for name in names:
        for child in element.iterchildren(name):
            if text := "".join(child.itertext()).strip():
                return text
    return ""


def _link(element: Any) -> str:  # noqa: ANN401
    for link in element.iterchildren("link"):
        if link.get("href") and link.get("rel", "alternate") == "alternate":
            return str(link.get("href")).strip()
    guids = (one for one in element.iterchildren("guid") if one.get("isPermaLink") != "false")
    return _text(element, "link") or "".join("".join(one.itertext()).strip() for one in guids)


def _next(root: Any) -> str:  # noqa: ANN401
    links = (link for link in root.iter("link") if link.get("rel") == "next")
    return next((str(link.get("href") or "") for link in links), "")


_PATHS = {
    "title": ("title", "media_title"),
    "description": ("encoded", "content", "description", "summary", "media_description"),
    "posted": ("pubDate", "published", "date", "issued", "updated"),
    "price": ("price",),
    "place": ("location", "featurename", "city"),
}


def read_entry(entry: Entry, platform: Platform) -> RawListing:
    """Read an entry that is the listing: what feeds say by themselves, then configured fields."""
    element = entry.element
    texts: Raw = {}
    for name, places in _PATHS.items():
        texts[name] = without_markup(_text(element, *places))
    texts["category"] = _category(element)
    texts["seller_name"] = _author(element)
    raw = RawListing(texts=texts, images=_images(element), certain=True)
    raw.ended = has_ended_words(_text(element, "availability"))
    configured = {name: _configured(element, field) for name, field in platform.fields.items()}
    raw.add_missing({name: found[0] for name, found in configured.items() if found})
    raw.images = raw.images or configured.get("images", [])
    return raw


def _category(element: Any) -> str:  # noqa: ANN401
    first = next(element.iterchildren("category"), None)
    return "" if first is None else str(first.get("term") or first.text or "")


def _author(element: Any) -> str:  # noqa: ANN401
    author = next(element.iterchildren("author"), None)
    named = "" if author is None else _text(author, "name") or (author.text or "").strip()
    named = _text(element, "creator") or named
    return found[1] if (found := _AUTHOR.match(named)) else named


def _images(element: Any) -> list[str]:  # noqa: ANN401
    found = [
        str(one.get("url"))
        for one in element.iter("enclosure", "media_content", "media_thumbnail")
        if one.get("url") and (one.get("type") or one.get("medium") or "image").startswith("image")
    ]
    found = found or [text for text in [_text(element, "image_link")] if text]
    return found or _IMAGE.findall(_text(element, *_PATHS["description"]))


def _configured(element: Any, field: Field) -> list[str]:  # noqa: ANN401
    entry = Selector(root=element, type="xml")
    for selector in field.select:
        texts = [cut(without_markup(text_of(one)), field) for one in select(entry, selector)]
        if kept := [text for text in texts if text]:
            return kept
    return []
