"""The outcome screens: what they say beside what we see, answers in and taken back."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from data.availability import Outcome
from data.base import ManualClock
from data.outcomes import record_answer
from data.people import Role
from data.states import RequestState
from data.takedowns import OutcomeCause, OutcomeEvent, TakedownRequest
from tests.rooms import Guest, Rooms, rooms_in
from tests.takedown_makers import REJECTED, REMOVED, a_sent, look, prove_gone


@pytest.fixture
def rooms(tmp_path: Path, sqlite_template: Path) -> Iterator[Rooms]:
    with rooms_in(tmp_path, sqlite_template) as made:
        yield made


@pytest.fixture
def past(rooms: Rooms) -> ManualClock:
    """A clock twenty days behind the application's."""
    return ManualClock(rooms.store.clock().now() - timedelta(days=20))


@pytest.fixture
def liaison(rooms: Rooms) -> Guest:
    return rooms.guest("Lia", Role.LIAISON)


def sent(rooms: Rooms, past: ManualClock, *ids: str) -> list[int]:
    with rooms.store.write() as session:
        _, requests = a_sent(session, past, rooms.evidence, ids or ("1",))
        return [one.id for one in requests]


def state(rooms: Rooms, request_id: int) -> RequestState:
    with rooms.store.read() as session:
        return session.get_one(TakedownRequest, request_id).state


def outcomes(rooms: Rooms) -> int:
    with rooms.store.read() as session:
        return session.scalar(select(func.count(OutcomeEvent.id))) or 0


def test_an_empty_board_says_what_to_do(liaison):
    assert "Nothing was sent yet" in liaison.get("/outcomes").text


def test_the_board_sorts_by_outcome_and_marks_what_differs(rooms, past, liaison):
    ids = sent(rooms, past, "1", "2", "3", "4")
    with rooms.store.write() as session:
        quiet, claimed, refused, gone = (session.get_one(TakedownRequest, one) for one in ids)
        record_answer(session, claimed, REMOVED, actor="t", clock=past)
        record_answer(session, refused, REJECTED, actor="t", clock=past)
        past.advance(timedelta(hours=30))
        look(session, past, claimed.listing_id, Outcome.LIVE)
        prove_gone(session, past, gone.listing_id)
        assert quiet.state is RequestState.SENT
    text = liaison.get("/outcomes").text
    assert "1 request is past its date; 1 answer differs from what we see" in text
    for group in ("overdue", "removed", "rejected"):
        assert f'<tbody id="{group}">' in text
    assert "missed twice, proven" in text
    only = liaison.get("/outcomes?group=rejected").text
    assert '<tbody id="rejected">' in only
    assert '<tbody id="removed">' not in only


def test_an_answer_typed_in_can_be_taken_back(rooms, past, liaison):
    (request_id,) = sent(rooms, past)
    form = {"answer": "seller_removed", "words": "卖家已删除", "day": "2026-01-02"}
    assert liaison.post(f"/requests/{request_id}/answer", form).status_code == 303
    assert state(rooms, request_id) is RequestState.ALREADY_GONE
    with rooms.store.read() as session:
        outcome = session.scalars(select(OutcomeEvent)).one()
        assert outcome.cause is OutcomeCause.SELLER_REMOVED
    text = liaison.get(f"/requests/{request_id}").text
    assert "卖家已删除" in text
    assert liaison.post(f"/outcomes/{outcome.id}/retract").status_code == 303
    assert state(rooms, request_id) is RequestState.SENT
    assert "taken back" in liaison.get(f"/requests/{request_id}").text
    assert liaison.post(f"/outcomes/{outcome.id}/retract").status_code == 422


def test_what_the_table_does_not_allow_is_refused(rooms, past, liaison):
    (request_id,) = sent(rooms, past)
    assert liaison.post(f"/requests/{request_id}/appeal").status_code == 409
    assert liaison.post(f"/requests/{request_id}/nonsense").status_code == 404
    assert liaison.post(f"/requests/{request_id}/answer", {"answer": "x"}).status_code == 422
    form = {"answer": "reply_rejected", "day": "soon"}
    assert liaison.post(f"/requests/{request_id}/answer", form).status_code == 422
    assert liaison.post(f"/requests/{request_id}/again").status_code == 409
    assert state(rooms, request_id) is RequestState.SENT


