"""What every spider shares: requests, pages, evidence, and words for what went wrong."""

import asyncio
import hashlib
import logging
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Protocol, Self
from urllib.parse import urlsplit

from PIL import Image, UnidentifiedImageError
from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Response

from crawler.addresses import AddressRule
from crawler.errors import OverBudget, RefusedAddress, RobotsRefused, Stopping
from crawler.health import Wall, certain_wall, status_wall
from crawler.options import CrawlOptions
from crawler.pipelines import EVERY_S, Look
from crawler.progress import Progress
from crawler.rules import rule_for
from crawler.styles.page import Page
from crawler.styles.reading import Reading
from data.availability import Outcome
from data.crawls import Ending
from data.evidence import EvidenceFolder
from data.found import EvidenceKind, FoundListing, StoredEvidence
from data.platform import Platform

FETCH_FAILURES = (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    OSError,
)
_IMAGE_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
_TOO_MANY_REDIRECTS = "max redirections"
_TOO_LARGE_WORDS = "exceeded DOWNLOAD_MAXSIZE"
OK = 200

logger = logging.getLogger(__name__)


class Records(Protocol):
    """Who takes what a run finds: the store's recorder, or a notebook for a check."""

    listed: set[str]

    def add(self, reading: Reading, found: FoundListing) -> None:
        """Take a listing."""
        ...

    def look(self, look: Look) -> None:
        """Take what a recheck saw."""
        ...

    def note(self, kind: str, message: str, url: str) -> None:
        """Take a problem."""
        ...

    def tick(self) -> None:
        """Commit what is waiting."""
        ...


@dataclass
class Run:
    """One run: what is asked, what it may touch, and how far it has come."""

    platform: Platform
    options: CrawlOptions
    rule: AddressRule
    progress: Progress
    recorder: Records
    evidence: EvidenceFolder | None
    already: frozenset[str] = field(default_factory=frozenset)


