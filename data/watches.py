"""What this team does with a platform: enabled or not, schedule, budget, answer time, contacts."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Text, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from data.base import Clock, Happened, Record, Word


class Watch(Record):
    """One platform as this team watches it; how it is read stands in its TOML file."""

    __tablename__ = "watches"

    platform_id: Mapped[str] = mapped_column(primary_key=True)
    enabled: Mapped[bool] = mapped_column(default=False)
    paused_until: Mapped[datetime | None]
    every_minutes: Mapped[int] = mapped_column(default=24 * 60)
    at_local: Mapped[str] = mapped_column(default="", doc="HH:MM of a daily crawl, or empty")
    timezone: Mapped[str] = mapped_column(default="UTC")
    anchor_at: Mapped[datetime | None] = mapped_column(
        doc="a moment it was due: every other one lies whole intervals away; empty: created_at"
    )
    jitter_minutes: Mapped[int] = mapped_column(
        default=10, doc="how much later than on the dot a run may begin; fixed for platform and day"
    )
    quiet_from: Mapped[str] = mapped_column(default="", doc="HH:MM local; nothing is fetched from")
    quiet_to: Mapped[str] = mapped_column(default="", doc="HH:MM local; and until")
    most_minutes: Mapped[int] = mapped_column(default=360, doc="how long one run may take")
    most_mb: Mapped[int] = mapped_column(default=512, doc="how much memory one run may use")
    next_run_at: Mapped[datetime | None]
    last_enqueued_at: Mapped[datetime | None]
    daily_requests: Mapped[int] = mapped_column(default=2000, doc="budget per UTC day")
    sla_days: Mapped[int] = mapped_column(default=7, doc="days after which no reply is overdue")
    contact: Mapped[str] = mapped_column(default="", doc="where takedown batches are sent")
    created_at: Mapped[datetime]


class MissCause(StrEnum):
    """Why moments a platform was due at went by without a run; meanings in `MISS_MEANING`."""

    OFF = "off"
    BUSY = "busy"
    RESTING = "resting"


MISS_MEANING = {
    MissCause.OFF: "Nothing kept the schedule then; one run makes up for all of them.",
    MissCause.BUSY: "The run before still waited for a worker, or ran.",
    MissCause.RESTING: "The platform rested after runs that failed.",
}


class MissedRun(Happened, Record):
    """Moments a platform was due at that no run of their own makes good."""

    __tablename__ = "missed_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[str] = mapped_column(index=True)
    runs: Mapped[int] = mapped_column(doc="how many moments went by")
    first_due_at: Mapped[datetime]
    last_due_at: Mapped[datetime]
    cause: Mapped[MissCause] = mapped_column(Word(MissCause))
    words: Mapped[str] = mapped_column(Text, default="", doc="one sentence a person understands")


def record_missed(
    session: Session,
    platform_id: str,
    due: tuple[int, datetime, datetime],
    cause: MissCause,
    *,
    clock: Clock,
) -> MissedRun:
    """Record moments that went by without a run: how many, the first and the last."""
    runs, first, last = due
    span = f"{first:%Y-%m-%d %H:%M}" + (f" to {last:%Y-%m-%d %H:%M}" if runs > 1 else "")
    row = MissedRun(
        platform_id=platform_id,
        runs=runs,
        first_due_at=first,
        last_due_at=last,
        cause=cause,
        words=f"{runs} missed, due {span} UTC. {MISS_MEANING[cause]}",
        at=clock.now(),
        clock_shift_s=int(clock.shift.total_seconds()),
    )
    session.add(row)
    return row


def missed_since(session: Session, since: datetime) -> list[MissedRun]:
    """Return what was missed since a moment, oldest first."""
    query = select(MissedRun).where(MissedRun.at >= since).order_by(MissedRun.id)
    return list(session.scalars(query))


def watch_of(session: Session, platform_id: str, now: datetime) -> Watch:
    """Return the platform's row, making a disabled one when there is none."""
    watch = session.get(Watch, platform_id)
    if watch is None:
        watch = Watch(platform_id=platform_id, created_at=now)
        try:
            with session.begin_nested():
                session.add(watch)
        except IntegrityError:  # somebody else made it in the meantime
            watch = session.get_one(Watch, platform_id)
    return watch


def all_watches(session: Session) -> list[Watch]:
    """Return the rows of all platforms, switched on or off, by id."""
    return list(session.scalars(select(Watch).order_by(Watch.platform_id)))
