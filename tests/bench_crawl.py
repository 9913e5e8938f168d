"""What a crawled page costs: `python -m tests.bench_crawl ratio|memory|again`.

No test times anything. Every crawl runs in a fresh process against a server in another; what a page
costs is counted from the hundredth listing of a run to its end, so that starting up is shown apart.
"""

import argparse
import logging
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

from scrapy import Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from classifier.artefact import load_model
from classifier.model import score_all
from classifier.score import ListingText
from crawler.addresses import SETTING, AddressRule
from crawler.engine import settings_for
from crawler.fetching import Run
from crawler.options import CrawlOptions, RunLimits
from crawler.pipelines import Recorder
from crawler.progress import Progress
from crawler.run import crawl
from crawler.styles import Page, Reading, read_listing
from data.evidence import EvidenceFolder
from data.found import FoundListing
from data.home import HomeKind
from data.listings import Sighting
from data.platforms import parse_platform
from data.store import Store, open_store, sqlite_url
from faunawatch.cli.base import say
from tests.bench_site import PER_LIST, Market, market

_SPAWN = multiprocessing.get_context("spawn")
_SAID = ("title", "description", "category", "price_text", "price", "currency", "place")
BATCH = 50
SHORT = 2 * PER_LIST


@dataclass(frozen=True)
class Spent:
    """What one process used from its very start, and how many listings it read."""

    cpu: float
    wall: float
    read: int
    begun: float = 0.0

    @property
    def page(self) -> float:
        """What a listing cost after the hundredth, in ms of CPU."""
        return 1000 * (self.cpu - self.begun) / (self.read - SHORT)


def _options(**more: Any) -> CrawlOptions:
    return CrawlOptions(contact="team@example.org", asked_by="bench", home=HomeKind.TEST, **more)


def _ours(place: Path, platform: str, answer: Connection, seconds: float | None = None) -> None:
    """Crawl as a user's crawl does, with evidence, into an SQLite file."""
    begun, mark, add = time.perf_counter(), [0.0], Recorder.add

    def marking(recorder: Recorder, reading: Reading, found: FoundListing) -> None:
        add(recorder, reading, found)
        if recorder.read == SHORT:
            mark[0] = time.process_time()

    Recorder.add = marking  # type: ignore[assignment, method-assign]
    store = open_store(sqlite_url(place / "crawl.sqlite"), kind=HomeKind.TEST)
    options = _options(limits=RunLimits(seconds=seconds))
    crawl(store, EvidenceFolder(place / "evidence"), parse_platform(platform), options)
    with store.read() as session:
        read = session.scalar(select(func.count()).select_from(Sighting)) or 0
    answer.send(Spent(time.process_time(), time.perf_counter() - begun, read, mark[0]))


class TitleSpider(Spider):
    """The least a spider can do: it follows links and yields titles."""

    name = "titles"
    read = 0
    mark = 0.0

    def parse(self, response: Any) -> Iterator[Any]:
        yield from response.follow_all(css="a.offer", callback=self.parse_listing)
        yield from response.follow_all(css="a.next")

    def parse_listing(self, response: Response) -> Iterator[dict[str, str | None]]:
        TitleSpider.read += 1
        if TitleSpider.read == SHORT:
            TitleSpider.mark = time.process_time()
        yield {"title": response.css("title::text").get()}


def _bare(url: str, settings: dict[str, Any], answer: Connection) -> None:
    """Crawl with the bare spider; what it logs goes nowhere, at the cost of writing it."""
    begun = time.perf_counter()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    process = AsyncCrawlerProcess(settings)
    process.crawl(TitleSpider, start_urls=[url])
    process.start()
    wall = time.perf_counter() - begun
    answer.send(Spent(time.process_time(), wall, TitleSpider.read, TitleSpider.mark))


def tuned(platform: str) -> dict[str, Any]:
    """Our own settings of Scrapy without our own parts: as fast as we know how to make it."""
    read, options = parse_platform(platform), _options()
    rule = AddressRule.of(read, HomeKind.TEST)
    run: Any = Run(read, options, rule, Progress(), None, None)  # type: ignore[arg-type]
    settings = settings_for(run)
    for name in (SETTING, "TWISTED_DNS_RESOLVER", "DOWNLOAD_HANDLERS", "EXTENSIONS"):
        del settings[name]
    parts = settings["DOWNLOADER_MIDDLEWARES"]
    theirs = {name: order for name, order in parts.items() if not name.startswith("crawler.")}
    return settings | {"DOWNLOADER_MIDDLEWARES": theirs}


