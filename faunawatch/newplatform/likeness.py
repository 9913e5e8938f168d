"""How much a page looks like one listing, before anything is known of its site."""

import re
from itertools import islice

from crawler.styles import embedded
from crawler.styles.page import Page
from crawler.styles.structured import json_ld, microdata, texts_of_node
from data.fields import find_prices
from data.platform import JsonApi
from faunawatch.newplatform.carried import listing_in

_OFFERS = re.compile(r"product|offer|vehicle|car", re.IGNORECASE)
_BEGINNING = 3_000
_MANY_PRICES = 6


def likeness(page: Page) -> int:
    """Return points for what only a listing's page has; 0 says it is none.

    >>> likeness(Page("https://a.example/1", b"<h1>Box</h1><p class=price>RM 20</p>")) > 0
    True
    >>> likeness(Page("https://a.example/about", b"<h1>About us</h1><p>We sell boxes.</p>"))
    0
    """
    points = _for_machines(page) + _open_graph(page) + _carried(page)
    prices = len(list(islice(find_prices(page.visible[:_BEGINNING]), _MANY_PRICES)))
    points += 2 if 0 < prices < _MANY_PRICES else 0
    has_head = len(page.selector.xpath("//h1")) == 1
    return points + has_head if points else 0


def _for_machines(page: Page) -> int:
    nodes, _ = json_ld(page.selector)
    offers = any(_OFFERS.search(str(node.get("@type"))) and node.get("name") for node in nodes)
    micro = microdata(page.selector)
    return 4 if offers or (micro and texts_of_node(micro)["title"]) else 0


def _open_graph(page: Page) -> int:
    kind = page.selector.xpath("//meta[@property='og:type']/@content").get() or ""
    priced = page.selector.xpath("//meta[contains(@property, 'price:amount')]")
    return 3 if "product" in kind or priced else 0


def _carried(page: Page) -> int:
    document = embedded.document_of(page, JsonApi())
    found = listing_in(document, "") if document is not None else None
    return 3 if found and {"price", "amount"} & set(found[1]) else 0
