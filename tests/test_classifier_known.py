from dataclasses import fields

import numpy as np
import pytest

from classifier.known import TITLES, VECTORS, BadKnown, Known, load_known, save_known
from classifier.meaning import DIMENSIONS
from data.corpus import CorpusRow


def make_row(number):
    texts = {field.name: "" for field in fields(CorpusRow)}
    own = {"id": f"demo-{number}", "title": f"牌子 {number}", "offered": number % 2 == 0}
    return CorpusRow(**{**texts, "groups": (), **own})


ROWS = [make_row(number) for number in range(20)]


def unit_vectors(seed, rows):
    vectors = np.random.default_rng(seed).normal(size=(rows, DIMENSIONS)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def vectors():
    return unit_vectors(1, len(ROWS))


@pytest.fixture
def known(vectors):
    return Known.of(ROWS, vectors)


def test_the_nearest_are_those_with_the_largest_cosine(known, vectors):
    for asked in unit_vectors(2, 30):
        cosines = vectors @ asked
        found = known.nearest(asked, 3)
        for place, one in zip(np.argsort(-cosines), found, strict=False):
            assert one.likeness == pytest.approx(cosines[int(one.id[5:])], abs=2e-3)
            assert one.likeness == pytest.approx(cosines[place], abs=2e-3)


@pytest.mark.parametrize("offered", [True, False])
def test_only_offers_or_only_others_on_request(known, vectors, offered):
    found = known.nearest(vectors[0], 5, offered=offered)
    assert [one.offered for one in found] == [offered] * 5
    assert (found[0].id == "demo-0") is offered


def test_a_text_is_most_like_itself(known, vectors):
    nearest = known.nearest(vectors[7], 1)[0]
    assert (nearest.id, nearest.title) == ("demo-7", "牌子 7")
    assert nearest.likeness == pytest.approx(1, abs=1e-3)


def test_fewer_examples_than_asked_for_are_all_given(known, vectors):
    assert len(known.nearest(vectors[0], 50, offered=True)) == 10
    assert Known.of([], vectors[:0]).nearest(vectors[0]) == ()


def test_the_earlier_of_two_alike_comes_first(vectors):
    known = Known.of(ROWS[:4], np.repeat(vectors[:1], 4, axis=0))
    assert [one.id for one in known.nearest(vectors[0], 3)] == ["demo-0", "demo-1", "demo-2"]


def test_saved_examples_load_as_the_same_and_as_the_same_bytes(known, vectors, tmp_path):
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
        save_known(folder, Known.of(ROWS, vectors))
    for name in (VECTORS, TITLES):
        one, two = ((folder / name).read_bytes() for folder in folders)
        assert one == two
    loaded = load_known(folders[0])
    asked = unit_vectors(3, 1)[0]
    assert loaded.nearest(asked, 20) == known.nearest(asked, 20)


@pytest.mark.parametrize("name", [VECTORS, TITLES])
@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 not a whole zip", b'{"ids": ["one"]}'])
def test_a_broken_folder_says_what_to_do(known, tmp_path, name, content):
    save_known(tmp_path, known)
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BadKnown, match="faunawatch train"):
        load_known(tmp_path)


def test_lists_that_do_not_fit_the_vectors_are_refused(known, tmp_path):
    save_known(tmp_path, known)
    (tmp_path / TITLES).write_text('{"ids": ["one"], "titles": ["one"]}', encoding="utf-8")
    with pytest.raises(BadKnown, match="do not fit"):
        load_known(tmp_path)
