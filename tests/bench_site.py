"""A marketplace of any size for measurements, served from a process of its own.

Its pages are made of what marketplaces' pages are: a listing with JSON-LD and marked-up fields,
and around it cards of other offers, menus and addresses that differ from page to page.
"""

import asyncio
import json
import multiprocessing
import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

PER_LIST = 50
_DIFFERENT = 16
_SPAWN = multiprocessing.get_context("spawn")
_WORDS = [
    "wooden",
    "box",
    "carved",
    "old",
    "teak",
    "lamp",
    "brass",
    "bicycle",
    "phone",
    "case",
    "cotton",
    "shirt",
    "chair",
    "table",
    "garden",
    "guitar",
    "camera",
    "lens",
    "book",
    "shoes",
    "kitchen",
    "knife",
    "mirror",
    "clock",
    "vase",
    "carpet",
    "fan",
    "radio",
    "toy",
    "puzzle",
    "good",
    "condition",
    "price",
    "can",
    "be",
    "discussed",
    "collect",
    "in",
    "town",
    "post",
    "possible",
    "bought",
    "last",
    "year",
]

PLATFORM = """
schema = 1
id = "{style}"
name = "Measured site"
base_url = "http://{address}/"
style = "{style}"
country = "MY"
languages = ["en", "ms"]
currency = "MYR"
timezone = "Asia/Kuala_Lumpur"
local = ["{address}"]
delay_s = 0
max_bytes = 2000000

[lists]
start = ["/list?page=1&of={pages}"]
links = ["a.offer"]
next_link = ["a.next"]
max_pages = 1000000

[pages]
pattern = '/item/(?P<id>\\d+)'
{fields}
"""
_FIELDS = """
[fields]
title = "#offer h1"
description = "#offer .words"
price = "#offer .price"
place = "#offer .place"
posted = "#offer .posted"
category = "#trail li:last-child"
seller_name = "#offer .seller"
seller_url = "#offer .seller::attr(href)"
images = "#offer img::attr(src)"
"""


@dataclass(frozen=True)
class Market:
    """A market that is being served."""

    address: str

    def platform(self, style: str, pages: int) -> str:
        """Return the platform's file for a style, `selectors` or `structured`, and a size."""
        fields = _FIELDS if style == "selectors" else ""
        return PLATFORM.format(address=self.address, style=style, pages=pages, fields=fields)

    def url(self, pages: int) -> str:
        """Return where a spider begins that is to read so many listings."""
        return f"http://{self.address}/list?page=1&of={pages}"

    def asked(self) -> int:
        """Tell how many listing pages were asked for so far."""
        with urlopen(f"http://{self.address}/asked") as answer:
            return int(answer.read())


@contextmanager
def market(kilobytes: int) -> Iterator[Market]:
    """Serve a market whose listing pages have about this size."""
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_serve, args=(kilobytes, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Market(ours.recv())
    finally:
        process.terminate()
        process.join()


def listing_page(number: int, kilobytes: int) -> str:
    """Return the page of one listing."""
    chance = random.Random(number)
    title = f"{_some(chance, 5)} {number}"
    words = [_some(chance, 30) for _ in range(4)]
    price, day = 10 + number % 5000, 1 + number % 28
    shown = "".join(f"<p>{one}</p>" for one in words)
    pictures = [f"/media/{number}-{one}.jpg" for one in range(4)]
    data = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": title,
        "description": "\n".join(words),
        "category": "Home",
        "image": pictures,
        "datePosted": f"2026-10-{day:02}",
        "offers": {
            "@type": "Offer",
            "price": str(price),
            "priceCurrency": "MYR",
            "areaServed": "Ipoh",
            "seller": {"@type": "Person", "name": f"Shop {number % 997}"},
        },
    }
    return (
        f"<!doctype html><html><head><title>{title} - Market</title>"
        f'<script type="application/ld+json">{json.dumps(data)}</script></head><body>'
        '<ol id="trail"><li>All</li><li>Home</li></ol><main id="offer">'
        f'<h1>{title}</h1><p class="price">RM {price:,}</p><p class="place">Ipoh</p>'
        f'<p class="posted">{day} October 2026</p><div class="words">{shown}</div>'
        f'<a class="seller" href="/shop/{number % 997}">Shop {number % 997}</a>'
        + "".join(f'<img src="{one}">' for one in pictures)
        + f"</main>{_around(number % _DIFFERENT, kilobytes)}</body></html>"
    )


def list_page(page: int, pages: int) -> str:
    """Return a list page; the last one has no link to a next."""
    first = (page - 1) * PER_LIST + 1
    last = min(first + PER_LIST - 1, pages)
    rows = "".join(
        f'<li><a class="offer" href="/item/{one}">offer {one}</a></li>'
        for one in range(first, last + 1)
    )
    following = f"/list?page={page + 1}&amp;of={pages}"
    turn = f'<a class="next" href="{following}">next</a>' if last < pages else ""
    return f"<html><head><title>All</title></head><body><ul>{rows}</ul>{turn}</body></html>"


def _some(chance: random.Random, many: int) -> str:
    return " ".join(chance.choices(_WORDS, k=many))


@cache
def _around(number: int, kilobytes: int) -> str:
    """Return what stands around a listing: cards, each with words, classes and an address."""
    chance, parts, size = random.Random(-number - 1), [], 0
    while size < max(0, kilobytes - 3) * 1000:
        key = f"{chance.getrandbits(64):x}"
        parts.append(
            f'<div class="card c-{chance.randrange(40)}"><a href="/x/{key}">'
            f'<span class="t">{_some(chance, 8)}</span></a>'
            f"<b>RM {chance.randrange(9000)}</b></div>\n"
        )
        size += len(parts[-1])
    return "".join(parts)


class _Server(asyncio.Protocol):
    """As little of a web server as a crawl needs, so that it takes little from what is measured."""

    asked = 0
    kilobytes = 20
    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.waiting = transport, b""

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while b"\r\n\r\n" in self.waiting:
            head, _, self.waiting = self.waiting.partition(b"\r\n\r\n")
            body = self.answer(head.split(b" ", 2)[1].decode())
            status = b"200 OK" if body else b"404 Not Found"
            self.transport.write(
                b"HTTP/1.1 %s\r\nServer: market\r\nDate: Sun, 01 Nov 2026 12:00:00 GMT\r\n"
                b"Content-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s"
                % (status, len(body), body)
            )

    def answer(self, path: str) -> bytes:
        parts = urlsplit(path)
        if parts.path.startswith("/item/"):
            _Server.asked += 1
            return listing_page(int(parts.path[6:]), _Server.kilobytes).encode()
        if parts.path == "/list":
            query = {name: int(values[0]) for name, values in parse_qs(parts.query).items()}
            return list_page(query["page"], query["of"]).encode()
        return str(_Server.asked).encode() if parts.path == "/asked" else b""


def _serve(kilobytes: int, answer: Connection) -> None:
    _Server.kilobytes = kilobytes
    with suppress(KeyboardInterrupt):
        asyncio.run(_serving(answer))


async def _serving(answer: Connection) -> None:
    server = await asyncio.get_running_loop().create_server(_Server, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    answer.send(f"{host}:{port}")
    await server.serve_forever()
