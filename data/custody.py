"""The custody log: which case was exported by whom and when, each act sealed in the audit chain."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from data.audit import AuditRow, note
from data.base import Clock, Happened, Record, Word, storable
from data.jobs import Job, JobKind, JobState


class Act(StrEnum):
    """What was done with a case."""

    EXPORTED = "exported"
    WRITTEN = "written"
    DATED = "dated"
    NOT_DATED = "not_dated"
    HANDED_OUT = "handed_out"


class Dating(StrEnum):
    """Whether a time-stamp authority has confirmed when a case was sealed."""

    NOT_ASKED = "not_asked"
    WAITING = "waiting"
    DATED = "dated"


class CaseExport(Record):
    """One exported case: what it holds, its file in the evidence folder, and its token."""

    __tablename__ = "case_exports"

    id: Mapped[int] = mapped_column(primary_key=True)
    made_at: Mapped[datetime] = mapped_column(index=True)
    clock_shift_s: Mapped[int] = mapped_column(default=0)
    actor: Mapped[str] = mapped_column(doc="person:ID or cli:OS-USER")
    subject: Mapped[str] = mapped_column(index=True, doc="listing:ID or batch:NUMBER")
    listings: Mapped[list[Any]] = mapped_column(default=list, doc="ids of the listings inside")
    name: Mapped[str] = mapped_column(default="", doc="the file's name")
    package_sha256: Mapped[str] = mapped_column(default="", doc="hash of datapackage.json")
    key: Mapped[str] = mapped_column(default="", doc="fingerprint of the key that signed")
    sha256: Mapped[str] = mapped_column(default="", doc="hash of the file as it is now")
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    dating: Mapped[Dating] = mapped_column(Word(Dating), default=Dating.NOT_ASKED)
    authority: Mapped[str] = mapped_column(Text, default="", doc="address of the authority asked")
    token_sha256: Mapped[str] = mapped_column(default="", doc="its answer, in the evidence folder")
    last_error: Mapped[str] = mapped_column(Text, default="", doc="why there is no token yet")
    tries: Mapped[int] = mapped_column(default=0)
    purged_at: Mapped[datetime | None]


class CustodyRow(Happened, Record):
    """One act on a case; its detail is sealed by the audit row it names."""

    __tablename__ = "custody_rows"

    id: Mapped[int] = mapped_column(primary_key=True)
    export_id: Mapped[int] = mapped_column(ForeignKey("case_exports.id"), index=True)
    actor: Mapped[str]
    act: Mapped[Act] = mapped_column(Word(Act))
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    audit_id: Mapped[int] = mapped_column(ForeignKey("audit_rows.id"))


def note_custody(
    session: Session,
    export: CaseExport,
    act: Act,
    detail: dict[str, Any],
    *,
    actor: str,
    clock: Clock,
) -> CustodyRow:
    """Add one act to the log and seal it in the audit chain."""
    session.flush()
    sealed = note(
        session,
        actor=actor,
        verb=f"case.{act}",
        subject=f"case:{export.id}",
        clock=clock,
        detail=detail,
    )
    row = CustodyRow(
        at=sealed.at,
        clock_shift_s=sealed.clock_shift_s,
        export_id=export.id,
        actor=actor,
        act=act,
        detail=detail,
        audit_id=sealed.id,
    )
    session.add(row)
    session.flush()
    return row


def custody_of(session: Session, listing_ids: list[int]) -> list[tuple[CustodyRow, AuditRow]]:
    """Return every act on a case that holds one of these listings, oldest first."""
    wanted = set(listing_ids)
    exports = session.scalars(select(CaseExport).order_by(CaseExport.id))
    ids = [one.id for one in exports if wanted.intersection(one.listings)]
    rows = session.execute(
        select(CustodyRow, AuditRow)
        .join(AuditRow, AuditRow.id == CustodyRow.audit_id)
        .where(CustodyRow.export_id.in_(ids))
        .order_by(CustodyRow.id)
    )
    return [(row, sealed) for row, sealed in rows]


@dataclass(frozen=True)
class CaseFile:
    """A written case before its row says so."""

    name: str
    sha256: str
    size: int
    package_sha256: str
    key: str


def start_export(
    session: Session, subject: str, listings: Sequence[int], *, actor: str, clock: Clock
) -> CaseExport:
    """Record that somebody exports a case, before anything of it is written."""
    export = CaseExport(
        made_at=clock.now(),
        clock_shift_s=int(clock.shift.total_seconds()),
        actor=actor,
        subject=subject,
        listings=list(listings),
    )
    session.add(export)
    detail = {"case": subject, "listings": list(listings)}
    note_custody(session, export, Act.EXPORTED, detail, actor=actor, clock=clock)
    return export


def end_export(session: Session, export: CaseExport, file: CaseFile, *, clock: Clock) -> None:
    """Record which file a case became."""
    export.name, export.sha256, export.size = file.name, file.sha256, file.size
    export.package_sha256, export.key = file.package_sha256, file.key
    detail = {"file": file.sha256, "package": file.package_sha256, "key": file.key}
    note_custody(session, export, Act.WRITTEN, detail, actor=export.actor, clock=clock)


def record_dating(
    session: Session, export: CaseExport, authority: str, *, token: str, error: str, clock: Clock
) -> None:
    """Record that an authority has dated a case, or why it has not."""
    export.authority, export.tries = authority, export.tries + 1
    export.dating = Dating.DATED if token else Dating.WAITING
    export.token_sha256, export.last_error = token, storable(error)
    act = Act.DATED if token else Act.NOT_DATED
    detail = {"authority": authority, "token": token, "error": error, "file": export.sha256}
    note_custody(session, export, act, detail, actor="system", clock=clock)


def hand_out(
    session: Session, export: CaseExport, sha256: str, *, actor: str, clock: Clock
) -> None:
    """Record that somebody was given a case's file; `sha256` of the bytes they were given.

    A time stamp that comes in the meantime makes the case another file.
    """
    detail = {"file": sha256}
    note_custody(session, export, Act.HANDED_OUT, detail, actor=actor, clock=clock)


def exports_of(session: Session, listing_id: int) -> list[CaseExport]:
    """Return the cases a listing was exported in, newest first."""
    newest = select(CaseExport).order_by(CaseExport.id.desc())
    return [one for one in session.scalars(newest) if listing_id in one.listings]


def is_case_asked(session: Session, listing_id: int) -> bool:
    """Tell whether a case of a listing is being made."""
    open_states = (JobState.QUEUED, JobState.RUNNING)
    jobs = select(Job).where(Job.kind == JobKind.EXPORT, Job.state.in_(open_states))
    return any(job.arguments.get("listing") == listing_id for job in session.scalars(jobs))


def custody_line(row: CustodyRow, sealed: AuditRow) -> str:
    """Write one act as a line of the log, with the audit row that seals it."""
    audit = {
        "previous": sealed.previous,
        "at": sealed.at.isoformat(),
        "clock_shift_s": sealed.clock_shift_s,
        "actor": sealed.actor,
        "verb": sealed.verb,
        "subject": sealed.subject,
        "detail_sha256": sealed.detail_sha256,
        "sealed": sealed.sealed,
    }
    line = {"case": row.export_id, "act": row.act, "detail": row.detail, "audit": audit}
    return json.dumps(line, sort_keys=True)
