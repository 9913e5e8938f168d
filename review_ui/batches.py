"""Batches: what may be asked of a platform, pre-flight, freezing, files, marking as sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, HTTPException, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from data import batches as verbs
from data.base import Clock
from data.exports.columns import Sheet
from data.exports.frozen import Addressee, documents, files_of, freeze
from data.exports.notice import as_text
from data.preflight import Problem
from data.queries.pictures import pictures_of
from data.queries.takedowns import actor_names, recent_batches, waiting_by_platform
from data.rechecks import ask_recheck
from data.requests import prepare_ready, withdraw
from data.sending import Sent, mark_sent
from data.states import BatchState
from data.takedowns import TakedownBatch, TakedownRequest
from data.watches import Watch
from review_ui.auth import Reads, Sends, Visit
from review_ui.pages import page, see_other

router = APIRouter()
Ids = Annotated[list[int], Form()]
CHANNELS = ("E-mail", "Web form", "In the app", "Letter", "Meeting")


@dataclass(frozen=True)
class Row:
    """One request in the builder with what pre-flight says of it."""

    request: TakedownRequest
    problems: Sequence[Problem]
    picture: int | None

    @property
    def blocked(self) -> bool:
        """Tell whether it cannot be sent as it is."""
        return any(problem.blocking for problem in self.problems)


def addressee(visit: Visit, platform_id: str) -> Addressee:
    """Return the platform as notices name it; one whose file is gone keeps its id."""
    platform = visit.house.platforms.get(platform_id)
    if platform is None:
        return Addressee(platform_id)
    return Addressee(platform.name, platform.timezone.key)


@router.get("/batches")
def show_batches(request: Request, visit: Reads) -> HTMLResponse:
    """Show which platforms have listings to ask for, and every batch."""
    with visit.read() as session:
        values = {
            "waiting": waiting_by_platform(session),
            "batches": recent_batches(session),
        }
        return page(request, "batches.html", values, visit=visit)


@router.post("/batches")
def open_draft(visit: Sends, platform: Annotated[str, Form()]) -> RedirectResponse:
    """Open the platform's draft batch and put in what is ready."""
    with visit.write() as session:
        prepare_ready(session, clock=visit.clock, platform_id=platform)
        found = verbs.candidates(session, platform)
        if not found:
            raise HTTPException(404)
        draft = verbs.draft_for(session, platform, actor=visit.actor, clock=visit.clock)
        ids = [one.id for one in found]
        verbs.add(session, draft, ids, actor=visit.actor, clock=visit.clock)
        return see_other(f"/batches/{draft.id}")


@router.get("/batches/{batch_id}")
def show_batch(request: Request, visit: Reads, batch_id: int) -> HTMLResponse:
    """Show one batch: the builder while it is a draft, the frozen files after."""
    with visit.read() as session:
        batch = session.get_one(TakedownBatch, batch_id)
        inside = verbs.members(session, batch)
        is_draft = batch.state is BatchState.DRAFT
        outside = verbs.candidates(session, batch.platform_id) if is_draft else []
        sheet, text = _preview(session, visit, batch, inside)
        values = {
            "batch": batch,
            "rows": _rows(session, visit, inside),
            "others": _rows(session, visit, outside),
            "files": files_of(session, batch),
            "lines": verbs.lines_of(session, batch),
            "events": verbs.batch_events(session, batch.id),
            "contact": _contact(session, batch.platform_id),
            "sheet": sheet,
            "notice": text,
            "channels": CHANNELS,
            "names": actor_names(session),
            "today": visit.clock.now().astimezone(visit.house.settings.zone).date(),
        }
        return page(request, "batch.html", values, visit=visit)


def _rows(session: Session, visit: Visit, requests: Sequence[TakedownRequest]) -> list[Row]:
    problems = verbs.check(session, requests, visit.clock.now(), visit.house.evidence)
    pictures = pictures_of(session, [one.listing_id for one in requests])
    return [Row(one, problems[one.id], pictures[one.listing_id].first) for one in requests]


def _contact(session: Session, platform_id: str) -> str:
    watch = session.get(Watch, platform_id)
    return watch.contact if watch is not None else ""


def _preview(
    session: Session, visit: Visit, batch: TakedownBatch, inside: Sequence[TakedownRequest]
) -> tuple[Sheet | None, str]:
    """Return what freezing now would write, or the frozen notice itself."""
    for file in files_of(session, batch):
        if file.name.endswith(".txt"):
            return None, visit.house.evidence.get(file.sha256).decode()
    if batch.state is not BatchState.DRAFT or not inside:
        return None, ""
    to = addressee(visit, batch.platform_id)
    sheet, notice = documents(session, batch, list(inside), to, clock=visit.clock)
    return sheet, as_text(notice)


