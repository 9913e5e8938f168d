"""What waits for a decision: views, their counts, languages, and one page of rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from data.draws import Draw, Drawn
from data.flags import Flag, Score
from data.listings import Sighting
from data.people import Person, Role
from data.queries.pictures import Pictures, pictures_of
from data.reviews import Decision, ReviewTask, TaskKind
from data.states import TaskState
from data.taxa import Concern
from data.watches import Watch

HIGH_RISK = 0.85
WAITING = (TaskState.QUEUED, TaskState.CLAIMED)


class View(StrEnum):
    """A named part of the queue."""

    HIGH = "high"
    NEW = "new"
    LIVE = "live"
    SECOND = "second"
    DISAGREEMENTS = "disagreements"
    RELISTED = "relisted"
    MINE = "mine"
    ALL = "all"
    FARMED = "farmed"


@dataclass(frozen=True)
class Asking:
    """Whose queue it is, seen when: `today` is the start of the day where the team works.

    `langs` is empty when every language is shown.
    """

    person: Person
    now: datetime
    today: datetime
    langs: tuple[str, ...] = ()


def _by_flag(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    flags = select(Flag.id).join(Score, Flag.score_id == Score.id).where(condition)
    # Without the first half, a task that has no flag would be neither farmed nor not farmed.
    return and_(ReviewTask.flag_id.is_not(None), ReviewTask.flag_id.in_(flags))


def _is_farmed() -> ColumnElement[bool]:
    """Return the condition for animals that are widely farmed, flagged or drawn without a flag."""
    drawn = (
        select(Draw.listing_id)
        .join(Score, Draw.score_id == Score.id)
        .where(Score.concern == Concern.COMMON_FARMED)
    )
    unflagged = and_(ReviewTask.flag_id.is_(None), ReviewTask.listing_id.in_(drawn))
    return or_(_by_flag(Flag.concern == Concern.COMMON_FARMED), unflagged)


def _is_high() -> ColumnElement[bool]:
    sure = and_(Flag.concern == "protected", Score.offered >= HIGH_RISK)
    return or_(_by_flag(sure), and_(ReviewTask.why == "relisted", ~_is_farmed()))


_CONDITIONS: Mapping[View, Callable[[Asking], ColumnElement[bool]]] = {
    View.HIGH: lambda _: _is_high(),
    View.NEW: lambda asking: and_(ReviewTask.created_at >= asking.today, ~_is_farmed()),
    View.LIVE: lambda _: and_(_by_flag(Score.product == "LIV"), ~_is_farmed()),
    View.SECOND: lambda _: ReviewTask.kind == TaskKind.SECOND,
    View.DISAGREEMENTS: lambda _: ReviewTask.kind == TaskKind.ADJUDICATE,
    View.RELISTED: lambda _: ReviewTask.why == "relisted",
    View.MINE: lambda asking: and_(
        ReviewTask.claimed_by == asking.person.id, ReviewTask.claimed_until >= asking.now
    ),
    View.ALL: lambda _: ~_is_farmed(),
    View.FARMED: lambda _: _is_farmed(),
}


def condition_of(view: View, asking: Asking) -> ColumnElement[bool]:
    """Return what a view shows; a claim among it takes the same condition."""
    return _CONDITIONS[view](asking)


def _waits(asking: Asking) -> ColumnElement[bool]:
    """Return the condition for tasks that this person sees waiting.

    A second look is blind, so one's own first decision never comes back as one; a disagreement
    waits for a supervisor.
    """
    own = and_(ReviewTask.kind == TaskKind.SECOND, ReviewTask.first_reviewer_id == asking.person.id)
    conditions = [ReviewTask.state.in_(WAITING), or_(ReviewTask.first_reviewer_id.is_(None), ~own)]
    if not asking.person.may(Role.SUPERVISOR):
        conditions.append(ReviewTask.kind != TaskKind.ADJUDICATE)
    if asking.langs:
        conditions.append(ReviewTask.lang.in_([*asking.langs, "und"]))
    return and_(*conditions)


@dataclass(frozen=True)
class Waiting:
    """How much a view holds and since when its oldest task waits."""

    count: int
    oldest: datetime | None


def waiting(session: Session, view: View, asking: Asking) -> Waiting:
    """Count a view."""
    count, oldest = session.execute(
        select(func.count(), func.min(ReviewTask.created_at)).where(
            _waits(asking), condition_of(view, asking)
        )
    ).one()
    return Waiting(count, oldest)


def counts(session: Session, asking: Asking) -> dict[View, int]:
    """Count every view in one walk over what waits."""
    sums = [func.sum(case((condition_of(view, asking), 1), else_=0)) for view in View]
    found = session.execute(select(*sums).where(_waits(asking))).one()
    return {view: number or 0 for view, number in zip(View, found, strict=True)}


@dataclass(frozen=True)
class QueueRow:
    """One waiting task with what its row shows."""

    task: ReviewTask
    held_by: str
    pictures: Pictures = field(default_factory=Pictures)
    scored_title: str | None = None

    @property
    def reasons(self) -> list[dict[str, Any]]:
        """The reasons of the score behind the flag, weightiest first."""
        if self.task.flag is None:
            return []
        return sorted(self.task.flag.score.reasons, key=lambda one: -float(one["weight"]))

    @property
    def told(self) -> str:
        """Why it waits, as its row may say: a draw is not told, or its answer would be biased."""
        return "" if self.task.why in set(Drawn) else self.task.why

    @property
    def placed_reasons(self) -> list[dict[str, Any]]:
        """The reasons that can be shown in the title: none when it changed since the score."""
        return self.reasons if self.scored_title == self.task.listing.title else []

    def held_until(self, now: datetime) -> datetime | None:
        """Return until when someone holds it; None when it is free."""
        until = self.task.claimed_until
        return until if until is not None and until >= now else None


@dataclass(frozen=True)
class QueuePage:
    """Some rows, and where the next page begins."""

    rows: Sequence[QueueRow]
    after: str


def page_of(
    session: Session, view: View, asking: Asking, *, after: str = "", size: int = 25
) -> QueuePage:
    """Return the rows that come after a place in the queue; a place is "PRIORITY-ID"."""
    wanted = select(ReviewTask).where(_waits(asking), condition_of(view, asking), _beyond(after))
    ordered = wanted.order_by(ReviewTask.priority.desc(), ReviewTask.id).limit(size + 1)
    tasks = list(session.scalars(ordered).unique())
    more, tasks = len(tasks) > size, tasks[:size]
    names = _names(session, [task.claimed_by for task in tasks if task.claimed_by])
    pictures = pictures_of(session, [task.listing_id for task in tasks])
    titles = _scored_titles(session, tasks)
    rows = [
        QueueRow(
            task,
            names.get(task.claimed_by or 0, ""),
            pictures[task.listing_id],
            titles.get(task.listing_id),
        )
        for task in tasks
    ]
    return QueuePage(rows, f"{tasks[-1].priority}-{tasks[-1].id}" if more else "")


def _beyond(after: str) -> ColumnElement[bool]:
    """Return the condition for rows after a place; this form is the one an index can walk."""
    priority, _, task_id = after.rpartition("-")
    if not (priority.lstrip("-").isdecimal() and task_id.isdecimal()):
        return ReviewTask.id.is_not(None)
    place = int(priority)
    return and_(
        ReviewTask.priority <= place,
        or_(ReviewTask.priority < place, ReviewTask.id > int(task_id)),
    )


def _scored_titles(session: Session, tasks: Sequence[ReviewTask]) -> dict[int, str]:
    """Return the titles that the reasons' offsets count in, by listing."""
    ids = [task.flag.score.sighting_id for task in tasks if task.flag is not None]
    rows = session.execute(select(Sighting.listing_id, Sighting.title).where(Sighting.id.in_(ids)))
    return dict(rows.all())


