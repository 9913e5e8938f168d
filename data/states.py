"""Every state, event and transition of the product, as one table that code and tests read.

What happened is a row; what is true is a fold of the rows. A machine that is asked for a transition
that is not listed here raises `NotAllowed`: no other module decides what may follow what.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


class Availability(StrEnum):
    """What a machine has observed of a listing on its platform."""

    UNKNOWN = "unknown"
    LIVE = "live"
    UNREACHABLE = "unreachable"
    DELISTED = "delisted"
    SUSPECT_GONE = "suspect_gone"
    GONE = "gone"
    LIVE_AGAIN = "live_again"


class Observed(StrEnum):
    """One look at a listing's page, judged with what else the same run saw."""

    LIVE = "live"
    OFF_LISTS = "off_lists"
    MISS = "miss"
    MISS_CONFIRMED = "miss_confirmed"
    SOLD_OR_EXPIRED = "sold_or_expired"
    NO_CONCLUSION = "no_conclusion"


class TaskState(StrEnum):
    """Where a review task stands."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    DECIDED = "decided"
    ESCALATED = "escalated"
    CANCELLED = "cancelled"


class TaskEvent(StrEnum):
    """What can happen to a review task."""

    CLAIM = "claim"
    RELEASE = "release"
    EXPIRE = "expire"
    SKIP = "skip"
    DECIDE = "decide"
    ESCALATE = "escalate"
    REOPEN = "reopen"
    CANCEL = "cancel"


class RequestState(StrEnum):
    """Where one takedown request stands; the five `actioned` states are the platform's answers."""

    DRAFT = "draft"
    READY = "ready"
    BATCHED = "batched"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    REMOVED = "actioned:removed"
    RESTRICTED = "actioned:restricted"
    PARTIAL = "actioned:partial"
    REJECTED = "actioned:rejected"
    ALREADY_GONE = "actioned:already_gone"
    APPEALED = "appealed"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class RequestEvent(StrEnum):
    """What can happen to a takedown request."""

    PREPARE = "prepare"
    UNPREPARE = "unprepare"
    BATCH = "batch"
    UNBATCH = "unbatch"
    SEND = "send"
    ACKNOWLEDGE = "acknowledge"
    REPLY_REMOVED = "reply_removed"
    REPLY_RESTRICTED = "reply_restricted"
    REPLY_PARTIAL = "reply_partial"
    REPLY_REJECTED = "reply_rejected"
    REPLY_ALREADY_GONE = "reply_already_gone"
    RECHECK_GONE = "recheck_gone"
    APPEAL = "appeal"
    CLOSE = "close"
    WITHDRAW = "withdraw"


class BatchState(StrEnum):
    """Where a takedown batch stands."""

    DRAFT = "draft"
    FROZEN = "frozen"
    SENT = "sent"
    PARTLY_ANSWERED = "partly_answered"
    CLOSED = "closed"
    DISCARDED = "discarded"


class BatchEvent(StrEnum):
    """What can happen to a takedown batch."""

    FREEZE = "freeze"
    DISCARD = "discard"
    SEND = "send"
    ANSWER = "answer"
    CLOSE = "close"


class NotAllowed(Exception):
    """The event may not happen in this state: reload what is shown and choose again."""

    def __init__(self, machine: str, state: str, event: str, why: str = "") -> None:
        """Name the machine, the state it is in and the event that was refused."""
        self.machine, self.state, self.event, self.why = machine, state, event, why
        reason = f": {why}" if why else ""
        super().__init__(f"{machine} in state '{state}' does not allow '{event}'{reason}")


@dataclass(frozen=True)
class Transition(Generic[S, E]):
    """One allowed step: who may cause it and what must hold (the guard in words)."""

    source: S
    event: E
    target: S
    who: str
    guard: str = ""


