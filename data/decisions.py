"""Deciding and undoing: a verdict is a row, undo is a row above it, second looks follow."""

import hashlib
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from data.base import Clock
from data.home import the_home
from data.people import Person, Role
from data.reviews import (
    Answer,
    Decision,
    DecisionSubject,
    Form,
    Incomplete,
    ReviewTask,
    TakenByOther,
    TaskKind,
    TooLate,
    Verdict,
    add_task_row,
    queue,
    step_task,
)
from data.states import TASK, TaskEvent, TaskState

UNDO_WITHIN = timedelta(minutes=10)
NEAR_THRESHOLD = 0.1


def complete_or_raise(answer: Answer) -> None:
    """Raise `Incomplete` naming the first field the verdict still needs."""
    if answer.verdict is Verdict.NOT_INFRINGING and answer.reason_code is None:
        raise Incomplete("reason_code", "Say why it does not infringe.")
    if answer.verdict is not Verdict.INFRINGING:
        return
    if not answer.subjects:
        raise Incomplete("taxon", "Name the animal.")
    for subject in answer.subjects:
        if not subject.taxon:
            raise Incomplete("taxon", "Name the animal.")
        if not subject.product:
            raise Incomplete("product", "Name the product.")
    if not answer.legal_ground.strip():
        raise Incomplete("legal_ground", "Give the legal ground.")


def decide(
    session: Session,
    task_id: int,
    version: int,
    person: Person,
    answer: Answer,
    *,
    clock: Clock,
) -> Decision:
    """Record a verdict on a task this person holds; of two at once exactly one wins.

    Raises `Incomplete` when a field is missing and `TakenByOther` when the task is not held by
    this person in this version.
    """
    complete_or_raise(answer)
    mine = session.scalar(
        update(ReviewTask)
        .where(
            ReviewTask.id == task_id,
            ReviewTask.version == version,
            ReviewTask.state == TaskState.CLAIMED,
            ReviewTask.claimed_by == person.id,
        )
        .values(
            state=TaskState.DECIDED,
            version=ReviewTask.version + 1,
            claimed_by=None,
            claimed_until=None,
        )
        .returning(ReviewTask.id)
    )
    if mine is None:
        raise TakenByOther("someone else holds or decided this listing, or it changed meanwhile")
    task = session.get_one(ReviewTask, task_id, populate_existing=True)
    add_task_row(session, task_id, TaskEvent.DECIDE, person_id=person.id, clock=clock)
    decision = _add_decision(session, task, person, answer, clock)
    _ask_second_look(session, task, decision, person, clock)
    return decision


def _add_decision(
    session: Session, task: ReviewTask, person: Person, answer: Answer, clock: Clock
) -> Decision:
    decision = Decision(
        at=clock.now(),
        clock_shift_s=int(clock.shift.total_seconds()),
        listing_id=task.listing_id,
        task_id=task.id,
        sighting_id=task.listing.latest_sighting_id,
        reviewer_id=person.id,
        verdict=answer.verdict,
        reason_code=answer.reason_code if answer.verdict is Verdict.NOT_INFRINGING else None,
        legal_ground=answer.legal_ground.strip(),
        note=answer.note.strip(),
    )
    if answer.verdict is Verdict.INFRINGING:
        decision.subjects = [
            DecisionSubject(taxon=one.taxon, product=one.product, form=one.form)
            for one in answer.subjects
        ]
    session.add(decision)
    session.flush()
    return decision


def _ask_second_look(
    session: Session, task: ReviewTask, decision: Decision, person: Person, clock: Clock
) -> None:
    """Queue the task that follows: a blind second look, or a supervisor's word."""
    if task.kind is TaskKind.ADJUDICATE:
        return
    if task.kind is TaskKind.SECOND:
        first = _standing(session, task.listing_id).get(TaskKind.FIRST)
        agreed = first is not None and _same(first, decision)
        if not agreed and (first is None or first.verdict is not Verdict.UNSURE):
            queue(session, task.listing, TaskKind.ADJUDICATE, why="disagreement", clock=clock)
        elif decision.verdict is Verdict.UNSURE:
            queue(session, task.listing, TaskKind.ADJUDICATE, why="unsure", clock=clock)
        return
    unsure = decision.verdict is Verdict.UNSURE
    if not unsure and not _wants_second(session, task, decision):
        return
    if _second_reader_exists(session, task.lang, person.id):
        kind, why = TaskKind.SECOND, "second look"
    elif unsure:
        kind, why = TaskKind.ADJUDICATE, "unsure"
    else:
        return
    follow_up = queue(session, task.listing, kind, why=why, clock=clock)
    follow_up.first_reviewer_id = person.id


