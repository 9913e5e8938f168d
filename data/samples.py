"""The page at which a run failed, kept so that a person can see what the machine saw."""

from sqlalchemy import ForeignKey, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from data.base import Record, storable
from data.crawls import Crawl
from data.found import EvidenceKind, StoredEvidence
from data.listings import Sighting
from data.parts import Evidence, add_evidence

_PAGES = (EvidenceKind.PAGE, EvidenceKind.JSON)


class CrawlSample(Record):
    """One page that shows why a run ended as it did."""

    __tablename__ = "crawl_samples"

    id: Mapped[int] = mapped_column(primary_key=True)
    crawl_id: Mapped[int] = mapped_column(ForeignKey("crawls.id"), index=True)
    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id"))
    why: Mapped[str] = mapped_column(Text, default="")

    evidence: Mapped[Evidence] = relationship(lazy="joined")


def keep_sample(session: Session, crawl: Crawl, stored: StoredEvidence, why: str) -> CrawlSample:
    """Record the page at which a run failed; its bytes are stored already."""
    add_evidence(session, [stored])
    session.flush()
    newest = select(Evidence).where(Evidence.sha256 == stored.sha256).order_by(Evidence.id.desc())
    evidence = session.scalars(newest.limit(1)).one()
    sample = CrawlSample(crawl_id=crawl.id, evidence=evidence, why=storable(why))
    session.add(sample)
    session.flush()
    return sample


def sample_of(session: Session, crawl_id: int) -> tuple[Evidence, str] | None:
    """Return the page that shows best what a run met, and why it was kept.

    A run that read its listings keeps no page of its own: the last one it read shows what is
    missing from them.
    """
    sample = session.scalar(
        select(CrawlSample)
        .where(CrawlSample.crawl_id == crawl_id)
        .order_by(CrawlSample.id)
        .limit(1)
    )
    if sample is not None:
        return sample.evidence, sample.why
    last = session.scalar(
        select(Evidence)
        .join(Sighting, Evidence.sighting_id == Sighting.id)
        .where(Sighting.crawl_id == crawl_id, Evidence.kind.in_(_PAGES))
        .order_by(Evidence.id.desc())
        .limit(1)
    )
    return (last, "the last listing page of this run") if last is not None else None
