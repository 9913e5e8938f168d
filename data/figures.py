"""Figures: each a number with its definition and its rows; a rate over nothing is None."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.cohorts import (
    OPEN_TASKS,
    REMOVED,
    Fate,
    Judged,
    Reported,
    fates,
    groups_of,
    judged,
    reported,
)
from data.crawls import Crawl, CrawlKind, RunState
from data.measures import Days, Line, Number, Rate, days
from data.missed import Missed, missed
from data.reviews import ReviewTask, Verdict

IMMATURE = timedelta(days=21)


@dataclass(frozen=True)
class Week:
    """What was sent in one week, what of it is gone by now, and whether anything was crawled."""

    monday: date
    reported: int
    removed: int
    crawled: bool
    immature: bool


@dataclass(frozen=True)
class Figures:
    """All figures of a period [since, until)."""

    since: datetime
    until: datetime
    as_of: datetime
    numbers: dict[str, Number]
    rates: dict[str, Rate]
    times: dict[str, Days]
    missed: Missed
    batches: int
    by_platform: list[Line] = field(default_factory=list)
    by_group: list[Line] = field(default_factory=list)
    by_language: list[Line] = field(default_factory=list)
    precision_by_language: dict[str, Rate] = field(default_factory=dict)
    weeks: list[Week] = field(default_factory=list)


def year_before(moment: datetime) -> datetime:
    """Return the same day of the year before; 29 February becomes 28.

    >>> str(year_before(datetime(2028, 2, 29, tzinfo=UTC)).date())
    '2027-02-28'
    """
    try:
        return moment.replace(year=moment.year - 1)
    except ValueError:
        return moment.replace(year=moment.year - 1, day=28)


def figures(session: Session, since: datetime, until: datetime, *, now: datetime) -> Figures:
    """Count everything for [since, until); backlog and fates are as of now."""
    sent, verdicts = reported(session, since, until), judged(session, since, until)
    best = fates(sent)
    infringing = [one for one in verdicts if one.verdict is Verdict.INFRINGING]
    numbers = _numbers(best, infringing)
    numbers["backlog"] = _backlog(session)
    groups = groups_of(session, (row.decision_id for row in best.values()))
    rows = list(best.values())
    return Figures(
        since=since,
        until=until,
        as_of=now,
        numbers=numbers,
        rates=_rates(numbers, verdicts),
        times=_times(rows, infringing),
        missed=missed(session, since, until),
        batches=len({row.batch_id for row in sent}),
        by_platform=_lines(rows, lambda row: {row.platform_id}),
        by_group=_lines(rows, lambda row: groups.get(row.decision_id, {"other"})),
        by_language=_lines(rows, lambda row: {row.lang}),
        precision_by_language=_precision(verdicts),
        weeks=_weeks(session, rows, since, until, now),
    )


def _number(name: str, rows: Iterable[int]) -> Number:
    ids = tuple(rows)
    return Number(name, len(ids), ids)


def _numbers(best: dict[int, Reported], infringing: Sequence[Judged]) -> dict[str, Number]:
    by_fate: dict[Fate, list[int]] = {fate: [] for fate in Fate}
    for listing_id, row in best.items():
        by_fate[row.fate].append(listing_id)
    found = [
        _number("detected", (one.listing_id for one in infringing)),
        _number("reported", best),
        _number("removed", sorted(one for fate in REMOVED for one in by_fate[fate])),
        *(_number(fate.value, rows) for fate, rows in by_fate.items()),
    ]
    return {number.name: number for number in found}


def _rates(numbers: dict[str, Number], verdicts: Sequence[Judged]) -> dict[str, Rate]:
    whole = numbers["reported"].value
    return {
        "takedown_rate": Rate("takedown_rate", numbers["removed"].value, whole),
        "confirmed_rate": Rate("confirmed_rate", numbers["removed_confirmed"].value, whole),
        "flag_precision": _precision_of(verdicts),
    }


def _precision_of(verdicts: Iterable[Judged]) -> Rate:
    decided = [one for one in verdicts if one.flagged and one.verdict is not Verdict.UNSURE]
    right = sum(one.verdict is Verdict.INFRINGING for one in decided)
    return Rate("flag_precision", right, len(decided))


def _precision(verdicts: Sequence[Judged]) -> dict[str, Rate]:
    langs = sorted({one.lang for one in verdicts})
    rates = {lang: _precision_of(one for one in verdicts if one.lang == lang) for lang in langs}
    return {lang: rate for lang, rate in rates.items() if rate.whole}


def _times(rows: Sequence[Reported], infringing: Sequence[Judged]) -> dict[str, Days]:
    return {
        "first_seen_to_decision": days(
            "first_seen_to_decision", (one.decided_at - one.first_seen_at for one in infringing)
        ),
        "decision_to_sent": days(
            "decision_to_sent", (row.sent_at - row.decided_at for row in rows)
        ),
        "sent_to_removed": _to_removed(rows),
    }


def _to_removed(rows: Iterable[Reported]) -> Days:
    gone = [row for row in rows if row.fate in REMOVED and row.seen_gone_at is not None]
    return days(
        "sent_to_removed", (row.seen_gone_at - row.sent_at for row in gone if row.seen_gone_at)
    )


def _lines(rows: Sequence[Reported], keys: Callable[[Reported], set[str]]) -> list[Line]:
    by_key: dict[str, list[Reported]] = {}
    for row in rows:
        for key in keys(row):
            by_key.setdefault(key, []).append(row)
    lines = [_line(key, found) for key, found in by_key.items()]
    return sorted(lines, key=lambda line: (-line.reported, line.key))


def _line(key: str, rows: Sequence[Reported]) -> Line:
    removed = tuple(row.listing_id for row in rows if row.fate in REMOVED)
    confirmed = sum(row.fate is Fate.REMOVED_CONFIRMED for row in rows)
    return Line(
        key=key,
        reported=len(rows),
        removed=len(removed),
        confirmed=confirmed,
        rate=Rate("takedown_rate", len(removed), len(rows)),
        to_removed=_to_removed(rows),
        rows=tuple(row.listing_id for row in rows),
        removed_rows=removed,
    )


def _backlog(session: Session) -> Number:
    waiting = select(func.distinct(ReviewTask.listing_id)).where(ReviewTask.state.in_(OPEN_TASKS))
    return _number("backlog", sorted(session.scalars(waiting)))


def _monday(moment: datetime) -> date:
    day = moment.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def _weeks(
    session: Session, rows: Sequence[Reported], since: datetime, until: datetime, now: datetime
) -> list[Week]:
    crawled = {_monday(at) for at in _crawl_times(session, since, until)}
    sent: dict[date, list[Reported]] = {}
    for row in rows:
        sent.setdefault(_monday(row.sent_at), []).append(row)
    last = _monday(min(until, now))
    mondays = [_monday(since)]
    while mondays[-1] < last:
        mondays.append(mondays[-1] + timedelta(days=7))
    young = _monday(now - IMMATURE)
    return [_week(one, sent.get(one, []), one in crawled, one >= young) for one in mondays]


def _week(monday: date, rows: Sequence[Reported], crawled: bool, immature: bool) -> Week:  # noqa: FBT001
    removed = sum(row.fate in REMOVED for row in rows)
    return Week(monday, len(rows), removed, crawled, immature)


def _crawl_times(session: Session, since: datetime, until: datetime) -> list[datetime]:
    rows = session.scalars(
        select(Crawl.started_at).where(
            Crawl.kind == CrawlKind.LISTINGS,
            Crawl.listings_seen > 0,
            # Next to nothing read from a platform that changed is a gap, not a quiet week.
            Crawl.state.is_distinct_from(RunState.BROKEN),
            Crawl.started_at >= since - timedelta(days=7),
            Crawl.started_at < until,
        )
    )
    return list(rows)


def as_json(session: Session, since: datetime, until: datetime, *, now: datetime) -> dict[str, Any]:
    """Return the figures of [since, until) and of the same days a year before, for scripts."""
    this = figures(session, since, until, now=now)
    before = figures(session, year_before(since), year_before(until), now=now)
    return {**_plain(this), "year_before": _plain(before)}


def _plain(found: Figures) -> dict[str, Any]:
    return {
        "since": found.since.isoformat(),
        "until": found.until.isoformat(),
        "as_of": found.as_of.isoformat(),
        "batches": found.batches,
        "numbers": {
            name: {
                "value": number.value,
                "definition": number.definition,
                "kind": number.kind,
                "rows": list(number.rows),
            }
            for name, number in found.numbers.items()
        },
        "rates": {name: _rate(rate) for name, rate in found.rates.items()},
        "days": {
            name: {**asdict(one), "definition": one.definition} for name, one in found.times.items()
        },
        "missed": _missed(found.missed),
        "by_platform": [_plain_line(line) for line in found.by_platform],
        "by_group": [_plain_line(line) for line in found.by_group],
        "by_language": [_plain_line(line) for line in found.by_language],
        "flag_precision_by_language": {
            lang: _rate(rate) for lang, rate in found.precision_by_language.items()
        },
        "weeks": [{**asdict(week), "monday": week.monday.isoformat()} for week in found.weeks],
    }


def _rate(rate: Rate) -> dict[str, Any]:
    return {
        "value": rate.value,
        "part": rate.part,
        "whole": rate.whole,
        "interval": rate.interval,
        "definition": rate.definition,
    }


def _missed(found: Missed) -> dict[str, Any]:
    return {
        "estimate": found.estimate,
        "interval": found.interval,
        "share": _rate(found.rate),
        "unflagged": found.unflagged,
        "drawn": found.drawn,
        "rows": list(found.decided.rows),
        "offers": list(found.offers.rows),
    }


def _plain_line(line: Line) -> dict[str, Any]:
    return {
        "key": line.key,
        "reported": line.reported,
        "removed": line.removed,
        "confirmed": line.confirmed,
        "rate": line.rate.value,
        "median_days": line.to_removed.median,
    }
