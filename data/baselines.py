"""What is usual on a platform, learned from its last runs, and what fell out of it. Pure.

Median and median deviation: one odd run among eight must not move what counts as usual. A figure
is judged only where its usual value is large enough to say something.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from statistics import median
from typing import Final

LAST: Final = 8
LEAST_RUNS: Final = 4
_SPREADS: Final = 3 * 1.4826
"""Three standard deviations, had the figures a bell's shape."""
_MANY_DEAD: Final = 2


@dataclass(frozen=True)
class RunFigures:
    """What one run measured; None where it had nothing to measure by."""

    listings: int | None = None
    new: int | None = None
    coverage: Mapping[str, float] = field(default_factory=dict)
    answer_bytes: int | None = None
    refused: float | None = None


@dataclass(frozen=True)
class Usual:
    """The middle of the last runs, and the bounds between which a run is ordinary."""

    middle: float
    low: float
    high: float
    runs: int


@dataclass(frozen=True)
class Departure:
    """One figure that left what is usual: from what to what, in words."""

    figure: str
    usual: Usual
    now: float
    words: str
    is_break: bool = False


@dataclass(frozen=True)
class Rule:
    """How far one kind of figure may go before it says something."""

    share: float
    least: float
    breaks_below: float = 0.0
    is_count: bool = False
    rises: bool = False


LISTINGS: Final = Rule(share=0.4, least=8, breaks_below=0.1, is_count=True)
NEW: Final = Rule(share=0.8, least=10, is_count=True)
ANSWER_BYTES: Final = Rule(share=0.6, least=500)
FIELD: Final = Rule(share=0.3, least=0.3)
TITLE: Final = Rule(share=0.3, least=0.3, breaks_below=0.5)
REFUSED: Final = Rule(share=0.0, least=0.0, rises=True)
REFUSED_SLACK: Final = 0.2


def usual(values: Sequence[float], rule: Rule) -> Usual | None:
    """Return what is usual of a figure; None when too few runs, or too small a figure, tell it.

    >>> usual([100, 110, 90, 100, 0], LISTINGS)
    Usual(middle=100, low=55.522, high=144.478, runs=5)
    >>> usual([100, 110, 90], LISTINGS) is None, usual([2, 1, 2, 3], LISTINGS) is None
    (True, True)
    """
    if len(values) < LEAST_RUNS:
        return None
    middle = median(values)
    if middle < rule.least:
        return None
    spread = median(abs(value - middle) for value in values)
    slack = max(_SPREADS * spread, rule.share * middle)
    if rule.is_count:
        slack = max(slack, 3 * sqrt(middle))
    if rule.rises:
        slack = max(slack, REFUSED_SLACK)
    return Usual(middle, max(0.0, round(middle - slack, 4)), round(middle + slack, 4), len(values))


def usual_of(before: Sequence[RunFigures], figure: str) -> Usual | None:
    """Return what is usual of a named figure: listings, new, answer_bytes, refused or a field."""
    values = [one for run in before[:LAST] if (one := value_of(run, figure)) is not None]
    return usual(values, rule_of(figure))


def rule_of(figure: str) -> Rule:
    """Return the rule a figure is judged by."""
    return _RULES.get(figure, FIELD)


_RULES: Final[Mapping[str, Rule]] = {
    "listings": LISTINGS,
    "new": NEW,
    "answer_bytes": ANSWER_BYTES,
    "refused": REFUSED,
    "title": TITLE,
}
_OWN: Final = ("listings", "new", "answer_bytes", "refused")


def value_of(run: RunFigures, figure: str) -> float | None:
    """Return one figure of a run; None where it was not measured."""
    if figure in _OWN:
        value: float | None = getattr(run, figure)
        return value
    return run.coverage.get(figure)


def departures(now: RunFigures, before: Sequence[RunFigures]) -> list[Departure]:
    """Return the figures of a run that left what its last comparable runs make usual.

    `before` are those runs, newest first.
    """
    names = [*_OWN, *_fields(before)]
    return [one for name in names if (one := _departure(name, now, before)) is not None]


def _fields(before: Iterable[RunFigures]) -> Iterator[str]:
    yield from sorted({name for run in before for name in run.coverage})


def _departure(figure: str, now: RunFigures, before: Sequence[RunFigures]) -> Departure | None:
    value, known = value_of(now, figure), usual_of(before, figure)
    if value is None or known is None:
        return None
    rule = rule_of(figure)
    left = value > known.high if rule.rises else value < known.low
    if not left:
        return None
    is_break = not rule.rises and value < rule.breaks_below * known.middle
    return Departure(figure, known, value, _words(figure, known.middle, value), is_break)


def is_broken(found: Sequence[Departure]) -> bool:
    """Tell a page that is laid out in another way from one that gives less than usual.

    Next to no listings, no titles, or several fields that nothing gives any more.
    """
    dead = [one for one in found if one.figure not in _OWN and one.now == 0]
    return any(one.is_break for one in found) or len(dead) >= _MANY_DEAD


def sentence(found: Sequence[Departure]) -> str:
    """Say which figures left what is usual, from what to what."""
    if not found:
        return ""
    words = _listed([one.words for one in found])
    runs = max(one.usual.runs for one in found)
    return f"Compared with the last {runs} good runs, {words}."


_FIELD_WORDS: Final = {"images": "pictures", "posted_at": "date", "description": "text"}


def _words(figure: str, middle: float, value: float) -> str:
    if figure == "listings":
        return f"listings fell from about {middle:.0f} to {value:.0f}"
    if figure == "new":
        return f"new listings fell from about {middle:.0f} to {value:.0f}"
    if figure == "answer_bytes":
        return f"the usual answer shrank from {_kb(middle)} to {_kb(value)}"
    if figure == "refused":
        return f"refused or failed answers rose from {_percent(middle)} to {_percent(value)}"
    name = _FIELD_WORDS.get(figure, figure.replace("_", " "))
    return f"the {name} was found on {_percent(value)} of listings instead of {_percent(middle)}"


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


def _kb(size: float) -> str:
    return f"{size / 1000:.0f} kB" if size >= 10_000 else f"{size / 1000:.1f} kB"  # noqa: PLR2004


def _listed(words: Sequence[str]) -> str:
    *head, last = words
    return f"{', '.join(head)} and {last}" if head else last
