"""Run several parts as processes of one command, and end them all together."""

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

STOP_SECONDS = 30


class PartDied(Exception):
    """One part ended by itself: the message names it; look above for what it printed."""


@contextmanager
def stop_event() -> Iterator[threading.Event]:
    """Give an event that Ctrl-C and SIGTERM set, so that loops end cleanly."""
    stop = threading.Event()
    before = {
        name: signal.signal(name, lambda *_: stop.set()) for name in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield stop
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def start(
    commands: Mapping[str, Sequence[str]], logs: Path, environment: Mapping[str, str] | None = None
) -> dict[str, "subprocess.Popen[bytes]"]:
    """Start each `faunawatch` command; what it says goes to a file named after it.

    Each gets a session of its own, so that Ctrl-C reaches only us and we end them in order.
    """
    logs.mkdir(parents=True, exist_ok=True)
    parts = {}
    for name, command in commands.items():
        with (logs / f"{name}.log").open("ab") as log:
            parts[name] = subprocess.Popen(
                [sys.executable, "-m", "faunawatch", *command],
                start_new_session=True,
                stdout=log,
                stderr=log,
                env=dict(environment) if environment else None,
            )
    return parts


def wait_until_served(
    address: str, parts: Mapping[str, "subprocess.Popen[bytes]"], stop: threading.Event
) -> None:
    """Wait until a loopback address answers, while all parts live."""
    host, _, port = address.removeprefix("http://").partition(":")
    while not stop.wait(0.1):
        _all_alive(parts)
        with suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            return


def watch(parts: Mapping[str, "subprocess.Popen[bytes]"], stop: threading.Event) -> None:
    """Wait until `stop` is set; raise `PartDied` when a part ends before that."""
    while not stop.wait(0.3):
        _all_alive(parts)


def _all_alive(parts: Mapping[str, "subprocess.Popen[bytes]"]) -> None:
    for name, part in parts.items():
        if part.poll() is not None:
            raise PartDied(f"the {name} ended with code {part.returncode}")


def end(parts: Mapping[str, "subprocess.Popen[bytes]"]) -> None:
    """End all parts: ask first, then insist."""
    for part in parts.values():
        if part.poll() is None:
            part.terminate()
    for part in parts.values():
        try:
            part.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            part.kill()
            part.wait()