def _wants_second(session: Session, task: ReviewTask, decision: Decision) -> bool:
    """Tell whether a verdict is checked: live animals, low confidence, and a fixed sample.

    The sample is chosen by a hash of the listing, so that nobody can steer it and a replay agrees.
    """
    if any(subject.form is Form.LIVE for subject in decision.subjects):
        return True
    if task.flag is not None:
        score = task.flag.score
        disagrees = decision.verdict is Verdict.NOT_INFRINGING
        if disagrees or abs(score.offered - score.threshold) <= NEAR_THRESHOLD:
            return True
    draw = int(hashlib.sha256(f"second:{task.listing_id}".encode()).hexdigest()[:8], 16) % 100
    return draw < the_home(session).second_review_percent


def _second_reader_exists(session: Session, lang: str, person_id: int) -> bool:
    others = session.scalars(select(Person).where(Person.active, Person.id != person_id))
    return any(other.may(Role.REVIEWER) and other.reads(lang) for other in others)


def _same(one: Decision, other: Decision) -> bool:
    taxa = {subject.taxon for subject in one.subjects}
    return one.verdict is other.verdict and taxa == {subject.taxon for subject in other.subjects}


def _standing(session: Session, listing_id: int) -> dict[TaskKind, Decision]:
    """Return the latest decision of each kind that nothing supersedes.

    A listing that is back is judged anew: what a second reviewer or a supervisor said before the
    latest first look belongs to that earlier round and binds nobody now.
    """
    superseded = select(Decision.supersedes_id).where(Decision.supersedes_id.is_not(None))
    rows = session.execute(
        select(ReviewTask.kind, Decision)
        .join(ReviewTask, Decision.task_id == ReviewTask.id)
        .where(
            Decision.listing_id == listing_id,
            Decision.verdict.is_not(None),
            Decision.id.not_in(superseded),
        )
        .order_by(Decision.id)
    )
    latest = {kind: decision for kind, decision in rows.all()}  # noqa: C416 (mypy: a row is no pair)
    first = latest.get(TaskKind.FIRST)
    return {kind: one for kind, one in latest.items() if first is None or one.id >= first.id}


def effective_decision(session: Session, listing_id: int) -> Decision | None:
    """Return the decision that counts, or None while a second look or a supervisor is awaited."""
    standing = _standing(session, listing_id)
    awaited = session.scalar(
        select(ReviewTask.id).where(
            ReviewTask.listing_id == listing_id,
            ReviewTask.kind != TaskKind.FIRST,
            ReviewTask.state.in_((TaskState.QUEUED, TaskState.CLAIMED, TaskState.ESCALATED)),
        )
    )
    if awaited is not None:
        return None
    if TaskKind.ADJUDICATE in standing:
        return standing[TaskKind.ADJUDICATE]
    first, second = standing.get(TaskKind.FIRST), standing.get(TaskKind.SECOND)
    if first is None or second is None:
        return first
    if first.verdict is Verdict.UNSURE:
        return second
    return first if _same(first, second) else None


def undo(session: Session, decision_id: int, person: Person, *, clock: Clock) -> ReviewTask:
    """Take a decision back by a superseding row and queue its task again.

    Raises `TooLate` when it is another's decision or older than ten minutes and the person is no
    supervisor, or when a second reviewer has already answered.
    """
    decision = session.get_one(Decision, decision_id)
    task = session.get_one(ReviewTask, decision.task_id, populate_existing=True)
    _may_undo(decision, person, clock)
    if session.scalar(select(Decision.id).where(Decision.supersedes_id == decision.id)):
        raise TooLate("this decision was already taken back")
    _cancel_second(session, task, clock)
    row = Decision(
        at=clock.now(),
        clock_shift_s=int(clock.shift.total_seconds()),
        listing_id=decision.listing_id,
        task_id=task.id,
        reviewer_id=person.id,
        supersedes_id=decision.id,
    )
    session.add(row)
    step_task(session, task, TaskEvent.REOPEN, person_id=person.id, clock=clock)
    return task


def _may_undo(decision: Decision, person: Person, clock: Clock) -> None:
    if person.may(Role.SUPERVISOR):
        return
    own = decision.reviewer_id == person.id
    if not own or clock.now() - decision.at > UNDO_WITHIN:
        raise TooLate("only a supervisor can take this decision back now")


def _cancel_second(session: Session, task: ReviewTask, clock: Clock) -> None:
    """Cancel open follow-up tasks of a first decision; an answered one stands in the way."""
    if task.kind is not TaskKind.FIRST:
        return
    later = session.scalars(
        select(ReviewTask).where(
            ReviewTask.listing_id == task.listing_id,
            ReviewTask.kind != TaskKind.FIRST,
            ReviewTask.created_at >= task.created_at,
        )
    )
    for follow_up in later:
        if follow_up.state is TaskState.DECIDED:
            raise TooLate("a second reviewer has answered; ask a supervisor to adjudicate")
        if TASK.allows(follow_up.state, TaskEvent.CANCEL):
            step_task(session, follow_up, TaskEvent.CANCEL, person_id=None, clock=clock)
