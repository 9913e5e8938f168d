"""Who read a platform's terms of use, and when: nothing is fetched unattended before somebody did.

A row is a person's word that the terms were read, with what they found; a later row wins, since
platforms change their terms.
"""

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from data import audit
from data.base import Clock, Happened, Record
from data.home import Home, HomeKind


class EmptyReading(ValueError):
    """A reading of terms lacks a name or a note: give both."""


class TermsReading(Happened, Record):
    """One person's word that they read a platform's terms of use."""

    __tablename__ = "terms_readings"

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[str] = mapped_column(index=True)
    read_by: Mapped[str] = mapped_column(doc="the name of the person who read them")
    note: Mapped[str] = mapped_column(doc="what they say: version, sections, what was agreed")
    recorded_by: Mapped[str] = mapped_column(doc="person:ID or cli:OS-USER")


def record_terms_read(
    session: Session, platform_id: str, *, by: str, note: str, actor: str, clock: Clock
) -> TermsReading:
    """Record that a person read a platform's terms; raises `EmptyReading` without name or note."""
    by, note = by.strip(), note.strip()
    if not by or not note:
        raise EmptyReading("say who read the terms and what they found: a name and a note")
    row = TermsReading(
        at=clock.now(),
        clock_shift_s=int(clock.shift.total_seconds()),
        platform_id=platform_id,
        read_by=by,
        note=note,
        recorded_by=actor,
    )
    session.add(row)
    detail = {"by": by, "note": note}
    subject = f"platform:{platform_id}"
    audit.note(session, actor=actor, verb="terms_read", subject=subject, clock=clock, detail=detail)
    return row


def may_fetch(session: Session, home: Home, platform_id: str) -> bool:
    """Tell whether the schedule may ask for runs of a platform.

    In a demo or test home the job itself looks closer: only sites of our own go without a reading.
    """
    return home.kind is not HomeKind.REAL or platform_id in terms_readings(session)


def terms_readings(session: Session) -> dict[str, TermsReading]:
    """Return the latest reading of every platform whose terms somebody read, by platform id."""
    rows = session.scalars(select(TermsReading).order_by(TermsReading.id))
    return {row.platform_id: row for row in rows}
