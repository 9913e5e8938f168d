"""How long stored bytes are kept: what is due is deleted as whole files, and its row says why.

Bytes that prove something stay: those of a listing that somebody confirmed, that waits for a
decision, or that was asked to be removed. Bytes that several rows name go only when all are due.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from data.audit import note
from data.base import Clock
from data.custody import CaseExport
from data.evidence import EvidenceFolder
from data.flags import Flag
from data.listings import Listing, Recheck, Sighting
from data.parts import Evidence
from data.reviews import Decision, ReviewTask, Verdict
from data.states import TaskState
from data.takedowns import BatchFile, TakedownRequest

UNFLAGGED = timedelta(days=30)
REJECTED = timedelta(days=180)
AT_ONCE = 200
_OPEN = (TaskState.QUEUED, TaskState.CLAIMED, TaskState.ESCALATED)


@dataclass(frozen=True)
class Purged:
    """What one purge did."""

    parts: int
    bytes: int


def _never_flagged() -> ColumnElement[bool]:
    flagged = exists().where(Flag.listing_id == Listing.id)
    asked = exists().where(ReviewTask.listing_id == Listing.id)
    return ~flagged & ~asked


def _rejected(before: datetime) -> ColumnElement[bool]:
    """Tell whether every decision that stands says that it does not infringe, long ago."""
    later = aliased(Decision)
    stands = and_(
        Decision.listing_id == Listing.id,
        ~exists().where(later.supersedes_id == Decision.id),
        Decision.verdict.is_not(None),
    )
    other = or_(Decision.verdict != Verdict.NOT_INFRINGING, Decision.at > before)
    waits = exists().where(ReviewTask.listing_id == Listing.id, ReviewTask.state.in_(_OPEN))
    decided = exists().where(stands)
    return decided & ~exists().where(stands, other) & ~waits


def _due(listings: ColumnElement[bool], before: datetime) -> ColumnElement[bool]:
    """Return which evidence rows are due: captured before a moment, of some kind of listing."""
    requested = exists().where(TakedownRequest.listing_id == Listing.id)
    ids = select(Listing.id).where(listings, ~requested)
    sightings = select(Sighting.id).where(Sighting.listing_id.in_(ids))
    rechecks = select(Recheck.id).where(Recheck.listing_id.in_(ids))
    mine = or_(Evidence.sighting_id.in_(sightings), Evidence.recheck_id.in_(rechecks))
    return and_(Evidence.captured_at < before, Evidence.purged_at.is_(None), mine)


def rules(now: datetime) -> list[tuple[str, ColumnElement[bool]]]:
    """Return each rule's words with the rows it makes due."""
    never = f"never flagged, kept {UNFLAGGED.days} days"
    rejected = f"decided not to infringe, kept {REJECTED.days} days"
    return [
        (never, _due(_never_flagged(), now - UNFLAGGED)),
        (rejected, _due(_rejected(now - REJECTED), now - REJECTED)),
    ]


def purge(session: Session, now: datetime, *, actor: str, clock: Clock) -> list[str]:
    """Mark the next bytes that are due as deleted; return their hashes, to be deleted after commit.

    Rows first, files second: a crash between the two leaves a file that `leftovers` still names.
    """
    done: list[str] = []
    for reason, due in rules(now):
        ids = select(Evidence.id).where(due)
        other = aliased(Evidence)
        shared = exists().where(
            other.sha256 == Evidence.sha256, other.purged_at.is_(None), other.id.not_in(ids)
        )
        query = select(Evidence.sha256).where(due, ~shared).distinct().limit(AT_ONCE)
        found = list(session.scalars(query))
        if found:
            bury(session, found, reason, actor=actor, clock=clock)
            done += found
    return done


def bury(session: Session, hashes: Sequence[str], reason: str, *, actor: str, clock: Clock) -> None:
    """Leave a tombstone on every row that names these bytes, and seal their hashes in the chain."""
    session.execute(
        update(Evidence)
        .where(Evidence.sha256.in_(hashes), Evidence.purged_at.is_(None))
        .values(purged_at=clock.now(), purge_reason=reason)
    )
    subject, detail = f"evidence:{len(hashes)}", {"reason": reason, "sha256": sorted(hashes)}
    note(session, actor=actor, verb="evidence.purge", subject=subject, clock=clock, detail=detail)


def leftovers(session: Session, since: datetime) -> list[str]:
    """Return hashes buried since a moment that no row needs any more: their files must be gone."""
    other = aliased(Evidence)
    needed = or_(
        exists().where(other.sha256 == Evidence.sha256, other.purged_at.is_(None)),
        exists().where(BatchFile.sha256 == Evidence.sha256),
        exists().where(CaseExport.sha256 == Evidence.sha256),
    )
    query = select(Evidence.sha256).where(Evidence.purged_at >= since, ~needed).distinct()
    return list(session.scalars(query))


def delete_files(folder: EvidenceFolder, hashes: Sequence[str]) -> int:
    """Delete whole files; return how many were there."""
    return sum(folder.delete(one) for one in hashes)


def stored_bytes(session: Session) -> int:
    """Return how many bytes the rows say lie in the evidence folder."""
    live = select(func.sum(Evidence.stored_size)).where(Evidence.purged_at.is_(None))
    files = select(func.sum(BatchFile.size))
    cases = select(func.sum(CaseExport.size)).where(CaseExport.purged_at.is_(None))
    return sum(int(session.scalar(query) or 0) for query in (live, files, cases))
