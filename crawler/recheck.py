"""The recheck spider: a live control page first, then each known listing, judged by the rules."""

import dataclasses
from collections.abc import AsyncIterator, Iterator
from typing import Any

from scrapy import Request
from scrapy.http import Response

from crawler.errors import OverBudget, Stopping
from crawler.fetching import PlatformSpider, Run, why_failed
from crawler.health import Wall
from crawler.judging import Judged, judge
from crawler.options import Target, Targets
from crawler.pipelines import Look, Recorder
from crawler.progress import Progress
from data.availability import Outcome
from data.crawls import Ending
from data.found import FoundListing, Seen, StoredEvidence

MOST_CONTROLS = 3
_LIVE = frozenset({Outcome.LIVE, Outcome.CHANGED})


class RecheckSpider(PlatformSpider):
    """Looks at known listings again."""

    name = "recheck"

    def __init__(self, run: Run, targets: Targets) -> None:
        super().__init__(run)
        self.targets = targets
        ids = {target.listing_id for target in targets.listings}
        controls = [one for one in targets.controls if one.listing_id not in ids]
        self.controls = iter(controls[:MOST_CONTROLS])
        self.control_url = ""
        self.control_live = False

    async def start(self) -> AsyncIterator[Any]:
        """Begin with the control."""
        self.begin_ticking()
        for request in self.next_control():
            yield request

    def next_control(self) -> Iterator[Request]:
        """Ask for the next control page; without one, go on to the targets."""
        control = None if self.control_live else next(self.controls, None)
        if control is None:
            yield from self.ask_targets()
            return
        self.control_url = control.url
        yield self.ask(
            self.address(control), callback=self.parse_control, cb_kwargs={"control": control}
        )

    def address(self, target: Target) -> str:
        """Return the address to look at: the listing's JSON where there is one, else its page."""
        return self.platform.detail_of(target.external_id) or target.url

    def parse_control(self, response: Response, control: Target) -> Iterator[Request]:
        """Learn whether the platform still serves a listing that must be live."""
        page = self.page(response)
        judged = judge(page, self.platform, control, self.options.clock.now())
        if judged.outcome is Outcome.WALL:
            self.stop_at(Wall(Ending.BLOCKED, judged.cause))
            return
        self.control_live = judged.outcome in _LIVE
        if not self.control_live:
            self.recorder.note("control", f"the control is not live: {judged.cause}", page.url)
        yield from self.next_control()

    def ask_targets(self) -> Iterator[Request]:
        """Ask for every listing."""
        if not self.control_live:
            self.recorder.note("control", "no control page is live; nothing will count as gone", "")
        for target in self.targets.listings:
            yield self.ask(
                self.address(target), callback=self.parse_target, cb_kwargs={"target": target}
            )

    def parse_target(self, response: Response, target: Target) -> None:
        """Judge a listing's page and record the look."""
        page = self.page(response)
        absent = target.listing_id in self.targets.absent_from_lists
        now = self.options.clock.now()
        judged = judge(page, self.platform, target, now, absent=absent)
        if self.progress.at_wall and judged.outcome is not Outcome.WALL:
            return
        evidence = (self.keep_page(page),)
        self.record(target, judged, page.status, evidence)
        if judged.outcome is Outcome.WALL:
            self.stop_at(Wall(Ending.BLOCKED, judged.cause))

    def record(
        self,
        target: Target,
        judged: Judged,
        status: int | None = None,
        evidence: tuple[StoredEvidence, ...] = (),
    ) -> None:
        """Hand a look to the store, with a new sighting when the listing has changed."""
        seen = Seen(
            listing_id=target.listing_id,
            outcome=judged.outcome,
            http_status=status,
            cause=judged.cause,
            control_url=self.control_url,
            control_live=self.control_live,
            evidence=evidence,
        )
        self.recorder.look(Look(seen, self.changed(judged, evidence)))

    def changed(self, judged: Judged, evidence: tuple[StoredEvidence, ...]) -> FoundListing | None:
        """Return what a changed listing says now."""
        if judged.outcome is not Outcome.CHANGED or judged.reading is None:
            return None
        return dataclasses.replace(judged.reading.found, evidence=evidence)

    def failed(self, failure: Any) -> Iterator[Request]:  # noqa: ANN401
        """Record a page that did not come: no conclusion about the listing."""
        yield from super().failed(failure)
        arguments = failure.request.cb_kwargs
        if "control" in arguments:
            yield from self.next_control()
        elif not isinstance(failure.value, Stopping | OverBudget):
            _, cause = why_failed(failure.value, failure.request.url, self.rule)
            self.record(arguments["target"], Judged(Outcome.UNKNOWN, cause))


def ending_of_recheck(
    progress: Progress, recorder: Recorder, targets: Targets
) -> tuple[Ending, str]:
    """Say how a recheck ended, and why in plain words."""
    looked = f"looked at {recorder.looked} of {len(targets.listings)} listings"
    if progress.ending is not None:
        return progress.ending, f"{progress.cause}; {looked}"
    return Ending.FINISHED, looked
