"""One listing as its page shows it: what was seen, why it was flagged, what people answered."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, selectinload

from data.flags import Flag, Score
from data.listings import Evidence, Listing, Recheck, Relisting, Sighting
from data.people import Person, Role
from data.queries.past import Past, past_decisions
from data.queries.pictures import Pictures, pictures_of
from data.reviews import Decision, DecisionSubject, ReviewTask, TaskKind, Verdict
from data.sellers import Seller
from data.states import TaskState
from data.takedowns import TakedownBatch, TakedownRequest

OPEN_TASK = (TaskState.QUEUED, TaskState.CLAIMED, TaskState.ESCALATED)
MOST_SIGHTINGS = 12
MOST_RECHECKS = 8
MOST_OTHERS = 8


@dataclass(frozen=True)
class Answered:
    """A decision with who gave it, and whether it was taken back."""

    decision: Decision
    reviewer: str
    kind: TaskKind
    taken_back: bool


@dataclass(frozen=True)
class Asked:
    """A takedown request with the number of its batch."""

    request: TakedownRequest
    batch: str


@dataclass(frozen=True)
class Other:
    """Another listing of the same seller, with the verdict that stands on it."""

    listing: Listing
    verdict: Verdict | None


@dataclass(frozen=True)
class SellerBox:
    """What we know of a seller: listings, strikes and removals."""

    seller: Seller
    listings: int
    confirmed: int
    came_back: int
    removed: int
    others: Sequence[Other]

    @property
    def strikes(self) -> int:
        """What counts against a seller: confirmed listings, and each that came back."""
        return self.confirmed + self.came_back


@dataclass(frozen=True)
class ListingPage:
    """Everything the listing's page shows."""

    listing: Listing
    task: ReviewTask | None
    held_by: str
    sightings: Sequence[Sighting]
    sighting_count: int
    score: Score | None
    concern: str
    pictures: Pictures
    rechecks: Sequence[Recheck]
    answers: Sequence[Answered]
    past: Sequence[Past]
    requests: Sequence[Asked]
    seller: SellerBox | None


def listing_page(session: Session, listing_id: int, person: Person) -> ListingPage:
    """Load a listing; answers stay hidden from a person who may still give a blind second look."""
    listing = session.get_one(Listing, listing_id)
    tasks = _tasks(session, listing_id)
    task = task_for(tasks, person)
    flag = session.scalar(select(Flag).where(Flag.listing_id == listing_id))
    holder = session.get(Person, task.claimed_by) if task and task.claimed_by else None
    hidden = _hidden_reviewers(tasks, person)
    return ListingPage(
        listing=listing,
        task=task,
        held_by=holder.name if holder else "",
        sightings=_sightings(session, listing_id),
        sighting_count=_count(session, Sighting.listing_id == listing_id),
        score=flag.score if flag else None,
        concern=flag.concern if flag else "",
        pictures=pictures_of(session, [listing_id])[listing_id],
        rechecks=_rechecks(session, listing_id),
        answers=[] if hidden else _answers(session, listing_id),
        past=past_decisions(session, listing, hidden),
        requests=_requests(session, listing_id),
        seller=_seller(session, listing),
    )


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).where(*conditions)) or 0


def _tasks(session: Session, listing_id: int) -> list[ReviewTask]:
    rows = session.scalars(
        select(ReviewTask).where(ReviewTask.listing_id == listing_id).order_by(ReviewTask.id)
    )
    return list(rows.unique())


def task_for(tasks: Sequence[ReviewTask], person: Person) -> ReviewTask | None:
    """Return the open task this person could answer; their own first decision is no second look."""
    for task in reversed(tasks):
        if task.state not in OPEN_TASK:
            continue
        if task.kind is TaskKind.ADJUDICATE and not person.may(Role.SUPERVISOR):
            continue
        if task.kind is TaskKind.SECOND and task.first_reviewer_id == person.id:
            continue
        return task
    return None


def _hidden_reviewers(tasks: Sequence[ReviewTask], person: Person) -> set[int]:
    """Return whose answers a person may not see, because a blind second look is still open."""
    return {
        task.first_reviewer_id or 0
        for task in tasks
        if task.kind is TaskKind.SECOND
        and task.state in OPEN_TASK
        and task.first_reviewer_id != person.id
    }


def _sightings(session: Session, listing_id: int) -> list[Sighting]:
    rows = session.scalars(
        select(Sighting)
        .where(Sighting.listing_id == listing_id)
        .options(selectinload(Sighting.evidence))
        .order_by(Sighting.id.desc())
        .limit(MOST_SIGHTINGS)
    )
    return list(rows)


