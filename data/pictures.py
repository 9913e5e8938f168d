"""Stored pictures and what they look like: perceptual hashes by SHA-256, and each try to get one.

A picture's bytes lie in the evidence folder and an `Evidence` row of kind image names them for a
sighting; here stands once per bytes what they look like. Two pictures are alike when few of the
64 bits of a hash differ: compare with `distance`, over all three views of either.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, ForeignKey, Index, Select, Text, case, exists, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from data.base import Clock, Happened, Record, Word, storable
from data.flags import Flag
from data.found import EvidenceKind, StoredEvidence
from data.home import PicturesOf
from data.listings import Listing, Sighting
from data.parts import Evidence, evidence_row

if TYPE_CHECKING:
    from data.looks import Looks

BITS = 64
MOST_TRIES = 3
TRY_AGAIN = timedelta(hours=20)


class Fetched(StrEnum):
    """How one try to get a picture ended."""

    KEPT = "kept"
    FAILED = "failed"
    REFUSED = "refused"
    TOO_LARGE = "too_large"
    NO_PICTURE = "no_picture"


class Picture(Record):
    """One picture's bytes, known by SHA-256, and what they look like; survives their purging.

    A hash is 64 bits kept as a signed number. `mirrored_*` are those of the picture seen in a
    mirror, `trimmed_*` those without a border of one colour (the same as the plain ones where
    there is none).
    """

    __tablename__ = "pictures"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    width: Mapped[int]
    height: Mapped[int]
    form: Mapped[str] = mapped_column(default="", doc="JPEG, PNG, WEBP, GIF or AVIF")
    is_plain: Mapped[bool] = mapped_column(
        default=False, doc="so even that its hashes say nothing: a blank or a placeholder"
    )
    dhash: Mapped[int] = mapped_column(BigInteger)
    phash: Mapped[int] = mapped_column(BigInteger)
    mirrored_dhash: Mapped[int] = mapped_column(BigInteger)
    mirrored_phash: Mapped[int] = mapped_column(BigInteger)
    trimmed_dhash: Mapped[int] = mapped_column(BigInteger)
    trimmed_phash: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[datetime]


class PictureTry(Happened, Record):
    """One try to get a picture a sighting names, and how it ended."""

    __tablename__ = "picture_tries"
    __table_args__ = (Index("ix_picture_tries_listing_id_address", "listing_id", "address"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"))
    sighting_id: Mapped[int] = mapped_column(ForeignKey("sightings.id"), index=True)
    address: Mapped[str] = mapped_column(Text)
    outcome: Mapped[Fetched] = mapped_column(Word(Fetched))
    cause: Mapped[str] = mapped_column(Text, default="")
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))


@dataclass(frozen=True)
class Got:
    """How one try ended, before it is recorded: with stored bytes and their looks, or a cause."""

    wanted: "Wanted"
    outcome: Fetched
    cause: str = ""
    stored: StoredEvidence | None = None
    looks: "Looks | None" = None


@dataclass(frozen=True)
class Wanted:
    """One picture to get: whose it is and where."""

    listing_id: int
    sighting_id: int
    address: str


def distance(one: int, other: int) -> int:
    """Return in how many of their 64 bits two hashes differ.

    >>> distance(0, 0), distance(-1, 0), distance(5, 4)
    (0, 64, 1)
    """
    differing: int = (one ^ other) & (2**BITS - 1)
    return differing.bit_count()


def pictures_wanted(
    session: Session, platform_id: str, whose: PicturesOf, each: int, now: datetime
) -> list[Wanted]:
    """Return the pictures to get on a platform: the first `each` of every listing's last sighting.

    What was kept once for a listing is not asked for again; what failed is, twice, a day later.
    """
    if whose is PicturesOf.NONE or each == 0:
        return []
    done = _kept(session, platform_id) | _given_up(session, platform_id, now)
    return [
        Wanted(listing_id, sighting_id, address)
        for listing_id, sighting_id, images in session.execute(_latest(platform_id, whose))
        for address in list(dict.fromkeys(str(one) for one in images))[:each]
        if (listing_id, address) not in done
    ]


def _latest(platform_id: str, whose: PicturesOf) -> Select[tuple[int, int, list[Any]]]:
    query = (
        select(Listing.id, Sighting.id, Sighting.images)
        .join(Sighting, Sighting.id == Listing.latest_sighting_id)
        .where(Listing.platform_id == platform_id, Sighting.scored)
        .order_by(Listing.id)
    )
    if whose is PicturesOf.FLAGGED:
        query = query.where(exists().where(Flag.listing_id == Listing.id))
    return query


def _kept(session: Session, platform_id: str) -> set[tuple[int, str]]:
    """Return listing and address of every picture we have, or had until it was purged."""
    rows = session.execute(
        select(Sighting.listing_id, Evidence.url)
        .join(Evidence, Evidence.sighting_id == Sighting.id)
        .join(Listing, Listing.id == Sighting.listing_id)
        .where(Listing.platform_id == platform_id, Evidence.kind == EvidenceKind.IMAGE)
    )
    return {(listing_id, url) for listing_id, url in rows}


def _given_up(session: Session, platform_id: str, now: datetime) -> set[tuple[int, str]]:
    """Return what need not be asked for now: refused for good, tried lately, or often enough."""
    tries = session.execute(
        select(
            PictureTry.listing_id,
            PictureTry.address,
            func.count(PictureTry.id),
            func.max(PictureTry.at),
            func.max(case((PictureTry.outcome == Fetched.FAILED, 0), else_=1)),
        )
        .join(Listing, Listing.id == PictureTry.listing_id)
        .where(Listing.platform_id == platform_id)
        .group_by(PictureTry.listing_id, PictureTry.address)
    )
    return {
        (listing_id, address)
        for listing_id, address, count, last, final in tries
        if final or count >= MOST_TRIES or now - last < TRY_AGAIN
    }


def record_try(session: Session, got: Got, *, clock: Clock) -> PictureTry:
    """Add one try with the evidence it brought; looks are kept once per bytes."""
    evidence_id = None
    if got.stored is not None:
        part = evidence_row(got.stored, sighting_id=got.wanted.sighting_id)
        session.add(part)
        session.flush()
        evidence_id = part.id
        if got.looks is not None and session.get(Picture, got.stored.sha256) is None:
            session.add(Picture(sha256=got.stored.sha256, made_at=clock.now(), **asdict(got.looks)))
    row = PictureTry(
        at=clock.now(),
        clock_shift_s=int(clock.shift.total_seconds()),
        listing_id=got.wanted.listing_id,
        sighting_id=got.wanted.sighting_id,
        address=got.wanted.address,
        outcome=got.outcome,
        cause=storable(got.cause),
        evidence_id=evidence_id,
    )
    session.add(row)
    session.flush()
    return row