def _apart(work: Callable[..., None], *given: Any) -> Spent:
    """Run in a fresh process."""
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=work, args=(*given, theirs))
    process.start()
    theirs.close()
    try:
        return ours.recv()
    finally:
        process.join()


@contextmanager
def _template(folder: Path) -> Iterator[bytes]:
    """Make an empty database once, so that no run pays for making its tables."""
    open_store(sqlite_url(folder / "template.sqlite"), kind=HomeKind.TEST).close()
    yield (folder / "template.sqlite").read_bytes()


def _crawled(template: bytes, platform: str) -> Spent:
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "crawl.sqlite").write_bytes(template)
        return _apart(_ours, Path(name), platform)


class Runs:
    """The crawls that are compared: each returns what it spent on so many listings."""

    def __init__(self, site: Market, template: bytes) -> None:
        self.site, self.template = site, template
        plain: dict[str, dict[str, Any]] = {
            "bare, default": {},
            "bare, default, log level INFO": {"LOG_LEVEL": "INFO"},
            "bare, tuned": tuned(site.platform("selectors", 1)),
        }
        self.by_name: dict[str, Callable[[int], Spent]] = {
            "ours, selectors": self._of_style("selectors"),
            "ours, JSON-LD": self._of_style("structured"),
        } | {name: self._of_settings(settings) for name, settings in plain.items()}

    def _of_style(self, style: str) -> Callable[[int], Spent]:
        return lambda pages: _crawled(self.template, self.site.platform(style, pages))

    def _of_settings(self, settings: dict[str, Any]) -> Callable[[int], Spent]:
        return lambda pages: _apart(_bare, self.site.url(pages), settings)

    def milliseconds(self, name: str, pages: int) -> tuple[float, float]:
        """Return what a page costs, and what starting up does, in ms of CPU."""
        spent = self.by_name[name](pages)
        if spent.read != pages:
            raise RuntimeError(f"{name} read {spent.read} of {pages} listings")
        return spent.page, 1000 * spent.begun - spent.page * SHORT


def ratio(pages: int, kilobytes: int, pairs: int) -> None:
    """CPU a page of the whole pipeline against spiders that only fetch and yield the title."""
    with tempfile.TemporaryDirectory() as name, market(kilobytes) as site:
        with _template(Path(name)) as template:
            runs = Runs(site, template)
        names = list(runs.by_name)
        rounds = []
        for _ in range(pairs):
            rounds.append({one: runs.milliseconds(one, pages) for one in names})
            say("; ".join(f"{one} {each[0]:.2f}" for one, each in rounds[-1].items()))
    say(f"{pages} listings of {kilobytes} kB, {pairs} rounds; medians, least and most")
    for one in runs.by_name:
        page, begin = zip(*(each[one] for each in rounds), strict=True)
        say(f"{one}: {_spread(page)} ms CPU a page; starting up {median(begin):.0f} ms")
    for one in runs.by_name:
        for other in runs.by_name if one.startswith("ours") else ():
            if other.startswith("bare"):
                shares = [each[other][0] / each[one][0] for each in rounds]
                say(f"{other} / {one}: {_spread(shares)}")


def _spread(values: Any) -> str:
    return f"{median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


def memory(kilobytes: int, seconds: int, style: str) -> None:
    """Resident memory of one long crawl, as a table."""
    with tempfile.TemporaryDirectory() as name, market(kilobytes) as site:
        with _template(Path(name)) as template:
            (Path(name) / "crawl.sqlite").write_bytes(template)
        ours, theirs = _SPAWN.Pipe()
        platform = site.platform(style, 10**7)
        process = _SPAWN.Process(target=_ours, args=(Path(name), platform, theirs, seconds))
        process.start()
        theirs.close()
        curve = _watched(process.pid or 0, site, lambda: ours.poll(1.0))
        spent = ours.recv()
        process.join()
    say(f"{spent.read} listings of {kilobytes} kB in {spent.wall:.0f} s, {spent.cpu:.0f} s CPU")
    say("| listings | MB resident |")
    for read, megabytes in _thinned(curve):
        say(f"| {read:,} | {megabytes:.0f} |")
    say(f"most: {max(one for _, one in curve):.0f} MB")


