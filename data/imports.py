"""Importing an answer sheet: first what would change, row by row, then the change itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.answers import Meaning, ReplyRow, bare_url, meaning_of, read_date
from data.audit import note
from data.base import Clock
from data.batches import settle
from data.outcomes import HEARABLE, Said, heard, record, they_say
from data.states import REQUEST, BatchState, RequestState
from data.takedowns import BatchLine, OutcomeSource, TakedownBatch, TakedownRequest


class Fate(StrEnum):
    """What happens to one row of an answer sheet."""

    APPLY = "apply"
    SAME = "same"
    EMPTY = "empty"
    UNKNOWN_WORD = "unknown_word"
    UNMATCHED = "unmatched"
    OTHER_BATCH = "other_batch"
    AMBIGUOUS = "ambiguous"
    DUPLICATE = "duplicate"
    CONTRADICTION = "contradiction"
    NOT_SENT = "not_sent"


FATE_MEANING = {
    Fate.APPLY: "new answer",
    Fate.SAME: "same as recorded",
    Fate.EMPTY: "no answer filled in",
    Fate.UNKNOWN_WORD: "a word we do not know: record it by hand or add it to the table",
    Fate.UNMATCHED: "no row of ours has this id or address",
    Fate.OTHER_BATCH: "belongs to another batch: import it there",
    Fate.AMBIGUOUS: "fits several of our rows: add the batch number",
    Fate.DUPLICATE: "stands twice with the same answer: the first counts",
    Fate.CONTRADICTION: "stands twice with different answers: neither is applied",
    Fate.NOT_SENT: "its batch was not sent: mark it as sent first",
}


@dataclass(frozen=True)
class PlanRow:
    """One row of the sheet with what would happen to it."""

    reply: ReplyRow
    fate: Fate
    request_id: int | None = None
    title: str = ""
    meaning: Meaning | None = None
    before: RequestState | None = None
    after: RequestState | None = None
    remark: str = ""


@dataclass(frozen=True)
class ImportPlan:
    """What an answer sheet would change."""

    rows: tuple[PlanRow, ...] = ()

    def of(self, fate: Fate) -> list[PlanRow]:
        """Return the rows with one fate."""
        return [row for row in self.rows if row.fate is fate]

    @property
    def counts(self) -> dict[Fate, int]:
        """Return how many rows have each fate, the fates that occur only."""
        return {fate: len(self.of(fate)) for fate in Fate if self.of(fate)}


@dataclass
class _Lines:
    """The lines of sent batches, found by id or address."""

    by_id: dict[str, list[BatchLine]] = field(default_factory=dict)
    by_url: dict[str, list[BatchLine]] = field(default_factory=dict)
    numbers: dict[int, str] = field(default_factory=dict)


def plan_import(
    session: Session, rows: Iterable[ReplyRow], *, batch: TakedownBatch | None = None
) -> ImportPlan:
    """Say what would change if these rows were applied; nothing is written.

    With a batch, rows of any other are reported and not applied.
    """
    lines = _load_lines(session)
    planned = [_plan_row(session, row, lines, batch) for row in rows]
    return ImportPlan(tuple(_without_doubles(planned)))


def _load_lines(session: Session) -> _Lines:
    frozen = (BatchState.FROZEN, BatchState.SENT, BatchState.PARTLY_ANSWERED, BatchState.CLOSED)
    found = session.execute(
        select(BatchLine, TakedownBatch.number)
        .join(TakedownBatch, BatchLine.batch_id == TakedownBatch.id)
        .where(TakedownBatch.state.in_(frozen))
        .order_by(BatchLine.id)
    )
    lines = _Lines()
    for line, number in found:
        lines.by_id.setdefault(str(line.columns["external_id"]), []).append(line)
        lines.by_url.setdefault(bare_url(str(line.columns["url"])), []).append(line)
        lines.numbers[line.batch_id] = number
    return lines


def _plan_row(
    session: Session, row: ReplyRow, lines: _Lines, batch: TakedownBatch | None
) -> PlanRow:
    if not any(row.said):
        return PlanRow(row, Fate.EMPTY)
    wanted = batch.number if batch is not None else row.batch_no.strip().upper()
    if batch is not None and row.batch_no.strip() and row.batch_no.strip().upper() != wanted:
        return PlanRow(row, Fate.OTHER_BATCH, remark=row.batch_no)
    found = lines.by_id.get(row.external_id.strip()) if row.external_id.strip() else None
    found = found or (lines.by_url.get(bare_url(row.url)) if row.url.strip() else None) or []
    here = [one for one in found if not wanted or lines.numbers[one.batch_id] == wanted]
    if found and not here:
        others = ", ".join(sorted({lines.numbers[one.batch_id] for one in found}))
        return PlanRow(row, Fate.OTHER_BATCH, remark=others)
    if not here:
        return PlanRow(row, Fate.UNMATCHED)
    if len(here) > 1:
        return PlanRow(row, Fate.AMBIGUOUS)
    return _judge(session, row, here[0])


def _judge(session: Session, row: ReplyRow, line: BatchLine) -> PlanRow:
    request = session.get_one(TakedownRequest, line.request_id)
    title = str(line.columns["title"])
    meaning = meaning_of(row.platform_status)
    plan = PlanRow(row, Fate.APPLY, request.id, title, meaning, before=request.state)
    if request.state not in HEARABLE:
        return replace(plan, fate=Fate.NOT_SENT)
    if meaning is None:
        return replace(plan, fate=Fate.UNKNOWN_WORD, remark=row.platform_status)
    if _same_as_recorded(session, request, row, meaning):
        return replace(plan, fate=Fate.SAME, after=request.state)
    allowed = REQUEST.allows(request.state, meaning.event)
    after = REQUEST.after(request.state, meaning.event) if allowed else request.state
    return replace(plan, after=after, remark=_date_remark(row))


def _date_remark(row: ReplyRow) -> str:
    unread = row.platform_date.strip() and read_date(row.platform_date) is None
    return f"the date {row.platform_date!r} cannot be read; it is kept in the comment" * bool(
        unread
    )


def _same_as_recorded(
    session: Session, request: TakedownRequest, row: ReplyRow, meaning: Meaning
) -> bool:
    last = they_say(heard(session, request.id))
    return (
        last is not None
        and last.event is meaning.event
        and last.cause is meaning.cause
        and last.platform_ref == row.platform_ref.strip()
        and last.platform_date == read_date(row.platform_date)
    )


def _without_doubles(rows: Sequence[PlanRow]) -> list[PlanRow]:
    """Mark rows that name one request twice: the same answer once, contradicting ones never."""
    by_request: dict[int, list[PlanRow]] = {}
    for row in rows:
        if row.request_id is not None and row.meaning is not None:
            by_request.setdefault(row.request_id, []).append(row)
    return [_double(row, by_request.get(row.request_id or 0, [])) for row in rows]


def _double(row: PlanRow, namesakes: Sequence[PlanRow]) -> PlanRow:
    if len(namesakes) < 2 or row.fate not in {Fate.APPLY, Fate.SAME}:  # noqa: PLR2004
        return row
    if len({one.meaning for one in namesakes}) > 1:
        return replace(row, fate=Fate.CONTRADICTION, after=row.before)
    if row is namesakes[0]:
        return row
    return replace(row, fate=Fate.DUPLICATE, after=row.before)


def apply_import(
    session: Session,
    rows: Iterable[ReplyRow],
    *,
    actor: str,
    clock: Clock,
    batch: TakedownBatch | None = None,
) -> ImportPlan:
    """Plan again on what is true now, record every row that applies, and return the plan."""
    plan = plan_import(session, rows, batch=batch)
    touched: set[int] = set()
    for row in plan.of(Fate.APPLY):
        request = session.get_one(TakedownRequest, row.request_id)
        record(session, request, _said(row), actor=actor, clock=clock)
        if request.batch_id is not None:
            touched.add(request.batch_id)
    for batch_id in sorted(touched):
        settle(session, session.get_one(TakedownBatch, batch_id), actor=actor, clock=clock)
    detail = {fate.value: count for fate, count in plan.counts.items()}
    subject = f"batch:{batch.id}" if batch is not None else "batch:any"
    note(session, actor=actor, verb="outcome.import", subject=subject, clock=clock, detail=detail)
    return plan


def _said(row: PlanRow) -> Said:
    reply, meaning = row.reply, row.meaning
    if meaning is None:
        raise AssertionError("a row to apply has a meaning")
    when = read_date(reply.platform_date)
    unread = reply.platform_date.strip() if when is None else ""
    return Said(
        OutcomeSource.PLATFORM_REPLY,
        meaning.cause,
        meaning.event,
        platform_status=reply.platform_status.strip(),
        platform_ref=reply.platform_ref.strip(),
        platform_date=when,
        comment=" ".join(part for part in (reply.platform_comment.strip(), unread) if part),
    )
