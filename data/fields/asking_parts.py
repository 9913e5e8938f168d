"""The parts of a price field in order: amounts with what stands about them, and single words."""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from data.fields.numerals import FIGURES, ROLES, Figures, Number, Token, read_number
from data.fields.words import SPOKEN, Meaning, Word, load_words
from data.text import fold

_HANDLE = re.compile(
    r"(?<![\d.,])(?:\+\d[\d ().-]{7,}\d|0\d(?:[ .-]?\d){7,9}(?!\d))|https?://\S+|@[a-z]\w+"
)
_MAINLAND_MOBILE = re.compile(r"(?<![\d.,])1[3-9]\d{9}(?!\d|[.,]\d|\s*[元块¥])")
_PERCENT = re.compile(r"\d+(?:[.,]\d+)?\s*%")
_MOST_DIGITS = 18
_SAYS_A_PRICE = 100
_CLAUSES = re.compile("(?<=[0-9])，(?=[0-9])")


class Amount(NamedTuple):
    """A number with the currency signs beside it; `first` and `last` are its places in the list."""

    number: Number
    first: int
    last: int
    sign: str

    @property
    def scaled(self) -> bool:
        """Whether it names a hundred or more in words, as 3 trăm or 2tr do."""
        number = self.number
        return number.scale >= _SAYS_A_PRICE or (number.in_words and number.value >= _SAYS_A_PRICE)


class Parts:
    """A price field taken apart."""

    def __init__(self, text: str, country: str) -> None:
        # Folded, a full-width comma between two sums would join them: 原价2000，现500.
        self.text = folded = fold(_CLAUSES.sub(", ", text))
        self.tokens = _merged(folded, _tokens(folded, country))

    def word(self, at: int, *roles: str) -> Word | None:
        """Give the word at a place if it plays one of these roles."""
        token = self.tokens[at] if 0 <= at < len(self.tokens) else None
        return token if isinstance(token, Word) and token.plays(*roles) else None

    def number(self, at: int) -> Number | None:
        """Give the number at a place."""
        token = self.tokens[at] if 0 <= at < len(self.tokens) else None
        return token.number if isinstance(token, Counted) else None

    def near(self, at: int, most: int = 3) -> bool:
        """Tell whether little stands between a place and the one before it."""
        if not 0 < at < len(self.tokens):
            return False
        between = self.text[self.tokens[at - 1].end : self.tokens[at].start]
        return len(between.strip(" .:,()~≈+*")) == 0 or len(between.strip()) <= most - 2

    def amount(self, at: int) -> Amount | None:
        """Give the number at a place with its currency; None if it counts something else."""
        number = self.number(at)
        if number is None:
            return None
        before = self.word(at - 1, "currency") if self._touch(at) else None
        after = self.word(at + 1, "currency") if self._touch(at + 1) else None
        if before and after and self._is_before_another(at + 1):
            after = None
        sign = (before or after or _NO_SIGN).value("currency") or ""
        amount = Amount(number, at - bool(before), at + (after is not None), sign)
        return None if not sign and self._counts(at, amount) else amount

    def _is_before_another(self, at: int) -> bool:
        """Tell whether a currency sign belongs to the number after it: RM50 RM80."""
        return self.number(at + 1) is not None and self._touch(at + 1)

    def _counts(self, at: int, amount: Amount) -> bool:
        """Tell whether a number without a currency is of pieces or grams, or a mere "one"."""
        if amount.number.in_words and amount.number.scale == 1 and not amount.scaled:
            return True
        return not amount.scaled and self.word(at + 1, "unit") is not None and self._touch(at + 1)

    def _touch(self, at: int) -> bool:
        if not 0 < at < len(self.tokens):
            return False
        between = self.text[self.tokens[at - 1].end : self.tokens[at].start]
        return between.strip(" .:") == ""


class Counted(NamedTuple):
    """A number among the tokens, and where it stands."""

    start: int
    end: int
    number: Number


_NO_SIGN = Word(0, 0, "", ())


def _tokens(folded: str, country: str) -> list[Token]:
    for pattern in (_HANDLE, _PERCENT, *((_MAINLAND_MOBILE,) if country == "CN" else ())):
        folded = pattern.sub(lambda match: "\n" * len(match[0]), folded)
    words = load_words("numbers", "price").find(folded, _wanted(SPOKEN.get(country, "")))
    figures = (
        Figures(*match.span(), match[0])
        for match in FIGURES.finditer(folded)
        if len(match[0]) <= _MOST_DIGITS
    )
    return sorted([*words, *figures], key=lambda token: token.start)


@cache
def _wanted(lang: str) -> Callable[[Meaning], bool]:
    return lambda meaning: not meaning.lang.startswith("only-") or meaning.lang[5:] == lang


def _merged(folded: str, tokens: Sequence[Token]) -> list[Word | Counted]:
    """Put numbers in place of the tokens they are made of."""
    merged: list[Word | Counted] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        counts = isinstance(token, Figures) or token.plays(*ROLES)
        number = read_number(folded, tokens, at) if counts else None
        if number:
            merged.append(Counted(token.start, tokens[at + number.length - 1].end, number))
        elif isinstance(token, Word):
            merged.append(token)
        at += number.length if number else 1
    return merged


def one_of(number: Number | None) -> Decimal:
    """Give how many units a number before a unit counts; one if there is no number."""
    return number.value if number and number.value else Decimal(1)
