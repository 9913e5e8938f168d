"""Dates that were not read, or read as other days."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from crawler.checking.faults import Fault, Found
from crawler.checking.notes import Notes, Sample
from data.fields import parse_date
from data.people import LANGUAGES
from data.platform import Platform

_AHEAD = timedelta(minutes=10)
_APART = timedelta(hours=36)
_FIRST_YEAR = 1996
_MANY = 4  # one in so many is not a slip
_MONTH_FIRST = re.compile(r"(0?[1-9]|1[0-2])[-/.](1[3-9]|2\d|3[01])[-/.]\d{2,4}")
_NUMBERS = re.compile(r"\b(\d{1,2})[-/.](\d{1,2})[-/.]\d{2,4}\b")
_MACHINE = ("datetime", "content", "title", "data-time", "data-timestamp", "data-date")


def faults(notes: Notes, platform: Platform, now: datetime) -> Iterator[Found]:
    """Name the one worst thing about dates: unread, absurd, ahead of now, or another day."""
    dated = [one for one in notes.samples if one.reading.texts.get("posted")]
    for kind in (_unread, _absurd, _ahead, _another_day):
        wrong = [(one, words) for one in dated if (words := kind(one, platform, now))]
        if wrong and len(wrong) * _MANY >= len(dated):
            yield Found(Fault.DATES_MISREAD, f"{wrong[0][1]}{_on(len(wrong), len(dated))}")
            return
    yield from _swapped(dated, platform)


def _swapped(dated: list[Sample], platform: Platform) -> Iterator[Found]:
    """Tell of dates read day first where others of the same platform prove the month stands first.

    10/15 can only be October; 10/05 beside it is not the tenth of May.
    """
    if platform.date_format or not any(_MONTH_FIRST.search(_text(one)) for one in dated):
        return
    wrong = [one for one in dated if _is_day_first(one, platform)]
    if wrong:
        words = f"{_text(wrong[0])!r} is read day first, but other dates put the month first"
        advice = '`date_format = "%m/%d/%Y"`'
        yield Found(Fault.DATES_MISREAD, f"{words}: {advice}{_on(len(wrong), len(dated))}")


def _is_day_first(sample: Sample, platform: Platform) -> bool:
    numbers, posted = _NUMBERS.search(_text(sample)), sample.reading.found.posted_at
    if numbers is None or posted is None or numbers[1] == numbers[2]:
        return False
    local = posted.astimezone(platform.timezone)
    return (local.day, local.month) == (int(numbers[1]), int(numbers[2]))


def _on(wrong: int, dated: int) -> str:
    return f", on {wrong} of {dated} pages with a date"


def _text(sample: Sample) -> str:
    return sample.reading.texts["posted"][:80]


def _unread(sample: Sample, platform: Platform, now: datetime) -> str:
    problems = sample.reading.found.problems
    if not any(problem.startswith("unread_date") for problem in problems):
        return ""
    return f"{_text(sample)!r} is not read as a date{_hint(_text(sample), platform, now)}"


def _hint(text: str, platform: Platform, now: datetime) -> str:
    if platform.date_format:
        return f"; `date_format` is {platform.date_format!r}"
    if _MONTH_FIRST.search(text):
        return '; the month seems to stand first: `date_format = "%m/%d/%Y"`'
    known = platform.date_languages or platform.languages
    for language in LANGUAGES:
        if language not in known and parse_date(text, now, [language], platform.timezone):
            return f"; it is one in {language}: add it to `date_languages`"
    return ""


def _absurd(sample: Sample, platform: Platform, now: datetime) -> str:
    del platform, now
    problems = sample.reading.found.problems
    if any(problem.startswith("future_date") for problem in problems):
        return f"{_text(sample)!r} is read as a day in the future"
    posted = sample.reading.found.posted_at
    if posted is not None and posted.year < _FIRST_YEAR:
        return f"{_text(sample)!r} is read as {posted:%Y-%m-%d}"
    return ""


def _ahead(sample: Sample, platform: Platform, now: datetime) -> str:
    posted = sample.reading.found.posted_at
    if posted is None or posted - now <= _AHEAD:
        return ""
    hours = (posted - now) / timedelta(hours=1)
    zone = f"is `timezone` ({platform.timezone}) right?"
    return f"{_text(sample)!r} is read as {hours:.1f} hours from now; {zone}"


def _another_day(sample: Sample, platform: Platform, now: datetime) -> str:
    """Compare a date with what the same element says for machines."""
    posted, stated = sample.reading.found.posted_at, _stated(sample, platform, now)
    if posted is None or stated is None or abs(posted - stated) <= _APART:
        return ""
    days = f"{posted:%Y-%m-%d}, but the page means {stated:%Y-%m-%d}"
    return f"{_text(sample)!r} is read as {days}"


def _stated(sample: Sample, platform: Platform, now: datetime) -> datetime | None:
    """Return the date that an element showing the text states in an attribute."""
    if sample.page.is_json:
        return None
    found = sample.page.selector.xpath(
        "//*[normalize-space(.)=$text and not(*[normalize-space(.)=$text])]", text=_text(sample)
    )
    for element in found:
        for name in _MACHINE:
            value = element.attrib.get(name, "").strip()
            if value and value != _text(sample) and any(sign.isdecimal() for sign in value):
                return parse_date(value, now, tz=platform.timezone)
    return None
