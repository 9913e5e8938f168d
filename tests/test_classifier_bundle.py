import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.bundle import Kind, bundle
from classifier.disguise import parted, tighten
from data.corpus import load_corpus
from data.terms import load_terms
from data.text import fold

LETTERS = (
    "aoe\u0300\u0301\u0302\u0323đươOQuyàáýхоaА象龜臺牙 \n\t\r.ＡﾊΩ\u200b\u202e\ufe0f🐘𝐀İ½"
    "เแำํา้กงุຫນຼມໜນ້ຳຸខ្លាដត្រកကျား္႐ိုးေ\x1e\x1f\u1160각"
)
TERMS = [term.text for term in load_terms()]
MIXED = st.text(
    st.sampled_from(LETTERS) | st.characters(codec="utf-8") | st.characters(categories=["Cs"]),
    max_size=30,
)
TEXTS = MIXED | st.builds(" ".join, st.lists(st.sampled_from(TERMS), max_size=4))


@settings(max_examples=500, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_texts_fold_together_as_they_fold_alone(texts):
    bare = [text.replace("\x1e", "") for text in texts]
    assert list(bundle(texts).texts) == [fold(text) for text in bare]


def test_the_corpus_folds_together_as_it_folds_alone():
    texts = [f"{row.title}\n{row.description}" for row in load_corpus()[::7]]
    assert list(bundle(texts).texts) == [fold(text) for text in texts]


@settings(max_examples=300, deadline=None)
@given(st.lists(MIXED, min_size=1, max_size=4))
def test_no_text_with_an_undone_disguise_is_passed_over(texts):
    together = bundle(texts)
    found = set(parted(together))
    for at, text in enumerate(together.texts):
        assert tighten(text) is None or at in found


@pytest.mark.parametrize(
    ("text", "kind", "count"),
    [
        ("tiger 象牙", Kind.HAN, 2),
        ("12 kg", Kind.DIGIT, 2),
        ("งา ຊ້າງ", Kind.LAO, 4),
        ("", Kind.HAN, 0),
    ],
)
def test_characters_are_counted_by_kind(text, kind, count):
    assert bundle([text]).count(kind) == [count]
