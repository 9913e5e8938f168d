"""Relistings: a listing like a wanted one is proposed, and a person says whether it is the same.

A proposal says on what it rests and how strongly. What a person rejected is kept and never proposed
again; what a person confirms makes a `Relisting`, a task at the top of the queue and a strike.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Float, ForeignKey, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from data.audit import note
from data.base import Clock, Happened, Record, Word
from data.evidence import EvidenceDamaged, EvidenceFolder
from data.fields.contact import find_contacts
from data.listings import Listing, Relisting, Sighting
from data.parts import Evidence
from data.people import Person
from data.pictures import Picture
from data.resemblance import likeness
from data.reviews import Decision, TakenByOther, Verdict
from data.tasks import queue_relisted
from data.views import Gallery, agreement
from data.wanted import alike_by_text, is_wanted, of_seller, shown_by

TEXT_ALIKE, TEXT_ALIKE_SAME_SELLER = 0.5, 0.4
BITS_SURE, BITS_MOST, BITS_MOST_SAME_SELLER = 14, 26, 30  # of 128
OUTLINES_AGREE, OUTLINES_AGREE_SAME_SELLER = 0.6, 0.5
FEW_PICTURES = 100
CLOSE_LOOKS = 8  # a picture; each takes a tenth of a second


class RelistingKind(StrEnum):
    """How a listing came back."""

    SAME_ID = "same_id"
    SAME_SELLER_MEDIA = "same_seller_media"
    NEAR_DUPLICATE = "near_duplicate"
    OTHER_PLATFORM = "other_platform"


class ProposalState(StrEnum):
    """What a person answered."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


class AlreadyAnswered(TakenByOther):
    """Somebody has answered this proposal: reload the page."""


class RelistingProposal(Happened, Record):
    """Two listings that may be one offer; one row for a pair, for good."""

    __tablename__ = "relisting_proposals"
    __table_args__ = (UniqueConstraint("old_listing_id", "new_listing_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    old_listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"))
    new_listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"), index=True)
    kind: Mapped[RelistingKind] = mapped_column(Word(RelistingKind))
    strength: Mapped[float] = mapped_column(Float, doc="0-1, of all reasons together")
    reasons: Mapped[list[Any]] = mapped_column(doc="kind, share; pictures with evidence ids")
    state: Mapped[ProposalState] = mapped_column(
        Word(ProposalState), default=ProposalState.OPEN, index=True
    )
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    answered_at: Mapped[datetime | None]

    old: Mapped[Listing] = relationship(foreign_keys=[old_listing_id])
    new: Mapped[Listing] = relationship(foreign_keys=[new_listing_id])


@dataclass(frozen=True)
class Ground:
    """One thing that two listings share, and how much of it."""

    kind: str
    share: float
    old: int = 0
    new: int = 0

    @property
    def plain(self) -> dict[str, Any]:
        """The reason as it is stored."""
        ids = {"old": self.old, "new": self.new} if self.old else {}
        return {"kind": self.kind, "share": round(self.share, 3), **ids}


def kind_of(old: Listing, new: Listing) -> RelistingKind:
    """Say how a new listing would be the old one come back."""
    if old.platform_id != new.platform_id:
        return RelistingKind.OTHER_PLATFORM
    if old.seller_id is not None and old.seller_id == new.seller_id:
        return RelistingKind.SAME_SELLER_MEDIA
    return RelistingKind.NEAR_DUPLICATE


def compare_text(session: Session, new: Listing, *, clock: Clock) -> list[RelistingProposal]:
    """Propose the wanted listings whose words a listing repeats."""
    if is_wanted(session, new.id):
        return []
    found = {one.id: one for one in of_seller(session, new.seller_id)}
    found |= {one.id: one for one in alike_by_text(session, new.text)}
    proposals = []
    for old in found.values():
        share = likeness(old.text, new.text)
        if share >= _least_text(old, new):
            proposals.append(_propose(session, old, new, [Ground("text", share)], clock))
    return [one for one in proposals if one is not None]


def _least_text(old: Listing, new: Listing) -> float:
    same = kind_of(old, new) is RelistingKind.SAME_SELLER_MEDIA
    return TEXT_ALIKE_SAME_SELLER if same else TEXT_ALIKE


