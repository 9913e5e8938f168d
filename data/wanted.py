"""The listings we look out for: reported, or proven gone after a verdict; few among the many.

Only they are indexed, never the whole store: a new listing is compared by 32 look-ups in an index
that holds 32 rows for each *wanted* listing, however many millions were ever seen. The array of
their pictures' views is as short (some 400 bytes a picture) and is read once a run.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Select, delete, exists, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from data.base import Clock, Record
from data.evidence import EvidenceDamaged, EvidenceFolder
from data.found import EvidenceKind
from data.listings import Listing, Sighting
from data.looks import NoPicture
from data.parts import Evidence
from data.pictures import Picture
from data.resemblance import SHARED, text_keys
from data.reviews import Decision, Verdict
from data.states import Availability, RequestState
from data.takedowns import TakedownRequest
from data.views import Gallery, views_of

MOST_FOUND = 40
LATE = 20_000
_GONE = (Availability.GONE, Availability.SUSPECT_GONE, Availability.DELISTED)


class WantedListing(Record):
    """A listing whose return is looked out for."""

    __tablename__ = "wanted_listings"

    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"), primary_key=True)
    since: Mapped[datetime]


class WantedText(Record):
    """One key of a wanted listing's text; texts that share two are looked at closely."""

    __tablename__ = "wanted_texts"

    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"), primary_key=True)
    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, index=True)


class WantedPicture(Record):
    """The views of a picture that wanted listings show, by the SHA-256 of its bytes."""

    __tablename__ = "wanted_pictures"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    views: Mapped[bytes] = mapped_column(
        doc="pairs of 64-bit hashes, little-endian; empty where there is nothing to know again"
    )


class ComparedPicture(Record):
    """A stored picture of a listing that was compared with those of wanted listings."""

    __tablename__ = "compared_pictures"

    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id"), primary_key=True)


def _worth_it() -> Select[int]:
    """Select the ids of listings that were reported, or that are gone after a standing verdict."""
    sent = exists().where(
        TakedownRequest.listing_id == Listing.id,
        TakedownRequest.sent_at.is_not(None),
        TakedownRequest.state != RequestState.WITHDRAWN,
    )
    undone = select(Decision.supersedes_id).where(Decision.supersedes_id.is_not(None))
    confirmed = exists().where(
        Decision.listing_id == Listing.id,
        Decision.verdict == Verdict.INFRINGING,
        Decision.id.not_in(undone),
    )
    decided = select(Decision.listing_id).where(Decision.verdict == Verdict.INFRINGING)
    gone = Listing.availability.in_(_GONE) & confirmed
    return select(Listing.id).where(Listing.id.in_(decided), or_(sent, gone))


def keep_wanted(session: Session, *, clock: Clock) -> None:
    """Bring the list of wanted listings, and the keys of their texts, up to what is so now."""
    wanted = set(session.scalars(_worth_it()))
    known = set(session.scalars(select(WantedListing.listing_id)))
    for listing_id in sorted(known - wanted):
        _forget(session, listing_id)
    for listing_id in sorted(wanted - known):
        listing = session.get_one(Listing, listing_id)
        session.add(WantedListing(listing_id=listing_id, since=clock.now()))
        keys = sorted(set(text_keys(listing.text)))
        session.add_all(WantedText(listing_id=listing_id, key=key) for key in keys)
    session.flush()


def _forget(session: Session, listing_id: int) -> None:
    session.execute(delete(WantedText).where(WantedText.listing_id == listing_id))
    session.execute(delete(WantedListing).where(WantedListing.listing_id == listing_id))


def is_wanted(session: Session, listing_id: int) -> bool:
    """Tell whether a listing is itself looked out for, so that it is nobody's return."""
    return session.get(WantedListing, listing_id) is not None


