"""The listing spider: walks lists, reads each listing once, stops at the first wall."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

from scrapy import Request
from scrapy.http import Response

from crawler.choosing import ranked
from crawler.errors import RefusedAddress
from crawler.fetching import OK, PlatformSpider, Run
from crawler.health import Wall
from crawler.lists import (
    Walk,
    WalkKind,
    body_of,
    category_links,
    first_address,
    next_address,
    search_address,
    search_walk,
)
from crawler.rules import describe, rule_for
from crawler.searching import summed_up
from crawler.styles import Page, Reading, Row, feed, read_listing, read_row
from crawler.styles.listed import MOST_ROWS, document_of, rows_of, total_of
from crawler.tally import Tally
from data.availability import Outcome
from data.crawls import Ending
from data.found import CaptureQuality, StoredEvidence
from data.platform import Removal, Style

LISTING_FIRST = 10
UNREADABLE_ENOUGH = 15
_WHOLE = frozenset({WalkKind.LISTS, WalkKind.CATEGORY})
_LISTING_ALL = _WHOLE | {WalkKind.FEED}
_READ_ALL_THE_SAME = frozenset({None, Outcome.LIVE, Outcome.SOLD_OR_EXPIRED})


class ListingSpider(PlatformSpider):
    """Reads a platform's listings."""

    name = "listings"

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.asked: set[str] = set()
        self.walked: set[str] = set()
        self.wanted = len(run.already)
        lists = run.platform.lists
        searches = bool(lists.search) and lists.may_search
        self.tally = Tally.of(run.options.search_terms if searches else ())
        self.learns = searches or bool(lists.category_links)

    async def start(self) -> AsyncIterator[Any]:
        """Begin every walk: lists, feeds, then searches where they may be used."""
        self.begin_ticking()
        lists = self.platform.lists
        if self.platform.style is Style.IMPORTED and not lists.start:
            cause = "nothing of this platform is fetched; import files that a person saved"
            self.progress.stop(Ending.NOTHING_FOUND, cause)
        ways = {WalkKind.LISTS: lists.start, WalkKind.NEWEST: lists.newest}
        ways[WalkKind.FEED] = lists.feeds
        for kind, starts in ways.items():
            for start in starts:
                for request in self.begin(Walk(kind, start), first_address(self.platform, start)):
                    yield request
        for term in self.options.search_terms if lists.may_search and lists.search else ():
            for request in self.begin(
                search_walk(self.platform, term), search_address(self.platform, term)
            ):
                yield request

    def begin(self, walk: Walk, url: str) -> Iterator[Request]:
        """Start a walk that has not been started."""
        key = self.key(url, walk)
        if key not in self.walked:
            self.walked.add(key)
            yield self.ask_list(url, walk)

    def key(self, url: str, walk: Walk) -> str:
        """Return what tells one list page from another: its address, and what is posted to it."""
        return f"{url} {body_of(self.platform, walk)}" if self.posts(url) else url

    def posts(self, url: str) -> bool:
        """Tell whether a list is asked for by POST; feeds never are."""
        feeds = self.platform.lists.feeds
        return self.platform.json.method == "POST" and url not in map(self.platform.absolute, feeds)

    def ask_list(self, url: str, walk: Walk) -> Request:
        """Ask for a page of a list."""
        more: dict[str, Any] = {"callback": self.parse_list, "cb_kwargs": {"walk": walk}}
        walk.visited.add(self.key(url, walk))
        if self.posts(url):
            more |= self.posting(body_of(self.platform, walk))
        elif self.platform.style is Style.JSON_API:
            more |= self.as_json()
        return self.ask(url, shown="lists", **more)

    def parse_list(self, response: Response, walk: Walk) -> Iterator[Request]:
        """Ask for the listings a list page names, then for its next page."""
        page = self.page(response)
        if self.progress.at_wall:
            return
        if page.status != OK:
            self.note_list(page, f"answered {page.status}")
            return
        rows = self.rows(page)
        if not rows and (wall := self.wall_of(page)):
            self.stop_at(wall)
            return
        if not rows and walk.page == 0 and walk.kind is WalkKind.LISTS:
            self.failing = self.failing or (page, "a list that names no listing we would know")
        self.progress.list_pages += 1
        self.progress.links += len(rows)
        if self.learns:
            self.tally.comes(walk, [one for one in rows if one not in self.asked])
        yield from self.ask_listings(page, rows)
        new = walk.meets(walk_key(page, self.posts(page.url)), rows)
        walk.total = walk.total if walk.total is not None else total_of(page, self.platform)
        self.tally.meets(walk, rows)
        yield from self.branch(page, walk)
        yield from self.turn(page, walk, new=new, met=len(rows))

    def branch(self, page: Page, walk: Walk) -> Iterator[Request]:
        """Begin the walks that a list's first page leads to: categories, sitemaps of an index."""
        if feed.is_feed(page):
            for url in self.sitemaps(page):
                yield from self.begin(Walk(WalkKind.FEED, url), url)
        elif walk.kind in _WHOLE and walk.page == 1 and not page.is_json:
            for url in ranked(category_links(page, self.platform), self.options.categories):
                yield from self.begin(Walk(WalkKind.CATEGORY, url), url)

    def sitemaps(self, page: Page) -> list[str]:
        """Return the sitemaps an index names, as many as `max_pages`, the latest changed first."""
        parsed = feed.parse(page, self.platform.max_bytes)
        if parsed.problem:
            kind, _, message = parsed.problem.partition(": ")
            self.recorder.note(kind, message, page.url)
            self.progress.cut_lists(f"{page.url}: {message}")
        pattern = self.platform.feed.sitemaps
        named = [url for url in parsed.sitemaps if pattern is None or pattern.search(url)]
        return named[: self.platform.lists.max_pages]

    def note_list(self, page: Page, what: str) -> None:
        """Record that a list was not walked to its end."""
        self.recorder.note("list_page", what, page.url)
        self.progress.cut_lists(f"{page.url} {what}")

    def rows(self, page: Page) -> dict[str, Row]:
        """Return what a list page names, by external id."""
        expects_json = self.platform.style is Style.JSON_API and not feed.is_feed(page)
        if expects_json and document_of(page, self.platform) is None:
            self.note_list(page, "is not JSON")
        rows = rows_of(page, self.platform)
        if len(rows) >= MOST_ROWS:
            self.note_list(page, f"names more than {MOST_ROWS} listings; the rest was left out")
        return rows

    def ask_listings(self, page: Page, rows: dict[str, Row]) -> Iterator[Request]:
        """Ask for the listings not asked for yet, or read them where the list holds them whole."""
        evidence = None
        for row in rows.values():
            if self.is_foreign(row) or not self.is_due(row.external_id):
                continue
            if row.url:
                yield self.ask_listing(row)
            else:
                evidence = evidence or self.keep_page(page, CaptureQuality.IN_LIST)
                now = self.options.clock.now()
                self.take(read_row(page, row, self.platform, now), [evidence])

    def ask_listing(self, row: Row) -> Request:
        """Ask for a listing's own page or JSON."""
        self.tally.asks(row.external_id)
        return self.ask(
            row.url,
            shown="listings",
            callback=self.parse_listing,
            cb_kwargs={"external_id": row.external_id},
            priority=LISTING_FIRST,
            **self.as_detail(row.external_id),
        )

    def is_foreign(self, row: Row) -> bool:
        """Tell whether a list names a listing on a host that is not the platform's.

        It must not stand in for the listing of the same id that is: a feed that was set up wrongly
        names all of them elsewhere.
        """
        why = self.rule.why_not(row.url) if row.url else ""
        if why:
            self.recorder.note(RefusedAddress.kind, why, row.url)
            self.progress.last_failure = why
        return bool(why)

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

    def turn(self, page: Page, walk: Walk, *, new: int, met: int) -> Iterator[Request]:
        """Turn to the next page unless the list has ended, repeats itself or is long enough."""
        if self.progress.limit_hit or self.tally.ignores(walk):
            return
        url = next_address(page, self.platform, walk) if met else ""
        if url and self.key(url, walk) in walk.visited:
            self.note_list(page, f"has a pager that leads back to {url}")
            return
        if new < met and walk.kind in _LISTING_ALL:
            self.doubt_list(page, walk, new=new, met=met)
        if not url or new == 0:
            self.tally.ends(walk)
            self.count_list(page, walk)
            return
        whole = walk.kind in _LISTING_ALL
        most = self.platform.lists.max_pages if whole else self.platform.lists.search_pages
        if walk.page < most:
            yield self.ask_list(url, walk)
        elif whole:
            self.note_list(page, f"goes on after {most} pages (`max_pages`)")

    def count_list(self, page: Page, walk: Walk) -> None:
        """Record that a list said to have more listings than its pages name."""
        named = len(walk.met)
        if walk.total is not None and named < walk.total and walk.kind in _LISTING_ALL:
            self.note_list(page, f"says it has {walk.total} listings, but its pages name {named}")

    def doubt_list(self, page: Page, walk: Walk, *, new: int, met: int) -> None:
        """Record that a list's pages overlap: it may hide as many listings as it repeats."""
        if new == 0:
            self.note_list(page, f"repeats listings of earlier pages at page {walk.page}")
        elif self.platform.lists.are_complete:
            repeated = f"{met - new} of {met} listings of earlier pages"
            self.note_list(page, f"repeats {repeated} and may hide others")

    def parse_listing(self, response: Response, external_id: str) -> Iterator[Request]:
        """Read a listing's page; a second JSON of it is asked for where the platform has one."""
        page = self.page(response)
        own_id = self.platform.external_id(page.url)
        rule = rule_for(page, self.platform, title="", external_id=own_id)
        if self.progress.at_wall or self.is_ruled_out(page, rule):
            return
        if page.status != OK:
            self.drop("server_error", f"the page answered {page.status}", page.url)
            return
        if self.is_elsewhere(page, external_id):
            return
        reading = read_listing(page, self.platform, self.options.clock.now(), external_id)
        if rule is not None and rule.outcome is Outcome.SOLD_OR_EXPIRED:
            reading = replace(reading, ended=True)
        if not reading.is_listing:
            self.not_a_listing(page)
        elif self.platform.json.also:
            yield self.ask_second(page, reading)
        else:
            self.store_listing(page, reading)

    def ask_second(self, page: Page, reading: Reading) -> Request:
        """Ask for the second JSON of a listing; without it the listing is taken as it is."""
        kept = {"page": page, "first": reading}
        url = self.platform.second_json_of(reading.found.external_id)
        request = self.ask(url, callback=self.parse_second, cb_kwargs=kept, **self.as_json())
        return request.replace(errback=self.second_failed)

    def parse_second(self, response: Response, page: Page, first: Reading) -> None:
        """Read a listing's page together with its second JSON."""
        second = self.page(response)
        if self.progress.at_wall:
            return
        if second.status != OK or second.document is None:
            what = f"answered {second.status}" if second.status != OK else "is not JSON"
            self.recorder.note("second_json", f"the second JSON {what}", second.url)
            self.store_listing(page, first)
            return
        external_id, now = first.found.external_id, self.options.clock.now()
        reading = read_listing(page, self.platform, now, external_id, second)
        self.store_listing(page, replace(reading, ended=first.ended), second)

    def second_failed(self, failure: Any) -> None:  # noqa: ANN401
        """Take a listing whose second JSON did not come."""
        self.note_failure(failure.value, failure.request.url)
        kept = failure.request.cb_kwargs
        self.store_listing(kept["page"], kept["first"])

    def store_listing(self, page: Page, reading: Reading, *more: Page) -> None:
        """Keep the bytes a listing was read from, and hand it on."""
        self.take(reading, [self.keep_page(one) for one in (page, *more)])

    def is_ruled_out(self, page: Page, rule: Removal | None) -> bool:
        """Tell whether the platform's own rules say that the page offers nothing any more.

        What is sold is still a listing that was offered, where it can be read.
        """
        outcome = rule.outcome if rule else None
        if rule is None or (outcome in _READ_ALL_THE_SAME and page.status == OK):
            return False
        if outcome is Outcome.LIVE:
            return False
        if outcome is Outcome.WALL:
            self.stop_at(Wall(Ending.BLOCKED, f"{describe(rule)} at {page.url}"))
        else:
            self.drop("gone_meanwhile", f"{outcome}: {describe(rule)}", page.url)
        return True

    def is_elsewhere(self, page: Page, external_id: str) -> bool:
        """Tell whether we were sent to another page than the listing's."""
        if self.platform.reads_json:
            return False
        if self.platform.external_id(page.url) == external_id:
            return False
        if wall := self.wall_of(page):
            self.stop_at(wall)
        else:
            self.drop("redirected", f"the listing's address leads to {page.url}", page.url)
        return True

    def not_a_listing(self, page: Page) -> None:
        """Tell a wall from a page that is laid out in another way."""
        if wall := self.wall_of(page):
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

    def take(self, reading: Reading, evidence: list[StoredEvidence]) -> None:
        """Hand a listing to the store."""
        self.progress.listings += 1
        text = f"{reading.found.title}\n{reading.found.description}"
        # Matching costs as much as all the rest, so it is left out where nothing is chosen by it.
        matched = self.learns and self.options.wanted(text)
        self.tally.reads(reading.found.external_id, text, matched=matched)
        found = replace(reading.found, evidence=tuple(evidence), ended=reading.ended)
        self.recorder.add(reading, found)

    def closed(self, reason: str) -> None:
        """Put what is not to be trusted on the crawl, once everything is read."""
        super().closed(reason)
        self.judge_walks()

    def judge_walks(self) -> None:
        """Record which searches and lists this run showed not to be trusted."""
        cut_short = self.progress.stopped or self.progress.limit_hit
        doubts = self.tally.doubts(cut_short=cut_short)
        for one in doubts:
            self.recorder.note(one.doubt.value, one.words, "")
        self.progress.doubts = summed_up(doubts)
        self.progress.yields = self.tally.yields()


def walk_key(page: Page, posts: bool) -> str:  # noqa: FBT001
    """Return what a page that came is remembered by; one that was posted to is by its request."""
    return "" if posts else page.url
