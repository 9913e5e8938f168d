"""From looks to what is true: properties over random histories of looks."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from data.availability import CONFIRM_AFTER, GoneCause, Look, Outcome, Standing, after, fold
from data.rechecks import PLAN, next_planned
from data.states import Availability

START = datetime(2026, 1, 1, tzinfo=UTC)
SERVED = {Outcome.LIVE, Outcome.CHANGED, Outcome.DELISTED}
MISS = Outcome.REMOVED
# Mostly misses and whole days, so that the rule is met from both sides; some clocks run back.
outcomes = st.one_of(st.just(MISS), st.sampled_from(Outcome))
hours = st.one_of(st.sampled_from([0, 1, 12, 23, 24, 25]), st.integers(-30, 80))
histories = st.lists(st.tuples(hours, outcomes, st.booleans()), min_size=1, max_size=14)


def looks_of(history: list[tuple[int, Outcome, bool]]) -> list[Look]:
    at, looks = START, []
    for gap, outcome, control in history:
        at += timedelta(hours=gap)
        looks.append(Look(at, outcome, control))
    return looks


def proven(looks: list[Look]) -> bool:
    """Say, without the code's own rule, whether the last look makes a listing proven gone."""
    *before, last = looks
    if last.outcome is not MISS or not last.control_live:
        return False
    for look in reversed(before):
        if look.outcome in SERVED or look.outcome is Outcome.SOLD_OR_EXPIRED:
            return False
        agrees = look.outcome is MISS and look.control_live
        if agrees and last.at - look.at >= CONFIRM_AFTER:
            return True
    return False


@given(histories)
def test_gone_needs_two_agreeing_controlled_misses_a_day_apart(history):
    standing = Standing()
    looks = looks_of(history)
    for count, look in enumerate(looks, 1):
        before, standing = standing, after(standing, look)
        became_gone = standing.state is Availability.GONE and before.state is not Availability.GONE
        if became_gone and standing.gone_cause is GoneCause.MISSED_TWICE:
            assert proven(looks[:count])
        if became_gone and standing.gone_cause is GoneCause.SOLD_OR_ENDED:
            assert look.outcome is Outcome.SOLD_OR_EXPIRED
        if became_gone:
            assert standing.gone_cause is not None
            assert standing.since == look.at


@given(histories)
def test_two_controlled_misses_in_a_row_a_day_apart_are_gone(history):
    looks = looks_of(history)
    later = [timedelta(0), CONFIRM_AFTER]
    end = [Look(looks[-1].at + gap, MISS, control_live=True) for gap in later]
    assert fold([*looks, *end]).state is Availability.GONE


@given(histories)
def test_a_miss_without_a_live_control_changes_no_conclusion(history):
    looks = looks_of(history)
    blind = [Look(look.at, look.outcome, control_live=False) for look in looks]
    standing = fold(blind)
    assert standing.gone_cause is not GoneCause.MISSED_TWICE
    assert standing.first_miss_at is None


@given(histories)
def test_what_is_live_was_served_and_what_came_back_was_gone(history):
    standing = Standing()
    for look in looks_of(history):
        before, standing = standing, after(standing, look)
        if standing.state in {Availability.LIVE, Availability.LIVE_AGAIN}:
            assert look.outcome in SERVED
        assert standing.came_back == (before.state is Availability.GONE and look.outcome in SERVED)


def test_the_plan_after_sending():
    days = [after.days for after in PLAN]
    assert days == [1, 3, 7, 14, 30, 90, 120, 150, 180]


@given(st.lists(st.integers(0, 24 * 45), min_size=1, max_size=40))
def test_after_downtime_what_was_due_is_looked_at_once(gaps):
    """A machine that is on now and then makes one look for all that fell due meanwhile."""
    due, now, looks = next_planned(START, START), START, 0
    for gap in gaps:
        now += timedelta(hours=gap)
        runs = 0
        while due is not None and due <= now:
            due = next_planned(START, now)
            runs += 1
        assert runs <= 1
        assert due is None or due > now
        looks += runs
    assert looks <= len(PLAN)
    passed = [START + after for after in PLAN if START + after <= now]
    assert bool(looks) == bool(passed)
