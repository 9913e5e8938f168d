"""Verdicts in force with the words they were given on: what a model can learn from."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from data.cohorts import effective_decisions
from data.flags import Flag, Score
from data.listings import Listing, Sighting
from data.reviews import Decision, ReasonCode, Verdict
from data.sellers import Seller

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Labelled:
    """One decided listing: its text as it stood in the sighting that was decided, and the verdict.

    `group` and `taxon` are what people named, or, where a verdict names no animal, what the flag
    before them said.
    """

    listing_id: int
    decision_id: int
    title: str
    description: str
    price: str
    currency: str
    category: str
    seller_text: str
    country: str
    lang: str
    seller_id: int | None
    verdict: Verdict
    reason: ReasonCode | None
    taxa: tuple[str, ...]
    product: str
    flagged_group: str
    flagged_taxon: str


def effective_labels(session: Session) -> list[Labelled]:
    """Return every verdict in force but *unsure*, by listing.

    What waits for a second look or a supervisor has no verdict in force, and a row without its
    sighting has no text; neither is a label.
    """
    in_force = effective_decisions(session)
    rows: Iterable[Any] = session.execute(
        select(Decision, Sighting, Listing, Seller.profile, Flag.group, Score.taxon)
        .join(Sighting, Sighting.id == Decision.sighting_id)
        .join(Listing, Listing.id == Decision.listing_id)
        .outerjoin(Seller, Seller.id == Listing.seller_id)
        .outerjoin(Flag, Flag.listing_id == Listing.id)
        .outerjoin(Score, Score.id == Flag.score_id)
        .where(Decision.verdict.in_((Verdict.INFRINGING, Verdict.NOT_INFRINGING)))
        .options(selectinload(Decision.subjects))
        .order_by(Listing.id)
    ).unique()
    return [_labelled(*row) for row in rows if row[0].id in in_force]


def _labelled(
    decision: Decision,
    sighting: Sighting,
    listing: Listing,
    *named: str | None,
) -> Labelled:
    profile, group, taxon = (one or "" for one in named)
    return Labelled(
        listing_id=listing.id,
        decision_id=decision.id,
        title=sighting.title,
        description=sighting.description,
        price=sighting.price_text,
        currency=sighting.currency,
        category=sighting.category,
        seller_text=profile,
        country=listing.country,
        lang=listing.lang,
        seller_id=listing.seller_id,
        verdict=decision.verdict or Verdict.UNSURE,
        reason=decision.reason_code,
        taxa=tuple(dict.fromkeys(subject.taxon for subject in decision.subjects)),
        product=decision.subjects[0].product if decision.subjects else "",
        flagged_group=group,
        flagged_taxon=taxon,
    )
