"""Claiming, deciding, skipping and undoing through the pages; two people never decide one."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from data.decisions import effective_decision
from data.flags import Score, record_score
from data.home import the_home
from data.listings import Listing, Sighting, sight
from data.people import Role
from data.reviews import Decision, Form, ReasonCode, ReviewTask, TaskKind, Verdict
from data.states import TaskState
from data.takedowns import TakedownRequest
from data.tasks import queue_first
from tests.makers import found, make_crawl, make_listing, make_task, scored
from tests.rooms import Guest, Rooms, rooms_in

ANSWER = {
    "verdict": "infringing",
    "taxon": "Elephas maximus",
    "product": "IJW",
    "form": "derivative",
    "legal_ground": "Decree 06/2019",
}


@pytest.fixture
def rooms(tmp_path: Path, sqlite_template: Path) -> Iterator[Rooms]:
    with rooms_in(tmp_path, sqlite_template) as made:
        yield made


def _task(rooms: Rooms, external_id: str = "1") -> tuple[int, int]:
    with rooms.store.write() as session:
        task = make_task(session, rooms.store.clock(), external_id)
        return task.id, task.listing_id


def _hidden(guest: Guest, listing_id: int) -> dict[str, str]:
    """The hidden fields of the decide form as the page gives them."""
    text = guest.get(f"/listing/{listing_id}").text
    form = text[text.index('id="decide"') :]
    names = ("task", "version", "sighting", "view", "ground_filled_in")
    return {
        name: match[1]
        for name in names
        if (match := re.search(rf'name="{name}" value="([^"]*)"', form))
    }


def _decide(guest: Guest, listing_id: int, **answer: str) -> Any:
    fields = _hidden(guest, listing_id) | (answer or ANSWER)
    return guest.post(f"/listing/{listing_id}/decide", fields)


def _latest(rooms: Rooms) -> Decision | None:
    with rooms.store.read() as session:
        decision = session.scalar(select(Decision).order_by(Decision.id.desc()))
        if decision is not None:
            assert decision.subjects is not None
        session.expunge_all()
        return decision


def _move(rooms: Rooms, **by: int) -> None:
    with rooms.store.write() as session:
        the_home(session).clock_shift_s += int(timedelta(**by).total_seconds())


def test_start_claims_the_next_and_opens_it(rooms: Rooms) -> None:
    task_id, listing_id = _task(rooms)
    mai = rooms.guest("Mai", Role.REVIEWER)
    assert mai.post("/next").headers["location"] == f"/listing/{listing_id}?view=all"
    assert "Held by you" in mai.get(f"/listing/{listing_id}").text
    with rooms.store.read() as session:
        assert session.get_one(ReviewTask, task_id).claimed_by == mai.person.id


def test_start_serves_only_languages_one_reads(rooms: Rooms) -> None:
    _task(rooms)
    thai = rooms.guest("Niran", Role.REVIEWER, languages=("th",))
    assert thai.post("/next").headers["location"] == "/?view=all&none=1"
    assert "Nothing here is free for you" in thai.get("/?none=1").text


def test_a_verdict_is_recorded_and_the_next_listing_opens_held(rooms: Rooms) -> None:
    _, first = _task(rooms, "1")
    second_task, second = _task(rooms, "2")
    mai = rooms.guest("Mai", Role.REVIEWER)
    mai.post(f"/listing/{first}/claim")
    answer = _decide(mai, first)
    decision = _latest(rooms)
    assert decision is not None
    assert answer.headers["location"] == f"/listing/{second}?view=all&done={decision.id}"
    assert (decision.verdict, decision.legal_ground) == (Verdict.INFRINGING, "Decree 06/2019")
    (subject,) = decision.subjects
    expected = ("Elephas maximus", "IJW", Form.DERIVATIVE)
    assert (subject.taxon, subject.product, subject.form) == expected
    shown = mai.get(answer.headers["location"]).text
    assert "Recorded as <b>infringing</b>" in shown
    assert f'action="/undo/{decision.id}"' in shown
    with rooms.store.read() as session:
        assert session.get_one(ReviewTask, second_task).claimed_by == mai.person.id
        assert session.scalar(select(TakedownRequest.listing_id)) == first


def test_deciding_without_holding_claims_on_the_way(rooms: Rooms) -> None:
    _, listing_id = _task(rooms)
    mai = rooms.guest("Mai", Role.REVIEWER)
    assert _decide(mai, listing_id).headers["location"].startswith("/?view=all&done=")


def test_the_last_listing_leads_back_to_an_empty_queue(rooms: Rooms) -> None:
    _, listing_id = _task(rooms)
    mai = rooms.guest("Mai", Role.REVIEWER)
    shown = mai.get(_decide(mai, listing_id).headers["location"]).text
    assert "Nothing waits" in shown
    assert "Undo" in shown


def test_of_two_who_decide_the_same_listing_one_wins(rooms: Rooms) -> None:
    _, listing_id = _task(rooms)
    mai, linh = rooms.guest("Mai", Role.REVIEWER), rooms.guest("Linh", Role.REVIEWER)
    hers, his = _hidden(mai, listing_id), _hidden(linh, listing_id)
    assert mai.post(f"/listing/{listing_id}/decide", hers | ANSWER).status_code == 303
    late = linh.post(f"/listing/{listing_id}/decide", his | ANSWER)
    assert late.status_code == 409
    assert "Someone" in late.text
    with rooms.store.read() as session:
        assert len(session.scalars(select(Decision)).all()) == 1


def test_what_one_holds_another_cannot_take_or_decide(rooms: Rooms) -> None:
    task_id, listing_id = _task(rooms)
    mai, linh = rooms.guest("Mai", Role.REVIEWER), rooms.guest("Linh", Role.REVIEWER)
    his = _hidden(linh, listing_id)
    mai.post(f"/listing/{listing_id}/claim")
    linh.post(f"/listing/{listing_id}/claim")
    page = linh.get(f"/listing/{listing_id}").text
    assert "is deciding this" in page
    assert 'id="decide"' not in page
    assert linh.post(f"/listing/{listing_id}/decide", his | ANSWER).status_code == 409
    assert linh.post(f"/listing/{listing_id}/release").status_code == 409
    with rooms.store.read() as session:
        assert session.get_one(ReviewTask, task_id).claimed_by == mai.person.id


def test_a_lapsed_lease_may_be_taken_by_another(rooms: Rooms) -> None:
    _, listing_id = _task(rooms)
    mai, linh = rooms.guest("Mai", Role.REVIEWER), rooms.guest("Linh", Role.REVIEWER)
    mai.post(f"/listing/{listing_id}/claim")
    hers = _hidden(mai, listing_id)
    _move(rooms, minutes=11)
    assert _decide(linh, listing_id).status_code == 303
    assert mai.post(f"/listing/{listing_id}/decide", hers | ANSWER).status_code == 409


def test_a_heartbeat_keeps_a_lease(rooms: Rooms) -> None:
    task_id, listing_id = _task(rooms)
    mai, linh = rooms.guest("Mai", Role.REVIEWER), rooms.guest("Linh", Role.REVIEWER)
    mai.post(f"/listing/{listing_id}/claim")
    for _ in range(3):
        _move(rooms, minutes=8)
        assert mai.post(f"/tasks/{task_id}/renew").json()["held"] is True
    assert linh.post(f"/tasks/{task_id}/renew").json()["held"] is False


def test_releasing_and_skipping_give_a_listing_back(rooms: Rooms) -> None:
    task_id, listing_id = _task(rooms)
    mai = rooms.guest("Mai", Role.REVIEWER)
    mai.post(f"/listing/{listing_id}/claim")
    assert mai.post(f"/listing/{listing_id}/release").headers["location"] == "/?view=all"
    assert _decide(mai, listing_id, verdict="skip").headers["location"] == "/?view=all"
    with rooms.store.read() as session:
        assert session.get_one(ReviewTask, task_id).state is TaskState.QUEUED
    assert mai.post("/next").headers["location"].endswith("none=1")


def test_undo_brings_the_listing_back_held_and_withdraws_the_request(rooms: Rooms) -> None:
    task_id, listing_id = _task(rooms)
    mai = rooms.guest("Mai", Role.REVIEWER)
    _decide(mai, listing_id)
    decision = _latest(rooms)
    assert decision is not None
    undone = mai.post(f"/undo/{decision.id}")
    assert undone.headers["location"] == f"/listing/{listing_id}?view=all"
    with rooms.store.read() as session:
        assert effective_decision(session, listing_id) is None
        assert session.get_one(ReviewTask, task_id).claimed_by == mai.person.id
        assert session.scalar(select(TakedownRequest.state)) == "withdrawn"
    assert mai.post(f"/undo/{decision.id}").status_code == 409
    page = mai.get(f"/listing/{listing_id}?done={decision.id}").text
    assert 'class="toast"' not in page
    assert "taken back" in page


def test_undo_is_ones_own_for_ten_minutes_and_the_supervisors_later(rooms: Rooms) -> None:
    _, listing_id = _task(rooms)
    mai, linh = rooms.guest("Mai", Role.REVIEWER), rooms.guest("Linh", Role.REVIEWER)
    boss = rooms.guest("Boss", Role.SUPERVISOR)
    _decide(mai, listing_id)
    decision = _latest(rooms)
    assert decision is not None
    assert linh.post(f"/undo/{decision.id}").status_code == 409
    _move(rooms, minutes=11)
    assert mai.post(f"/undo/{decision.id}").status_code == 409
    assert boss.post(f"/undo/{decision.id}").status_code == 303


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"verdict": ""}, "Choose a verdict"),
        ({"verdict": "guilty"}, "Choose a verdict"),
        ({"taxon": ""}, "Name the animal"),
        ({"taxon": "Homo sapiens"}, "Name the animal"),
        ({"product": ""}, "Name the product"),
        ({"product": "XXX"}, "Name the product"),
        ({"form": ""}, "live, a part or a derivative"),
        ({"form": "live"}, "set both"),
        ({"legal_ground": "  "}, "Give the legal ground"),
        ({"legal_ground": "x" * 501}, "Shorten"),
        ({"note": "x" * 2001}, "Shorten"),
        ({"verdict": "not_infringing"}, "Say why it does not infringe"),
        ({"verdict": "not_infringing", "reason_code": "because"}, "Say why it does not"),
        ({"taxon_2": "Testudines"}, "Name the product"),
    ],
)
def test_an_incomplete_form_comes_back_as_typed(
    rooms: Rooms, changed: dict[str, str], message: str
) -> None:
    _, listing_id = _task(rooms)
    mai = rooms.guest("Mai", Role.REVIEWER)
    answer = _decide(mai, listing_id, **(ANSWER | {"note": "my own words"} | changed))
    assert answer.status_code == 422
    assert message in answer.text
    if "note" not in changed:
        assert "my own words" in answer.text
    assert _latest(rooms) is None


def test_a_reason_and_a_note_are_kept(rooms: Rooms) -> None:
    _, listing_id = _task(rooms)
    mai = rooms.guest("Mai", Role.REVIEWER)
    _decide(mai, listing_id, verdict="not_infringing", reason_code="mammoth", note="see picture 2")
    decision = _latest(rooms)
    assert decision is not None
    assert decision.reason_code is ReasonCode.MAMMOTH
    assert decision.note == "see picture 2"
    assert decision.subjects == []


def test_a_mixed_offer_keeps_both_animals(rooms: Rooms) -> None:
    _, listing_id = _task(rooms)
    second = {"taxon_2": "Testudines", "product_2": "LIV", "form_2": "live"}
    _decide(rooms.guest("Mai", Role.REVIEWER), listing_id, **(ANSWER | second))
    decision = _latest(rooms)
    assert decision is not None
    assert [one.taxon for one in decision.subjects] == ["Elephas maximus", "Testudines"]


def test_an_untouched_legal_ground_follows_the_animal_chosen(rooms: Rooms) -> None:
    _, listing_id = _task(rooms)
    mai = rooms.guest("Mai", Role.REVIEWER)
    filled_in = _hidden(mai, listing_id)["ground_filled_in"]
    assert filled_in
    answer = ANSWER | {"taxon": "", "taxon_other": "Panthera tigris", "legal_ground": filled_in}
    _decide(mai, listing_id, **answer)
    decision = _latest(rooms)
    assert decision is not None
    assert decision.legal_ground != filled_in
    assert decision.legal_ground.endswith("(unverified)")


def test_words_that_changed_meanwhile_are_not_decided_unread(rooms: Rooms) -> None:
    _, listing_id = _task(rooms)
    mai = rooms.guest("Mai", Role.REVIEWER)
    seen = _hidden(mai, listing_id)
    with rooms.store.write() as session:
        clock = rooms.store.clock()
        again = found("1", title="Vòng nhựa giả ngà")
        sight(session, [again], crawl=make_crawl(session, clock), country="VN", clock=clock)
    answer = mai.post(f"/listing/{listing_id}/decide", seen | ANSWER)
    assert answer.status_code == 422
    assert "changed while you read it" in answer.text
    assert "Vòng nhựa" in answer.text
    assert _decide(mai, listing_id).status_code == 303


def test_a_second_look_is_blind_on_the_page(rooms: Rooms) -> None:
    _, listing_id = _task(rooms)
    mai, linh = rooms.guest("Mai", Role.REVIEWER), rooms.guest("Linh", Role.REVIEWER)
    _decide(mai, listing_id, verdict="unsure", note="tell nobody")
    assert "tell nobody" in mai.get(f"/listing/{listing_id}").text
    page = linh.get(f"/listing/{listing_id}").text
    assert "Second look" in page
    assert "tell nobody" not in page
    with rooms.store.read() as session:
        open_task = session.scalar(select(ReviewTask).where(ReviewTask.kind == TaskKind.SECOND))
        assert open_task is not None
        assert open_task.first_reviewer_id == mai.person.id


def test_a_form_for_another_listing_is_refused(rooms: Rooms) -> None:
    _, first = _task(rooms, "1")
    _, second = _task(rooms, "2")
    mai = rooms.guest("Mai", Role.REVIEWER)
    fields = _hidden(mai, first) | ANSWER
    assert mai.post(f"/listing/{second}/decide", fields).status_code == 404
    assert _latest(rooms) is None


def test_liaisons_and_viewers_see_no_decide_form(rooms: Rooms) -> None:
    _, listing_id = _task(rooms)
    for role in (Role.LIAISON, Role.VIEWER):
        page = rooms.guest(str(role), role).get(f"/listing/{listing_id}").text
        assert 'id="decide"' not in page
        assert "needs the role reviewer" in page


def test_no_verdict_is_chosen_beforehand(rooms: Rooms) -> None:
    _, listing_id = _task(rooms)
    page = rooms.guest("Mai", Role.REVIEWER).get(f"/listing/{listing_id}").text
    verdicts = re.findall(r'<input type="radio" name="verdict"[^>]*>', page)
    assert len(verdicts) == 4
    assert not any("checked" in one for one in verdicts)


def test_the_models_guess_comes_first_then_the_groups_usual_ones(rooms: Rooms) -> None:
    with rooms.store.write() as session:
        clock = rooms.store.clock()
        listing = make_listing(session, clock)
        sighting = session.get_one(Sighting, listing.latest_sighting_id)
        one = scored(group="turtle", taxon="Cuora mouhotii")
        flag = record_score(session, sighting, one, clock)
        assert flag is not None
        queue_first(session, flag, clock=clock)
        listing_id = listing.id
    page = rooms.guest("Mai", Role.REVIEWER).get(f"/listing/{listing_id}").text
    offered = re.findall(r'name="taxon" value="([^"]+)"', page)
    assert offered[0] == "Cuora mouhotii"
    assert "Testudines" in offered
    assert len(offered) == len(set(offered)) <= 9


def test_offsets_count_code_points_not_units(rooms: Rooms) -> None:
    title, description = "😀𠀀 象牙", "🐘🐘 ngà voi thật"
    text = f"{title}\n{description}"
    reasons = [
        {"text": word, "start": text.index(word), "end": text.index(word) + len(word),
         "kind": "term", "gloss": "", "weight": 1.0}
        for word in ("象牙", "ngà voi")
    ]  # fmt: skip
    with rooms.store.write() as session:
        clock = rooms.store.clock()
        task = make_task(session, clock)
        listing = session.get_one(Listing, task.listing_id)
        again = found("1", title=title, description=description)
        sight(session, [again], crawl=make_crawl(session, clock), country="VN", clock=clock)
        sighting = session.get_one(Sighting, listing.latest_sighting_id)
        record_score(session, sighting, scored(), clock)
        session.scalars(select(Score).order_by(Score.id.desc())).first().reasons = reasons  # type: ignore[union-attr]
        listing_id = listing.id
    mai = rooms.guest("Mai", Role.REVIEWER)
    page = mai.get(f"/listing/{listing_id}").text
    assert '<span class="hit term">象牙</span>' in page
    assert '<span class="hit term">ngà voi</span>' in page
    assert '<span class="hit term">象牙</span>' in mai.get("/").text
