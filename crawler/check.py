"""Try a platform's file on the real site: a few pages, no store, plain words for what is wrong."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response

from crawler.addresses import AddressRule
from crawler.checking.notes import ListPage, Note, Notes, Sample, Trial, Word
from crawler.checking.report import CheckReport, report_on
from crawler.checking.trials import nonsense, own_words, script_of, scripts_of
from crawler.engine import drive
from crawler.fetching import OK, Run
from crawler.lists import Walk, WalkKind, first_address, search_address, search_walk
from crawler.options import CrawlOptions
from crawler.pipelines import Look
from crawler.progress import Progress
from crawler.searching import Shown
from crawler.spiders import ListingSpider
from crawler.styles import Page, Reading, Row
from crawler.styles.listed import total_of
from data.found import FoundListing, StoredEvidence
from data.platform import Platform

__all__ = ["CheckReport", "check"]

MOST_LISTINGS = 8
PER_PAGE = 4
MOST_PAGES = 3


@dataclass
class CheckNotebook(Notes):
    """Keeps in memory what a check finds; stands where a crawl has its recorder."""

    listed: set[str] = field(default_factory=set)

    def add(self, reading: Reading, found: FoundListing) -> None:
        """Keep the problems of a listing."""
        for problem in reading.found.problems:
            kind, _, message = problem.partition(": ")
            self.note(kind, message, found.url)

    def look(self, look: Look) -> None:
        """Do nothing: a check looks at no known listing."""

    def note(self, kind: str, message: str, url: str) -> None:
        """Keep a problem."""
        self.problems.append(Note(kind, message, url))

    def tick(self) -> None:
        """Do nothing: nothing is stored."""


class CheckSpider(ListingSpider):
    """Reads a few pages of each kind, then tries the search."""

    name = "check"

    def __init__(self, run: Run, notebook: CheckNotebook) -> None:
        super().__init__(run)
        self.notebook = notebook
        self.tried = False
        self._ids: dict[str, tuple[str, ...]] = {}
        self._pages: dict[str, Page] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401
        """Make the spider; the search is tried once everything else is read."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.try_search, signals.spider_idle)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """Begin with the first list only."""
        lists = self.platform.lists
        for start in (*lists.start, *lists.feeds)[:1]:
            walk = Walk(WalkKind.LISTS, start)
            for request in self.begin(walk, first_address(self.platform, start)):
                yield request

    def begin(self, walk: Walk, url: str) -> Iterator[Request]:
        """Start the first list and at most one category."""
        if len(self.walked) <= 1:
            yield from super().begin(walk, url)

    def ask_listings(self, page: Page, rows: dict[str, Row]) -> Iterator[Request]:
        """Ask for a few listings of each list page."""
        self._ids[page.url] = tuple(rows)
        fresh = [one for one in rows.items() if one[0] not in self.asked]
        few = dict(fresh[: min(PER_PAGE, MOST_LISTINGS - len(self.asked))])
        self.notebook.listed.update(rows)
        return super().ask_listings(page, few)

    def turn(self, page: Page, walk: Walk, *, new: int, met: int) -> Iterator[Request]:
        """Write the page down, and turn a few."""
        turned = list(super().turn(page, walk, new=new, met=met))
        ids = self._ids.pop(page.url, ())
        listed = ListPage(page.url, walk.start, walk.page, ids, page, walk.total)
        self.notebook.lists.append(listed)
        self.notebook.turned = self.notebook.turned or bool(turned)
        yield from turned if walk.page < MOST_PAGES else ()

    def store_listing(self, page: Page, reading: Reading, *_more: Page) -> None:
        """Keep the reading with its page."""
        self._pages[reading.found.external_id] = page
        self.take(reading, [])

    def take(self, reading: Reading, evidence: list[StoredEvidence]) -> None:
        """Keep a reading; a row of a list stands for a page of its own."""
        row = json.dumps(dict(reading.texts)).encode()
        page = self._pages.pop(reading.found.external_id, Page(reading.found.url, row))
        self.notebook.samples.append(Sample(reading, page))
        super().take(reading, evidence)

    def not_a_listing(self, page: Page) -> None:
        """Keep a page that could not be read, unless it is a wall."""
        super().not_a_listing(page)
        if not self.progress.at_wall:
            self.notebook.unreadable.append(page)

    def try_search(self) -> None:
        """Search words that are surely there, the words asked for, and some that surely are not."""
        if self.tried or self.progress.stopped or not self.platform.lists.search:
            return
        self.tried = True
        if self.notebook.samples:
            for term, word in self.words():
                self.crawler.engine.crawl(self.ask_trial(term, word))
            raise DontCloseSpider

    def words(self) -> Iterator[tuple[str, Word]]:
        """Yield the words to search for, with the reason."""
        for script in scripts_of(self.platform.languages):
            own = own_words(self.notebook.samples, script)
            yield from own
            if own or self.platform.lists.may_search:
                yield nonsense(script), Word.NONSENSE
        yield from ((term, Word.ASKED) for term in dict.fromkeys(self.options.search_terms))

    def judge_walks(self) -> None:
        """Leave it to the report: a few pages prove nothing about whole lists."""

    def ask_trial(self, term: str, word: Word) -> Request:
        """Ask for a search's first page."""
        walk = search_walk(self.platform, term)
        asked = self.ask_list(search_address(self.platform, term), walk)
        return asked.replace(callback=self.parse_trial, cb_kwargs={"term": term, "word": word})

    def parse_trial(self, response: Response, term: str, word: Word) -> None:
        """Write down what a search answered."""
        page = self.page(response)
        if self.progress.at_wall:
            return
        if page.status != OK:
            self.notebook.note("search_page", f"the search answered {page.status}", page.url)
            return
        rows = self.rows(page)
        if not rows and (wall := self.wall_of(page)):
            self.stop_at(wall)
            return
        shown = Shown(frozenset(rows), total_of(page, self.platform))
        self.notebook.trials.append(Trial(term, word, script_of(term), shown))


def check(platform: Platform, options: CrawlOptions) -> CheckReport:
    """Fetch a few pages of a platform and say what its file reads and what is wrong."""
    notebook = CheckNotebook()
    progress = Progress(requests_left=options.requests_left)
    run = Run(
        platform=platform,
        options=options,
        rule=AddressRule.of(platform, options.home),
        progress=progress,
        recorder=notebook,
        evidence=None,
    )
    drive(run, CheckSpider, notebook=notebook)
    return report_on(platform, progress, notebook, options.clock.now())