@dataclass(frozen=True)
class Alike:
    """How alike two pictures are: the bits in which their nearest views differ, and a share."""

    bits: int
    share: float
    most: int = BITS_MOST

    def is_enough(self, *, same_seller: bool) -> bool:
        """Tell whether this is worth a person's look; a seller's own few pictures need less."""
        if same_seller:
            return self.share >= OUTLINES_AGREE_SAME_SELLER
        return self.bits <= self.most and self.share >= OUTLINES_AGREE


def bits_allowed(pictures: int) -> int:
    """Return in how many bits another seller's picture may differ among so many wanted ones.

    By chance a picture is within 26 bits of one in 6,000, and every four bits less make that a
    sixth: so a reviewer is shown about as few wrong pairs however many are looked out for.

    >>> bits_allowed(80), bits_allowed(1_000), bits_allowed(30_000)
    (26, 22, 16)
    """
    tens = math.log10(max(pictures, FEW_PICTURES) / FEW_PICTURES)
    return max(BITS_SURE, BITS_MOST - round(4 * tens))


def alike_pictures(
    evidence: Evidence, picture: Picture, gallery: Gallery, folder: EvidenceFolder
) -> dict[str, Alike]:
    """Return how alike a stored picture is to wanted ones; slow, so outside any transaction."""
    if picture.is_plain:
        return {}
    asked = [(picture.dhash, picture.phash), (picture.trimmed_dhash, picture.trimmed_phash)]
    near = gallery.near(list(dict.fromkeys(asked)), BITS_MOST_SAME_SELLER)
    nearest = sorted(near.items(), key=lambda one: one[1])[:CLOSE_LOOKS]
    most = bits_allowed(len(gallery.names))
    return {
        one: Alike(bits, _share_of(folder, one, evidence.sha256, bits), most)
        for one, bits in nearest
    }


def _share_of(folder: EvidenceFolder, kept: str, asked: str, bits: int) -> float:
    """Return how alike two pictures are: sure by few bits, else by a second look at their bytes."""
    by_bits = 1 - bits / 128
    if bits <= BITS_SURE:
        return by_bits
    try:
        return min(by_bits, agreement(folder.get(kept), folder.get(asked)))
    except EvidenceDamaged:
        return 0.0


def compare_picture(
    session: Session, evidence: Evidence, found: Mapping[str, Alike], *, clock: Clock
) -> list[RelistingProposal]:
    """Propose the wanted listings whose picture a stored picture repeats."""
    sighting = session.get_one(Sighting, evidence.sighting_id)
    new = session.get_one(Listing, sighting.listing_id)
    if is_wanted(session, new.id):
        return []
    proposals = []
    for sha256, alike in found.items():
        for old, evidence_id in shown_by(session, sha256):
            same_seller = kind_of(old, new) is RelistingKind.SAME_SELLER_MEDIA
            if alike.is_enough(same_seller=same_seller):
                ground = Ground("picture", alike.share, evidence_id, evidence.id)
                proposals.append(_propose(session, old, new, [ground], clock))
    return [one for one in proposals if one is not None]


def _propose(
    session: Session, old: Listing, new: Listing, grounds: list[Ground], clock: Clock
) -> RelistingProposal | None:
    """Add or strengthen an open proposal; None when a person has answered it before.

    What was there before the old listing, or beside it from the first, is no return of it.
    """
    if old.id == new.id or new.first_seen_at <= old.first_seen_at:
        return None
    pair = (
        RelistingProposal.old_listing_id == old.id,
        RelistingProposal.new_listing_id == new.id,
    )
    known = session.scalar(select(RelistingProposal).where(*pair))
    if known is None:
        known = RelistingProposal(
            at=clock.now(),
            clock_shift_s=int(clock.shift.total_seconds()),
            old_listing_id=old.id,
            new_listing_id=new.id,
            kind=kind_of(old, new),
            strength=0.0,
            reasons=[],
            state=ProposalState.OPEN,
        )
        session.add(known)
        grounds += _besides(old, new)
    if known.state is not ProposalState.OPEN:
        return None
    known.reasons = _joined(known.reasons, grounds)
    known.strength = strength_of(known.reasons)
    session.flush()
    return known


