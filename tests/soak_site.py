"""A small marketplace on loopback with a switch for each fault a site can have. Synthetic."""

import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.crawling import PLATFORM as FILE
from tests.crawling import list_html, listing_html

PLATFORM = "soaked"
PER_PAGE = 6
LATE_PAGE = 3


class SiteFault(StrEnum):
    """What is wrong with the site now."""

    NONE = "none"
    ERRORS = "errors"
    RESETS = "resets"
    LORIS = "loris"
    LATE_LORIS = "late_loris"
    CAPTCHA = "captcha"
    LAYOUT = "layout"
    LOGIN = "login"
    ROBOTS = "robots"


CAPTCHA_HTML = """<html><head><title>Pasar Contoh</title></head><body><form action="/check">
<div class="h-captcha" data-sitekey="0"></div></form><script>check()</script></body></html>"""
LOGIN_HTML = '<html><body><form><input name="u"><input type="password"></form></body></html>'


class Market(ThreadingHTTPServer):
    """Listings on pages, newest first; each page's counter makes its bytes new each hour."""

    daemon_threads = True

    def __init__(self, listings: int) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.posted: dict[int, datetime | None] = dict.fromkeys(range(1, listings + 1))
        self.fault = SiteFault.NONE
        self.walled = False
        self.pause_s = 0.0
        self.told: list[tuple[float, str]] = []

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def file(self) -> str:
        """The platform's file: visited one page after the other."""
        text = FILE.format(id=PLATFORM, address=self.address, top="", lists="", rest="")
        return text.replace("delay_s = 0\n", "delay_s = 0.02\n")

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that were killed."""

    def post(self, at: datetime) -> None:
        """Put up one more listing."""
        self.posted[len(self.posted) + 1] = at

    def breaks(self, fault: SiteFault) -> None:
        """Switch a fault on, or all of them off."""
        self.fault, self.walled = fault, False

    def list_page(self, page: int) -> str:
        newest = sorted(self.posted, reverse=True)
        numbers = newest[(page - 1) * PER_PAGE : page * PER_PAGE]
        more = f"/?page={page + 1}" if page * PER_PAGE < len(newest) else ""
        return list_html(numbers, more)

    def listing(self, number: int) -> str:
        seen = f"<p>Seen {len(self.posted) * number} times</p>"
        if self.fault is SiteFault.LAYOUT:
            return (
                f"<html><div class=a><b>Wooden box</b> {number}</div><p>{'text ' * 80}</p></html>"
            )
        title = f"Wooden box {number}"
        return listing_html(
            number, title, extra=f"{seen}<p>{_filler(len(self.posted), number)}</p>"
        )


def _filler(hour: int, number: int) -> str:
    """Return a text that hardly compresses and differs each hour, as counters and tokens do."""
    return " ".join(
        f"{(hour * 7919 + number * 104729 + one * 1299709) % 2**31:x}" for one in range(99)
    )


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Market

    def do_GET(self) -> None:
        market = self.server
        page = int(self.path.rpartition("?page=")[2] or 1) if "?page=" in self.path else 1
        late = page >= LATE_PAGE
        if self.path == "/robots.txt":
            refused = market.fault is SiteFault.ROBOTS
            self.answer("User-agent: *\nDisallow: /\n" if refused else "", 200 if refused else 404)
            return
        if late and market.fault in {SiteFault.CAPTCHA, SiteFault.LATE_LORIS}:
            market.walled = True
        time.sleep(market.pause_s)
        if not self.failed():
            self.page(page)

    def failed(self) -> bool:
        """Answer as the fault has it; tell whether it did."""
        market = self.server
        match market.fault:
            case SiteFault.ERRORS:
                self.answer("<h1>Internal error</h1>", 500)
            case SiteFault.RESETS:
                self.reset()
            case SiteFault.LORIS:
                self.trickle()
            case SiteFault.LATE_LORIS if market.walled:
                self.trickle()
            case SiteFault.CAPTCHA if market.walled:
                self.answer(CAPTCHA_HTML)
            case SiteFault.LOGIN if self.path.startswith("/item/"):
                self.answer("", 302, {"Location": f"/account/login?next={self.path}"})
            case _:
                return False
        return True

    def page(self, page: int) -> None:
        if self.path.startswith("/account/login"):
            self.answer(LOGIN_HTML)
        elif self.path.startswith("/item/"):
            number = int(self.path.removeprefix("/item/").partition("?")[0])
            known = number in self.server.posted
            self.answer(self.server.listing(number) if known else "", 200 if known else 404)
        else:
            self.answer(self.server.list_page(page))

    def do_POST(self) -> None:
        """Take an alert, as a team's channel does."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.told.append((time.monotonic(), f"{body.get('title')}: {body.get('message')}"))
        self.answer("")

    def answer(self, body: str, status: int = 200, headers: dict[str, str] | None = None) -> None:
        content = body.encode()
        self.send_response(status)
        for name, value in {"Content-Type": "text/html", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(content)

    def reset(self) -> None:
        """Break the connection off so that the other side sees a reset."""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True
        self.connection.close()

    def trickle(self) -> None:
        """Send one byte a second, for as long as the other side waits."""
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        self.close_connection = True
        with contextlib.suppress(OSError):
            while self.server.fault in {SiteFault.LORIS, SiteFault.LATE_LORIS}:
                self.wfile.write(b" ")
                time.sleep(1)

    def log_message(self, *_: Any) -> None:
        pass

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().finish()


@contextlib.contextmanager
def served(listings: int) -> Iterator[Market]:
    """Serve a market until the block ends."""
    market = Market(listings)
    thread = threading.Thread(target=market.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield market
    finally:
        market.breaks(SiteFault.NONE)
        market.shutdown()
        thread.join()
        market.server_close()
