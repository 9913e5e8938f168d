"""The transition table is complete, reachable and refuses everything it does not list."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.states import (
    ANSWERED,
    AVAILABILITY,
    BATCH,
    OPEN_REQUEST,
    REQUEST,
    TASK,
    Availability,
    BatchEvent,
    Machine,
    NotAllowed,
    Observed,
    RequestEvent,
    RequestState,
    TaskEvent,
)

MACHINES: list[tuple[Machine[Any, Any], Any]] = [
    (AVAILABILITY, Observed),
    (TASK, TaskEvent),
    (REQUEST, RequestEvent),
    (BATCH, BatchEvent),
]


@pytest.mark.parametrize(("machine", "events"), MACHINES, ids=lambda x: getattr(x, "name", ""))
def test_every_state_is_reachable_and_every_event_is_used(machine, events):
    reached = {machine.start} | {row.target for row in machine.transitions}
    states: Any = type(machine.start)
    assert reached == set(states)
    assert {row.event for row in machine.transitions} == set(events)


@pytest.mark.parametrize(("machine", "events"), MACHINES, ids=lambda x: getattr(x, "name", ""))
def test_a_step_that_is_not_listed_is_refused(machine, events):
    for state in type(machine.start):
        for event in events:
            if not machine.allows(state, event):
                with pytest.raises(NotAllowed, match=str(event)):
                    machine.after(state, event)


@given(st.lists(st.sampled_from(list(Observed)), max_size=12))
def test_gone_is_only_reached_by_proof(looks):
    state = AVAILABILITY.start
    for look in looks:
        if not AVAILABILITY.allows(state, look):
            continue
        after = AVAILABILITY.after(state, look)
        if after is Availability.GONE and state is not Availability.GONE:
            assert look in {Observed.MISS_CONFIRMED, Observed.SOLD_OR_EXPIRED}
        state = after


def test_every_availability_state_has_an_answer_to_every_look_but_an_unprepared_confirmation():
    for state in Availability:
        for look in Observed:
            unprepared = look is Observed.MISS_CONFIRMED and state not in {
                Availability.SUSPECT_GONE,
                Availability.GONE,
            }
            assert AVAILABILITY.allows(state, look) is not unprepared


def test_open_and_answered_states_are_apart():
    assert not OPEN_REQUEST & ANSWERED
    assert RequestState.WITHDRAWN not in OPEN_REQUEST
