"""What the team sets of a platform's hours, limits and rest, and how that is said."""

import re

from sqlalchemy.orm import Session

from data import audit
from data.breakers import close_by_hand
from data.watches import watch_of
from faunawatch.due import Plan, first_due, minutes_of_day
from faunawatch.house import House, os_actor
from faunawatch.resting import hours_words
from faunawatch.watching import BadSchedule, known, minutes_of

_QUIET = re.compile(r"^((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)$")
LEAST_OPEN = 4 * 60
MOST_JITTER = 6 * 60
LEAST_MB = 200


def set_hours(house: House, platform_id: str, *, quiet: str | None, jitter: str | None) -> str:
    """Set when a platform is left alone each day, and how much later than planned runs begin."""
    known(house, platform_id)
    hours = quiet_hours(quiet) if quiet is not None else None
    minutes = _jitter(jitter) if jitter is not None else None
    clock = house.store.clock()
    with house.store.write() as session:
        watch = watch_of(session, platform_id, clock.now())
        if hours is not None:
            watch.quiet_from, watch.quiet_to = hours
            watch.timezone = watch.timezone if watch.anchor_at else _zone(house, platform_id)
        if minutes is not None:
            watch.jitter_minutes = minutes
        if watch.at_local:
            watch.anchor_at, watch.next_run_at = first_due(Plan.of(watch), clock.now())
        _note(session, "hours", platform_id, house)
        return f"{platform_id}: {hours_words(watch)}"


def _zone(house: House, platform_id: str) -> str:
    """Return the platform's own zone: what its hours mean until somebody chooses another."""
    platform = house.platforms()[0].get(platform_id)
    return str(platform.timezone) if platform is not None else "UTC"


def quiet_hours(text: str) -> tuple[str, str]:
    """Return the two ends of quiet hours written as 22:00-06:00, or none for `none`.

    >>> quiet_hours("22:00-06:00"), quiet_hours("none")
    (('22:00', '06:00'), ('', ''))
    """
    if text.strip() == "none":
        return "", ""
    match = _QUIET.match(text.strip())
    if match is None:
        raise BadSchedule(f"'{text}' are no quiet hours: write 22:00-06:00, or none")
    quiet = (minutes_of_day(match[2]) - minutes_of_day(match[1])) % 1440
    if quiet == 0 or 1440 - quiet < LEAST_OPEN:
        raise BadSchedule(f"'{text}' leaves less than {LEAST_OPEN // 60} hours a day to crawl")
    return match[1], match[2]


def _jitter(text: str) -> int:
    minutes = 0 if text.strip() == "none" else minutes_of(text)
    if minutes > MOST_JITTER:
        raise BadSchedule(f"--jitter {text} is too long: at most {MOST_JITTER // 60}h")
    return minutes


def set_limits(
    house: House, platform_id: str, *, longest: str | None, memory_mb: int | None
) -> str:
    """Set how long one run of a platform may take and how much memory it may use."""
    known(house, platform_id)
    minutes = minutes_of(longest) if longest is not None else None
    if memory_mb is not None and memory_mb < LEAST_MB:
        raise BadSchedule(f"--memory {memory_mb} is too little for any run: at least {LEAST_MB}")
    now = house.store.clock().now()
    with house.store.write() as session:
        watch = watch_of(session, platform_id, now)
        watch.most_minutes = minutes or watch.most_minutes
        watch.most_mb = memory_mb or watch.most_mb
        _note(session, "limits", platform_id, house)
        return f"{platform_id}: a run may take {watch.most_minutes} min and use {watch.most_mb} MB"


def resume_platform(house: House, platform_id: str) -> str:
    """Crawl a platform again that is paused or rests, from now on."""
    known(house, platform_id)
    clock = house.store.clock()
    with house.store.write() as session:
        watch = watch_of(session, platform_id, clock.now())
        watch.paused_until = None
        close_by_hand(session, platform_id, by=os_actor(), clock=clock)
        if watch.enabled:
            watch.next_run_at = clock.now()
        _note(session, "resume", platform_id, house)
        off = "" if watch.enabled else "; it is switched off: `faunawatch platform enable` it"
    return f"{platform_id} is due now, its failures are forgotten{off}"


def _note(session: Session, verb: str, platform_id: str, house: House) -> None:
    subject, clock = f"platform:{platform_id}", house.store.clock()
    audit.note(session, actor=os_actor(), verb=verb, subject=subject, clock=clock)
