"""Alerts: what we tell people outside the screens, kept in an outbox until it is told.

An `Alert` has a key that says what it is about, so that looking again never says it again. A
`Delivery` is that alert on its way to one channel. Addresses are never here: a channel is a name,
and the machine's secrets folder or environment holds what it stands for.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Float, ForeignKey, Text, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from data.base import Clock, Happened, Record, Word, storable

BACK_OFF: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 3, 10, 30, 120, 360, 720))
AT_ONCE: Final = 50
_NAME = re.compile(r"^[a-z0-9][a-z0-9-]{0,39}$")


class AlertKind(StrEnum):
    """What an alert is about; each member has its one-line meaning in `KIND_MEANING`."""

    DROP = "drop"
    BLOCKED = "blocked"
    FAILED = "failed"
    MISSED = "missed"
    RECOVERED = "recovered"
    DEAD_MAN = "dead_man"
    DISK = "disk"
    FLAG = "flag"
    SELF_CHECK = "self_check"
    UNDELIVERED = "undelivered"
    TEST = "test"


KIND_MEANING: Final = {
    AlertKind.DROP: "A platform gives less than usual, or nothing that can be read.",
    AlertKind.BLOCKED: "A platform turned us away: a block, a login wall, robots.txt.",
    AlertKind.FAILED: "A platform did not answer, or runs broke off.",
    AlertKind.MISSED: "A run was due and nothing ran it.",
    AlertKind.RECOVERED: "A platform that was told of reads well again.",
    AlertKind.DEAD_MAN: "A part that must always run has stopped.",
    AlertKind.DISK: "The disk is nearly full.",
    AlertKind.FLAG: "A listing was flagged that the team wants to hear of at once.",
    AlertKind.SELF_CHECK: "The daily word that everything still looks after itself.",
    AlertKind.UNDELIVERED: "A channel took no alert in spite of every attempt.",
    AlertKind.TEST: "Somebody pressed Test.",
}


class DeliveryState(StrEnum):
    """Where an alert stands on its way to one channel."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"


class AlertRule(Record):
    """When an alert is raised; rules of kind flag say which listings the team wants to hear of."""

    __tablename__ = "alert_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[AlertKind] = mapped_column(Word(AlertKind))
    name: Mapped[str] = mapped_column(default="")
    after: Mapped[int] = mapped_column(default=1, doc="runs in a row before it is told")
    muted_until: Mapped[datetime | None]
    taxon: Mapped[str] = mapped_column(default="", doc="this animal or group only, or empty")
    live_only: Mapped[bool] = mapped_column(default=False)
    least_sure: Mapped[float] = mapped_column(Float, default=0.0)
    seller_again: Mapped[bool] = mapped_column(default=False)
    flags_seen: Mapped[int] = mapped_column(default=0, doc="flags up to this id were looked at")
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(default="")


class AlertMute(Happened, Record):
    """A platform nobody wants to hear of for a while; empty means all of them."""

    __tablename__ = "alert_mutes"

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[str] = mapped_column(index=True)
    until: Mapped[datetime]
    by: Mapped[str] = mapped_column(default="")


class AlertChannel(Record):
    """Where alerts go, by name; the address stands with the secrets, never here."""

    __tablename__ = "alert_channels"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(default="")


class Alert(Happened, Record):
    """One thing to tell, told once: `key` says what it is about."""

    __tablename__ = "alerts"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[AlertKind] = mapped_column(Word(AlertKind))
    platform_id: Mapped[str] = mapped_column(default="", index=True)
    counts: Mapped[str] = mapped_column(Text, doc="what may leave the house: counts only")
    details: Mapped[str] = mapped_column(Text, default="", doc="sent only where Settings allow it")
    path: Mapped[str] = mapped_column(default="/", doc="our own page about it")

    deliveries: Mapped[list["Delivery"]] = relationship(
        back_populates="alert", order_by="Delivery.id", lazy="selectin"
    )


