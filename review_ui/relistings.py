"""Saying whether a listing is an old one come back: each answer is one verb of the store."""

from fastapi import APIRouter
from starlette.responses import RedirectResponse

from data.relistings import RelistingProposal, confirm, reject
from review_ui.answers import Sent
from review_ui.auth import Decides
from review_ui.deciding import Fields
from review_ui.pages import see_other
from review_ui.queue import place_of

router = APIRouter()


@router.post("/relistings/{proposal_id}/confirm")
def confirm_relisting(visit: Decides, proposal_id: int, form: Fields) -> RedirectResponse:
    """Say that both are the same offer; its page then waits at the top of the queue."""
    with visit.write() as session:
        proposal = confirm(session, proposal_id, visit.person, clock=visit.clock)
        listing_id = proposal.new_listing_id
    return _back(listing_id, Sent.of(form))


@router.post("/relistings/{proposal_id}/reject")
def reject_relisting(visit: Decides, proposal_id: int, form: Fields) -> RedirectResponse:
    """Say that they are two offers; the pair is not proposed again."""
    with visit.write() as session:
        reject(session, proposal_id, visit.person, clock=visit.clock)
        listing_id = session.get_one(RelistingProposal, proposal_id).new_listing_id
    return _back(listing_id, Sent.of(form))


def _back(listing_id: int, sent: Sent) -> RedirectResponse:
    place = place_of(sent.get("view"), sent.get("lang"))
    return see_other(f"/listing/{listing_id}?{place.query}")
