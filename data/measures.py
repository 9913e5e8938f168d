"""What a figure is: a number with its rows, a share with its denominator, a length of time."""

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

_Z = 1.959964  # 95 % of a normal distribution
DEFINITIONS = {
    "detected": "Distinct listings with an infringing decision in force, by decision date.",
    "reported": "Distinct listings in sent batches, by sent date.",
    "removed": (
        "Of those reported, seen gone by two agreeing rechecks after sending, at least a day apart."
    ),
    "removed_confirmed": "Removed, and the platform's answer says so too.",
    "removed_unattributed": "Removed, but the platform did not say that it did it.",
    "takedown_rate": "Removed divided by reported, for what was sent in the period.",
    "confirmed_rate": "Removed with the platform's word, divided by reported.",
    "claimed": ("An answer says removed and rechecks do not agree yet. Never counted as removed."),
    "delisted": "The page opens but the platform's lists no longer show it. Not removed.",
    "sold_or_ended": "The page or the platform says sold or ended. Not removed.",
    "seller_removed": "The platform says the seller took it down. Not removed.",
    "already_gone": "Gone before the platform looked, or before sending. Not removed.",
    "partly": "The platform restricted it or removed some of its offers. Not removed.",
    "rejected": "The platform declined and it is not seen gone.",
    "open": "No answer that ends it, and still seen or not yet proven gone.",
    "first_seen_to_decision": "Days from first seen to the infringing decision in force.",
    "decision_to_sent": "Days from the decision to sending.",
    "sent_to_removed": "Days from sending to the second agreeing miss.",
    "backlog": "Listings that wait for a decision now.",
    "flag_precision": "Of the flagged listings decided in the period, the share found infringing.",
    "sampled": (
        "Listings without a flag, drawn at random from the period's days and decided. "
        "Whoever decides is not told."
    ),
    "sampled_offers": "Of those drawn at random and decided, what was an offer all the same.",
    "missed_share": (
        "The share of offers among the sampled listings that are decided. Times the listings "
        "scored in the period and not flagged, it estimates what was missed."
    ),
}
LABELS = {
    "detected": "Detected",
    "reported": "Reported",
    "removed": "Removed",
    "removed_confirmed": "Removed, confirmed by the platform",
    "removed_unattributed": "Removed, gone without a word",
    "takedown_rate": "Takedown rate",
    "confirmed_rate": "Takedown rate, confirmed only",
    "claimed": "Claimed only",
    "delisted": "Off the lists",
    "sold_or_ended": "Sold or ended",
    "seller_removed": "Taken down by the seller",
    "already_gone": "Already gone",
    "partly": "Partly",
    "rejected": "Rejected",
    "open": "Still open",
    "first_seen_to_decision": "First seen to decision",
    "decision_to_sent": "Decision to sent",
    "sent_to_removed": "Sent to removed",
    "backlog": "Waiting for a decision",
    "flag_precision": "Flags a person confirmed",
    "sampled": "Sampled and decided",
    "sampled_offers": "Offers in the sample",
    "missed_share": "Offers among those not flagged",
}


@dataclass(frozen=True)
class Number:
    """One figure: what it counts, its value, and the ids of the rows behind it."""

    name: str
    value: int
    rows: tuple[int, ...]
    kind: str = "listing"

    @property
    def label(self) -> str:
        """Return its name for people."""
        return LABELS[self.name]

    @property
    def definition(self) -> str:
        """Return what it counts."""
        return DEFINITIONS[self.name]


@dataclass(frozen=True)
class Rate:
    """A share with numerator and denominator; None when there is nothing to divide by."""

    name: str
    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """Return the share from 0 to 1.

        >>> Rate("takedown_rate", 950, 1670).value, Rate("takedown_rate", 0, 0).value
        (0.5688622754491018, None)
        """
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the likely range (Wilson, 95 %).

        >>> [round(end, 2) for end in Rate("flag_precision", 84, 100).interval]
        [0.76, 0.9]
        """
        if not self.whole:
            return None
        share, spread = self.part / self.whole, _Z * _Z / self.whole
        middle = (share + spread / 2) / (1 + spread)
        half = math.sqrt(share * (1 - share) * spread + spread * spread / 4) / (1 + spread)
        return max(0.0, middle - half), min(1.0, middle + half)

    @property
    def label(self) -> str:
        """Return its name for people."""
        return LABELS[self.name]

    @property
    def definition(self) -> str:
        """Return what it divides."""
        return DEFINITIONS[self.name]


@dataclass(frozen=True)
class Days:
    """How long something takes: median and the time nine of ten are done in."""

    name: str
    count: int
    median: float | None
    p90: float | None

    @property
    def label(self) -> str:
        """Return its name for people."""
        return LABELS[self.name]

    @property
    def definition(self) -> str:
        """Return what it measures."""
        return DEFINITIONS[self.name]


@dataclass(frozen=True)
class Line:
    """Reported and removed of one platform, group or language."""

    key: str
    reported: int
    removed: int
    confirmed: int
    rate: Rate
    to_removed: Days
    rows: tuple[int, ...] = ()
    removed_rows: tuple[int, ...] = ()


def days(name: str, spans: Iterable[timedelta]) -> Days:
    """Return median and 90th percentile (nearest rank) in days.

    >>> days("sent_to_removed", [timedelta(days=n) for n in range(1, 11)])
    Days(name='sent_to_removed', count=10, median=5.5, p90=9.0)
    """
    values = sorted(span / timedelta(days=1) for span in spans)
    if not values:
        return Days(name, 0, None, None)
    p90 = values[math.ceil(0.9 * len(values)) - 1]
    return Days(name, len(values), statistics.median(values), p90)
