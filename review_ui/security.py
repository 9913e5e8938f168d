"""The gate in front of every page: known hosts, own forms, small bodies, strict headers."""

import re
from collections.abc import Iterable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CSP: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; connect-src 'self'"
)
# Within the site the referrer stays, because browsers under `no-referrer` send forms with
# `Origin: null`, which cannot be checked. Nothing is sent to other sites either way.
HEADERS: Final = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}
LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")
SMALL_BODY: Final = 128 * 1024
LARGE_BODY: Final = 12 * 1024 * 1024
UPLOADS: Final = ("/outcomes/import",)
UNKNOWABLE: Final = re.compile(r"\x00|/\d{10,}(?:/|$)")
"""Signs and ids that no database row has; asking the database would be an error there."""
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Gate:
    """ASGI middleware that refuses what no page of ours sends, and sets headers on the rest."""

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str] = (), https: bool = False) -> None:
        self.app = app
        self.hosts = frozenset({*LOOPBACK, *(host.lower() for host in hosts)})
        self.https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the request, then let it through with a counted body and strict headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        sender = self._with_headers(send)
        refusal = self._refuse(scope, headers)
        if refusal is not None:
            await refusal(scope, receive, sender)
            return
        limit = LARGE_BODY if scope["path"].startswith(UPLOADS) else SMALL_BODY
        await self.app(scope, _counted(receive, limit), sender)

    def _refuse(self, scope: Scope, headers: Headers) -> PlainTextResponse | None:
        host = headers.get("host", "").lower()
        if _without_port(host) not in self.hosts:
            text = "This address is not one faunawatch answers to: see its list of hosts."
            return PlainTextResponse(text, 421)
        if scope["method"] not in SAFE and not _is_own_form(headers, host):
            return PlainTextResponse("This form was sent from another site and is refused.", 403)
        if UNKNOWABLE.search(scope["path"]) or b"%00" in scope["query_string"]:
            return PlainTextResponse("There is nothing at this address.", 404)
        limit = LARGE_BODY if scope["path"].startswith(UPLOADS) else SMALL_BODY
        declared = headers.get("content-length", "0")
        if not declared.isdecimal() or int(declared) > limit:
            return PlainTextResponse("This is more than can be sent here.", 413)
        return None

    def _with_headers(self, send: Send) -> Send:
        async def sender(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if self.https:
                    headers["strict-transport-security"] = "max-age=31536000"
            await send(message)

        return sender


def _without_port(host: str) -> str:
    """Return the name in a Host header.

    >>> _without_port("[::1]:8800"), _without_port("localhost:8800"), _without_port("example.org")
    ('[::1]', 'localhost', 'example.org')
    """
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() else host


def _is_own_form(headers: Headers, host: str) -> bool:
    """Tell whether a writing request comes from our own pages, as far as the browser says."""
    origin = headers.get("origin")
    if origin is not None:
        return origin.lower().partition("://")[2] == host
    return headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}


def _counted(receive: Receive, limit: int) -> Receive:
    """Count a body that declares no length; it ends where the limit is."""
    seen = 0

    async def counting() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise HTTPException(413, "This is more than can be sent here.")
        if b"%00" in message.get("body", b""):
            raise HTTPException(400, "A text holds a sign (NUL) that cannot be stored: retype it.")
        return message

    return counting
