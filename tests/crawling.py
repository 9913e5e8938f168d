"""A small web site on loopback, and crawls of it in processes of their own, as in real life."""

import contextlib
import multiprocessing
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select

from crawler.check import check
from crawler.options import CrawlOptions, Targets
from crawler.run import Ended, crawl, pictures, recheck
from data.base import ManualClock, Record
from data.crawls import CrawlProblem
from data.evidence import EvidenceFolder, Room
from data.home import HomeKind
from data.pictures import Wanted
from data.platforms import parse_platform
from data.store import Store, open_store, sqlite_url

R = TypeVar("R", bound=Record)
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
# Each crawl needs a process, since a reactor starts only once; forking one that has imported
# everything already takes a tenth of a second.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(
    [
        "tests.crawling",
        "crawler.check",
        "crawler.gate",
        "crawler.politeness",
        "crawler.run",
        "data.store",
        "scrapy.core.downloader.contextfactory",
        "scrapy.core.engine",
        "scrapy.core.scheduler",
        "scrapy.downloadermiddlewares.httpcompression",
        "scrapy.downloadermiddlewares.redirect",
        "scrapy.downloadermiddlewares.retry",
        "scrapy.spidermiddlewares.referer",
    ]
)

PLATFORM = """
schema = 1
id = "{id}"
name = "Test site"
base_url = "http://{address}/"
style = "structured"
country = "MY"
languages = ["en", "vi", "th"]
currency = "MYR"
local = ["{address}"]
delay_s = 0
max_bytes = 200000
{top}
[lists]
start = ["/"]
next_link = ["a.next"]
are_complete = true
{lists}
[pages]
pattern = '/item/(?P<id>\\d+)'
{rest}
"""


@dataclass
class Answer:
    """What the site answers."""

    body: str | bytes = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Page = Answer | str | Callable[[str], "Answer"]


