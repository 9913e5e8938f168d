"""What a crawl hands to the store: a page's words and the bytes they were read from."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from data.availability import Outcome


class EvidenceKind(StrEnum):
    """What stored bytes are."""

    PAGE = "page"
    JSON = "json"
    IMAGE = "image"
    SCREENSHOT = "screenshot"
    IMPORTED = "imported"
    BATCH_FILE = "batch_file"


class CaptureQuality(StrEnum):
    """How much of what a server said is kept; each member has its meaning in `QUALITY_MEANING`."""

    WHOLE = "whole"
    IN_LIST = "in_list"
    RENDERED = "rendered"
    IMPORTED = "imported"
    BYTES_ONLY = "bytes_only"


QUALITY_MEANING = {
    CaptureQuality.WHOLE: "the whole answer to the address, with its status and headers",
    CaptureQuality.IN_LIST: "the whole answer of a list that holds the listing; "
    "the listing's own page was not asked for",
    CaptureQuality.RENDERED: "the page as a browser had made it, not the bytes the server sent",
    CaptureQuality.IMPORTED: "a file that a person brought; no server was asked by us",
    CaptureQuality.BYTES_ONLY: "bytes without status and headers",
}


@dataclass(frozen=True)
class StoredEvidence:
    """Bytes that already lie in the evidence store: file first, row second."""

    sha256: str
    kind: EvidenceKind
    media_type: str
    size: int
    url: str
    captured_at: datetime
    stored_at: datetime
    http_status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    tool: str = ""
    quality: CaptureQuality = CaptureQuality.BYTES_ONLY
    stored_size: int = 0


@dataclass(frozen=True)
class FoundSeller:
    """A seller as a page shows it."""

    external_id: str
    name: str = ""
    url: str = ""
    profile: str = ""


@dataclass(frozen=True)
class FoundListing:
    """What a page said, before the store knows it; empty means the page did not say."""

    external_id: str
    url: str
    title: str = ""
    description: str = ""
    category: str = ""
    price_text: str = ""
    price: Decimal | None = None
    currency: str = ""
    place: str = ""
    posted_at: datetime | None = None
    seller: FoundSeller | None = None
    images: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    evidence: tuple[StoredEvidence, ...] = ()
    ended: bool = False


@dataclass(frozen=True)
class Seen:
    """What a recheck saw of one listing, judged by the platform's removal rules."""

    listing_id: int
    outcome: Outcome
    http_status: int | None = None
    cause: str = ""
    control_url: str = ""
    control_live: bool = False
    evidence: tuple[StoredEvidence, ...] = ()
