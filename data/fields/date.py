"""Dates as platforms show them: absolute, Buddhist, of the Republic, or "3 giờ trước"."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from functools import cache, lru_cache

from data.fields import date_patterns as patterns
from data.fields.compiling import compiled
from data.fields.date_signs import to_signs
from data.text import fold

LANGUAGES = ("en", "zh", "vi", "th", "km", "lo", "my", "ms", "id")
_BUDDHIST, _REPUBLIC = 543, 1911
_EPOCH = re.compile(r"(?:/date\()?(\d{10})(\d{3})?(\d{3})?(?:\.\d+)?(?:\)/)?", re.IGNORECASE)
_MACHINE = re.compile(r"\d{4}-|\d{8}T|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d")
_EARLIEST, _LATEST = 1990, 2200
_LONGEST = 200
_NUMBERS = re.compile(r"\d+")
_STEPS = {
    "S": timedelta(seconds=1),
    "I": timedelta(minutes=1),
    "H": timedelta(hours=1),
    "D": timedelta(days=1),
    "W": timedelta(weeks=1),
    "O": timedelta(days=30),
    "Y": timedelta(days=365),
}


def parse_date(
    text: str, now: datetime, languages: Iterable[str] = (), tz: tzinfo = UTC
) -> datetime | None:
    """Read a date in UTC; None when it says none. `tz` is where the platform's clock hangs.

    `now` is aware; `languages` (codes such as vi, zh-Hans; none = all) limits the words, where
    English and the names of months are always known. A date without a year is the latest past
    one; a day without a time keeps the time of `now` if it is counted back, else is midnight.

    >>> now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    >>> parse_date("3 giờ trước", now).isoformat()
    '2026-11-22T09:00:00+00:00'
    >>> parse_date("1 week, 2 days ago", now).date().isoformat()
    '2026-11-13'
    >>> parse_date("20 พ.ย. 2569", now).date().isoformat()
    '2026-11-20'
    >>> parse_date("115/11/20", now, ["zh-Hant"]).date().isoformat()
    '2026-11-20'
    >>> parse_date("no idea", now) is None
    True
    """
    stripped = text.strip()[:_LONGEST]
    exact = _machine_date(stripped, tz)
    if exact is not None:
        return exact
    asked = tuple(languages)
    signs = _signs_of(stripped, _known(asked))
    page = _Page(signs, now.astimezone(tz), asked)
    readers: Sequence[Callable[[_Page], datetime | None]] = (
        _full_date, _said_ago, _named_day, _weekday, _date_without_year, _count_alone, _time_only,
    )  # fmt: skip
    found = (reader(page) for reader in readers)
    return next((_to_utc(moment) for moment in found if moment is not None), None)


class _Page:
    """A date in signs, with what is needed to read it."""

    def __init__(self, signs: str, now: datetime, languages: tuple[str, ...]) -> None:
        self.signs = signs
        self.now = now
        self.of_the_republic = "zh-Hant" in languages
        self.year_first = bool(languages) and languages[0].startswith("zh")
        self.numbers = len(_NUMBERS.findall(signs))

    def has(self, signs: str) -> bool:
        """Tell whether one of these signs is there: a look at each is cheaper than a pattern."""
        return any(sign in self.signs for sign in signs)

    def search(self, layouts: Iterable[str]) -> re.Match[str] | None:
        """Find the first pattern that is there."""
        found = (compiled(pattern).search(self.signs) for pattern in layouts)
        return next((match for match in found if match), None)


@lru_cache(1 << 12)
def _signs_of(text: str, languages: tuple[str, ...]) -> str:
    return to_signs(fold(text), languages)


@cache
def _known(languages: tuple[str, ...]) -> tuple[str, ...]:
    bases = [lang.split("-", maxsplit=1)[0].lower() for lang in languages]
    return (*bases, "en") if bases else LANGUAGES


def _machine_date(text: str, tz: tzinfo) -> datetime | None:
    """Read ISO 8601, seconds, milli- or microseconds since 1970, and the dates of mail headers."""
    epoch = _EPOCH.fullmatch(text)
    if epoch:
        return datetime.fromtimestamp(int(epoch[1]), UTC) + timedelta(
            milliseconds=int(epoch[2] or 0)
        )
    if not (text.isascii() and _MACHINE.match(text)):
        return None
    for reader in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = reader(text)
        except (ValueError, OverflowError):
            continue
        return _to_utc(_of_our_era(moment if moment.tzinfo else moment.replace(tzinfo=tz)))
    return None


def _to_utc(moment: datetime | None) -> datetime | None:
    """Give a moment in UTC; None when no listing can be of that year."""
    if moment is None or not _EARLIEST <= moment.year <= _LATEST:
        return None
    return moment.astimezone(UTC)


def _of_our_era(moment: datetime) -> datetime | None:
    try:
        return moment.replace(year=_year(str(moment.year)))
    except ValueError:
        return None


def _year(digits: str) -> int:
    """Read a year; two digits from 43 on are Buddhist (2543 = 2000), below it ours."""
    year = int(digits)
    if len(digits) == 2:  # noqa: PLR2004
        year += 2500 if year >= 43 else 2000  # noqa: PLR2004
    return year - _BUDDHIST if year > 2400 else year  # noqa: PLR2004


def _full_date(page: _Page) -> datetime | None:
    if page.numbers < 3:  # noqa: PLR2004 - day, month and year
        return None
    layouts = [*patterns.FULL]
    if page.of_the_republic:
        layouts.insert(0, patterns.OF_THE_REPUBLIC)
    if page.year_first:
        layouts.insert(-1, patterns.SHORT_YEAR_FIRST)
    match = page.search(layouts)
    if match is None:
        return None
    digits = match["year"]
    republic = match.groupdict().get("era") or (page.of_the_republic and len(digits) == 3)  # noqa: PLR2004
    year = int(digits) + _REPUBLIC if republic else _year(digits)
    return _moment(page, match, year)


def _date_without_year(page: _Page) -> datetime | None:
    if page.numbers < 2 or not page.has("OM/-"):  # noqa: PLR2004 - day and month
        return None
    layouts = [*patterns.WITHOUT_YEAR, patterns.DAY_AND_MONTH]
    if page.year_first:
        layouts.insert(-1, patterns.MONTH_AND_DAY)
    match = page.search(layouts)
    if match is None:
        return None
    year = page.now.year
    moment = _moment(page, match, year)
    late = moment is not None and moment > page.now + timedelta(days=1)
    return _moment(page, match, year - 1) if late or moment is None else moment


def _moment(page: _Page, match: re.Match[str], year: int) -> datetime | None:
    parts = match.groupdict()
    month, day = int(parts.get("name") or parts["month"]), int(parts["day"])
    if month > 12 >= day and not parts.get("name"):  # noqa: PLR2004 - 11/20 where 20/11 is usual
        month, day = day, month
    try:
        midnight = datetime(year, month, day, tzinfo=page.now.tzinfo)
        in_front = None
        if not match["hour"]:
            in_front = compiled(patterns.CLOCK_IN_FRONT).search(page.signs[: match.start()])
        return _at_clock(midnight, in_front or match)
    except ValueError:
        return None


def _at_clock(day: datetime, match: re.Match[str]) -> datetime:
    """Set the time of day that stands behind a date; midnight if none does."""
    if match["zone"]:
        hours = int(match["offset"] or match["zone"])
        day = day.replace(tzinfo=timezone(timedelta(hours=hours)))
    if not match["hour"]:
        return day.replace(hour=0, minute=0, second=0, microsecond=0)
    hour = _hour(int(match["hour"]), match["before"] or match["after"])
    minute, second = int(match["minute"] or 0), int(match["second"] or 0)
    return day.replace(hour=hour, minute=minute, second=second, microsecond=0)


def _hour(hour: int, half: str | None) -> int:
    """Give an hour of the day, told the half of the day it lies in."""
    if half == "a":
        return hour % 12 if hour <= 12 else hour  # noqa: PLR2004
    if (half == "p" and hour < 12) or (half == "n" and hour < 6):  # noqa: PLR2004
        return hour + 12
    return hour


def _said_ago(page: _Page) -> datetime | None:
    return _counted_back(page, patterns.AGO) if page.has("ABL") else None


def _count_alone(page: _Page) -> datetime | None:
    """Read "6h •" as six hours ago, unless the text speaks of what is to come."""
    return None if page.has("F") else _counted_back(page, patterns.COUNT_ALONE)


def _counted_back(page: _Page, layouts: Iterable[str]) -> datetime | None:
    match = page.search(layouts)
    if match is None:
        return None
    parts = match.groupdict()
    back = _number(parts.get("count")) * _STEPS[parts["unit"]]
    if parts.get("half"):
        back += _STEPS[parts["unit"]] / 2
    if parts.get("larger"):
        back += _number(parts["larger"]) * _STEPS[parts["larger_unit"]]
    try:
        return page.now - back
    except OverflowError:
        return None


def _number(text: str | None) -> float:
    return float((text or "1").replace(",", "."))


def _named_day(page: _Page) -> datetime | None:
    """Read just now, today, yesterday, with a time if one stands behind."""
    match = page.search([patterns.NAMED_DAY]) if page.has("T") else None
    if match:
        return _back(page.now, int(match["back"]), match)
    return page.now if "N" in page.signs else None


def _weekday(page: _Page) -> datetime | None:
    """Read Monday as the latest one that is not to come."""
    match = page.search([patterns.WEEKDAY]) if page.has("K") else None
    if match is None:
        return None
    wanted, today = int(match["weekday"]), page.now.weekday()
    of_last_week = page.year_first and match["last"]  # 上周五, unlike "last Friday"
    days = today - wanted + 7 if of_last_week else (today - wanted) % 7
    moment = _back(page.now, days, match)
    return moment - timedelta(days=7) if moment and moment > page.now else moment


def _time_only(page: _Page) -> datetime | None:
    """Read a time alone: today's, or yesterday's if it is still to come."""
    match = page.search([patterns.TIME_ONLY])
    if match is None or not match["hour"]:
        return None
    moment = _back(page.now, 0, match)
    late = moment is not None and moment > page.now + timedelta(minutes=5)
    return _back(page.now, 1, match) if late else moment


def _back(now: datetime, days: int, match: re.Match[str]) -> datetime | None:
    try:
        day = now - timedelta(days=days)
        return _at_clock(day, match) if match["hour"] else day
    except (ValueError, OverflowError):
        return None
