"""Scores and flags: the model's answer about one sighting, and the claim that joins the queue."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Float, ForeignKey, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from data.base import Clock, Happened, Record
from data.listings import Listing, Sighting


class Score(Happened, Record):
    """The model's probabilities and reasons for one sighting; append-only."""

    __tablename__ = "scores"

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"), index=True)
    sighting_id: Mapped[int] = mapped_column(ForeignKey("sightings.id"), index=True)
    model: Mapped[str] = mapped_column(doc="the name of the model that gave it")
    lang: Mapped[str]
    offered: Mapped[float] = mapped_column(Float, doc="probability 0-1 that it is an offer")
    threshold: Mapped[float] = mapped_column(Float)
    groups: Mapped[dict[str, Any]] = mapped_column(doc="tiger, elephant, turtle to 0-1")
    taxon: Mapped[str] = mapped_column(default="")
    taxon_confidence: Mapped[float] = mapped_column(Float, default=0.0)
    product: Mapped[str] = mapped_column(default="", doc="CITES term code or empty")
    concern: Mapped[str] = mapped_column(
        default="unclear", doc="protected, unclear or common_farmed"
    )
    reasons: Mapped[list[Any]] = mapped_column(
        default=list, doc="text, start, end, kind, gloss, weight; offsets into Listing.text"
    )


class Flag(Happened, Record):
    """The claim that a listing is worth a person's look; one per listing."""

    __tablename__ = "flags"

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"), unique=True)
    score_id: Mapped[int] = mapped_column(ForeignKey("scores.id"))
    group: Mapped[str] = mapped_column(Text, default="", doc="tiger, elephant or turtle")
    concern: Mapped[str] = mapped_column(
        default="unclear", doc="protected, unclear or common_farmed"
    )

    listing: Mapped[Listing] = relationship(lazy="joined")
    score: Mapped[Score] = relationship(lazy="joined")


@dataclass(frozen=True)
class Scored:
    """A score as the classifier gives it, in plain values, so that `data` knows no model."""

    lang: str
    offered: float
    threshold: float
    groups: dict[str, float]
    taxon: str
    taxon_confidence: float
    product: str
    reasons: list[dict[str, Any]]
    model: str
    concern: str

    @property
    def flagged(self) -> bool:
        """Tell whether the claim joins the queue."""
        return self.offered >= self.threshold

    @property
    def group(self) -> str:
        """Return the likeliest group, or nothing when no group is likely."""
        name, probability = max(self.groups.items(), key=lambda pair: pair[1], default=("", 0.0))
        return name if probability > 0 else ""


def unscored(session: Session, limit: int) -> list[Sighting]:
    """Return sightings that wait for a score, oldest first; only what changed needs one."""
    rows = session.scalars(
        select(Sighting).where(Sighting.scored.is_(False)).order_by(Sighting.id).limit(limit)
    )
    return list(rows)


def record_score(session: Session, sighting: Sighting, scored: Scored, clock: Clock) -> Flag | None:
    """Add a score; return the listing's flag when it is at or over the threshold.

    A flag once given stays: a later, lower score changes its score row, not the claim, because a
    reviewer may already be looking at it.
    """
    now = clock.now()
    shift = int(clock.shift.total_seconds())
    listing = session.get_one(Listing, sighting.listing_id)
    listing.lang = scored.lang
    score = Score(
        at=now,
        clock_shift_s=shift,
        listing_id=listing.id,
        sighting_id=sighting.id,
        model=scored.model,
        lang=scored.lang,
        offered=scored.offered,
        threshold=scored.threshold,
        groups=scored.groups,
        taxon=scored.taxon,
        taxon_confidence=scored.taxon_confidence,
        product=scored.product,
        concern=scored.concern,
        reasons=scored.reasons,
    )
    session.add(score)
    sighting.scored = True
    session.flush()
    flag = session.scalar(select(Flag).where(Flag.listing_id == listing.id))
    if flag is not None:
        flag.score_id, flag.group, flag.concern = score.id, scored.group, scored.concern
        return flag
    if not scored.flagged:
        return None
    flag = Flag(
        at=now,
        clock_shift_s=shift,
        listing_id=listing.id,
        score_id=score.id,
        group=scored.group,
        concern=scored.concern,
    )
    session.add(flag)
    session.flush()
    return flag
