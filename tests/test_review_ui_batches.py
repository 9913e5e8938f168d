"""The batch screens: build, freeze, download, mark as sent; who may and what is refused."""

import hashlib
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from data.base import ManualClock
from data.batches import members
from data.jobs import Job
from data.people import Role
from data.states import BatchState, RequestState
from data.takedowns import BatchFile, TakedownBatch, TakedownRequest
from tests import makers
from tests.rooms import Guest, Rooms, rooms_in
from tests.takedown_makers import a_draft, a_frozen, confirmed, request_for


@pytest.fixture
def rooms(tmp_path: Path, sqlite_template: Path) -> Iterator[Rooms]:
    with rooms_in(tmp_path, sqlite_template) as made:
        yield made


@pytest.fixture
def past(rooms: Rooms) -> ManualClock:
    """A clock an hour behind the application's."""
    return ManualClock(rooms.store.clock().now() - timedelta(hours=1))


def the_batch(rooms: Rooms) -> TakedownBatch:
    with rooms.store.read() as session:
        return session.scalars(select(TakedownBatch)).all()[-1]


def build(rooms: Rooms, past: ManualClock, *titles: str) -> None:
    with rooms.store.write() as session:
        for number, title in enumerate(titles or ("Vòng ngà voi",)):
            confirmed(session, past, rooms.evidence, str(number), title=title)


def test_a_liaison_takes_a_batch_from_confirmed_to_sent(rooms, past):
    build(rooms, past, "one", "two")
    liaison = rooms.guest("Lia", Role.LIAISON)
    assert "2 confirmed listings are ready" in liaison.get("/batches").text
    page = liaison.post("/batches", {"platform": makers.PLATFORM}).headers["location"]
    assert "2 listings ready to freeze" in liaison.get(page).text
    assert liaison.post(f"{page}/freeze").status_code == 303
    text = liaison.get(page).text
    assert "PASAR-CONTOH-2026-0001: frozen, not sent" in text or "-0001: frozen" in text
    today = rooms.store.clock().now().date().isoformat()
    form = {"channel": "E-mail", "day": today, "reference": "T-1"}
    assert liaison.post(f"{page}/sent", form).status_code == 303
    batch = the_batch(rooms)
    assert (batch.state, batch.channel, batch.reference) == (BatchState.SENT, "E-mail", "T-1")
    assert "Sent" in liaison.get(page).text


def test_downloads_are_the_frozen_bytes(rooms, past):
    with rooms.store.write() as session:
        batch, _ = a_frozen(session, past, rooms.evidence)
        batch_id = batch.id
    viewer = rooms.guest("Vi", Role.VIEWER)
    with rooms.store.read() as session:
        files = list(session.scalars(select(BatchFile)))
    assert len(files) == 4
    for file in files:
        answer = viewer.get(f"/batches/{batch_id}/files/{file.name}")
        assert hashlib.sha256(answer.content).hexdigest() == file.sha256
        assert answer.headers["content-disposition"].startswith("attachment")
        assert file.sha256 in viewer.get(f"/batches/{batch_id}").text
    assert viewer.get(f"/batches/{batch_id}/files/other.txt").status_code == 404


def _paths(batch_id: int) -> list[str]:
    doing = ("add", "remove", "recheck", "signatory", "freeze", "discard", "sent")
    return ["/batches", *(f"/batches/{batch_id}/{one}" for one in doing), "/requests/1/withdraw"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER])
def test_only_who_may_send_changes_anything(rooms, past, role):
    with rooms.store.write() as session:
        batch, _ = a_draft(session, past, rooms.evidence)
        batch_id = batch.id
    guest = rooms.guest("Guest", role)
    assert guest.get(f"/batches/{batch_id}").status_code == 200
    for path in _paths(batch_id):
        form = {"platform": makers.PLATFORM, "request_id": 1, "signatory": "x", "channel": "x"}
        assert guest.post(path, {**form, "day": "2026-01-01"}).status_code == 403, path
    assert "Take out" not in guest.get(f"/batches/{batch_id}").text
    assert the_batch(rooms).state is BatchState.DRAFT


def test_a_form_without_its_token_is_refused(rooms, past):
    with rooms.store.write() as session:
        a_draft(session, past, rooms.evidence)
    liaison = rooms.guest("Lia", Role.LIAISON)
    bare = Guest(liaison.browser, "wrong", liaison.person)
    assert bare.post("/batches/1/freeze").status_code == 403
    assert the_batch(rooms).state is BatchState.DRAFT


