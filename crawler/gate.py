"""Around every single request: address, stop flag and budget before it, walls after it."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import certifi
from OpenSSL import crypto
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from twisted.internet.ssl import Certificate, trustRootFromCertificates
from twisted.web.client import BrowserLikePolicyForHTTPS

from crawler.errors import OverBudget, RefusedAddress, Stopping

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

_END = b"-----END CERTIFICATE-----"


class Gate:
    """Downloader middleware: lets through what the run may ask for."""

    def __init__(self, crawler: Any) -> None:  # noqa: ANN401
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Any) -> "Gate":  # noqa: ANN401
        """Make the gate as Scrapy asks for it."""
        return cls(crawler)

    def process_request(self, request: "Request") -> None:
        """Let a request pass or raise why not; redirects come through here too."""
        del request
        spider = self.crawler.spider
        if spider.progress.stopped:
            raise Stopping("the run is ending")
        if not spider.progress.spend():
            raise OverBudget(spider.progress.cause)


class Watch:
    """Downloader middleware: checks every address, and sees each final answer first.

    A wall is noticed here and not in the spider, so that nothing is asked past it.
    """

    def __init__(self, crawler: Any) -> None:  # noqa: ANN401
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Any) -> "Watch":  # noqa: ANN401
        """Make the watch as Scrapy asks for it."""
        return cls(crawler)

    def process_request(self, request: "Request") -> None:
        """Refuse addresses before even their robots.txt is asked for."""
        if why := self.crawler.spider.rule.why_not(request.url):
            raise RefusedAddress(why)

    def process_response(self, request: "Request", response: "Response") -> "Response":
        """Stop the run when the answer is a wall for certain."""
        if not request.meta.get("dont_obey_robotstxt"):
            asked = request.meta.get("redirect_urls", [""])[0]
            self.crawler.spider.watch(response, asked)
        return response


class CheckedHttps(HTTP11DownloadHandler):
    """Scrapy's HTTP, with certificates checked: evidence from an impostor proves nothing."""

    def __init__(self, crawler: Any) -> None:  # noqa: ANN401
        super().__init__(crawler)
        self._contextFactory = checked_https()


def checked_https() -> Any:  # noqa: ANN401
    """Return the policy under which certificates are checked."""
    roots = trustRootFromCertificates(_root_certificates())  # type: ignore[no-untyped-call]
    return BrowserLikePolicyForHTTPS(roots)  # type: ignore[no-untyped-call]


@cache
def _root_certificates() -> list[Certificate]:
    blocks = Path(certifi.where()).read_bytes().split(_END)[:-1]
    read = crypto.load_certificate
    return [
        Certificate(read(crypto.FILETYPE_PEM, block + _END))  # type: ignore[no-untyped-call]
        for block in blocks
    ]
