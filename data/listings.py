"""Listings and what was seen of them: sightings and rechecks are added, the rest is computed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from data.availability import GoneCause, Look, Outcome, Standing, after, fold
from data.base import Clock, Happened, Record, Word
from data.crawls import Crawl, CrawlKind
from data.fitting import clean, fit_to_store
from data.found import FoundListing, FoundSeller, Seen
from data.parts import Evidence, add_evidence
from data.sellers import Seller
from data.states import Availability

__all__ = [
    "Evidence",
    "Listing",
    "Recheck",
    "Rechecked",
    "Relisting",
    "Sighted",
    "Sighting",
    "add_evidence",
    "looks_at",
    "record_recheck",
    "replay",
    "sight",
    "sighted_external_ids",
    "standing_of",
]


class Listing(Record):
    """One advertisement, known by (platform, external id); its columns are the latest sighting."""

    __tablename__ = "listings"
    __table_args__ = (
        UniqueConstraint("platform_id", "external_id"),
        Index("ix_listings_live", "platform_id", "availability", "last_live_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[str]
    external_id: Mapped[str]
    url: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text, default="")
    description: Mapped[str] = mapped_column(Text, default="")
    category: Mapped[str] = mapped_column(Text, default="")
    price_text: Mapped[str] = mapped_column(Text, default="")
    price: Mapped[Decimal | None]
    currency: Mapped[str] = mapped_column(default="")
    place: Mapped[str] = mapped_column(Text, default="")
    country: Mapped[str] = mapped_column(default="", doc="ISO 3166-1 alpha-2 of the platform")
    lang: Mapped[str] = mapped_column(default="und", index=True)
    posted_at: Mapped[datetime | None]
    seller_id: Mapped[int | None] = mapped_column(ForeignKey("sellers.id"), index=True)
    first_seen_at: Mapped[datetime] = mapped_column(index=True)
    last_seen_at: Mapped[datetime]
    last_listed_at: Mapped[datetime | None] = mapped_column(
        doc="last time a crawl met it in the platform's lists"
    )
    last_live_at: Mapped[datetime | None]
    availability: Mapped[Availability] = mapped_column(
        Word(Availability), default=Availability.UNKNOWN
    )
    availability_since: Mapped[datetime | None]
    first_miss_at: Mapped[datetime | None]
    gone_cause: Mapped[GoneCause | None] = mapped_column(Word(GoneCause))
    latest_sighting_id: Mapped[int | None]
    next_recheck_at: Mapped[datetime | None] = mapped_column(index=True)

    seller: Mapped[Seller | None] = relationship(lazy="joined")
    sightings: Mapped[list["Sighting"]] = relationship(
        back_populates="listing", order_by="Sighting.at"
    )

    @property
    def text(self) -> str:
        """The text that reasons' offsets point into: title, newline, description."""
        return f"{self.title}\n{self.description}"


class Sighting(Happened, Record):
    """What a listing said at one moment; never edited."""

    __tablename__ = "sightings"
    __table_args__ = (UniqueConstraint("listing_id", "crawl_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"), index=True)
    crawl_id: Mapped[int | None] = mapped_column(ForeignKey("crawls.id"), index=True)
    url: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text, default="")
    description: Mapped[str] = mapped_column(Text, default="")
    category: Mapped[str] = mapped_column(Text, default="")
    price_text: Mapped[str] = mapped_column(Text, default="")
    price: Mapped[Decimal | None]
    currency: Mapped[str] = mapped_column(default="")
    place: Mapped[str] = mapped_column(Text, default="")
    seller_name: Mapped[str] = mapped_column(Text, default="")
    posted_at: Mapped[datetime | None]
    images: Mapped[list[Any]] = mapped_column(default=list, doc="addresses as the page gave them")
    problems: Mapped[list[Any]] = mapped_column(default=list, doc="fields that could not be read")
    changed: Mapped[bool] = mapped_column(default=False, doc="differs from the sighting before")
    scored: Mapped[bool] = mapped_column(
        default=False, index=True, doc="has a score, or says what the sighting before said"
    )

    listing: Mapped[Listing] = relationship(back_populates="sightings")
    evidence: Mapped[list[Evidence]] = relationship(order_by="Evidence.id")


class Recheck(Happened, Record):
    """One look at a known listing's page to see whether it is still there."""

    __tablename__ = "rechecks"
    __table_args__ = (UniqueConstraint("listing_id", "crawl_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"), index=True)
    crawl_id: Mapped[int | None] = mapped_column(ForeignKey("crawls.id"), index=True)
    outcome: Mapped[Outcome] = mapped_column(Word(Outcome))
    http_status: Mapped[int | None]
    cause: Mapped[str] = mapped_column(Text, default="", doc="what on the page decided it")
    control_url: Mapped[str] = mapped_column(Text, default="")
    control_live: Mapped[bool] = mapped_column(default=False)
    state_after: Mapped[Availability] = mapped_column(Word(Availability))

    evidence: Mapped[list[Evidence]] = relationship(order_by="Evidence.id")