class PlatformSpider(Spider):
    """A spider driven by a platform's file."""

    name = "platform"

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run
        self.platform, self.options = run.platform, run.options
        self.progress, self.recorder, self.rule = run.progress, run.recorder, run.rule
        self._ticking: asyncio.Task[None] | None = None
        self.failing: tuple[Page, str] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401
        """Make the spider, and hear of pages that our own code could not handle."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.crashed, signals.spider_error)
        return spider

    def crashed(self, failure: Any, response: Response) -> None:  # noqa: ANN401
        """Record a page that broke our own code; the run goes on."""
        self.recorder.note(
            "crashed_page", f"{failure.type.__name__}: {failure.value}", response.url
        )
        self.progress.cut_lists(f"{response.url} could not be handled")

    def begin_ticking(self) -> None:
        """Commit waiting batches every few seconds, from now on."""
        self._ticking = asyncio.ensure_future(self._tick())

    async def _tick(self) -> None:
        while not self.progress.stopped:
            await asyncio.sleep(EVERY_S)
            self.recorder.tick()

    def closed(self, reason: str) -> None:
        """Stop ticking; a shutdown from outside is a stop, not an end."""
        if self._ticking is not None:
            self._ticking.cancel()
        self.keep_sample()
        if reason == "shutdown":
            self.progress.stop(Ending.STOPPED, "stopped from outside; what was read is kept")

    def ask(self, url: str, **more: Any) -> Request:  # noqa: ANN401
        """Make a request as this platform wants it."""
        headers = {**self.platform.headers, **more.pop("headers", {})}
        return Request(url, headers=headers, errback=self.failed, dont_filter=True, **more)

    def watch(self, response: Response, asked: str = "") -> None:
        """Stop the run at once when an answer is certainly a wall; count it either way."""
        page = self.page(response)
        wall = certain_wall(page, asked)
        if wall is None and status_wall(page):
            rule = rule_for(page, self.platform, title="")
            wall = status_wall(page) if rule is None or rule.outcome is Outcome.WALL else None
        if not page.media_type.startswith("image/"):
            self.progress.answered(page.status, len(page.body), at_wall=wall is not None)
        if wall is not None:
            self.stop_at(wall)

    def page(self, response: Response) -> Page:
        """Make a page of a response; it came, so the platform answers."""
        self.progress.came()
        headers = {
            key.decode("latin-1").lower(): value[-1].decode("latin-1")
            for key, value in response.headers.items()
            if value
        }
        return Page(response.url, response.body, response.status, headers, self.platform.languages)

    def stop_at(self, wall: Wall) -> None:
        """End the run at a wall; nothing is read past it."""
        if self.progress.at_wall:
            return
        self.recorder.note(wall.ending.value, wall.cause, "")
        if wall.page is not None:
            self.failing = (wall.page, wall.cause)
        self.progress.stop(wall.ending, wall.cause)

    def keep_sample(self) -> None:
        """Store the page at which the run failed, so that a person can see what we saw."""
        if self.failing is None:
            return
        page, why = self.failing
        with suppress(Stopping):
            self.progress.sample = (self.keep_page(page), why)

    def keep(self, page: Page, kind: EvidenceKind) -> StoredEvidence:
        """Store a page's bytes: the file first, the row comes with the batch."""
        captured_at = self.options.clock.now()
        folder = self.run.evidence
        sha256 = folder.put(page.body) if folder else hashlib.sha256(page.body).hexdigest()
        return StoredEvidence(
            sha256=sha256,
            kind=kind,
            media_type=page.media_type,
            size=len(page.body),
            url=page.url,
            captured_at=captured_at,
            stored_at=self.options.clock.now(),
        )

    def keep_page(self, page: Page) -> StoredEvidence:
        """Store the page a listing was read from."""
        return self.keep(page, EvidenceKind.JSON if page.is_json else EvidenceKind.PAGE)

    async def fetch_images(self, addresses: tuple[str, ...]) -> list[StoredEvidence]:
        """Fetch and store the first images; one that fails is a problem, not an end."""
        stored = []
        for address in addresses[: self.platform.images]:
            page = await self._fetch(address)
            if page is None or self.progress.stopped:
                continue
            if problem := image_problem(page):
                self.recorder.note("bad_image", problem, address)
            else:
                stored.append(self.keep(page, EvidenceKind.IMAGE))
        return stored

    async def _fetch(self, address: str) -> Page | None:
        try:
            return self.page(await self.crawler.engine.download_async(Request(address)))
        except FETCH_FAILURES as error:
            self.note_failure(error, address)
            return None

    def failed(self, failure: Any) -> Iterator[Request]:  # noqa: ANN401
        """Record why a page did not come."""
        request = failure.request
        self.note_failure(failure.value, request.url)
        if "walk" in request.cb_kwargs:
            self.progress.cut_lists(f"{request.url} did not come")
        return iter(())

    def note_failure(self, error: BaseException, url: str) -> None:
        """Put a failure on the crawl in plain words."""
        if isinstance(error, Stopping | OverBudget):
            return
        kind, cause = why_failed(error, url, self.rule)
        self.recorder.note(kind, cause, url)
        if kind == RobotsRefused.kind:
            self.progress.robots_refused += 1
            self.progress.last_robots = f"{cause} ({url})"
        elif kind == RefusedAddress.kind:
            self.progress.last_failure = cause
        elif kind in {"unreachable", "timeout"}:
            self.progress.failed(f"{url}: {cause}")


def why_failed(error: BaseException, url: str, rule: AddressRule) -> tuple[str, str]:
    """Return the kind of a failure and a sentence for it."""
    host = urlsplit(url).hostname or ""
    if isinstance(error, RobotsRefused | RefusedAddress):
        return error.kind, str(error)
    if isinstance(error, DownloadCancelledError) or _TOO_LARGE_WORDS in str(error):
        return "too_large", "the answer is larger than this platform's `max_bytes`; not read"
    if isinstance(error, CannotResolveHostError) and host in rule.refused:
        private = rule.refused[host]
        return RefusedAddress.kind, f"{host} leads to the private address {private}; not asked"
    if _TOO_MANY_REDIRECTS in str(error):
        return "redirect_loop", "the platform redirects in circles"
    if isinstance(error, DownloadTimeoutError):
        return "timeout", "no answer in time"
    return "unreachable", f"{_WORDS.get(type(error), 'the request failed')}: {error}".strip(": ")


_WORDS: dict[type[BaseException], str] = {
    CannotResolveHostError: "the name of the host cannot be resolved",
    DownloadConnectionRefusedError: "nothing answers there",
    ResponseDataLossError: "the answer broke off",
}


def image_problem(page: Page) -> str:
    """Say why bytes are no image to keep; empty when they are one."""
    if page.status != OK:
        return f"the image answered {page.status}"
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(BytesIO(page.body), formats=_IMAGE_FORMATS) as image:
                image.verify()
        except UnidentifiedImageError:
            return "not an image, whatever its name says"
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            return "an image of absurd dimensions"
        except (OSError, SyntaxError, ValueError) as error:
            return f"a damaged image: {error}"
    return ""
