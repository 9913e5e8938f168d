"""Evidence at work: room, pictures, purging; cases are exported beside, in `faunawatch/cases`."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.base import Clock
from data.custody import CaseExport, Dating
from data.evidence import EvidenceFolder, Room
from data.home import PicturesOf, the_home
from data.jobs import Job, JobKind, JobState, ask
from data.listings import Listing
from data.parts import Evidence
from data.pictures import Wanted, pictures_wanted
from data.retention import (
    AT_ONCE,
    UNFLAGGED,
    Purged,
    delete_files,
    leftovers,
    purge,
    stored_bytes,
)
from faunawatch.house import House

MEGABYTE = 10**6
MOST_PICTURES = 500
LEFT_OVER = timedelta(days=7)
PURGE_EVERY = timedelta(days=1)
STAMP_EVERY = timedelta(hours=1)


def folder_with_room(house: House) -> EvidenceFolder:
    """Return the evidence folder with what is left of its budget."""
    with house.store.read() as session:
        budget = the_home(session).evidence_budget_mb * MEGABYTE
        left = budget - stored_bytes(session)
    return replace(house.evidence, room=Room(left=max(0, left), budget=budget))


def wanted_on(house: House, platform_id: str, each: int) -> list[Wanted]:
    """Return the pictures to get on a platform now."""
    now = house.store.clock().now()
    with house.store.read() as session:
        whose = the_home(session).pictures_of
        return pictures_wanted(session, platform_id, whose, each, now)[:MOST_PICTURES]


def ask_for_pictures(house: House, *, by: str) -> list[str]:
    """Ask for the pictures of what was scored, a job for each platform that has some to get."""
    platforms, _ = house.platforms()
    with house.store.read() as session:
        if the_home(session).pictures_of is PicturesOf.NONE:
            return []
        met = set(session.scalars(select(Listing.platform_id).distinct()))
    due = [
        one for one in sorted(met & set(platforms)) if wanted_on(house, one, platforms[one].images)
    ]
    clock = house.store.clock()
    with house.store.write() as session:
        for platform_id in due:
            ask(session, JobKind.PICTURES, {"platform": platform_id}, by=by, clock=clock)
    return due


def purge_due(house: House, *, by: str) -> Purged:
    """Delete every stored part that the retention rules no longer allow."""
    clock, parts = house.store.clock(), 0
    with house.store.read() as session:
        before = stored_bytes(session)
    while True:
        with house.store.write() as session:
            gone = purge(session, clock.now(), actor=by, clock=clock)
        parts += delete_files(house.evidence, gone)
        if len(gone) < AT_ONCE:
            break
    with house.store.read() as session:
        delete_files(house.evidence, leftovers(session, clock.now() - LEFT_OVER))
        return Purged(parts, before - stored_bytes(session))


def ask_for_upkeep(session: Session, clock: Clock, *, by: str) -> list[str]:
    """Ask for a purge once a day, and for missing time stamps once an hour; tell what was asked."""
    asked = []
    oldest = select(Evidence.captured_at).where(Evidence.purged_at.is_(None)).order_by(Evidence.id)
    begins = session.scalar(oldest.limit(1))
    due = begins is not None and begins < clock.now() - UNFLAGGED
    if due and not _asked_lately(session, JobKind.PURGE, clock, PURGE_EVERY):
        ask(session, JobKind.PURGE, {}, by=by, clock=clock)
        asked.append("purge")
    waiting = select(CaseExport.id).where(CaseExport.dating == Dating.WAITING).limit(1)
    if session.scalar(waiting) and not _asked_lately(session, JobKind.STAMP, clock, STAMP_EVERY):
        ask(session, JobKind.STAMP, {}, by=by, clock=clock)
        asked.append("time stamps")
    return asked


def _asked_lately(session: Session, kind: JobKind, clock: Clock, every: timedelta) -> bool:
    """Tell whether such a job waits, or was asked for lately; a wrong clock's future counts not."""
    last = session.scalar(select(Job).where(Job.kind == kind).order_by(Job.id.desc()).limit(1))
    if last is None:
        return False
    return last.state is JobState.QUEUED or abs(clock.now() - last.asked_at) < every


def room_told(house: House) -> dict[str, Any]:
    """Return how full the evidence folder is, for the doctor and the command line."""
    with house.store.read() as session:
        used = stored_bytes(session)
        return {"used": used, "budget": the_home(session).evidence_budget_mb * MEGABYTE}
