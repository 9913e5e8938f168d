"""Alerts leave the house here and nowhere else: a worker's job sends what waits in the outbox.

An address is read from `secrets/alert-NAME` in the home, or from the environment, when it is used.
It is never stored, logged or shown: what went wrong is told by its kind and an HTTP status alone.
"""

import logging
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from data.alerts import (
    AlertChannel,
    AlertKind,
    BadChannel,
    Delivery,
    DeliveryState,
    Message,
    alert_settings,
    begin_try,
    channel_of,
    channels,
    due,
    end_try,
    raise_alert,
)
from data.home import the_home
from faunawatch.house import House
from faunawatch.settings import alert_address

if TYPE_CHECKING:
    from apprise import Apprise

log = logging.getLogger(__name__)
Send = Callable[[str, str, str], str]
"""Send to an address a title and a text; return what went wrong, or nothing."""
_STATUS = re.compile(r"error=(\d{3})")


def address_of(folder: Path, name: str) -> str:
    """Return a channel's address from the home's secrets, else the environment, else nothing."""
    try:
        return secret_path(folder, name).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return alert_address(name)


def secret_path(folder: Path, name: str) -> Path:
    """Return where a channel's address lies."""
    return folder / "secrets" / f"alert-{name}"


def keep_address(folder: Path, name: str, address: str) -> None:
    """Keep an address where only this user can read it, after checking that it is one."""
    if why := why_no_address(address):
        raise BadChannel(why)
    path = secret_path(folder, name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(address.strip() + "\n", encoding="utf-8")


def why_no_address(address: str) -> str:
    """Say what is wrong with an address; empty when alerts can be sent to it."""
    lines = address.split()
    if not lines:
        return "no address was given: write one such as mailtos://… or tgram://…"
    known = _apprise()
    wrong = [number for number, one in enumerate(lines, 1) if not known.add(one)]
    if wrong:
        return f"address {wrong[0]} of {len(lines)} is of no kind that alerts can be sent to"
    return ""


def _apprise() -> "Apprise":
    with warnings.catch_warnings():  # its plugins import modules that Python is about to drop
        warnings.simplefilter("ignore", DeprecationWarning)
        import apprise  # noqa: PLC0415  (it takes two seconds; only this job pays them)

        apprise.Apprise.instantiate("json://127.0.0.1")
    asset = apprise.AppriseAsset(app_id="faunawatch", app_desc="", async_mode=False)
    return apprise.Apprise(asset=asset)


def send(address: str, title: str, text: str) -> str:
    """Send by apprise; what it says of a failure names addresses, so only the status is kept."""
    target = _apprise()
    for one in address.split():
        if not target.add(one):
            return "the address is of no kind that alerts can be sent to"
    import apprise  # noqa: PLC0415

    capture: Any = apprise.LogCapture
    with _unheard(), capture(level=logging.WARNING, fmt="%(message)s") as said:
        if target.notify(title=title, body=text):
            return ""
        status = _STATUS.search(said.getvalue())
    return f"refused with HTTP {status[1]}" if status else "nothing took it at that address"


@contextmanager
def _unheard() -> Iterator[None]:
    """Keep from our logs what libraries say of an address: HTTP clients log it whole."""

    def nothing(_record: logging.LogRecord) -> bool:
        return False

    handlers = list(logging.getLogger().handlers)
    for handler in handlers:
        handler.addFilter(nothing)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(nothing)


@dataclass(frozen=True)
class Outgoing:
    """One message on its way, in plain values."""

    delivery_id: int
    channel: str
    title: str
    text: str


def send_due(house: House, *, by: Send = send) -> dict[str, Any]:
    """Send what waits; each attempt is counted before it is made and told right after."""
    with house.store.read() as session:
        waiting = [delivery.id for delivery in due(session, datetime.now(UTC))]
    results = [_send_one(house, number, by) for number in waiting]
    sent = results.count(DeliveryState.SENT)
    given_up = results.count(DeliveryState.GIVEN_UP)
    return {"sent": sent, "waiting": len(results) - sent - given_up, "given_up": given_up}


def _send_one(house: House, delivery_id: int, by: Send) -> DeliveryState:
    with house.store.write() as session:
        delivery = session.get_one(Delivery, delivery_id)
        if delivery.state is not DeliveryState.WAITING:
            return delivery.state
        begin_try(delivery, datetime.now(UTC))
        going = _outgoing(session, delivery)
    address = address_of(house.folder, going.channel)
    error = by(address, going.title, going.text) if address else _no_address(going.channel)
    with house.store.write() as session:
        delivery = session.get_one(Delivery, delivery_id)
        end_try(delivery, error, datetime.now(UTC))
        if delivery.state is DeliveryState.GIVEN_UP:
            _tell_others(session, house, delivery)
        return delivery.state


def _no_address(name: str) -> str:
    return f"no address: `faunawatch alerts add {name}` asks for it"


def _outgoing(session: Session, delivery: Delivery) -> Outgoing:
    alert, settings, home = delivery.alert, alert_settings(session), the_home(session)
    text = alert.details if settings.details_allowed and alert.details else alert.counts
    link = f"{settings.screens_url.rstrip('/')}{alert.path}" if settings.screens_url else ""
    title = "faunawatch (DEMO)" if home.is_demo else "faunawatch"
    return Outgoing(delivery.id, delivery.channel.name, title, f"{text}\n{link}".strip())


def _tell_others(session: Session, house: House, delivery: Delivery) -> None:
    """Give up loudly: in the log, on the screen, and on every other channel."""
    name, clock = delivery.channel.name, house.store.clock()
    log.error("alert %s was given up on channel %s: %s", delivery.alert_id, name, delivery.error)
    if delivery.alert.kind is AlertKind.UNDELIVERED:
        return
    message = Message(
        key=f"{AlertKind.UNDELIVERED}:{name}:{clock.now():%Y-%m-%d}",
        kind=AlertKind.UNDELIVERED,
        counts="1 channel takes no alerts in spite of every attempt.",
        details=f"Channel {name}: {delivery.error}",
        path="/alerts",
    )
    others = [one for one in channels(session) if one.id != delivery.channel_id]
    raise_alert(session, message, clock=clock, now=datetime.now(UTC), to=others)


def try_channels(house: House, job_id: int, name: str = "", *, by: Send = send) -> dict[str, Any]:
    """Send a test message to one channel or to all, with whatever else waits."""
    clock = house.store.clock()
    with house.store.write() as session:
        to: Sequence[AlertChannel] = [channel_of(session, name)] if name else channels(session)
        message = Message(
            key=f"{AlertKind.TEST}:{job_id}",
            kind=AlertKind.TEST,
            counts="This is a test: alerts reach you here.",
            path="/alerts",
        )
        raise_alert(session, message, clock=clock, now=datetime.now(UTC), to=to)
    return send_due(house, by=by)
