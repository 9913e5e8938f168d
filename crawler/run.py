"""One crawl or recheck in this process: Twisted's reactor cannot start twice, so one a process.

`crawl` and `recheck` always leave their crawl row ended, with a cause in plain words.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from crawler.options import CrawlOptions, Target, Targets
from data.crawls import Ending
from data.evidence import EvidenceFolder
from data.listings import Rechecked
from data.platform import Platform
from data.store import Store

__all__ = ["CrawlOptions", "Ended", "Target", "Targets", "crawl", "recheck"]


@dataclass(frozen=True)
class Ended:
    """How a run ended; the crawl row says the same."""

    crawl_id: int
    ending: Ending
    cause: str


def crawl(
    store: Store, evidence: EvidenceFolder, platform: Platform, options: CrawlOptions
) -> Ended:
    """Crawl a platform's listings into the store."""
    raise NotImplementedError


def recheck(
    store: Store,
    evidence: EvidenceFolder,
    platform: Platform,
    targets: Targets,
    options: CrawlOptions,
    heard: Callable[[Session, Rechecked], None],
) -> Ended:
    """Look at known listings again; `heard` runs in the transaction that records each look."""
    raise NotImplementedError