def _besides(old: Listing, new: Listing) -> list[Ground]:
    """Return what is no reason alone: the seller, or a way to reach them that both texts show."""
    grounds = []
    if kind_of(old, new) is RelistingKind.SAME_SELLER_MEDIA:
        grounds.append(Ground("seller", 1.0))
    handles = [{one.handle for one in find_contacts(each.text)} for each in (old, new)]
    if handles[0] & handles[1]:
        grounds.append(Ground("contact", 1.0))
    return grounds


def _joined(reasons: list[Any], grounds: list[Ground]) -> list[Any]:
    """Keep the strongest reason of each kind, in a fixed order."""
    best: dict[str, dict[str, Any]] = {one["kind"]: one for one in reasons}
    for ground in grounds:
        if ground.share >= best.get(ground.kind, {}).get("share", -1.0):
            best[ground.kind] = ground.plain
    return [best[kind] for kind in ("picture", "text", "seller", "contact") if kind in best]


_COUNTS = {"picture": 0.9, "text": 0.9, "seller": 0.5, "contact": 0.6}


def strength_of(reasons: list[Any]) -> float:
    """Join reasons as if each could be wrong by itself.

    >>> strength_of([{"kind": "text", "share": 1.0}, {"kind": "seller", "share": 1.0}])
    0.95
    """
    doubt = 1.0
    for one in reasons:
        doubt *= 1 - _COUNTS[one["kind"]] * one["share"]
    return round(1 - doubt, 3)


def confirm(
    session: Session, proposal_id: int, person: Person, *, clock: Clock
) -> RelistingProposal:
    """Say that it is the same offer: a relisting, a task at the top, a strike on the seller."""
    proposal = _answer(session, proposal_id, person, ProposalState.CONFIRMED, clock)
    session.add(
        Relisting(
            at=clock.now(),
            clock_shift_s=int(clock.shift.total_seconds()),
            old_listing_id=proposal.old_listing_id,
            new_listing_id=proposal.new_listing_id,
            kind=proposal.kind.value,
            confirmed_by=person.id,
        )
    )
    if not _stands_confirmed(session, proposal.new_listing_id):
        queue_relisted(session, proposal.new, clock=clock)
    session.flush()
    return proposal


def reject(session: Session, proposal_id: int, person: Person, *, clock: Clock) -> None:
    """Say that it is another offer; the pair is never proposed again."""
    _answer(session, proposal_id, person, ProposalState.REJECTED, clock)


def _answer(
    session: Session, proposal_id: int, person: Person, state: ProposalState, clock: Clock
) -> RelistingProposal:
    """Answer in one statement, so that of two people exactly one wins."""
    answered = session.scalar(
        update(RelistingProposal)
        .where(RelistingProposal.id == proposal_id, RelistingProposal.state == ProposalState.OPEN)
        .values(state=state, answered_by=person.id, answered_at=clock.now())
        .returning(RelistingProposal.id)
    )
    found = session.get_one(RelistingProposal, proposal_id, populate_existing=True)
    if answered is None:
        raise AlreadyAnswered("somebody answered this already")
    actor, subject = f"person:{person.id}", f"proposal:{proposal_id}"
    note(session, actor=actor, verb=f"relisting.{state}", subject=subject, clock=clock)
    return found


def _stands_confirmed(session: Session, listing_id: int) -> bool:
    """Tell whether a listing was decided as infringing already: then there is nothing to ask."""
    undone = select(Decision.supersedes_id).where(Decision.supersedes_id.is_not(None))
    query = select(Decision.id).where(
        Decision.listing_id == listing_id,
        Decision.verdict == Verdict.INFRINGING,
        Decision.id.not_in(undone),
    )
    return session.scalar(query.limit(1)) is not None


def proposals_for(session: Session, listing_id: int) -> list[RelistingProposal]:
    """Return the open proposals that a listing is the return in, the strongest first."""
    rows = session.scalars(
        select(RelistingProposal)
        .where(
            RelistingProposal.new_listing_id == listing_id,
            RelistingProposal.state == ProposalState.OPEN,
        )
        .order_by(RelistingProposal.strength.desc(), RelistingProposal.id)
    )
    return list(rows.unique())
