"""The store: SQLite by default, PostgreSQL by address; the same records and tests for both."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.orm import Session

from data.base import Clock
from data.home import Home, HomeKind, WrongHome, clock_of, the_home

BUSY_MS = 15_000
WRITERS_LOCK = 4_071_952


class NewerSchema(Exception):
    """The database was written by a newer faunawatch: install that version, nothing was touched."""


@dataclass(frozen=True)
class Store:
    """An open database: sessions for reading and for writing, and its clock."""

    engine: Engine
    extra_shift: timedelta = timedelta(0)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session that only looks; it takes no write lock."""
        with Session(self.engine.execution_options(writes=False)) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a session that commits when the block ends and rolls back when it raises.

        One writes at a time, on both databases: SQLite can do no other, and on PostgreSQL it rules
        out deadlocks between verbs that lock the same rows in different orders. Keep blocks short.
        """
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            if self.engine.dialect.name == "postgresql":
                session.execute(text(f"SET LOCAL lock_timeout = {BUSY_MS}"))
                session.execute(text(f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})"))
            yield session

    def clock(self) -> Clock:
        """Return the clock as the home row sets it now; ask anew for each request or job."""
        with self.read() as session:
            return clock_of(the_home(session), self.extra_shift)

    def home(self) -> Home:
        """Return a detached copy of the home row."""
        with self.read() as session:
            home = the_home(session)
            session.expunge(home)
            return home

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


def sqlite_url(path: Path) -> str:
    """Return the address of an SQLite file."""
    return f"sqlite:///{path}"


def open_store(url: str, *, kind: HomeKind | None, extra_shift: timedelta = timedelta(0)) -> Store:
    """Open a database of this kind, making or upgrading its tables.

    Without a kind an existing database is taken as it is marked, and a new one is real. Raises
    `WrongHome` when the database is marked as another kind and `NewerSchema` when it was
    written by a newer version.
    """
    store = Store(_engine(url), extra_shift)
    try:
        migrate(store.engine, url)
        _mark(store, kind)
        store.clock()
    except BaseException:
        store.close()
        raise
    return store


def _mark(store: Store, kind: HomeKind | None) -> None:
    with store.read() as session:
        home = session.get(Home, 1)
        found = home.kind if home is not None else None
    if found is None:
        with store.write() as session:
            session.add(Home(id=1, kind=kind or HomeKind.REAL, created_at=datetime.now(UTC)))
    elif kind is not None and found is not kind:
        raise WrongHome(
            f"this database is marked '{found}', not '{kind}': "
            "use FAUNAWATCH_HOME or FAUNAWATCH_DATABASE_URL to choose another"
        )


def _engine(url: str) -> Engine:
    # Errors go into logs and job rows: they may not carry names, hashes or sellers' words there.
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    timeout = {"timeout": BUSY_MS / 1000}
    engine = create_engine(url, connect_args=timeout, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:  # noqa: ANN401
    # The driver must not begin transactions by itself: a deferred one that later writes fails at
    # once when another process wrote in between, whatever the busy timeout.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_MS}",
        "synchronous=NORMAL",
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def alembic_config() -> Config:
    """Return Alembic's configuration for the packaged migrations."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def migrate(engine: Engine, url: str) -> None:
    """Bring the tables up to this version; an SQLite file is copied beside itself first."""
    config = alembic_config()
    scripts = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current == scripts.get_current_head():
        return
    if current is not None:
        if current not in {script.revision for script in scripts.walk_revisions()}:
            raise NewerSchema(f"the database has schema '{current}', which this version lacks")
        _copy_before_upgrade(url, current)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _copy_before_upgrade(url: str, revision: str) -> None:
    if not url.startswith("sqlite:///"):
        return
    path = Path(url.removeprefix("sqlite:///"))
    target = path.with_name(f"{path.stem}-before-{revision}.sqlite")
    with sqlite3.connect(path) as source, sqlite3.connect(target) as copy:
        source.backup(copy)
