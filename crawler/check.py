"""Try a platform's file on the real site: a few pages, no store, plain words for what is wrong."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

from scrapy import Request

from crawler.addresses import AddressRule
from crawler.engine import drive
from crawler.fetching import FETCH_FAILURES, OK, Run
from crawler.lists import Walk, WalkKind, first_address, listing_links, search_address
from crawler.options import CrawlOptions
from crawler.pipelines import Look
from crawler.progress import Progress
from crawler.report import CheckReport, Notebook, SearchTrial, report_on
from crawler.spiders import ListingSpider
from crawler.styles import Page, Reading
from data.found import FoundListing, StoredEvidence
from data.platform import Platform, Style

__all__ = ["CheckReport", "check"]

MOST_LISTINGS = 8
PER_PAGE = 4
MOST_PAGES = 3
NO_SUCH_WORD = "zqxjkvwq"


@dataclass
class CheckNotebook(Notebook):
    """Keeps in memory what a check finds."""

    listed: set[str] = field(default_factory=set)

    def add(self, reading: Reading, found: FoundListing) -> None:
        """Keep a listing and its problems."""
        for problem in found.problems:
            kind, _, message = problem.partition(": ")
            self.note(kind, message, found.url)
        self.readings.append(reading)

    def look(self, look: Look) -> None:
        """Do nothing: a check looks at no known listing."""

    def note(self, kind: str, message: str, url: str) -> None:
        """Keep a problem."""
        self.notes.append((kind, message, url))

    def tick(self) -> None:
        """Do nothing: nothing is stored."""


class CheckSpider(ListingSpider):
    """Reads a few pages of each kind."""

    name = "check"

    def __init__(self, run: Run, notebook: CheckNotebook) -> None:
        super().__init__(run)
        self.notebook = notebook
        self.first_listed: set[str] = set()

    async def start(self) -> AsyncIterator[Any]:
        """Begin with the first list only."""
        start = self.platform.lists.start[0]
        for request in self.begin(Walk(WalkKind.LISTS, start), first_address(self.platform, start)):
            yield request

    def begin(self, walk: Walk, url: str) -> Iterator[Request]:
        """Start the first list and at most one category."""
        if len(self.walked) <= 1:
            yield from super().begin(walk, url)

    def ask_listings(self, page: Page, rows: dict[str, Any]) -> Iterator[Request]:
        """Ask for a few listings of each list page."""
        self.first_listed = self.first_listed or set(rows)
        self.notebook.links_on_pages.append(len(rows))
        fresh = [one for one in rows.items() if one[0] not in self.asked]
        few = dict(fresh[: min(PER_PAGE, MOST_LISTINGS - len(self.asked))])
        self.run.recorder.listed.update(rows)
        return super().ask_listings(page, few)

    def turn(self, page: Page, walk: Walk, *, new: int, met: int) -> Iterator[Request]:
        """Turn a few pages."""
        turned = list(super().turn(page, walk, new=new, met=met))
        self.notebook.turned = self.notebook.turned or bool(turned)
        yield from turned if walk.page < MOST_PAGES else ()

    async def store_listing(self, page: Page, reading: Reading) -> None:
        """Keep the reading; after the first, try the search with a word of its title."""
        first = not self.notebook.readings
        evidence: list[StoredEvidence] = []
        self.take(reading, evidence)
        if first and self.platform.lists.search and self.platform.style is not Style.JSON_API:
            await self.try_search(longest_word(reading.found.title))
        del page

    async def try_search(self, word: str) -> None:
        """Search a word that is surely there, the words asked for, and one that surely is not."""
        nonsense = await self.found_by(NO_SUCH_WORD)
        for term in dict.fromkeys((word, *self.options.search_terms)):
            found = await self.found_by(term)
            trial = SearchTrial(
                word=term,
                hits=None if found is None else len(found),
                hits_of_nonsense=None if nonsense is None else len(nonsense),
                is_there=term == word,
                names_the_list=found == self.first_listed,
            )
            self.notebook.searches.append(trial)

    async def found_by(self, term: str) -> set[str] | None:
        """Return the listings a search names; None when it could not be asked."""
        url = search_address(self.platform, term)
        try:
            response = await self.crawler.engine.download_async(self.ask(url))
        except FETCH_FAILURES as error:
            self.note_failure(error, url)
            return None
        page = self.page(response)
        return set(listing_links(page, self.platform)) if page.status == OK else None


def longest_word(title: str) -> str:
    """Return the word of a title that a search should find most surely.

    >>> longest_word("An old wooden box")
    'wooden'
    """
    return max(title.split(), key=len, default="")


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
    return report_on(platform, progress, notebook)
