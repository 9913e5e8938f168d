"""A survey fetches a few pages of a site nobody described yet: one list, and some of its listings.

Robots, delays, walls, addresses and the contact bind as in every crawl.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from crawler.addresses import AddressRule
from crawler.engine import drive
from crawler.fetching import FETCH_FAILURES, OK, PlatformSpider, Run, why_failed
from crawler.options import CrawlOptions
from crawler.pipelines import Look
from crawler.progress import Progress
from crawler.styles import Page, Reading, feed
from data.found import FoundListing
from data.platform import Platform
from faunawatch.newplatform.likeness import likeness
from faunawatch.newplatform.links import Family, families, own_links
from faunawatch.newplatform.walks import categories_of, feeds_of

if TYPE_CHECKING:
    from scrapy import Request

MOST_FAMILIES = 4
MOST_LISTS = 3
SAMPLES = 3


@dataclass
class Seen:
    """What a survey saw: a list page, listings of one family, and what could not be fetched."""

    first: Page | None = None
    family: Family | None = None
    listings: list[Page] = field(default_factory=list)
    feeds: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    requests: int = 0


@dataclass
class Nothing:
    """Takes nothing: a survey stores no listing."""

    seen: Seen
    listed: set[str] = field(default_factory=set)

    def add(self, reading: Reading, found: FoundListing) -> None:
        """Do nothing."""

    def look(self, look: Look) -> None:
        """Do nothing."""

    def note(self, kind: str, message: str, url: str) -> None:
        """Keep what stood in the way."""
        self.seen.failures.append(f"{url}: {message}" if url else f"{kind}: {message}")

    def tick(self) -> None:
        """Do nothing."""


class SurveySpider(PlatformSpider):
    """Fetches one page after the other, deciding on the way which to ask for next."""

    name = "survey"

    def __init__(self, run: Run, url: str, seen: Seen) -> None:
        super().__init__(run)
        self.url, self.seen = url, seen

    async def start(self) -> AsyncIterator[Any]:
        """Look around; nothing is left to Scrapy's own queue."""
        await self.look_around()
        nothing: tuple[Request, ...] = ()
        for request in nothing:
            yield request

    async def look_around(self) -> None:
        """Fetch the list, then listings; where a page lists none, try a few of its categories."""
        page = await self.fetched(self.url)
        self.seen.first = page
        if page is None or page.is_json:
            return
        if feed.is_feed(page):
            await self.sample_feed(page)
            return
        for url in ("", *self.further_lists(page)):
            tried = await self.fetched(url) if url else page
            if tried is not None and await self.sample(tried):
                self.seen.first = tried
                await self.try_feed(tried)
                return

    def further_lists(self, page: Page) -> list[str]:
        """Return addresses of categories, which may list listings where the front page does not."""
        selector = categories_of(page)
        links = page.selector.css(f"{selector}::attr(href)").getall() if selector else []
        whole = [url for url in own_links(page) if any(url.endswith(link) for link in links)]
        return whole[: MOST_LISTS - 1]

    async def sample(self, page: Page) -> bool:
        """Find the family of addresses whose pages look most like listings, and fetch some."""
        best: tuple[int, Family, Page] | None = None
        for family in families(own_links(page))[:MOST_FAMILIES]:
            listing = await self.fetched(family.examples[0])
            worth = likeness(listing) if listing else 0
            if listing and worth and (best is None or worth > best[0]):
                best = (worth, family, listing)
        if best is None:
            return False
        _, self.seen.family, listing = best
        self.seen.listings = [listing]
        for url in self.seen.family.examples[1:SAMPLES]:
            if more := await self.fetched(url):
                self.seen.listings.append(more)
        return True

    async def try_feed(self, page: Page) -> None:
        """Fetch the feed a page declares; it is good only when it names listings of this site."""
        family = self.seen.family
        for address in feeds_of(page)[:1]:
            told = await self.fetched(self.platform.absolute(address))
            if told is None or family is None or not feed.is_feed(told):
                continue
            host = urlsplit(page.url).netloc
            urls = [one.url for one in feed.parse(told, self.platform.max_bytes).entries]
            own = [url for url in urls if urlsplit(url).netloc == host]
            if any(re.search(family.pattern, url) for url in own):
                self.seen.feeds.append(address)
            else:
                self.seen.failures.append(f"{told.url}: names no listing of this site; left out")

    async def sample_feed(self, page: Page) -> None:
        """Fetch some of what a feed names."""
        urls = [entry.url for entry in feed.parse(page, self.platform.max_bytes).entries]
        found = families(urls)
        self.seen.family = found[0] if found else None
        for url in (found[0].examples if found else urls)[:SAMPLES]:
            if listing := await self.fetched(url):
                self.seen.listings.append(listing)

    async def fetched(self, url: str) -> Page | None:
        """Return a page, or None and a note of why it did not come."""
        try:
            response = await self.crawler.engine.download_async(self.ask(url))
        except FETCH_FAILURES as error:
            _, cause = why_failed(error, url, self.rule)
            self.seen.failures.append(f"{url}: {cause}")
            return None
        page = self.page(response)
        self.seen.requests += 1
        if page.status != OK and not self.progress.at_wall:
            self.seen.failures.append(f"{url}: answered {page.status}")
        return page if page.status == OK and not self.progress.at_wall else None


def survey(url: str, platform: Platform, options: CrawlOptions) -> Seen:
    """Look around on a site; the platform says only which hosts may be asked, and how slowly."""
    seen = Seen()
    run = Run(
        platform=platform,
        options=options,
        rule=AddressRule.of(platform, options.home),
        progress=Progress(requests_left=options.requests_left),
        recorder=Nothing(seen),
        evidence=None,
    )
    drive(run, SurveySpider, url=url, seen=seen)
    return seen
