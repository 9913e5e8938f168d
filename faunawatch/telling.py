"""What the commands do about alerts: channels, rules, mutes and settings; all of it audited."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data import audit
from data.alerting import is_muted, rules
from data.alerts import (
    KIND_MEANING,
    Alert,
    AlertKind,
    AlertRule,
    BadChannel,
    Delivery,
    DeliveryState,
    add_channel,
    alert_settings,
    channel_of,
    channels,
    check_name,
    mute,
    unmute,
)
from data.base import Clock
from data.flags import Flag
from data.taxa import load_taxa
from faunawatch.alerts import address_of, keep_address, secret_path
from faunawatch.house import House, os_actor
from faunawatch.watching import minutes_of

ALL = "all"
_LATEST_HOUR = 23


class BadRule(Exception):
    """A rule or setting that cannot be kept: the message says what would do."""


@dataclass(frozen=True)
class Wanted:
    """Which flags a watch rule asks to hear of; everything named must hold."""

    name: str
    taxon: str = ""
    live_only: bool = False
    least_sure: float = 0.0
    seller_again: bool = False


def add_alert_channel(house: House, name: str, address: str) -> str:
    """Add a channel; without an address here, the environment must name one."""
    check_name(name)  # before anything is written: the name is part of the secret's file
    if address:
        keep_address(house.folder, name, address)
    elif not address_of(house.folder, name):
        raise BadChannel(f"no address for '{name}': give one, or set it in the environment")
    clock = house.store.clock()
    with house.store.write() as session:
        add_channel(session, name, os_actor(), clock.now())
        _note(session, "add", f"channel:{name}", clock)
    return f"alerts go to {name} from now on; try it with `faunawatch alerts test {name}`"


def remove_alert_channel(house: House, name: str) -> str:
    """Switch a channel off and forget its address."""
    clock = house.store.clock()
    with house.store.write() as session:
        channel_of(session, name).enabled = False
        _note(session, "remove", f"channel:{name}", clock)
    secret_path(house.folder, name).unlink(missing_ok=True)
    return f"nothing goes to {name} any more"


def mute_alerts(house: House, platform_id: str, span: str) -> str:
    """Say nothing of a platform, or of all, for a while."""
    clock = house.store.clock()
    until = clock.now() + timedelta(minutes=minutes_of(span))
    with house.store.write() as session:
        mute(session, _platform(platform_id), until, os_actor(), clock)
        _note(session, "mute", f"platform:{platform_id}", clock)
    return f"nothing is said of {platform_id} until {until:%Y-%m-%d %H:%M} UTC"


def unmute_alerts(house: House, platform_id: str) -> str:
    """Speak of a platform again."""
    clock = house.store.clock()
    with house.store.write() as session:
        unmute(session, _platform(platform_id), clock.now())
        _note(session, "unmute", f"platform:{platform_id}", clock)
    return f"alerts about {platform_id} are sent again"


def _platform(platform_id: str) -> str:
    return "" if platform_id == ALL else platform_id


def add_rule(house: House, wanted: Wanted) -> str:
    """Add a watch rule: alerts within five minutes of a flag that fits it, from now on."""
    groups = {taxon.group for taxon in load_taxa()}
    if wanted.taxon and wanted.taxon not in load_taxa() and wanted.taxon not in groups:
        raise BadRule(f"'{wanted.taxon}' is no animal we know: use a scientific name or a group")
    clock = house.store.clock()
    with house.store.write() as session:
        rule = AlertRule(
            kind=AlertKind.FLAG,
            name=wanted.name,
            taxon=wanted.taxon,
            live_only=wanted.live_only,
            least_sure=wanted.least_sure,
            seller_again=wanted.seller_again,
            flags_seen=session.scalar(select(func.max(Flag.id))) or 0,
            created_at=clock.now(),
            created_by=os_actor(),
        )
        session.add(rule)
        session.flush()
        _note(session, "add", f"rule:{rule.id}", clock)
        return f"rule {rule.id}: {rule_words(rule)}"


def change_rule(house: House, rule_id: int, *, after: int | None, span: str) -> str:
    """Set after how many runs in a row a rule speaks, or let it be silent for a while."""
    clock = house.store.clock()
    with house.store.write() as session:
        rule = _rule(session, rule_id)
        if after is not None:
            rule.after = after
        if span:
            rule.muted_until = clock.now() + timedelta(minutes=minutes_of(span))
        _note(session, "change", f"rule:{rule_id}", clock)
        return f"rule {rule.id}: {rule_words(rule)}"


def remove_rule(house: House, rule_id: int) -> str:
    """Take a rule away."""
    clock = house.store.clock()
    with house.store.write() as session:
        session.delete(_rule(session, rule_id))
        _note(session, "remove", f"rule:{rule_id}", clock)
    return f"rule {rule_id} is gone"


def _rule(session: Session, rule_id: int) -> AlertRule:
    rule = session.get(AlertRule, rule_id)
    if rule is None:
        raise BadRule(f"no rule {rule_id}: see `faunawatch alerts list`")
    return rule


def rule_words(rule: AlertRule) -> str:
    """Say what a rule asks to be told."""
    if rule.kind is not AlertKind.FLAG:
        many = f", after {rule.after} in a row" if rule.after > 1 else ""
        return f"{KIND_MEANING[rule.kind].rstrip('.')}{many}"
    parts = [rule.taxon or "any animal that is not common"]
    parts += ["alive"] if rule.live_only else []
    parts += [f"at least {rule.least_sure:.0%} sure"] if rule.least_sure else []
    parts += ["of a seller flagged before"] if rule.seller_again else []
    return f"{rule.name}: {', '.join(parts)}"


def change_alert_setting(
    house: House, *, details: bool | None, link: str | None, hour: int | None
) -> list[str]:
    """Change what an alert may tell, where its link leads, and when the daily word is sent."""
    if link and not link.startswith(("http://", "https://")):
        raise BadRule(f"'{link}' is no address of our screens: write https://…")
    if hour is not None and not 0 <= hour <= _LATEST_HOUR:
        raise BadRule(f"{hour} is no hour: 0 to {_LATEST_HOUR}, in UTC")
    clock = house.store.clock()
    with house.store.write() as session:
        settings = alert_settings(session)
        if details is not None:
            settings.details_allowed = details
        if link is not None:
            settings.screens_url = link
        if hour is not None:
            settings.self_check_hour = hour
        _note(session, "set", "setting:alerts", clock)
        told = "names and causes" if settings.details_allowed else "counts and our own link only"
        return [
            f"an alert tells {told}",
            f"its link leads to {settings.screens_url or 'nowhere yet: set it with --link'}",
            f"the daily word is sent after {settings.self_check_hour:02}:00 UTC",
        ]


def alert_lines(house: House) -> Iterator[str]:
    """Give channels, rules and the latest alerts, a line each; never an address."""
    now = house.store.clock().now()
    with house.store.read() as session:
        for channel in channels(session):
            known = "has an address" if address_of(house.folder, channel.name) else "NO ADDRESS"
            yield f"channel\t{channel.name}\t{known}\t{_deliveries(session, channel.id)}"
        for rule in rules(session):
            yield f"rule\t{rule.id}\t{rule_words(rule)}{_silence(rule, now)}"
        latest = select(Alert).order_by(Alert.id.desc()).limit(20)
        for alert in session.scalars(latest):
            yield f"alert\t{alert.at:%Y-%m-%d %H:%M}\t{alert.kind}\t{alert.counts}{_ways(alert)}"


def _silence(rule: AlertRule, now: datetime) -> str:
    if rule.muted_until is None or not is_muted(rule, now):
        return ""
    return f"\tmuted until {rule.muted_until:%Y-%m-%d %H:%M} UTC"


def _ways(alert: Alert) -> str:
    ways = [f"{one.channel.name} {one.state.replace('_', ' ')}" for one in alert.deliveries]
    return f"\t{', '.join(ways) or 'no channel'}"


def _deliveries(session: Session, channel_id: int) -> str:
    counted = session.execute(
        select(Delivery.state, func.count())
        .where(Delivery.channel_id == channel_id)
        .group_by(Delivery.state)
    )
    counts = dict(counted.all())
    words = [
        f"{counts[state]} {state.replace('_', ' ')}" for state in DeliveryState if state in counts
    ]
    return ", ".join(words) or "nothing sent yet"


def _note(session: Session, verb: str, subject: str, clock: Clock) -> None:
    audit.note(session, actor=os_actor(), verb=f"alerts_{verb}", subject=subject, clock=clock)
