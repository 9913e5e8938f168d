"""The doctor: whether what is stored still agrees with itself, said plainly."""

from collections.abc import Iterator

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from classifier.meaning import why_no_meaning
from data import audit
from data.evidence import EvidenceDamaged
from data.listings import Evidence, Listing, replay
from data.people import has_people
from data.takedowns import TakedownBatch
from faunawatch.findings import Finding
from faunawatch.house import House
from faunawatch.models import UNUSABLE, chosen_model, chosen_name
from faunawatch.vitals import vital_signs

LOOK_AT = 500


def examine(house: House) -> Iterator[Finding]:
    """Look at everything that can silently go wrong."""
    home = house.home()
    yield Finding(ok=True, words=f"database opens; it is marked '{home.kind}'")
    yield _contact(home.contact_email)
    yield from _platforms(house)
    yield _people(house)
    yield _chain(house)
    yield _evidence(house)
    yield _projections(house)
    yield _model(house)
    yield _meaning()
    yield from vital_signs(house)


def _meaning() -> Finding:
    reason = why_no_meaning()
    words = f"the fast stage answers alone: {reason}" if reason else "both stages answer"
    return Finding(ok=True, words=words)


def _contact(email: str) -> Finding:
    if email:
        return Finding(ok=True, words=f"crawls give {email} as contact")
    words = "no contact e-mail: run `faunawatch settings set contact-email you@example.org`"
    return Finding(ok=False, words=words)


def _platforms(house: House) -> Iterator[Finding]:
    platforms, errors = house.platforms()
    yield Finding(ok=True, words=f"{len(platforms)} platforms can be read")
    yield from (Finding(ok=False, words=str(error)) for error in errors)


def _people(house: House) -> Finding:
    with house.store.read() as session:
        if has_people(session):
            return Finding(ok=True, words="someone can sign in")
    words = "nobody can sign in: run `faunawatch users add NAME --role admin`"
    return Finding(ok=False, words=words)


def _chain(house: House) -> Finding:
    with house.store.read() as session:
        broken, lost = audit.first_broken(session), _lost_anchors(session)
    if broken is not None:
        return Finding(ok=False, words=f"the audit chain was changed at row {broken}")
    if lost:
        words = f"the audit chain was rewritten: batch {lost[0]} was frozen on another one"
        return Finding(ok=False, words=words)
    return Finding(ok=True, words="the audit chain is whole and holds every frozen batch's head")


def _lost_anchors(session: Session) -> list[str]:
    """Return batches whose anchor is not in the chain: a chain sealed anew shows only there."""
    held = exists().where(audit.AuditRow.sealed == TakedownBatch.audit_head)
    none_yet = TakedownBatch.audit_head.in_(("", audit.FIRST))
    query = select(TakedownBatch.number).where(~none_yet, ~held).order_by(TakedownBatch.id)
    return list(session.scalars(query))


def _evidence(house: House) -> Finding:
    """Check the newest stored bytes against their hashes."""
    query = (
        select(Evidence.sha256)
        .where(Evidence.purged_at.is_(None))
        .order_by(Evidence.id.desc())
        .limit(LOOK_AT)
    )
    with house.store.read() as session:
        hashes = list(session.scalars(query))
        total = session.scalar(select(func.count(Evidence.id))) or 0
    damaged = []
    for sha256 in hashes:
        try:
            house.evidence.get(sha256)
        except EvidenceDamaged as error:
            damaged.append(str(error))
    if damaged:
        return Finding(ok=False, words=f"{len(damaged)} damaged: {damaged[0]}")
    return Finding(ok=True, words=f"evidence fits its hashes ({len(hashes)} of {total} looked at)")


def _projections(house: House) -> Finding:
    """Replay the newest listings from their rows and compare with what is stored."""
    with house.store.read() as session:
        listings = session.scalars(select(Listing).order_by(Listing.id.desc()).limit(LOOK_AT))
        wrong = [
            listing.id
            for listing in listings.unique()
            if replay(session, listing.id).state is not listing.availability
        ]
    if wrong:
        words = f"{len(wrong)} listings differ from their rows, first {wrong[0]}"
        return Finding(ok=False, words=words)
    return Finding(ok=True, words="what is stored of listings follows from their rows")


def _model(house: House) -> Finding:
    name = chosen_name(house)
    try:
        using = chosen_model(house, name)
    except UNUSABLE as error:
        words = f"the model in use, {name}, does not open: {error}"
        return Finding(ok=False, words=words)
    made_of = using.model.corpus_hash[:12]
    return Finding(ok=True, words=f"the model in use opens: {using.name} (made of {made_of})")
