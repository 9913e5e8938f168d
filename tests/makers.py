"""Small makers of rows for tests: listings, flags, people, decisions; all invented."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from data.base import Clock, ManualClock
from data.crawls import Crawl, CrawlKind, start_crawl
from data.decisions import decide
from data.evidence import EvidenceFolder
from data.flags import Flag, Scored, record_score
from data.found import EvidenceKind, FoundListing, FoundSeller, Seen, StoredEvidence
from data.listings import Listing, Rechecked, Sighting, record_recheck, sight
from data.people import Person, Role
from data.reviews import Answer, Decision, Form, ReasonCode, ReviewTask, Subject, Verdict
from data.tasks import claim, queue_first

PLATFORM = "pasar-contoh"


def make_person(
    session: Session, clock: Clock, name: str = "Mai", roles: tuple[Role, ...] = (Role.REVIEWER,)
) -> Person:
    """Add a person who reads every language."""
    person = Person(
        name=name,
        roles=[role.value for role in roles],
        languages=["zh-Hans", "zh-Hant", "vi", "th", "km", "lo", "my", "ms", "id", "en"],
        created_at=clock.now(),
    )
    session.add(person)
    session.flush()
    return person


def make_crawl(session: Session, clock: Clock, platform_id: str = PLATFORM) -> Crawl:
    """Start a crawl."""
    return start_crawl(session, platform_id, CrawlKind.LISTINGS, "test", clock.now())


def page_evidence(clock: Clock, evidence: EvidenceFolder | None, text: str) -> StoredEvidence:
    """Return a page's evidence, kept in the folder when one is given."""
    content = text.encode()
    sha256 = evidence.put(content) if evidence else "a" * 64
    now = clock.now()
    return StoredEvidence(
        sha256=sha256,
        kind=EvidenceKind.PAGE,
        media_type="text/html",
        size=len(content),
        url="https://pasar.example/item",
        captured_at=now,
        stored_at=now,
    )


def found(
    external_id: str = "1",
    *,
    title: str = "Vòng ngà voi",
    description: str = "ngà voi thật, ship toàn quốc",
    price: str = "2500000",
    stored: tuple[StoredEvidence, ...] = (),
) -> FoundListing:
    """Return what a page said."""
    return FoundListing(
        external_id=external_id,
        url=f"https://pasar.example/item/{external_id}",
        title=title,
        description=description,
        price_text=price,
        price=Decimal(price),
        currency="VND",
        place="Hà Nội",
        seller=FoundSeller(external_id="s1", name="Shop Mẫu"),
        evidence=stored,
    )


def make_listing(
    session: Session,
    clock: Clock,
    external_id: str = "1",
    *,
    title: str = "Vòng ngà voi",
    evidence: EvidenceFolder | None = None,
) -> Listing:
    """Sight one listing in a crawl of its own, with a stored page."""
    crawl = make_crawl(session, clock)
    stored = (page_evidence(clock, evidence, f"<h1>{title}</h1>{external_id}"),)
    one = found(external_id, title=title, stored=stored)
    (sighted,) = sight(session, [one], crawl=crawl, country="VN", clock=clock)
    return session.get_one(Listing, sighted.listing_id)


def scored(offered: float = 0.9, group: str = "elephant", taxon: str = "Elephantidae") -> Scored:
    """Return a score over the threshold."""
    return Scored(
        lang="vi",
        offered=offered,
        threshold=0.5,
        groups={"tiger": 0.0, "elephant": 0.0, "turtle": 0.0, group: offered},
        taxon=taxon,
        taxon_confidence=0.8,
        product="IJW",
        reasons=[
            {
                "text": "ngà voi",
                "start": 5,
                "end": 12,
                "kind": "term",
                "gloss": "elephant ivory",
                "weight": 2.0,
            }
        ],
        model="test",
        concern="protected",
    )


def make_flag(session: Session, listing: Listing, clock: Clock, offered: float = 0.9) -> Flag:
    """Score a listing's latest sighting over the threshold."""
    sighting = session.get_one(Sighting, listing.latest_sighting_id)
    flag = record_score(session, sighting, scored(offered), clock)
    assert flag is not None
    return flag


def make_task(session: Session, clock: Clock, external_id: str = "1") -> ReviewTask:
    """Put a new flagged listing into the queue."""
    listing = make_listing(session, clock, external_id)
    task = queue_first(session, make_flag(session, listing, clock), clock=clock)
    assert task is not None
    return task


INFRINGING = Answer(
    Verdict.INFRINGING,
    subjects=(Subject("Elephantidae", "IJW", Form.PART),),
    legal_ground="Decree 06/2019, Group IB (unverified)",
)
NOT_INFRINGING = Answer(Verdict.NOT_INFRINGING, reason_code=ReasonCode.REPLICA)


def make_decision(
    session: Session, task: ReviewTask, person: Person, clock: Clock, answer: Answer = INFRINGING
) -> Decision:
    """Claim a task and decide it."""
    held = claim(session, person, clock=clock, task_id=task.id)
    assert held is not None
    return decide(session, held.id, held.version, person, answer, clock=clock)


def recheck_once(session: Session, clock: Clock, seen: Seen) -> Rechecked:
    """Record one recheck in a crawl of its own."""
    crawl = start_crawl(session, PLATFORM, CrawlKind.RECHECK, "test", clock.now())
    rechecked = record_recheck(session, seen, crawl=crawl, clock=clock)
    assert rechecked is not None
    return rechecked


def next_day(clock: ManualClock) -> None:
    """Move on by 25 hours."""
    clock.advance(timedelta(hours=25))
