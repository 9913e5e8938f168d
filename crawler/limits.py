"""How long one run may take and what it may use; past a limit it ends cleanly and says why."""

import asyncio
import resource
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy import signals

from data.crawls import Ending
from data.incidents import disk_percent

if TYPE_CHECKING:
    from crawler.options import RunLimits

LOOK_EVERY_S = 1.0
_STATM = Path("/proc/self/statm")


@dataclass(frozen=True)
class Used:
    """What a run has used so far."""

    seconds: float
    megabytes: float
    disk_percent: float
    now: datetime


def over(limits: "RunLimits", used: Used) -> tuple[Ending, str] | None:
    """Say which limit a run has passed, if any; pure."""
    if limits.megabytes is not None and used.megabytes > limits.megabytes:
        words = f"it used {used.megabytes:.0f} MB where a run may use {limits.megabytes}"
        return Ending.MEMORY_SPENT, f"{words}; what was read is kept"
    if limits.disk is not None and used.disk_percent >= limits.stop_percent:
        words = f"the disk is {used.disk_percent:.0f} % full; make room and it goes on below"
        return Ending.DISK_FULL, f"{words} {limits.go_percent:.0f} %. Review goes on meanwhile"
    if limits.seconds is not None and used.seconds > limits.seconds:
        words = f"it took longer than the {limits.seconds / 60:.0f} minutes a run may take"
        return Ending.TIME_SPENT, f"{words}; what was read is kept"
    if limits.until is not None and used.now >= limits.until:
        return Ending.STOPPED, "the platform's quiet hours began; it goes on when they end"
    return None


def megabytes_used() -> float:
    """Return the memory this process holds now; where that cannot be known, the most it held."""
    if _STATM.exists():
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize() / 2**20
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)


class Limits:
    """Scrapy extension: looks every second whether the run is within its limits."""

    def __init__(self, crawler: Any) -> None:  # noqa: ANN401
        self.crawler = crawler
        self.begun = time.monotonic()
        self.looking: asyncio.Task[None] | None = None
        crawler.signals.connect(self.opened, signals.spider_opened)
        crawler.signals.connect(self.closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Any) -> "Limits":  # noqa: ANN401
        """Make the extension as Scrapy asks for it."""
        return cls(crawler)

    def opened(self) -> None:
        """Begin to look."""
        self.looking = asyncio.ensure_future(self._look())

    def closed(self) -> None:
        """Look no more."""
        if self.looking is not None:
            self.looking.cancel()

    async def _look(self) -> None:
        progress, limits = self.crawler.spider.progress, self.crawler.spider.options.limits
        while not progress.stopped:
            if passed := over(limits, self._used(limits)):
                progress.stop(*passed)
            await asyncio.sleep(LOOK_EVERY_S)

    def _used(self, limits: "RunLimits") -> Used:
        return Used(
            seconds=time.monotonic() - self.begun,
            megabytes=megabytes_used(),
            disk_percent=disk_percent(limits.disk) if limits.disk is not None else 0.0,
            now=self.crawler.spider.options.clock.now(),
        )
