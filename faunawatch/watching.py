"""What the team does with platforms: switch on and off, schedule, pause, check."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.orm import Session

from data import audit
from data.base import Clock
from data.home import Home
from data.platform import Platform
from data.terms_of_use import TermsReading, terms_readings
from data.watches import Watch, watch_of
from faunawatch.due import Plan, first_due
from faunawatch.house import House, os_actor, platform_of
from faunawatch.permission import is_ours, reading_words, require_terms_read
from faunawatch.resting import hours_words, rest_words

_SPAN = re.compile(r"^(\d{1,4})([mhd])$")
_CLOCK = re.compile(r"^([01]?\d|2[0-3]):[0-5]\d$")
_MINUTES = {"m": 1, "h": 60, "d": 1440}
SHORTEST = 5


class BadSchedule(Exception):
    """A schedule that cannot be kept: the message says how to write it."""


def minutes_of(span: str) -> int:
    """Return the minutes of a span.

    >>> minutes_of("1d"), minutes_of("12h")
    (1440, 720)
    """
    match = _SPAN.match(span.strip())
    if match is None or int(match[1]) == 0:
        raise BadSchedule(f"'{span}' is no span of time: write 30m, 12h or 1d")
    return int(match[1]) * _MINUTES[match[2]]


def enable_platform(house: House, platform_id: str, *, every: str, at: str, tz: str) -> str:
    """Switch a platform on; it is first due at once, or at the daily time given."""
    platform = platform_of(house, platform_id)
    require_terms_read(house, platform)
    minutes, zone = _checked(every, at, tz or str(platform.timezone))
    clock = house.store.clock()
    with house.store.write() as session:
        watch = watch_of(session, platform_id, clock.now())
        watch.enabled, watch.paused_until = True, None
        watch.every_minutes, watch.at_local, watch.timezone = minutes, at, zone
        watch.anchor_at, watch.next_run_at = first_due(Plan.of(watch), clock.now())
        _note(session, "enable", platform_id, clock)
    return f"{platform.name} is crawled every {every}" + (f" at {at} {zone}" if at else "")


def _checked(every: str, at: str, zone: str) -> tuple[int, str]:
    minutes = minutes_of(every)
    if minutes < SHORTEST:
        raise BadSchedule(f"--every {every} is impolite: at least {SHORTEST}m")
    if at and (not _CLOCK.match(at) or minutes % 1440):
        raise BadSchedule(f"--at {at} needs HH:MM and --every in whole days")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadSchedule(f"'{zone}' is no time zone; use a name such as Asia/Bangkok") from error
    return minutes, zone


def _note(session: Session, verb: str, platform_id: str, clock: Clock) -> None:
    subject = f"platform:{platform_id}"
    audit.note(session, actor=os_actor(), verb=verb, subject=subject, clock=clock)


def known(house: House, platform_id: str) -> None:
    """Raise `UnknownPlatform` for an id that is neither watched nor in a file: a slip."""
    with house.store.read() as session:
        watched = session.get(Watch, platform_id) is not None
    if not watched:
        platform_of(house, platform_id)


def disable_platform(house: House, platform_id: str) -> str:
    """Switch a platform off."""
    known(house, platform_id)
    clock = house.store.clock()
    with house.store.write() as session:
        watch_of(session, platform_id, clock.now()).enabled = False
        _note(session, "disable", platform_id, clock)
    return f"{platform_id} is no longer crawled; what was reported there is still rechecked"


def pause_platform(house: House, platform_id: str, span: str) -> str:
    """Leave a platform alone for a while; its schedule stays."""
    known(house, platform_id)
    minutes, clock = minutes_of(span), house.store.clock()
    with house.store.write() as session:
        watch = watch_of(session, platform_id, clock.now())
        watch.paused_until = clock.now() + timedelta(minutes=minutes)
        _note(session, "pause", platform_id, clock)
        return f"{platform_id} is left alone until {watch.paused_until:%Y-%m-%d %H:%M} UTC"


def watched_lines(house: House) -> tuple[list[str], list[str]]:
    """Return a line per platform, and what is wrong with files that could not be read."""
    platforms, errors = house.platforms()
    home, now = house.home(), house.store.clock().now()
    with house.store.read() as session:
        watches = {watch.platform_id: watch for watch in session.scalars(select(Watch))}
        readings = terms_readings(session)
        lines = [
            "\t".join(
                (
                    one.id,
                    one.name,
                    one.country,
                    _terms(one, home, readings.get(one.id)),
                    _state(session, watches.get(one.id), now),
                )
            )
            for one in sorted(platforms.values(), key=lambda one: one.id)
        ]
    return lines, [str(error) for error in errors]


def _terms(platform: Platform, home: Home, reading: TermsReading | None) -> str:
    if reading is None and is_ours(platform, home):
        return "ours"
    words = reading_words(reading)
    return words if reading is not None else f"{words}: nothing is fetched"


def shown_lines(house: House, platform_id: str) -> Iterator[str]:
    """Say all there is to know of one platform: how it is read, and what the team does with it."""
    platform = platform_of(house, platform_id)
    with house.store.read() as session:
        watch, reading = session.get(Watch, platform_id), terms_readings(session).get(platform_id)
        state = _state(session, watch, house.store.clock().now())
        words = _terms(platform, house.home(), reading)
        hours = hours_words(watch) if watch is not None else "-"
    yield f"{platform.id}: {platform.name} ({platform.country}, {', '.join(platform.languages)})"
    yield f"  site           {platform.base_url}"
    yield f"  read as        {platform.style}, at least {platform.delay_s:g} s between requests"
    yield f"  last verified  {platform.last_verified}"
    yield f"  terms of use   {words}"
    if reading is not None:
        yield f"  terms note     {reading.note}"
    yield f"  state          {state}"
    yield f"  hours          {hours}"
    yield f"  file           {Path(platform.file).name}"
    yield from (f"  {line}" for line in platform.notes.strip().splitlines())


def _state(session: Session, watch: Watch | None, now: datetime) -> str:
    if watch is None or not watch.enabled:
        return "disabled"
    if rest := rest_words(session, watch, now):
        return f"enabled, {rest}"
    words = f"every {watch.every_minutes} min"
    if watch.at_local:
        words = f"at {watch.at_local} {watch.timezone}"
    due = f"{watch.next_run_at:%Y-%m-%d %H:%M} UTC" if watch.next_run_at else "now"
    return f"enabled, {words}, next {due}"
