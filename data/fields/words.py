"""The words that prices, dates and places are made of, found in a text by longest match."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from data.tables import read_table
from data.text import fold

FOLDER = Path(__file__).parent.parent / "reference/fields"
# Languages that the countries we watch write in; a word marked only-vi counts nowhere else.
SPOKEN = {
    "VN": "vi", "TH": "th", "KH": "km", "LA": "lo", "MM": "my", "MY": "ms", "ID": "id",
    "CN": "zh", "TW": "zh", "HK": "zh", "MO": "zh", "SG": "ms",
}  # fmt: skip
# Scripts written without spaces: here only very short words need an end on both sides.
_JOINED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_SPACED = re.compile("[a-z\u00df-\u024f\u1e00-\u1eff]")
_SHORT = 2


class Meaning(NamedTuple):
    """What a word can stand for: its part in a sentence, a value, and whose word it is."""

    role: str
    value: str
    lang: str


class Word(NamedTuple):
    """A word that was found, with all it can mean."""

    start: int
    end: int
    text: str
    meanings: tuple[Meaning, ...]

    def value(self, *roles: str) -> str | None:
        """Give the value it has in the first of these roles that it can play."""
        for role in roles:
            for meaning in self.meanings:
                if meaning.role == role:
                    return meaning.value
        return None

    def plays(self, *roles: str) -> bool:
        """Tell whether it can play one of these roles."""
        return any(meaning.role in roles for meaning in self.meanings)


class Words:
    """A dictionary of words, spelled as folded text spells them."""

    def __init__(self, rows: Iterable[tuple[str, Meaning]]) -> None:
        meanings: defaultdict[str, list[Meaning]] = defaultdict(list)
        for word, meaning in rows:
            meanings[fold(word)].append(meaning)
        self._meanings = [tuple(dict.fromkeys(all_)) for all_ in meanings.values()]
        self._edges = [_edges(word) for word in meanings]
        self._search = AhoCorasick(list(meanings))

    def find(self, folded: str, wanted: Callable[[Meaning], bool]) -> Iterator[Word]:
        """Yield the words with a wanted meaning, the leftmost and longest first, none twice."""
        taken = 0
        matches = self._search.find_matches_as_indexes(folded, overlapping=True)
        for which, start, end in sorted(matches, key=_leftmost_longest):
            if start < taken:
                continue
            before, after = self._edges[which]
            if before and start > taken and before.match(folded[start - 1]):
                continue
            if not (after and end < len(folded) and after.match(folded[end])):
                meanings = tuple(filter(wanted, self._meanings[which]))
                if meanings:
                    taken = end
                    yield Word(start, end, folded[start:end], meanings)


def _leftmost_longest(match: tuple[int, int, int]) -> tuple[int, int]:
    return match[1], -match[2]


def _edges(word: str) -> tuple[re.Pattern[str] | None, re.Pattern[str] | None]:
    """Tell which letters may not stand before and after a word, lest it be a part of another."""
    return _edge(word[0], len(word) <= _SHORT), _edge(word[-1], len(word) == 1)


def _edge(letter: str, short: bool) -> re.Pattern[str] | None:  # noqa: FBT001
    if _SPACED.match(letter):
        return _SPACED
    return _JOINED if short and _JOINED.match(letter) else None


@cache
def load_words(*names: str) -> Words:
    """Read tables of words once, when they are first asked for."""
    return Words(row for name in names for row in _rows(FOLDER / f"{name}.csv"))


def _rows(path: Path) -> Iterator[tuple[str, Meaning]]:
    for _, row in read_table(path, ("role", "value", "lang", "words")):
        for word in row["words"].split("|"):
            yield word.strip(), Meaning(row["role"], row["value"], row["lang"])
