"""What a run is asked to do; everything it knows of the world comes in here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from crawler.choosing import Past
from data.base import Clock, SystemClock
from data.home import HomeKind
from data.incidents import GO_PERCENT, STOP_PERCENT
from data.listings import Listing


def nothing_is_wanted(text: str) -> bool:
    """Fetch no images: what a run does when nobody gave it a term matcher."""
    del text
    return False


@dataclass(frozen=True)
class RunLimits:
    """What one run may use; past it the run ends cleanly. None: as much as it likes."""

    seconds: float | None = None
    megabytes: int | None = None
    until: datetime | None = None
    disk: Path | None = None
    stop_percent: float = STOP_PERCENT
    go_percent: float = GO_PERCENT


@dataclass(frozen=True)
class CrawlOptions:
    """How one run behaves."""

    contact: str
    asked_by: str = ""
    limit: int | None = None
    requests_left: int | None = None
    search_terms: Sequence[str] = ()
    categories: Mapping[str, Past] = field(default_factory=dict)
    wanted: Callable[[str], bool] = nothing_is_wanted
    resume: int | None = None
    clock: Clock = field(default_factory=SystemClock)
    home: HomeKind = HomeKind.REAL
    api_key: str = field(default="", repr=False)
    limits: RunLimits = field(default_factory=RunLimits)
    version: str = "0.1.0"


@dataclass(frozen=True)
class Target:
    """A known listing to look at again, with what it said last."""

    listing_id: int
    external_id: str
    url: str
    title: str = ""
    description: str = ""
    price_text: str = ""
    price: Decimal | None = None

    @classmethod
    def of(cls, listing: Listing) -> "Target":
        """Make a target of a stored listing."""
        return cls(
            listing_id=listing.id,
            external_id=listing.external_id,
            url=listing.url,
            title=listing.title,
            description=listing.description,
            price_text=listing.price_text,
            price=listing.price,
        )


@dataclass(frozen=True)
class Targets:
    """What a recheck looks at, and what it needs to judge fairly."""

    listings: Sequence[Target]
    controls: Sequence[Target] = ()
    absent_from_lists: frozenset[int] = frozenset()