def of_seller(session: Session, seller_id: int | None) -> list[Listing]:
    """Return a seller's wanted listings, the last seen first."""
    if seller_id is None:
        return []
    rows = session.scalars(
        select(Listing)
        .join(WantedListing, WantedListing.listing_id == Listing.id)
        .where(Listing.seller_id == seller_id)
        .order_by(Listing.last_seen_at.desc())
        .limit(MOST_FOUND)
    )
    return list(rows.unique())


def alike_by_text(session: Session, text: str) -> list[Listing]:
    """Return the wanted listings that share keys with a text, those that share most first."""
    keys = text_keys(text)
    shared = func.count().label("shared")
    found = (
        select(WantedText.listing_id, shared)
        .where(WantedText.key.in_(sorted(set(keys))))
        .group_by(WantedText.listing_id)
        .having(shared >= SHARED)
        .order_by(shared.desc())
        .limit(MOST_FOUND)
        .subquery()
    )
    rows = session.scalars(
        select(Listing)
        .join(found, found.c.listing_id == Listing.id)
        .order_by(found.c.shared.desc())
    )
    return list(rows.unique())


def unseen_pictures(session: Session) -> list[str]:
    """Return the SHA-256 of wanted listings' stored pictures whose views are not known yet."""
    rows = session.scalars(
        select(Evidence.sha256)
        .join(Sighting, Sighting.id == Evidence.sighting_id)
        .join(WantedListing, WantedListing.listing_id == Sighting.listing_id)
        .where(
            Evidence.kind == EvidenceKind.IMAGE,
            Evidence.sha256.not_in(select(WantedPicture.sha256)),
        )
        .distinct()
    )
    return sorted(rows)


def views_in(folder: EvidenceFolder, sha256: str) -> bytes:
    """Return the views of stored bytes; nothing where they are gone, damaged or no picture."""
    try:
        return views_of(folder.get(sha256))
    except (EvidenceDamaged, NoPicture):
        return b""


def keep_views(session: Session, views: Iterable[tuple[str, bytes]]) -> None:
    """Keep views; a picture that another run was faster with stays as it is."""
    for sha256, found in views:
        if session.get(WantedPicture, sha256) is None:
            session.add(WantedPicture(sha256=sha256, views=found))
    session.flush()


def gallery_of(session: Session) -> Gallery:
    """Load the views of all wanted pictures."""
    gallery = Gallery()
    for sha256, views in session.execute(select(WantedPicture.sha256, WantedPicture.views)):
        gallery.add(sha256, views)
    return gallery


def uncompared(session: Session, limit: int) -> list[tuple[Evidence, Picture]]:
    """Return stored pictures that were not compared yet, with what they look like.

    Only the newest evidence is gone through; a crawl that commits late lies within `LATE` rows.
    """
    done = exists().where(ComparedPicture.evidence_id == Evidence.id)
    last = session.scalar(select(func.max(ComparedPicture.evidence_id))) or 0
    rows = session.execute(
        select(Evidence, Picture)
        .join(Picture, Picture.sha256 == Evidence.sha256)
        .where(
            Evidence.id > last - LATE,
            Evidence.kind == EvidenceKind.IMAGE,
            Evidence.sighting_id.is_not(None),
            ~done,
        )
        .order_by(Evidence.id)
        .limit(limit)
    )
    return [(evidence, picture) for evidence, picture in rows]


def shown_by(session: Session, sha256: str) -> list[tuple[Listing, int]]:
    """Return the wanted listings that showed a picture, each with the id of one stored copy."""
    rows = session.execute(
        select(Listing, func.min(Evidence.id))
        .join(Sighting, Sighting.listing_id == Listing.id)
        .join(Evidence, Evidence.sighting_id == Sighting.id)
        .join(WantedListing, WantedListing.listing_id == Listing.id)
        .where(Evidence.sha256 == sha256)
        .group_by(Listing.id)
        .limit(MOST_FOUND)
    )
    return [(listing, evidence_id) for listing, evidence_id in rows.unique()]
