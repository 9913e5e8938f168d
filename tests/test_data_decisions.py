"""Claims, verdicts, undo and second looks, alone and with many people at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from data.cohorts import effective_decisions
from data.decisions import complete_or_raise, decide, effective_decision, undo
from data.people import Person, Role
from data.reviews import (
    Answer,
    Decision,
    Form,
    Incomplete,
    ReviewTask,
    Subject,
    TakenByOther,
    TaskKind,
    TaskRow,
    TooLate,
    Verdict,
)
from data.states import TASK, TaskState
from data.store import Store
from data.tasks import LEASE, claim, expire_leases, queue_first, queue_relisted, release_all, skip
from tests.makers import (
    INFRINGING,
    NOT_INFRINGING,
    make_decision,
    make_flag,
    make_listing,
    make_person,
    make_task,
)

UNSURE = Answer(Verdict.UNSURE)


def _replayed(session, task: ReviewTask) -> TaskState:
    events = session.scalars(
        select(TaskRow.event).where(TaskRow.task_id == task.id).order_by(TaskRow.id)
    )
    return TASK.fold(events)


def test_the_queue_serves_the_highest_risk_in_a_language_one_reads(store: Store, clock) -> None:
    with store.write() as session:
        mai = make_person(session, clock)
        low, high, other = (make_task(session, clock, str(n)) for n in range(3))
        low.priority, high.priority, other.priority, other.lang = 1, 9, 99, "km"
        mai.languages = ["vi"]
        session.flush()
        taken = claim(session, mai, clock=clock)
        assert taken is not None
        assert taken.id == high.id


def test_a_lease_runs_out_and_the_late_answer_is_refused(store: Store, clock) -> None:
    with store.write() as session:
        mai, ben = make_person(session, clock), make_person(session, clock, "Ben")
        task_id = make_task(session, clock).id
        held = claim(session, mai, clock=clock, task_id=task_id)
        assert held is not None
        version = held.version
        assert claim(session, ben, clock=clock, task_id=task_id) is None
        clock.advance(LEASE + timedelta(seconds=1))
        assert claim(session, ben, clock=clock, task_id=task_id) is not None
        with pytest.raises(TakenByOther):
            decide(session, task_id, version, mai, INFRINGING, clock=clock)
        assert _replayed(session, held) is TaskState.CLAIMED


def test_a_late_answer_counts_while_nobody_else_took_the_task(store: Store, clock) -> None:
    with store.write() as session:
        mai = make_person(session, clock)
        held = claim(session, mai, clock=clock, task_id=make_task(session, clock).id)
        assert held is not None
        clock.advance(LEASE * 3)
        decide(session, held.id, held.version, mai, INFRINGING, clock=clock)
        assert held.state is TaskState.DECIDED


def test_a_skipped_task_goes_to_others_only(store: Store, clock) -> None:
    with store.write() as session:
        mai, ben = make_person(session, clock), make_person(session, clock, "Ben")
        task = make_task(session, clock)
        assert claim(session, mai, clock=clock) is not None
        skip(session, task.id, mai, clock=clock)
        assert claim(session, mai, clock=clock) is None
        assert claim(session, ben, clock=clock) is not None
        release_all(session, ben, clock=clock)
        assert task.state is TaskState.QUEUED
        assert _replayed(session, task) is TaskState.QUEUED


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        (Answer(Verdict.NOT_INFRINGING), "reason_code"),
        (Answer(Verdict.INFRINGING, legal_ground="law"), "taxon"),
        (Answer(Verdict.INFRINGING, (Subject("", "IJW", Form.PART),), legal_ground="l"), "taxon"),
        (Answer(Verdict.INFRINGING, (Subject("T", "", Form.PART),), legal_ground="l"), "product"),
        (Answer(Verdict.INFRINGING, (Subject("T", "IJW", Form.PART),)), "legal_ground"),
    ],
)
def test_an_incomplete_verdict_names_the_field(answer, field) -> None:
    with pytest.raises(Incomplete) as refused:
        complete_or_raise(answer)
    assert refused.value.field == field


def test_eight_people_decide_each_listing_once(store: Store, clock) -> None:
    """What the single statement is for: selecting first and updating later decided many twice."""
    with store.write() as session:
        people = [make_person(session, clock, f"P{n}").id for n in range(8)]
        total = len([make_task(session, clock, str(n)) for n in range(24)])

    def work(person_id: int) -> int:
        done = 0
        while True:
            with store.write() as session:
                person = session.get_one(Person, person_id)
                held = claim(session, person, clock=clock)
                if held is None:
                    return done
                decide(session, held.id, held.version, person, INFRINGING, clock=clock)
                done += 1

    with ThreadPoolExecutor(8) as pool:
        done = sum(pool.map(work, people))
    with store.read() as session:
        firsts = select(func.count(Decision.id), func.count(func.distinct(Decision.task_id)))
        assert session.execute(firsts).one() == (done, done)
        decided = select(func.count()).where(
            ReviewTask.kind == TaskKind.FIRST, ReviewTask.state == TaskState.DECIDED
        )
        assert session.scalar(decided) == total


def test_undo_is_a_row_and_the_task_waits_again(store: Store, clock) -> None:
    with store.write() as session:
        mai = make_person(session, clock)
        task = make_task(session, clock)
        decision = make_decision(session, task, mai, clock)
        assert effective_decision(session, task.listing_id) is decision
        undo(session, decision.id, mai, clock=clock)
        assert effective_decision(session, task.listing_id) is None
        assert task.state is TaskState.QUEUED
        assert session.scalar(select(func.count(Decision.id))) == 2
        with pytest.raises(TooLate):
            undo(session, decision.id, mai, clock=clock)


def test_after_ten_minutes_only_a_supervisor_undoes(store: Store, clock) -> None:
    with store.write() as session:
        mai = make_person(session, clock)
        boss = make_person(session, clock, "Boss", (Role.SUPERVISOR,))
        task = make_task(session, clock)
        decision = make_decision(session, task, mai, clock)
        clock.advance(timedelta(minutes=11))
        with pytest.raises(TooLate, match="supervisor"):
            undo(session, decision.id, mai, clock=clock)
        undo(session, decision.id, boss, clock=clock)
        assert task.state is TaskState.QUEUED


def _second(session, listing_id: int, kind: TaskKind = TaskKind.SECOND) -> ReviewTask | None:
    found: ReviewTask | None = session.scalar(
        select(ReviewTask).where(ReviewTask.listing_id == listing_id, ReviewTask.kind == kind)
    )
    return found


LIVE = Answer(
    Verdict.INFRINGING, (Subject("Testudines", "LIV", Form.LIVE),), legal_ground="law (unverified)"
)


def test_a_live_animal_gets_a_blind_second_look_by_someone_else(store: Store, clock) -> None:
    with store.write() as session:
        mai, ben = make_person(session, clock), make_person(session, clock, "Ben")
        task = make_task(session, clock)
        first = make_decision(session, task, mai, clock, LIVE)
        second = _second(session, task.listing_id)
        assert second is not None
        assert effective_decision(session, task.listing_id) is None
        assert claim(session, mai, clock=clock, task_id=second.id) is None
        make_decision(session, second, ben, clock, LIVE)
        assert effective_decision(session, task.listing_id) is first


def test_disagreement_goes_to_a_supervisor_whose_word_counts(store: Store, clock) -> None:
    with store.write() as session:
        mai, ben = make_person(session, clock), make_person(session, clock, "Ben")
        boss = make_person(session, clock, "Boss", (Role.SUPERVISOR,))
        task = make_task(session, clock)
        make_decision(session, task, mai, clock, LIVE)
        second = _second(session, task.listing_id)
        assert second is not None
        make_decision(session, second, ben, clock, NOT_INFRINGING)
        last = _second(session, task.listing_id, TaskKind.ADJUDICATE)
        assert last is not None
        assert effective_decision(session, task.listing_id) is None
        assert claim(session, ben, clock=clock) is None
        word = make_decision(session, last, boss, clock, NOT_INFRINGING)
        assert effective_decision(session, task.listing_id) is word


def test_without_a_second_reader_a_review_stays_single(store: Store, clock) -> None:
    with store.write() as session:
        mai = make_person(session, clock)
        task = make_task(session, clock)
        first = make_decision(session, task, mai, clock, LIVE)
        assert _second(session, task.listing_id) is None
        assert effective_decision(session, task.listing_id) is first


def test_unsure_without_a_second_reader_goes_to_a_supervisor(store: Store, clock) -> None:
    with store.write() as session:
        mai = make_person(session, clock)
        task = make_task(session, clock)
        make_decision(session, task, mai, clock, UNSURE)
        assert _second(session, task.listing_id, TaskKind.ADJUDICATE) is not None


def test_undoing_the_first_cancels_the_open_second(store: Store, clock) -> None:
    with store.write() as session:
        mai = make_person(session, clock)
        make_person(session, clock, "Ben")
        task = make_task(session, clock)
        decision = make_decision(session, task, mai, clock, LIVE)
        undo(session, decision.id, mai, clock=clock)
        second = _second(session, task.listing_id)
        assert second is not None
        assert second.state is TaskState.CANCELLED
        again = make_decision(session, task, mai, clock, LIVE)
        assert effective_decision(session, task.listing_id) is None
        assert again.supersedes_id is None


def test_a_flag_is_queued_once_and_a_relisting_goes_first(store: Store, clock) -> None:
    with store.write() as session:
        mai = make_person(session, clock)
        listing = make_listing(session, clock)
        flag = make_flag(session, listing, clock)
        assert queue_first(session, flag, clock=clock) is not None
        assert queue_first(session, flag, clock=clock) is None
        other = make_task(session, clock, "2")
        other.priority = 300
        relisted = queue_relisted(session, listing, clock=clock)
        taken = claim(session, mai, clock=clock)
        assert taken is not None
        assert taken.id == relisted.id
        clock.advance(LEASE * 2)
        assert expire_leases(session, clock=clock) == 1


def _round(session, listing_id: int, clock, *answered) -> None:
    """Answer a listing's open tasks in turn, each by the person named."""
    for person, answer in answered:
        task = session.scalars(
            select(ReviewTask).where(
                ReviewTask.listing_id == listing_id, ReviewTask.state == TaskState.QUEUED
            )
        ).one()
        make_decision(session, task, person, clock, answer)


def test_a_listing_that_is_back_is_judged_anew(store: Store, clock) -> None:
    with store.write() as session:
        mai, ben = make_person(session, clock), make_person(session, clock, "Ben")
        boss = make_person(session, clock, "Boss", (Role.SUPERVISOR,))
        task = make_task(session, clock)
        no, yes = NOT_INFRINGING, LIVE
        _round(session, task.listing_id, clock, (mai, no), (ben, yes), (boss, no))
        queue_relisted(session, task.listing, clock=clock)
        _round(session, task.listing_id, clock, (mai, yes), (ben, yes))
        effective = effective_decision(session, task.listing_id)
        assert effective is not None
        assert effective.verdict is Verdict.INFRINGING
        assert effective_decisions(session) == {effective.id}


def test_only_a_supervisor_settles_a_disagreement(store: Store, clock) -> None:
    with store.write() as session:
        mai, ben = make_person(session, clock), make_person(session, clock, "Ben")
        task = make_task(session, clock)
        _round(session, task.listing_id, clock, (mai, LIVE), (ben, NOT_INFRINGING))
        last = _second(session, task.listing_id, TaskKind.ADJUDICATE)
        assert last is not None
        assert claim(session, mai, clock=clock, task_id=last.id) is None