def _rechecks(session: Session, listing_id: int) -> list[Recheck]:
    rows = session.scalars(
        select(Recheck)
        .where(Recheck.listing_id == listing_id)
        .options(selectinload(Recheck.evidence))
        .order_by(Recheck.id.desc())
        .limit(MOST_RECHECKS)
    )
    return list(rows)


def _answers(session: Session, listing_id: int) -> list[Answered]:
    rows = session.execute(
        select(Decision, Person.name, ReviewTask.kind)
        .join(Person, Decision.reviewer_id == Person.id)
        .join(ReviewTask, Decision.task_id == ReviewTask.id)
        .where(Decision.listing_id == listing_id)
        .order_by(Decision.id.desc())
    )
    found = list(rows)
    undone = {decision.supersedes_id for decision, _, _ in found}
    return [
        Answered(decision, name, kind, decision.id in undone)
        for decision, name, kind in found
        if decision.verdict is not None
    ]


def _requests(session: Session, listing_id: int) -> list[Asked]:
    rows = session.execute(
        select(TakedownRequest, TakedownBatch.number)
        .join(TakedownBatch, TakedownRequest.batch_id == TakedownBatch.id, isouter=True)
        .where(TakedownRequest.listing_id == listing_id)
        .order_by(TakedownRequest.id.desc())
    )
    return [Asked(request, number or "") for request, number in rows.unique()]


def _seller(session: Session, listing: Listing) -> SellerBox | None:
    if listing.seller is None:
        return None
    mine = Listing.seller_id == listing.seller.id
    rows = session.scalars(
        select(Listing)
        .where(mine, Listing.id != listing.id)
        .order_by(Listing.last_seen_at.desc(), Listing.id.desc())
        .limit(MOST_OTHERS)
    )
    others = list(rows.unique())
    verdicts = standing_verdicts(session, [one.id for one in others])
    confirmed = select(Decision.listing_id).where(
        Decision.verdict == Verdict.INFRINGING, Decision.id.not_in(_superseded())
    )
    gone = select(TakedownRequest.listing_id).where(TakedownRequest.seen_gone_at.is_not(None))
    return SellerBox(
        seller=listing.seller,
        listings=_count(session, mine),
        confirmed=_count(session, mine, Listing.id.in_(confirmed)),
        came_back=_came_back(session, listing.seller.id),
        removed=_count(session, mine, Listing.id.in_(gone)),
        others=[Other(one, verdicts.get(one.id)) for one in others],
    )


def _came_back(session: Session, seller_id: int) -> int:
    """Count the times a listing of this seller was an old one come back."""
    back = select(func.count(Relisting.id)).join(Listing, Listing.id == Relisting.new_listing_id)
    return session.scalar(back.where(Listing.seller_id == seller_id)) or 0


def _superseded() -> Select[int | None]:
    return select(Decision.supersedes_id).where(Decision.supersedes_id.is_not(None))


def standing_verdicts(session: Session, listing_ids: Sequence[int]) -> dict[int, Verdict]:
    """Return the last verdict on each listing that nobody took back."""
    rows = session.execute(
        select(Decision.listing_id, Decision.verdict)
        .where(
            Decision.listing_id.in_(listing_ids),
            Decision.verdict.is_not(None),
            Decision.id.not_in(_superseded()),
        )
        .order_by(Decision.id)
    )
    return {listing_id: verdict for listing_id, verdict in rows if verdict is not None}


def usual_taxa(session: Session, taxa: Sequence[str], limit: int = 6) -> list[str]:
    """Return which of these taxa people named most, for the short list of a form."""
    rows = session.scalars(
        select(DecisionSubject.taxon)
        .where(DecisionSubject.taxon.in_(taxa))
        .order_by(DecisionSubject.id.desc())
        .limit(2000)
    )
    return [taxon for taxon, _ in Counter(rows).most_common(limit)]


def picture(session: Session, evidence_id: int) -> Evidence:
    """Return the row of stored bytes."""
    return session.get_one(Evidence, evidence_id)


Piece = tuple[str, str]


def changes(before: str, after: str) -> list[Piece]:
    """Return a text's changes as pieces: same, gone, new.

    >>> changes("ivory ring", "ivory bangle")[:2]
    [('same', 'ivory '), ('gone', 'ri')]
    """
    pieces: list[Piece] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, start, stop, first, last in matcher.get_opcodes():
        if tag == "equal":
            pieces.append(("same", before[start:stop]))
            continue
        if start < stop:
            pieces.append(("gone", before[start:stop]))
        if first < last:
            pieces.append(("new", after[first:last]))
    return pieces
