"""What befell the machine: a disk that filled, a clock that jumped; whether it is full now."""

import shutil
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from data.base import Clock, Happened, Record, Word

STOP_PERCENT = 90.0
GO_PERCENT = 85.0


class IncidentKind(StrEnum):
    """What can befall the machine; each member has its one-line meaning in `INCIDENT_MEANING`."""

    DISK_FULL = "disk_full"
    DISK_FREE = "disk_free"
    CLOCK_FORWARD = "clock_forward"
    CLOCK_BACK = "clock_back"


INCIDENT_MEANING = {
    IncidentKind.DISK_FULL: "The disk is nearly full: nothing is crawled, review goes on.",
    IncidentKind.DISK_FREE: "The disk has room again: crawls go on.",
    IncidentKind.CLOCK_FORWARD: "The machine's clock jumped ahead, or the machine slept.",
    IncidentKind.CLOCK_BACK: "The machine's clock was set back.",
}
_DISK = (IncidentKind.DISK_FULL, IncidentKind.DISK_FREE)


class Incident(Happened, Record):
    """One thing that befell the machine."""

    __tablename__ = "incidents"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[IncidentKind] = mapped_column(Word(IncidentKind), index=True)
    words: Mapped[str] = mapped_column(Text, default="")


def record_incident(session: Session, kind: IncidentKind, words: str, *, clock: Clock) -> None:
    """Record what befell the machine, with its meaning."""
    shift = int(clock.shift.total_seconds())
    told = f"{words}. {INCIDENT_MEANING[kind]}"
    session.add(Incident(kind=kind, words=told, at=clock.now(), clock_shift_s=shift))
    session.flush()


def disk_is_full(session: Session) -> bool:
    """Tell whether crawls are stopped for want of disk space."""
    return _last_of_disk(session) is IncidentKind.DISK_FULL


def _last_of_disk(session: Session) -> IncidentKind | None:
    query = select(Incident.kind).where(Incident.kind.in_(_DISK)).order_by(Incident.id.desc())
    return session.scalar(query.limit(1))


def disk_change(is_full: bool, percent: float) -> IncidentKind | None:  # noqa: FBT001
    """Return what changes at this share of a disk: stop at 90 %, go on below 85 %.

    >>> disk_change(False, 89.9), disk_change(True, 85.0)
    (None, None)
    >>> disk_change(False, 90.0).value, disk_change(True, 84.9).value
    ('disk_full', 'disk_free')
    """
    if not is_full and percent >= STOP_PERCENT:
        return IncidentKind.DISK_FULL
    if is_full and percent < GO_PERCENT:
        return IncidentKind.DISK_FREE
    return None


def disk_percent(folder: Path) -> float:
    """Return how full the disk is that holds a folder, as programs without privileges see it."""
    used = shutil.disk_usage(folder)
    return 100 * used.used / max(1, used.used + used.free)


def note_disk(session: Session, percent: float, *, clock: Clock) -> bool:
    """Record it when the disk has filled or emptied; tell whether it is full now."""
    is_full = disk_is_full(session)
    change = disk_change(is_full, percent)
    if change is None:
        return is_full
    record_incident(session, change, f"the disk is {percent:.0f} % full", clock=clock)
    return change is IncidentKind.DISK_FULL


def incidents_since(session: Session, since: datetime) -> list[Incident]:
    """Return what befell the machine since a moment, oldest first."""
    query = select(Incident).where(Incident.at >= since).order_by(Incident.id)
    return list(session.scalars(query))
