"""Undoes the tricks that part or mask a word: 象.牙, n g à v o i, iv0ry, h*r*mau."""

import re
from dataclasses import dataclass

import numpy as np

from classifier.bundle import Bools, Bundle, Kind
from classifier.masks import Masks
from classifier.spelling import meant, spelt

_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_LETTER = "a-z\u00df-\u024f\u1e00-\u1eff"
_SOFT = r"[.·•*_~^'`]"
_HARD = r"[ /|+\-–—]"
_THAI_LIKE = "\u0e00-\u0e4f\u0e80-\u0ecf\u1000-\u103f\u1780-\u17d3"
_FIRST_HAN = "\u3400"
_SLASH = ord("/")  # parts initials: ງ/ຊ
_DIGIT = "[0134569]"
_GAPS = tuple(
    re.compile(pattern)
    for pattern in (
        # Between Han characters of which one, or for weaker signs both, stand alone.
        rf"(?<=(?<![{_HAN}])[{_HAN}]){_SOFT}+(?=[{_HAN}])",
        rf"(?<=[{_HAN}]){_SOFT}+(?=[{_HAN}](?![{_HAN}]))",
        rf"(?<=(?<![{_HAN}])[{_HAN}]){_HARD}+(?=[{_HAN}](?![{_HAN}]))",
        # Between letters that stand alone.
        rf"(?<=(?<![{_LETTER}])[{_LETTER}])(?:{_SOFT}|{_HARD}){{1,2}}(?=[{_LETTER}](?![{_LETTER}]))",
        # Between a letter and a digit that stands for one: m 4 n 1.
        rf"(?<=(?<![{_LETTER}0-9])[{_LETTER}])(?:{_SOFT}|{_HARD}){{1,2}}(?={_DIGIT}(?![{_LETTER}0-9]))",
        rf"(?<=(?<![{_LETTER}0-9]){_DIGIT})(?:{_SOFT}|{_HARD}){{1,2}}(?=[{_LETTER}](?![{_LETTER}0-9]))",
        # Inside a Latin word, where no word of everyday has such a sign.
        rf"(?<=[{_LETTER}])[*_~^·•]+(?=[{_LETTER}])",
        rf"(?<=[{_THAI_LIKE}])[.·•*_~^|+-]+(?=[{_THAI_LIKE}])",
    )
)
_SWAPPED = re.compile(
    rf"(?<=[{_LETTER}])[01345679@$!]{{1,2}}(?=[{_LETTER}])"
    # At the edge of a word digits only, and at its front only where no measure follows: 5cm.
    rf"|(?<![{_LETTER}0-9@$!]){_DIGIT}(?=[{_LETTER}][{_LETTER}01345679]{{2}})"
    rf"|(?<=[{_LETTER}]){_DIGIT}(?![{_LETTER}0-9@$!])"
)
MEANT = str.maketrans("01345679@$!", "oieasgtgasi")
_MASKED = re.compile("[a-z]{3,}")