class Relisting(Happened, Record):
    """A listing that is back: the same id again, or a new listing a person confirmed."""

    __tablename__ = "relistings"

    id: Mapped[int] = mapped_column(primary_key=True)
    old_listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"), index=True)
    new_listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"), index=True)
    kind: Mapped[str] = mapped_column(doc="same_id, same_seller_media, near_duplicate")
    confirmed_by: Mapped[int | None]


@dataclass(frozen=True)
class Sighted:
    """How a sighted listing relates to the store."""

    listing_id: int
    is_new: bool
    changed: bool
    came_back: bool


ENDED = "ended: the page says that the offer is over"
_SAID = ("url", "title", "description", "category", "price_text", "price", "currency", "place")


def sight(
    session: Session,
    found: Sequence[FoundListing],
    *,
    crawl: Crawl,
    country: str,
    clock: Clock,
) -> list[Sighted]:
    """Add one sighting per found listing; what this crawl already sighted is skipped.

    Running a crawl again after a crash therefore makes no duplicate. The caller commits.
    """
    fit = fit_to_store(session, found, crawl.id, clock.now())
    known = _known(session, crawl.platform_id, [one.external_id for one in fit])
    done = _already_sighted(session, crawl.id, [listing.id for listing in known.values()])
    fresh: dict[str, FoundListing] = {}
    for one in fit:
        if one.external_id not in known or known[one.external_id].id not in done:
            fresh.setdefault(one.external_id, one)
    added = {
        external_id: _new_listing(session, one, crawl.platform_id, country, clock)
        for external_id, one in fresh.items()
        if external_id not in known
    }
    listings = [(known | added)[external_id] for external_id in fresh]
    results = _sight_all(session, listings, list(fresh.values()), crawl, clock)
    crawl.listings_seen += len(results)
    crawl.listings_new += len(added)
    return results


def _known(session: Session, platform_id: str, ids: list[str]) -> dict[str, Listing]:
    rows = session.scalars(
        select(Listing).where(Listing.platform_id == platform_id, Listing.external_id.in_(ids))
    )
    return {row.external_id: row for row in rows}


def _already_sighted(session: Session, crawl_id: int, listing_ids: list[int]) -> set[int]:
    query = select(Sighting.listing_id).where(Sighting.crawl_id == crawl_id)
    return set(session.scalars(query.where(Sighting.listing_id.in_(listing_ids))))


def sighted_external_ids(session: Session, crawl_id: int) -> set[str]:
    """Return the external ids a crawl has sighted, so that a resumed crawl skips them."""
    query = select(Listing.external_id).join(Sighting).where(Sighting.crawl_id == crawl_id)
    return set(session.scalars(query))


def _new_listing(
    session: Session, found: FoundListing, platform_id: str, country: str, clock: Clock
) -> Listing:
    now = clock.now()
    listing = Listing(
        platform_id=platform_id,
        external_id=found.external_id,
        url=found.url,
        country=country,
        first_seen_at=now,
        last_seen_at=now,
        availability=Availability.UNKNOWN,
    )
    session.add(listing)
    return listing


def _sight_all(
    session: Session,
    listings: Sequence[Listing],
    found: Sequence[FoundListing],
    crawl: Crawl,
    clock: Clock,
) -> list[Sighted]:
    """Add a sighting to each listing; each kind of row is written at once, not one by one."""
    is_new = [listing in session.new for listing in listings]
    sellers = _sellers(session, crawl.platform_id, found, clock.now())
    session.flush()
    pairs = list(zip(listings, found, strict=True))
    sightings = [_add_sighting(session, *pair, crawl, clock) for pair in pairs]
    session.flush()
    for (listing, one), sighting in zip(pairs, sightings, strict=True):
        add_evidence(session, one.evidence, sighting_id=sighting.id)
        listing.latest_sighting_id = sighting.id
        if one.seller is not None and one.seller.external_id:
            listing.seller_id = sellers[one.seller.external_id].id
    back = [_take_over(session, *pair, crawl, clock) for pair in pairs]
    session.flush()
    return [
        Sighted(listing.id, new, sighting.changed, came_back)
        for listing, new, sighting, came_back in zip(listings, is_new, sightings, back, strict=True)
    ]


def _add_sighting(
    session: Session, listing: Listing, found: FoundListing, crawl: Crawl, clock: Clock
) -> Sighting:
    now = clock.now()
    changed = _differs(listing, found)
    said_before = listing.latest_sighting_id is not None and not changed
    problems = [*found.problems, *([ENDED] if found.ended else [])]
    sighting = Sighting(
        listing_id=listing.id,
        crawl_id=crawl.id,
        at=now,
        clock_shift_s=int(clock.shift.total_seconds()),
        seller_name=found.seller.name if found.seller else "",
        posted_at=found.posted_at,
        images=list(found.images),
        problems=problems,
        changed=changed,
        scored=said_before,
        **{name: getattr(found, name) for name in _SAID},
    )
    session.add(sighting)
    return sighting


