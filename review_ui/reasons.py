"""Why a score is what it is: every reason with its points, and the sum they make."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from review_ui.highlight import distinct, meaning_of, whole_clusters
from review_ui.senses import harmless_sense

_EXAMPLE = re.compile(r"“(?P<title>.*?)” \((?P<id>[\w-]+), (?P<said>an offer|harmless)\)")
_MOST_HARMLESS = 5


@dataclass(frozen=True)
class Weighed:
    """One reason: its points, as often as it stands there, and their share of the strongest."""

    reason: Mapping[str, Any]
    words: str
    points: float
    share: float
    times: int
    sense: str

    @property
    def kind(self) -> str:
        """What sort of evidence it is."""
        return str(self.reason["kind"])

    @property
    def against(self) -> bool:
        """Tell whether it speaks against an offer."""
        return self.points < 0

    @property
    def gloss(self) -> str:
        """What its words mean; empty where that says nothing beyond the words themselves."""
        text, gloss = str(self.reason["text"]), str(self.reason["gloss"])
        shown_alone = self.kind in {"price", "contact", "meaning", "ngram"} or not text
        return "" if shown_alone or gloss.casefold() == text.casefold() else gloss


@dataclass(frozen=True)
class Example:
    """A text the model learned from that reads much like the listing."""

    id: str
    title: str
    offer: bool

    @property
    def lang(self) -> str:
        """The language its id names."""
        return self.id.rpartition("-")[0]


@dataclass(frozen=True)
class Balance:
    """All reasons of one score, strongest first, and what they add up to.

    `start` and `rest` are None where the score does not tell them; then `total` is the sum of
    the reasons alone.
    """

    told: Sequence[Weighed]
    start: float | None
    rest: float | None
    examples: Sequence[Example]

    @property
    def speaks_for(self) -> Sequence[Weighed]:
        """The reasons that speak for an offer."""
        return [one for one in self.told if not one.against]

    @property
    def speaks_against(self) -> Sequence[Weighed]:
        """The reasons that speak against an offer."""
        return [one for one in self.told if one.against]

    @property
    def total(self) -> float:
        """The sum of everything shown, to the digit."""
        shown = sum(one.points for one in self.told)
        return round(shown + (self.start or 0.0) + (self.rest or 0.0), 2)

    @property
    def complete(self) -> bool:
        """Tell whether everything that made the score is in the sum."""
        return self.start is not None and self.rest is not None

    @property
    def harmless_if(self) -> Sequence[tuple[Weighed, float]]:
        """The strongest reasons for an offer, each with the sum that would be left without it."""
        strongest = self.speaks_for[:_MOST_HARMLESS]
        return [(one, round(self.total - one.points, 2)) for one in strongest]


def weigh(reasons: Sequence[Mapping[str, Any]], lang: str, body: str = "") -> Balance:
    """Add up a score's reasons; what says the same again is one reason with all its points.

    `body` is the text that the reasons' offsets count in, where it is at hand.

    >>> one = {"text": "ivory", "kind": "term", "gloss": "", "start": 0, "end": 5, "weight": 1.25}
    >>> start = {"text": "", "kind": "start", "gloss": "", "weight": -2.0}
    >>> balance = weigh([one, one, start], "en")
    >>> [(reason.points, reason.times) for reason in balance.told], balance.total
    ([(2.5, 2)], 0.5)
    """
    told = _told(reasons, lang, body)
    start, rest = (_sum_of(reasons, kind) for kind in ("start", "rest"))
    if rest is not None:
        # The points are shown in hundredths; what rounding lost belongs to what is not told.
        exact = sum(float(one["weight"]) for one in reasons)
        rest = round(exact - sum(one.points for one in told) - (start or 0.0), 2)
    return Balance(told, start, rest, _examples(reasons))


def _told(reasons: Iterable[Mapping[str, Any]], lang: str, body: str) -> list[Weighed]:
    points: dict[tuple[str, str, str], list[float]] = {}
    for one in reasons:
        points.setdefault(meaning_of(one), []).append(float(one["weight"]))
    sums = {meaning: round(sum(weights), 2) for meaning, weights in points.items()}
    told = sorted(distinct(reasons), key=lambda one: -abs(sums[meaning_of(one)]))
    most = max((abs(sums[meaning_of(one)]) for one in told), default=0.0) or 1.0
    return [
        Weighed(
            reason=one,
            words=_whole(one, body),
            points=sums[meaning_of(one)],
            share=abs(sums[meaning_of(one)]) / most,
            times=len(points[meaning_of(one)]),
            sense=harmless_sense(str(one["text"]), lang) if one["kind"] == "term" else "",
        )
        for one in told
    ]


def _whole(reason: Mapping[str, Any], body: str) -> str:
    """Give a reason's words with every cluster whole, as they are marked in the text."""
    text, start, end = str(reason["text"]), reason.get("start"), reason.get("end")
    if not isinstance(start, int) or not isinstance(end, int) or body[start:end] != text:
        return text
    first, last = whole_clusters(body, start, end)
    return body[first:last]


def _sum_of(reasons: Iterable[Mapping[str, Any]], kind: str) -> float | None:
    weights = [float(one["weight"]) for one in reasons if one["kind"] == kind]
    return round(sum(weights), 2) if weights else None


def _examples(reasons: Iterable[Mapping[str, Any]]) -> list[Example]:
    """Read the known examples that the reason of meaning names."""
    return [
        Example(found["id"], found["title"], found["said"] == "an offer")
        for one in reasons
        if one["kind"] == "meaning"
        for found in _EXAMPLE.finditer(str(one["gloss"]))
    ]
