"""A listing page read by what it says for machines: JSON-LD, then microdata, then OpenGraph.

Configured selectors fill what JSON-LD and microdata leave open; OpenGraph comes last, because
sites cut its texts and add their own name to its title.
"""

import html
import json
import re
from collections.abc import Iterator
from typing import Any

from parsel import Selector

from crawler.styles import selectors
from crawler.styles.page import Page, text_of
from crawler.styles.reading import Raw, RawListing
from data.platform import Platform

Node = dict[str, Any]
MOST_DEPTH = 12
_OFFERED = frozenset((
    "product", "individualproduct", "productgroup", "productmodel", "vehicle", "car",
    "motorcycle", "offer", "aggregateoffer", "book", "creativework", "demand",
))  # fmt: skip
_ENDED = frozenset({"soldout", "discontinued", "outofstock"})
_SPARE_COMMA = re.compile(r",\s*([}\]])")
_WRAPPING = re.compile(r"^\s*(<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(-->|//\s*\]\]>|\]\]>)\s*;?\s*$")
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8}\d?);", re.IGNORECASE)
_TAG = re.compile(r"<(br|p|div|b|strong|i|ul|li|span|a|h\d)\b[^>]*>", re.IGNORECASE)


def read(page: Page, platform: Platform) -> RawListing:
    """Read a page by its structured data, and by selectors for what is missing."""
    raw = RawListing()
    nodes, broken = json_ld(page.selector)
    if broken:
        raw.problems.append(f"broken_json_ld: {broken} block(s) of structured data are not JSON")
    chosen = _about_this_page(nodes, page, platform)
    for node in (chosen, microdata(page.selector)):
        if node:
            raw.add_missing(texts_of_node(node))
            raw.images += [one for one in _images(node) if one not in raw.images]
            raw.ended = raw.ended or _has_ended(node)
            raw.certain = True
    raw.add_missing(selectors.read_texts(page, platform))
    raw.images = raw.images or selectors.read_images(page, platform)
    _add_open_graph(raw, page.selector)
    return raw


def json_ld(page: Selector) -> tuple[list[Node], int]:
    """Return every JSON-LD node of a page, and how many blocks could not be read."""
    nodes: list[Node] = []
    broken = 0
    for script in page.xpath('//script[contains(@type, "ld+json")]'):
        document = _loads("".join(script.xpath("text()").getall()))
        broken += document is None
        nodes += _nodes(document)
    return nodes, broken


def _loads(text: str) -> Any:  # noqa: ANN401
    """Read JSON as pages write it: wrapped in comments, escaped twice, with a comma too many."""
    bare = _WRAPPING.sub("", _WRAPPING.sub("", text)).strip()
    for attempt in (bare, _SPARE_COMMA.sub(r"\1", bare), html.unescape(bare)):
        try:
            return json.loads(attempt, strict=False)
        except ValueError:
            continue
        except RecursionError:
            return None
    return None


def _nodes(document: Any, depth: int = 0) -> Iterator[Node]:  # noqa: ANN401
    if depth > MOST_DEPTH:
        return
    if isinstance(document, list):
        for one in document:
            yield from _nodes(one, depth + 1)
    elif isinstance(document, dict):
        yield document
        for key in ("@graph", "mainEntity", "itemOffered", "hasVariant"):
            yield from _nodes(document.get(key), depth + 1)


def _about_this_page(nodes: list[Node], page: Page, platform: Platform) -> Node | None:
    """Choose the node this page is about; a page may describe related offers too."""
    offered = [node for node in nodes if _OFFERED & _types(node) and _says_something(node)]
    own = platform.external_id(page.url)
    for node in offered:
        for address in (_text(node, "url"), _text(node, "@id")):
            if own and address and platform.external_id(platform.absolute(address)) == own:
                return node
    without_other = (node for node in offered if not _is_of_other(node, platform, own))
    return next(without_other, None)


def _says_something(node: Node) -> bool:
    return any(_text(node, key) for key in ("name", "description")) or "offers" in node


def _is_of_other(node: Node, platform: Platform, own: str) -> bool:
    address = _text(node, "url")
    found = platform.external_id(platform.absolute(address)) if address else ""
    return bool(found) and found != own


def _types(node: Node) -> frozenset[str]:
    kinds = node.get("@type", "")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return frozenset(str(kind).rpartition("/")[2].lower() for kind in kinds)


def _text(node: Any, *keys: str) -> str:  # noqa: ANN401
    """Return the text at a path of keys; lists give their first member."""
    for key in keys:
        node = node[0] if isinstance(node, list) and node else node
        node = node.get(key) if isinstance(node, dict) else None
    node = node[0] if isinstance(node, list) and node else node
    if isinstance(node, dict):
        node = node.get("name") or node.get("@value") or node.get("@id")
    if node is None or isinstance(node, bool | dict | list):
        return ""
    return without_markup(html.unescape(str(node)))


