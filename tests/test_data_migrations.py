"""A database of every earlier schema is brought up to this one with what it holds."""

from alembic import command
from sqlalchemy import inspect, select, text

from data.alike import Likeness
from data.flags import Flag, Score
from data.home import HomeKind, the_home
from data.reviews import ReviewTask
from data.store import Store, alembic_config, open_store
from data.tasks import queue_drawn
from tests.makers import make_listing, make_person, make_task, scored


def _back_to(store: Store, revision: str) -> None:
    config = alembic_config()
    with store.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def _columns(store: Store, table: str) -> set[str]:
    return {column["name"] for column in inspect(store.engine).get_columns(table)}


def test_the_first_schema_is_upgraded_with_its_rows(store: Store, store_url: str, clock) -> None:
    with store.write() as session:
        make_person(session, clock)
        task_id = make_task(session, clock).id
        session.query(Likeness).delete()
    _back_to(store, "0001")
    assert "concern" not in _columns(store, "scores")
    assert "sample_one_in" not in _columns(store, "home")
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE flags SET concern = 'common_farmed'"))
    store.close()
    again = open_store(store_url, kind=HomeKind.TEST)
    with again.write() as session:
        home = the_home(session)
        assert (home.sample_one_in, home.sample_daily, home.uncertain_percent) == (200, 10, 10)
        assert home.drawn_until is None
        assert session.scalars(select(Score.concern)).all() == ["common_farmed"]
        assert (
            session.get_one(ReviewTask, task_id).flag_id == session.scalars(select(Flag.id)).one()
        )
        task = queue_drawn(session, make_listing(session, clock, "2"), "sample", clock=clock)
        assert task is not None
    again.close()


def test_a_score_keeps_its_concern(store: Store, clock) -> None:
    with store.write() as session:
        make_task(session, clock)
        assert session.scalars(select(Score.concern)).all() == [scored().concern]
