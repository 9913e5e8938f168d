"""Figures: every number with what it counts, its denominator and a link to its rows."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import HTMLResponse, Response

from data.exports.sheet import escaped
from data.figures import Figures, Week, figures, year_before
from data.measures import DEFINITIONS, LABELS, Line, Number
from data.missed import Missed
from data.queries.takedowns import last_request, listings_named
from review_ui.auth import Reads, Visit
from review_ui.pages import page

router = APIRouter()
HEAD = ("detected", "reported", "removed", "claimed")
NEVER_REMOVED = (
    "delisted",
    "sold_or_ended",
    "seller_removed",
    "already_gone",
    "partly",
    "rejected",
    "open",
)
ROWS_A_PAGE = 100
EARLIEST = date(2000, 1, 1)


@dataclass(frozen=True)
class Period:
    """Whole local days from `first` to `last`, both included."""

    first: date
    last: date
    since: datetime
    until: datetime

    @property
    def query(self) -> str:
        """The period as it stands in an address."""
        return urlencode({"from": self.first.isoformat(), "to": self.last.isoformat()})


def period_of(visit: Visit, first: str, last: str) -> Period:
    """Read a period from an address; this year to date when none is given."""
    zone = visit.house.settings.zone
    today = visit.clock.now().astimezone(zone).date()
    begin = max(_day(first) or today.replace(month=1, day=1), EARLIEST)
    end = min(max(_day(last) or today, begin), date(9998, 12, 31))
    since = datetime.combine(begin, time(), tzinfo=zone)
    until = datetime.combine(end + timedelta(days=1), time(), tzinfo=zone)
    return Period(begin, end, since.astimezone(UTC), until.astimezone(UTC))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def asked_period(request: Request, visit: Reads) -> Period:
    """Return the period a page asks for."""
    query = request.query_params
    return period_of(visit, query.get("from", ""), query.get("to", ""))


Asked = Annotated[Period, Depends(asked_period)]


@router.get("/figures")
def show_figures(request: Request, visit: Reads, period: Asked) -> HTMLResponse:
    """Show the figures of a period beside those of the same days a year before."""
    now = visit.clock.now()
    with visit.read() as session:
        found = figures(session, period.since, period.until, now=now)
        before = figures(session, year_before(period.since), year_before(period.until), now=now)
    values = {
        "period": period,
        "found": found,
        "before": before,
        "head": HEAD,
        "never_removed": NEVER_REMOVED,
        "bars": bars(found),
        "presets": presets(visit),
    }
    return page(request, "figures.html", values, visit=visit)


def presets(visit: Visit) -> list[tuple[str, Period]]:
    """Return the periods one click away."""
    today = visit.clock.now().astimezone(visit.house.settings.zone).date()
    year = today.replace(month=1, day=1)
    month = today.replace(day=1)
    last_year = (year.replace(year=year.year - 1), year - timedelta(days=1))
    spans = {
        "This year": (year, today),
        "This month": (month, today),
        "Last 90 days": (today - timedelta(days=89), today),
        "Last year": last_year,
    }
    return [
        (label, period_of(visit, first.isoformat(), last.isoformat()))
        for label, (first, last) in spans.items()
    ]


@dataclass(frozen=True)
class Bar:
    """One week of the chart in the units of its drawing."""

    x: float
    width: float
    reported: float
    removed: float
    title: str
    month: str
    crawled: bool


CHART_WIDTH, CHART_HEIGHT, DAYS_A_WEEK = 880, 130, 7


def bars(found: Figures) -> list[Bar]:
    """Lay the weeks out; the tallest fills the height."""
    weeks = found.weeks
    most = max((week.reported for week in weeks), default=0) or 1
    step = CHART_WIDTH / max(len(weeks), 12)
    return [_bar(place * step, step, week, most) for place, week in enumerate(weeks)]


def _bar(x: float, step: float, week: Week, most: int) -> Bar:
    gap = "" if week.crawled else "; no crawl this week"
    return Bar(
        x=round(x, 1),
        width=round(step * 0.66, 1),
        reported=round(CHART_HEIGHT * week.reported / most, 1),
        removed=round(CHART_HEIGHT * week.removed / most, 1),
        title=f"Week of {week.monday:%-d %b %Y}: {week.reported} reported, "
        f"{week.removed} of them gone{gap}",
        month=f"{week.monday:%b}" if week.monday.day <= DAYS_A_WEEK else "",
        crawled=week.crawled,
    )


@dataclass(frozen=True)
class Wanted:
    """Which number's rows are asked for: all of a figure, or those of one platform or the like."""

    figure: str
    by: str = ""
    key: str = ""
    start: int = 0

    @property
    def first(self) -> int:
        """Where the page begins."""
        return max(self.start, 0)

    @property
    def query(self) -> str:
        """The choice as it stands in an address, without the page."""
        return urlencode({"figure": self.figure, "by": self.by, "key": self.key})

    def of(self, found: Figures) -> Number:
        """Return the number asked for; an unknown one is a missing page."""
        numbers = {**found.numbers, **found.missed.numbers}
        if not self.by and self.figure in numbers:
            return numbers[self.figure]
        lines = {
            "platform": found.by_platform,
            "group": found.by_group,
            "language": found.by_language,
        }.get(self.by, [])
        line = next((one for one in lines if one.key == self.key), None)
        if line is None or self.figure not in {"reported", "removed"}:
            raise HTTPException(404)
        rows = line.rows if self.figure == "reported" else line.removed_rows
        return Number(self.figure, len(rows), rows)