class Delivery(Record):
    """An alert on its way to one channel; one row each, so that nothing is told twice."""

    __tablename__ = "alert_deliveries"
    __table_args__ = (UniqueConstraint("alert_id", "channel_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("alert_channels.id"), index=True)
    state: Mapped[DeliveryState] = mapped_column(
        Word(DeliveryState), default=DeliveryState.WAITING, index=True
    )
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(doc="real time, never a shifted clock")
    ended_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(Text, default="")

    alert: Mapped[Alert] = relationship(back_populates="deliveries", lazy="joined")
    channel: Mapped[AlertChannel] = relationship(lazy="joined")


class AlertSettings(Record):
    """The one row that says what an alert may tell, and where its link leads."""

    __tablename__ = "alert_settings"

    id: Mapped[int] = mapped_column(primary_key=True)
    details_allowed: Mapped[bool] = mapped_column(
        default=False, doc="names and causes may leave the house; a chat app is not ours"
    )
    screens_url: Mapped[str] = mapped_column(default="", doc="where people reach the screens")
    self_check_hour: Mapped[int] = mapped_column(default=6, doc="UTC hour of the daily word")


class BadChannel(Exception):
    """A channel that cannot be used: the message says what to do."""


def alert_settings(session: Session) -> AlertSettings:
    """Return the row of settings, making it where it is missing."""
    row = session.get(AlertSettings, 1)
    if row is None:
        row = AlertSettings(id=1, details_allowed=False, screens_url="", self_check_hour=6)
        session.add(row)
        session.flush()
    return row


def check_name(name: str) -> None:
    """Raise `BadChannel` for what is no name of a channel."""
    if not _NAME.fullmatch(name):
        raise BadChannel(f"'{name}' is no name for a channel: use a-z, 0-9 and -, such as team")


def add_channel(session: Session, name: str, by: str, now: datetime) -> AlertChannel:
    """Add a channel, or switch one on again."""
    check_name(name)
    channel = session.scalar(select(AlertChannel).where(AlertChannel.name == name))
    if channel is None:
        channel = AlertChannel(name=name, created_at=now, created_by=by)
        session.add(channel)
    channel.enabled = True
    session.flush()
    return channel


def channels(session: Session) -> list[AlertChannel]:
    """Return the channels that are switched on, by name."""
    rows = select(AlertChannel).where(AlertChannel.enabled).order_by(AlertChannel.name)
    return list(session.scalars(rows))


def channel_of(session: Session, name: str) -> AlertChannel:
    """Return a channel that is switched on."""
    for channel in channels(session):
        if channel.name == name:
            return channel
    raise BadChannel(f"no channel '{name}': see `faunawatch alerts list`")


@dataclass(frozen=True)
class Message:
    """What there is to tell: `key` says what it is about, `counts` may leave the house."""

    key: str
    kind: AlertKind
    counts: str
    details: str = ""
    platform_id: str = ""
    path: str = "/crawls"


def raise_alert(
    session: Session,
    message: Message,
    *,
    clock: Clock,
    now: datetime,
    to: Sequence[AlertChannel] | None = None,
) -> Alert | None:
    """Put an alert into the outbox for every channel; None when its key was told before.

    `now` is real time, which attempts are measured by; `clock` says when it happened.
    """
    if was_told(session, message.key):
        return None
    alert = Alert(
        key=message.key,
        kind=message.kind,
        platform_id=message.platform_id,
        counts=storable(message.counts),
        details=storable(message.details)[:2000],
        path=message.path,
        at=clock.now(),
        clock_shift_s=int(clock.shift.total_seconds()),
    )
    for channel in channels(session) if to is None else to:
        alert.deliveries.append(Delivery(channel=channel, next_try_at=now))
    session.add(alert)
    session.flush()
    return alert


def was_told(session: Session, key: str) -> bool:
    """Tell whether an alert of this key was raised before."""
    return session.scalar(select(Alert.id).where(Alert.key == key)) is not None


def due(session: Session, now: datetime) -> list[Delivery]:
    """Return what is to be sent now, oldest first."""
    rows = session.scalars(
        select(Delivery)
        .join(Delivery.channel)
        .where(
            Delivery.state == DeliveryState.WAITING,
            Delivery.next_try_at <= now,
            AlertChannel.enabled,
        )
        .order_by(Delivery.id)
        .limit(AT_ONCE)
    )
    return list(rows)


def begin_try(delivery: Delivery, now: datetime) -> None:
    """Count an attempt before it is made, so that a crash in it waits like a failure."""
    pause = BACK_OFF[min(delivery.attempts, len(BACK_OFF) - 1)]
    delivery.attempts += 1
    delivery.next_try_at = now + pause


def end_try(delivery: Delivery, error: str, now: datetime) -> None:
    """Record how an attempt ended; after the last one the delivery is given up."""
    delivery.error = storable(error)[:300]
    if not error:
        delivery.state, delivery.ended_at = DeliveryState.SENT, now
    elif delivery.attempts > len(BACK_OFF):
        delivery.state, delivery.ended_at = DeliveryState.GIVEN_UP, now


def mute(session: Session, platform_id: str, until: datetime, by: str, clock: Clock) -> AlertMute:
    """Say nothing of a platform until then; no platform means all of them."""
    row = AlertMute(
        platform_id=platform_id,
        until=until,
        by=by,
        at=clock.now(),
        clock_shift_s=int(clock.shift.total_seconds()),
    )
    session.add(row)
    session.flush()
    return row


def unmute(session: Session, platform_id: str, now: datetime) -> bool:
    """Speak of a platform again from now on; False where nobody had muted it."""
    muted = select(AlertMute).where(AlertMute.platform_id == platform_id, AlertMute.until > now)
    rows = list(session.scalars(muted))
    for row in rows:
        row.until = now
    return bool(rows)


def muted_until(session: Session, platform_id: str, now: datetime) -> datetime | None:
    """Return until when nothing is said of a platform, or None."""
    named = or_(AlertMute.platform_id == platform_id, AlertMute.platform_id == "")
    rows = session.scalars(select(AlertMute.until).where(named, AlertMute.until > now))
    return max(rows, default=None)
