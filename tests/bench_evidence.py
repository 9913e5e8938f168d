"""What evidence costs: `python -m tests.bench_evidence crawl|case`. No test times anything."""

import argparse
import multiprocessing
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy.orm import Session

import data.listings
from crawler.fetching import PlatformSpider
from crawler.run import crawl
from data.base import ManualClock
from data.evidence import EvidenceFolder
from data.exports.case.verify import check
from data.home import HomeKind
from data.parts import add_evidence
from data.platforms import parse_platform
from data.store import Store, open_store, sqlite_url
from faunawatch.cases import export_listing, hand_to
from faunawatch.cli.base import say
from faunawatch.house import House
from tests.cases import a_case
from tests.crawling import Site, list_html, listing_html, options, serving

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
_FORK = multiprocessing.get_context("spawn")


def _page(number: int, kilobytes: int) -> str:
    """A listing's page with words, classes and addresses that differ, as templates make them."""
    chance = random.Random(number)
    parts: list[str] = []
    while sum(len(one) for one in parts) < kilobytes * 1000:
        words = " ".join(f"w{chance.randrange(4000)}" for _ in range(12))
        key = f"{chance.getrandbits(64):x}"
        parts.append(
            f'<div class="card c-{chance.randrange(40)}"><a href="/x/{key}">{words}</a></div>'
        )
    return listing_html(number, extra="\n".join(parts))


def _fill(site: Site, pages: int, kilobytes: int) -> None:
    numbers = list(range(1, pages + 1))
    site.pages["/"] = list_html(numbers)
    site.pages |= {f"/item/{one}": _page(one, kilobytes) for one in numbers}


class _Watch:
    """Adds up the CPU time that calls take."""

    def __init__(self) -> None:
        self.spent = 0.0

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that does the same and is timed."""

        def timed(*given: Any, **more: Any) -> Any:
            begun = time.process_time()
            try:
                return call(*given, **more)
            finally:
                self.spent += time.process_time() - begun

        return timed


def _written(session: Session, *given: Any, **more: Any) -> None:
    """Add evidence rows and write them at once, so that their cost is seen apart."""
    add_evidence(session, *given, **more)
    session.flush()


def _crawl(url: str, folder: Path, platform: str, answer: Connection) -> None:
    """Crawl once; send the CPU seconds of all, of keeping bytes, of their rows, and the bytes."""
    files, rows = _Watch(), _Watch()
    PlatformSpider.keep = files.around(PlatformSpider.keep)  # type: ignore[method-assign]
    data.listings.add_evidence = rows.around(_written)
    store = open_store(url, kind=HomeKind.TEST)
    begun = time.process_time()
    crawl(store, EvidenceFolder(folder), parse_platform(platform), options())
    stored = sum(one.stat().st_size for one in folder.glob("*/*.zst"))
    answer.send((time.process_time() - begun, files.spent, rows.spent, stored))


def _once(template: Path, platform: str) -> tuple[float, float, float, int]:
    with tempfile.TemporaryDirectory() as name:
        shutil.copy(template, Path(name) / "crawl.sqlite")
        ours, theirs = _FORK.Pipe()
        url, folder = sqlite_url(Path(name) / "crawl.sqlite"), Path(name) / "evidence"
        process = _FORK.Process(target=_crawl, args=(url, folder, platform, theirs))
        process.start()
        spent, files, rows, stored = ours.recv()
        process.join()
        return spent, files, rows, stored


@contextmanager
def _a_store(folder: Path) -> Iterator[Store]:
    store = open_store(sqlite_url(folder / "template.sqlite"), kind=HomeKind.TEST)
    try:
        yield store
    finally:
        store.close()


def crawl_share(pages: int, kilobytes: int, runs: int) -> None:
    """What share of a crawl's CPU evidence takes, and how many bytes it keeps of the HTML's."""
    with tempfile.TemporaryDirectory() as name, serving() as site:
        with _a_store(Path(name)):
            pass
        template, platform = Path(name) / "template.sqlite", site.platform()
        _fill(site, pages, kilobytes)
        html = sum(len(str(one)) for path, one in site.pages.items() if path != "/")
        shares = []
        for _ in range(runs):
            spent, files, rows, stored = _once(template, platform)
            shares.append((files + rows) / spent)
            each = [f"{1000 * part / pages:.2f}" for part in (spent, files, rows)]
            say(f"{each[0]} ms CPU a page, of it bytes {each[1]}, rows {each[2]}")
        say(f"evidence: {100 * median(shares):.1f} % of crawl CPU, median of {runs} runs")
        say(f"kept: {stored / html:.3f} of the HTML's bytes, {stored / pages / 1000:.1f} kB a page")


def case(sightings: int) -> None:
    """Time to export a case, and to check it."""
    with tempfile.TemporaryDirectory() as name, _a_store(Path(name)) as store:
        house, clock = House(Path(name) / "home", "", store), ManualClock(NOON)
        with store.write() as session:
            listing_id = a_case(
                session, clock, house.evidence, sightings=sightings, pictures=3, pad=2000
            )
        times = []
        for _ in range(5):
            begun = time.perf_counter()
            made = export_listing(house, listing_id, by="bench")
            times.append(time.perf_counter() - begun)
        hand_to(house, made.export_id, Path(name) / "case.zip", by="bench")
        begun = time.perf_counter()
        found = check(Path(name) / "case.zip")
        checked = time.perf_counter() - begun
        size = made.size / 1e6
        took = f"{median(times):.2f} s, {size:.1f} MB"
        say(f"export of {sightings} sightings, 3 pictures each: {took}")
        say(f"check: {checked:.2f} s, {len(found.problems)} problems")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=["crawl", "case"])
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--kilobytes", type=int, default=60)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--sightings", type=int, default=100)
    given = parser.parse_args()
    if given.name == "case":
        case(given.sightings)
    else:
        crawl_share(given.pages, given.kilobytes, given.runs)
