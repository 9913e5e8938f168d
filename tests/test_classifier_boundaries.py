"""Word breaks in scripts with spaces whose letters lie far from plain Latin."""

import pytest

from classifier.boundaries import Boundaries, Need
from classifier.bundle import bundle
from classifier.chinese import Cutter


@pytest.mark.parametrize(
    ("text", "word", "stands"),
    [
        ("hổng biết", "hổ", False),
        ("của em", "củ", False),
        ("giải pháp", "giả", False),
        ("bán hổ con", "hổ", True),
        ("bán hổ", "hổ", True),
    ],
)
def test_a_vietnamese_syllable_is_no_prefix_of_another(
    text: str, word: str, *, stands: bool
) -> None:
    start = text.index(word)
    boundaries = Boundaries(bundle([text]), Cutter([]))
    assert boundaries.hold(start, start + len(word), Need()) is stands


@pytest.mark.parametrize("text", ["จี้งา", "非洲象牙", "งา"])
def test_words_are_found_all_along_a_text_without_spaces(text: str) -> None:
    many = text * 2_000
    boundaries = Boundaries(bundle([many]), Cutter(["非洲象牙"]))
    held = [
        boundaries.hold(start, start + len(text), Need(words=True))
        for start in range(0, len(many), len(text))
    ]
    assert sum(held) > len(held) * 0.9
