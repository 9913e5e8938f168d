"""A proxy on loopback between a browser and the web, which binds it to the run's address rule.

A browser resolves names, follows redirects and opens sockets by itself; what a page loads would
never pass Scrapy's checks. Started with this proxy and nothing else, it reaches the platform's
own hosts at public addresses, and nothing besides. What was checked is what is connected to.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from crawler.addresses import AddressRule

HEAD_BYTES = 65_536
PATIENCE_S = 30.0
_CHUNK = 65_536
_DROPPED = (b"proxy-", b"connection:", b"keep-alive:")
_REFUSED = b"HTTP/1.1 403 Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_OPEN = b"HTTP/1.1 200 Open\r\n\r\n"
_LOST = (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError, ValueError)


@dataclass(frozen=True)
class Wanted:
    """What a browser asks the proxy for."""

    url: str
    host: str
    port: int
    tunnel: bool
    head: bytes = b""


def wanted_of(head: bytes) -> Wanted:
    r"""Read the head of a proxied request; ValueError when it is none.

    >>> wanted_of(b"GET http://a.example/x?y HTTP/1.1\r\nHost: a.example\r\n\r\n").head
    b'GET /x?y HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n'
    >>> wanted_of(b"CONNECT a.example:443 HTTP/1.1\r\n\r\n").url
    'https://a.example:443/'
    """
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    method, target, version = first.split(b" ")
    tunnel = method == b"CONNECT"
    url = f"https://{target.decode()}/" if tunnel else target.decode()
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError("a request without a host")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    kept = [line for line in lines if not line.lower().startswith(_DROPPED)]
    start = b" ".join((method, path.encode(), version))
    sent = b"\r\n".join((start, *kept, b"Connection: close", b"", b""))
    return Wanted(url, parts.hostname, parts.port or 80, tunnel, sent)


@dataclass
class GuardingProxy:
    """Serves one browser of one run; `refused` is told each address that was not let through."""

    rule: AddressRule
    most_bytes: int
    refused: Callable[[str, str], None]
    last_refusal: str = ""
    _server: asyncio.Server | None = None
    _serving: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> str:
        """Begin to serve on loopback; return the address for the browser."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=HEAD_BYTES)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """End every connection."""
        if self._server is not None:
            self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)
        with suppress(*_LOST):
            await self._answer(reader, writer)
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(PATIENCE_S):
            wanted = wanted_of(await reader.readuntil(b"\r\n\r\n"))
        address = await self._allowed(wanted)
        if not address:
            # A page is not answered at all: an answer of ours could be taken for the platform's.
            writer.write(_REFUSED if wanted.tunnel else b"")
            await writer.drain()
            return
        async with asyncio.timeout(PATIENCE_S):
            far = await asyncio.open_connection(address, wanted.port)
        try:
            (writer if wanted.tunnel else far[1]).write(_OPEN if wanted.tunnel else wanted.head)
            await self._join((reader, writer), far)
        finally:
            far[1].close()

    async def _allowed(self, wanted: Wanted) -> str:
        """Return the address to connect to; empty when none may be."""
        if why := self.rule.why_not(wanted.url):
            self._refuse(wanted.url, why)
            return ""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(wanted.host, wanted.port, type=socket.SOCK_STREAM)
        for *_, place in found:
            if self.rule.may_connect(wanted.host, wanted.port, str(place[0])):
                return str(place[0])
        self._refuse(wanted.url, f"{wanted.host} leads to a private address; not asked")
        return ""

    def _refuse(self, url: str, why: str) -> None:
        self.last_refusal = why
        self.refused(url, why)

    async def _join(
        self,
        near: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        far: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        """Carry bytes both ways until the far end is done or has sent more than is read."""
        upward = asyncio.ensure_future(self._carry(near[0], far[1], self.most_bytes))
        try:
            await self._carry(far[0], near[1], self.most_bytes)
        finally:
            upward.cancel()
            await asyncio.gather(upward, return_exceptions=True)

    async def _carry(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, most: int
    ) -> None:
        carried = 0
        with suppress(*_LOST):
            while carried <= most:
                async with asyncio.timeout(PATIENCE_S):
                    chunk = await source.read(_CHUNK)
                if not chunk:
                    return
                carried += len(chunk)
                target.write(chunk)
                await target.drain()
