"""Tells whether a stretch of text is a word of its own, in scripts with and without spaces."""

import re
from functools import cached_property

from icu4py.breakers import WordBreaker

_LATIN = re.compile("[0-9a-z\u00df-\u024f\u1e00-\u1eff]")
_ENDINGS = re.compile(r"(?:s|es|nya|ku|mu|lah|'s|’s)(?![0-9a-z\u00df-\u024f\u1e00-\u1eff])")
# What goes on with the letter before it: vowels, tones and stacked letters.
_CONTINUES = re.compile(
    "[\u0e30-\u0e3a\u0e47-\u0e4e\u0eb0-\u0ebc\u0ec8-\u0ecd\u17b6-\u17d3\u102b-\u103e]"
)
_CLOSING_BURMESE = re.compile("[\u1000-\u1021]\u1037?[\u103a\u1039]")
_OPENS = re.compile("[\u0e40-\u0e44\u0ec0-\u0ec4\u17d2\u1039]")
_HAN = re.compile("[\u3400-\u9fff]")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_LOCALES = (
    (re.compile("[\u0e00-\u0e7f]"), "th"),
    (re.compile("[\u0e80-\u0eff]"), "lo"),
    (re.compile("[\u1780-\u17ff]"), "km"),
    (re.compile("[\u1000-\u109f]"), "my"),
)


class Boundaries:
    """The word breaks of one normalised text, worked out only where they are asked for."""

    def __init__(self, text: str) -> None:
        self._text = text

    def hold(self, start: int, end: int, *, strict: bool) -> bool:
        """Tell whether start and end fall between words; `strict` asks the word breaker too.

        >>> Boundaries("ivory coast").hold(0, 5, strict=False)
        True
        >>> Boundaries("ทำงาน").hold(2, 4, strict=True)
        False
        """
        if not (self._starts(start) and self._ends(end)):
            return False
        if not strict or not _UNSPACED.match(self._text[start]):
            return True
        return start in self._breaks and end in self._breaks

    def buried(self, start: int, end: int) -> bool:
        """Tell whether one Han character stands inside a run of others, as in 退出 or 出版.

        >>> Boundaries("退出群").buried(1, 2), Boundaries("出一块").buried(0, 1)
        (True, False)
        """
        if end - start > 1 or not _HAN.match(self._text[start]):
            return False
        return start > 0 and bool(_HAN.match(self._text[start - 1]))

    def _starts(self, start: int) -> bool:
        if start == 0:
            return True
        before, first = self._text[start - 1], self._text[start]
        if _LATIN.match(first):
            return not _LATIN.match(before)
        return not _OPENS.match(before) and not _CONTINUES.match(first)

    def _ends(self, end: int) -> bool:
        if end == len(self._text):
            return True
        last, after = self._text[end - 1], self._text[end]
        if _LATIN.match(last):
            return not _LATIN.match(after) or bool(_ENDINGS.match(self._text, end))
        if _CONTINUES.match(after):
            return False
        return not ("\u1000" <= last <= "\u109f" and _CLOSING_BURMESE.match(self._text, end))

    @cached_property
    def _breaks(self) -> frozenset[int]:
        locale = next((name for script, name in _LOCALES if script.search(self._text)), "en")
        ends = (end for _, end in WordBreaker(self._text, locale).segments())
        return frozenset((0, *ends))