@dataclass(frozen=True)
class Machine(Generic[S, E]):
    """A named table of transitions with its first state."""

    name: str
    start: S
    transitions: tuple[Transition[S, E], ...]
    _by_key: Mapping[tuple[S, E], Transition[S, E]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the table; two rows for one (state, event) would make folds ambiguous."""
        index = {(row.source, row.event): row for row in self.transitions}
        if len(index) != len(self.transitions):
            raise ValueError(f"{self.name}: two transitions for one state and event")
        object.__setattr__(self, "_by_key", index)

    def after(self, state: S, event: E) -> S:
        """Return the state that follows, or raise `NotAllowed`.

        >>> BATCH.after(BatchState.DRAFT, BatchEvent.FREEZE)
        <BatchState.FROZEN: 'frozen'>
        """
        row = self._by_key.get((state, event))
        if row is None:
            raise NotAllowed(self.name, state, event)
        return row.target

    def allows(self, state: S, event: E) -> bool:
        """Tell whether the table lists this step."""
        return (state, event) in self._by_key

    def fold(self, events: Iterable[E]) -> S:
        """Replay events from the first state.

        >>> BATCH.fold([BatchEvent.FREEZE, BatchEvent.SEND])
        <BatchState.SENT: 'sent'>
        """
        state = self.start
        for event in events:
            state = self.after(state, event)
        return state


def _rows(
    sources: Iterable[S], event: E, target: S, who: str, guard: str = ""
) -> tuple[Transition[S, E], ...]:
    return tuple(Transition(source, event, target, who, guard) for source in sources)


def _stay(states: Iterable[S], event: E, who: str) -> tuple[Transition[S, E], ...]:
    return tuple(Transition(state, event, state, who) for state in states)


_A, _O = Availability, Observed
AVAILABILITY = Machine(
    "listing",
    _A.UNKNOWN,
    (
        *_rows(
            [_A.UNKNOWN, _A.LIVE, _A.UNREACHABLE, _A.DELISTED, _A.SUSPECT_GONE, _A.LIVE_AGAIN],
            _O.LIVE,
            _A.LIVE,
            "crawl or recheck",
        ),
        *_rows([_A.GONE], _O.LIVE, _A.LIVE_AGAIN, "crawl or recheck", "a Relisting is recorded"),
        *_rows(
            [_A.UNKNOWN, _A.LIVE, _A.UNREACHABLE, _A.DELISTED, _A.SUSPECT_GONE, _A.LIVE_AGAIN],
            _O.OFF_LISTS,
            _A.DELISTED,
            "recheck",
            "page served, missing from a complete walk of the lists",
        ),
        *_rows([_A.GONE], _O.OFF_LISTS, _A.LIVE_AGAIN, "recheck", "the page is served again"),
        *_rows(
            [_A.UNKNOWN, _A.LIVE, _A.UNREACHABLE, _A.DELISTED, _A.SUSPECT_GONE, _A.LIVE_AGAIN],
            _O.MISS,
            _A.SUSPECT_GONE,
            "recheck",
        ),
        *_rows(
            [_A.SUSPECT_GONE],
            _O.MISS_CONFIRMED,
            _A.GONE,
            "recheck",
            "a proven miss at least 24 h after the first, live control in the same run",
        ),
        *_rows(
            [_A.UNKNOWN, _A.LIVE, _A.UNREACHABLE, _A.DELISTED, _A.SUSPECT_GONE, _A.LIVE_AGAIN],
            _O.SOLD_OR_EXPIRED,
            _A.GONE,
            "recheck",
            "the page says so; cause sold_or_ended",
        ),
        *_rows(
            [_A.UNKNOWN, _A.LIVE, _A.LIVE_AGAIN, _A.DELISTED, _A.UNREACHABLE],
            _O.NO_CONCLUSION,
            _A.UNREACHABLE,
            "recheck",
        ),
        *_stay([_A.SUSPECT_GONE, _A.GONE], _O.NO_CONCLUSION, "recheck"),
        *_stay([_A.GONE], _O.MISS, "recheck"),
        *_stay([_A.GONE], _O.MISS_CONFIRMED, "recheck"),
        *_stay([_A.GONE], _O.SOLD_OR_EXPIRED, "recheck"),
    ),
)

_T, _TE = TaskState, TaskEvent
TASK = Machine(
    "review task",
    _T.QUEUED,
    (
        *_rows(
            [_T.QUEUED],
            _TE.CLAIM,
            _T.CLAIMED,
            "reviewer",
            "one statement; not one's own first decision when second",
        ),
        *_rows([_T.CLAIMED], _TE.RELEASE, _T.QUEUED, "holder"),
        *_rows([_T.CLAIMED], _TE.EXPIRE, _T.QUEUED, "clock", "the lease ran out"),
        *_rows([_T.CLAIMED], _TE.SKIP, _T.QUEUED, "holder", "queued for others"),
        *_rows(
            [_T.CLAIMED],
            _TE.DECIDE,
            _T.DECIDED,
            "holder",
            "version matches; the verdict is complete",
        ),
        *_rows([_T.CLAIMED, _T.QUEUED], _TE.ESCALATE, _T.ESCALATED, "holder or supervisor"),
        *_rows([_T.ESCALATED], _TE.CLAIM, _T.CLAIMED, "supervisor"),
        *_rows(
            [_T.DECIDED],
            _TE.REOPEN,
            _T.QUEUED,
            "same reviewer within 10 min, supervisor later",
            "request not in a frozen or sent batch",
        ),
        *_rows(
            [_T.QUEUED, _T.CLAIMED, _T.ESCALATED],
            _TE.CANCEL,
            _T.CANCELLED,
            "system",
            "the listing is gone or no longer flagged",
        ),
    ),
)

_R, _RE = RequestState, RequestEvent
ANSWERED = frozenset({_R.REMOVED, _R.RESTRICTED, _R.PARTIAL, _R.REJECTED, _R.ALREADY_GONE})
OPEN_REQUEST = frozenset(set(_R) - {_R.CLOSED, _R.WITHDRAWN} - ANSWERED)
_WAITING = (_R.SENT, _R.ACKNOWLEDGED, _R.APPEALED)
_REPLIES = {
    _RE.REPLY_REMOVED: _R.REMOVED,
    _RE.REPLY_RESTRICTED: _R.RESTRICTED,
    _RE.REPLY_PARTIAL: _R.PARTIAL,
    _RE.REPLY_REJECTED: _R.REJECTED,
    _RE.REPLY_ALREADY_GONE: _R.ALREADY_GONE,
}
REQUEST = Machine(
    "takedown request",
    _R.DRAFT,
    (
        *_rows(
            [_R.DRAFT],
            _RE.PREPARE,
            _R.READY,
            "system",
            "effective infringing verdict, live observation at most 48 h old, evidence sealed",
        ),
        *_rows(
            [_R.READY],
            _RE.UNPREPARE,
            _R.DRAFT,
            "system",
            "the live observation grew old or the listing went away",
        ),
        *_rows(
            [_R.READY],
            _RE.BATCH,
            _R.BATCHED,
            "liaison",
            "same platform, no other open request for the listing, no hold",
        ),
        *_rows(
            [_R.BATCHED], _RE.UNBATCH, _R.READY, "liaison", "the batch is a draft or was discarded"
        ),
        *_rows([_R.BATCHED], _RE.SEND, _R.SENT, "liaison", "its frozen batch is marked sent"),
        *_rows([_R.SENT, _R.APPEALED], _RE.ACKNOWLEDGE, _R.ACKNOWLEDGED, "liaison"),
        *(
            row
            for event, target in _REPLIES.items()
            for row in _rows(
                [*_WAITING, *sorted(ANSWERED - {target})],
                event,
                target,
                "liaison",
                "matched by external id, else URL, else by hand; shown first",
            )
        ),
        *_rows(
            [*_WAITING, _R.RESTRICTED, _R.PARTIAL, _R.REJECTED],
            _RE.RECHECK_GONE,
            _R.REMOVED,
            "recheck",
            "two agreeing misses at least 24 h apart, live control",
        ),
        *_rows([_R.REJECTED], _RE.APPEAL, _R.APPEALED, "liaison"),
        *_rows([*sorted(ANSWERED)], _RE.CLOSE, _R.CLOSED, "liaison"),
        *_rows(
            [s for s in _R if s not in {_R.CLOSED, _R.WITHDRAWN}],
            _RE.WITHDRAW,
            _R.WITHDRAWN,
            "liaison or system",
        ),
    ),
)

_B, _BE = BatchState, BatchEvent
BATCH = Machine(
    "takedown batch",
    _B.DRAFT,
    (
        *_rows([_B.DRAFT], _BE.FREEZE, _B.FROZEN, "liaison", "no blocking pre-flight problem"),
        *_rows(
            [_B.DRAFT, _B.FROZEN],
            _BE.DISCARD,
            _B.DISCARDED,
            "liaison",
            "the number is never reused",
        ),
        *_rows([_B.FROZEN], _BE.SEND, _B.SENT, "liaison", "channel, date and reference given"),
        *_rows(
            [_B.SENT, _B.PARTLY_ANSWERED],
            _BE.ANSWER,
            _B.PARTLY_ANSWERED,
            "liaison or recheck",
            "some row has an answer",
        ),
        *_rows(
            [_B.PARTLY_ANSWERED],
            _BE.CLOSE,
            _B.CLOSED,
            "system",
            "every row is answered or withdrawn",
        ),
    ),
)
