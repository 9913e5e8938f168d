"""Sellers: accounts on a platform. People; so little is kept, and not for long."""

from datetime import datetime

from sqlalchemy import Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from data.base import Record


class Seller(Record):
    """An account on a platform that offers listings."""

    __tablename__ = "sellers"
    __table_args__ = (UniqueConstraint("platform_id", "external_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[str]
    external_id: Mapped[str] = mapped_column(doc="the platform's id, or the shown name without one")
    name: Mapped[str] = mapped_column(Text, default="")
    url: Mapped[str] = mapped_column(Text, default="")
    profile: Mapped[str] = mapped_column(Text, default="")
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
