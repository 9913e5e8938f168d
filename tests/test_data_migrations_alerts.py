"""Earlier runs get their state when a database is brought up to the alerts' schema."""

import pytest
from alembic import command
from sqlalchemy import inspect, select, text

from data.alerting import rules
from data.alerts import AlertKind, alert_settings
from data.base import ManualClock
from data.crawls import STATE_OF, Crawl, CrawlKind, Ending, end_crawl, start_crawl
from data.home import HomeKind
from data.store import Store, alembic_config, open_store
from tests.makers import PLATFORM

KNOWN_THEN = (
    Ending.FINISHED,
    Ending.LIMIT_REACHED,
    Ending.BUDGET_SPENT,
    Ending.BLOCKED,
    Ending.LOGIN_WALL,
    Ending.LAYOUT_CHANGED,
    Ending.NOTHING_FOUND,
    Ending.ROBOTS_REFUSED,
    Ending.UNREACHABLE,
    Ending.STOPPED,
    Ending.CRASHED,
)


def test_runs_of_before_get_their_state(store: Store, store_url: str, clock: ManualClock) -> None:
    with store.write() as session:
        for ending in KNOWN_THEN:
            crawl = start_crawl(session, PLATFORM, CrawlKind.LISTINGS, "test", clock.now())
            end_crawl(crawl, ending, "", clock.now())
    config = alembic_config()
    with store.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0003")
        assert "alerts" not in inspect(connection).get_table_names()
        endings = connection.execute(text("SELECT ending FROM crawls ORDER BY id")).scalars()
        assert list(endings) == list(KNOWN_THEN)
    store.close()
    again = open_store(store_url, kind=HomeKind.TEST)
    with again.write() as session:
        states = {crawl.ending: crawl.state for crawl in session.scalars(select(Crawl))}
        assert states == {ending: STATE_OF.get(ending) for ending in KNOWN_THEN}
        assert session.scalars(select(Crawl.answers)).first() == 0
        assert alert_settings(session).details_allowed is False
    again.close()


def test_what_is_told_out_of_the_box(store: Store) -> None:
    with store.read() as session:
        after = {rule.kind: rule.after for rule in rules(session)}
    assert after == {
        AlertKind.DROP: 2,
        AlertKind.BLOCKED: 1,
        AlertKind.FAILED: 3,
        AlertKind.MISSED: 1,
        AlertKind.DEAD_MAN: 1,
        AlertKind.DISK: 1,
        AlertKind.SELF_CHECK: 1,
    }


@pytest.mark.parametrize("table", ["alerts", "alert_deliveries", "alert_rules", "crawl_samples"])
def test_the_tables_are_those_of_the_records(store: Store, table: str) -> None:
    from data.base import Record

    made = {column["name"] for column in inspect(store.engine).get_columns(table)}
    assert made == {column.name for column in Record.metadata.tables[table].columns}