@router.get("/figures/rows")
def show_rows(
    request: Request, visit: Reads, period: Asked, rows: Annotated[Wanted, Depends()]
) -> HTMLResponse:
    """Show the listings behind a number."""
    with visit.read() as session:
        found = figures(session, period.since, period.until, now=visit.clock.now())
        number = rows.of(found)
        ids = number.rows[rows.first : rows.first + ROWS_A_PAGE]
        values = {
            "number": number,
            "period": period,
            "wanted": rows,
            "step": ROWS_A_PAGE,
            "listings": listings_named(session, ids),
            "requests": last_request(session, ids),
        }
        return page(request, "rows.html", values, visit=visit)


@router.get("/figures.csv")
def download_figures(visit: Reads, period: Asked) -> Response:
    """Hand the figures out as CSV, definitions and denominators with them."""
    with visit.read() as session:
        found = figures(session, period.since, period.until, now=visit.clock.now())
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerows([escaped(str(cell)) for cell in line] for line in _csv_lines(visit, found))
    name = f"{'DEMO-' if visit.home.is_demo else ''}figures-{period.first}-{period.last}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    content = b"\xef\xbb\xbf" + text.getvalue().encode()
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


def _csv_lines(visit: Visit, found: Figures) -> Iterable[tuple[object, ...]]:
    if visit.home.is_demo:
        yield ("DEMO", "every listing counted here is made up")
    yield ("figure", "value", "of", "definition")
    for name, number in found.numbers.items():
        yield (LABELS[name], number.value, "", DEFINITIONS[name])
    for name, rate in found.rates.items():
        value = "" if rate.value is None else round(rate.value, 4)
        yield (LABELS[name], value, f"{rate.part} of {rate.whole}", DEFINITIONS[name])
    for name, one in found.times.items():
        median = "" if one.median is None else round(one.median, 2)
        yield (f"{LABELS[name]}, median days", median, one.count, DEFINITIONS[name])
        p90 = "" if one.p90 is None else round(one.p90, 2)
        yield (f"{LABELS[name]}, 90th percentile days", p90, one.count, DEFINITIONS[name])
    yield from _missed_lines(found.missed)
    yield ("by", "key", "reported", "removed", "confirmed", "rate")
    for by, lines in (
        ("platform", found.by_platform),
        ("group", found.by_group),
        ("language", found.by_language),
    ):
        yield from (_csv_line(by, line) for line in lines)


def _missed_lines(found: Missed) -> Iterable[tuple[object, ...]]:
    """Give the estimate of what was missed; empty cells while nothing sampled is decided."""
    of = f"{found.rate.part} of {found.rate.whole} sampled, {found.unflagged} not flagged"
    low, high = found.interval or ("", "")
    estimate = "" if found.estimate is None else found.estimate
    definition = DEFINITIONS["missed_share"]
    yield ("Missed, estimate", estimate, of, definition)
    yield ("Missed, likely at least", low, of, definition)
    yield ("Missed, likely at most", high, of, definition)


def _csv_line(by: str, line: Line) -> tuple[object, ...]:
    rate = "" if line.rate.value is None else round(line.rate.value, 4)
    return (by, line.key, line.reported, line.removed, line.confirmed, rate)
