"""The rows figures are counted from, fetched as narrow tuples: verdicts in force, sent requests."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from data.flags import Flag
from data.listings import Listing
from data.reviews import Decision, DecisionSubject, ReviewTask, TaskKind, Verdict
from data.states import Availability, RequestEvent, TaskState
from data.takedowns import OutcomeCause, OutcomeEvent, OutcomeSource, TakedownRequest
from data.taxa import load_taxa

OPEN_TASKS = (TaskState.QUEUED, TaskState.CLAIMED, TaskState.ESCALATED)


class Fate(StrEnum):
    """What became of a reported listing; every reported listing has exactly one."""

    REMOVED_CONFIRMED = "removed_confirmed"
    REMOVED_UNATTRIBUTED = "removed_unattributed"
    CLAIMED = "claimed"
    DELISTED = "delisted"
    SOLD_OR_ENDED = "sold_or_ended"
    SELLER_REMOVED = "seller_removed"
    ALREADY_GONE = "already_gone"
    PARTLY = "partly"
    REJECTED = "rejected"
    OPEN = "open"


REMOVED = frozenset({Fate.REMOVED_CONFIRMED, Fate.REMOVED_UNATTRIBUTED})
_ORDER = {fate: place for place, fate in enumerate(Fate)}
_PLAIN = {
    RequestEvent.REPLY_REMOVED: Fate.CLAIMED,
    RequestEvent.REPLY_REJECTED: Fate.REJECTED,
    RequestEvent.REPLY_RESTRICTED: Fate.PARTLY,
    RequestEvent.REPLY_PARTIAL: Fate.PARTLY,
}
_ENDS = {
    OutcomeCause.SOLD_OR_ENDED: Fate.SOLD_OR_ENDED,
    OutcomeCause.SELLER_REMOVED: Fate.SELLER_REMOVED,
}


@dataclass(frozen=True, slots=True)
class Reported:
    """One sent request, with what the platform last said and what rechecks proved."""

    request_id: int
    listing_id: int
    decision_id: int
    batch_id: int | None
    platform_id: str
    lang: str
    sent_at: datetime
    decided_at: datetime
    seen_gone_at: datetime | None
    availability: Availability
    said: RequestEvent | None
    said_cause: OutcomeCause | None
    seen_cause: OutcomeCause | None

    @property
    def fate(self) -> Fate:
        """Say what became of it; only two agreeing misses after sending make it removed."""
        ended = _ENDS.get(self.said_cause or OutcomeCause.UNKNOWN)
        if ended is not None:
            return ended
        if self.seen_cause is OutcomeCause.SOLD_OR_ENDED:
            return Fate.SOLD_OR_ENDED
        if RequestEvent.REPLY_ALREADY_GONE is self.said or self.seen_cause is OutcomeCause.UNKNOWN:
            return Fate.ALREADY_GONE
        if self.seen_gone_at is not None:
            confirmed = self.said is RequestEvent.REPLY_REMOVED
            return Fate.REMOVED_CONFIRMED if confirmed else Fate.REMOVED_UNATTRIBUTED
        if self.said is not RequestEvent.REPLY_REMOVED and self.availability is _OFF_LISTS:
            return Fate.DELISTED
        return _PLAIN.get(self.said or RequestEvent.ACKNOWLEDGE, Fate.OPEN)


_OFF_LISTS = Availability.DELISTED


@dataclass(frozen=True, slots=True)
class Judged:
    """One listing whose verdict is in force."""

    listing_id: int
    decision_id: int
    verdict: Verdict
    decided_at: datetime
    first_seen_at: datetime
    platform_id: str
    lang: str
    flagged: bool


def fates(rows: Iterable[Reported]) -> dict[int, Reported]:
    """Return per listing its request with the best fate, so that no listing counts twice."""
    best: dict[int, Reported] = {}
    for row in rows:
        known = best.get(row.listing_id)
        if known is None or _ORDER[row.fate] < _ORDER[known.fate]:
            best[row.listing_id] = row
    return best


def reported(session: Session, since: datetime, until: datetime) -> list[Reported]:
    """Return every request sent in [since, until)."""
    said, seen = latest_reply(), latest_look()
    rows: Iterable[Any] = session.execute(
        select(
            TakedownRequest.id,
            TakedownRequest.listing_id,
            TakedownRequest.decision_id,
            TakedownRequest.batch_id,
            TakedownRequest.platform_id,
            Listing.lang,
            TakedownRequest.sent_at,
            Decision.at,
            TakedownRequest.seen_gone_at,
            Listing.availability,
            said.c.event,
            said.c.cause,
            seen.c.cause,
        )
        .join(Listing, TakedownRequest.listing_id == Listing.id)
        .join(Decision, TakedownRequest.decision_id == Decision.id)
        .outerjoin(said, said.c.request_id == TakedownRequest.id)
        .outerjoin(seen, seen.c.request_id == TakedownRequest.id)
        .where(TakedownRequest.sent_at >= since, TakedownRequest.sent_at < until)
        .order_by(TakedownRequest.id)
    )
    return [Reported(*row) for row in rows]


def latest_reply() -> Subquery:
    """Select request id, event and cause of each request's latest answer that counts."""
    return _latest(
        and_(OutcomeEvent.source != OutcomeSource.RECHECK, OutcomeEvent.event.is_not(None))
    )


