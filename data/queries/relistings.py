"""What the listing's page shows of relistings: open proposals side by side, and confirmed ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from data.listings import Listing, Relisting
from data.people import Person
from data.queries.listing import Piece, changes
from data.queries.pictures import pictures_of
from data.relistings import RelistingProposal, proposals_for

MOST_SHOWN = 3
MOST_TEXT = 700


@dataclass(frozen=True)
class Proposed:
    """A proposal with both listings' words and the picture that speaks for each."""

    proposal: RelistingProposal
    old: Listing
    old_picture: int | None
    new_picture: int | None
    title: Sequence[Piece]
    text: Sequence[Piece]

    @property
    def reasons(self) -> Sequence[Any]:
        """The reasons, the strongest kind first."""
        return self.proposal.reasons


@dataclass(frozen=True)
class Returned:
    """A confirmed relisting of this page's listing: the other one, and who said so."""

    other: Listing
    is_old: bool
    edge: Relisting
    by: str


@dataclass(frozen=True)
class Returns:
    """What is known and what is asked about a listing's coming back."""

    proposed: Sequence[Proposed]
    more: int
    confirmed: Sequence[Returned]

    def __bool__(self) -> bool:
        """Tell whether there is anything to show."""
        return bool(self.proposed or self.confirmed)


def returns_of(session: Session, listing: Listing) -> Returns:
    """Load a listing's proposals and confirmed relistings."""
    open_ones = proposals_for(session, listing.id)
    shown = [_proposed(session, one, listing) for one in open_ones[:MOST_SHOWN]]
    return Returns(shown, max(0, len(open_ones) - MOST_SHOWN), _confirmed(session, listing))


def _proposed(session: Session, proposal: RelistingProposal, new: Listing) -> Proposed:
    old = proposal.old
    first = pictures_of(session, [old.id, new.id])
    pair: dict[str, Any] = next((one for one in proposal.reasons if one["kind"] == "picture"), {})
    return Proposed(
        proposal=proposal,
        old=old,
        old_picture=pair.get("old") or first[old.id].first,
        new_picture=pair.get("new") or first[new.id].first,
        title=changes(old.title, new.title),
        text=changes(old.description[:MOST_TEXT], new.description[:MOST_TEXT]),
    )


def _confirmed(session: Session, listing: Listing) -> list[Returned]:
    other = aliased(Listing)
    rows = session.execute(
        select(Relisting, other, Person.name)
        .join(
            other,
            or_(
                (Relisting.old_listing_id == other.id) & (Relisting.new_listing_id == listing.id),
                (Relisting.new_listing_id == other.id) & (Relisting.old_listing_id == listing.id),
            ),
        )
        .outerjoin(Person, Person.id == Relisting.confirmed_by)
        .where(Relisting.old_listing_id != Relisting.new_listing_id)
        .order_by(Relisting.id.desc())
        .limit(MOST_SHOWN)
    )
    return [
        Returned(found, edge.old_listing_id == found.id, edge, name or "")
        for edge, found, name in rows.unique()
    ]
