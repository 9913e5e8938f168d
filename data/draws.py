"""Listings that no flag brings to a reviewer: a random sample, and what the model was unsure of.

Each finished day (UTC) is drawn from once, from what was scored that day and not flagged:

1. *sample*: one in so many, chosen by a hash of listing and day, at most so many a day; from their
   verdicts `data.missed` estimates what was missed. A reviewer is not told which these are.
2. *uncertain*: what lay nearest under the threshold, a fixed share of the day's flags.

Both stand among the flagged in the queue, at a place chosen by hash, so that they are reached
however long the queue is and their place gives nothing away.
"""

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Float, ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from data.base import Clock, Happened, Record, Word
from data.flags import Flag, Score
from data.home import Home, the_home
from data.listings import Listing
from data.states import Availability
from data.tasks import queue_drawn
from data.taxa import Concern

UNCERTAIN_FROM = 0.7  # of the threshold
DAY = timedelta(days=1)
MOST_DAYS = 7


class Drawn(StrEnum):
    """Why a listing without a flag was put before a person."""

    SAMPLE = "sample"
    UNCERTAIN = "uncertain"


class Draw(Happened, Record):
    """One listing drawn from a day's unflagged ones; never told to who decides it."""

    __tablename__ = "draws"
    __table_args__ = (UniqueConstraint("listing_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"))
    score_id: Mapped[int] = mapped_column(ForeignKey("scores.id"))
    kind: Mapped[Drawn] = mapped_column(Word(Drawn))
    day: Mapped[datetime] = mapped_column(index=True, doc="start of the UTC day drawn from")
    share: Mapped[float] = mapped_column(Float, doc="of the day's unflagged listings drawn")


@dataclass(frozen=True, slots=True)
class Unflagged:
    """A listing of a day without a flag, as it was last scored that day."""

    listing_id: int
    score_id: int
    offered: float
    threshold: float
    concern: str


def draw_due(session: Session, *, clock: Clock) -> int:
    """Draw from every finished day not drawn from yet; return how many listings were drawn.

    Days further back than a week are passed over: what was seen then is hardly there any more.
    """
    home, today = the_home(session), _start_of_day(clock.now())
    day = max(home.drawn_until or today - DAY, today - MOST_DAYS * DAY)
    drawn = 0
    while day < today:
        drawn += draw_day(session, day, home, clock=clock)
        day += DAY
    home.drawn_until = max(today, home.drawn_until or today)
    return drawn


def _start_of_day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def draw_day(session: Session, day: datetime, home: Home, *, clock: Clock) -> int:
    """Draw sample and uncertain ones from one day; again, it draws nothing that it has drawn."""
    rows = list(_unflagged_of(session, day))
    uncertain_wanted = math.ceil(_flagged_of(session, day) * home.uncertain_percent / 100)
    chosen = [
        (Drawn.SAMPLE, _sampled(rows, day, home.sample_one_in, home.sample_daily)),
        (Drawn.UNCERTAIN, _uncertain(rows, uncertain_wanted)),
    ]
    return sum(
        _draw(session, one, kind, day, len(found) / len(rows), clock)
        for kind, found in chosen
        for one in found
    )


def _unflagged_of(session: Session, day: datetime) -> Iterator[Unflagged]:
    newest = (
        select(func.max(Score.id))
        .where(Score.at >= day, Score.at < day + DAY)
        .group_by(Score.listing_id)
    )
    rows: Iterable[Any] = session.execute(
        select(Score.listing_id, Score.id, Score.offered, Score.threshold, Score.concern)
        .join(Listing, Listing.id == Score.listing_id)
        .outerjoin(Flag, Flag.listing_id == Score.listing_id)
        .where(Score.id.in_(newest), Flag.id.is_(None), Listing.availability != Availability.GONE)
        .order_by(Score.listing_id)
    )
    return (Unflagged(*row) for row in rows)


def _flagged_of(session: Session, day: datetime) -> int:
    wanted = select(func.count(Flag.id)).where(Flag.at >= day, Flag.at < day + DAY)
    return session.scalar(wanted) or 0


def _sampled(
    rows: Iterable[Unflagged], day: datetime, one_in: int, most: int
) -> Sequence[Unflagged]:
    """Draw by a hash that nobody can steer and a replay gives again; the lowest where too many."""
    if one_in < 1:
        return ()
    start, limit = hashlib.sha256(f"sample:{day:%Y-%m-%d}:".encode()), 2**64 // one_in
    hit = []
    for one in rows:
        lot = start.copy()
        lot.update(b"%d" % one.listing_id)
        if (number := int.from_bytes(lot.digest()[:8])) < limit:
            hit.append((number, one.listing_id, one))
    return [one for _, _, one in sorted(hit)[:most]]


def _uncertain(rows: Iterable[Unflagged], most: int) -> Sequence[Unflagged]:
    """Pick what lay nearest under the threshold; what is common is not asked about."""
    near = [
        one
        for one in rows
        if UNCERTAIN_FROM * one.threshold <= one.offered < one.threshold
        and one.concern != Concern.COMMON_FARMED
    ]
    near.sort(key=lambda one: (-one.offered / one.threshold, one.listing_id))
    return near[:most]


def _draw(
    session: Session, one: Unflagged, kind: Drawn, day: datetime, share: float, clock: Clock
) -> bool:
    drawn = select(Draw.id).where(Draw.listing_id == one.listing_id, Draw.kind == kind)
    if session.scalar(drawn) is not None:
        return False
    session.add(
        Draw(
            at=clock.now(),
            clock_shift_s=int(clock.shift.total_seconds()),
            listing_id=one.listing_id,
            score_id=one.score_id,
            kind=kind,
            day=day,
            share=share,
        )
    )
    listing = session.get_one(Listing, one.listing_id)
    queue_drawn(session, listing, kind, clock=clock)
    return True
