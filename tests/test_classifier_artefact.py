import json
import shutil
from dataclasses import replace

import pytest

from classifier.artefact import (
    MANIFEST,
    SHIPPED,
    WEIGHTS,
    BadArtefact,
    load_model,
    read_manifest,
    save_model,
)
from classifier.known import TITLES, VECTORS
from classifier.training import current_hash

LARGEST = 12_000_000


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(SHIPPED, tmp_path / "model")


def _change(folder, **fields):
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    (folder / MANIFEST).write_text(json.dumps({**manifest, **fields}), encoding="utf-8")


def test_the_shipped_model_is_of_the_current_corpus_and_lexicon():
    assert read_manifest()["corpus_hash"] == current_hash(), "train anew: faunawatch train"


def test_the_shipped_model_is_small():
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < LARGEST


def test_a_changed_byte_is_refused(folder):
    content = bytearray((folder / WEIGHTS).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / WEIGHTS).write_bytes(content)
    with pytest.raises(BadArtefact, match="not the file"):
        load_model(folder)


@pytest.mark.parametrize(
    "change", [{"schema": 1}, {"feature_version": -1}, {"bits": 3}, {"signals": "x"}, {"heads": []}]
)
def test_another_version_is_refused(folder, change):
    _change(folder, **change)
    with pytest.raises(BadArtefact, match="train"):
        load_model(folder)


def test_unknown_files_and_missing_manifests_are_refused(folder):
    (folder / "extra.bin").write_bytes(b"")
    with pytest.raises(BadArtefact, match=r"extra\.bin"):
        load_model(folder)
    (folder / MANIFEST).unlink()
    with pytest.raises(BadArtefact, match="has no manifest"):
        load_model(folder)


def test_a_saved_model_loads_as_the_same_bytes(folder, tmp_path):
    model = load_model(folder)
    for name in ("one", "two"):
        save_model(tmp_path / name, model, {})
    for file in (WEIGHTS, VECTORS, TITLES, MANIFEST):
        one, two = ((tmp_path / name / file).read_bytes() for name in ("one", "two"))
        assert one == two
    again = load_model(tmp_path / "one")
    assert (again.weights.grams == model.weights.grams).all()
    assert again.second is not None
    assert model.second is not None
    assert (again.second.blend.weights == model.second.blend.weights).all()
    assert again.second.calibration == model.second.calibration


def test_a_model_of_the_fast_stage_alone_is_a_model(tmp_path):
    save_model(tmp_path / "fast", replace(load_model(), second=None), {})
    assert load_model(tmp_path / "fast").second is None
    assert {path.name for path in (tmp_path / "fast").iterdir()} == {WEIGHTS, MANIFEST}


def test_a_missing_file_is_told(folder):
    (folder / VECTORS).unlink()
    with pytest.raises(BadArtefact, match=f"has no {VECTORS}"):
        load_model(folder)
