"""Tells whether a stretch of text is a word of its own, in scripts with and without spaces."""

import re
import sys
from bisect import bisect_right
from collections.abc import Container
from typing import NamedTuple

import numpy as np
from icu4py.breakers import WordBreaker

from classifier.bundle import Bundle, Kind
from classifier.chinese import Cutter
from data.terms import Ambiguity, Term, TermKind

_WORD_GOES_ON = r"(?![0-9a-z\u00df-\u024f\u1e00-\u1eff])"
_PLURAL = re.compile("e?s" + _WORD_GOES_ON)
_SHORT_PLURAL = re.compile("s" + _WORD_GOES_ON)
_OWNED = re.compile("(?:nya|ku|mu|lah)" + _WORD_GOES_ON)
_EITHER = re.compile("(?:e?s|nya|ku|mu|lah)" + _WORD_GOES_ON)
# Malay and Indonesian do not know -s (kera is not met in keras), Vietnamese knows no endings.
_ENDINGS = {"ms": _OWNED, "id": _OWNED, "en": _EITHER, "mul": _EITHER, "vi": None}
# Thai and Lao for ivory, hawksbill and "do not", which begin many other words: จี้งา, จี้งาน.
_BEGINS_OTHERS = ("งา", "กระ", "ງາ", "ຢ່າ")
_ELEPHANT = ("ช้าง", "ຊ້າງ")  # goes on with ivory, in one word for the dictionaries
# Kinds whose words do harm where they are only a piece of another; เขี้ยวแท้ is still genuine.
_SAYINGS = (
    TermKind.CONTACT, TermKind.REPORT, TermKind.DISCLAIMER, TermKind.TOY, TermKind.FORM,
)  # fmt: skip
_SHORTEST_SAYING = 4  # Thai or Lao letters; คดี stands in โชคดี
_THAI_OR_LAO = re.compile("[\u0e00-\u0eff]+")
_SHORTEST_WITH_ENDING, _SHORTEST_ENGLISH = 4, 3  # cubs and rugs, but not notes
_LONE_HAN = re.compile("[\u3400-\u9fff]")
_CLOSING_BURMESE = re.compile("[\u1000-\u1021]\u1037?[\u103a\u1039]")
# Languages without spaces, by the first and the last of their letters.
_RUNS = {
    "zh": (0x3400, 0x9FFF), "th": (0x0E00, 0x0E7F), "lo": (0x0E80, 0x0EFF),
    "km": (0x1780, 0x17FF), "my": (0x1000, 0x109F),
}  # fmt: skip
_NO, _YES, _ENDING = 0, 1, 2
_ANYWHERE = range(sys.maxsize)
_LONGEST_RUN = 400  # letters without a space; what is longer is read in parts
_MARGIN = 60  # letters around a part, in which a dictionary finds its feet


class Need(NamedTuple):
    """How a term must stand to be met."""

    words: bool = False  # between word breaks of a dictionary
    end: bool = False  # before one, where letters of its script go on
    endings: re.Pattern[str] | None = None  # what may follow a Latin word


def need_of(term: Term) -> Need:
    """Tell how a term must stand: the shorter and commoner, the more it must be a word.

    >>> from data.terms import load_terms
    >>> [need_of(load_terms().by_key[key][0]).endings is None for key in ("pu", "gading")]
    [True, False]
    """
    return Need(_needs_words(term), term.key.endswith(_BEGINS_OTHERS), _endings_of(term))


def _endings_of(term: Term) -> re.Pattern[str] | None:
    letters = sum(letter.isalnum() for letter in term.key)
    if letters >= _SHORTEST_WITH_ENDING:
        return _ENDINGS.get(term.lang, _PLURAL)
    return _SHORT_PLURAL if term.lang == "en" and letters >= _SHORTEST_ENGLISH else None


def _needs_words(term: Term) -> bool:
    """Tell whether a term is so short and common that it must stand between word breaks."""
    if term.kind in (TermKind.PRODUCT, TermKind.TAXON, TermKind.CODE):
        return term.ambiguity is Ambiguity.HIGH
    if term.kind in _SAYINGS or (term.kind is TermKind.QUALIFIER and term.group):
        return len(term.key) < _SHORTEST_SAYING and bool(_THAI_OR_LAO.fullmatch(term.key))
    return term.kind is TermKind.NEGATION and bool(_LONE_HAN.fullmatch(term.key))  # 非 in 非洲


