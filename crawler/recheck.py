"""The recheck spider: a live control page first and last, and each known listing in between.

A miss counts only when a page that must be live was served both before and after it in the same
run: a platform that begins to turn us away half-way, by whatever page, then proves nothing.
"""

import dataclasses
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from scrapy import Request
from scrapy.http import Response

from crawler.errors import OverBudget, Stopping
from crawler.fetching import PlatformSpider, Run, why_failed
from crawler.health import Wall, certain_wall
from crawler.judging import Judged, both, judge, judge_also
from crawler.options import Target, Targets
from crawler.pipelines import Look, Recorder
from crawler.progress import Progress
from crawler.styles.page import Page
from data.availability import Outcome
from data.crawls import Ending
from data.found import FoundListing, Seen, StoredEvidence

MOST_CONTROLS = 6
PROVE_EVERY = 10  # misses; then the control is asked for again
MOST_HIDDEN = 3
UNAUTHORISED = 401
_LIVE = frozenset({Outcome.LIVE, Outcome.CHANGED})
_UNPROVEN = "no page known to be live was served after it"


class Purpose(StrEnum):
    """What a page is asked for."""

    OPENING = "the first control"
    LISTING = "a known listing"
    CLOSING = "the control after some misses"


@dataclass(frozen=True)
class Miss:
    """A listing that seems removed, until the control after it says whether that counts."""

    target: Target
    judged: Judged
    status: int | None
    evidence: tuple[StoredEvidence, ...]


@dataclass(frozen=True)
class Asked:
    """One look on its way: at what, for what, and what its first address said."""

    target: Target
    purpose: Purpose
    first: Judged | None = None
    status: int | None = None
    evidence: tuple[StoredEvidence, ...] = ()
    misses: tuple[Miss, ...] = ()


