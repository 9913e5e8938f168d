import json

from classifier.artefact import load_model
from classifier.lines import BadLine, Result, classify_lines

MODEL = load_model()
KEYS = ["id", "lang", "offered", "groups", "flag", "taxon", "product", "reasons"]
REASON_KEYS = ["text", "start", "end", "kind", "gloss", "weight"]


def _classify(*lines):
    return list(classify_lines(lines, MODEL))


def _one(**fields):
    (result,) = _classify(json.dumps(fields))
    assert isinstance(result, Result)
    return json.loads(result.to_json())


def test_a_result_has_the_agreed_fields():
    found = _one(id="a7", title="出象牙手串", description="38元/克")
    assert list(found) == KEYS
    assert found["id"] == "a7"
    assert list(found["groups"]) == ["tiger", "elephant", "turtle"]
    assert found["flag"] is True
    assert found["taxon"].keys() == {"name", "confidence"}
    assert all(list(reason) == REASON_KEYS for reason in found["reasons"])


def test_nothing_found_is_null():
    found = _one(title="old chair")
    assert (found["taxon"], found["product"], found["flag"]) == (None, None, False)


def test_nulls_are_empty_and_a_missing_id_is_the_line_number():
    lines = ['{"title": "chair", "price": null, "description": null}', "", '{"title": null}']
    assert [result.id for result in _classify(*lines) if isinstance(result, Result)] == [1, 3]


def test_a_price_may_come_as_a_number():
    assert _one(title="chair", price=12.5)["flag"] is False


def test_bad_lines_are_told_and_the_rest_goes_on():
    lines = [
        "{", "[]", '{"id": 1}', '{"title": {}}', '{"title": "x", "id": []}', '{"title": "chair"}',
    ]  # fmt: skip
    results = _classify(*lines)
    assert [result.number for result in results if isinstance(result, BadLine)] == [1, 2, 3, 4, 5]
    assert isinstance(results[-1], Result)
    assert str(results[2]) == "line 3: is not a JSON object with a title"


def test_deep_nesting_and_lone_surrogates_do_no_harm():
    deep, lone = _classify("[" * 100_000, '{"id": "\\ud800", "title": "\\ud83d ivory \\udc00"}')
    assert isinstance(deep, BadLine)
    assert isinstance(lone, Result)
    assert lone.to_json().encode("utf-8")
