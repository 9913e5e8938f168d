"""Asking a time-stamp authority (RFC 3161) to confirm that a case existed at a moment."""

import urllib.error
import urllib.request
from http.client import HTTPException, HTTPMessage
from typing import IO
from urllib.parse import urlsplit

from rfc3161_client import PKIStatus, TimestampRequestBuilder, decode_timestamp_response

TIMEOUT_S = 20
MOST_BYTES = 200_000
MOST_SAID = 300
_HEADERS = {"Content-Type": "application/timestamp-query", "User-Agent": "faunawatch"}


class NotDated(Exception):
    """The authority gave no token; the message says why. The case stands without one.

    What it says may be the authority's own words, and goes into rows and the seal of a case.
    """

    def __init__(self, why: str) -> None:
        super().__init__("".join(one if one.isprintable() else " " for one in why)[:MOST_SAID])


def why_no_authority(address: str) -> str:
    """Say why an address cannot be a time-stamp authority's; empty when it can.

    It is written into every case it is asked about, so it may hold no password.

    >>> why_no_authority("https://tsa.example/"), why_no_authority("https://a:b@tsa.example/")
    ('', 'it may hold no user name or password: cases name it')
    """
    try:
        parts = urlsplit(address)
        named = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        named = None
    if not named or not address.isprintable() or " " in address:
        return "it is no web address"
    return "it may hold no user name or password: cases name it" if "@" in parts.netloc else ""


def token_for(authority: str, content: bytes) -> bytes:
    """Return the authority's answer for these bytes, as received; raises `NotDated`."""
    if why := why_no_authority(authority):
        raise NotDated(f"{why}: set timestamp-authority anew")
    try:
        return _checked(authority, content, certificates=True)
    except _Unreadable:
        # Some authorities send their certificates in an order that our strict reader refuses.
        return _checked(authority, content, certificates=False)


class _Unreadable(NotDated):
    """The answer cannot be read: ask for a plainer one."""


def _checked(authority: str, content: bytes, *, certificates: bool) -> bytes:
    asked = TimestampRequestBuilder().data(content).nonce(nonce=True)
    request = asked.cert_request(cert_request=certificates).build()
    answer = _post(authority, request.as_bytes())
    try:
        response = decode_timestamp_response(answer)
        granted = response.status in {PKIStatus.GRANTED.value, PKIStatus.GRANTED_WITH_MODS.value}
        info = response.tst_info if granted else None
    except ValueError as error:
        raise _Unreadable("what came back is no time stamp") from error
    if info is None:
        raise NotDated(f"the authority refused: {', '.join(response.status_string) or 'no reason'}")
    if info.message_imprint.message != request.message_imprint.message:
        raise NotDated("the time stamp is for something else")
    if info.nonce != request.nonce:
        raise NotDated("the time stamp answers another question")
    return answer


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows nowhere: the team named one address, and no answer of it may choose another."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        """Take the redirect for an error."""


def _post(authority: str, body: bytes) -> bytes:
    asked = urllib.request.Request(authority, data=body, headers=_HEADERS, method="POST")  # noqa: S310
    try:
        with urllib.request.build_opener(_NoRedirects).open(asked, timeout=TIMEOUT_S) as answer:
            content: bytes = answer.read(MOST_BYTES)
    except (urllib.error.URLError, HTTPException, OSError, ValueError) as error:
        raise NotDated(f"the authority could not be reached: {error}") from error
    return content
