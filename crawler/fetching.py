"""What every spider shares: requests, pages, evidence, and words for what went wrong."""

import asyncio
import hashlib
import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol, Self
from urllib.parse import urlsplit

import scrapy
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
from scrapy.http.headers import Headers

from crawler.addresses import AddressRule
from crawler.errors import OverBudget, RefusedAddress, RobotsRefused, Stopping
from crawler.health import Wall, certain_wall, likely_wall, status_wall
from crawler.lists import as_json_text
from crawler.options import CrawlOptions
from crawler.pipelines import EVERY_S, Look
from crawler.progress import Progress
from crawler.refusals import certain_refusal, likely_refusal
from crawler.rendering import meta_of
from crawler.rules import rule_for
from crawler.styles.page import Page
from crawler.styles.reading import Reading
from data.availability import Outcome
from data.crawls import Ending
from data.evidence import DiskFull, EvidenceFolder, EvidenceFull, Kept
from data.found import CaptureQuality, EvidenceKind, FoundListing, StoredEvidence
from data.platform import Platform, Style

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
_TOO_MANY_REDIRECTS = "max redirections"
_TOO_LARGE_WORDS = "exceeded DOWNLOAD_MAXSIZE"
OK = 200
_JSON = "application/json"

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
        if failure.check(Stopping):
            return
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

    def ask(self, url: str, *, shown: str = "", **more: Any) -> Request:  # noqa: ANN401
        """Make a request as this platform wants it.

        `shown`: `lists` or `listings`, which a browser renders where the platform needs it.
        """
        headers = Headers(more.pop("headers", {}))
        for name, value in self.platform.headers.items():
            headers[name] = value
        meta = more.pop("meta", {}) | meta_of(self.platform, shown)
        return Request(
            url, headers=headers, meta=meta, errback=self.failed, dont_filter=True, **more
        )

    def as_detail(self, external_id: str) -> dict[str, Any]:
        """Return how one listing's own JSON is asked for; nothing where its page is."""
        json = self.platform.json
        if not json.detail:
            return {}
        if json.detail_method == "POST":
            return self.posting(json.detail_body.replace("{id}", as_json_text(external_id)))
        return self.as_json() if self.platform.listing_style is Style.JSON_API else {}

    def as_json(self) -> dict[str, Any]:
        """Return what asks for JSON where a server would else send a page for people."""
        return {"headers": {"Accept": _JSON}}

    def posting(self, body: str) -> dict[str, Any]:
        """Return how a body is posted: as JSON, unless the platform's headers say otherwise."""
        return {"method": "POST", "body": body, "headers": {"Content-Type": _JSON, "Accept": _JSON}}

    def wall_of(self, page: Page) -> Wall | None:
        """Recognise a wall on a page from which nothing could be read."""
        return likely_wall(page) or likely_refusal(page, self.platform)

    def watch(self, response: Response, asked: str = "") -> None:
        """Stop the run at once when an answer is certainly a wall; count it either way."""
        page = self.page(response)
        wall = certain_wall(page, asked) or certain_refusal(page, self.platform)
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
        received = tuple(
            (key.decode("latin-1"), value.decode("latin-1"))
            for key, values in response.headers.items()
            for value in values
        )
        return Page(
            url=response.url,
            body=response.body,
            status=response.status,
            headers={name.lower(): value for name, value in received},
            languages=self.platform.languages,
            received=received,
        )

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

    def keep(
        self, page: Page, kind: EvidenceKind, quality: CaptureQuality = CaptureQuality.WHOLE
    ) -> StoredEvidence:
        """Store a page's bytes: the file first, the row comes with the batch.

        Raises `Stopping` when nothing more may be kept: what has no evidence is not recorded.
        """
        captured_at = self.options.clock.now()
        kept = self._kept(page.body)
        return StoredEvidence(
            sha256=kept.sha256,
            kind=kind,
            media_type=page.media_type,
            size=len(page.body),
            url=page.url,
            captured_at=captured_at,
            stored_at=self.options.clock.now(),
            http_status=page.status,
            headers=page.received,
            tool=tool_of(self.options.version),
            quality=quality,
            stored_size=kept.added,
        )

    def _kept(self, body: bytes) -> Kept:
        folder = self.run.evidence
        if folder is None:
            return Kept(hashlib.sha256(body).hexdigest(), 0)
        try:
            return folder.keep(body)
        except EvidenceFull as error:
            full = Ending.DISK_FULL if isinstance(error, DiskFull) else Ending.EVIDENCE_FULL
            self.progress.stop(full, str(error))
            raise Stopping("nothing more may be kept") from error

    def keep_page(
        self, page: Page, quality: CaptureQuality = CaptureQuality.WHOLE
    ) -> StoredEvidence:
        """Store the page a listing was read from."""
        kind = EvidenceKind.JSON if page.is_json else EvidenceKind.PAGE
        return self.keep(page, kind, quality)

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
    """Return the kind of a failure and a sentence for it.

    >>> broken = DownloadFailedError("[<twisted.python.failure.Failure ConnectionLost: …>]")
    >>> why_failed(broken, "https://a.example/1", AddressRule(frozenset()))
    ('unreachable', 'the connection broke off')
    """
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
    detail = "" if "twisted." in str(error) else str(error)  # its innards tell nobody anything
    return "unreachable", f"{_WORDS.get(type(error), 'the request failed')}: {detail}".strip(": ")


_WORDS: dict[type[BaseException], str] = {
    CannotResolveHostError: "the name of the host cannot be resolved",
    DownloadConnectionRefusedError: "nothing answers there",
    ResponseDataLossError: "the answer broke off",
    DownloadFailedError: "the connection broke off",
}


@cache
def tool_of(version: str) -> str:
    """Name what captures pages, with its version."""
    return f"faunawatch/{version} scrapy/{scrapy.__version__}"
