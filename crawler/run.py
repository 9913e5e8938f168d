"""One crawl or recheck in this process: Twisted's reactor cannot start twice, so one a process.

`crawl` and `recheck` always leave their crawl row ended, with a cause in plain words.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crawler.addresses import AddressRule
from crawler.engine import drive
from crawler.errors import NoContact
from crawler.fetching import Run
from crawler.options import CrawlOptions, Target, Targets
from crawler.pictures import PictureSpider, ending_of_pictures
from crawler.pipelines import Recorder, ignore_rechecked
from crawler.progress import Earlier, Progress, ending_of
from crawler.recheck import RecheckSpider, ending_of_recheck
from crawler.rendering import find_browser
from crawler.spiders import ListingSpider
from data.crawls import Crawl, CrawlKind, Ending, start_crawl
from data.evidence import EvidenceFolder
from data.home import HomeKind
from data.listings import Rechecked, sighted_external_ids
from data.pictures import Wanted
from data.platform import Platform, Style
from data.store import Store
from data.yields import record_yields

__all__ = [
    "CrawlOptions",
    "Ended",
    "NoContact",
    "Target",
    "Targets",
    "crawl",
    "pictures",
    "recheck",
]

Heard = Callable[[Session, Rechecked], None]


@dataclass(frozen=True)
class Ended:
    """How a run ended; the crawl row says the same."""

    crawl_id: int
    ending: Ending
    cause: str
    asked_to_wait_s: float = 0.0


def crawl(
    store: Store, evidence: EvidenceFolder, platform: Platform, options: CrawlOptions
) -> Ended:
    """Crawl a platform's listings into the store."""
    run, recorder, earlier = _begin(store, evidence, platform, options, CrawlKind.LISTINGS)
    work = partial(drive, run, ListingSpider)
    ended = _to_the_end(run, recorder, work, lambda: ending_of(run.progress, earlier))
    with store.write() as session:
        record_yields(session, ended.crawl_id, run.progress.yields)
    return ended


def recheck(
    store: Store,
    evidence: EvidenceFolder,
    platform: Platform,
    targets: Targets,
    options: CrawlOptions,
    heard: Heard = ignore_rechecked,
) -> Ended:
    """Look at known listings again; `heard` runs in the transaction that records each look."""
    run, recorder, _ = _begin(store, evidence, platform, options, CrawlKind.RECHECK)
    recorder.heard = heard
    work = partial(drive, run, RecheckSpider, targets=targets)
    how = partial(ending_of_recheck, run.progress, recorder, targets)
    return _to_the_end(run, recorder, work, how)


def pictures(
    store: Store,
    evidence: EvidenceFolder,
    platform: Platform,
    wanted: Sequence[Wanted],
    options: CrawlOptions,
) -> Ended:
    """Get pictures of listings that are known already."""
    run, recorder, _ = _begin(store, evidence, platform, options, CrawlKind.PICTURES)
    work = partial(drive, run, PictureSpider, recorder=recorder, wanted=wanted)
    how = partial(ending_of_pictures, run.progress, recorder, wanted)
    return _to_the_end(run, recorder, work, how)


def _begin(
    store: Store,
    evidence: EvidenceFolder,
    platform: Platform,
    options: CrawlOptions,
    kind: CrawlKind,
) -> tuple[Run, Recorder, Earlier]:
    home = store.home().kind
    if not options.contact and home is HomeKind.REAL:
        raise NoContact("set a contact e-mail in Settings; the user agent must name it")
    if platform.style is Style.BROWSER:
        find_browser()
    progress = Progress(limit=options.limit, requests_left=options.requests_left)
    with store.write() as session:
        row, earlier = _row(session, platform, options, kind)
        recorder = Recorder(store, platform, row.id, options.clock, progress)
        recorder.requests_before = row.requests
    run = Run(
        platform=platform,
        options=options,
        rule=AddressRule.of(platform, home),
        progress=progress,
        recorder=recorder,
        evidence=evidence,
        already=earlier.already,
    )
    return run, recorder, earlier


def _row(
    session: Session, platform: Platform, options: CrawlOptions, kind: CrawlKind
) -> tuple[Crawl, Earlier]:
    now = options.clock.now()
    before = select(func.max(Crawl.listings_seen)).where(
        Crawl.platform_id == platform.id, Crawl.kind == CrawlKind.LISTINGS
    )
    most = session.scalar(before) or 0
    if options.resume is None:
        row = start_crawl(session, platform.id, kind, options.asked_by, now)
        row.clock_shift_s = int(options.clock.shift.total_seconds())
        return row, Earlier(listings=most)
    row = session.get_one(Crawl, options.resume)
    row.heartbeat_at, row.ended_at, row.ending, row.cause = now, None, None, ""
    row.state = None
    done = frozenset(sighted_external_ids(session, row.id))
    return row, Earlier(listings=most, already=done)


def _to_the_end(
    run: Run,
    recorder: Recorder,
    work: Callable[[], None],
    ending: Callable[[], tuple[Ending, str]],
) -> Ended:
    how, cause = Ending.CRASHED, "the run broke off; what was committed is kept"
    try:
        if run.options.requests_left is None or run.options.requests_left > 0:
            work()
        else:
            run.progress.stop(Ending.BUDGET_SPENT, "today's request budget is already spent")
        how, cause = ending()
    finally:
        recorder.finish(how, cause)
    return Ended(recorder.crawl_id, how, cause, run.progress.asked_to_wait_s)
