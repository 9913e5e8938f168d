"""A shown date in one sign language: words of eight languages become letters, figures stay.

S I H D W O Y are second, minute, hour, day, week, month, year; A ago, B the same said before, L
last, F in the future, N now, T1 one day back, M11 November, K0 Monday, C o'clock, a p n before,
after and about noon, R years of the Republic, Z7 an offset, x a word without weight, _ the rest.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from data.fields.numerals import Figures, Token, read_number
from data.fields.words import Meaning, Word, load_words

_FIGURES = re.compile(r"\d+")
_NUMBERS = frozenset(["digit", "times", "scale"])
_MOST_IN_WORDS = 100
_OTHER = re.compile(r"[^\s\d\-/.:,•·|()+]+")
_NUMBERED = ("T", "K", "M")  # whose number must not run into the next one
_SPACE = re.compile(r"\s+")


def to_signs(folded: str, languages: Iterable[str]) -> str:
    """Write a folded text in signs; words of other languages mean nothing, month names always do.

    >>> to_signs("hôm qua 14:30", ["vi"]), to_signs("20 พฤศจิกายน 2569", ["vi"])
    ('T1 14:30', '20 M11 2569')
    """
    tokens = _tokens(folded, tuple(languages))
    pieces: list[str] = []
    end = 0
    for start, stop, sign in _signs(folded, tokens):
        pieces += (_OTHER.sub("_", folded[end:start]), sign)
        end = stop
    pieces.append(_OTHER.sub("_", folded[end:]))
    return _SPACE.sub(" ", "".join(pieces)).strip()


def _tokens(folded: str, languages: tuple[str, ...]) -> list[Token]:
    words = load_words("numbers", "dates").find(folded, _Wanted.of(languages))
    figures = (Figures(*match.span(), match[0]) for match in _FIGURES.finditer(folded))
    inside: list[Token] = list(words)
    taken = [(word.start, word.end) for word in inside]
    free = (one for one in figures if not any(start <= one.start < end for start, end in taken))
    return sorted([*inside, *free], key=lambda token: token.start)


class _Wanted:
    """Which meanings count in a text of some languages; called once for each word found."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        self._languages = {*languages, "mul"}

    @staticmethod
    @lru_cache(64)
    def of(languages: tuple[str, ...]) -> "_Wanted":
        return _Wanted(languages)

    def __call__(self, meaning: Meaning) -> bool:
        if meaning.role == "sign":
            return meaning.lang in self._languages or meaning.value[:1] == "M"
        if meaning.role not in _NUMBERS or float(meaning.value) > _MOST_IN_WORDS:
            return False
        return meaning.lang in self._languages or (meaning.lang == "ms" and "id" in self._languages)


def _signs(folded: str, tokens: list[Token]) -> Iterator[tuple[int, int, str]]:
    at = 0
    after_number = False
    while at < len(tokens):
        token = tokens[at]
        length, sign = 1, token.text
        if isinstance(token, Word):
            length, sign = _word_sign(folded, tokens, at, after_number=after_number)
        after_number = sign[-1:].isdecimal()
        yield token.start, tokens[at + length - 1].end, sign
        at += length


def _word_sign(folded: str, tokens: list[Token], at: int, *, after_number: bool) -> tuple[int, str]:
    """Give a word's sign and how many tokens it takes; năm is five, or a year beside figures."""
    word = tokens[at]
    sign = word.value("sign") if isinstance(word, Word) else None
    figures_follow = at + 1 < len(tokens) and isinstance(tokens[at + 1], Figures)
    if sign is not None and (after_number or figures_follow or not _unit_follows(tokens, at)):
        return 1, sign + " " * sign.startswith(_NUMBERED)
    number = read_number(folded, tokens, at)
    if number is None:
        return 1, sign or "_"
    return number.length, f"{number.value.normalize():f}"


def _unit_follows(tokens: list[Token], at: int) -> bool:
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    return isinstance(following, Word) and (following.value("sign") or "") in set("SIHDWOY")
