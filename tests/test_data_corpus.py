import json

import pytest

from data.corpus import CORPUS_FOLDER, corpus_files, corpus_hash, load_corpus
from data.tables import BadReference

OFFER = json.loads(corpus_files(CORPUS_FOLDER)[0].read_text(encoding="utf-8").splitlines()[0])


def _folder(folder, *rows):
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    (folder / "xx.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def _row(**changes):
    offer = {
        "offered": 1, "groups": ["tiger"], "kind": "offer", "style": "plain",
        "taxon": "Panthera tigris", "product": "TEE",
    }  # fmt: skip
    return {**OFFER, **offer, **changes}


def test_the_corpus_is_whole_and_every_row_agrees_with_itself():
    rows = load_corpus()
    assert {row.lang for row in rows} >= {"zh-Hans", "vi", "th", "km", "lo", "my", "ms", "id", "en"}
    assert 0.3 < sum(row.offered for row in rows) / len(rows) < 0.5


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"lang": "xx"}, "lang"),
        ({"kind": "ordinary"}, "kind"),
        ({"groups": []}, "groups"),
        ({"groups": ["bear"]}, "groups"),
        ({"style": "lookalike"}, "style"),
        ({"taxon": "Nobody nowhere"}, "taxon"),
        ({"title": ""}, "title"),
        ({"price": None}, "price"),
    ],
)
def test_a_row_that_contradicts_itself_is_told(tmp_path, changes, field):
    with pytest.raises(BadReference) as caught:
        load_corpus(_folder(tmp_path, _row(id="x-1", title="one"), _row(id="x-2", **changes)))
    assert (caught.value.line, caught.value.field) == (2, field)


def test_twins_and_broken_lines_are_told(tmp_path):
    with pytest.raises(BadReference, match="line 2, field id"):
        load_corpus(_folder(tmp_path, _row(), _row(title="another")))
    with pytest.raises(BadReference, match="line 2, field text"):
        load_corpus(_folder(tmp_path, _row(), _row(id="another")))
    with pytest.raises(BadReference, match="is not JSON"):
        load_corpus(_folder(tmp_path, "{"))


def test_the_hash_names_content_and_version_not_places(tmp_path):
    files = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        files.append(tmp_path / name / "en.jsonl")
        files[-1].write_text("{}", encoding="utf-8")
    assert corpus_hash([files[0]], 1) == corpus_hash([files[1]], 1)
    assert corpus_hash([files[0]], 1) != corpus_hash([files[0]], 2)
    files[1].write_text("{} ", encoding="utf-8")
    assert corpus_hash([files[0]], 1) != corpus_hash([files[1]], 1)
