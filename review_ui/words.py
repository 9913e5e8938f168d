"""The words of the screens for codes and states: plain, sentence case, no jargon."""

from typing import Final

from data.alerts import KIND_MEANING, AlertKind, DeliveryState
from data.availability import Outcome
from data.crawls import ENDING_MEANING, STATE_MEANING, Ending, RunState
from data.jobs import JobKind, JobState
from data.products import PRODUCTS
from data.reviews import Form, ReasonCode, TaskKind, Verdict
from data.states import Availability, RequestState

__all__ = ["ENDING_MEANING", "KIND_MEANING", "PRODUCTS", "STATE_MEANING"]

LANGUAGES: Final = {
    "zh-Hans": "简体中文",
    "zh-Hant": "繁體中文",
    "vi": "Tiếng Việt",
    "th": "ไทย",
    "km": "ខ្មែរ",
    "lo": "ລາວ",
    "my": "မြန်မာ",
    "ms": "Melayu",
    "id": "Indonesia",
    "en": "English",
    "und": "not known",
}
LANGUAGES_ENGLISH: Final = {
    "zh-Hans": "Chinese (simplified)",
    "zh-Hant": "Chinese (traditional)",
    "vi": "Vietnamese",
    "th": "Thai",
    "km": "Khmer",
    "lo": "Lao",
    "my": "Burmese",
    "ms": "Malay",
    "id": "Indonesian",
    "en": "English",
    "und": "unknown language",
}
COUNTRIES: Final = {
    "CN": "China",
    "HK": "Hong Kong",
    "ID": "Indonesia",
    "KH": "Cambodia",
    "LA": "Laos",
    "MM": "Myanmar",
    "MO": "Macao",
    "MY": "Malaysia",
    "SG": "Singapore",
    "TH": "Thailand",
    "TW": "Taiwan",
    "VN": "Viet Nam",
}
GROUPS: Final = {"tiger": "Tiger", "elephant": "Elephant", "turtle": "Turtle or tortoise"}
USUAL_PRODUCTS: Final = {
    "tiger": ("TEE", "BON", "MED", "CLA", "SKI", "LIV", "SKU", "HAI", "JWL", "MEA", "BOD", "UNS"),
    "elephant": ("IVC", "IJW", "TUS", "IVP", "HAP", "SKI", "POW", "TEE", "HAI", "LIV", "UNS"),
    "turtle": ("LIV", "CAP", "MEA", "EGG", "JWL", "MED", "CAR", "BOD", "SCA", "OIL", "UNS"),
}
_RAW: Final = frozenset(
    {"BOD", "BON", "CAP", "CLA", "EGG", "GAB", "GEN", "HAI", "HEA", "HOR", "MEA", "SCA", "SKE",
     "SKI", "SKP", "SKU", "TAI", "TEE", "TUS", "IVP", "IVS"}
)  # fmt: skip
VERDICTS: Final = {
    Verdict.INFRINGING: "infringing",
    Verdict.NOT_INFRINGING: "not infringing",
    Verdict.UNSURE: "unsure",
}
REASON_CODES: Final = {
    ReasonCode.REPLICA: "Imitation or replica",
    ReasonCode.PLANT_IVORY: "Plant ivory",
    ReasonCode.TOY_OR_PRINT: "Toy, print or pattern",
    ReasonCode.LEGAL_TAXON: "Species that may be sold here",
    ReasonCode.MAMMOTH: "Mammoth",
    ReasonCode.ANTIQUE_DOCUMENTED: "Antique with papers",
    ReasonCode.INFORMATION_ONLY: "Information only",
    ReasonCode.NOT_FOR_SALE: "Not for sale",
    ReasonCode.OTHER_ANIMAL: "Another animal",
    ReasonCode.CLAIMED_BUT_LIKELY_FAKE: "Claimed real, likely fake",
}
FORMS: Final = {Form.LIVE: "live", Form.PART: "part", Form.DERIVATIVE: "derivative"}
TASKS: Final = {
    TaskKind.FIRST: "first look",
    TaskKind.SECOND: "second look",
    TaskKind.ADJUDICATE: "disagreement to settle",
}
AVAILABILITY: Final = {
    Availability.UNKNOWN: ("plain", "Not looked at yet"),
    Availability.LIVE: ("good", "Live"),
    Availability.UNREACHABLE: ("warn", "Could not be reached"),
    Availability.DELISTED: ("warn", "Hidden from lists"),
    Availability.SUSPECT_GONE: ("warn", "Missing once"),
    Availability.GONE: ("plain", "Gone"),
    Availability.LIVE_AGAIN: ("bad", "Back again"),
}
OUTCOMES: Final = {
    Outcome.LIVE: "live",
    Outcome.CHANGED: "live, changed",
    Outcome.REMOVED: "missing",
    Outcome.DELISTED: "hidden from lists",
    Outcome.SOLD_OR_EXPIRED: "sold or ended",
    Outcome.WALL: "blocked, no conclusion",
    Outcome.UNKNOWN: "no conclusion",
}
REQUESTS: Final = {
    RequestState.DRAFT: "being prepared",
    RequestState.READY: "ready for a batch",
    RequestState.BATCHED: "in a batch",
    RequestState.SENT: "sent",
    RequestState.ACKNOWLEDGED: "acknowledged",
    RequestState.REMOVED: "removed",
    RequestState.RESTRICTED: "restricted",
    RequestState.PARTIAL: "partly removed",
    RequestState.REJECTED: "rejected",
    RequestState.ALREADY_GONE: "was gone already",
    RequestState.APPEALED: "appealed",
    RequestState.CLOSED: "closed",
    RequestState.WITHDRAWN: "withdrawn",
}
ENDINGS: Final = {
    Ending.FINISHED: ("good", "Finished"),
    Ending.LIMIT_REACHED: ("good", "Stopped at its limit"),
    Ending.BUDGET_SPENT: ("warn", "Budget spent"),
    Ending.BLOCKED: ("bad", "Blocked"),
    Ending.LOGIN_WALL: ("bad", "Login wall"),
    Ending.LAYOUT_CHANGED: ("bad", "Layout changed"),
    Ending.NOTHING_FOUND: ("bad", "Nothing found"),
    Ending.ROBOTS_REFUSED: ("bad", "Robots refused"),
    Ending.UNREACHABLE: ("bad", "No answer"),
    Ending.STOPPED: ("warn", "Stopped"),
    Ending.CRASHED: ("bad", "Broke off"),
    Ending.DISK_FULL: ("bad", "Disk full"),
    Ending.EVIDENCE_FULL: ("bad", "Evidence full"),
    Ending.MEMORY_SPENT: ("warn", "Memory spent"),
    Ending.TIME_SPENT: ("warn", "Time spent"),
}
RUN_STATES: Final = {
    RunState.OK: ("good", "Reads well", "check"),
    RunState.DEGRADED: ("warn", "Less than usual", "down"),
    RunState.BLOCKED: ("bad", "Blocked", "blocked"),
    RunState.LOGIN_WALL: ("bad", "Login wall", "lock"),
    RunState.EMPTY: ("warn", "Nothing found", "empty"),
    RunState.BROKEN: ("bad", "Layout changed", "broken"),
    RunState.ROBOTS_FORBIDDEN: ("warn", "Robots forbid it", "robot"),
    RunState.BUDGET_SPENT: ("plain", "Budget spent", "clock"),
    RunState.FAILED: ("bad", "Failed", "cross"),
    RunState.MISSED: ("bad", "Missed", "clock"),
}
STOPPED_RUN: Final = ("plain", "Stopped", "pause")
"""A run without a state is not over."""
FIGURES_OF_RUN: Final = {
    "listings": "Listings",
    "new": "New listings",
    "answer_bytes": "Usual answer",
    "refused": "Refused or failed",
}
ALERT_KINDS: Final = {
    AlertKind.DROP: ("warn", "Less than usual"),
    AlertKind.BLOCKED: ("bad", "Turned away"),
    AlertKind.FAILED: ("bad", "No answer"),
    AlertKind.MISSED: ("bad", "Missed"),
    AlertKind.RECOVERED: ("good", "Well again"),
    AlertKind.DEAD_MAN: ("bad", "A part stopped"),
    AlertKind.DISK: ("bad", "Disk full"),
    AlertKind.FLAG: ("warn", "Watched for"),
    AlertKind.SELF_CHECK: ("plain", "Daily word"),
    AlertKind.UNDELIVERED: ("bad", "Not delivered"),
    AlertKind.TEST: ("plain", "Test"),
}
DELIVERIES: Final = {
    DeliveryState.WAITING: ("warn", "waits"),
    DeliveryState.SENT: ("good", "sent"),
    DeliveryState.GIVEN_UP: ("bad", "given up"),
}
JOBS: Final = {
    JobKind.CRAWL: "Crawl",
    JobKind.RECHECK: "Recheck",
    JobKind.SCORE: "Scoring",
    JobKind.ALERT: "Alerts",
    JobKind.PICTURES: "Pictures",
    JobKind.EXPORT: "Case export",
    JobKind.STAMP: "Time stamps",
    JobKind.PURGE: "Purge",
}
JOB_STATES: Final = {
    JobState.QUEUED: ("plain", "waiting"),
    JobState.RUNNING: ("warn", "running"),
    JobState.DONE: ("good", "done"),
    JobState.FAILED: ("bad", "failed"),
}
KINDS: Final = {
    "term": "word list",
    "price": "price rule",
    "contact": "contact rule",
    "ngram": "learned wording",
    "meaning": "learned meaning",
    "benign": "harmless word",
}
KINDS_EXPLAINED: Final = {
    "term": "stands in the team's word list",
    "price": "a rule found a price by weight",
    "contact": "a rule found a way to get in touch elsewhere",
    "ngram": "learned from examples: these letters stand in offers more often than elsewhere",
    "meaning": "learned from examples: the text as a whole, whatever its words",
    "benign": "in the word list as harmless: it takes these words out, never the listing",
}
HARMLESS_IF: Final = {
    "term": "It means something else here, or what is sold is openly an imitation.",
    "price": "The price by weight is of something else.",
    "contact": "Ordinary sellers do so too: it counts beside other reasons only.",
    "ngram": "No rule says. Read the words: do they sell anything of the animal?",
    "meaning": "No rule says. Compare with the examples it resembles.",
}
ROLES: Final = {
    "admin": "may do everything",
    "supervisor": "decides, settles disagreements, sends batches",
    "reviewer": "decides",
    "liaison": "sends batches and records answers",
    "viewer": "reads",
}
PROBLEM_FIELDS: Final = {
    "title": "title",
    "description": "text",
    "price": "price",
    "place": "place",
    "seller": "seller",
    "images": "pictures",
    "posted_at": "date",
    "category": "category",
}


def usual_form(product: str) -> Form:
    """Return the form a product usually has; a person may say otherwise.

    >>> [usual_form(code).value for code in ("LIV", "TEE", "IVC")]
    ['live', 'part', 'derivative']
    """
    if product == "LIV":
        return Form.LIVE
    return Form.PART if product in _RAW else Form.DERIVATIVE


def how_sure(probability: float) -> tuple[int, str]:
    """Return how many of three bars to fill, and the word for it.

    >>> how_sure(0.95), how_sure(0.7), how_sure(0.4)
    ((3, 'high'), (2, 'fairly'), (1, 'little'))
    """
    if probability >= 0.85:  # noqa: PLR2004
        return 3, "high"
    return (2, "fairly") if probability >= 0.6 else (1, "little")  # noqa: PLR2004
