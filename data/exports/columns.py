"""The stable columns of an exported batch, the same in XLSX, CSV and JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SCHEMA = 1
COLUMNS = (
    "batch_no",
    "row_no",
    "platform",
    "external_id",
    "url",
    "title",
    "seller_id",
    "price",
    "currency",
    "taxon",
    "product",
    "reason_code",
    "law_ref",
    "policy_ref",
    "first_seen_utc",
    "verified_live_utc",
    "evidence_sha256",
    "request_id",
)
REPLY_COLUMNS = ("platform_status", "platform_ref", "platform_date", "platform_comment")
DEMO_COLUMN = "demo"
DEMO_TEXT = "DEMO: invented listings, not a real request"


@dataclass(frozen=True)
class Sheet:
    """A frozen batch as rows and columns."""

    batch_no: str
    frozen_utc: str
    audit_head: str
    demo: bool
    rows: Sequence[Mapping[str, str]]

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the column names in order; a demo sheet says so in a last column of every row."""
        demo = (DEMO_COLUMN,) if self.demo else ()
        return (*COLUMNS, *REPLY_COLUMNS, *demo)

    def cells(self, row: Mapping[str, str]) -> list[str]:
        """Return a row's values in column order, reply columns empty."""
        extra = {DEMO_COLUMN: DEMO_TEXT}
        return [str(row.get(name, extra.get(name, ""))) for name in self.columns]
