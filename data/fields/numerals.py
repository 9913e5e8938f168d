"""Numbers written in figures, in words, or in both: 2tr5, 1万2, 两百五, สามหมื่นห้า, triệu rưỡi."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from data.fields.words import Word

ROLES = frozenset(["digit", "times", "scale", "suffix", "half", "nought"])
FIGURES = re.compile(r"\d{1,3}(?:[.,' ]\d{2,3})*[.,' ]\d{3}(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?")
_MULTIPLIERS = ("times", "scale", "suffix")
# In these languages a last digit alone counts tenths of the unit before it: 一万二 is 12,000.
_TENTHS_FROM = {"zh": 100, "vi": 100, "th": 1000, "lo": 1000}
_BETWEEN = ("", " ")
_LEAST_REST = 1000
_APART = ("ms", "zh")  # where a bare "hundred" or "ten" never follows figures
_LONGEST_REST = 3
_TEN_THOUSAND = 10_000


class Figures(NamedTuple):
    """Digits as they stand in a text."""

    start: int
    end: int
    text: str


Token = Word | Figures


class Number(NamedTuple):
    """A number that was read: `scale` is its last multiplier, 1 for plain figures."""

    value: Decimal
    scale: Decimal
    lang: str
    in_words: bool
    length: int  # how many tokens it is made of


class _Part(NamedTuple):
    value: Decimal
    scale: Decimal


def read_number(folded: str, tokens: Sequence[Token], at: int) -> Number | None:
    """Read the number that begins at a token of a text; None when none does."""
    return _Reader(folded, tokens, at).read()


class _Reader:
    """Goes along the tokens as long as they make one number."""

    def __init__(self, folded: str, tokens: Sequence[Token], at: int) -> None:
        self._folded = folded
        self._tokens = tokens
        self._first = self._at = at
        self._parts: list[_Part] = []
        self._digit: Decimal | None = None  # what waits for its multiplier
        self._figures = ""
        self._scale = self._ahead = Decimal(1)
        self._lang = ""
        self._in_words = False
        self._nought = False

    def read(self) -> Number | None:
        while self._at < len(self._tokens) and self._touches() and self._take():
            self._at += 1
        if self._digit is None and not self._parts:
            return None
        value = (self._below(None) + self._tail()) * self._ahead
        return Number(value, self._scale, self._lang, self._in_words, self._at - self._first)

    def _touches(self) -> bool:
        return self._at == self._first or self._adjoin(self._at)

    def _adjoin(self, at: int) -> bool:
        """Tell whether only a space stands between a token and the one before it."""
        return self._folded[self._tokens[at - 1].end : self._tokens[at].start] in _BETWEEN

    def _take(self) -> bool:
        token = self._tokens[self._at]
        if isinstance(token, Figures):
            return self._take_figures(token)
        return (
            self._take_multiplier(token)
            or self._take_half(token)
            or self._take_nought(token)
            or self._take_digit(token)
        )

    def _take_figures(self, token: Figures) -> bool:
        if self._digit is not None:
            return False
        if self._parts:
            return self._take_rest(token)
        self._digit = plain(token.text, self._next_multiplies())
        self._figures = token.text
        return True

    def _take_rest(self, token: Figures) -> bool:
        """Take the 5 of 2tr5, the 350 of 2tr350; a number that counts something else is no rest."""
        scale, length = self._scale, len(token.text)
        if self._next_multiplies():
            self._digit, self._figures = plain(token.text, multiplied=True), token.text
            return True
        if scale < _LEAST_REST or not token.text.isdecimal() or self._counts_something(token):
            return False
        if self._after_a_bare_letter() and self._tokens[self._at - 1].end < token.start:
            return False
        if length > _LONGEST_REST and not (scale == _TEN_THOUSAND and length == 4):  # noqa: PLR2004
            return False
        literal = scale == _TEN_THOUSAND and length >= _LONGEST_REST
        tenths = Decimal(1) if literal else scale / 10**length
        self._parts.append(_Part(Decimal(token.text) * tenths, Decimal(1)))
        self._in_words = True
        return True

    def _after_a_bare_letter(self) -> bool:
        """Tell whether a single letter stands before, as in "500k 3": what follows is apart."""
        before = self._tokens[self._at - 1]
        return before.end - before.start == 1

    def _take_multiplier(self, word: Word) -> bool:
        value = word.value(*_MULTIPLIERS)
        if value is None or (
            self._figures and word.plays("times") and self._lang_of(word) in _APART
        ):
            return False  # RM25 seratus, 79十斤: the price of so many
        if self._waits() and not word.plays("times") and not self._next_plays("half"):
            return self._take_ahead(word)
        if word.plays("suffix") and not word.plays("scale", "times") and not self._figures:
            return False
        scale = Decimal(value)
        many = self._below(scale) + (self._digit or 0)
        self._parts = [part for part in self._parts if part.scale >= scale]
        self._parts.append(_Part((many or 1) * scale, scale))
        self._digit, self._figures, self._nought = None, "", False
        self._scale = scale
        self._note(word)
        return True

    def _take_ahead(self, word: Word) -> bool:
        """Take a Burmese unit that stands before its number: သိန်း ၅၀ is 50 lakh."""
        mine = any(one.role == "scale" and one.lang == "my" for one in word.meanings)
        following = self._next()
        counts = isinstance(following, Figures) or self._next_plays("digit")
        if not (mine and counts and self._ahead == 1):
            return False
        self._ahead = self._scale = Decimal(word.value("scale") or 1)
        self._note(word)
        return True

    def _waits(self) -> bool:
        """Tell whether nothing stands before that could be multiplied."""
        return self._digit is None and not self._parts

    def _take_half(self, word: Word) -> bool:
        if not (self._parts and self._digit is None and word.plays("half")):
            return False
        self._parts.append(_Part(self._scale / 2, Decimal(1)))
        return True

    def _take_nought(self, word: Word) -> bool:
        if not (self._parts and word.plays("nought")):
            return False
        self._nought = True
        return True

    def _take_digit(self, word: Word) -> bool:
        value = word.value("digit")
        if value is None or self._means_a_weight(word):
            return False
        digit = Decimal(value)
        tens = self._digit is not None and self._digit >= 20 and self._digit % 10 == 0  # noqa: PLR2004
        ten = self._digit == 10  # noqa: PLR2004
        if self._digit is not None and not ((tens or ten) and digit < 10 and not self._figures):  # noqa: PLR2004
            return False
        if self._parts and self._counts_something() and not self._next_multiplies():
            return False
        self._digit = (self._digit or 0) + digit
        self._note(word)
        return True

    def _means_a_weight(self, word: Word) -> bool:
        """Tell whether 两 is the weight here: only before a multiplier or a unit it means two."""
        if not word.plays("unit"):
            return False
        return not (self._digit is None and (self._next_multiplies() or self._counts_something()))

    def _note(self, word: Word) -> None:
        self._lang = self._lang_of(word)
        self._in_words = True

    @staticmethod
    def _lang_of(word: Word) -> str:
        return next(one.lang for one in word.meanings if one.role in ROLES)

    def _next(self) -> Token | None:
        at = self._at + 1
        return self._tokens[at] if at < len(self._tokens) and self._adjoin(at) else None

    def _next_multiplies(self) -> bool:
        return self._next_plays(*_MULTIPLIERS)

    def _counts_something(self, figures: Figures | None = None) -> bool:
        """Tell whether a unit, or after figures any unknown word, stands right behind."""
        unknown = figures is not None and self._next() is None
        letter = self._folded[figures.end : figures.end + 1] if figures and unknown else ""
        return letter.isalpha() or self._next_plays("unit")

    def _next_plays(self, *roles: str) -> bool:
        following = self._next()
        return isinstance(following, Word) and following.plays(*roles)

    def _below(self, scale: Decimal | None) -> Decimal:
        parts = (part.value for part in self._parts if scale is None or part.scale < scale)
        return sum(parts, Decimal(0))

    def _tail(self) -> Decimal:
        """Give the digit that is left at the end: tenths after a unit in some languages."""
        if self._digit is None:
            return Decimal(0)
        least = _TENTHS_FROM.get(self._lang)
        tenths = least is not None and self._scale >= least and not self._nought
        return self._digit * self._scale / 10 if tenths and self._digit < 10 else self._digit  # noqa: PLR2004


def plain(figures: str, multiplied: bool = False) -> Decimal:  # noqa: FBT001, FBT002
    """Read figures whose dots and commas part thousands or decimals, as their places tell.

    >>> plain("1.200.000"), plain("1,280.50"), plain("1.234"), plain("1.234", multiplied=True)
    (Decimal('1200000'), Decimal('1280.50'), Decimal('1234'), Decimal('1.234'))
    """
    parts = re.split(r"[.,]", re.sub("[' ]", "", figures))
    if len(parts) == 1:
        return Decimal(parts[0])
    marks = re.findall(r"[.,]", figures)
    alike = len(set(marks)) == 1
    thousands = len(parts[-1]) == 3 and parts[0] != "0"  # noqa: PLR2004
    if (alike and len(marks) > 1) or (thousands and not (multiplied and len(parts) == 2)):  # noqa: PLR2004
        return Decimal("".join(parts))
    return Decimal("".join(parts[:-1]) + "." + parts[-1])
