"""A second look nobody can give does not hold a verdict back for ever."""

from sqlalchemy import select

from data.people import disable
from data.reviews import Answer, Form, ReviewTask, Subject, TaskKind, Verdict
from data.states import TaskState
from data.store import Store
from data.suspending import suspend_second_looks
from data.takedowns import TakedownRequest
from tests.makers import make_decision, make_person, make_task

LIVE = Answer(
    Verdict.INFRINGING, (Subject("Testudines", "LIV", Form.LIVE),), legal_ground="law (unverified)"
)


def test_a_second_look_is_suspended_when_its_only_reader_leaves(store: Store, clock) -> None:
    with store.write() as session:
        mai, ben = make_person(session, clock), make_person(session, clock, "Ben")
        make_decision(session, make_task(session, clock), mai, clock, LIVE)
        assert suspend_second_looks(session, clock=clock) == 0
        disable(session, ben, clock=clock, actor="test")
        assert suspend_second_looks(session, clock=clock) == 1
        second = session.scalar(select(ReviewTask).where(ReviewTask.kind == TaskKind.SECOND))
        assert second is not None
        assert second.state is TaskState.CANCELLED
        assert session.scalar(select(TakedownRequest.single_review)) is True
