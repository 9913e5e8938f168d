"""Second looks that nobody is left to give: they are suspended, so that a verdict is not lost.

A second look is asked for only where another active reviewer reads the language. When that person
leaves, the listing would wait for ever and never be reported; its request then says so.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.base import Clock
from data.decisions import effective_decision
from data.people import Person, Role
from data.requests import open_request
from data.reviews import ReviewTask, TaskKind, step_task
from data.states import TaskEvent, TaskState


def suspend_second_looks(session: Session, *, clock: Clock) -> int:
    """Cancel waiting second looks that no active reviewer could take; return how many."""
    waiting = session.scalars(
        select(ReviewTask).where(
            ReviewTask.kind == TaskKind.SECOND, ReviewTask.state == TaskState.QUEUED
        )
    )
    tasks = list(waiting.unique())
    if not tasks:
        return 0
    people = list(session.scalars(select(Person).where(Person.active)))
    left = [task for task in tasks if not any(_could(person, task) for person in people)]
    for task in left:
        step_task(session, task, TaskEvent.CANCEL, person_id=None, clock=clock)
        decision = effective_decision(session, task.listing_id)
        if decision is not None:
            open_request(session, decision, clock=clock)
    return len(left)


def _could(person: Person, task: ReviewTask) -> bool:
    reads = person.may(Role.REVIEWER) and person.reads(task.lang)
    return reads and person.id != task.first_reviewer_id