def _take_over(
    session: Session, listing: Listing, found: FoundListing, crawl: Crawl, clock: Clock
) -> bool:
    """Let a listing say what its latest sighting says; tell whether it came back."""
    now = clock.now()
    for name in _SAID:
        setattr(listing, name, getattr(found, name))
    listing.posted_at = found.posted_at or listing.posted_at
    listing.last_seen_at = now
    if crawl.kind is CrawlKind.LISTINGS:
        listing.last_listed_at = now
    outcome = Outcome.SOLD_OR_EXPIRED if found.ended else outcome_of(found.problems)
    return _see(session, listing, Look(now, outcome), clock)


def _differs(listing: Listing, found: FoundListing) -> bool:
    if listing.latest_sighting_id is None:
        return False
    said = ("title", "description", "price_text")
    return any(getattr(listing, name) != getattr(found, name) for name in said)


def _sellers(
    session: Session, platform_id: str, found: Sequence[FoundListing], now: datetime
) -> dict[str, Seller]:
    """Return the sellers that listings name, with what is said of them now."""
    named = [one.seller for one in found if one.seller is not None and one.seller.external_id]
    known = select(Seller).where(
        Seller.platform_id == platform_id,
        Seller.external_id.in_({one.external_id for one in named}),
    )
    sellers = {one.external_id: one for one in session.scalars(known)} if named else {}
    for one in named:
        if one.external_id not in sellers:
            sellers[one.external_id] = Seller(
                platform_id=platform_id, external_id=one.external_id, first_seen_at=now
            )
            session.add(sellers[one.external_id])
        _describe(sellers[one.external_id], one, now)
    return sellers


def _describe(seller: Seller, found: FoundSeller, now: datetime) -> None:
    seller.name = found.name or seller.name or found.external_id
    seller.url = found.url or seller.url or ""
    seller.profile = found.profile or seller.profile or ""
    seller.last_seen_at = now


def standing_of(listing: Listing) -> Standing:
    """Return the stored projection of what is true of a listing."""
    return Standing(
        state=listing.availability,
        since=listing.availability_since,
        first_miss_at=listing.first_miss_at,
        gone_cause=listing.gone_cause,
        last_live_at=listing.last_live_at,
    )


def outcome_of(problems: Sequence[str]) -> Outcome:
    """Return what a sighting says of a listing: it is offered, unless its page says it is over.

    >>> outcome_of([ENDED]).value
    'sold_or_expired'
    """
    return Outcome.SOLD_OR_EXPIRED if ENDED in problems else Outcome.LIVE


def looks_at(session: Session, listing_id: int) -> list[Look]:
    """Return every look at a listing in time order: the rows behind its availability."""
    said = select(Sighting.at, Sighting.problems).where(Sighting.listing_id == listing_id)
    rechecks = session.scalars(select(Recheck).where(Recheck.listing_id == listing_id))
    looks = [Look(at, outcome_of(problems)) for at, problems in session.execute(said)]
    looks += [Look(row.at, row.outcome, row.control_live) for row in rechecks]
    return sorted(looks, key=lambda look: look.at)


def replay(session: Session, listing_id: int) -> Standing:
    """Recompute what is true of a listing from its rows alone."""
    return fold(looks_at(session, listing_id))


def _see(session: Session, listing: Listing, look: Look, clock: Clock) -> bool:
    """Apply one look to the projection; record a relisting when a gone listing is served again."""
    standing = after(standing_of(listing), look)
    listing.availability = standing.state
    listing.availability_since = standing.since
    listing.first_miss_at = standing.first_miss_at
    listing.gone_cause = standing.gone_cause
    listing.last_live_at = standing.last_live_at
    if standing.came_back:
        session.add(
            Relisting(
                at=look.at,
                clock_shift_s=int(clock.shift.total_seconds()),
                old_listing_id=listing.id,
                new_listing_id=listing.id,
                kind="same_id",
            )
        )
    return standing.came_back


@dataclass(frozen=True)
class Rechecked:
    """What a recheck changed."""

    recheck: Recheck
    became_gone: bool
    came_back: bool


def record_recheck(session: Session, seen: Seen, *, crawl: Crawl, clock: Clock) -> Rechecked | None:
    """Add one recheck and apply it; None when this crawl has already looked at the listing."""
    seen = clean(seen)
    listing = session.get_one(Listing, seen.listing_id)
    again = select(Recheck.id).where(Recheck.listing_id == listing.id, Recheck.crawl_id == crawl.id)
    if session.scalar(again) is not None:
        return None
    before = listing.availability
    look = Look(clock.now(), seen.outcome, seen.control_live)
    came_back = _see(session, listing, look, clock)
    recheck = Recheck(
        at=look.at,
        clock_shift_s=int(clock.shift.total_seconds()),
        listing_id=listing.id,
        crawl_id=crawl.id,
        outcome=seen.outcome,
        http_status=seen.http_status,
        cause=seen.cause,
        control_url=seen.control_url,
        control_live=seen.control_live,
        state_after=listing.availability,
    )
    session.add(recheck)
    session.flush()
    add_evidence(session, seen.evidence, recheck_id=recheck.id)
    became_gone = listing.availability is Availability.GONE and before is not Availability.GONE
    return Rechecked(recheck, became_gone, came_back)
