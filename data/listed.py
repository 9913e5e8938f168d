"""Which known listings a crawl met in the platform's lists, read or not."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from data.listings import Listing

_AT_ONCE = 500


def note_listed(
    session: Session, platform_id: str, external_ids: Collection[str], now: datetime
) -> None:
    """Record that listings stood in the lists, so that an unread one does not count as delisted."""
    ids = sorted(external_ids)
    for start in range(0, len(ids), _AT_ONCE):
        session.execute(
            update(Listing)
            .where(
                Listing.platform_id == platform_id,
                Listing.external_id.in_(ids[start : start + _AT_ONCE]),
            )
            .values(last_listed_at=now)
            .execution_options(synchronize_session=False)
        )
