"""The words around a listing, in the language of the listing."""

import datetime
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

BUDDHIST_YEARS_AHEAD = 543


@dataclass(frozen=True)
class Labels:
    """One language's words for a listing page, and how it writes a date."""

    place: str
    seller: str
    posted: str
    number: str
    category: str
    ask: str
    sold: str
    more: str
    date: str
    categories: dict[str, str]
    months: tuple[str, ...] = ("",) * 12

    def day(self, day: datetime.date) -> str:
        """Write a date as a page in this language shows it.

        >>> labels_of("th").day(datetime.date(2026, 11, 3))
        '3 พ.ย. 2569'
        """
        return self.date.format(
            y=day.year,
            m=day.month,
            d=day.day,
            be=day.year + BUDDHIST_YEARS_AHEAD,
            mon=self.months[day.month - 1],
        )


@cache
def all_labels() -> dict[str, Labels]:
    """Read the labels of every language of `labels.toml`."""
    text = Path(__file__).with_name("labels.toml").read_text(encoding="utf-8")
    return {lang: Labels(**words) for lang, words in tomllib.loads(text).items()}


def labels_of(lang: str) -> Labels:
    """Return the labels of one language."""
    return all_labels()[lang]
