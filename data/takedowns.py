"""Takedown requests, batches and outcomes: records; their verbs stand in the modules beside it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.base import Happened, Record, Word
from data.listings import Listing
from data.reviews import Decision
from data.states import OPEN_REQUEST, BatchEvent, BatchState, RequestEvent, RequestState

_OPEN_WORDS = ", ".join(f"'{state}'" for state in RequestState if state in OPEN_REQUEST)
_IS_OPEN = text(f"state IN ({_OPEN_WORDS})")
_HAS_NUMBER = text("number <> ''")


class OutcomeSource(StrEnum):
    """Who told us."""

    PLATFORM_REPLY = "platform_reply"
    RECHECK = "recheck"
    MANUAL = "manual"


class OutcomeCause(StrEnum):
    """Why a listing is gone or not, as far as this row can say."""

    PLATFORM_CONFIRMED = "platform_confirmed"
    GONE_UNATTRIBUTED = "gone_unattributed"
    SOLD_OR_ENDED = "sold_or_ended"
    SELLER_REMOVED = "seller_removed"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class TakedownRequest(Record):
    """One listing we ask a platform to remove; its state is the fold of its request rows."""

    __tablename__ = "takedown_requests"
    __table_args__ = (
        UniqueConstraint("listing_id", "attempt"),
        Index("ix_takedown_requests_platform_id_state", "platform_id", "state"),
        # Two people confirming one listing at once must not open it twice.
        Index(
            "uq_takedown_requests_open",
            "listing_id",
            unique=True,
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"), index=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decisions.id"))
    platform_id: Mapped[str]
    attempt: Mapped[int] = mapped_column(default=1)
    state: Mapped[RequestState] = mapped_column(Word(RequestState), default=RequestState.DRAFT)
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("takedown_batches.id"), index=True)
    single_review: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None] = mapped_column(index=True)
    seen_gone_at: Mapped[datetime | None] = mapped_column(
        doc="when two agreeing rechecks after sent_at had proven it gone"
    )

    listing: Mapped[Listing] = relationship(lazy="joined")
    decision: Mapped[Decision] = relationship(lazy="joined")


class RequestRow(Happened, Record):
    """One thing that happened to a request; a retracting row takes an earlier one back."""

    __tablename__ = "request_rows"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("takedown_requests.id"), index=True)
    event: Mapped[RequestEvent | None] = mapped_column(Word(RequestEvent))
    actor: Mapped[str] = mapped_column(default="")
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("takedown_batches.id"))
    outcome_id: Mapped[int | None] = mapped_column(ForeignKey("outcome_events.id"))
    retracts_id: Mapped[int | None] = mapped_column(ForeignKey("request_rows.id"), unique=True)
    note: Mapped[str] = mapped_column(Text, default="")


class TakedownBatch(Record):
    """What a liaison sends at once; frozen, it never changes again."""

    __tablename__ = "takedown_batches"
    __table_args__ = (
        Index(
            "uq_takedown_batches_number",
            "number",
            unique=True,
            sqlite_where=_HAS_NUMBER,
            postgresql_where=_HAS_NUMBER,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[str] = mapped_column(index=True)
    number: Mapped[str] = mapped_column(default="", doc="PLATFORM-YYYY-NNNN, given at freezing")
    state: Mapped[BatchState] = mapped_column(Word(BatchState), default=BatchState.DRAFT)
    language: Mapped[str] = mapped_column(default="en")
    signatory: Mapped[str] = mapped_column(default="")
    created_by: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    frozen_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    channel: Mapped[str] = mapped_column(default="")
    reference: Mapped[str] = mapped_column(default="")
    audit_head: Mapped[str] = mapped_column(default="", doc="head of the audit chain at freezing")
    version: Mapped[int] = mapped_column(default=1)

    requests: Mapped[list[TakedownRequest]] = relationship(order_by="TakedownRequest.id")


class BatchRow(Happened, Record):
    """One thing that happened to a batch."""

    __tablename__ = "batch_rows"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("takedown_batches.id"), index=True)
    event: Mapped[BatchEvent | None] = mapped_column(Word(BatchEvent))
    actor: Mapped[str] = mapped_column(default="")
    retracts_id: Mapped[int | None] = mapped_column(ForeignKey("batch_rows.id"), unique=True)
    note: Mapped[str] = mapped_column(Text, default="")


class BatchLine(Record):
    """One line of a frozen batch, exactly as exported."""

    __tablename__ = "batch_lines"
    __table_args__ = (UniqueConstraint("batch_id", "row_no"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("takedown_batches.id"), index=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("takedown_requests.id"), index=True)
    row_no: Mapped[int]
    columns: Mapped[dict[str, Any]] = mapped_column(doc="the stable export columns")


class BatchFile(Record):
    """One exported file of a frozen batch; its bytes lie in the evidence store by SHA-256."""

    __tablename__ = "batch_files"
    __table_args__ = (UniqueConstraint("batch_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("takedown_batches.id"), index=True)
    name: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int]
    media_type: Mapped[str] = mapped_column(default="")


class OutcomeEvent(Happened, Record):
    """What the platform answered, or what a recheck saw; never edited, only retracted."""

    __tablename__ = "outcome_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("takedown_requests.id"), index=True)
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("takedown_batches.id"))
    source: Mapped[OutcomeSource] = mapped_column(Word(OutcomeSource))
    cause: Mapped[OutcomeCause] = mapped_column(Word(OutcomeCause))
    event: Mapped[RequestEvent | None] = mapped_column(Word(RequestEvent))
    platform_status: Mapped[str] = mapped_column(Text, default="", doc="the platform's own words")
    platform_ref: Mapped[str] = mapped_column(Text, default="")
    platform_date: Mapped[date | None]
    comment: Mapped[str] = mapped_column(Text, default="")
    recheck_id: Mapped[int | None] = mapped_column(ForeignKey("rechecks.id"))
    recorded_by: Mapped[str] = mapped_column(default="")
    retracted_at: Mapped[datetime | None]
    retracted_by: Mapped[str] = mapped_column(default="")
