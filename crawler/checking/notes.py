"""What a check writes down while it asks for a few pages."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from crawler.searching import Shown
from crawler.styles.page import Page
from crawler.styles.reading import Reading


class Word(StrEnum):
    """Why a word was searched for."""

    OWN = "a listing that was read contains it"
    COMMON = "most listings that were read contain it"
    ASKED = "it was asked for"
    NONSENSE = "it is no word of any language"


@dataclass(frozen=True)
class Trial:
    """One search: the word, why it was chosen, its script, and the answer (None: none came)."""

    term: str
    word: Word
    script: str
    answer: Shown | None


@dataclass(frozen=True)
class ListPage:
    """One page of a list: which walk, which page of it, and the listings it named."""

    url: str
    walk: str
    number: int
    ids: tuple[str, ...]
    page: Page
    total: int | None = None


@dataclass(frozen=True)
class Sample:
    """One listing page that was read."""

    reading: Reading
    page: Page


@dataclass(frozen=True)
class Note:
    """One problem that the spider met."""

    kind: str
    message: str
    url: str


@dataclass
class Notes:
    """Everything that was seen."""

    samples: list[Sample] = field(default_factory=list)
    lists: list[ListPage] = field(default_factory=list)
    unreadable: list[Page] = field(default_factory=list)
    turned: bool = False
    trials: list[Trial] = field(default_factory=list)
    problems: list[Note] = field(default_factory=list)

    def of(self, *kinds: str) -> Iterator[Note]:
        """Yield the problems of some kinds."""
        return (one for one in self.problems if one.kind in kinds)

    def walks(self) -> dict[str, list[ListPage]]:
        """Return the list pages of each walk, in order."""
        walks: dict[str, list[ListPage]] = {}
        for page in self.lists:
            walks.setdefault(page.walk, []).append(page)
        return walks

    @property
    def first(self) -> Shown | None:
        """What the first list shows without any search; None when it did not come."""
        if not self.lists:
            return None
        return Shown(frozenset(self.lists[0].ids), self.lists[0].total)