def _watched(pid: int, site: Market, is_over: Callable[[], bool]) -> list[tuple[int, float]]:
    curve: list[tuple[int, float]] = []
    while not is_over():
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        curve.append((site.asked(), pages * os.sysconf("SC_PAGE_SIZE") / 2**20))
    return curve


def _thinned(curve: list[tuple[int, float]]) -> Iterator[tuple[int, float]]:
    step = max(1, len(curve) // 14)
    yield from curve[step - 1 :: step]


def again(pages: int, kilobytes: int, style: str) -> None:
    """Read and score stored pages again, against crawling them.

    No command does this; these are the functions it would be made of. Nothing is written.
    """
    with tempfile.TemporaryDirectory() as name, market(kilobytes) as site:
        folder, platform = Path(name), site.platform(style, pages)
        with _template(folder) as template:
            (folder / "crawl.sqlite").write_bytes(template)
        spent = _apart(_ours, folder, platform)
        wall = 1000 * spent.wall / spent.read
        say(f"crawled: {spent.page:.2f} ms CPU a page; {wall:.2f} ms by the clock, start included")
        _apart(_read_again, folder, platform, spent.page)


def _read_again(folder: Path, platform_file: str, crawl_cpu: float, answer: Connection) -> None:
    store = open_store(sqlite_url(folder / "crawl.sqlite"), kind=HomeKind.TEST)
    model, begun = load_model(), time.process_time()
    texts, alike = _extracted(store, EvidenceFolder(folder / "evidence"), platform_file)
    extracted = time.process_time()
    for start in range(0, len(texts), BATCH):
        score_all(texts[start : start + BATCH], model)
    scored = time.process_time()
    read, score = 1000 * (extracted - begun) / len(texts), 1000 * (scored - extracted) / len(texts)
    say(f"read again: {read:.2f} ms CPU a page, {alike} of {len(texts)} as the crawl read them")
    say(f"scored again, fast stage: {score:.2f} ms CPU a page")
    say(f"crawling takes {crawl_cpu / read:.1f} times the CPU of reading again")
    say(f"and {crawl_cpu / (read + score):.1f} times that of reading and scoring again")
    answer.send(Spent(scored - begun, 0.0, len(texts)))


def _extracted(
    store: Store, evidence: EvidenceFolder, platform_file: str
) -> tuple[list[ListingText], int]:
    """Read every stored page with the platform's file; count those that say the same again."""
    platform, texts, alike = parse_platform(platform_file), [], 0
    query = select(Sighting).options(joinedload(Sighting.listing), joinedload(Sighting.evidence))
    with store.read() as session:
        for row in session.scalars(query.execution_options(yield_per=None)).unique():
            part = row.evidence[0]
            headers = tuple((name, value) for name, value in part.headers)
            page = Page(
                url=part.url,
                body=evidence.get(part.sha256),
                status=part.http_status or 0,
                headers={name.lower(): value for name, value in headers},
                languages=platform.languages,
                received=headers,
            )
            found = read_listing(page, platform, part.captured_at, row.listing.external_id).found
            alike += all(getattr(found, name) == getattr(row, name) for name in _SAID)
            texts.append(
                ListingText(
                    title=found.title,
                    description=found.description,
                    price=found.price_text,
                    currency=found.currency,
                    category=found.category,
                    country=platform.country,
                )
            )
    return texts, alike


if __name__ == "__main__":
    logging.disable(logging.NOTSET)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=["ratio", "memory", "again"])
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--kilobytes", type=int, default=20)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--style", choices=["selectors", "structured"], default="selectors")
    given = parser.parse_args()
    if given.name == "ratio":
        ratio(given.pages, given.kilobytes, given.pairs)
    elif given.name == "memory":
        memory(given.kilobytes, given.seconds, given.style)
    else:
        again(given.pages, given.kilobytes, given.style)
