"""Undoes the tricks that part a word: 象.牙, n g à v o i, iv0ry."""

import re
from dataclasses import dataclass

_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_LETTER = "a-z\u00df-\u024f\u1e00-\u1eff"
_SOFT = r"[.·•*_~^'`]"
_HARD = r"[ /|+\-–—]"
_THAI_LIKE = "\u0e00-\u0e4f\u0e80-\u0ecf\u1000-\u103f\u1780-\u17d3"
_GAPS = tuple(
    re.compile(pattern)
    for pattern in (
        # Between Han characters of which one, or for weaker signs both, stand alone.
        rf"(?<=(?<![{_HAN}])[{_HAN}]){_SOFT}+(?=[{_HAN}])",
        rf"(?<=[{_HAN}]){_SOFT}+(?=[{_HAN}](?![{_HAN}]))",
        rf"(?<=(?<![{_HAN}])[{_HAN}]){_HARD}+(?=[{_HAN}](?![{_HAN}]))",
        # Between letters that stand alone.
        rf"(?<=(?<![{_LETTER}])[{_LETTER}])(?:{_SOFT}|{_HARD}){{1,2}}(?=[{_LETTER}](?![{_LETTER}]))",
        # Inside a Latin word, where no word of everyday has such a sign.
        rf"(?<=[{_LETTER}])[*_~^·•]+(?=[{_LETTER}])",
        rf"(?<=[{_THAI_LIKE}])[.·•*_~^|+-]+(?=[{_THAI_LIKE}])",
    )
)
_SWAPPED = re.compile(rf"(?<=[{_LETTER}])[013457@$!](?=[{_LETTER}])")
_MEANT = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"}


@dataclass(frozen=True, slots=True)
class Tight:
    """A text with its disguises undone; character i stands at places[i] of the text as it was."""

    text: str
    places: tuple[int, ...]
    swapped: frozenset[int]

    def changed(self, start: int, end: int) -> bool:
        """Tell whether something was undone between two characters of the tight text."""
        parted = self.places[end - 1] - self.places[start] != end - 1 - start
        return parted or any(place in self.swapped for place in self.places[start:end])

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Find where characters of the tight text stood."""
        return self.places[start], self.places[end - 1] + 1


def tighten(text: str) -> Tight | None:
    """Undo the disguises of a normalised text; None when it has none.

    >>> tight = tighten("出 象.牙 n g à v o i iv0ry")
    >>> tight.text if tight else ""
    '出象牙 ngàvoi ivory'
    >>> tighten("plain words") is None
    True
    """
    dropped = {at for gap in _GAPS for match in gap.finditer(text) for at in range(*match.span())}
    swapped = frozenset(match.start() for match in _SWAPPED.finditer(text))
    if not dropped and not swapped:
        return None
    places = tuple(at for at in range(len(text)) if at not in dropped)
    letters = (_MEANT[text[at]] if at in swapped else text[at] for at in places)
    return Tight("".join(letters), places, swapped)
