"""Scoring: nobody waits for the model, and two runs at once score each sighting once."""

from pathlib import Path

from sqlalchemy import func, select

from classifier.model import score as score_text
from data.flags import Score
from data.listings import Sighting, sight
from data.reviews import ReviewTask
from data.store import Store
from faunawatch import scoring
from faunawatch.house import House
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


def test_others_write_while_the_model_works(
    store: Store, tmp_path: Path, clock, monkeypatch
) -> None:
    house = House(tmp_path, "", store)

    def slow(text, model):
        with store.write() as session:
            make_listing(session, clock, "2")
            session.rollback()
        return score_text(text, model)

    with store.write() as session:
        make_listing(session, clock)
    monkeypatch.setattr(scoring, "score_text", slow)
    assert scoring.score_waiting(house).scored == 1


def test_two_runs_at_once_score_each_sighting_once(
    store: Store, tmp_path: Path, clock, monkeypatch
) -> None:
    house = House(tmp_path, "", store)
    with store.write() as session:
        make_listing(session, clock)

    def overtaken(text, model):
        monkeypatch.setattr(scoring, "score_text", score_text)
        scoring.score_waiting(house)
        return score_text(text, model)

    monkeypatch.setattr(scoring, "score_text", overtaken)
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
