"""The figures of a period for the command line, as data and in words."""

from datetime import UTC, datetime, timedelta
from typing import Any

from data.figures import as_json
from faunawatch.house import House

YEAR = timedelta(days=365)
FIRST_YEAR, LAST_YEAR = 2000, 2100


class BadPeriod(Exception):
    """The days do not make a period: the message says what does."""


def figures_for_period(
    house: House, since: datetime | None, until: datetime | None
) -> dict[str, Any]:
    """Return the figures from `since` to `until`, both days included, UTC; else the last year."""
    now = house.store.clock().now()
    last_day = until or now.replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    first_day = since or last_day - YEAR
    if not FIRST_YEAR <= first_day.year <= last_day.year <= LAST_YEAR or first_day > last_day:
        raise BadPeriod(
            f"--from {first_day:%Y-%m-%d} --to {last_day:%Y-%m-%d}: give days in order, "
            f"from {FIRST_YEAR} to {LAST_YEAR}"
        )
    start, end = first_day.replace(tzinfo=UTC), last_day.replace(tzinfo=UTC) + timedelta(days=1)
    with house.store.read() as session:
        found = as_json(session, start, end, now=now)
    return {"demo": house.home().is_demo, **found}


def figures_in_words(found: dict[str, Any]) -> str:
    """Return the numbers a line each, every rate with its denominator."""
    lines = [f"from {found['since']} to {found['until']}" + (" DEMO" if found["demo"] else "")]
    lines += [f"{name}\t{number['value']}" for name, number in found["numbers"].items()]
    lines += [f"{name}\t{_rate(rate)}" for name, rate in found["rates"].items()]
    lines.append(f"missed\t{_missed(found['missed'])}")
    return "\n".join(lines)


def _missed(missed: dict[str, Any]) -> str:
    """Say what was probably missed, or that nobody knows yet."""
    of = f"{missed['share']['part']} of {missed['share']['whole']} sampled"
    if missed["estimate"] is None:
        return f"unknown ({of})"
    low, high = missed["interval"]
    return f"about {missed['estimate']}, likely {low} to {high} ({of})"


def _rate(rate: dict[str, Any]) -> str:
    value = "—" if rate["value"] is None else f"{rate['value']:.0%}"
    return f"{value} ({rate['part']} of {rate['whole']})"
