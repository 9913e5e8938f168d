"""Who we say we are, what robots.txt allows, and how slowly we ask."""

from typing import TYPE_CHECKING, Any

from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.robotstxt import ProtegoRobotParser, RobotParser

from crawler.errors import RobotsRefused
from crawler.official import is_official

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

ROBOT_NAME = "faunawatch"
LONGEST_DELAY_S = 60.0
_FORBID_ALL = b"User-agent: *\nDisallow: /\n"
_SERVER_ERROR = 500
_CLIENT_ERROR = 400


def user_agent(contact: str, version: str) -> str:
    """Say honestly who asks and whom to write to.

    >>> user_agent("team@example.org", "0.1.0")
    'faunawatch/0.1.0 (+mailto:team@example.org)'
    """
    return f"{ROBOT_NAME}/{version} (+mailto:{contact})"


class Robots(RobotsTxtMiddleware):
    """robots.txt as RFC 9309 has it: none there allows all, one that cannot be had forbids all."""

    _why: dict[str, str]

    def __init__(self, crawler: Any) -> None:  # noqa: ANN401
        super().__init__(crawler)
        self._why = {}

    # Scrapy passes no spider any more, and warns of those that hand one on.
    async def process_request(self, request: "Request") -> None:  # type: ignore[override]
        """Ask robots.txt, except where the platform gave us a key of its own."""
        ours: Any = self.crawler.spider
        if not is_official(request.url, ours.platform, ours.rule, ours.options.api_key):
            await super().process_request(request)

    def process_request_2(self, rp: RobotParser | None, request: "Request") -> None:
        """Refuse what robots.txt forbids, saying why."""
        if rp is None or rp.allowed(request.url, ROBOT_NAME):
            return
        netloc = request.url.split("/")[2]
        raise RobotsRefused(self._why.get(netloc, "robots.txt forbids this page"))

    async def _parse_robots(self, response: "Response", netloc: str, request: "Request") -> None:
        if response.status >= _SERVER_ERROR:
            self._unavailable(netloc, f"robots.txt answered {response.status}, so all is forbidden")
            return
        if response.status >= _CLIENT_ERROR:
            response = response.replace(body=b"")
        await super()._parse_robots(response, netloc, request)
        self._slow_down(netloc)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        cause = str(exc) or type(exc).__name__
        self._unavailable(netloc, f"robots.txt could not be fetched ({cause}), so all is forbidden")

    def _unavailable(self, netloc: str, why: str) -> None:
        self._why[netloc] = why
        parser = ProtegoRobotParser.from_crawler(self.crawler, _FORBID_ALL)
        waiting = self._parsers[netloc]
        self._parsers[netloc] = parser
        waiting.callback(parser)  # type: ignore[union-attr]

    def _slow_down(self, netloc: str) -> None:
        parser = self._parsers[netloc]
        if not isinstance(parser, ProtegoRobotParser) or self.crawler.engine is None:
            return
        wished = parser.rp.crawl_delay(ROBOT_NAME) or 0.0
        for slot in self.crawler.engine.downloader.slots.values():
            slot.delay = max(slot.delay, min(float(wished), LONGEST_DELAY_S))
