"""The read side of batches and outcome board: narrow rows for counting, whole ones to show."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.cohorts import latest_look, latest_reply
from data.listings import Listing, Relisting
from data.outcomes import disagree, heard, they_say
from data.people import Person
from data.states import BatchState, RequestEvent, RequestState
from data.takedowns import (
    OutcomeCause,
    OutcomeEvent,
    TakedownBatch,
    TakedownRequest,
)
from data.watches import Watch

DEFAULT_SLA_DAYS = 7


class Group(StrEnum):
    """Where a sent request stands on the board, the most pressing first."""

    OVERDUE = "overdue"
    RELISTED = "relisted"
    ACKNOWLEDGED = "acknowledged"
    SENT = "sent"
    CLAIMED = "claimed"
    REMOVED = "removed"
    ENDED = "ended"
    PARTLY = "partly"
    REJECTED = "rejected"


_GROUPS = {
    RequestState.ACKNOWLEDGED: Group.ACKNOWLEDGED,
    RequestState.APPEALED: Group.ACKNOWLEDGED,
    RequestState.REMOVED: Group.REMOVED,
    RequestState.RESTRICTED: Group.PARTLY,
    RequestState.PARTIAL: Group.PARTLY,
    RequestState.REJECTED: Group.REJECTED,
    RequestState.ALREADY_GONE: Group.ENDED,
}
_OFF_BOARD = (RequestState.CLOSED, RequestState.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Entry:
    """One request of the board, as little of it as grouping needs."""

    request_id: int
    listing_id: int
    platform_id: str
    state: RequestState
    sent_at: datetime
    seen_gone_at: datetime | None
    said: RequestEvent | None
    seen_cause: OutcomeCause | None
    back_at: datetime | None
    sla_days: int

    @property
    def due_at(self) -> datetime:
        """When an answer is due."""
        return self.sent_at + timedelta(days=self.sla_days)

    def group(self, now: datetime) -> Group:
        """Say where it stands now."""
        if self.back_at is not None and self.back_at > self.sent_at:
            return Group.RELISTED
        if self.state is RequestState.REMOVED and self.seen_gone_at is None:
            return Group.CLAIMED
        if self.state is not RequestState.SENT:
            return _GROUPS[self.state]
        if self.seen_cause is not None:
            return Group.ENDED
        return Group.OVERDUE if now > self.due_at and self.said is None else Group.SENT


@dataclass(frozen=True)
class Card:
    """One request as the board shows it."""

    request: TakedownRequest
    entry: Entry
    number: str
    said: OutcomeEvent | None
    outcomes: Sequence[OutcomeEvent]
    differs: bool


@dataclass(frozen=True)
class Board:
    """The sent requests that are not closed, by group."""

    groups: Mapping[Group, Sequence[Entry]]

    def count(self, group: Group) -> int:
        """Return how many requests stand in a group."""
        return len(self.groups.get(group, ()))

    @property
    def total(self) -> int:
        """Return how many requests stand on the board."""
        return sum(len(entries) for entries in self.groups.values())


def board(session: Session, now: datetime) -> Board:
    """Sort every sent request that is not closed or withdrawn into its group, oldest first."""
    groups: dict[Group, list[Entry]] = defaultdict(list)
    for entry in _entries(session):
        groups[entry.group(now)].append(entry)
    return Board({group: groups[group] for group in Group if group in groups})


def _entries(session: Session) -> list[Entry]:
    said, seen = latest_reply(), latest_look()
    back = (
        select(Relisting.old_listing_id, func.max(Relisting.at).label("at"))
        .group_by(Relisting.old_listing_id)
        .subquery()
    )
    rows: Iterable[Any] = session.execute(
        select(
            TakedownRequest.id,
            TakedownRequest.listing_id,
            TakedownRequest.platform_id,
            TakedownRequest.state,
            TakedownRequest.sent_at,
            TakedownRequest.seen_gone_at,
            said.c.event,
            seen.c.cause,
            back.c.at,
            func.coalesce(Watch.sla_days, DEFAULT_SLA_DAYS),
        )
        .outerjoin(said, said.c.request_id == TakedownRequest.id)
        .outerjoin(seen, seen.c.request_id == TakedownRequest.id)
        .outerjoin(back, back.c.old_listing_id == TakedownRequest.listing_id)
        .outerjoin(Watch, Watch.platform_id == TakedownRequest.platform_id)
        .where(TakedownRequest.sent_at.is_not(None), TakedownRequest.state.not_in(_OFF_BOARD))
        .order_by(TakedownRequest.sent_at, TakedownRequest.id)
    )
    return [Entry(*row) for row in rows]


def cards(session: Session, entries: Sequence[Entry]) -> list[Card]:
    """Load what the board shows of some entries."""
    return [_card(session, entry) for entry in entries]


def _card(session: Session, entry: Entry) -> Card:
    request = session.get_one(TakedownRequest, entry.request_id)
    outcomes = heard(session, request.id)
    said = they_say(outcomes)
    return Card(
        request=request,
        entry=entry,
        number=number_of(session, request),
        said=said,
        outcomes=outcomes,
        differs=said is not None and disagree(request, said),
    )


def number_of(session: Session, request: TakedownRequest) -> str:
    """Return the number of the batch a request is in, or nothing."""
    batch = session.get(TakedownBatch, request.batch_id) if request.batch_id else None
    return batch.number if batch is not None else ""


@dataclass(frozen=True)
class BatchLook:
    """One batch in the list: how many rows, how many of them answered."""

    batch: TakedownBatch
    rows: int
    answered: int


def recent_batches(session: Session, limit: int = 100) -> list[BatchLook]:
    """Return the latest batches, drafts first."""
    waiting = (
        RequestState.BATCHED,
        RequestState.SENT,
        RequestState.ACKNOWLEDGED,
        RequestState.APPEALED,
    )
    rows = session.execute(
        select(
            TakedownBatch,
            func.count(TakedownRequest.id),
            func.count(TakedownRequest.id).filter(TakedownRequest.state.not_in(waiting)),
        )
        .outerjoin(TakedownRequest, TakedownRequest.batch_id == TakedownBatch.id)
        .group_by(TakedownBatch.id)
        .order_by((TakedownBatch.state != BatchState.DRAFT), TakedownBatch.id.desc())
        .limit(limit)
    )
    return [BatchLook(batch, count, answered) for batch, count, answered in rows]


def waiting_by_platform(session: Session) -> dict[str, tuple[int, int]]:
    """Return per platform how many requests are ready and how many need something first."""
    rows = session.execute(
        select(TakedownRequest.platform_id, TakedownRequest.state, func.count())
        .where(TakedownRequest.state.in_([RequestState.DRAFT, RequestState.READY]))
        .group_by(TakedownRequest.platform_id, TakedownRequest.state)
        .order_by(TakedownRequest.platform_id)
    )
    found: dict[str, tuple[int, int]] = {}
    for platform_id, state, count in rows:
        ready, drafts = found.get(platform_id, (0, 0))
        is_ready = state is RequestState.READY
        found[platform_id] = (ready + count * is_ready, drafts + count * (not is_ready))
    return found


def actor_names(session: Session) -> dict[str, str]:
    """Return every person's name by how audit rows name them."""
    rows = session.execute(select(Person.id, Person.name))
    return {f"person:{person_id}": name for person_id, name in rows}


def listings_named(session: Session, ids: Sequence[int]) -> list[Listing]:
    """Return some listings in the order of their ids."""
    rows = session.scalars(select(Listing).where(Listing.id.in_(ids)).order_by(Listing.id))
    return list(rows.unique())


def last_request(session: Session, listing_ids: Sequence[int]) -> dict[int, TakedownRequest]:
    """Return the latest request of each listing that has one."""
    rows = session.scalars(
        select(TakedownRequest)
        .where(TakedownRequest.listing_id.in_(listing_ids))
        .order_by(TakedownRequest.attempt)
    )
    return {one.listing_id: one for one in rows.unique()}