def test_a_blocked_batch_says_why_and_stays_a_draft(rooms, past):
    with rooms.store.write() as session:
        batch, (request,) = a_draft(session, past, rooms.evidence)
        batch_id = batch.id
        request.listing.last_live_at = past.now() - timedelta(days=4)
    liaison = rooms.guest("Lia", Role.LIAISON)
    text = liaison.get(f"/batches/{batch_id}").text
    assert "1 of 1 listing cannot be sent yet" in text
    assert "recheck it now" in text
    assert "/freeze" not in text
    answer = liaison.post(f"/batches/{batch_id}/freeze")
    assert answer.status_code == 422
    assert "recheck it now" in answer.text
    assert the_batch(rooms).state is BatchState.DRAFT


def test_recheck_now_asks_for_a_job(rooms, past):
    with rooms.store.write() as session:
        batch, _ = a_draft(session, past, rooms.evidence)
        batch_id = batch.id
    rooms.guest("Lia", Role.LIAISON).post(f"/batches/{batch_id}/recheck")
    with rooms.store.read() as session:
        assert session.scalars(select(Job)).one().arguments == {"platform": makers.PLATFORM}


def test_rows_go_in_and_out_and_a_batch_can_be_given_up(rooms, past):
    build(rooms, past)
    liaison = rooms.guest("Lia", Role.LIAISON)
    page = liaison.post("/batches", {"platform": makers.PLATFORM}).headers["location"]
    liaison.post(f"{page}/remove", {"request_id": 1})
    with rooms.store.read() as session:
        assert members(session, the_batch(rooms)) == []
    liaison.post(f"{page}/add", {"request_id": 1})
    with rooms.store.read() as session:
        assert len(members(session, the_batch(rooms))) == 1
    liaison.post(f"{page}/discard")
    assert the_batch(rooms).state is BatchState.DISCARDED
    with rooms.store.read() as session:
        assert request_for(session, 1).state is RequestState.READY


def test_the_preview_is_what_freezing_writes(rooms, past):
    build(rooms, past)
    liaison = rooms.guest("Lia", Role.LIAISON)
    page = liaison.post("/batches", {"platform": makers.PLATFORM}).headers["location"]
    liaison.post(f"{page}/signatory", {"signatory": "B. Signer"})
    before = _notice(liaison, page)
    assert "B. Signer" in before
    liaison.post(f"{page}/freeze")
    after = _notice(liaison, page)
    assert _undated(after, "PASAR") == _undated(before, "(number")


def _notice(guest: Guest, page: str) -> str:
    found = re.search(r'<pre class="notice"[^>]*>(.*?)</pre>', guest.get(page).text, re.DOTALL)
    assert found is not None
    return found.group(1)


def _undated(notice: str, number: str) -> list[str]:
    kept = [line for line in notice.splitlines() if "Audit chain" not in line]
    return [line for line in kept if not line.startswith("Date") and number not in line]


def test_hostile_titles_stay_text(rooms, past):
    hostile = '<script>alert(1)</script>{{7*7}}"onload=x \u202e'
    build(rooms, past, hostile)
    liaison = rooms.guest("Lia", Role.LIAISON)
    page = liaison.post("/batches", {"platform": makers.PLATFORM}).headers["location"]
    for _ in range(2):
        text = liaison.get(page).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in text
        assert "\u202e" not in text
        liaison.post(f"{page}/freeze")


def test_a_wrong_day_is_refused_in_words(rooms, past):
    with rooms.store.write() as session:
        batch, _ = a_frozen(session, past, rooms.evidence)
        batch_id = batch.id
    liaison = rooms.guest("Lia", Role.LIAISON)
    early = liaison.post(f"/batches/{batch_id}/sent", {"channel": "Letter", "day": "2020-01-01"})
    assert early.status_code == 422
    assert "before the batch was frozen" in early.text
    assert (
        liaison.post(f"/batches/{batch_id}/sent", {"channel": "x", "day": "?"}).status_code == 422
    )


def test_a_withdrawn_row_stops_sending(rooms, past):
    with rooms.store.write() as session:
        batch, (request,) = a_frozen(session, past, rooms.evidence)
        batch_id, request_id = batch.id, request.id
    liaison = rooms.guest("Lia", Role.LIAISON)
    liaison.post(f"/requests/{request_id}/withdraw", {"why": "asked by an authority"})
    today = rooms.store.clock().now().date().isoformat()
    answer = liaison.post(f"/batches/{batch_id}/sent", {"channel": "Letter", "day": today})
    assert answer.status_code == 422
    assert "was withdrawn after freezing" in answer.text
    with rooms.store.read() as session:
        found = session.get_one(TakedownRequest, request_id)
        assert found.state is RequestState.WITHDRAWN
