"""Scoring: the classifier's answers become score rows, flags and tasks."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from classifier.model import Embed, score_all
from classifier.score import GROUPS, ListingText, Score
from classifier.terms import Matcher
from data.draws import draw_due
from data.flags import Scored, record_score, unscored
from data.listings import Sighting
from data.platform import Platform
from data.relistings import compare_text
from data.states import Availability
from data.tasks import queue_changed, queue_first
from data.taxa import Concern
from data.terms import Ambiguity, TermKind, load_terms
from data.text import normalise
from faunawatch.house import House
from faunawatch.models import TeamModel, active_model, open_embed
from faunawatch.relisting import compare_pictures, look_out

if TYPE_CHECKING:
    from data.base import Clock

BATCH = 50  # the first flags are seen while the rest is still read
MOST_TERMS = 60
SHORTEST_TERM = 3
_POINTING = (TermKind.TAXON, TermKind.PRODUCT, TermKind.CODE)


@dataclass(frozen=True)
class Done:
    """What one scoring run did."""

    scored: int = 0
    queued: int = 0
    nothing_left: bool = False


def score_waiting(house: House) -> Done:
    """Score what waits with the model in use; then draw from the days that are over.

    The model works on a batch at a time and outside any transaction: a batch of long texts takes
    longer than others would wait for the database.
    """
    look_out(house)
    using, done = active_model(house), Done()
    with open_embed(house.folder) if using.model.second else nullcontext() as embed:
        while not done.nothing_left:
            done = _score_batch(house, using, embed, done)
    with house.store.write() as session:
        draw_due(session, clock=house.store.clock())
    compare_pictures(house)
    return done


def _score_batch(house: House, using: TeamModel, embed: Embed | None, done: Done) -> Done:
    with house.store.read() as session:
        waiting = [(one.id, _text_of(one)) for one in unscored(session, BATCH)]
    scores = score_all([text for _, text in waiting], using.model, embed)
    stage = using.model.second if embed is not None else None
    calibration = (stage or using.model).calibration
    scored = [_plain(score, using, calibration.threshold(score.lang)) for score in scores]
    clock = house.store.clock()
    with house.store.write() as session:
        queued = sum(
            _record_one(session, number, one, clock)
            for (number, _), one in zip(waiting, scored, strict=True)
        )
    return Done(done.scored + len(scored), done.queued + queued, len(waiting) < BATCH)


def _record_one(session: Session, sighting_id: int, scored: Scored, clock: "Clock") -> bool:
    """Record one score unless another run was faster; tell whether its listing was queued."""
    sighting = session.get_one(Sighting, sighting_id, with_for_update={"of": Sighting})
    if sighting.scored:
        return False
    flag = record_score(session, sighting, scored, clock)
    # Flagged or not: words that a seller changed to please the model may still be the old ones.
    compare_text(session, sighting.listing, clock=clock)
    if flag is None or sighting.listing.availability is Availability.GONE:
        return False
    if queue_first(session, flag, clock=clock) is not None:
        return True
    changed = scored.flagged and sighting.changed
    return changed and queue_changed(session, flag, sighting, clock=clock) is not None


def _text_of(sighting: Sighting) -> ListingText:
    listing = sighting.listing
    return ListingText(
        title=sighting.title,
        description=sighting.description,
        price=sighting.price_text,
        currency=sighting.currency,
        category=sighting.category,
        seller_text=listing.seller.profile if listing.seller else "",
        country=listing.country,
    )


def _plain(found: Score, using: TeamModel, threshold: float) -> Scored:
    taxa = using.model.taxa
    return Scored(
        lang=found.lang,
        offered=found.offered,
        threshold=threshold,
        groups=found.groups,
        taxon=found.taxon.name if found.taxon else "",
        taxon_confidence=found.taxon.confidence if found.taxon else 0.0,
        product=found.product or "",
        reasons=[{**asdict(reason), "kind": str(reason.kind)} for reason in found.reasons],
        model=using.name,
        concern=str(taxa[found.taxon.name].concern if found.taxon else Concern.UNCLEAR),
    )


def search_terms(house: House, platform: Platform) -> list[str]:
    """Return words worth searching a platform for: its languages, clear products first.

    Code words of one or two characters are left out: they flood a search with ordinary goods.
    """
    terms = load_terms(overlay=house.terms_overlay)
    order = {Ambiguity.NONE: 0, Ambiguity.LOW: 1}
    wanted = [
        term
        for lang in platform.languages
        for term in terms.of(lang)
        if term.kind in (TermKind.PRODUCT, TermKind.TAXON)
        and term.group in GROUPS
        and term.ambiguity in order
        and len(term.text) >= SHORTEST_TERM
        and not term.unaccented
    ]
    wanted.sort(key=lambda term: (order[term.ambiguity], term.kind is not TermKind.PRODUCT))
    return list(dict.fromkeys(term.text for term in wanted))[:MOST_TERMS]


def term_matcher(house: House) -> Callable[[str], bool]:
    """Return a function that tells whether a text names one of the three groups at all.

    It needs the lexicon alone: collecting goes on while a model is being made anew.
    """
    matcher = Matcher(load_terms(overlay=house.terms_overlay))

    def wanted(text: str) -> bool:
        hits = matcher.find(normalise(text).text)
        return any(hit.term.kind in _POINTING and hit.term.group in GROUPS for hit in hits)

    return wanted
