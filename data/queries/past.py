"""What the team decided before about listings like one: near-equal words, or the same seller."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from data.alike import keys_of, likes_of
from data.listings import Listing
from data.reviews import Decision

MOST = 6
_LOOKED_AT = 200


@dataclass(frozen=True)
class Past:
    """A standing decision about another listing, and what makes that listing like this one."""

    decision: Decision
    listing: Listing
    same_words: bool
    same_seller: bool


def past_decisions(
    session: Session, listing: Listing, hidden: Collection[int] = ()
) -> Sequence[Past]:
    """Return what stands about listings like this one: near-equal words first, then the newest.

    `hidden` are reviewers whose answers may not be shown, because the look is a blind one.
    """
    keys = keys_of(listing.title, listing.description)
    alike = set(session.scalars(likes_of(listing.id, keys).limit(_LOOKED_AT))) if keys else set()
    newest: dict[int, Past] = {}
    for decision, other in session.execute(_decided(listing, alike)).unique():
        newest.setdefault(other.id, _past(decision, listing, other, same_words=other.id in alike))
    shown = [one for one in newest.values() if one.decision.reviewer_id not in hidden]
    return sorted(shown, key=lambda one: not one.same_words)[:MOST]


def _decided(listing: Listing, alike: Collection[int]) -> Select[Decision, Listing]:
    like: list[ColumnElement[bool]] = [Listing.id.in_(alike)]
    if listing.seller_id is not None:
        like.append(Listing.seller_id == listing.seller_id)
    undone = select(Decision.supersedes_id).where(Decision.supersedes_id.is_not(None))
    return (
        select(Decision, Listing)
        .join(Listing, Decision.listing_id == Listing.id)
        .where(Listing.id != listing.id, or_(*like))
        .where(Decision.id.not_in(undone), Decision.verdict.is_not(None))
        .order_by(Decision.id.desc())
        .limit(_LOOKED_AT)
    )


def _past(decision: Decision, listing: Listing, other: Listing, *, same_words: bool) -> Past:
    same_seller = listing.seller_id is not None and other.seller_id == listing.seller_id
    return Past(decision, other, same_words=same_words, same_seller=same_seller)
