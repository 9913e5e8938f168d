"""The parts of a sighting or recheck: rows that name stored bytes and say how they came."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from data.base import Record, Word
from data.found import CaptureQuality, EvidenceKind, StoredEvidence


class Evidence(Record):
    """Stored bytes with their SHA-256 and two clocks: when captured and when stored."""

    __tablename__ = "evidence"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(index=True)
    kind: Mapped[EvidenceKind] = mapped_column(Word(EvidenceKind))
    media_type: Mapped[str] = mapped_column(default="")
    size: Mapped[int] = mapped_column(doc="bytes before compression")
    url: Mapped[str] = mapped_column(Text, default="")
    captured_at: Mapped[datetime]
    stored_at: Mapped[datetime]
    http_status: Mapped[int | None]
    headers: Mapped[list[Any]] = mapped_column(default=list, doc="[name, value] as received")
    tool: Mapped[str] = mapped_column(default="", doc="what captured it, with its version")
    quality: Mapped[CaptureQuality] = mapped_column(
        Word(CaptureQuality), default=CaptureQuality.BYTES_ONLY
    )
    stored_size: Mapped[int] = mapped_column(
        default=0, doc="bytes this row added to the folder; 0 where they lay there already"
    )
    purged_at: Mapped[datetime | None]
    purge_reason: Mapped[str] = mapped_column(Text, default="", doc="why the bytes were deleted")
    sighting_id: Mapped[int | None] = mapped_column(ForeignKey("sightings.id"), index=True)
    recheck_id: Mapped[int | None] = mapped_column(ForeignKey("rechecks.id"), index=True)


def add_evidence(
    session: Session,
    stored: Iterable[StoredEvidence],
    *,
    sighting_id: int | None = None,
    recheck_id: int | None = None,
) -> None:
    """Record bytes that are already in the evidence store."""
    session.add_all(
        evidence_row(one, sighting_id=sighting_id, recheck_id=recheck_id) for one in stored
    )


def evidence_row(
    one: StoredEvidence, *, sighting_id: int | None = None, recheck_id: int | None = None
) -> Evidence:
    """Return the row of bytes that are already in the evidence store; the caller adds it."""
    return Evidence(
        sha256=one.sha256,
        kind=one.kind,
        media_type=one.media_type,
        size=one.size,
        url=one.url,
        captured_at=one.captured_at,
        stored_at=one.stored_at,
        http_status=one.http_status,
        headers=[list(pair) for pair in one.headers],
        tool=one.tool,
        quality=one.quality,
        stored_size=one.stored_size,
        sighting_id=sighting_id,
        recheck_id=recheck_id,
    )
