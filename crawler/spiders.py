"""The listing spider: walks lists, reads each listing once, stops at the first wall."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

from scrapy import Request
from scrapy.http import Response

from crawler.fetching import OK, PlatformSpider, Run
from crawler.health import Wall, likely_wall
from crawler.lists import (
    Walk,
    WalkKind,
    category_links,
    first_address,
    listing_links,
    next_address,
    search_address,
)
from crawler.rules import describe, rule_for
from crawler.styles import Page, Reading, json_api, read_listing
from crawler.styles.reading import build
from data.availability import Outcome
from data.crawls import Ending
from data.found import CaptureQuality, StoredEvidence
from data.platform import Style

LISTING_FIRST = 10
UNREADABLE_ENOUGH = 15
_JSON_BODY = {"Content-Type": "application/json"}


class ListingSpider(PlatformSpider):
    """Reads a platform's listings."""

    name = "listings"

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.asked: set[str] = set()
        self.walked: set[str] = set()
        self.wanted = len(run.already)

    async def start(self) -> AsyncIterator[Any]:
        """Begin every walk: the configured lists, then searches where they may be used."""
        self.begin_ticking()
        lists = self.platform.lists
        for start in lists.start:
            for request in self.begin(
                Walk(WalkKind.LISTS, start), first_address(self.platform, start)
            ):
                yield request
        for term in self.options.search_terms if lists.may_search and lists.search else ():
            url = search_address(self.platform, term)
            for request in self.begin(Walk(WalkKind.SEARCH, url), url):
                yield request

    def begin(self, walk: Walk, url: str) -> Iterator[Request]:
        """Start a walk that has not been started."""
        if url not in self.walked:
            self.walked.add(url)
            yield self.ask_list(url, walk)

    def ask_list(self, url: str, walk: Walk) -> Request:
        """Ask for a page of a list."""
        more: dict[str, Any] = {"callback": self.parse_list, "cb_kwargs": {"walk": walk}}
        if self.platform.json.method == "POST":
            number = self.platform.lists.first_page + walk.page
            offset = str(walk.page * self.platform.lists.page_size)
            body = self.platform.json.body.replace("{page}", str(number)).replace(
                "{offset}", offset
            )
            more |= {"method": "POST", "body": body, "headers": _JSON_BODY}
        return self.ask(url, **more)

    def parse_list(self, response: Response, walk: Walk) -> Iterator[Request]:
        """Ask for the listings a list page names, then for its next page."""
        page = self.page(response)
        if self.progress.at_wall:
            return
        if page.status != OK:
            self.note_list(page, f"answered {page.status}")
            return
        rows = self.rows(page)
        if not rows and (wall := likely_wall(page)):
            self.stop_at(wall)
            return
        if not rows and walk.page == 0 and walk.kind is WalkKind.LISTS:
            self.failing = self.failing or (page, "a list that names no listing we would know")
        self.progress.list_pages += 1
        self.progress.links += len(rows)
        yield from self.ask_listings(page, rows)
        new = walk.meets(page.url, rows)
        if walk.kind is WalkKind.LISTS and walk.page == 1:
            for url in category_links(page, self.platform) if not page.is_json else ():
                yield from self.begin(Walk(WalkKind.LISTS, url), url)
        yield from self.turn(page, walk, new=new, met=len(rows))

    def note_list(self, page: Page, what: str) -> None:
        """Record that a list was not walked to its end."""
        self.recorder.note("list_page", what, page.url)
        self.progress.cut_lists(f"{page.url} {what}")

    def rows(self, page: Page) -> dict[str, Any]:
        """Return what a list page names: addresses, or whole rows of JSON, by external id."""
        if self.platform.style is Style.JSON_API:
            if page.document is None:
                self.note_list(page, "is not JSON")
            return dict(json_api.rows_of(page, self.platform))
        return listing_links(page, self.platform)

    def ask_listings(self, page: Page, rows: dict[str, Any]) -> Iterator[Request]:
        """Ask for the listings not asked for yet, or read them where the list holds them whole."""
        evidence = None
        for external_id, row in rows.items():
            if not self.is_due(external_id):
                continue
            url = self.address(external_id, row)
            if url:
                yield self.ask(
                    url,
                    callback=self.parse_listing,
                    cb_kwargs={"external_id": external_id},
                    priority=LISTING_FIRST,
                )
            else:
                evidence = evidence or self.keep_page(page, CaptureQuality.IN_LIST)
                self.take(self.read_row(page, external_id, row), [evidence])

    def is_due(self, external_id: str) -> bool:
        """Tell whether a listing is still to be read by this run."""
        self.recorder.listed.add(external_id)
        if external_id in self.asked or external_id in self.run.already:
            return False
        if self.progress.limit is not None and self.wanted >= self.progress.limit:
            self.progress.limit_hit = True
            return False
        self.asked.add(external_id)
        self.wanted += 1
        return True

    def address(self, external_id: str, row: Any) -> str:  # noqa: ANN401
        """Return where a listing's own page is; empty when its list row is all there is."""
        if self.platform.style is Style.JSON_API:
            return self.platform.detail_of(external_id)
        return str(row)

    def turn(self, page: Page, walk: Walk, *, new: int, met: int) -> Iterator[Request]:
        """Turn to the next page unless the list has ended, repeats itself or is long enough."""
        if met == 0 or self.progress.limit_hit:
            return
        url = next_address(page, self.platform, walk)
        if url in walk.visited:
            self.note_list(page, f"has a pager that leads back to {url}")
            return
        if new < met and walk.kind is WalkKind.LISTS:
            self.doubt_list(page, walk, new=new, met=met)
        if not url or new == 0:
            return
        searching = walk.kind is WalkKind.SEARCH
        most = self.platform.lists.search_pages if searching else self.platform.lists.max_pages
        if walk.page < most:
            yield self.ask_list(url, walk)
        elif not searching:
            self.note_list(page, f"goes on after {most} pages (`max_pages`)")

    def doubt_list(self, page: Page, walk: Walk, *, new: int, met: int) -> None:
        """Record that a list's pages overlap: it may hide as many listings as it repeats."""
        if new == 0:
            self.note_list(page, f"repeats listings of earlier pages at page {walk.page}")
        elif self.platform.lists.are_complete:
            repeated = f"{met - new} of {met} listings of earlier pages"
            self.note_list(page, f"repeats {repeated} and may hide others")

    def parse_listing(self, response: Response, external_id: str) -> None:
        """Read a listing's page and keep its bytes; its pictures are fetched once it is scored."""
        page = self.page(response)
        if self.progress.at_wall or self.is_ruled_out(page):
            return
        if page.status != OK:
            self.drop("server_error", f"the page answered {page.status}", page.url)
            return
        if self.is_elsewhere(page, external_id):
            return
        reading = read_listing(page, self.platform, self.options.clock.now(), external_id)
        if not reading.is_listing:
            self.not_a_listing(page)
        elif reading.ended:
            self.drop("gone_meanwhile", "the page says the offer is over", page.url)
        else:
            self.take(reading, [self.keep_page(page)])

    def is_ruled_out(self, page: Page) -> bool:
        """Tell whether the platform's own rules say that the page offers nothing any more."""
        rule = rule_for(
            page, self.platform, title="", external_id=self.platform.external_id(page.url)
        )
        if rule is None or rule.outcome is Outcome.LIVE:
            return False
        if rule.outcome is Outcome.WALL:
            self.stop_at(Wall(Ending.BLOCKED, f"{describe(rule)} at {page.url}"))
        else:
            self.drop("gone_meanwhile", f"{rule.outcome}: {describe(rule)}", page.url)
        return True

    def is_elsewhere(self, page: Page, external_id: str) -> bool:
        """Tell whether we were sent to another page than the listing's."""
        if self.platform.style is Style.JSON_API:
            return False
        if self.platform.external_id(page.url) == external_id:
            return False
        if wall := likely_wall(page):
            self.stop_at(wall)
        else:
            self.drop("redirected", f"the listing's address leads to {page.url}", page.url)
        return True

    def not_a_listing(self, page: Page) -> None:
        """Tell a wall from a page that is laid out in another way."""
        if wall := likely_wall(page):
            self.stop_at(wall)
            return
        self.progress.unreadable += 1
        why = "no listing where the platform file looks for it"
        self.failing = self.failing or (page, why)
        self.drop("not_a_listing", why, page.url)
        if self.progress.unreadable >= UNREADABLE_ENOUGH and not self.progress.listings:
            many = f"{self.progress.unreadable} listing pages came"
            self.progress.stop(Ending.LAYOUT_CHANGED, f"{many}, but no listing could be read")

    def drop(self, kind: str, message: str, url: str) -> None:
        """Record a listing that could not be read; it does not count against the limit."""
        self.wanted -= 1
        self.recorder.note(kind, message, url)

    def failed(self, failure: Any) -> Iterator[Request]:  # noqa: ANN401
        """Record why a page did not come; a listing that failed makes room for another."""
        if "external_id" in failure.request.cb_kwargs:
            self.wanted -= 1
        return super().failed(failure)

    def read_row(self, page: Page, external_id: str, row: Any) -> Reading:  # noqa: ANN401
        """Read a listing that its list holds whole."""
        raw = json_api.read_row(row, self.platform)
        url = self.platform.address_of(external_id) if self.platform.pages.address else page.url
        return build(raw, self.platform, external_id, url, self.options.clock.now())

    def take(self, reading: Reading, evidence: list[StoredEvidence]) -> None:
        """Hand a listing to the store."""
        self.progress.listings += 1
        self.recorder.add(reading, replace(reading.found, evidence=tuple(evidence)))
