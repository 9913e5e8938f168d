"""The custody log: which case was exported by whom and when, each act sealed in the audit chain."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from data.audit import AuditRow, note
from data.base import Clock, Happened, Record, Word


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
    size: Mapped[int] = mapped_column(default=0)
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
