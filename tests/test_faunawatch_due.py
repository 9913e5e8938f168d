"""Due times: each local day once, never in quiet hours, in order, whoever asks and whenever."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from faunawatch.due import (
    Plan,
    after_quiet_hours,
    due_between,
    in_quiet_hours,
    is_due_at,
    jitter,
    minutes_of_day,
    moved,
    next_due,
    slots_from,
    until_quiet_hours,
)

NOW = datetime(2026, 11, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# Half hours, a change of half an hour, a change at midnight, and the zones of the region.
ZONES = (
    "UTC",
    "Asia/Bangkok",
    "Asia/Yangon",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Asuncion",
    "Asia/Kathmandu",
)
AT = "02:30"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


clocks = st.integers(0, 1439).map(_clock)
moments = st.integers(0, 420 * 86400).map(
    lambda seconds: datetime(2025, 12, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@st.composite
def plans(draw) -> Plan:
    daily = draw(st.booleans())
    quiet = draw(st.booleans())
    begin, length = draw(st.integers(0, 1439)), draw(st.integers(30, 1200))
    return Plan(
        platform_id=draw(st.sampled_from("abcd")),
        anchor=draw(moments),
        every_minutes=draw(st.sampled_from([1440, 2880, 10080] if daily else [5, 30, 90, 720])),
        at_local=draw(clocks) if daily else "",
        timezone=draw(st.sampled_from(ZONES)),
        jitter_minutes=draw(st.sampled_from([0, 10, 60])),
        quiet_from=_clock(begin) if quiet else "",
        quiet_to=_clock((begin + length) % 1440) if quiet else "",
    )


@given(plans(), moments)
def test_due_times_come_in_order_and_never_in_quiet_hours(plan: Plan, after: datetime) -> None:
    due = [after]
    for _ in range(12):
        due.append(next_due(plan, due[-1]))
    assert all(one < two for one, two in pairwise(due))
    assert not any(in_quiet_hours(plan, one) for one in due[1:])


@given(plans(), moments, st.integers(0, 3000))
def test_the_next_due_time_does_not_depend_on_when_it_is_asked_for(
    plan: Plan, after: datetime, minutes: int
) -> None:
    due = next_due(plan, after)
    asked = after + minutes * MINUTE
    again = next_due(plan, asked)
    assert again == due if asked < due else again > asked
    assert next_due(plan, due - timedelta(seconds=1)) == due


@settings(deadline=None)
@given(plans(), moments)
def test_no_slot_is_forgotten(plan: Plan, after: datetime) -> None:
    """Looked at one by one, the slots of some days give just the due times that are computed."""
    span = DAY if plan.every_minutes < 1440 else 20 * DAY
    every = set()
    for slot in slots_from(plan, after - 3 * DAY):
        if slot > after + span:
            break
        every.add(moved(plan, slot))
    expected = sorted(one for one in every if after < one <= after + span)
    assert due_between(plan, after, after + span) == expected
    assert all(is_due_at(plan, due) for due in expected)
    assert is_due_at(plan, after) == (after in every)


@given(st.sampled_from(ZONES), clocks, st.sampled_from([0, 45]))
def test_a_daily_platform_is_due_once_each_local_day_of_a_year(zone, at, jitter_minutes) -> None:
    plan = Plan("a", NOW, at_local=at, timezone=zone, jitter_minutes=jitter_minutes)
    slots = islice(slots_from(plan, datetime(2026, 1, 1, tzinfo=UTC)), 366)
    days = [slot.astimezone(ZoneInfo(zone)) for slot in slots]
    # Midnight that summer time skips becomes one o'clock of the same day; never a day too few.
    assert all(two.date() - one.date() == DAY for one, two in pairwise(days))
    assert all(abs(one.hour * 60 + one.minute - minutes_of_day(at)) <= 60 for one in days)


@given(plans(), moments)
@example(Plan("a", NOW, timezone="Europe/Berlin", quiet_from="00:00", quiet_to=AT), NOW)
def test_quiet_hours_end_as_soon_as_the_clocks_say_so(plan: Plan, moment: datetime) -> None:
    moment = moment.replace(second=0)
    end = after_quiet_hours(plan, moment)
    assert not in_quiet_hours(plan, end)
    if end != moment:
        assert in_quiet_hours(plan, moment)
        assert in_quiet_hours(plan, end - MINUTE), "they ended earlier"


@pytest.mark.parametrize(
    ("day", "moment", "end"),
    [
        ("skipped", "2026-03-29T00:50", "2026-03-29T01:00"),
        ("comes twice, first", "2026-10-25T00:10", "2026-10-25T00:30"),
        ("comes twice, second", "2026-10-25T01:10", "2026-10-25T01:30"),
    ],
)
def test_quiet_hours_that_end_while_the_clocks_change(day, moment, end) -> None:
    plan = Plan("a", NOW, timezone="Europe/Berlin", quiet_from="00:00", quiet_to=AT)
    found = after_quiet_hours(plan, datetime.fromisoformat(moment + "+00:00"))
    assert found == datetime.fromisoformat(end + "+00:00"), day


@pytest.mark.parametrize(
    ("at", "zone", "after", "expected"),
    [
        ("02:00", "Asia/Bangkok", "2026-11-01T12:00", "2026-11-01T19:00"),
        ("02:00", "Asia/Bangkok", "2026-11-01T18:59", "2026-11-01T19:00"),
        ("02:00", "Asia/Bangkok", "2026-11-01T19:00", "2026-11-02T19:00"),
        ("23:30", "UTC", "2026-12-31T23:45", "2027-01-01T23:30"),
        ("02:30", "Europe/Berlin", "2026-03-29T00:00", "2026-03-29T01:30"),
        ("02:30", "Europe/Berlin", "2026-10-25T00:00", "2026-10-25T00:30"),
        ("02:30", "Europe/Berlin", "2026-10-25T00:30", "2026-10-26T01:30"),
    ],
)
def test_daily_times_follow_the_zone(at, zone, after, expected) -> None:
    plan = Plan("a", NOW, at_local=at, timezone=zone)
    due = next_due(plan, datetime.fromisoformat(after + "+00:00"))
    assert due == datetime.fromisoformat(expected + "+00:00")


def test_quiet_hours_that_begin_are_foreseen() -> None:
    plan = Plan("a", NOW, timezone="Asia/Bangkok", quiet_from="22:00", quiet_to="06:00")
    assert until_quiet_hours(plan, NOW) == NOW + 15 * HOUR
    assert until_quiet_hours(plan, NOW + 16 * HOUR) == NOW + 39 * HOUR
    assert until_quiet_hours(Plan("a", NOW), NOW) is None


def test_jitter_spreads_platforms_and_stays_the_same() -> None:
    plans = [Plan(f"p{number}", NOW, at_local=AT, jitter_minutes=60) for number in range(400)]
    late = [jitter(plan, NOW) for plan in plans]
    assert late == [jitter(plan, NOW) for plan in plans]
    assert all(timedelta(0) <= one < HOUR for one in late)
    quarters = [sum(one // (15 * MINUTE) == quarter for one in late) for quarter in range(4)]
    assert min(quarters) > 60, "a thousand platforms would begin together"
    assert len({jitter(plans[0], NOW + day * DAY) for day in range(30)}) > 25


def test_counting_what_was_missed_ends() -> None:
    plan = Plan("a", NOW, every_minutes=5)
    assert len(due_between(plan, NOW, NOW + 3650 * DAY)) == 2000
    assert len(due_between(plan, NOW, NOW + HOUR)) == 12
    assert due_between(plan, NOW, NOW) == []
