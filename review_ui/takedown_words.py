"""Words for the states of requests and batches, and for what we see of a listing."""

from collections.abc import Mapping
from typing import Final

from data.states import BatchEvent, BatchState, RequestEvent, RequestState
from data.takedowns import OutcomeCause, OutcomeSource

REQUESTS: Final = {
    RequestState.DRAFT: ("warn", "Needs something first"),
    RequestState.READY: ("good", "Ready"),
    RequestState.BATCHED: ("plain", "In a batch"),
    RequestState.SENT: ("plain", "Sent"),
    RequestState.ACKNOWLEDGED: ("plain", "Acknowledged"),
    RequestState.REMOVED: ("good", "Removed"),
    RequestState.RESTRICTED: ("warn", "Restricted"),
    RequestState.PARTIAL: ("warn", "Partly removed"),
    RequestState.REJECTED: ("bad", "Rejected"),
    RequestState.ALREADY_GONE: ("plain", "Already gone"),
    RequestState.APPEALED: ("warn", "Appealed"),
    RequestState.CLOSED: ("plain", "Closed"),
    RequestState.WITHDRAWN: ("plain", "Withdrawn"),
}
BATCHES: Final = {
    BatchState.DRAFT: ("warn", "Draft"),
    BatchState.FROZEN: ("plain", "Frozen, not sent"),
    BatchState.SENT: ("plain", "Sent"),
    BatchState.PARTLY_ANSWERED: ("plain", "Partly answered"),
    BatchState.CLOSED: ("good", "All answered"),
    BatchState.DISCARDED: ("plain", "Discarded"),
}
BATCH_EVENTS: Final = {
    BatchEvent.FREEZE: "Frozen",
    BatchEvent.DISCARD: "Discarded",
    BatchEvent.SEND: "Sent",
    BatchEvent.ANSWER: "First answer",
    BatchEvent.CLOSE: "Every row answered",
}
EVENTS: Final = {
    RequestEvent.PREPARE: "Ready to be sent",
    RequestEvent.UNPREPARE: "Needs a fresh look",
    RequestEvent.BATCH: "Put in a batch",
    RequestEvent.UNBATCH: "Taken out of its batch",
    RequestEvent.SEND: "Sent",
    RequestEvent.ACKNOWLEDGE: "They look at it",
    RequestEvent.REPLY_REMOVED: "They removed it",
    RequestEvent.REPLY_RESTRICTED: "They restricted it",
    RequestEvent.REPLY_PARTIAL: "They removed part of it",
    RequestEvent.REPLY_REJECTED: "They declined",
    RequestEvent.REPLY_ALREADY_GONE: "Gone when they looked",
    RequestEvent.RECHECK_GONE: "Our rechecks prove it gone",
    RequestEvent.APPEAL: "Appealed",
    RequestEvent.CLOSE: "Closed",
    RequestEvent.WITHDRAW: "Withdrawn",
}
CAUSES: Final = {
    OutcomeCause.PLATFORM_CONFIRMED: "the platform says that it removed it",
    OutcomeCause.GONE_UNATTRIBUTED: "nobody said who removed it",
    OutcomeCause.SOLD_OR_ENDED: "sold or ended",
    OutcomeCause.SELLER_REMOVED: "the seller took it down",
    OutcomeCause.REJECTED: "declined",
    OutcomeCause.UNKNOWN: "",
}
SOURCES: Final = {
    OutcomeSource.PLATFORM_REPLY: "answer sheet",
    OutcomeSource.RECHECK: "our recheck",
    OutcomeSource.MANUAL: "typed in",
}


def who(actor: str, names: Mapping[str, str]) -> str:
    """Return who did something, for people; `names` has the people's by their actor word.

    >>> who("person:3", {"person:3": "Dara"}), who("recheck", {}), who("cli:mai", {})
    ('Dara', 'our recheck', 'mai, by command')
    """
    kind, _, name = actor.partition(":")
    if kind == "cli":
        return f"{name}, by command"
    plain = {"person": f"person {name}", "recheck": "our recheck", "system": "by itself"}
    return names.get(actor) or plain.get(kind, kind)
