"""What the store holds of a listing, as plain documents: facts, manifests, and the parts they name.

Reviewers' names, internal notes, and the model's scores never go into a case.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from data.crawls import Crawl
from data.found import QUALITY_MEANING, EvidenceKind
from data.listings import Listing, Recheck, Relisting, Sighting
from data.parts import Evidence
from data.pictures import Fetched, PictureTry
from data.reviews import Decision
from data.takedowns import OutcomeEvent, RequestRow, TakedownBatch, TakedownRequest

Document = dict[str, Any]
FORM = "faunawatch-case-1"
_ENDINGS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/avif": ".avif",
}
# A page opened by a double click would run its scripts and call on the seller's site.
_PAGE_ENDINGS = {EvidenceKind.PAGE: ".html.txt", EvidenceKind.JSON: ".json.txt"}
_SAID = ("url", "title", "description", "category", "price_text", "currency", "place")


@dataclass
class Gathered:
    """The documents of a case by file name, and the stored parts they name by SHA-256."""

    documents: dict[str, Document] = field(default_factory=dict)
    parts: dict[str, Evidence] = field(default_factory=dict)
    captures: list[Evidence] = field(default_factory=list)
    titles: dict[int, str] = field(default_factory=dict)


def gather(session: Session, listings: Sequence[Listing]) -> Gathered:
    """Gather everything about some listings; bytes are named, not read."""
    gathered = Gathered()
    for listing in listings:
        gathered.documents[f"case/listing-{listing.id}.json"] = listing_document(session, listing)
        for sighting in _sightings(session, listing.id):
            name = f"manifests/sighting-{sighting.id}.json"
            gathered.documents[name] = _sighting_manifest(session, sighting)
            _take(gathered, sighting.evidence, sighting.title)
        for recheck in _rechecks(session, listing.id):
            name = f"manifests/recheck-{recheck.id}.json"
            gathered.documents[name] = _manifest("recheck", recheck, recheck.evidence)
            _take(gathered, recheck.evidence, listing.title)
    return gathered


def _take(gathered: Gathered, evidence: Iterable[Evidence], title: str) -> None:
    for part in evidence:
        if part.purged_at is None:
            gathered.parts.setdefault(part.sha256, part)
            gathered.captures.append(part)
            gathered.titles[part.id] = title


def file_of(part: Evidence) -> str:
    """Return where a part's bytes lie in a case."""
    ending = _PAGE_ENDINGS.get(part.kind) or _ENDINGS.get(part.media_type, ".bin")
    return f"files/{part.sha256}{ending}"


def utc(moment: datetime | None) -> str:
    """Write a moment to the microsecond in UTC; empty for none.

    >>> utc(datetime(2026, 11, 1, 12, tzinfo=UTC))
    '2026-11-01T12:00:00.000000Z'
    """
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}" if moment is not None else ""


def _sightings(session: Session, listing_id: int) -> list[Sighting]:
    query = select(Sighting).where(Sighting.listing_id == listing_id).order_by(Sighting.id)
    return list(session.scalars(query))


def _rechecks(session: Session, listing_id: int) -> list[Recheck]:
    query = select(Recheck).where(Recheck.listing_id == listing_id).order_by(Recheck.id)
    return list(session.scalars(query))


def _manifest(kind: str, row: Sighting | Recheck, evidence: Iterable[Evidence]) -> Document:
    return {
        "form": FORM,
        "kind": kind,
        "id": row.id,
        "listing": row.listing_id,
        "crawl": row.crawl_id,
        "at": utc(row.at),
        "clock_shift_s": row.clock_shift_s,
        "parts": [part_document(part) for part in evidence],
    }


def part_document(part: Evidence) -> Document:
    """Say of one part where it came from, when, how, and what its bytes are."""
    absent = None
    if part.purged_at is not None:
        absent = {"at": utc(part.purged_at), "reason": part.purge_reason or "deleted"}
    return {
        "kind": part.kind.value,
        "url": part.url,
        "http_status": part.http_status,
        "headers": part.headers,
        "media_type": part.media_type,
        "bytes": part.size,
        "sha256": part.sha256,
        "captured_at": utc(part.captured_at),
        "stored_at": utc(part.stored_at),
        "tool": part.tool,
        "quality": part.quality.value,
        "quality_means": QUALITY_MEANING[part.quality],
        "file": "" if absent else file_of(part),
        "absent": absent,
    }


def _sighting_manifest(session: Session, sighting: Sighting) -> Document:
    tries = session.scalars(
        select(PictureTry)
        .where(PictureTry.sighting_id == sighting.id, PictureTry.outcome != Fetched.KEPT)
        .order_by(PictureTry.id)
    )
    missing = [
        {"address": one.address, "at": utc(one.at), "outcome": one.outcome, "cause": one.cause}
        for one in tries
    ]
    manifest = _manifest("sighting", sighting, sighting.evidence)
    return manifest | {
        "pictures_named": list(sighting.images),
        "pictures_not_kept": missing,
        "said": {name: getattr(sighting, name) for name in _SAID}
        | {"seller_name": sighting.seller_name, "posted_at": utc(sighting.posted_at)},
        "could_not_be_read": list(sighting.problems),
    }