def _names(session: Session, ids: Sequence[int]) -> dict[int, str]:
    if not ids:
        return {}
    return dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(ids))).all())


@dataclass(frozen=True)
class LanguageCount:
    """How much waits in a language, and how many active reviewers read it."""

    lang: str
    waiting: int
    readers: int


def languages(session: Session) -> list[LanguageCount]:
    """Count what waits by language, most first."""
    rows = session.execute(
        select(ReviewTask.lang, func.count())
        .where(ReviewTask.state.in_(WAITING), ~_is_farmed())
        .group_by(ReviewTask.lang)
        .order_by(func.count().desc(), ReviewTask.lang)
    )
    people = session.scalars(select(Person).where(Person.active)).all()
    reviewers = [one for one in people if one.may(Role.REVIEWER, Role.SUPERVISOR)]
    return [
        LanguageCount(lang, number, sum(one.reads(lang) for one in reviewers))
        for lang, number in rows
    ]


def decided_since(session: Session, since: datetime, person: Person | None = None) -> int:
    """Count decisions since a moment, by one person or by all."""
    wanted: Select[int] = select(func.count()).where(
        Decision.at >= since, Decision.verdict.is_not(None)
    )
    if person is not None:
        wanted = wanted.where(Decision.reviewer_id == person.id)
    return session.scalar(wanted) or 0


def next_crawl(session: Session, now: datetime) -> Watch | None:
    """Return the platform that is crawled next."""
    return session.scalar(
        select(Watch)
        .where(
            Watch.enabled,
            Watch.next_run_at.is_not(None),
            or_(Watch.paused_until.is_(None), Watch.paused_until < now),
        )
        .order_by(Watch.next_run_at)
        .limit(1)
    )
