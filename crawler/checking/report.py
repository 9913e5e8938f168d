"""From the notes of a check to its report. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crawler.checking import dates, encodings, fields, paging, prices, trials, walls
from crawler.checking.faults import WALLS, Fault, Found
from crawler.checking.fields import Coverage
from crawler.checking.notes import Notes
from crawler.progress import Earlier, Progress, ending_of
from data.platform import Platform


@dataclass(frozen=True)
class CheckReport:
    """What a platform's file reads on the real site, and what is wrong between the two."""

    platform_id: str
    name: str
    checked_at: datetime
    faults: tuple[Found, ...]
    remarks: tuple[str, ...]
    fields: tuple[Coverage, ...]
    pages: int
    requests: int
    robots: str
    paging: str
    search: str

    @property
    def ok(self) -> bool:
        """Tell whether the platform can be crawled as it is."""
        return not self.faults

    @property
    def named(self) -> frozenset[Fault]:
        """The kinds of fault that were found."""
        return frozenset(one.fault for one in self.faults)

    def as_json(self) -> dict[str, Any]:
        """Return the report for a program."""
        return {
            "platform": self.platform_id,
            "name": self.name,
            "checked_at": self.checked_at.isoformat(),
            "ok": self.ok,
            "faults": [
                {
                    "fault": one.fault.value,
                    "words": one.words,
                    "where": one.where,
                    "advice": one.advice,
                }
                for one in self.faults
            ],
            "remarks": list(self.remarks),
            "fields": [
                {"field": one.name, "found": one.found, "of": one.of, "needed": one.needed}
                | {"example": one.example}
                for one in self.fields
            ],
            "pages": self.pages,
            "requests": self.requests,
            "robots": self.robots,
            "paging": self.paging,
            "search": self.search,
        }


def report_on(platform: Platform, progress: Progress, notes: Notes, now: datetime) -> CheckReport:
    """Turn the notes of a check into a report."""
    found = list(dict.fromkeys(_faults(platform, progress, notes, now)))
    cause = ending_of(progress, Earlier())[1]
    if not found and not notes.samples:
        found.append(Found(Fault.NOTHING_READ, cause))
    return CheckReport(
        platform_id=platform.id,
        name=platform.name,
        checked_at=now,
        faults=tuple(found),
        remarks=tuple(dict.fromkeys(_remarks(platform, notes, progress))),
        fields=fields.coverage(notes, platform),
        pages=len(notes.samples),
        requests=progress.requests,
        robots=progress.last_robots or "robots.txt allows the pages that were asked for",
        paging=paging.summary(notes, platform),
        search=trials.summary(notes, platform),
    )


def _faults(platform: Platform, progress: Progress, notes: Notes, now: datetime) -> Iterator[Found]:
    in_the_way = list(walls.faults(notes, platform, progress))
    walled = any(one.fault in WALLS for one in in_the_way)
    yield from in_the_way
    # Behind a wall only what was read before it can be judged: an empty list proves nothing then.
    garbled = encodings.garbled(notes, platform.languages)
    if notes.samples or notes.unreadable or not walled:
        yield from fields.faults(notes, platform, garbled=garbled)
    yield from encodings.faults(notes, platform.languages)
    yield from prices.faults(notes, platform)
    yield from paging.faults(notes, platform, walled=walled)
    if not garbled:
        yield from dates.faults(notes, platform, now)
        yield from trials.faults(notes)
    if not walled:
        yield from walls.broken_pages(notes)


def _remarks(platform: Platform, notes: Notes, progress: Progress) -> Iterator[str]:
    if progress.stopped and notes.samples and not progress.at_wall:
        yield f"the check was cut short: {progress.cause}"
    yield from fields.remarks(notes, platform)
    yield from paging.remarks(notes)
    yield from trials.remarks(notes)
    yield from walls.remarks(notes, platform)
    yield from walls.few_broken(notes)
