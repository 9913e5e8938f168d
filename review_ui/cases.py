"""Cases for the authorities: a liaison or supervisor asks for one, and receives its file."""

from fastapi import APIRouter, HTTPException
from starlette.responses import RedirectResponse, Response

from data.custody import CaseExport, hand_out
from data.evidence import EvidenceDamaged
from data.jobs import JobKind, ask
from data.listings import Listing
from review_ui.auth import Sends
from review_ui.pages import see_other
from review_ui.pictures import DAMAGED

router = APIRouter()
_LOCKED = {"content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'"}


@router.post("/listing/{listing_id}/case")
def ask_for_case(visit: Sends, listing_id: int) -> RedirectResponse:
    """Ask the worker for a case of this listing; it is signed there, never here."""
    with visit.write() as session:
        listing = session.get_one(Listing, listing_id)
        arguments = {"listing": listing.id}
        ask(session, JobKind.EXPORT, arguments, by=visit.actor, clock=visit.clock)
    return see_other(f"/listing/{listing_id}#case")


@router.post("/cases/{export_id}/file")
def hand_out_case(visit: Sends, export_id: int) -> Response:
    """Hand out a case's file, and note in the custody log who has it."""
    with visit.read() as session:
        export = session.get_one(CaseExport, export_id)
        name, sha256 = export.name, export.sha256
    if not sha256:
        raise HTTPException(409, "This case is not written yet: come back in a minute.")
    try:
        content = visit.house.evidence.get(sha256)
    except EvidenceDamaged as error:
        raise HTTPException(410, DAMAGED) from error
    with visit.write() as session:
        export = session.get_one(CaseExport, export_id)
        hand_out(session, export, sha256, actor=visit.actor, clock=visit.clock)
    headers = {"content-disposition": f'attachment; filename="{name}"', "x-sha256": sha256}
    return Response(content, media_type="application/zip", headers=headers | _LOCKED)