def without_markup(text: str) -> str:
    r"""Return a text as read, when it was written as HTML.

    >>> without_markup("one<br>two & 3 < 4"), without_markup("3 < 4 &#8211; five")
    ('one\ntwo & 3 < 4', '3 < 4 – five')
    """
    if _TAG.search(text):
        return text_of(Selector(text=text))
    return _REFERENCE.sub(lambda found: html.unescape(found[0]), text)


_PATHS: dict[str, tuple[tuple[str, ...], ...]] = {
    "title": (("name",), ("headline",)),
    "description": (("description",),),
    "category": (("category",),),
    "amount": (
        ("offers", "price"),
        ("offers", "lowPrice"),
        ("offers", "priceSpecification", "price"),
        ("price",),
    ),
    "currency": (
        ("offers", "priceCurrency"),
        ("offers", "priceSpecification", "priceCurrency"),
        ("priceCurrency",),
    ),
    "place": (
        ("offers", "availableAtOrFrom", "address", "addressLocality"),
        ("offers", "availableAtOrFrom"),
        ("offers", "areaServed"),
        ("areaServed",),
        ("contentLocation",),
    ),
    "posted": (("datePosted",), ("datePublished",), ("dateCreated",), ("offers", "validFrom")),
    "seller_name": (("offers", "seller", "name"), ("seller", "name"), ("offers", "offeredBy")),
    "seller_url": (("offers", "seller", "url"), ("seller", "url")),
    "seller_id": (
        ("offers", "seller", "identifier"),
        ("seller", "identifier"),
    ),
}


def texts_of_node(node: Node) -> Raw:
    """Return the texts a schema.org node holds, by our field names."""
    texts: Raw = {}
    for name, paths in _PATHS.items():
        texts[name] = next((text for path in paths if (text := _text(node, *path))), "")
    return texts


def _images(node: Node) -> list[str]:
    value = node.get("image") or []
    value = value if isinstance(value, list) else [value]
    addresses = (
        (one.get("contentUrl") or one.get("url") or "") if isinstance(one, dict) else str(one)
        for one in value
    )
    return [address for address in addresses if isinstance(address, str) and address]


def _has_ended(node: Node) -> bool:
    return has_ended_words(_text(node, "offers", "availability") or _text(node, "availability"))


def has_ended_words(availability: str) -> bool:
    """Tell whether a schema.org or shopping feed availability says that an offer is over.

    >>> has_ended_words("https://schema.org/SoldOut"), has_ended_words("out of stock")
    (True, True)
    """
    word = availability.rpartition("/")[2].lower()
    return word.replace(" ", "").replace("_", "") in _ENDED


def microdata(page: Selector) -> Node | None:
    """Return the first schema.org offer written as microdata, in the shape of JSON-LD."""
    for scope in page.xpath("//*[@itemscope and @itemtype]"):
        kind = (scope.attrib.get("itemtype") or "").rpartition("/")[2].lower()
        if kind in _OFFERED:
            return _scope(scope, 0)
    return None


def _scope(scope: Selector, depth: int) -> Node:
    node: Node = {"@type": (scope.attrib.get("itemtype") or "").rpartition("/")[2]}
    level = "count(ancestor::*[@itemscope])"
    own = int(float(scope.xpath(level).get() or 0))
    for part in scope.xpath(f".//*[@itemprop][{level} = {own + 1}]"):
        inner = "itemscope" in part.attrib and depth < MOST_DEPTH
        value = _scope(part, depth + 1) if inner else _property(part)
        for name in (part.attrib.get("itemprop") or "").split():
            node.setdefault(name, []).append(value)
    return node


def _property(part: Selector) -> str:
    for attribute in ("content", "datetime", "href", "src"):
        if value := part.attrib.get(attribute):
            return str(value)
    return text_of(part)


def _add_open_graph(raw: RawListing, page: Selector) -> None:
    said = {
        (meta.attrib.get("property") or meta.attrib.get("name") or ""): meta.attrib.get("content")
        for meta in reversed(page.xpath("//meta[@content]"))
    }
    raw.add_missing({
        "title": said.get("og:title") or "",
        "description": said.get("og:description") or "",
        "amount": said.get("product:price:amount") or said.get("og:price:amount") or "",
        "currency": said.get("product:price:currency") or said.get("og:price:currency") or "",
    })  # fmt: skip
    raw.images = raw.images or page.xpath('//meta[@property="og:image"]/@content').getall()
