"""A new model takes over only when it finds as much; what was made is kept and can be put back."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from classifier.artefact import MANIFEST
from data.audit import AuditRow
from data.home import HomeKind
from data.store import open_store, sqlite_url
from faunawatch import learning, models
from faunawatch.doctor import _model
from faunawatch.house import House
from faunawatch.learning import Compared, compare, found_at, in_test, learn, takes_over
from faunawatch.models import (
    SHIPPED,
    TeamModel,
    UnknownModel,
    active_model,
    chosen_name,
    kept_models,
    model_lines,
    use_model,
)
from tests.models import few_rows, small_model


@pytest.fixture
def house(tmp_path, sqlite_template):
    store = open_store(sqlite_url(tmp_path / "team.sqlite"), kind=HomeKind.TEST)
    yield House(tmp_path, "", store)
    store.close()


def language(champion, challenger, *, offers=40, harmless=60):
    return Compared("vi", offers, harmless, 3, champion, challenger)


@pytest.mark.parametrize(
    ("found", "wins"),
    [
        ([language(30, 30)], True),
        ([language(30, 40)], True),
        ([language(100, 98, offers=100)], True),
        ([language(100, 97, offers=100)], False),
        ([language(30, 40), language(30, 29)], False),
        ([language(30, 30), language(30, 0, offers=39, harmless=60)], True),
        ([language(30, 30, offers=39, harmless=60)], False),
        ([], False),
    ],
    ids=["same", "better", "two points", "three", "one falls", "too few", "none counts", "none"],
)
def test_who_takes_over(found, wins):
    assert takes_over(found) is wins


def test_recall_is_taken_at_the_same_number_of_false_flags():
    offers, harmless = [0.9, 0.7, 0.3], [0.8, 0.5, 0.1]
    assert [found_at(allowed, offers, harmless) for allowed in range(5)] == [1, 2, 3, 3, 3]
    assert found_at(1, [0.5], [0.9, 0.5]) == 0, "a tie with one false flag too many finds nothing"


def test_a_model_compared_with_itself_neither_rises_nor_falls():
    test = [row for row in few_rows() if in_test(row.concept)]
    (found,) = compare(small_model(), small_model(), test)
    assert found.fall == 0.0
    assert found.offers + found.harmless == len(test)
    assert 0 < found.champion <= found.offers


def test_a_model_that_forgot_a_language_falls():
    model = small_model()
    deaf = replace(model.weights, signals=0 * model.weights.signals, grams=0 * model.weights.grams)
    test = [row for row in few_rows() if in_test(row.concept)]
    (found,) = compare(model, replace(model, weights=deaf, _named={}), test)
    assert found.fall > 0.2


def test_the_test_split_is_a_fifth_and_never_moves():
    concepts = {row.concept for row in few_rows()}
    assert 0.1 < sum(map(in_test, concepts)) / len(concepts) < 0.3
    assert [in_test(name) for name in ("agarwood", "abalone", "hat")] == [True, True, False]


def test_the_life_of_a_model(house, monkeypatch):
    monkeypatch.setattr(learning, "ENOUGH", 20)
    shipped = TeamModel("shipped-test", small_model())
    monkeypatch.setattr(models, "_shipped", lambda _: shipped)
    said = "\n".join(learn(house, corpus=few_rows()))
    (kept,) = kept_models(house)
    assert f"learning from {len(few_rows())} corpus texts, 0 verdicts" in said
    assert f"{kept.name} is in use now; `faunawatch models use shipped` goes back" in said
    assert kept.in_use
    assert kept.record["took_over"]
    assert kept.record["against"] == SHIPPED
    assert kept.record["trained_on"]["corpus"] == len(few_rows())
    (compared,) = kept.record["compared"]
    assert compared["champion"] == compared["challenger"]
    assert active_model(house).name == kept.name
    assert model_lines(house)[1].startswith(f"* {kept.name}")


def test_going_back_and_a_model_that_no_longer_opens(house, monkeypatch):
    shipped = TeamModel("shipped-test", small_model())
    monkeypatch.setattr(models, "_shipped", lambda _: shipped)
    list(learn(house, corpus=few_rows()))
    (kept,) = kept_models(house)
    use_model(house, SHIPPED)
    assert active_model(house) is shipped
    assert [line[0] for line in model_lines(house)] == ["*", " "]
    with pytest.raises(UnknownModel, match=f"no model '../x'; there are: shipped, {kept.name}"):
        use_model(house, "../x")
    assert chosen_name(house) == SHIPPED
    use_model(house, kept.name)
    with house.store.read() as session:
        rows = session.execute(select(AuditRow.verb, AuditRow.subject)).all()
    assert rows[-1] == ("model.use", f"model:{kept.name}")

    assert _model(house).ok
    manifest = models.models_folder(house) / kept.name / "model" / MANIFEST
    manifest.write_text(manifest.read_text().replace("feature_version", "feature_versio"))
    assert not _model(house).ok
    assert "does not open" in _model(house).words
    assert active_model(house) is shipped, "scoring goes on with the shipped one and says so"


def test_a_worse_challenger_is_kept_but_not_used(house, monkeypatch):
    monkeypatch.setattr(learning, "ENOUGH", 20)
    worse = Compared("vi", 40, 60, 3, 30, 20)
    monkeypatch.setattr(learning, "compare", lambda *_: (worse,))
    said = list(learn(house, corpus=few_rows()))
    (kept,) = kept_models(house)
    assert not kept.in_use
    assert chosen_name(house) == SHIPPED
    assert said[-1].startswith("shipped stays in use: it finds less in vi")
    assert "falls too far" in said[-2]


def test_a_folder_without_its_record_is_no_model(house):
    (models.models_folder(house) / "20260101T000000Z-half" / "model.part").mkdir(parents=True)
    assert kept_models(house) == []
