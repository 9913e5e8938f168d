"""The store keeps demo and real apart, migrates, and does the same on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text

from data.base import Record
from data.home import Home, HomeKind, WrongHome, one_day_later, the_home
from data.records import ALL_RECORDS
from data.store import NewerSchema, Store, open_store, sqlite_url
from data.watches import Watch, watch_of
from tests.makers import make_listing


def test_migrations_make_exactly_the_records(store: Store) -> None:
    assert ALL_RECORDS
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, Record.metadata) == []


def test_a_database_marked_otherwise_is_refused(store_url: str) -> None:
    with pytest.raises(WrongHome, match="marked 'test', not 'real'"):
        open_store(store_url, kind=HomeKind.REAL)


def test_a_newer_schema_is_refused_and_left_alone(store: Store, store_url: str) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerSchema, match="9999"):
        open_store(store_url, kind=HomeKind.TEST)


def test_a_real_home_refuses_a_shifted_clock(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "real.sqlite")
    store = open_store(url, kind=HomeKind.REAL)
    with store.write() as session, pytest.raises(WrongHome):
        one_day_later(the_home(session))
    store.close()
    with pytest.raises(WrongHome, match="FAUNAWATCH_CLOCK"):
        open_store(url, kind=HomeKind.REAL, extra_shift=timedelta(hours=25))


def test_the_demo_clock_moves_for_everyone(store: Store) -> None:
    with store.write() as session:
        one_day_later(the_home(session))
    ahead = store.clock().now() - datetime.now(UTC)
    assert timedelta(hours=24) < ahead < timedelta(hours=26)
    assert store.clock().shift == timedelta(hours=25)


def test_a_failed_block_writes_nothing(store: Store, clock) -> None:
    with pytest.raises(ZeroDivisionError), store.write() as session:  # noqa: PT012
        make_listing(session, clock)
        raise ZeroDivisionError
    with store.read() as session:
        assert session.query(Home).count() == 1
        assert session.execute(text("SELECT count(*) FROM listings")).scalar() == 0


def test_naive_times_are_refused(store: Store, clock) -> None:
    with pytest.raises(Exception, match="naive time"), store.write() as session:
        the_home(session).created_at = datetime(2026, 1, 1)  # noqa: DTZ001


def test_two_writers_that_lock_in_opposite_orders_both_finish(store: Store) -> None:
    """Without one writer at a time PostgreSQL ends one of these two with a deadlock."""
    with store.write() as session:
        for name in ("a", "b"):
            watch_of(session, name, datetime.now(UTC))
    together = Barrier(2)

    def write(names: tuple[str, str]) -> None:
        together.wait()
        for number in range(20):
            with store.write() as session:
                for name in names:
                    watch_of(session, name, datetime.now(UTC)).sla_days += number
                    session.flush()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, [("a", "b"), ("b", "a")]))
    with store.read() as session:
        days = session.scalars(select(Watch.sla_days)).all()
    assert days == [7 + 2 * sum(range(20))] * 2
