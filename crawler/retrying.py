"""A request that failed is asked again after a pause, growing; the server may say how long.

A server that says "too many" or "not now" and how long to wait for it is asked again when that is
short. When it is long, or it does not say, that is a wall: the run ends, and the platform rests.
"""

import asyncio
import hashlib
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.utils.misc import load_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scrapy import Request
    from scrapy.http import Response

BASE_SETTING = "RETRY_PAUSE_S"
FAILED = frozenset({408, 500, 502, 504, 522, 524})
NOT_NOW = frozenset({429, 503})
LONGEST_WAIT_S = 120.0
LOOK_EVERY_S = 0.25


def pause_s(base: float, tried: int, url: str) -> float:
    """Return how long to wait before asking again: doubled each time, moved by up to a quarter.

    >>> [round(pause_s(2.0, tried, "https://a.example/1"), 1) for tried in (1, 2, 3)]
    [1.6, 4.4, 6.3]
    """
    digest = hashlib.sha256(f"{tried}:{url}".encode()).digest()
    return float(base * (1 << (tried - 1)) * (0.75 + digest[0] / 510))


def asked_wait_s(headers: "Mapping[str, str]", now: datetime) -> float | None:
    """Return how long the server asks us to wait, in seconds or as a date by its own clock.

    >>> at = datetime(2026, 11, 1, 12, tzinfo=UTC)
    >>> asked_wait_s({"retry-after": "30"}, at), asked_wait_s({}, at)
    (30.0, None)
    >>> wrong_clock = {"retry-after": "Sun, 01 Nov 2026 09:01:00 GMT",
    ...                "date": "Sun, 01 Nov 2026 09:00:00 GMT"}
    >>> asked_wait_s(wrong_clock, at), asked_wait_s({"retry-after": "soon"}, at)
    (60.0, None)
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    until, server_now = _date(text), _date(headers.get("date", ""))
    return None if until is None else max(0.0, (until - (server_now or now)).total_seconds())


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Retry:
    """Downloader middleware: asks again what failed for a moment, after a pause."""

    def __init__(self, crawler: Any) -> None:  # noqa: ANN401
        self.crawler = crawler
        self.base: float = crawler.settings.getfloat(BASE_SETTING)
        names = crawler.settings.getlist("RETRY_EXCEPTIONS")
        self.passing: tuple[type[BaseException], ...] = tuple(map(load_object, names))

    @classmethod
    def from_crawler(cls, crawler: Any) -> "Retry":  # noqa: ANN401
        """Make the middleware as Scrapy asks for it."""
        return cls(crawler)

    async def process_response(
        self, request: "Request", response: "Response"
    ) -> "Request | Response":
        """Ask again after a refusal that passes; any other answer goes on."""
        if response.status not in FAILED | NOT_NOW:
            return response
        headers = {
            name: (response.headers.get(name) or b"").decode("latin-1")
            for name in ("retry-after", "date")
        }
        wait = asked_wait_s(headers, self.crawler.spider.options.clock.now())
        if wait is not None and wait > LONGEST_WAIT_S:
            self.crawler.spider.progress.asked_to_wait_s = wait
            return response
        if response.status in NOT_NOW and wait is None:
            return response
        return await self._again(request, f"HTTP {response.status}", wait or 0.0) or response

    async def process_exception(
        self, request: "Request", exception: BaseException
    ) -> "Request | None":
        """Ask again after a connection that broke or timed out."""
        if not isinstance(exception, self.passing):
            return None
        return await self._again(request, type(exception).__name__, 0.0)

    async def _again(self, request: "Request", reason: str, wait: float) -> "Request | None":
        spider = self.crawler.spider
        again = get_retry_request(request, spider=spider, reason=reason)
        if again is None:
            return None
        # Reckoned here, so that what follows cannot be asked in the meantime either.
        await self._sleep(max(wait, pause_s(self.base, again.meta["retry_times"], request.url)))
        return again

    async def _sleep(self, seconds: float) -> None:
        """Wait, unless the run ends meanwhile."""
        while seconds > 0 and self.crawler.crawling and not self.crawler.spider.progress.stopped:
            await asyncio.sleep(min(seconds, LOOK_EVERY_S))
            seconds -= LOOK_EVERY_S