class RecheckSpider(PlatformSpider):
    """Looks at known listings again."""

    name = "recheck"

    def __init__(self, run: Run, targets: Targets) -> None:
        super().__init__(run)
        self.targets = targets
        ids = {target.listing_id for target in targets.listings}
        controls = [one for one in targets.controls if one.listing_id not in ids]
        self.controls = iter(controls[:MOST_CONTROLS])
        self.control: Target | None = None
        self.control_url = ""
        self.open = len(targets.listings)
        self.waiting: list[Miss] = []
        self.hidden = 0

    async def start(self) -> AsyncIterator[Any]:
        """Begin with the control."""
        self.begin_ticking()
        for request in self.next_control():
            yield request

    def closed(self, reason: str) -> None:
        """Record what still waits for a proof that will not come."""
        self.settle(tuple(self.waiting), proven=False)
        super().closed(reason)

    def watch(self, response: Response, asked: str = "") -> None:
        """Stop at walls; one listing that asks for a sign-in where others do not is hidden."""
        hidden = response.status == UNAUTHORISED and self.control is not None
        if not (hidden and certain_wall(self.page(response), asked) is None):
            super().watch(response, asked)

    def next_control(self) -> Iterator[Request]:
        """Ask for the next control page; without one, go on to the targets."""
        control = next(self.controls, None)
        if control is None:
            self.recorder.note("control", "no control page is live; nothing will count as gone", "")
            yield from self.ask_targets()
            return
        yield self.look_at(Asked(control, Purpose.OPENING))

    def ask_targets(self) -> Iterator[Request]:
        """Ask for every listing."""
        for target in self.targets.listings:
            yield self.look_at(Asked(target, Purpose.LISTING))

    def look_at(self, asked: Asked) -> Request:
        """Ask for the listing's JSON where there is one, else for its page."""
        external_id = asked.target.external_id
        return self.ask(
            self.platform.detail_of(external_id) or asked.target.url,
            shown="listings",
            callback=self.parse_first,
            cb_kwargs={"asked": asked},
            **self.as_detail(external_id),
        )

    def parse_first(self, response: Response, asked: Asked) -> Iterator[Request]:
        """Judge a listing's page, and ask for its second address where the platform has one."""
        page = self.page(response)
        absent = asked.target.listing_id in self.targets.absent_from_lists
        now = self.options.clock.now()
        judged = judge(page, self.platform, asked.target, now, absent=absent)
        asked = self.with_page(asked, page)
        also = self.platform.also_of(asked.target.external_id)
        if also and judged.outcome is not Outcome.WALL:
            asked = dataclasses.replace(asked, first=judged)
            yield self.ask(also, callback=self.parse_also, cb_kwargs={"asked": asked})
            return
        yield from self.conclude(asked, judged)

    def parse_also(self, response: Response, asked: Asked) -> Iterator[Request]:
        """Judge the second address and join it with what the first one said."""
        page = self.page(response)
        judged = _joined(asked, judge_also(page, self.platform, asked.target))
        yield from self.conclude(self.with_page(asked, page), judged)

    def with_page(self, asked: Asked, page: Page) -> Asked:
        """Keep a page of a listing; a control's page is not evidence of anything."""
        if asked.purpose is not Purpose.LISTING:
            return asked
        status = page.status if asked.status is None else asked.status
        evidence = (*asked.evidence, self.keep_page(page))
        return dataclasses.replace(asked, status=status, evidence=evidence)

    def conclude(self, asked: Asked, judged: Judged) -> Iterator[Request]:
        """Take what a look saw, as what it was for wants it."""
        match asked.purpose:
            case Purpose.OPENING:
                yield from self.opened(asked, judged)
            case Purpose.LISTING:
                yield from self.looked(asked, judged)
            case Purpose.CLOSING:
                yield from self.proved(asked, judged)

    def opened(self, asked: Asked, judged: Judged) -> Iterator[Request]:
        """Learn whether the platform still serves a listing that must be live."""
        if judged.outcome is Outcome.WALL:
            self.stop_at(Wall(Ending.BLOCKED, judged.cause))
        elif judged.outcome in _LIVE:
            self.control, self.control_url = asked.target, asked.target.url
            yield from self.ask_targets()
        else:
            self.not_live(asked, judged)
            yield from self.next_control()

    def not_live(self, asked: Asked, judged: Judged) -> None:
        """Say which control failed and how."""
        message = f"the control is not live: {judged.cause}"
        self.recorder.note("control", message, asked.target.url)

    def looked(self, asked: Asked, judged: Judged) -> Iterator[Request]:
        """Record a look at a listing; a miss waits for the control that comes after it."""
        self.open -= 1
        judged = self.hidden_or_wall(asked, judged)
        if not (self.progress.at_wall and judged.outcome is not Outcome.WALL):
            miss = Miss(asked.target, judged, asked.status, asked.evidence)
            if judged.outcome is Outcome.REMOVED and self.control is not None:
                self.waiting.append(miss)
            else:
                self.record(miss, proven=self.control is not None)
        if judged.outcome is Outcome.WALL:
            self.stop_at(Wall(Ending.BLOCKED, judged.cause))
        yield from self.prove()

    def hidden_or_wall(self, asked: Asked, judged: Judged) -> Judged:
        """Tell a listing hidden behind HTTP 401 from a platform that wants us to sign in."""
        one_alone = asked.status == UNAUTHORISED and self.control is not None
        if judged.outcome is not Outcome.WALL or not one_alone or self.hidden >= MOST_HIDDEN:
            return judged
        self.hidden += 1
        cause = "HTTP 401 where a live page is served: hidden? Add a [[removal]] rule if so"
        return Judged(Outcome.UNKNOWN, cause)

    def prove(self) -> Iterator[Request]:
        """Ask for the control again after some misses, and after the last listing."""
        if self.waiting and (self.open == 0 or len(self.waiting) >= PROVE_EVERY):
            misses, self.waiting = tuple(self.waiting), []
            if self.control is None:
                self.settle(misses, proven=False)
            else:
                yield self.look_at(Asked(self.control, Purpose.CLOSING, misses=misses))

    def proved(self, asked: Asked, judged: Judged) -> Iterator[Request]:
        """Let misses count when the control, or else another one, is live after them."""
        if judged.outcome in _LIVE:
            self.control, self.control_url = asked.target, asked.target.url
            self.settle(asked.misses, proven=True)
            return
        self.not_live(asked, judged)
        other = None if judged.outcome is Outcome.WALL else next(self.controls, None)
        if other is not None:
            yield self.look_at(Asked(other, Purpose.CLOSING, misses=asked.misses))
            return
        self.control = None
        self.settle(asked.misses, proven=False)
        if judged.outcome is Outcome.WALL:
            self.stop_at(Wall(Ending.BLOCKED, judged.cause))

    def settle(self, misses: tuple[Miss, ...], *, proven: bool) -> None:
        """Record misses whose worth is known now."""
        for miss in misses:
            self.record(miss, proven=proven)
        self.waiting = [miss for miss in self.waiting if miss not in misses]

    def record(self, miss: Miss, *, proven: bool) -> None:
        """Hand a look to the store, with a new sighting when the listing has changed."""
        judged = miss.judged
        unproven = judged.outcome is Outcome.REMOVED and not proven
        seen = Seen(
            listing_id=miss.target.listing_id,
            outcome=judged.outcome,
            http_status=miss.status,
            cause=f"{judged.cause}; {_UNPROVEN}" if unproven else judged.cause,
            control_url=self.control_url,
            control_live=proven,
            evidence=miss.evidence,
        )
        self.recorder.look(Look(seen, _changed(miss)))

    def failed(self, failure: Any) -> Iterator[Request]:  # noqa: ANN401
        """Record a page that did not come: no conclusion about the listing."""
        yield from super().failed(failure)
        asked: Asked = failure.request.cb_kwargs["asked"]
        if isinstance(failure.value, Stopping | OverBudget):
            self.open -= asked.purpose is Purpose.LISTING
            self.settle(asked.misses, proven=False)
            return
        _, cause = why_failed(failure.value, failure.request.url, self.rule)
        yield from self.conclude(asked, _joined(asked, Judged(Outcome.UNKNOWN, cause)))


def _joined(asked: Asked, judged: Judged) -> Judged:
    return judged if asked.first is None else both(asked.first, judged)


def _changed(miss: Miss) -> FoundListing | None:
    """Return what a changed listing says now."""
    if miss.judged.outcome is not Outcome.CHANGED or miss.judged.reading is None:
        return None
    return dataclasses.replace(miss.judged.reading.found, evidence=miss.evidence)


def ending_of_recheck(
    progress: Progress, recorder: Recorder, targets: Targets
) -> tuple[Ending, str]:
    """Say how a recheck ended, and why in plain words."""
    looked = f"looked at {recorder.looked} of {len(targets.listings)} listings"
    if progress.ending is not None:
        return progress.ending, f"{progress.cause}; {looked}"
    if targets.controls and recorder.looked and not recorder.proved:
        return _nothing_proven(progress, recorder, looked)
    return Ending.FINISHED, looked


def _nothing_proven(progress: Progress, recorder: Recorder, looked: str) -> tuple[Ending, str]:
    """Tell robots.txt and a new layout from an outage; no control was live either."""
    if progress.robots_refused:
        return Ending.ROBOTS_REFUSED, f"{progress.last_robots}; {looked}"
    ending = Ending.LAYOUT_CHANGED if recorder.served else Ending.UNREACHABLE
    return ending, f"no page says whether its listing is there; {looked}"