class Site(ThreadingHTTPServer):
    """Pages by path; what is not there is 404, and so is robots.txt unless it is given."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages: dict[str, Page] = {}
        self.asked: Counter[str] = Counter()
        self.agents: set[str] = set()
        self.keys: dict[str, str] = {}
        self.posts: dict[str, Callable[[str], Answer | str]] = {}
        self.posted: list[tuple[str, str]] = []
        self.headers: dict[str, dict[str, str]] = {}

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def answer(self, path: str) -> Answer:
        page = self.pages.get(path, self.pages.get(path.partition("?")[0], Answer("", 404)))
        made = page if isinstance(page, Answer | str) else page(path)
        return made if isinstance(made, Answer) else Answer(made)

    def platform(self, *, top: str = "", lists: str = "", rest: str = "", id: str = "site") -> str:  # noqa: A002
        return PLATFORM.format(id=id, address=self.address, top=top, lists=lists, rest=rest)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Site

    def do_GET(self) -> None:
        self.server.asked[self.path] += 1
        self.server.agents.add(self.headers.get("User-Agent", ""))
        self.server.keys[self.path] = self.headers.get("X-Api-Key", "")
        self.server.headers[self.path] = dict(self.headers)
        answer = self.server.answer(self.path)
        body = answer.body.encode() if isinstance(answer.body, str) else answer.body
        self.send_response(answer.status)
        headers = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body))}
        for name, value in (headers | answer.headers).items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.server.posted.append((self.path, body))
        answer = self.server.posts.get(self.path)
        if answer is not None:
            self.server.pages[self.path] = answer(body)
        self.do_GET()

    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def serving() -> Iterator[Site]:
    """Serve a site until the block ends."""
    site = Site()
    thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        site.shutdown()
        thread.join()
        site.server_close()


def listing_html(number: int, title: str = "", price: str = "10.00", extra: str = "") -> str:
    """A listing page with JSON-LD."""
    title = title or f"Wooden box {number}"
    return f"""<html><head><title>{title}</title><script type="application/ld+json">
    {{"@type": "Product", "name": "{title}", "description": "Text of {number}",
      "offers": {{"price": "{price}", "priceCurrency": "MYR", "seller": {{"name": "Ana"}}}}}}
    </script></head><body><h1>{title}</h1>{extra}</body></html>"""


def list_html(numbers: list[int], next_page: str = "", extra: str = "") -> str:
    """A list page."""
    links = "".join(f'<p><a href="/item/{number}?utm_source=x">box</a></p>' for number in numbers)
    pager = f'<a class="next" href="{next_page}">next</a>' if next_page else ""
    return f"<html><body>{links}{pager}{extra}</body></html>"


def small_site(site: Site, numbers: list[int], per_page: int = 3) -> None:
    """Fill a site with listings on some list pages."""
    pages = [numbers[start : start + per_page] for start in range(0, len(numbers), per_page)]
    for index, part in enumerate(pages, 1):
        following = f"/?page={index + 1}" if index < len(pages) else ""
        site.pages["/" if index == 1 else f"/?page={index}"] = list_html(part, following)
    for number in numbers:
        site.pages[f"/item/{number}"] = listing_html(number)


def slowly(site: Site) -> str:
    """Make a platform that is asked one page after the other."""
    return site.platform().replace("delay_s = 0\n", "delay_s = 0.001\n")


def options(**changes: Any) -> CrawlOptions:
    """Options of a test crawl."""
    usual = CrawlOptions(
        contact="team@example.org", asked_by="test", clock=ManualClock(NOON), home=HomeKind.TEST
    )
    return replace(usual, **changes)


@dataclass(frozen=True)
class Place:
    """Where a test crawl works."""

    url: str
    evidence: Path
    home: HomeKind = HomeKind.TEST
    room: Room | None = None

    @classmethod
    def fresh(cls, folder: Path, template: Path) -> "Place":
        """Make a place with an empty migrated database."""
        shutil.copy(template, folder / "crawl.sqlite")
        return cls(sqlite_url(folder / "crawl.sqlite"), folder / "evidence")

    @contextlib.contextmanager
    def opened(self) -> Iterator[Store]:
        """Open the store to look into it."""
        store = open_store(self.url, kind=self.home)
        yield store
        store.close()

    def crawl(self, platform: str, **changes: Any) -> tuple[str, str]:
        """Crawl in a process of its own; return ending and cause."""
        return _ended(_crawl, self, platform, options(**changes))

    def crawl_whole(self, platform: str, **changes: Any) -> Ended:
        """Crawl in a process of its own; return all that the run says of its end."""
        return _in_process(_crawl_whole, self, platform, options(**changes))

    def recheck(self, platform: str, targets: Targets, **changes: Any) -> tuple[str, str]:
        """Recheck in a process of its own; return ending and cause."""
        return _ended(_recheck, self, platform, targets, options(**changes))

    def pictures(self, platform: str, wanted: list[Wanted], **changes: Any) -> tuple[str, str]:
        """Get pictures in a process of its own; return ending and cause."""
        return _ended(_pictures, self, platform, wanted, options(**changes))

    def start_crawl(self, platform: str, **changes: Any) -> Any:
        """Start a crawl and return its process."""
        arguments = (_crawl, None, self, platform, options(**changes))
        process = _PROCESSES.Process(target=_run, args=arguments)
        process.start()
        return process


def check_in_process(platform: str, **changes: Any) -> Any:
    """Check a platform in a process of its own; return the report."""
    return _in_process(_check, platform, options(**changes))


def _ended(work: Callable[..., Any], *arguments: Any) -> tuple[str, str]:
    ending, cause = _in_process(work, *arguments)
    return ending, cause


def _in_process(work: Callable[..., Any], *arguments: Any) -> Any:
    ours, theirs = _PROCESSES.Pipe()
    process = _PROCESSES.Process(target=_run, args=(work, theirs, *arguments))
    process.start()
    theirs.close()
    try:
        return ours.recv()
    finally:
        process.join(20)
        ours.close()


def _run(work: Callable[..., Any], answer_to: Connection | None, *arguments: Any) -> None:
    result = work(*arguments)
    if answer_to is not None:
        answer_to.send(result)


def _crawl_whole(place: Place, platform: str, how: CrawlOptions) -> Ended:
    store = open_store(place.url, kind=place.home)
    return crawl(store, EvidenceFolder(place.evidence), parse_platform(platform), how)


def _crawl(place: Place, platform: str, how: CrawlOptions) -> tuple[str, str]:
    store = open_store(place.url, kind=place.home)
    folder = EvidenceFolder(place.evidence, place.room)
    ended = crawl(store, folder, parse_platform(platform), how)
    return ended.ending.value, ended.cause


def _recheck(place: Place, platform: str, targets: Targets, how: CrawlOptions) -> tuple[str, str]:
    store = open_store(place.url, kind=place.home)
    folder = EvidenceFolder(place.evidence)
    ended = recheck(store, folder, parse_platform(platform), targets, how)
    return ended.ending.value, ended.cause


def _pictures(
    place: Place, platform: str, wanted: list[Wanted], how: CrawlOptions
) -> tuple[str, str]:
    store = open_store(place.url, kind=place.home)
    folder = EvidenceFolder(place.evidence, place.room)
    ended = pictures(store, folder, parse_platform(platform), wanted, how)
    return ended.ending.value, ended.cause


def _check(platform: str, how: CrawlOptions) -> Any:
    return check(parse_platform(platform), how)


def rows(store: Store, kind: type[R]) -> list[R]:
    """Every row of a kind, by id."""
    with store.read() as session:
        found = list(session.scalars(select(kind).order_by(kind.id)).unique())  # type: ignore[attr-defined]
        session.expunge_all()
    return found


def problems(store: Store) -> dict[str, str]:
    """The last message of each kind of problem."""
    return {row.kind: row.message for row in rows(store, CrawlProblem)}
