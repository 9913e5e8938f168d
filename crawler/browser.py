"""Pages made by scripts, rendered by the system's own Chromium; no disguise, no captcha solving.

Only the page itself is asked for through Scrapy; what it loads passes `GuardingProxy`, counts
against the day's budget, and is left out where it is no text or script.
"""

from typing import Any
from weakref import WeakKeyDictionary

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page
from playwright.async_api import Request as Loaded
from playwright.async_api import TimeoutError as PatienceOver
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, DownloadFailedError, DownloadTimeoutError
from scrapy.http import Response
from scrapy_playwright.handler import (  # type: ignore[import-untyped]
    ScrapyPlaywrightDownloadHandler,
)
from scrapy_playwright.page import PageMethod  # type: ignore[import-untyped]

from crawler.errors import RefusedAddress
from crawler.gate import checked_https
from crawler.proxying import GuardingProxy
from crawler.rendering import NAVIGATION_MS
from data.platform import Browser
from data.platform_places import is_xpath

SCROLL_PAUSE_MS = 700
CONNECTION_PAGES = 4
"""One connection may carry this many times `max_bytes`: several parts of a page share it."""
_LEFT_OUT = frozenset({"image", "media", "font"})
_TURNED_AWAY = ("ERR_EMPTY_RESPONSE", "ERR_TUNNEL_CONNECTION_FAILED", "ERR_BLOCKED_BY_CLIENT")
_handlers: WeakKeyDictionary[Crawler, "RenderedPages"] = WeakKeyDictionary()


class RenderedPages(ScrapyPlaywrightDownloadHandler):  # type: ignore[misc]
    """Downloads as Scrapy does, but renders what is marked for it; one browser for both schemes."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._contextFactory = checked_https()
        self.spoken: set[str] = set()
        self.closed = False
        self.abort_request = self.leaves_out
        self.proxy: GuardingProxy | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "RenderedPages":
        """Make the handler, or give the one this crawl has already."""
        if crawler not in _handlers:
            _handlers[crawler] = cls(crawler)
        return _handlers[crawler]

    @property
    def spider(self) -> Any:  # noqa: ANN401
        """The spider of this crawl."""
        return self._crawler.spider

    async def _launch(self) -> None:
        most = CONNECTION_PAGES * self.spider.platform.max_bytes
        self.proxy = GuardingProxy(self.spider.rule, most, self.refused)
        address = await self.proxy.start()
        # Chromium would else go to loopback by itself.
        self.config.launch_options["proxy"] = {"server": address, "bypass": "<-loopback>"}
        await super()._launch()

    async def close(self) -> None:
        """Close browser and proxy, once."""
        if self.closed:
            return
        self.closed = True
        await super().close()
        if self.proxy is not None:
            await self.proxy.close()

    def refused(self, url: str, why: str) -> None:
        """Note what a page wanted to load and could not, once for each cause."""
        if why not in self.spoken and not self.spider.progress.stopped:
            self.spoken.add(why)
            self.spider.recorder.note(RefusedAddress.kind, why, url)

    def leaves_out(self, loaded: Loaded) -> bool:
        """Tell whether something a page loads is left out: pictures, and what nothing pays for."""
        if loaded.resource_type in _LEFT_OUT:
            return True
        if why := self.spider.rule.why_not(loaded.url):
            self.refused(loaded.url, why)
            return True
        progress = self.spider.progress
        asked = loaded.is_navigation_request() and loaded.frame.parent_frame is None
        return not asked and (progress.stopped or not progress.spend())

    async def download_request(self, request: Request) -> Response:
        """Render what is marked for it; fetch the rest."""
        response: Response
        if not request.meta.get("rendered"):
            response = await super().download_request(request)
            return response
        request.meta.update(rendering(self.spider.platform.browser))
        try:
            response = await super().download_request(request)
        except PatienceOver as error:
            raise DownloadTimeoutError(_plain(error)) from error
        except PlaywrightError as error:
            raise self.failure(error) from error
        if len(response.body) > self.spider.platform.max_bytes:
            raise DownloadCancelledError("the rendered page is too large")
        return response

    def failure(self, error: PlaywrightError) -> Exception:
        """Say why a page did not come: because we did not let it, or for reasons of its own."""
        why = self.proxy.last_refusal if self.proxy else ""
        if why and any(mark in error.message for mark in _TURNED_AWAY):
            return RefusedAddress(why)
        return DownloadFailedError(_plain(error))


def _plain(error: PlaywrightError) -> str:
    return error.message.partition("\n")[0]


def rendering(browser: Browser) -> dict[str, Any]:
    """Return how a page is opened and waited for."""
    return {
        "playwright": True,
        "playwright_page_goto_kwargs": {"wait_until": "domcontentloaded", "timeout": NAVIGATION_MS},
        "playwright_page_methods": [PageMethod(settle, browser)],
    }


async def settle(page: Page, browser: Browser) -> None:
    """Wait until a page shows what is looked for; a captcha never will and is read all the same."""
    patience = browser.wait_s * 1000
    try:
        for selector in browser.wait_for:
            where = f"xpath={selector}" if is_xpath(selector) else f"css={selector}"
            await page.wait_for_selector(where, timeout=patience, state="attached")
        if not browser.wait_for:
            await page.wait_for_load_state("networkidle", timeout=patience)
        for _ in range(browser.scroll):
            await page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
            await page.wait_for_timeout(SCROLL_PAUSE_MS)
    except PatienceOver:
        return