class Boundaries:
    """The word breaks of a bundle, those of a dictionary worked out only where asked for.

    Places are characters of the bundle's joined text.
    """

    def __init__(self, texts: Bundle, cutter: Cutter) -> None:
        self._text = texts.text
        self._codes = texts.codes
        self._cutter = cutter
        self._runs: dict[str, tuple[list[int], list[int]]] = {}
        self._breaks: dict[tuple[int, int], frozenset[int]] = {}
        latin, opens = texts.has(Kind.LATIN), texts.has(Kind.OPENS)
        goes_on, han = texts.has(Kind.CONTINUES), texts.has(Kind.HAN)
        starts = np.ones(len(latin), np.bool_)
        starts[1:] = np.where(latin[1:], ~latin[:-1], ~(opens[:-1] | goes_on[1:]))
        self._starts = starts.tobytes()
        ends = np.full(len(latin) + 1, _YES, np.uint8)
        unlike = np.where(goes_on[1:], _NO, _YES)
        ends[1:-1] = np.where(latin[:-1], np.where(latin[1:], _ENDING, _YES), unlike)
        burmese = texts.has(Kind.BURMESE)
        ends[1:-1][burmese[:-1] & burmese[1:] & (ends[1:-1] == _YES)] = _ENDING
        self._ends = ends.tobytes()
        self._after_han = np.concatenate(([False], han[:-1])).tobytes()
        self._han = han.tobytes()

    def hold(self, start: int, end: int, need: Need) -> bool:
        """Tell whether what stands from start to end stands as a term must."""
        if not self._starts[start]:
            return False
        ending = self._ends[end]
        if ending == _NO or (ending == _ENDING and not self._may_end(end, need.endings)):
            return False
        if need.words:
            return self._between_words(start, end)
        goes_on = need.end and not self._text.startswith(_ELEPHANT, end)
        return not goes_on or end in self._words_around(end - 1)

    def buried(self, start: int, end: int) -> bool:
        """Tell whether one Han character stands inside a run of others, as in 退出 or 出版."""
        return end - start == 1 and bool(self._han[start]) and bool(self._after_han[start])

    def _may_end(self, end: int, endings: re.Pattern[str] | None) -> bool:
        """Tell whether a word may end before letters: an ending follows, or a new syllable."""
        if "\u1000" <= self._text[end - 1] <= "\u109f":
            return not _CLOSING_BURMESE.match(self._text, end)
        # Vietnamese vowels lie above the Burmese letters: hổ must not be met in hổng.
        return endings is not None and bool(endings.match(self._text, end))

    def _between_words(self, start: int, end: int) -> bool:
        breaks = self._words_around(start)
        return start in breaks and end in breaks

    def _words_around(self, place: int) -> Container[int]:
        """Give the word breaks of the run of letters of one script that a place is in."""
        code = ord(self._text[place])
        for lang, (first, last) in _RUNS.items():
            if first <= code <= last:
                return self._breaks_of(lang, *self._part_of_run(lang, place))
        return _ANYWHERE

    def _part_of_run(self, lang: str, place: int) -> tuple[int, int]:
        """Find the unbroken run around a place; of a very long one only a part, with margins."""
        if lang not in self._runs:
            self._runs[lang] = self._runs_of(*_RUNS[lang])
        starts, stops = self._runs[lang]
        which = bisect_right(starts, place) - 1
        begin, stop = starts[which], stops[which]
        part = begin + (place - begin) // _LONGEST_RUN * _LONGEST_RUN
        return max(begin, part - _MARGIN), min(stop, part + _LONGEST_RUN + _MARGIN)

    def _runs_of(self, first: int, last: int) -> tuple[list[int], list[int]]:
        """Find where the unbroken runs of a script's letters begin and stop."""
        edges = np.zeros(len(self._codes) + 2, np.int8)
        edges[1:-1] = (self._codes >= first) & (self._codes <= last)
        steps = np.diff(edges)
        return np.flatnonzero(steps == 1).tolist(), np.flatnonzero(steps == -1).tolist()

    def _breaks_of(self, lang: str, begin: int, stop: int) -> frozenset[int]:
        """Ask the dictionary of a language for the words of one unbroken run of its letters."""
        if (begin, stop) not in self._breaks:
            run = self._text[begin:stop]
            if lang == "zh":
                ends = self._cutter.breaks(run)
            else:
                ends = frozenset((0, *(end for _, end in WordBreaker(run, lang).segments())))
            self._breaks[begin, stop] = frozenset(begin + end for end in ends)
        return self._breaks[begin, stop]
