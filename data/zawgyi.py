"""Burmese in the Zawgyi encoding: told from Unicode, and turned into it syllable by syllable."""

import re
import warnings
from functools import cache, lru_cache

from myanmartools import ZawgyiDetector

_SURE = 0.95
_ENOUGH = 40  # letters that tell the encoding as surely as a whole text does
_MYANMAR = re.compile("[\u1000-\u109f]+")
# What Zawgyi writes and Unicode never does: its own code points, a stacker with nothing to stack,
# a vowel or medial where its letter has not come yet or is closed already.
_ODD = re.compile(
    "[\u1033\u1034\u105a\u1060-\u1097]|\u1039(?![\u1000-\u1021])|\u103a[\u102b-\u1032\u103b-\u103e]"
    "|(?<![\u1000-\u102a\u103b-\u103f\u200b])\u1031|(?<![\u1000-\u102a\u103f])[\u103b\u103c]"
    "|[^မ]\u1039မ|[^လ]\u1039လ|[^သ]\u1039သ|\u1039[ယရဝဟဠအ]|[^\u1015\u1019]\u1039ပ"
)
# What each Zawgyi code point means, as Unicode parts in any order; `_write` puts them in order.
_PARTS = {
    "\u1033": "\u102f", "\u1034": "\u1030", "\u1039": "\u103a", "\u103a": "\u103b",
    "\u103b": "\u103c", "\u103c": "\u103d", "\u103d": "\u103e", "\u105a": "\u102b\u103a",
    "\u107d": "\u103b", "\u1087": "\u103e", "\u1088": "\u103e\u102f", "\u1089": "\u103e\u1030",
    "\u108a": "\u103d\u103e", "\u108e": "\u102d\u1036", "\u1094": "\u1037", "\u1095": "\u1037",
    **dict.fromkeys("\u107e\u107f\u1080\u1081\u1082\u1083\u1084", "\u103c"),
}  # fmt: skip
# Letters with a shape of their own in Zawgyi.
_BASES = {
    "\u106a": "\u1009", "\u106b": "\u100a", "\u106e": "\u100d\u1039\u100d",
    "\u106f": "\u100d\u1039\u100e", "\u1086": "\u103f", "\u108f": "\u1014", "\u1090": "\u101b",
    "\u1091": "\u100f\u1039\u100d", "\u1092": "\u100b\u1039\u100c", "\u1097": "\u100b\u1039\u100b",
    "\u104e": "\u104e\u1004\u103a\u1038",
}  # fmt: skip
# Letters written under another letter.
_STACKED = {
    "\u1060": "\u1000", "\u1061": "\u1001", "\u1062": "\u1002", "\u1063": "\u1003",
    "\u1065": "\u1005", "\u1066": "\u1006", "\u1067": "\u1006", "\u1068": "\u1007",
    "\u1069": "\u1008", "\u106c": "\u100b", "\u106d": "\u100c", "\u1070": "\u100f",
    "\u1071": "\u1010", "\u1072": "\u1010", "\u1073": "\u1011", "\u1074": "\u1011",
    "\u1075": "\u1012", "\u1076": "\u1013", "\u1077": "\u1014", "\u1078": "\u1015",
    "\u1079": "\u1016", "\u107a": "\u1017", "\u107b": "\u1018", "\u107c": "\u1019",
    "\u1085": "\u101c", "\u1093": "\u1018", "\u1096": "\u1010",
}  # fmt: skip
_KINZI = {"\u1064": "", "\u108b": "\u102d", "\u108c": "\u102e", "\u108d": "\u1036"}
_ORDER = (
    "\u103b\u103c\u103d\u103e\u1031\u102d\u102e\u1032"
    "\u102f\u1030\u102b\u102c\u1036\u1037\u103a\u1038"
)
SYLLABLE = re.compile(
    # A run without a letter after it is read from its start only, not from each of its signs.
    "(?P<e>(?:(?<!\u1031)\u1031+)?)(?P<ra>(?:(?<![\u103b\u107e-\u1084])[\u103b\u107e-\u1084]+)?)"
    "(?P<base>[\u1000-\u102a\u103f\u1040-\u1049\u104e\u106a\u106b\u106e\u106f\u1086\u108f-\u1092\u1097])"
    "(?P<marks>[\u102b-\u1030\u1032-\u103a\u103c\u103d\u105a\u1060-\u1069\u106c\u106d\u1070-\u107d\u1085"
    "\u1087-\u108e\u1093-\u1096]*)"
)


@cache
def _detector() -> ZawgyiDetector:
    with warnings.catch_warnings():
        # The detector reads its model by a call that newer Python versions discourage.
        warnings.simplefilter("ignore", DeprecationWarning)
        return ZawgyiDetector()


def is_zawgyi(text: str) -> bool:
    """Tell whether a text is surely Zawgyi-encoded; ask about a whole listing, never one word.

    >>> is_zawgyi("ကိုယ္စားလွယ္မ်ားသည္"), is_zawgyi("ကိုယ်စားလှယ်များသည်")
    (True, False)
    """
    if not _ODD.search(text):
        return False
    sample = " ".join(_MYANMAR.findall(text))[:_ENOUGH]
    return bool(_detector().get_zawgyi_probability(sample) > _SURE)


def to_unicode(text: str) -> str:
    """Spell Zawgyi text in Unicode.

    >>> to_unicode("က်ား႐ိုး") == "ကျားရိုး"
    True
    """
    return SYLLABLE.sub(unicode_syllable, text)


def unicode_syllable(match: re.Match[str]) -> str:
    """Spell one Zawgyi syllable found by `SYLLABLE` in Unicode."""
    return _spelled(match["e"][:1], match["ra"] + match["marks"], match["base"])


@lru_cache(1 << 14)
def _spelled(before: str, around: str, letter: str) -> str:
    marks, stacked, kinzi = [*before], "", ""
    for mark in around:
        if mark in _KINZI:
            kinzi = "\u1004\u103a\u1039"
            marks += _KINZI[mark]
        elif mark in _STACKED:
            stacked += "\u1039" + _STACKED[mark]
            marks += "\u103d" if mark == "\u1096" else ""
        else:
            marks += _PARTS.get(mark, mark)
    return kinzi + _base(letter, marks) + stacked + _write(marks)


def _base(letter: str, marks: list[str]) -> str:
    """Spell a letter in Unicode; a zero that bears marks is the letter that looks like it."""
    if letter == "\u1040" and marks:
        return "\u101d"
    if letter == "\u1047" and marks:
        return "\u101b"
    if letter == "\u1025" and "\u103a" in marks:
        return "\u1009"
    return _BASES.get(letter, letter)


def _write(marks: list[str]) -> str:
    """Put marks in the order in which Unicode stores them, each once."""
    return "".join(sorted(set(marks), key=_ORDER.index))
