import hashlib
import sqlite3
import threading

import numpy as np
import pytest

from classifier.meaning import DIMENSIONS, rounded
from classifier.vectors import SCHEMA, VectorCache


class CountingMeaning:
    """Makes vectors of letters and remembers what it was asked."""

    def __init__(self, name="letters 1"):
        self.name = name
        self.asked = []

    def embed(self, texts):
        self.asked += texts
        return rounded(np.array([self._vector(text) for text in texts], np.float32))

    def _vector(self, text):
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
        vector = np.random.default_rng(seed).normal(size=DIMENSIONS)
        return vector / np.linalg.norm(vector)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "vectors.db"


@pytest.fixture
def told():
    return []


@pytest.fixture
def opened(path, told):
    caches = []

    def _open(meaning=None, most=1000, at=path):
        caches.append(VectorCache(at, meaning or CountingMeaning(), told.append, most))
        return caches[-1]

    yield _open
    for cache in caches:
        cache.close()


def test_what_was_read_once_comes_from_the_file_and_is_the_same(opened, told):
    texts = [f"text {number}" for number in range(600)]
    first = opened().embed(texts)
    again = CountingMeaning()
    assert (opened(again).embed([*texts, "new"])[:-1] == first).all()
    assert again.asked == ["new"]
    assert told == []


def test_a_text_that_stands_twice_is_read_once(opened):
    meaning = CountingMeaning()
    vectors = opened(meaning).embed(["one", "two", " one\n"])
    assert meaning.asked == ["one", "two"]
    assert (vectors[0] == vectors[2]).all()


def test_no_texts_give_no_rows(opened):
    assert opened().embed([]).shape == (0, DIMENSIONS)


def test_vectors_of_another_model_are_not_taken(opened):
    opened().embed(["one"])
    other = CountingMeaning("letters 2")
    opened(other).embed(["one"])
    assert other.asked == ["one"]


def test_the_oldest_go_when_the_file_is_full(opened, path):
    texts = [f"text {number}" for number in range(30)]
    cache = opened(most=10)
    for text in texts:
        cache.embed([text])
    assert set(cache.known(texts)) == set(texts[-10:])
    with sqlite3.connect(path) as base:
        assert base.execute("select count(*) from vectors").fetchone() == (10,)
    base.close()


def test_a_file_that_is_no_database_is_told_and_made_anew(opened, path, told):
    path.write_bytes(b"something else " * 1000)
    opened().embed(["one"])
    again = CountingMeaning()
    opened(again).embed(["one"])
    assert again.asked == []
    assert len(told) == 1
    assert "made anew" in told[0]


def test_a_file_of_another_version_is_told_and_made_anew(opened, path, told):
    with sqlite3.connect(path) as base:
        base.execute(f"pragma user_version = {SCHEMA + 1}")
    base.close()
    opened().embed(["one"])
    assert f"version {SCHEMA + 1}" in told[0]
    assert set(opened().known(["one"])) == {"one"}


def test_a_file_damaged_while_open_costs_nothing_but_time(opened, path, told):
    texts = [f"text {number}" for number in range(600)]
    vectors = opened().embed(texts)
    opened().close()
    with sqlite3.connect(path) as base:
        base.execute("pragma wal_checkpoint(truncate)")
    base.close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    cache = opened()
    assert (cache.embed(texts) == vectors).all()
    assert any("made anew" in line for line in told)
    assert set(cache.known(texts)) == set(texts)


def test_a_damaged_vector_is_computed_again_and_mended(opened, path):
    vectors = opened().embed(["one", "two"])
    with sqlite3.connect(path) as base:
        base.execute("update vectors set vector = zeroblob(768) where id = 1")
    base.close()
    meaning = CountingMeaning()
    assert (opened(meaning).embed(["one", "two"]) == vectors).all()
    assert meaning.asked == ["one"]
    assert set(opened().known(["one", "two"])) == {"one", "two"}


def test_a_place_that_cannot_be_written_is_told_and_done_without(opened, tmp_path, told):
    cache = opened(at=tmp_path / "nowhere" / "vectors.db")
    assert cache.embed(["one"]).shape == (1, DIMENSIONS)
    assert "not kept" in told[0]


def test_a_closed_cache_still_embeds(opened):
    cache = opened()
    cache.close()
    assert cache.embed(["one"]).shape == (1, DIMENSIONS)


def test_several_write_and_read_at_once(path, told):
    def work(start):
        with VectorCache(path, CountingMeaning(), told.append) as cache:
            for number in range(start, start + 40):
                cache.embed([f"text {number}", f"text {number + 1}"])

    threads = [threading.Thread(target=work, args=(start,)) for start in (0, 20, 40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == []
    with VectorCache(path, CountingMeaning(), told.append) as cache:
        assert len(cache.known(f"text {number}" for number in range(81))) == 81