def latest_look() -> Subquery:
    """Select request id, event and cause of what rechecks last concluded on each request."""
    return _latest(OutcomeEvent.source == OutcomeSource.RECHECK)


def _latest(which: ColumnElement[bool]) -> Subquery:
    ids = (
        select(func.max(OutcomeEvent.id))
        .where(which, OutcomeEvent.retracted_at.is_(None))
        .group_by(OutcomeEvent.request_id)
    )
    latest = aliased(OutcomeEvent)
    return (
        select(latest.request_id, latest.event, latest.cause).where(latest.id.in_(ids)).subquery()
    )


def judged(session: Session, since: datetime, until: datetime) -> list[Judged]:
    """Return every listing whose verdict in force was given in [since, until)."""
    effective = effective_decisions().subquery()
    rows: Iterable[Any] = session.execute(
        select(
            Listing.id,
            Decision.id,
            Decision.verdict,
            Decision.at,
            Listing.first_seen_at,
            Listing.platform_id,
            Listing.lang,
            exists().where(Flag.listing_id == Listing.id),
        )
        .join(effective, effective.c.decision_id == Decision.id)
        .join(Listing, Listing.id == Decision.listing_id)
        .where(Decision.at >= since, Decision.at < until)
        .order_by(Listing.id)
    )
    return [Judged(*row) for row in rows]


def effective_decisions() -> Select[tuple[int | None]]:
    """Select the decision in force of every listing: `decisions.effective_decision` for all."""
    first, second, third = (_standing(kind) for kind in TaskKind)
    asked = aliased(ReviewTask)
    awaited = exists().where(
        asked.listing_id == Listing.id,
        asked.kind != TaskKind.FIRST,
        asked.state.in_(OPEN_TASKS),
    )
    # What was said before the latest first look belongs to an earlier round: see `_standing` there.
    no_first = first.c.id.is_(None)
    no_second = or_(second.c.id.is_(None), second.c.id < first.c.id)
    agreed = and_(
        first.c.verdict == second.c.verdict,
        ~_names_other_taxon(first, second),
        ~_names_other_taxon(second, first),
    )
    decision_id = case(
        (and_(third.c.id.is_not(None), or_(no_first, third.c.id > first.c.id)), third.c.id),
        (or_(no_first, no_second), first.c.id),
        (first.c.verdict == Verdict.UNSURE, second.c.id),
        (agreed, first.c.id),
        else_=None,
    ).label("decision_id")
    return (
        select(decision_id)
        .select_from(Listing)
        .outerjoin(first, first.c.listing_id == Listing.id)
        .outerjoin(second, second.c.listing_id == Listing.id)
        .outerjoin(third, third.c.listing_id == Listing.id)
        .where(~awaited, or_(first.c.id.is_not(None), third.c.id.is_not(None)))
    )


def _standing(kind: TaskKind) -> Subquery:
    """Return the latest decision per listing of one kind that nothing supersedes."""
    later = aliased(Decision)
    latest = (
        select(func.max(Decision.id))
        .join(ReviewTask, Decision.task_id == ReviewTask.id)
        .where(
            ReviewTask.kind == kind,
            Decision.verdict.is_not(None),
            ~exists().where(later.supersedes_id == Decision.id),
        )
        .group_by(Decision.listing_id)
    )
    chosen = aliased(Decision)
    return (
        select(chosen.id, chosen.listing_id, chosen.verdict)
        .where(chosen.id.in_(latest))
        .subquery(f"standing_{kind.value}")
    )


def _names_other_taxon(one: Subquery, other: Subquery) -> ColumnElement[bool]:
    mine, theirs = aliased(DecisionSubject), aliased(DecisionSubject)
    known = exists().where(theirs.decision_id == other.c.id, theirs.taxon == mine.taxon)
    return exists().where(mine.decision_id == one.c.id, ~known)


def groups_of(session: Session, decision_ids: Iterable[int]) -> dict[int, set[str]]:
    """Return the groups (tiger, elephant, turtle, other) that decisions name."""
    taxa, wanted = load_taxa(), set(decision_ids)
    found: dict[int, set[str]] = defaultdict(set)
    rows = session.execute(select(DecisionSubject.decision_id, DecisionSubject.taxon))
    for decision_id, taxon in rows:
        if decision_id in wanted:
            found[decision_id].add(taxa[taxon].group if taxon in taxa else "other")
    return found
