"""When a listing is looked at again: the plan after sending, and what is asked for by hand."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from data.availability import CONFIRM_AFTER
from data.base import Clock
from data.jobs import Job, JobKind, ask
from data.listings import Listing
from data.states import Availability, RequestState
from data.takedowns import TakedownRequest

PLAN = tuple(timedelta(days=days) for days in (1, 3, 7, 14, 30, 90, 120, 150, 180))
RETRY = timedelta(hours=24)


def next_planned(sent_at: datetime, now: datetime) -> datetime | None:
    """Return the next look the plan asks for, or None after the last one.

    >>> from datetime import UTC
    >>> sent = datetime(2026, 11, 1, tzinfo=UTC)
    >>> [next_planned(sent, sent + timedelta(days=day)) for day in (8, 400)]
    [datetime.datetime(2026, 11, 15, 0, 0, tzinfo=datetime.timezone.utc), None]
    """
    return next((sent_at + after for after in PLAN if sent_at + after > now), None)


def set_next_recheck(session: Session, listing: Listing, now: datetime) -> None:
    """Write down when this listing should be looked at next, if at all.

    A first miss asks for one extra look a day later; a look without a conclusion is repeated.
    """
    wanted = [_after_miss(listing, now)]
    sent_at = session.scalar(
        select(func.max(TakedownRequest.sent_at)).where(
            TakedownRequest.listing_id == listing.id,
            TakedownRequest.state != RequestState.WITHDRAWN,
        )
    )
    if sent_at is not None:
        wanted.append(next_planned(sent_at, now))
        if listing.availability is Availability.UNREACHABLE:
            wanted.append(now + RETRY)
    listing.next_recheck_at = min((at for at in wanted if at is not None), default=None)


def _after_miss(listing: Listing, now: datetime) -> datetime | None:
    if listing.availability is not Availability.SUSPECT_GONE or listing.first_miss_at is None:
        return None
    second = listing.first_miss_at + CONFIRM_AFTER
    return second if second > now else now + RETRY


def due_for_recheck(session: Session, platform_id: str, now: datetime) -> list[Listing]:
    """Return the platform's listings whose time has come, the longest waiting first."""
    rows = session.scalars(
        select(Listing)
        .where(Listing.platform_id == platform_id, Listing.next_recheck_at <= now)
        .order_by(Listing.next_recheck_at, Listing.id)
    )
    return list(rows.unique())


def platforms_due(session: Session, now: datetime) -> list[str]:
    """Name the platforms of which a listing's time has come."""
    due = select(Listing.platform_id).where(Listing.next_recheck_at <= now).distinct()
    return sorted(session.scalars(due))


def ask_recheck(
    session: Session, listing_ids: Iterable[int], *, by: str, clock: Clock
) -> list[Job]:
    """Mark listings as due now and queue one recheck job per platform they are on."""
    due = list(
        session.execute(
            update(Listing)
            .where(Listing.id.in_(list(listing_ids)))
            .values(next_recheck_at=clock.now())
            .returning(Listing.platform_id)
            .execution_options(synchronize_session="fetch")
        ).scalars()
    )
    return [
        ask(session, JobKind.RECHECK, {"platform": platform}, by=by, clock=clock)
        for platform in sorted(set(due))
    ]