@dataclass(frozen=True, slots=True)
class Tight:
    """A text with its disguises undone; character i stands at places[i] of the text as it was."""

    text: str
    places: tuple[int, ...]
    swapped: frozenset[int]

    def changed(self, start: int, end: int) -> bool:
        """Tell whether something was undone between two characters of the tight text."""
        swapped = any(place in self.swapped for place in self.places[start:end])
        return swapped or self.parted(start, end)

    def parted(self, start: int, end: int) -> bool:
        """Tell whether something was left out between two characters of the tight text."""
        return self.places[end - 1] - self.places[start] != end - 1 - start

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Find where characters of the tight text stood."""
        return self.places[start], self.places[end - 1] + 1


def tighten(text: str, masks: Masks | None = None) -> Tight | None:
    """Undo the disguises of a normalised text; None when it has none.

    >>> tight = tighten("出 象.牙 n g à v o i iv0ry h0 m 4 n 1")
    >>> tight.text if tight else ""
    '出象牙 ngàvoi ivory ho mani'
    >>> tighten("plain words") is None
    True
    """
    dropped = {at for gap in _GAPS for match in gap.finditer(text) for at in range(*match.span())}
    sounds = spelt(text)
    if not dropped and not sounds and not _SWAPPED.search(text):
        return None
    places = [at for at in range(len(text)) if at not in dropped]
    joined = "".join(text[at] for at in places) if dropped else text
    swaps = {at for match in _SWAPPED.finditer(joined) for at in range(*match.span())}
    if swaps:
        joined = "".join(
            letter.translate(MEANT) if at in swaps else letter for at, letter in enumerate(joined)
        )
    swapped = {places[at] for at in swaps}
    tight = Tight(joined, tuple(places), frozenset(swapped))
    if sounds:
        tight = _spelt_out(tight)
    return _unmasked(tight, masks) if masks and dropped else tight


def _spelt_out(tight: Tight) -> Tight:
    """Put characters in the place of their sounds."""
    text: list[str] = []
    places: list[int] = []
    swapped = set(tight.swapped)
    done = 0
    for sound in spelt(tight.text):
        start, end = sound.span()
        text += [tight.text[done:start], meant(sound)]
        # Where more of the word goes before, its end must hold the whole sound; else its start.
        before = start > 0 and tight.text[start - 1] >= _FIRST_HAN
        own = tight.places[end - 1 if before else start]
        places += [*tight.places[done:start], own]
        swapped.add(own)
        done = end
    text.append(tight.text[done:])
    places += tight.places[done:]
    return Tight("".join(text), tuple(places), frozenset(swapped))


def _unmasked(tight: Tight, masks: Masks) -> Tight:
    """Put back the vowels of the words that had something dropped from them."""
    text: list[str] = []
    places: list[int] = []
    swapped = set(tight.swapped)
    done = 0
    for match in _MASKED.finditer(tight.text):
        start, end = match.span()
        word = tight.parted(start, end) and masks.meant(match[0])
        if word:
            text += [tight.text[done:start], word]
            places += [*tight.places[done:start], *_spread(tight.places[start:end], len(word))]
            swapped.update(tight.places[start:end])
            done = end
    text.append(tight.text[done:])
    places += tight.places[done:]
    return Tight("".join(text), tuple(places), frozenset(swapped))


def _spread(places: tuple[int, ...], size: int) -> list[int]:
    """Let more letters stand at the places of fewer."""
    return [places[at * len(places) // size] for at in range(size - 1)] + [places[-1]]


def parted(texts: Bundle) -> list[int]:
    """Tell which texts of a bundle may hold a disguise; rather too many than too few.

    >>> from classifier.bundle import bundle
    >>> parted(bundle(["plain words", "象.牙", "n g à v o i", "iv0ry", "หนัง-เสือ"]))
    [1, 2, 3, 4]
    """
    han, letter = texts.has(Kind.HAN), texts.has(Kind.LETTER)
    thai_like = texts.has(Kind.THAI | Kind.LAO | Kind.KHMER | Kind.BURMESE)
    places = _dropped(texts)
    places[1:-1] |= thai_like[:-2] & (texts.codes[1:-1] == _SLASH) & thai_like[2:]
    places[1:] |= han[:-1] & texts.has(Kind.SOFT)[1:]
    places[1:] |= _begins(han)[:-1] & texts.has(Kind.HARD)[1:]
    signs = texts.has(Kind.INNER)
    places[1:-1] |= thai_like[:-2] & signs[1:-1] & (thai_like[2:] | signs[2:])
    _mark_swapped(texts, letter, places)
    if han.any():
        for sound in spelt(texts.text):
            places[sound.start()] = True
    return [at for at, holds in enumerate(texts.holding(places)) if holds]


def masked(texts: Bundle) -> list[int]:
    """Tell which texts of a bundle may hold a Latin word with letters parted or left out.

    >>> from classifier.bundle import bundle
    >>> masked(bundle(["plain words", "象.牙", "n g à v o i", "h*r*mau", "iv0ry"]))
    [2, 3]
    """
    return [at for at, holds in enumerate(texts.holding(_dropped(texts))) if holds]


def _dropped(texts: Bundle) -> Bools:
    """Mark where a Latin word is parted by signs, or has signs for letters."""
    letter, gap = texts.has(Kind.LETTER), texts.has(Kind.SOFT | Kind.HARD)
    signs, places = texts.has(Kind.STAR), np.zeros(len(texts.codes), np.bool_)
    places[1:-1] |= letter[:-2] & signs[1:-1] & (letter[2:] | signs[2:])
    _mark_alone(letter, gap, places)
    _mark_mixed(letter, texts.has(Kind.DIGIT), texts.has(Kind.SWAP), gap, places)
    return places


def _mark_swapped(texts: Bundle, letter: Bools, places: Bools) -> None:
    """Mark the digits and signs that may stand for letters, by what is beside them."""
    swap, digit = texts.has(Kind.SWAP), texts.has(Kind.DIGIT)
    places[1:-1] |= letter[:-2] & swap[1:-1] & (letter[2:] | swap[2:])
    edge = swap & digit
    front = edge & _begins(letter | digit)
    places[:-3] |= front[:-3] & letter[1:-2] & (letter | swap)[2:-1] & (letter | swap)[3:]
    places[1:-1] |= letter[:-2] & edge[1:-1] & ~(letter | digit | swap)[2:]


def _mark_alone(word: Bools, gap: Bools, places: Bools) -> None:
    """Mark letters, and digits where `word` has them, that stand alone beside one another."""
    alone = _begins(word)
    alone[:-1] &= ~word[1:]
    beside = np.zeros(len(word), np.bool_)
    beside[:-2] |= alone[2:]
    beside[:-3] |= gap[2:-1] & alone[3:]
    places[:-1] |= alone[:-1] & gap[1:] & beside[:-1]


def _mark_mixed(letter: Bools, digit: Bools, swap: Bools, gap: Bools, places: Bools) -> None:
    """Mark a letter and a digit that stand alone beside one another: m 4."""
    alone = _begins(letter | digit)
    alone[:-1] &= ~(letter | digit)[1:]
    one, other = alone & letter, alone & digit & swap
    for first, second in ((one, other), (other, one)):
        places[:-2] |= first[:-2] & gap[1:-1] & second[2:]
        places[:-3] |= first[:-3] & gap[1:-2] & gap[2:-1] & second[3:]


def _begins(letters: Bools) -> Bools:
    """Tell for each letter whether it follows none of its kind."""
    begins = letters.copy()
    begins[1:] &= ~letters[:-1]
    return begins
