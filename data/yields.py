"""What each walk of a crawl brought: rows from which the next crawl learns where to ask.

A walk's finds are the listings it met first that were new and that our own words matched; how many
of them were worth a look comes from the flags that scoring put up since.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from data.base import Happened, Record, storable
from data.crawls import Crawl
from data.flags import Flag
from data.listings import Listing

MOST_MATCHED = 500
AT_ONCE = 500


class WalkYield(Happened, Record):
    """What one walk of one crawl cost and brought."""

    __tablename__ = "walk_yields"

    id: Mapped[int] = mapped_column(primary_key=True)
    crawl_id: Mapped[int] = mapped_column(ForeignKey("crawls.id"), index=True)
    kind: Mapped[str] = mapped_column(doc="lists, category, newest, feed or search")
    name: Mapped[str] = mapped_column(Text, doc="the search term, or the address of the list")
    requests: Mapped[int] = mapped_column(doc="list pages, and the listings it met first")
    met: Mapped[int] = mapped_column(doc="listings it met before any other walk did")
    new: Mapped[list[Any]] = mapped_column(doc="external ids of matched ones never sighted before")


@dataclass(frozen=True)
class WalkCount:
    """What a crawl counted of one walk; `matched` are external ids our own words matched."""

    kind: str
    name: str
    requests: int = 0
    met: int = 0
    matched: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Yielded:
    """What one walk of one crawl brought, as known now: `relevant` ones were flagged."""

    crawl_id: int
    at: datetime
    kind: str
    name: str
    requests: int
    met: int
    new: int
    relevant: int


def record_yields(session: Session, crawl_id: int, counts: Iterable[WalkCount]) -> None:
    """Record what the walks of a crawl brought; new is what was first sighted in it."""
    crawl = session.get_one(Crawl, crawl_id)
    for one in counts:
        matched = sorted(one.matched)[:MOST_MATCHED]
        row = WalkYield(
            crawl_id=crawl_id,
            at=crawl.ended_at or crawl.started_at,
            clock_shift_s=crawl.clock_shift_s,
            kind=one.kind,
            name=storable(one.name[:2000]),
            requests=one.requests,
            met=one.met,
            new=_first_seen_in(session, crawl, matched),
        )
        session.add(row)
    session.flush()


def _first_seen_in(session: Session, crawl: Crawl, matched: Sequence[str]) -> list[str]:
    if not matched:
        return []
    query = select(Listing.external_id).where(
        Listing.platform_id == crawl.platform_id,
        Listing.external_id.in_(matched),
        Listing.first_seen_at >= crawl.started_at,
    )
    return sorted(session.scalars(query))


def yields_of(session: Session, platform_id: str, crawls: int = 30) -> list[Yielded]:
    """Return what the walks of a platform's last crawls brought, newest crawl first."""
    last = (
        select(WalkYield.crawl_id)
        .join(Crawl, Crawl.id == WalkYield.crawl_id)
        .where(Crawl.platform_id == platform_id)
        .distinct()
        .order_by(WalkYield.crawl_id.desc())
        .limit(crawls)
    )
    ids = session.scalars(last).all()
    rows = session.scalars(
        select(WalkYield)
        .where(WalkYield.crawl_id.in_(ids))
        .order_by(WalkYield.crawl_id.desc(), WalkYield.id)
    ).all()
    flagged = _flagged(session, platform_id, {one for row in rows for one in row.new})
    return [_yielded(row, flagged) for row in rows]


def _yielded(row: WalkYield, flagged: Collection[str]) -> Yielded:
    return Yielded(
        crawl_id=row.crawl_id,
        at=row.at,
        kind=row.kind,
        name=row.name,
        requests=row.requests,
        met=row.met,
        new=len(row.new),
        relevant=sum(one in flagged for one in row.new),
    )


def _flagged(session: Session, platform_id: str, ids: Collection[str]) -> set[str]:
    flagged: set[str] = set()
    for some in _in_parts(sorted(ids)):
        query = (
            select(Listing.external_id)
            .join(Flag, Flag.listing_id == Listing.id)
            .where(Listing.platform_id == platform_id, Listing.external_id.in_(some))
        )
        flagged.update(session.scalars(query))
    return flagged


def _in_parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    yield from (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))


@dataclass(frozen=True)
class TermYield:
    """What one term or list brought over some crawls, for a person to see."""

    kind: str
    name: str
    crawls: int
    requests: int
    new: int
    relevant: int
    last_at: datetime

    @property
    def per_hundred(self) -> float | None:
        """New relevant listings per 100 requests; None when nothing was asked."""
        return 100 * self.relevant / self.requests if self.requests else None


def yield_by_term(session: Session, platform_id: str, crawls: int = 30) -> list[TermYield]:
    """Return what each term and list of a platform brought, best first."""
    walks: dict[tuple[str, str], list[Yielded]] = {}
    for one in yields_of(session, platform_id, crawls):
        walks.setdefault((one.kind, one.name), []).append(one)
    summed = [
        TermYield(
            kind=kind,
            name=name,
            crawls=len(rows),
            requests=sum(one.requests for one in rows),
            new=sum(one.new for one in rows),
            relevant=sum(one.relevant for one in rows),
            last_at=rows[0].at,
        )
        for (kind, name), rows in walks.items()
    ]
    return sorted(summed, key=lambda one: (-(one.per_hundred or 0), -one.relevant, one.name))
