"""Undoes the tricks that hide a number: letters for figures, Chinese figures, figures as words."""

import re
import unicodedata
from functools import cache

from data.fields.compiling import compiled
from data.text import fold

_CHINESE = dict(
    zip("零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖两", "0012345678911234567892", strict=True)
)
_LETTERS = {"o": "0", "q": "0", "l": "1", "i": "1"}
# Figures with letters among them: some must be figures, or a word would be taken for one.
_MIXED = r"(?<![a-z0-9@_.])(?:\d|o(?=[ .\-]?\d))(?:[ .\-_]?[0-9oil]){7,14}(?![a-z0-9_])"
_LEAST_FIGURES = 4
_FIGURE = f"[0-9{''.join(_CHINESE)}]"
_CHINESE_RUN = rf"{_FIGURE}(?:[ .\-]?{_FIGURE}){{7,14}}"
_WORDS = (
    "không khong zero o kosong nol ศูนย์ ສູນ សូន្យ သုည oh",
    "một mot mốt one satu หนึ่ง ໜຶ່ງ មួយ တစ်",
    "hai two dua สอง ສອງ ពីរ နှစ်",
    "ba three tiga สาม ສາມ បី သုံး",
    "bốn bon tư four empat สี่ ສີ່ បួន လေး",
    "năm nam lăm five lima ห้า ຫ້າ ប្រាំ ငါး",
    "sáu sau six enam หก ຫົກ ប្រាំមួយ ခြောက်",
    "bảy bay bẩy seven tujuh เจ็ด ເຈັດ ប្រាំពីរ ခုနစ်",
    "tám tam eight lapan delapan แปด ແປດ ប្រាំបី ရှစ်",
    "chín chin nine sembilan เก้า ເກົ້າ ប្រាំបួន ကိုး",
)
_ENCLOSED = (0x1F130, 0x1F150, 0x1F170)  # squared, negative circled, negative squared A


def unveil(folded: str) -> str:
    """Give a folded text with hidden figures and letters plain; every place stays where it was.

    >>> unveil("o9oo ooo 123 vx 🅳emo"), unveil("幺三八零零零零零零零零")
    ('0900 000 123 vx demo', '13800000000')
    """
    if not folded.isascii():
        folded = "".join(map(_plain, folded))
        folded = compiled(_CHINESE_RUN).sub(_from_chinese, folded)
    return compiled(_MIXED).sub(_from_letters, folded)


def spoken_figures() -> re.Pattern[str]:
    """Give the pattern of a number spelled out in words, as không chín không không."""
    return _spoken()


def from_words(spelled: str) -> str:
    """Give the figures of a number that is spelled out.

    >>> from_words("không chín không 0 một")
    '09001'
    """
    return "".join(_figure_of().get(word, word) for word in _one_word().findall(spelled))


@cache
def _plain(character: str) -> str:
    code = ord(character)
    for first in _ENCLOSED:
        if first <= code < first + 26:
            return chr(code - first + ord("a"))
    figure = unicodedata.digit(character, None)
    return str(figure) if figure is not None else character


def _from_chinese(match: re.Match[str]) -> str:
    """Read a run of Chinese figures that is no amount: 一二三 has no 十 or 百 in it."""
    return "".join(_CHINESE.get(character, character) for character in match[0])


def _from_letters(match: re.Match[str]) -> str:
    figures = sum(character.isdigit() for character in match[0])
    if figures < _LEAST_FIGURES:
        return match[0]
    return "".join(_LETTERS.get(character, character) for character in match[0])


@cache
def _figure_of() -> dict[str, str]:
    return {fold(word): str(at) for at, words in enumerate(_WORDS) for word in words.split()}


@cache
def _one_word() -> re.Pattern[str]:
    words = sorted(map(re.escape, _figure_of()), key=len, reverse=True)
    return re.compile(rf"\d|{'|'.join(words)}")


@cache
def _spoken() -> re.Pattern[str]:
    word = rf"(?:{_one_word().pattern})"
    return re.compile(rf"(?<![a-zà-ỹ\d]){word}(?:[ .,\-]{{0,2}}{word}){{8,11}}(?![a-zà-ỹ\d])")
