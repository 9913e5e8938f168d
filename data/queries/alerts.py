"""What was told and to whom: the latest alerts, channels with how they do, rules and mutes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.alerting import rules
from data.alerts import (
    Alert,
    AlertChannel,
    AlertKind,
    AlertMute,
    AlertRule,
    AlertSettings,
    Delivery,
    DeliveryState,
    alert_settings,
    channels,
)

MOST_ALERTS = 60


@dataclass(frozen=True)
class ChannelRow:
    """A channel and how it does."""

    channel: AlertChannel
    waiting: int
    given_up: int
    last_sent_at: datetime | None
    error: str


@dataclass(frozen=True)
class AlertPage:
    """Everything the alerts screen shows."""

    alerts: Sequence[Alert]
    channels: Sequence[ChannelRow]
    rules: Sequence[AlertRule]
    mutes: Sequence[AlertMute]
    settings: AlertSettings

    @property
    def watching(self) -> list[AlertRule]:
        """The rules that say which flags the team wants to hear of."""
        return [rule for rule in self.rules if rule.kind is AlertKind.FLAG]

    @property
    def others(self) -> list[AlertRule]:
        """The rules about platforms and the house itself."""
        return [rule for rule in self.rules if rule.kind is not AlertKind.FLAG]


def alert_page(session: Session, now: datetime) -> AlertPage:
    """Load the alerts screen."""
    latest = select(Alert).order_by(Alert.id.desc()).limit(MOST_ALERTS)
    muted = select(AlertMute).where(AlertMute.until > now).order_by(AlertMute.until)
    return AlertPage(
        alerts=list(session.scalars(latest)),
        channels=[_channel(session, one) for one in channels(session)],
        rules=rules(session),
        mutes=list(session.scalars(muted)),
        settings=session.get(AlertSettings, 1) or alert_settings(session),
    )


def _channel(session: Session, channel: AlertChannel) -> ChannelRow:
    mine = Delivery.channel_id == channel.id
    counted = session.execute(
        select(Delivery.state, func.count()).where(mine).group_by(Delivery.state)
    )
    counts = dict(counted.all())
    sent = select(func.max(Delivery.ended_at)).where(mine, Delivery.state == DeliveryState.SENT)
    unsent = select(Delivery.error).where(
        mine, Delivery.state != DeliveryState.SENT, Delivery.error != ""
    )
    return ChannelRow(
        channel=channel,
        waiting=counts.get(DeliveryState.WAITING, 0),
        given_up=counts.get(DeliveryState.GIVEN_UP, 0),
        last_sent_at=session.scalar(sent),
        error=session.scalar(unsent.order_by(Delivery.id.desc()).limit(1)) or "",
    )
