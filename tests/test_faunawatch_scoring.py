"""Scoring: nobody waits for the model, and two runs at once score each sighting once."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from classifier.model import score_all
from data.flags import Score
from data.home import the_home
from data.listings import Sighting, sight
from data.reviews import ReviewTask
from data.store import Store
from faunawatch import scoring
from faunawatch.house import House
from faunawatch.models import TeamModel
from tests.makers import (
    NOT_INFRINGING,
    found,
    make_crawl,
    make_decision,
    make_listing,
    make_person,
    make_task,
    scored,
)
from tests.models import small_model


@pytest.fixture(autouse=True)
def small(monkeypatch) -> None:
    """Score with a model that is at hand, whatever model ships."""
    using = TeamModel("small", small_model())
    monkeypatch.setattr(scoring, "active_model", lambda _: using)


def test_others_write_while_the_model_works(
    store: Store, tmp_path: Path, clock, monkeypatch
) -> None:
    house = House(tmp_path, "", store)

    def slow(texts, model, embed):
        with store.write() as session:
            make_listing(session, clock, "2")
            session.rollback()
        return score_all(texts, model)

    with store.write() as session:
        make_listing(session, clock)
    monkeypatch.setattr(scoring, "score_all", slow)
    assert scoring.score_waiting(house).scored == 1


def test_two_runs_at_once_score_each_sighting_once(
    store: Store, tmp_path: Path, clock, monkeypatch
) -> None:
    house = House(tmp_path, "", store)
    with store.write() as session:
        make_listing(session, clock)

    def overtaken(texts, model, embed):
        monkeypatch.setattr(scoring, "score_all", score_all)
        scoring.score_waiting(house)
        return score_all(texts, model)

    monkeypatch.setattr(scoring, "score_all", overtaken)
    scoring.score_waiting(house)
    with store.read() as session:
        assert session.scalar(select(func.count(Score.id))) == 1
        assert session.scalars(select(Sighting.scored)).all() == [True]


def test_a_text_edited_into_an_offer_is_looked_at_again(
    store: Store, tmp_path: Path, clock, monkeypatch
) -> None:
    house = House(tmp_path, "", store)
    monkeypatch.setattr(scoring, "_plain", lambda *_: scored())
    with store.write() as session:
        task, mai = make_task(session, clock), make_person(session, clock)
        make_decision(session, task, mai, clock, NOT_INFRINGING)
    for title, price in (("Vòng ngà voi", "2"), ("Ngà voi thật 100%", "2")):
        with store.write() as session:
            crawl, one = make_crawl(session, clock), found("1", title=title, price=price)
            sight(session, [one], crawl=crawl, country="VN", clock=clock)
        scoring.score_waiting(house)
        with store.read() as session:
            reasons = session.scalars(select(ReviewTask.why).order_by(ReviewTask.id)).all()
        assert reasons == ["flagged"] + ["changed"] * (title != "Vòng ngà voi")


def test_scores_name_the_model_in_use_and_finished_days_are_drawn_from(
    store: Store, tmp_path: Path, clock, monkeypatch
) -> None:
    house = House(tmp_path, "", store)
    with store.write() as session:
        the_home(session).sample_one_in = 1
        make_listing(session, clock, title="Ghế gỗ sân vườn")
    unlikely = replace(scored(), offered=0.1)
    monkeypatch.setattr(scoring, "_plain", lambda _, using, __: replace(unlikely, model=using.name))
    monkeypatch.setattr(Store, "clock", lambda _: clock)
    scoring.score_waiting(house)
    clock.advance(timedelta(days=1))
    scoring.score_waiting(house)
    with store.read() as session:
        assert session.scalars(select(ReviewTask.why)).all() == ["sample"]
        assert session.scalars(select(Score.model)).one() == "small"
