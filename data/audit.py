"""The audit chain: who did what to which row, each row sealed with the hash of the one before."""

import hashlib
import json
from contextlib import closing

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from data.base import Clock, Happened, Record
from data.home import Home

FIRST = "0" * 64


class AuditRow(Happened, Record):
    """One act: ids and hashes only, no personal data."""

    __tablename__ = "audit_rows"

    id: Mapped[int] = mapped_column(primary_key=True)
    actor: Mapped[str] = mapped_column(doc="person:ID, cli:OS-USER, schedule or system")
    verb: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True, doc="kind:id")
    detail_sha256: Mapped[str] = mapped_column(default="")
    previous: Mapped[str]
    sealed: Mapped[str] = mapped_column(unique=True)


def _seal(row: AuditRow) -> str:
    parts = [
        row.previous,
        row.at.isoformat(),
        str(row.clock_shift_s),
        row.actor,
        row.verb,
        row.subject,
        row.detail_sha256,
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def head(session: Session) -> str:
    """Return the hash that seals the whole chain so far."""
    last = session.scalar(select(AuditRow.sealed).order_by(AuditRow.id.desc()).limit(1))
    return last or FIRST


def note(
    session: Session,
    *,
    actor: str,
    verb: str,
    subject: str,
    clock: Clock,
    detail: object = None,
) -> AuditRow:
    """Append one act to the chain; the home row is the lock that keeps appends in line."""
    session.flush()
    session.execute(select(Home.id).with_for_update()).one()
    text = "" if detail is None else json.dumps(detail, sort_keys=True, default=str)
    row = AuditRow(
        at=clock.now(),
        clock_shift_s=int(clock.shift.total_seconds()),
        actor=actor,
        verb=verb,
        subject=subject,
        detail_sha256=hashlib.sha256(text.encode()).hexdigest() if text else "",
        previous=head(session),
        sealed="",
    )
    row.sealed = _seal(row)
    session.add(row)
    session.flush()
    return row


def first_broken(session: Session) -> int | None:
    """Return the id of the first row whose seal does not fit, or None when the chain holds."""
    previous = FIRST
    query = select(AuditRow).order_by(AuditRow.id).execution_options(yield_per=1000)
    with closing(session.scalars(query)) as rows:
        for row in rows:
            if row.previous != previous or row.sealed != _seal(row):
                return row.id
            previous = row.sealed
    return None
