"""The picture spider: gets the pictures of listings once they are scored, as politely as pages.

It runs as a job of its own in the platform's lane, so a picture is asked for under the same delay,
budget, robots.txt and address rule as any page, and never while a crawl of the platform runs.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from scrapy import Request
from scrapy.http import Response

from crawler.errors import OverBudget, RefusedAddress, RobotsRefused, Stopping
from crawler.fetching import OK, PlatformSpider, Run, why_failed
from crawler.health import Wall, certain_wall, status_wall
from crawler.pipelines import Recorder
from crawler.progress import Progress
from crawler.styles.page import Page
from data.crawls import Ending
from data.found import EvidenceKind
from data.looks import NoPicture, looks_of
from data.pictures import Fetched, Got, Wanted

MOST_BYTES = 8_000_000
REFUSALS_IN_A_ROW = 3
_TOO_OFTEN = frozenset({429, 503})
_FINAL = frozenset({400, 401, 403, 404, 405, 410, 451})


class PictureSpider(PlatformSpider):
    """Gets pictures."""

    name = "pictures"

    def __init__(self, run: Run, recorder: Recorder, wanted: Sequence[Wanted]) -> None:
        super().__init__(run)
        self.pictures = recorder
        self.wanted = wanted
        self.refusals = 0

    async def start(self) -> AsyncIterator[Any]:
        """Ask for every picture."""
        self.begin_ticking()
        for one in self.wanted:
            yield self.ask(
                one.address,
                callback=self.parse_picture,
                cb_kwargs={"wanted": one},
                meta={"download_maxsize": MOST_BYTES},
            )

    def watch(self, response: Response, asked: str = "") -> None:
        """End the run when the platform turns us away; one refused picture is no wall."""
        page = self.page(response)
        wall = certain_wall(page, asked) if not page.media_type.startswith("image/") else None
        if wall is None and page.status in _TOO_OFTEN:
            wall = status_wall(page)
        self.refusals = self.refusals + 1 if status_wall(page) else 0
        if wall is None and self.refusals >= REFUSALS_IN_A_ROW:
            wall = status_wall(page)
        if wall is not None:
            self.stop_at(Wall(wall.ending, wall.cause))

    def parse_picture(self, response: Response, wanted: Wanted) -> None:
        """Keep a picture as received, with its looks; say why anything else is not kept."""
        page = self.page(response)
        if self.progress.at_wall:
            return
        if page.status != OK:
            outcome = Fetched.REFUSED if page.status in _FINAL else Fetched.FAILED
            self.give_up(wanted, outcome, f"it answered {page.status}")
            return
        self.keep_picture(page, wanted)

    def keep_picture(self, page: Page, wanted: Wanted) -> None:
        """Store a picture's bytes and hand its looks on."""
        try:
            looks = looks_of(page.body)
        except NoPicture as error:
            self.give_up(wanted, Fetched.NO_PICTURE, str(error))
            return
        stored = self.keep(page, EvidenceKind.IMAGE)
        self.pictures.got(Got(wanted, Fetched.KEPT, stored=stored, looks=looks))

    def give_up(self, wanted: Wanted, outcome: Fetched, cause: str) -> None:
        """Record that a picture was not kept, and why."""
        self.pictures.note("picture", f"not kept: {cause}", wanted.address)
        self.pictures.got(Got(wanted, outcome, cause))

    def failed(self, failure: Any) -> Iterator[Request]:  # noqa: ANN401
        """Record a picture that did not come."""
        wanted = failure.request.cb_kwargs["wanted"]
        yield from super().failed(failure)
        if isinstance(failure.value, Stopping | OverBudget):
            return
        kind, cause = why_failed(failure.value, failure.request.url, self.rule)
        refused = isinstance(failure.value, RobotsRefused | RefusedAddress)
        outcome = Fetched.REFUSED if refused else _OUTCOMES.get(kind, Fetched.FAILED)
        self.pictures.got(Got(wanted, outcome, cause))


_OUTCOMES = {"too_large": Fetched.TOO_LARGE, RefusedAddress.kind: Fetched.REFUSED}


def ending_of_pictures(
    progress: Progress, recorder: Recorder, wanted: Sequence[Wanted]
) -> tuple[Ending, str]:
    """Say how a run for pictures ended, and why in plain words."""
    kept = f"kept {recorder.pictures_kept} of {len(wanted)} pictures"
    if progress.ending is not None:
        return progress.ending, f"{progress.cause}; {kept}"
    return Ending.FINISHED, kept
