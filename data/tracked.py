"""A text under change whose characters remember where they came from."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

# Long runs of what may be marks; Python compares each mark of a run with all before it.
_MANY_MARKS = re.compile(r"[^\w\s!-~]{32,}")
_MANY = 32
_MARK = re.compile(r"[^\w\s!-~]")

Replacement = str | Callable[[re.Match[str]], str]
Change = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Normalised:
    """A folded text; character i comes from code points offsets[i] to ends[i] of the original."""

    text: str
    offsets: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Find where characters `start` to `end` of the folded text stand in the original."""
        if start >= end:
            return (0, 0)
        return min(self.offsets[start:end]), max(self.ends[start:end])


class Tracked:
    """A text on its way to its folded form."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = list(range(len(text)))
        self.ends = list(range(1, len(text) + 1))
        self.settled = True

    def fold_characters(self, table: Mapping[int, str]) -> None:
        """Replace every character by what the table says, nothing included."""
        folded = [table[ord(character)] for character in self.text]
        sizes = [len(part) for part in folded]
        if sizes.count(1) != len(sizes):
            self.starts = _repeat(self.starts, sizes)
            self.ends = _repeat(self.ends, sizes)
        self.text = "".join(folded)

    def sub(self, pattern: re.Pattern[str], replacement: Replacement) -> None:
        """Do `pattern.sub`, keeping track of where characters came from."""

        def new(match: re.Match[str]) -> str:
            return match.expand(replacement) if isinstance(replacement, str) else replacement(match)

        found = ((*match.span(), match[0], new(match)) for match in pattern.finditer(self.text))
        self.replace((begin, end, after) for begin, end, was, after in found if after != was)

    def compose(self) -> None:
        """Bring the text to Unicode form NFC, cluster by cluster."""
        if unicodedata.is_normalized("NFC", self.text):
            return
        text = self.text
        self.replace(
            (begin, end, composed(text[begin:end]))
            for begin, end in _clusters(text)
            if not unicodedata.is_normalized("NFC", text[begin:end])
        )

    def replace(self, changes: Iterable[Change]) -> None:
        """Replace the given stretches, which come in order and do not overlap."""
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        last = 0
        for begin, end, new in changes:
            pieces += (self.text[last:begin], new)
            starts += self.starts[last:begin]
            ends += self.ends[last:begin]
            if len(new) == end - begin:
                starts += self.starts[begin:end]
                ends += self.ends[begin:end]
            elif new:
                starts += [min(self.starts[begin:end])] * len(new)
                ends += [max(self.ends[begin:end])] * len(new)
            last = end
        if pieces:
            self.settled = False
            self.text = "".join(pieces) + self.text[last:]
            self.starts = starts + self.starts[last:]
            self.ends = ends + self.ends[last:]

    def done(self) -> Normalised:
        """Give the finished text."""
        return Normalised(self.text, tuple(self.starts), tuple(self.ends))


def composed(text: str) -> str:
    r"""Give the Unicode form NFC, in time that grows with the length of hostile texts too.

    >>> composed("o\u0323\u0302") == composed("o\u0302\u0323") == "\u1ed9"
    True
    """
    if _MARK.search(text[_MANY - 1 :: _MANY]):  # one of every long run is among these
        text = _MANY_MARKS.sub(_ordered, text)
    return unicodedata.normalize("NFC", text)


def _ordered(run: re.Match[str]) -> str:
    """Put marks in the order of the Unicode forms, so that nothing is left to be moved."""
    places: list[tuple[int, int, str]] = []
    letter = 0
    for mark in "".join(unicodedata.normalize("NFD", character) for character in run[0]):
        order = unicodedata.combining(mark)
        letter += order == 0
        places.append((letter, order, mark))
    return "".join(mark for _, _, mark in sorted(places, key=lambda place: place[:2]))


def _repeat(places: list[int], sizes: list[int]) -> list[int]:
    return [place for place, size in zip(places, sizes, strict=True) for _ in range(size)]


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """Stretches of one letter and all marks on it, which can be composed on their own."""
    begin = 0
    for at, character in enumerate(text):
        if at > begin and not _joins(character):
            yield begin, at
            begin = at
    if text:
        yield begin, len(text)


def _joins(character: str) -> bool:
    """Tell whether a character may melt into the one before it."""
    return unicodedata.category(character)[0] == "M" or "\u1161" <= character <= "\u11c2"
