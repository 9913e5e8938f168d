"""What this team does with a platform: enabled or not, schedule, budget, answer time, contacts."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from data.base import Record


class Watch(Record):
    """One platform as this team watches it; how it is read stands in its TOML file."""

    __tablename__ = "watches"

    platform_id: Mapped[str] = mapped_column(primary_key=True)
    enabled: Mapped[bool] = mapped_column(default=False)
    paused_until: Mapped[datetime | None]
    every_minutes: Mapped[int] = mapped_column(default=24 * 60)
    at_local: Mapped[str] = mapped_column(default="", doc="HH:MM of a daily crawl, or empty")
    timezone: Mapped[str] = mapped_column(default="UTC")
    next_run_at: Mapped[datetime | None]
    last_enqueued_at: Mapped[datetime | None]
    daily_requests: Mapped[int] = mapped_column(default=2000, doc="budget per UTC day")
    sla_days: Mapped[int] = mapped_column(default=7, doc="days after which no reply is overdue")
    contact: Mapped[str] = mapped_column(default="", doc="where takedown batches are sent")
    created_at: Mapped[datetime]


def watch_of(session: Session, platform_id: str, now: datetime) -> Watch:
    """Return the platform's row, making a disabled one when there is none."""
    watch = session.get(Watch, platform_id)
    if watch is None:
        watch = Watch(platform_id=platform_id, created_at=now)
        session.add(watch)
        session.flush()
    return watch


def all_watches(session: Session) -> list[Watch]:
    """Return the rows of all platforms, switched on or off, by id."""
    return list(session.scalars(select(Watch).order_by(Watch.platform_id)))
