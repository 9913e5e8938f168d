"""Undoes the tricks that part a word: 象.牙, n g à v o i, iv0ry."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.bundle import Bundle, Kind

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


def parted(texts: Bundle) -> list[int]:
    """Tell which texts of a bundle may hold a disguise; rather too many than too few.

    >>> from classifier.bundle import bundle
    >>> parted(bundle(["plain words", "象.牙", "n g à v o i", "iv0ry", "หนัง-เสือ"]))
    [1, 2, 3, 4]
    """
    letter, han = texts.has(Kind.LETTER), texts.has(Kind.HAN)
    gap = texts.has(Kind.SOFT | Kind.HARD)
    thai_like = texts.has(Kind.THAI | Kind.LAO | Kind.KHMER | Kind.BURMESE)
    places = np.zeros(len(letter), np.bool_)
    places[1:] |= han[:-1] & texts.has(Kind.SOFT)[1:]
    places[1:] |= _begins(han)[:-1] & texts.has(Kind.HARD)[1:]
    for letters, signs in ((letter, texts.has(Kind.STAR)), (thai_like, texts.has(Kind.INNER))):
        places[1:-1] |= letters[:-2] & signs[1:-1] & (letters[2:] | signs[2:])
    places[1:-1] |= letter[:-2] & texts.has(Kind.SWAP)[1:-1] & letter[2:]
    alone = _begins(letter)
    alone[:-1] &= ~letter[1:]
    beside = np.zeros(len(letter), np.bool_)
    beside[:-2] |= alone[2:]
    beside[:-3] |= gap[2:-1] & alone[3:]
    places[:-1] |= alone[:-1] & gap[1:] & beside[:-1]
    return [at for at, holds in enumerate(texts.holding(places)) if holds]


def _begins(letters: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell for each letter whether it follows none of its kind."""
    begins = letters.copy()
    begins[1:] &= ~letters[:-1]
    return begins