@router.post("/batches/{batch_id}/add")
def add_rows(visit: Sends, batch_id: int, request_id: Ids) -> RedirectResponse:
    """Put chosen requests in; one that is no longer ready stays out and says why."""
    with visit.write() as session:
        batch = session.get_one(TakedownBatch, batch_id)
        verbs.add(session, batch, request_id, actor=visit.actor, clock=visit.clock)
    return see_other(f"/batches/{batch_id}")


@router.post("/batches/{batch_id}/remove")
def remove_row(visit: Sends, batch_id: int, request_id: Annotated[int, Form()]) -> RedirectResponse:
    """Take one request out."""
    with visit.write() as session:
        batch = session.get_one(TakedownBatch, batch_id)
        verbs.remove(session, batch, request_id, actor=visit.actor, clock=visit.clock)
    return see_other(f"/batches/{batch_id}")


@router.post("/batches/{batch_id}/recheck")
def recheck_rows(visit: Sends, batch_id: int) -> RedirectResponse:
    """Ask for a fresh look at everything in the batch and beside it."""
    with visit.write() as session:
        batch = session.get_one(TakedownBatch, batch_id)
        found = [*verbs.members(session, batch), *verbs.candidates(session, batch.platform_id)]
        ids = [one.listing_id for one in found]
        ask_recheck(session, ids, by=visit.actor, clock=visit.clock)
    return see_other(f"/batches/{batch_id}?asked=1")


@router.post("/batches/{batch_id}/signatory")
def set_signatory(
    visit: Sends, batch_id: int, signatory: Annotated[str, Form(max_length=200)]
) -> RedirectResponse:
    """Set who signs."""
    with visit.write() as session:
        batch = session.get_one(TakedownBatch, batch_id)
        verbs.describe(session, batch, signatory=signatory, actor=visit.actor, clock=visit.clock)
    return see_other(f"/batches/{batch_id}")


@router.post("/batches/{batch_id}/freeze")
def freeze_batch(visit: Sends, batch_id: int) -> RedirectResponse:
    """Freeze: from here on the batch and its files never change."""
    with visit.write() as session:
        batch = session.get_one(TakedownBatch, batch_id)
        to = addressee(visit, batch.platform_id)
        freeze(session, visit.house.evidence, batch, to, actor=visit.actor, clock=visit.clock)
    return see_other(f"/batches/{batch_id}")


@router.post("/batches/{batch_id}/discard")
def discard_batch(visit: Sends, batch_id: int) -> RedirectResponse:
    """Give the batch up; its listings may go into another."""
    with visit.write() as session:
        batch = session.get_one(TakedownBatch, batch_id)
        verbs.discard(session, batch, actor=visit.actor, clock=visit.clock)
    return see_other("/batches")


@router.post("/batches/{batch_id}/sent")
def sent_batch(
    visit: Sends,
    batch_id: int,
    channel: Annotated[str, Form(max_length=100)],
    day: Annotated[date, Form()],
    reference: Annotated[str, Form(max_length=200)] = "",
) -> RedirectResponse:
    """Record how and when the batch was sent."""
    with visit.write() as session:
        batch = session.get_one(TakedownBatch, batch_id)
        at = sent_moment(visit, day, batch.frozen_at, visit.clock)
        sent = Sent(channel, at, reference)
        mark_sent(session, batch, sent, actor=visit.actor, clock=visit.clock)
    return see_other(f"/batches/{batch_id}")


def sent_moment(visit: Visit, day: date, frozen_at: datetime | None, clock: Clock) -> datetime:
    """Return a moment on the local day given: now for today, else its noon, after freezing."""
    zone, now = visit.house.settings.zone, clock.now()
    if day == now.astimezone(zone).date():
        return now
    noon = datetime.combine(day, time(12), tzinfo=zone)
    if frozen_at is None or day != frozen_at.astimezone(zone).date():
        return noon
    return max(noon, frozen_at)


@router.post("/requests/{request_id}/withdraw")
def withdraw_request(
    visit: Sends, request_id: int, why: Annotated[str, Form(max_length=500)] = ""
) -> RedirectResponse:
    """Take one request back."""
    with visit.write() as session:
        found = session.get_one(TakedownRequest, request_id)
        batch_id = found.batch_id
        withdraw(session, found, actor=visit.actor, clock=visit.clock, why=why)
    return see_other(f"/batches/{batch_id}" if batch_id else "/batches")


@router.get("/batches/{batch_id}/files/{name}")
def download(visit: Reads, batch_id: int, name: str) -> Response:
    """Hand out a frozen file, checked against its hash."""
    with visit.read() as session:
        batch = session.get_one(TakedownBatch, batch_id)
        file = next((one for one in files_of(session, batch) if one.name == name), None)
        if file is None:
            raise HTTPException(404)
        content = visit.house.evidence.get(file.sha256)
        headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(file.name)}"}
        return Response(content, media_type=file.media_type, headers=headers)
