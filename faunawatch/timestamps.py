"""Asking a time-stamp authority (RFC 3161) to confirm that a case existed at a moment."""

import urllib.error
import urllib.request
from urllib.parse import urlsplit

from rfc3161_client import PKIStatus, TimestampRequestBuilder, decode_timestamp_response

TIMEOUT_S = 20
MOST_BYTES = 200_000
_HEADERS = {"Content-Type": "application/timestamp-query", "User-Agent": "faunawatch"}


class NotDated(Exception):
    """The authority gave no token; the message says why. The case stands without one."""


def token_for(authority: str, content: bytes) -> bytes:
    """Return the authority's answer for these bytes, as received; raises `NotDated`."""
    if urlsplit(authority).scheme not in {"http", "https"}:
        raise NotDated(f"{authority!r} is no web address: set timestamp-authority anew")
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
    except ValueError as error:
        raise _Unreadable("what came back is no time stamp") from error
    if response.status not in {PKIStatus.GRANTED.value, PKIStatus.GRANTED_WITH_MODS.value}:
        raise NotDated(f"the authority refused: {', '.join(response.status_string) or 'no reason'}")
    info = response.tst_info
    if info.message_imprint.message != request.message_imprint.message:
        raise NotDated("the time stamp is for something else")
    if info.nonce != request.nonce:
        raise NotDated("the time stamp answers another question")
    return answer


def _post(authority: str, body: bytes) -> bytes:
    asked = urllib.request.Request(authority, data=body, headers=_HEADERS, method="POST")  # noqa: S310
    try:
        with urllib.request.urlopen(asked, timeout=TIMEOUT_S) as answer:  # noqa: S310
            content: bytes = answer.read(MOST_BYTES)
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise NotDated(f"the authority could not be reached: {error}") from error
    return content
