"""Review tasks and decisions: a verdict is a row, and undo is a row that supersedes it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from data.base import Clock, Happened, Record, Word
from data.flags import Flag
from data.listings import Listing
from data.states import TASK, TaskEvent, TaskState


class TaskKind(StrEnum):
    """What a task asks of a reviewer."""

    FIRST = "first"
    SECOND = "second"
    ADJUDICATE = "adjudicate"


class Verdict(StrEnum):
    """A person's answer."""

    INFRINGING = "infringing"
    NOT_INFRINGING = "not_infringing"
    UNSURE = "unsure"


class ReasonCode(StrEnum):
    """Why a listing does not infringe."""

    REPLICA = "replica"
    PLANT_IVORY = "plant_ivory"
    TOY_OR_PRINT = "toy_or_print"
    LEGAL_TAXON = "legal_taxon"
    MAMMOTH = "mammoth"
    ANTIQUE_DOCUMENTED = "antique_documented"
    INFORMATION_ONLY = "information_only"
    NOT_FOR_SALE = "not_for_sale"
    OTHER_ANIMAL = "other_animal"
    CLAIMED_BUT_LIKELY_FAKE = "claimed_but_likely_fake"


class Form(StrEnum):
    """What part of an animal is offered."""

    LIVE = "live"
    PART = "part"
    DERIVATIVE = "derivative"


class ReviewTask(Record):
    """One question to a reviewer about one listing; its state is the fold of its task rows."""

    __tablename__ = "review_tasks"
    __table_args__ = (
        Index("ix_review_tasks_queue", "state", "priority", "id"),
        Index("ix_review_tasks_listing_id_kind", "listing_id", "kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"))
    flag_id: Mapped[int | None] = mapped_column(ForeignKey("flags.id"))
    kind: Mapped[TaskKind] = mapped_column(Word(TaskKind), default=TaskKind.FIRST)
    state: Mapped[TaskState] = mapped_column(Word(TaskState), default=TaskState.QUEUED)
    lang: Mapped[str] = mapped_column(default="und", index=True)
    priority: Mapped[int] = mapped_column(default=0, doc="higher first; 1000 and more: relisted")
    why: Mapped[str] = mapped_column(default="flagged", doc="flagged, relisted, changed, sample")
    claimed_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    claimed_until: Mapped[datetime | None]
    first_reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(index=True)

    listing: Mapped[Listing] = relationship(lazy="joined")
    flag: Mapped[Flag | None] = relationship(lazy="joined")


class TaskRow(Happened, Record):
    """One thing that happened to a task."""

    __tablename__ = "task_rows"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("review_tasks.id"), index=True)
    event: Mapped[TaskEvent] = mapped_column(Word(TaskEvent))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    note: Mapped[str] = mapped_column(Text, default="")


class Decision(Happened, Record):
    """A person's answer about one listing as seen in one sighting; undo is a superseding row."""

    __tablename__ = "decisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"), index=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("review_tasks.id"), index=True)
    sighting_id: Mapped[int | None] = mapped_column(ForeignKey("sightings.id"))
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    verdict: Mapped[Verdict | None] = mapped_column(
        Word(Verdict), doc="empty on a row that only undoes another"
    )
    reason_code: Mapped[ReasonCode | None] = mapped_column(Word(ReasonCode))
    legal_ground: Mapped[str] = mapped_column(Text, default="")
    note: Mapped[str] = mapped_column(Text, default="")
    supersedes_id: Mapped[int | None] = mapped_column(ForeignKey("decisions.id"), unique=True)

    subjects: Mapped[list["DecisionSubject"]] = relationship(
        order_by="DecisionSubject.id", lazy="selectin"
    )


class DecisionSubject(Record):
    """What is offered, in a person's judgement; mixed offers have several rows."""

    __tablename__ = "decision_subjects"

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decisions.id"), index=True)
    taxon: Mapped[str]
    product: Mapped[str] = mapped_column(doc="CITES term code")
    form: Mapped[Form] = mapped_column(Word(Form))


class TakenByOther(Exception):
    """Someone else holds or decided this task: show the next one."""


class Incomplete(Exception):
    """The verdict lacks a field it needs: ask for it; the message names it."""

    def __init__(self, field: str, message: str) -> None:
        """Name the missing form field."""
        self.field = field
        super().__init__(message)


class TooLate(Exception):
    """The decision can no longer be undone here; the message says what can be done instead."""


@dataclass(frozen=True)
class Subject:
    """Taxon, product and form as a reviewer names them."""

    taxon: str
    product: str
    form: Form


@dataclass(frozen=True)
class Answer:
    """A complete verdict as a screen submits it."""

    verdict: Verdict
    subjects: tuple[Subject, ...] = ()
    reason_code: ReasonCode | None = None
    legal_ground: str = ""
    note: str = ""


def step_task(
    session: Session,
    task: ReviewTask,
    event: TaskEvent,
    *,
    person_id: int | None,
    clock: Clock,
    note: str = "",
) -> None:
    """Move a task by its table and add the row that says so; the only way a task moves.

    Claiming and expiring are bulk statements in `data.tasks`, which add the same rows.
    """
    task.state = TASK.after(task.state, event)
    task.version += 1
    if task.state is not TaskState.CLAIMED:
        task.claimed_by = task.claimed_until = None
    add_task_row(session, task.id, event, person_id=person_id, clock=clock, note=note)
    session.flush()


def add_task_row(
    session: Session,
    task_id: int,
    event: TaskEvent,
    *,
    person_id: int | None,
    clock: Clock,
    note: str = "",
) -> None:
    """Add the row that says what happened to a task."""
    session.add(
        TaskRow(
            at=clock.now(),
            clock_shift_s=int(clock.shift.total_seconds()),
            task_id=task_id,
            event=event,
            person_id=person_id,
            note=note,
        )
    )


def queue(
    session: Session,
    listing: Listing,
    kind: TaskKind,
    *,
    why: str,
    clock: Clock,
    priority: int = 0,
) -> ReviewTask:
    """Add a task of this kind for a listing, or return the one that is already open."""
    open_states = (TaskState.QUEUED, TaskState.CLAIMED, TaskState.ESCALATED)
    task = session.scalar(
        select(ReviewTask).where(
            ReviewTask.listing_id == listing.id,
            ReviewTask.kind == kind,
            ReviewTask.state.in_(open_states),
        )
    )
    if task is not None:
        task.priority = max(task.priority, priority)
        return task
    flag = session.scalar(select(Flag).where(Flag.listing_id == listing.id))
    task = ReviewTask(
        listing_id=listing.id,
        flag_id=flag.id if flag else None,
        kind=kind,
        lang=listing.lang,
        why=why,
        priority=priority,
        state=TaskState.QUEUED,
        version=1,
        created_at=clock.now(),
    )
    session.add(task)
    session.flush()
    return task