def test_a_rejected_request_can_be_appealed_closed_or_asked_again(rooms, past, liaison):
    (request_id,) = sent(rooms, past)
    liaison.post(f"/requests/{request_id}/answer", {"answer": "reply_rejected"})
    liaison.post(f"/requests/{request_id}/appeal")
    assert state(rooms, request_id) is RequestState.APPEALED
    liaison.post(f"/requests/{request_id}/answer", {"answer": "reply_rejected"})
    answer = liaison.post(f"/requests/{request_id}/again")
    assert answer.headers["location"] != f"/requests/{request_id}"
    liaison.post(f"/requests/{request_id}/close")
    assert state(rooms, request_id) is RequestState.CLOSED


SHEET = "external_id,platform_status,platform_ref\n1,đã gỡ bỏ,R-1\n2,hmm?,\n77,removed,\n"


def upload(guest: Guest, content: str | bytes = SHEET, name: str = "back.csv"):
    raw = content.encode() if isinstance(content, str) else content
    return guest.post("/outcomes/import", {"batch": ""}, files={"sheet": (name, raw)})


def test_a_sheet_is_shown_first_and_applied_only_then(rooms, past, liaison):
    first, second = sent(rooms, past, "1", "2")
    page = upload(liaison)
    assert page.status_code == 200
    assert "1 new answer in 3 rows; nothing is recorded yet" in page.text
    assert "a word we do not know" in page.text
    assert outcomes(rooms) == 0
    sha256 = page.text.partition('name="sha256" value="')[2][:64]
    form = {"sha256": sha256, "name": "back.csv", "batch": ""}
    done = liaison.post("/outcomes/import/apply", form)
    assert done.headers["location"] == "/outcomes?applied=1"
    assert "1 answer recorded" in liaison.get("/outcomes?applied=1").text
    assert (state(rooms, first), state(rooms, second)) == (RequestState.REMOVED, RequestState.SENT)


def test_a_file_that_is_no_sheet_says_what_it_needs(rooms, liaison):
    answer = upload(liaison, b"\x00\x01\x02", "picture.png")
    assert answer.status_code == 422
    assert "save it as UTF-8" in answer.text
    assert outcomes(rooms) == 0


def test_hostile_sheets_stay_text(rooms, past, liaison):
    sent(rooms, past)
    sheet = 'external_id,platform_status\n1,"<img src=x onerror=alert(1)>"\n'
    text = upload(liaison, sheet, '"><script>.csv').text
    assert "<img src=x" not in text
    assert "<script>.csv" not in text


def test_readers_may_look_and_not_write(rooms, past):
    (request_id,) = sent(rooms, past)
    viewer = rooms.guest("Vi", Role.VIEWER)
    assert viewer.get("/outcomes").status_code == 200
    text = viewer.get(f"/requests/{request_id}").text
    assert "Record an answer" not in text
    for path in (
        f"/requests/{request_id}/answer",
        f"/requests/{request_id}/close",
        f"/requests/{request_id}/recheck",
        "/outcomes/1/retract",
        "/outcomes/import/apply",
    ):
        form = {"answer": "reply_removed", "sha256": "a" * 64, "name": "x.csv"}
        assert viewer.post(path, form).status_code == 403, path
    assert upload(viewer).status_code == 403
    assert outcomes(rooms) == 0


def test_a_relisting_leads_back_to_the_decision(rooms, past, liaison):
    (request_id,) = sent(rooms, past)
    with rooms.store.write() as session:
        request = session.get_one(TakedownRequest, request_id)
        listing_id = request.listing_id
        prove_gone(session, past, listing_id)
        past.advance(timedelta(days=1))
        look(session, past, listing_id, Outcome.LIVE)
    text = liaison.get("/outcomes").text
    assert '<tbody id="relisted">' in text
    assert f'href="/listing/{listing_id}">Decide again' in text
    assert state(rooms, request_id) is RequestState.REMOVED
