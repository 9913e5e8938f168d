"""The product as a team runs it: its command, in processes of their own, on one home."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.classified.site import ROOT

T = TypeVar("T")
PATIENCE_S = 120.0


@dataclass(frozen=True)
class Team:
    """A home and its database, worked on by `faunawatch` commands."""

    home: Path
    url: str

    def run(self, *arguments: str, clock: str = "", code: int = 0) -> str:
        """Run a command to its end, check its exit code and return what it printed."""
        ended = subprocess.run(
            _command(*arguments),
            cwd=ROOT,
            env=self._environment(clock),
            capture_output=True,
            check=False,
            text=True,
            timeout=PATIENCE_S * 2,
        )
        assert ended.returncode == code, f"{arguments}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    def rows(self, *arguments: str, clock: str = "") -> list[dict[str, Any]]:
        """Run a command that prints JSON Lines."""
        return [json.loads(line) for line in self.run(*arguments, clock=clock).splitlines()]

    @contextmanager
    def started(self, *arguments: str, clock: str = "") -> Iterator["subprocess.Popen[bytes]"]:
        """Start a command that goes on until the block ends; what it says goes to a file."""
        with (self.home / f"{arguments[0]}.log").open("ab") as log:
            process = subprocess.Popen(
                _command(*arguments),
                cwd=ROOT,
                env=self._environment(clock),
                stdout=log,
                stderr=log,
            )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE_S)

    def _environment(self, clock: str) -> dict[str, str]:
        own = {"FAUNAWATCH_HOME": str(self.home), "FAUNAWATCH_DATABASE_URL": self.url}
        return {**own, "PATH": "", **({"FAUNAWATCH_CLOCK": clock} if clock else {})}


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "faunawatch", *arguments]


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_served(port: int) -> bool:
    """Tell whether somebody listens on a loopback port."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def until(
    condition: Callable[[], T | None],
    working: "subprocess.Popen[bytes] | None" = None,
    seconds: float = PATIENCE_S,
) -> T:
    """Look again until another process has made a condition true, and return what it gives.

    A process given as `working` must not end before that.
    """
    pause, deadline = threading.Event(), time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "what was waited for did not come true in time"
        assert working is None or working.poll() is None, "the process ended too early; see its log"
        pause.wait(0.05)
    return found
