"""Scoring: nobody waits for the model, and two runs at once score each sighting once."""

from pathlib import Path

from sqlalchemy import func, select

from classifier.model import score as score_text
from data.flags import Score
from data.listings import Sighting
from data.store import Store
from faunawatch import scoring
from faunawatch.house import House
from tests.makers import make_listing


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
