"""What the store holds about one takedown request, gathered as facts for pre-flight and notice."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.decisions import effective_decision
from data.evidence import EvidenceDamaged, EvidenceFolder
from data.found import EvidenceKind
from data.law import law_of
from data.listings import Sighting
from data.parts import Evidence
from data.preflight import Facts
from data.reviews import DecisionSubject, Form, Verdict
from data.states import OPEN_REQUEST, RequestState
from data.takedowns import TakedownRequest

PROVING = (
    EvidenceKind.PAGE,
    EvidenceKind.JSON,
    EvidenceKind.SCREENSHOT,
    EvidenceKind.IMPORTED,
)


def page_evidence(session: Session, sighting_id: int | None) -> tuple[str, ...]:
    """Return the hashes of the stored pages of a sighting."""
    if sighting_id is None:
        return ()
    rows = session.scalars(
        select(Evidence.sha256)
        .where(
            Evidence.sighting_id == sighting_id,
            Evidence.kind.in_(PROVING),
            Evidence.purged_at.is_(None),
        )
        .order_by(Evidence.id)
    )
    return tuple(rows)


def facts_of(
    session: Session, request: TakedownRequest, evidence: EvidenceFolder | None = None
) -> Facts:
    """Gather what pre-flight asks; given an evidence folder, the stored bytes are checked too."""
    listing, decision = request.listing, request.decision
    effective = effective_decision(session, listing.id)
    hashes = page_evidence(session, decision.sighting_id)
    return Facts(
        url=listing.url,
        title=listing.title,
        price_text=listing.price_text,
        seller_shown=listing.seller_id is not None,
        legal_ground=decision.legal_ground,
        subjects=len(decision.subjects),
        law_verified=_law_verified(request),
        evidence=hashes,
        evidence_damaged=evidence is not None and not all(_sound(evidence, sha) for sha in hashes),
        availability=listing.availability,
        last_live_at=listing.last_live_at,
        effective=effective is not None and effective.verdict is Verdict.INFRINGING,
        withdrawn=request.state is RequestState.WITHDRAWN,
        other_open_request=_other_open(session, request),
        single_review=request.single_review,
        changed_since_decision=_changed_since(session, request),
    )


def _sound(evidence: EvidenceFolder, sha256: str) -> bool:
    try:
        evidence.get(sha256)
    except EvidenceDamaged:
        return False
    return True


def _law_verified(request: TakedownRequest) -> bool:
    return all(
        _ground_verified(subject, request.listing.country) for subject in request.decision.subjects
    )


def _ground_verified(subject: DecisionSubject, country: str) -> bool:
    standing = law_of(subject.taxon, country, live=subject.form is Form.LIVE)
    return standing is not None and standing.verified


def _other_open(session: Session, request: TakedownRequest) -> int | None:
    return session.scalar(
        select(TakedownRequest.id)
        .where(
            TakedownRequest.listing_id == request.listing_id,
            TakedownRequest.id != request.id,
            TakedownRequest.state.in_(sorted(OPEN_REQUEST)),
        )
        .limit(1)
    )


def _changed_since(session: Session, request: TakedownRequest) -> bool:
    seen = request.decision.sighting_id
    if seen is None:
        return False
    later = select(Sighting.id).where(
        Sighting.listing_id == request.listing_id, Sighting.id > seen, Sighting.changed
    )
    return session.scalar(later.limit(1)) is not None
