"""When a platform is due: pure arithmetic of local times, intervals, jitter and quiet hours.

Slots lie whole intervals from an anchor: on every so many local days at a wall-clock time, or
every so many minutes. Each slot is moved a little later by an amount that follows from platform and
slot, so that a thousand platforms do not begin at once and yet every scheduler computes the same.
What falls into quiet hours is moved to their end.

- A local time that summer time skips is taken as if the clocks had not been changed: 02:30 becomes
  03:30 that day. One that comes twice counts the first time. So each local day has one slot.
- No moment is due twice, later slots are never due before earlier ones, and nothing depends on
  when the question is asked.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from data.watches import Watch

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
# The longest quiet hours, the longest day and some air: no slot is moved further than this.
FURTHEST = timedelta(hours=27)
MOST_COUNTED = 2000


@dataclass(frozen=True)
class Plan:
    """When one platform is to be crawled."""

    platform_id: str
    anchor: datetime
    every_minutes: int = 1440
    at_local: str = ""
    timezone: str = "UTC"
    jitter_minutes: int = 0
    quiet_from: str = ""
    quiet_to: str = ""

    @classmethod
    def of(cls, watch: Watch) -> "Plan":
        """Make a plan of a platform's row."""
        return cls(
            platform_id=watch.platform_id,
            anchor=watch.anchor_at or watch.created_at,
            every_minutes=watch.every_minutes,
            at_local=watch.at_local,
            timezone=watch.timezone,
            jitter_minutes=watch.jitter_minutes,
            quiet_from=watch.quiet_from,
            quiet_to=watch.quiet_to,
        )

    @property
    def zone(self) -> ZoneInfo:
        """Return the zone its local times are meant in."""
        return ZoneInfo(self.timezone)

    @property
    def days(self) -> int:
        """Return how many local days lie between two daily slots."""
        return max(1, round(self.every_minutes / 1440))

    @property
    def most_jitter(self) -> timedelta:
        """Return the longest jitter: at most half an interval, so that slots keep their order."""
        return timedelta(minutes=min(self.jitter_minutes, self.every_minutes / 2))


def minutes_of_day(text: str) -> int:
    """Return the minute of the day of a wall-clock time.

    >>> minutes_of_day("02:30")
    150
    """
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def local_moment(day: date, at: str, zone: ZoneInfo) -> datetime:
    """Return the moment in UTC at which a local day's clocks show a time.

    >>> berlin = ZoneInfo("Europe/Berlin")
    >>> local_moment(date(2026, 3, 29), "02:30", berlin).isoformat()  # skipped that night
    '2026-03-29T01:30:00+00:00'
    >>> local_moment(date(2026, 10, 25), "02:30", berlin).isoformat()  # comes twice
    '2026-10-25T00:30:00+00:00'
    """
    hour, minute = divmod(minutes_of_day(at), 60)
    return datetime.combine(day, time(hour, minute), zone).astimezone(UTC)


def in_quiet_hours(plan: Plan, moment: datetime) -> bool:
    """Tell whether the clocks at the platform show a time in its quiet hours.

    >>> plan = Plan("a", datetime(2026, 11, 1, tzinfo=UTC), quiet_from="22:00", quiet_to="06:00")
    >>> [in_quiet_hours(plan, datetime(2026, 11, 1, hour, tzinfo=UTC)) for hour in (21, 22, 5, 6)]
    [False, True, True, False]
    """
    if not plan.quiet_from or not plan.quiet_to:
        return False
    local = moment.astimezone(plan.zone)
    now = local.hour * 60 + local.minute
    begin, end = minutes_of_day(plan.quiet_from), minutes_of_day(plan.quiet_to)
    return begin <= now < end if begin <= end else now >= begin or now < end


def after_quiet_hours(plan: Plan, moment: datetime) -> datetime:
    """Return the first moment from this one on that lies outside quiet hours."""
    if not in_quiet_hours(plan, moment):
        return moment
    end = min(one for one in _ends(plan, moment) if not in_quiet_hours(plan, one))
    inside = moment
    if not in_quiet_hours(plan, end - MINUTE):  # summer time skipped the end: find where
        while end - inside > MINUTE:
            middle = inside + (end - inside) / 2
            inside, end = (middle, end) if in_quiet_hours(plan, middle) else (inside, middle)
    return end.replace(second=0, microsecond=0)


