"""The last gate before the network: address, stop flag and budget, for every single request."""

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
        spider = self.crawler.spider
        if spider.progress.stopped:
            raise Stopping("the run is ending")
        if why := spider.rule.why_not(request.url):
            raise RefusedAddress(why)
        if not spider.progress.spend():
            raise OverBudget(spider.progress.cause)


class CheckedHttps(HTTP11DownloadHandler):
    """Scrapy's HTTP, with certificates checked: evidence from an impostor proves nothing."""

    def __init__(self, crawler: Any) -> None:  # noqa: ANN401
        super().__init__(crawler)
        roots = trustRootFromCertificates(_root_certificates())  # type: ignore[no-untyped-call]
        policy: Any = BrowserLikePolicyForHTTPS(roots)  # type: ignore[no-untyped-call]
        self._contextFactory = policy


def _root_certificates() -> list[Certificate]:
    blocks = Path(certifi.where()).read_bytes().split(_END)[:-1]
    read = crypto.load_certificate
    return [
        Certificate(read(crypto.FILETYPE_PEM, block + _END))  # type: ignore[no-untyped-call]
        for block in blocks
    ]
