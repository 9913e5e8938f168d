"""Pre-flight: what stands between a confirmed listing and a request that may be sent.

A pure function over facts, so that the guard of a state, the builder's table and the last check
before freezing are one and the same rule.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from data.states import Availability

FRESH = timedelta(hours=48)
_GONE = frozenset({Availability.GONE, Availability.SUSPECT_GONE})


class Severity(StrEnum):
    """Whether a problem stops a batch or only deserves a look."""

    BLOCKING = "blocking"
    SOFT = "soft"


class Code(StrEnum):
    """What can be wrong with a request before it is sent."""

    NO_URL = "no_url"
    NO_LEGAL_GROUND = "no_legal_ground"
    NO_SUBJECT = "no_subject"
    NO_EVIDENCE = "no_evidence"
    EVIDENCE_DAMAGED = "evidence_damaged"
    NOT_LIVE_LATELY = "not_live_lately"
    LISTING_GONE = "listing_gone"
    EARLIER_REQUEST = "earlier_request"
    NOT_EFFECTIVE = "not_effective"
    WITHDRAWN = "withdrawn"
    SINGLE_REVIEW = "single_review"
    NO_PRICE = "no_price"
    NO_SELLER = "no_seller"
    CHANGED = "changed"
    OFF_LISTS = "off_lists"
    LAW_UNVERIFIED = "law_unverified"


# The guard of draft -> ready: these are facts of the case, the rest are faults of the paperwork.
READY_GUARD = frozenset(
    {
        Code.NO_EVIDENCE,
        Code.NOT_LIVE_LATELY,
        Code.LISTING_GONE,
        Code.NOT_EFFECTIVE,
        Code.WITHDRAWN,
    }
)


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one request, in a sentence that says what to do."""

    severity: Severity
    code: Code
    sentence: str

    @property
    def blocking(self) -> bool:
        """Tell whether it stops the batch."""
        return self.severity is Severity.BLOCKING


@dataclass(frozen=True)
class Facts:
    """All that pre-flight needs to know of one request."""

    url: str
    title: str = ""
    price_text: str = ""
    seller_shown: bool = True
    legal_ground: str = ""
    subjects: int = 1
    law_verified: bool = True
    evidence: tuple[str, ...] = ()
    evidence_damaged: bool = False
    availability: Availability = Availability.LIVE
    last_live_at: datetime | None = None
    effective: bool = True
    withdrawn: bool = False
    other_open_request: int | None = None
    single_review: bool = False
    changed_since_decision: bool = False


Check = Callable[[Facts, datetime], Problem | None]


def _blocking(code: Code, sentence: str) -> Problem:
    return Problem(Severity.BLOCKING, code, sentence)


def _soft(code: Code, sentence: str) -> Problem:
    return Problem(Severity.SOFT, code, sentence)


def _url(facts: Facts, _now: datetime) -> Problem | None:
    if facts.url.startswith(("http://", "https://")):
        return None
    return _blocking(Code.NO_URL, "It has no exact address: recheck the listing.")


def _legal_ground(facts: Facts, _now: datetime) -> Problem | None:
    if facts.legal_ground.strip():
        return None
    return _blocking(Code.NO_LEGAL_GROUND, "It has no legal ground: decide it again with one.")


def _subject(facts: Facts, _now: datetime) -> Problem | None:
    if facts.subjects:
        return None
    return _blocking(Code.NO_SUBJECT, "No animal and product are named: decide it again.")


def _evidence(facts: Facts, _now: datetime) -> Problem | None:
    if not facts.evidence:
        sentence = "No stored page proves what was decided: crawl the listing and decide it again."
        return _blocking(Code.NO_EVIDENCE, sentence)
    if facts.evidence_damaged:
        sentence = "The stored page is missing or damaged: restore the evidence from a backup."
        return _blocking(Code.EVIDENCE_DAMAGED, sentence)
    return None


def _live(facts: Facts, now: datetime) -> Problem | None:
    if facts.availability in _GONE:
        return _blocking(
            Code.LISTING_GONE, "The last look did not find it any more: take it out or recheck it."
        )
    if facts.last_live_at is None:
        return _blocking(Code.NOT_LIVE_LATELY, "It was never seen live: recheck it now.")
    age = now - facts.last_live_at
    if age <= FRESH:
        return None
    hours = int(age.total_seconds() // 3600)
    return _blocking(
        Code.NOT_LIVE_LATELY, f"It was last seen live {hours} hours ago: recheck it now."
    )


def _open(facts: Facts, _now: datetime) -> Problem | None:
    if facts.other_open_request is None:
        return None
    return _blocking(
        Code.EARLIER_REQUEST,
        f"Request {facts.other_open_request} for this listing is still open: wait for its answer.",
    )


def _effective(facts: Facts, _now: datetime) -> Problem | None:
    if facts.withdrawn:
        return _blocking(Code.WITHDRAWN, "It was withdrawn: take it out.")
    if facts.effective:
        return None
    return _blocking(
        Code.NOT_EFFECTIVE,
        "The verdict is no longer in force, or a second look is awaited: take it out.",
    )


def _softly(condition: Callable[[Facts], bool], code: Code, sentence: str) -> Check:
    def check(facts: Facts, _now: datetime) -> Problem | None:
        return _soft(code, sentence) if condition(facts) else None

    return check


CHECKS: tuple[Check, ...] = (
    _effective,
    _url,
    _legal_ground,
    _subject,
    _evidence,
    _live,
    _open,
    _softly(lambda f: f.single_review, Code.SINGLE_REVIEW, "Only one reviewer confirmed it."),
    _softly(lambda f: not f.price_text.strip(), Code.NO_PRICE, "The listing shows no price."),
    _softly(lambda f: not f.seller_shown, Code.NO_SELLER, "The listing shows no seller."),
    _softly(
        lambda f: f.changed_since_decision,
        Code.CHANGED,
        "Its text changed after the decision: look at it once more.",
    ),
    _softly(
        lambda f: f.availability is Availability.DELISTED,
        Code.OFF_LISTS,
        "The page opens but the platform's lists no longer show it.",
    ),
    _softly(
        lambda f: not f.law_verified,
        Code.LAW_UNVERIFIED,
        "The legal status we hold is unverified; the notice says so.",
    ),
)


def preflight(facts: Facts, now: datetime) -> list[Problem]:
    """Return every problem of one request, blocking ones first.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 19, 12, tzinfo=UTC)
    >>> good = Facts("https://a.example/1", price_text="5", legal_ground="law", evidence=("ab",),
    ...              last_live_at=noon)
    >>> preflight(good, noon), [p.code.value for p in preflight(good, noon + FRESH * 2)]
    ([], ['not_live_lately'])
    """
    found = [problem for check in CHECKS if (problem := check(facts, now)) is not None]
    return sorted(found, key=lambda problem: not problem.blocking)


def blocking(problems: Iterable[Problem]) -> list[Problem]:
    """Keep what stops a batch."""
    return [problem for problem in problems if problem.blocking]


def is_ready(facts: Facts, now: datetime) -> bool:
    """Tell whether the guard of draft -> ready holds.

    >>> from datetime import UTC
    >>> is_ready(Facts("https://a.example/1"), datetime(2026, 1, 1, tzinfo=UTC))
    False
    """
    return not any(problem.code in READY_GUARD for problem in preflight(facts, now))
