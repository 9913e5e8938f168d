"""The stored pictures of listings: the newest sighting that has any, each picture once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.found import EvidenceKind
from data.listings import Evidence, Sighting


@dataclass(frozen=True)
class Pictures:
    """The evidence ids of a listing's pictures, in the order of its page."""

    ids: tuple[int, ...] = ()

    @property
    def first(self) -> int | None:
        """The picture a row shows."""
        return self.ids[0] if self.ids else None


def pictures_of(session: Session, listing_ids: Iterable[int]) -> Mapping[int, Pictures]:
    """Return the pictures of some listings; a listing without any has an empty entry."""
    ids = list(listing_ids)
    rows = session.execute(
        select(Sighting.listing_id, Sighting.id, Evidence.id, Evidence.sha256)
        .join(Evidence, Evidence.sighting_id == Sighting.id)
        .where(
            Sighting.listing_id.in_(ids),
            Evidence.kind == EvidenceKind.IMAGE,
            Evidence.purged_at.is_(None),
        )
        .order_by(Sighting.id.desc(), Evidence.id)
    )
    newest: dict[int, int] = {}
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for listing_id, sighting_id, evidence_id, sha256 in rows:
        if newest.setdefault(listing_id, sighting_id) == sighting_id:
            found[listing_id].setdefault(sha256, evidence_id)
    return {one: Pictures(tuple(found[one].values())) for one in ids}
