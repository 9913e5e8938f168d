"""How far a run has come, and from that how it ended, in words."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from data.crawls import Ending
from data.found import StoredEvidence
from data.yields import WalkCount

MOST_FAILURES_IN_A_ROW = 8
_GONE = frozenset({404, 410})
_ERRORS = 400
_SERVER_ERRORS = 500


@dataclass
class Progress:
    """What a run has met so far."""

    limit: int | None = None
    requests_left: int | None = None
    requests: int = 0
    list_pages: int = 0
    links: int = 0
    listings: int = 0
    unreadable: int = 0
    robots_refused: int = 0
    failures_in_a_row: int = 0
    last_failure: str = ""
    last_robots: str = ""
    lists_cut: str = ""
    doubts: str = ""
    yields: Sequence[WalkCount] = ()
    limit_hit: bool = False
    asked_to_wait_s: float = 0.0
    answers: int = 0
    refused: int = 0
    sizes: Counter[int] = field(default_factory=Counter)
    sample: tuple[StoredEvidence, str] | None = None
    ending: Ending | None = None
    cause: str = ""

    @property
    def stopped(self) -> bool:
        """Tell whether the run is to ask for nothing more."""
        return self.ending is not None

    @property
    def at_wall(self) -> bool:
        """Tell whether a wall was met: what comes after it may not be read."""
        return self.ending in {Ending.BLOCKED, Ending.LOGIN_WALL}

    @property
    def lists_walked(self) -> bool:
        """Tell whether every list was walked to its end."""
        return bool(self.links) and not (self.stopped or self.limit_hit or self.lists_cut)

    def stop(self, ending: Ending, cause: str) -> None:
        """End the run; the first reason stands."""
        if self.ending is None:
            self.ending, self.cause = ending, cause

    def spend(self) -> bool:
        """Count one request; False when today's are used up."""
        if self.requests_left is not None and self.requests >= self.requests_left:
            self.stop(
                Ending.BUDGET_SPENT, f"today's budget was spent after {self.requests} requests"
            )
            return False
        self.requests += 1
        return True

    def came(self) -> None:
        """Note that a page came."""
        self.failures_in_a_row = 0

    def answered(self, status: int, size: int, *, at_wall: bool = False) -> None:
        """Count an answer for what is usual: whether it was refused, and how large it was.

        Sizes are kept to two digits, so that a run of any length remembers few of them.
        """
        self.answers += 1
        failed = status >= _SERVER_ERRORS or (status >= _ERRORS and status not in _GONE)
        if at_wall or failed:
            self.refused += 1
        else:
            step = 10 ** max(0, len(str(size)) - 2)
            self.sizes[size // step * step] += 1

    @property
    def usual_size(self) -> int | None:
        """The size of the usual answer: the median, to two digits."""
        left = sum(self.sizes.values()) // 2
        for size in sorted(self.sizes):
            left -= self.sizes[size]
            if left < 0:
                return size
        return None

    def failed(self, cause: str) -> None:
        """Note that a page did not come; too many in a row end the run."""
        self.last_failure = cause
        self.failures_in_a_row += 1
        if self.failures_in_a_row >= MOST_FAILURES_IN_A_ROW:
            many = f"{self.failures_in_a_row} requests in a row failed; the last: {cause}"
            self.stop(Ending.UNREACHABLE, many)

    def cut_lists(self, cause: str) -> None:
        """Note that a list was not walked to its end; the first reason stands."""
        self.lists_cut = self.lists_cut or cause


@dataclass(frozen=True)
class Earlier:
    """What earlier crawls of the platform found, to tell an empty site from a changed one."""

    listings: int = 0
    already: frozenset[str] = field(default_factory=frozenset)


def ending_of(progress: Progress, earlier: Earlier) -> tuple[Ending, str]:
    """Say how a listing crawl ended, and why in plain words."""
    if progress.ending is not None:
        return progress.ending, progress.cause
    if progress.listings == 0 and not earlier.already:
        return _nothing_read(progress, earlier)
    read = f"read {progress.listings} listings from {progress.list_pages} list pages"
    if progress.limit_hit:
        return Ending.LIMIT_REACHED, f"{read} and stopped at the limit of {progress.limit}"
    if progress.lists_cut:
        read = f"{read}; not every list: {progress.lists_cut}"
    return Ending.FINISHED, f"{read}; {progress.doubts}" if progress.doubts else read


def _nothing_read(progress: Progress, earlier: Earlier) -> tuple[Ending, str]:
    if progress.unreadable:
        many = f"{progress.unreadable} listing pages came, but none had"
        return Ending.LAYOUT_CHANGED, f"{many} a listing where the platform file looks for it"
    if progress.robots_refused and not progress.links:
        return Ending.ROBOTS_REFUSED, progress.last_robots
    if progress.list_pages == 0 or progress.links:
        cause = progress.last_failure or progress.lists_cut or progress.last_robots
        refused = progress.robots_refused and not progress.last_failure
        ending = Ending.ROBOTS_REFUSED if refused else Ending.UNREACHABLE
        return ending, cause or "no page came"
    pages = f"{progress.list_pages} list pages came, but none names a listing we would know as one"
    keys = "`links` and `pattern`, or in JSON `rows` and `id`"
    if earlier.listings:
        before = f"an earlier crawl read {earlier.listings}"
        return Ending.LAYOUT_CHANGED, f"{pages}; {before}, so check {keys}"
    return Ending.NOTHING_FOUND, f"{pages}; if there are any, check {keys}"