def _ends(plan: Plan, moment: datetime) -> Iterator[datetime]:
    """Yield the moments after this one at which the clocks show the end of quiet hours."""
    zone = plan.zone
    hour, minute = divmod(minutes_of_day(plan.quiet_to), 60)
    today = moment.astimezone(zone).date()
    for day in (today, today + DAY, today + 2 * DAY):
        for fold in (0, 1):
            local = datetime.combine(day, time(hour, minute, fold=fold), zone)
            if (end := local.astimezone(UTC)) > moment:
                yield end


def until_quiet_hours(plan: Plan, moment: datetime) -> datetime | None:
    """Return when the next quiet hours begin; None for a platform that has none."""
    if not plan.quiet_from or not plan.quiet_to or plan.quiet_from == plan.quiet_to:
        return None
    today = moment.astimezone(plan.zone).date()
    begins = (local_moment(today + days * DAY, plan.quiet_from, plan.zone) for days in range(3))
    return next(begin for begin in begins if begin > moment)


def jitter(plan: Plan, slot: datetime) -> timedelta:
    """Return how much later than its slot a run begins: the same whoever computes it."""
    most = plan.most_jitter // timedelta(seconds=1)
    if most <= 0:
        return timedelta(0)
    key = f"{plan.platform_id}:{slot.astimezone(UTC):%Y-%m-%dT%H:%M}"
    digest = hashlib.sha256(key.encode()).digest()
    return timedelta(seconds=int.from_bytes(digest[:8]) % most)


def next_due(plan: Plan, after: datetime) -> datetime:
    """Return the first moment later than `after` at which the platform is due.

    >>> noon = datetime(2026, 11, 1, 12, tzinfo=UTC)
    >>> next_due(Plan("a", noon, at_local="02:00", timezone="Asia/Bangkok"), noon).isoformat()
    '2026-11-01T19:00:00+00:00'
    """
    # Within quiet hours all the slots they hold back are still to come; else only fresh ones are.
    back = FURTHEST if in_quiet_hours(plan, after) else plan.most_jitter
    moments = (moved(plan, slot) for slot in slots_from(plan, after - back))
    return next(moment for moment in moments if moment > after)


def first_due(plan: Plan, now: datetime) -> tuple[datetime, datetime]:
    """Return the anchor of a platform switched on now, and when it is due first.

    That is at once, or when the clocks next show its daily time, however long its interval is.
    """
    if not plan.at_local:
        return now, now
    daily = replace(plan, every_minutes=1440, jitter_minutes=0, quiet_from="", quiet_to="")
    anchor = next_due(daily, now)
    return anchor, moved(plan, anchor)


def due_between(plan: Plan, first: datetime, last: datetime) -> list[datetime]:
    """Return the due moments after `first` and up to `last`.

    Counting ends at two thousand: a clock that jumps by years shall not hold the scheduler up.
    """
    moments: list[datetime] = []
    while len(moments) < MOST_COUNTED and (moment := next_due(plan, first)) <= last:
        moments.append(moment)
        first = moment
    return moments


def is_due_at(plan: Plan, moment: datetime) -> bool:
    """Tell whether a moment is one of the planned ones."""
    return next_due(plan, moment - timedelta(microseconds=1)) == moment


def moved(plan: Plan, slot: datetime) -> datetime:
    """Return when a slot's run begins: its jitter later, and not in quiet hours."""
    return after_quiet_hours(plan, slot + jitter(plan, slot))


def slots_from(plan: Plan, moment: datetime) -> Iterator[datetime]:
    """Yield the slots in order, beginning at or shortly before a moment."""
    if plan.at_local:
        yield from _daily_slots(plan, moment)
        return
    every = timedelta(minutes=plan.every_minutes)
    slot = plan.anchor + (moment - plan.anchor) // every * every
    while True:
        yield slot
        slot += every


def _daily_slots(plan: Plan, moment: datetime) -> Iterator[datetime]:
    zone, days = plan.zone, plan.days
    anchor = plan.anchor.astimezone(zone).date()
    # A day earlier, since the slot of a day may lie on the next one where summer time begins.
    day = moment.astimezone(zone).date() - DAY
    day -= timedelta(days=(day - anchor).days % days)
    while True:
        yield local_moment(day, plan.at_local, zone)
        day += timedelta(days=days)
