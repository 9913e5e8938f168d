"""The rows figures are counted from, fetched as narrow tuples: verdicts in force, sent requests."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, exists, func, select
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


@dataclass(frozen=True)
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

    @cached_property
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
    newest = (
        select(func.max(OutcomeEvent.id).label("id"))
        .where(which, OutcomeEvent.retracted_at.is_(None))
        .group_by(OutcomeEvent.request_id)
        .subquery()
    )
    latest = aliased(OutcomeEvent)
    return (
        select(latest.request_id, latest.event, latest.cause)
        .join(newest, newest.c.id == latest.id)
        .subquery()
    )


def judged(session: Session, since: datetime, until: datetime) -> list[Judged]:
    """Return every listing whose verdict in force was given in [since, until)."""
    in_force = effective_decisions(session)
    rows: Iterable[Any] = session.execute(
        select(
            Listing.id,
            Decision.id,
            Decision.verdict,
            Decision.at,
            Listing.first_seen_at,
            Listing.platform_id,
            Listing.lang,
            exists().where(Flag.listing_id == Listing.id, Flag.at <= Decision.at),
        )
        .join(Listing, Listing.id == Decision.listing_id)
        .where(Decision.verdict.is_not(None), Decision.at >= since, Decision.at < until)
        .order_by(Listing.id)
    )
    return [one for one in (Judged(*row) for row in rows) if one.decision_id in in_force]


Standing = dict[TaskKind, tuple[int, Verdict]]


def effective_decisions(session: Session) -> set[int]:
    """Return the ids of the decisions in force: `decisions.effective_decision` for all listings.

    The verdicts are fetched as narrow rows and folded here; the same rule in SQL made planners
    compare every listing with every decision.
    """
    awaited = set(
        session.scalars(
            select(ReviewTask.listing_id).where(
                ReviewTask.kind != TaskKind.FIRST, ReviewTask.state.in_(OPEN_TASKS)
            )
        )
    )
    standing = {
        listing: _this_round(latest)
        for listing, latest in _latest_by_kind(session).items()
        if listing not in awaited
    }
    named = _taxa_of_pairs(session, standing.values())
    found = (_in_force(one, named) for one in standing.values())
    return {decision for decision in found if decision is not None}


def _latest_by_kind(session: Session) -> dict[int, Standing]:
    taken_back = aliased(Decision)
    rows: Iterable[Any] = session.execute(
        select(Decision.listing_id, ReviewTask.kind, Decision.id, Decision.verdict)
        .join(ReviewTask, Decision.task_id == ReviewTask.id)
        .outerjoin(taken_back, taken_back.supersedes_id == Decision.id)
        .where(Decision.verdict.is_not(None), taken_back.id.is_(None))
        .order_by(Decision.id)
    )
    found: dict[int, Standing] = defaultdict(dict)
    for listing_id, kind, decision_id, verdict in rows:
        found[listing_id][kind] = (decision_id, verdict)
    return found


def _this_round(latest: Standing) -> Standing:
    """Drop what was said before the latest first look: a listing that is back is judged anew."""
    first = latest.get(TaskKind.FIRST)
    return {kind: one for kind, one in latest.items() if first is None or one[0] >= first[0]}


def _taxa_of_pairs(session: Session, standing: Iterable[Standing]) -> dict[int, set[str]]:
    """Return the taxa named by first and second verdicts, where a listing has both."""
    pair = {TaskKind.FIRST, TaskKind.SECOND}
    wanted = {one[kind][0] for one in standing if pair <= set(one) for kind in pair}
    named: dict[int, set[str]] = defaultdict(set)
    if not wanted:
        return named
    rows = session.execute(select(DecisionSubject.decision_id, DecisionSubject.taxon))
    for decision_id, taxon in rows:
        if decision_id in wanted:
            named[decision_id].add(taxon)
    return named


def _in_force(standing: Standing, named: dict[int, set[str]]) -> int | None:
    if TaskKind.ADJUDICATE in standing:
        return standing[TaskKind.ADJUDICATE][0]
    first, second = standing.get(TaskKind.FIRST), standing.get(TaskKind.SECOND)
    if first is None or second is None:
        return first[0] if first is not None else None
    if first[1] is Verdict.UNSURE:
        return second[0]
    agreed = first[1] is second[1] and named.get(first[0]) == named.get(second[0])
    return first[0] if agreed else None


def groups_of(session: Session, decision_ids: Iterable[int]) -> dict[int, set[str]]:
    """Return the groups (tiger, elephant, turtle, other) that decisions name."""
    taxa, wanted = load_taxa(), set(decision_ids)
    found: dict[int, set[str]] = defaultdict(set)
    rows = session.execute(select(DecisionSubject.decision_id, DecisionSubject.taxon))
    for decision_id, taxon in rows:
        if decision_id in wanted:
            found[decision_id].add(taxa[taxon].group if taxon in taxa else "other")
    return found
