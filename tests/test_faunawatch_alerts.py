"""The outbox: sent by apprise to a server of our own, tried again, given up; no address told."""

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from data.alerts import (
    BACK_OFF,
    Alert,
    AlertKind,
    BadChannel,
    Delivery,
    DeliveryState,
    Message,
    add_channel,
    alert_settings,
    raise_alert,
)
from data.jobs import Job, JobKind, ask
from data.store import Store
from faunawatch.alerts import address_of, keep_address, secret_path, send_due
from faunawatch.house import House
from faunawatch.jobs import do_job

SECRET = "s3cret-token"


@dataclass
class Target:
    """Takes what apprise sends, and answers as it is told."""

    port: int = 0
    status: int = 200
    heard: list[dict[str, Any]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"json://127.0.0.1:{self.port}/{SECRET}"


@contextmanager
def _listening() -> Iterator[Target]:
    target = Target()

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            target.heard.append(json.loads(body))
            self.send_response(target.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    target.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield target
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def target() -> Iterator[Target]:
    with _listening() as made:
        yield made


@pytest.fixture
def house(store: Store, tmp_path: Path) -> House:
    return House(tmp_path / "home", "", store)


def _channel(house: House, target: Target, name: str = "team") -> None:
    keep_address(house.folder, name, target.address)
    with house.store.write() as session:
        add_channel(session, name, "test", datetime.now(UTC))


def _raise(house: House, key: str = "k", **more: str) -> bool:
    message = Message(key, AlertKind.BLOCKED, "1 platform turned us away: 1 run.", **more)
    with house.store.write() as session:
        clock, now = house.store.clock(), datetime.now(UTC)
        return raise_alert(session, message, clock=clock, now=now) is not None


def _due_again(house: House) -> None:
    with house.store.write() as session:
        session.execute(update(Delivery).values(next_try_at=datetime.now(UTC)))


def _deliveries(house: House) -> list[tuple[str, DeliveryState, int, str]]:
    with house.store.read() as session:
        rows = session.scalars(select(Delivery).order_by(Delivery.id))
        return [(row.channel.name, row.state, row.attempts, row.error) for row in rows]


def test_an_alert_is_sent_once_with_counts_and_our_own_link_only(
    house: House, target: Target
) -> None:
    _channel(house, target)
    with house.store.write() as session:
        alert_settings(session).screens_url = "https://team.example/"
    assert _raise(house, details="chotot: HTTP 403", path="/crawls/7")
    assert not _raise(house)
    assert send_due(house) == {"sent": 1, "waiting": 0, "given_up": 0}
    assert send_due(house) == {"sent": 0, "waiting": 0, "given_up": 0}
    (heard,) = target.heard
    assert heard["title"] == "faunawatch"
    text = "1 platform turned us away: 1 run.\nhttps://team.example/crawls/7"
    assert heard["message"] == text
    assert _deliveries(house) == [("team", DeliveryState.SENT, 1, "")]


def test_names_and_causes_leave_only_where_settings_allow_it(house: House, target: Target) -> None:
    _channel(house, target)
    with house.store.write() as session:
        alert_settings(session).details_allowed = True
    _raise(house, details="chotot: HTTP 403")
    send_due(house)
    assert target.heard[0]["message"] == "chotot: HTTP 403"


def test_a_refusal_is_tried_again_later_and_sent_once(house: House, target: Target) -> None:
    _channel(house, target)
    _raise(house)
    target.status = 500
    assert send_due(house)["waiting"] == 1
    assert send_due(house) == {"sent": 0, "waiting": 0, "given_up": 0}
    assert _deliveries(house) == [("team", DeliveryState.WAITING, 1, "refused with HTTP 500")]
    with house.store.read() as session:
        waits = session.scalars(select(Delivery.next_try_at)).one() - datetime.now(UTC)
    assert timedelta(0) < waits <= BACK_OFF[0]
    target.status = 200
    _due_again(house)
    assert send_due(house)["sent"] == 1
    assert len(target.heard) == 2


def test_the_pauses_grow(house: House, target: Target) -> None:
    assert list(BACK_OFF) == sorted(set(BACK_OFF))
    _channel(house, target)
    _raise(house)
    for pause in BACK_OFF:
        _due_again(house)
        send_due(house, by=lambda *_: "no")
        with house.store.read() as session:
            left = session.scalars(select(Delivery.next_try_at)).one() - datetime.now(UTC)
        assert pause - timedelta(minutes=1) < left <= pause


def test_it_gives_up_loudly_on_every_other_channel(
    house: House, target: Target, caplog: pytest.LogCaptureFixture
) -> None:
    with _listening() as gone:
        _channel(house, gone, "gone")
        gone.status = 404
        _channel(house, target)
        _raise(house)
        with caplog.at_level(logging.ERROR):
            for _ in range(len(BACK_OFF) + 1):
                _due_again(house)
                send_due(house)
    states = {(name, state) for name, state, _, _ in _deliveries(house)}
    assert ("gone", DeliveryState.GIVEN_UP) in states
    assert len(gone.heard) == len(BACK_OFF) + 1
    send_due(house)
    assert [one["message"] for one in target.heard] == [
        "1 platform turned us away: 1 run.",
        "1 channel takes no alerts in spite of every attempt.",
    ]
    assert "given up on channel gone: refused with HTTP 404" in caplog.text


def test_a_crash_in_an_attempt_waits_like_a_failure(house: House, target: Target) -> None:
    _channel(house, target)
    _raise(house)

    def crash(*_: str) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send_due(house, by=crash)
    assert send_due(house) == {"sent": 0, "waiting": 0, "given_up": 0}
    assert target.heard == []
    _due_again(house)
    assert send_due(house)["sent"] == 1


def test_a_test_message_is_a_job(house: House, target: Target) -> None:
    _channel(house, target)
    with _listening() as other:
        _channel(house, other, "other")
        with house.store.write() as session:
            clock = house.store.clock()
            job = ask(session, JobKind.ALERT, {"test": "team"}, by="person:1", clock=clock)
            session.expunge(job)
        assert do_job(house, job)["sent"] == 1
        assert "test" in target.heard[0]["message"]
        assert other.heard == []
        job.arguments = {"test": ""}
        job.id += 1
        assert do_job(house, job)["sent"] == 2


def test_the_address_stands_nowhere_but_in_the_secrets(
    house: House, target: Target, caplog: pytest.LogCaptureFixture, store_url: str
) -> None:
    with caplog.at_level(logging.DEBUG):
        _channel(house, target)
        _raise(house)
        target.status = 500
        send_due(house)
        target.status = 200
        _due_again(house)
        send_due(house)
    assert SECRET not in caplog.text
    with house.store.read() as session:
        for kind in (Alert, Delivery, Job):
            rows = session.execute(select(kind.__table__)).all()
            assert SECRET not in repr(rows)
    path = secret_path(house.folder, "team")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0


def test_the_environment_may_name_the_address(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert address_of(house.folder, "field-team") == ""
    monkeypatch.setenv("FAUNAWATCH_ALERT_FIELD_TEAM", "json://127.0.0.1/x")
    assert address_of(house.folder, "field-team") == "json://127.0.0.1/x"


def test_a_channel_without_an_address_says_what_to_do(house: House) -> None:
    with house.store.write() as session:
        add_channel(session, "team", "test", datetime.now(UTC))
    _raise(house)
    assert send_due(house)["waiting"] == 1
    assert "alerts add team" in _deliveries(house)[0][3]


@pytest.mark.parametrize("address", ["", "nonsense", "json://127.0.0.1 nonsense://x"])
def test_what_is_no_address_is_refused_without_repeating_it(house: House, address: str) -> None:
    with pytest.raises(BadChannel) as refused:
        keep_address(house.folder, "team", address)
    assert "nonsense" not in str(refused.value)
    assert not secret_path(house.folder, "team").exists()


@pytest.mark.parametrize("name", ["", "Team", "../team", "a b", "x" * 41])
def test_names_of_channels_are_plain(house: House, name: str) -> None:
    with house.store.write() as session, pytest.raises(BadChannel, match="use a-z"):
        add_channel(session, name, "test", datetime.now(UTC))


def test_a_channel_added_twice_is_one(house: House) -> None:
    with house.store.write() as session:
        first = add_channel(session, "team", "test", datetime.now(UTC))
        first.enabled = False
        again = add_channel(session, "team", "test", datetime.now(UTC))
        assert again is first
        assert again.enabled