def listing_document(session: Session, listing: Listing) -> Document:
    """Gather the facts of a listing: what it said, what was seen, decided, asked and answered."""
    seller = listing.seller
    return {
        "form": FORM,
        "id": listing.id,
        "platform": listing.platform_id,
        "external_id": listing.external_id,
        **{name: getattr(listing, name) for name in _SAID},
        "price": format(listing.price, "f") if listing.price is not None else "",
        "country": listing.country,
        "seller": None
        if seller is None
        else {"external_id": seller.external_id, "name": seller.name, "url": seller.url},
        "first_seen_at": utc(listing.first_seen_at),
        "last_seen_at": utc(listing.last_seen_at),
        "last_live_at": utc(listing.last_live_at),
        "availability": listing.availability.value,
        "availability_since": utc(listing.availability_since),
        "gone_cause": listing.gone_cause.value if listing.gone_cause else "",
        "sightings": [_sighting_line(one) for one in _sightings(session, listing.id)],
        "rechecks": [_recheck_line(one) for one in _rechecks(session, listing.id)],
        "decisions": _decisions(session, listing.id),
        "requests": _requests(session, listing.id),
        "relistings": _relistings(session, listing.id),
        "crawls": _crawls(session, listing.id),
    }


def _sighting_line(one: Sighting) -> Document:
    manifest = f"manifests/sighting-{one.id}.json"
    return {"id": one.id, "at": utc(one.at), "changed": one.changed, "manifest": manifest}


def _recheck_line(one: Recheck) -> Document:
    return {
        "id": one.id,
        "at": utc(one.at),
        "outcome": one.outcome.value,
        "http_status": one.http_status,
        "cause": one.cause,
        "control_url": one.control_url,
        "control_live": one.control_live,
        "availability_after": one.state_after.value,
        "manifest": f"manifests/recheck-{one.id}.json",
    }


def _decisions(session: Session, listing_id: int) -> list[Document]:
    """Return the decisions; who decided is a number within this case, never a name."""
    query = select(Decision).where(Decision.listing_id == listing_id).order_by(Decision.id)
    numbers: dict[int, int] = {}
    return [
        {
            "id": one.id,
            "at": utc(one.at),
            "by": f"reviewer {numbers.setdefault(one.reviewer_id, len(numbers) + 1)}",
            "verdict": one.verdict.value if one.verdict else "taken back",
            "reason_code": one.reason_code.value if one.reason_code else "",
            "legal_ground": one.legal_ground,
            "sighting": one.sighting_id,
            "supersedes": one.supersedes_id,
            "subjects": [
                {"taxon": part.taxon, "product": part.product, "form": part.form.value}
                for part in one.subjects
            ],
        }
        for one in session.scalars(query)
    ]


def _requests(session: Session, listing_id: int) -> list[Document]:
    query = (
        select(TakedownRequest, TakedownBatch.number)
        .outerjoin(TakedownBatch, TakedownBatch.id == TakedownRequest.batch_id)
        .where(TakedownRequest.listing_id == listing_id)
        .order_by(TakedownRequest.id)
    )
    return [
        {
            "id": one.id,
            "attempt": one.attempt,
            "state": one.state.value,
            "batch": number or "",
            "decision": one.decision_id,
            "created_at": utc(one.created_at),
            "sent_at": utc(one.sent_at),
            "seen_gone_at": utc(one.seen_gone_at),
            "events": _events(session, one.id),
            "outcomes": _outcomes(session, one.id),
        }
        for one, number in session.execute(query).unique()
    ]


def _events(session: Session, request_id: int) -> list[Document]:
    query = select(RequestRow).where(RequestRow.request_id == request_id).order_by(RequestRow.id)
    return [
        {"at": utc(one.at), "event": one.event.value if one.event else "taken back"}
        for one in session.scalars(query)
    ]


def _outcomes(session: Session, request_id: int) -> list[Document]:
    rows = session.scalars(
        select(OutcomeEvent).where(OutcomeEvent.request_id == request_id).order_by(OutcomeEvent.id)
    )
    return [
        {
            "at": utc(one.at),
            "source": one.source.value,
            "cause": one.cause.value,
            "platform_status": one.platform_status,
            "platform_ref": one.platform_ref,
            "platform_date": one.platform_date.isoformat() if one.platform_date else "",
            "recheck": one.recheck_id,
            "taken_back_at": utc(one.retracted_at),
        }
        for one in rows
    ]


def _relistings(session: Session, listing_id: int) -> list[Document]:
    mine = or_(Relisting.old_listing_id == listing_id, Relisting.new_listing_id == listing_id)
    rows = session.scalars(select(Relisting).where(mine).order_by(Relisting.id))
    return [
        {
            "at": utc(one.at),
            "old_listing": one.old_listing_id,
            "new_listing": one.new_listing_id,
            "kind": str(one.kind),
        }
        for one in rows
    ]


def _crawls(session: Session, listing_id: int) -> list[Document]:
    ids = [
        *session.scalars(select(Sighting.crawl_id).where(Sighting.listing_id == listing_id)),
        *session.scalars(select(Recheck.crawl_id).where(Recheck.listing_id == listing_id)),
    ]
    rows = session.scalars(select(Crawl).where(Crawl.id.in_(ids)).order_by(Crawl.id))
    return [
        {
            "id": one.id,
            "kind": one.kind.value,
            "asked_by": "schedule" if one.asked_by == "schedule" else "a person",
            "started_at": utc(one.started_at),
            "ended_at": utc(one.ended_at),
            "ending": one.ending.value if one.ending else "",
            "requests": one.requests,
        }
        for one in rows
    ]
