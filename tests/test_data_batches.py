"""Batches: pre-flight, freezing once and for ever, numbers without gaps, marking as sent."""

import csv
import io
import json
import threading
from datetime import timedelta

import openpyxl
import pytest

from data.audit import first_broken
from data.availability import Outcome
from data.batches import (
    NoSuchBatch,
    add,
    batch_named,
    candidates,
    check,
    discard,
    draft_for,
    lines_of,
    members,
    remove,
)
from data.casefile import page_evidence
from data.exports.columns import COLUMNS, REPLY_COLUMNS
from data.exports.frozen import Blocked, NothingToFreeze, export, files_of, freeze
from data.home import HomeKind, the_home
from data.preflight import Code
from data.requests import withdraw
from data.sending import CannotSend, Sent, mark_sent
from data.states import BatchState, NotAllowed, RequestState
from data.takedowns import TakedownBatch
from tests import makers
from tests.takedown_makers import (
    TO,
    a_draft,
    a_frozen,
    a_sent,
    confirmed,
    look,
    request_for,
)


def codes(session, request, clock, evidence=None):
    problems = check(session, [request], clock.now(), evidence)[request.id]
    return {problem.code for problem in problems if problem.blocking}


def test_a_draft_holds_ready_requests_of_its_platform(store, clock, evidence):
    with store.write() as session:
        batch, requests = a_draft(session, clock, evidence, ["1", "2"])
        assert members(session, batch) == requests
        assert candidates(session, makers.PLATFORM) == []
        assert draft_for(session, makers.PLATFORM, actor="t", clock=clock) is batch
        remove(session, batch, requests[0].id, actor="t", clock=clock)
        assert requests[0].state is RequestState.READY
        assert candidates(session, makers.PLATFORM) == [requests[0]]


def test_what_is_not_ready_stays_out(store, clock, evidence):
    with store.write() as session:
        decision = confirmed(session, clock, evidence)
        request = request_for(session, decision.listing_id)
        clock.advance(timedelta(days=3))
        batch = draft_for(session, makers.PLATFORM, actor="t", clock=clock)
        assert add(session, batch, [request.id], actor="t", clock=clock) == []
        assert codes(session, request, clock) == {Code.NOT_LIVE_LATELY}


def test_preflight_names_each_fault(store, clock, evidence):
    with store.write() as session:
        _, (request,) = a_draft(session, clock, evidence)
        assert codes(session, request, clock, evidence) == set()
        request.listing.url = ""
        request.decision.legal_ground = " "
        session.flush()
        assert codes(session, request, clock) == {Code.NO_URL, Code.NO_LEGAL_GROUND}
        evidence.path_of(request.decision.sighting_id and _sha(session, request)).unlink()
        assert Code.EVIDENCE_DAMAGED in codes(session, request, clock, evidence)


def _sha(session, request):
    return page_evidence(session, request.decision.sighting_id)[0]


def test_damaged_evidence_stops_freezing(store, clock, evidence):
    with store.write() as session:
        batch, (request,) = a_draft(session, clock, evidence)
        evidence.path_of(_sha(session, request)).write_bytes(b"not what it was")
        with pytest.raises(Blocked, match="restore the evidence from a backup"):
            freeze(session, evidence, batch, TO, actor="t", clock=clock)


def test_a_listing_that_went_missing_stops_freezing(store, clock, evidence):
    with store.write() as session:
        batch, (request,) = a_draft(session, clock, evidence)
        clock.advance(timedelta(hours=1))
        look(session, clock, request.listing_id, Outcome.REMOVED)
        assert codes(session, request, clock) == {Code.LISTING_GONE}
        with pytest.raises(Blocked):
            freeze(session, evidence, batch, TO, actor="t", clock=clock)


def test_an_empty_batch_is_not_frozen(store, clock, evidence):
    with store.write() as session:
        batch = draft_for(session, makers.PLATFORM, actor="t", clock=clock)
        with pytest.raises(NothingToFreeze):
            freeze(session, evidence, batch, TO, actor="t", clock=clock)


def test_freezing_gives_number_lines_and_four_files(store, clock, evidence):
    with store.write() as session:
        batch, requests = a_frozen(session, clock, evidence, ["1", "2"])
        assert batch.number == "PASAR-CONTOH-2026-0001"
        assert [line.request_id for line in lines_of(session, batch)] == [r.id for r in requests]
        assert [one.name.rpartition(".")[2] for one in files_of(session, batch)] == [
            "csv",
            "json",
            "txt",
            "xlsx",
        ]
        assert len(batch.audit_head) == 64
        assert first_broken(session) is None
        with pytest.raises(NotAllowed):
            add(session, batch, [requests[0].id], actor="t", clock=clock)
        with pytest.raises(NotAllowed):
            freeze(session, evidence, batch, TO, actor="t", clock=clock)


def test_the_same_columns_in_all_three_sheets(store, clock, evidence, tmp_path):
    with store.write() as session:
        batch, _ = a_frozen(session, clock, evidence)
        paths = export(session, evidence, batch.number.lower(), tmp_path / "out")
    by_kind = {path.suffix: path for path in paths}
    wanted = [*COLUMNS, *REPLY_COLUMNS]
    text = by_kind[".csv"].read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    whole = json.loads(by_kind[".json"].read_text(encoding="utf-8"))
    page = openpyxl.load_workbook(by_kind[".xlsx"]).worksheets[0]
    cells = [[str(cell or "") for cell in row] for row in page.iter_rows(values_only=True)]
    assert list(rows[0]) == whole["columns"] == cells[0] == wanted
    assert rows == whole["rows"] == [dict(zip(cells[0], cells[1], strict=True))]
    assert rows[0]["url"] == "https://pasar.example/item/1"
    assert rows[0]["evidence_sha256"]
    assert "DEMO" not in text


def test_exporting_again_gives_the_same_bytes(store, clock, evidence, tmp_path):
    with store.write() as session:
        batch, (request,) = a_frozen(session, clock, evidence)
        first = [one.read_bytes() for one in export(session, evidence, batch.number, tmp_path)]
        request.listing.title = "changed since"
        clock.advance(timedelta(days=9))
        again = export(session, evidence, batch.number, tmp_path / "again")
        assert [one.read_bytes() for one in again] == first
        with pytest.raises(NoSuchBatch):
            batch_named(session, "PASAR-CONTOH-2026-0002")


def test_a_discarded_number_is_never_used_again(store, clock, evidence):
    with store.write() as session:
        batch, (request,) = a_frozen(session, clock, evidence)
        discard(session, batch, actor="t", clock=clock)
        assert (request.state, request.batch_id) == (RequestState.READY, None)
        again = draft_for(session, makers.PLATFORM, actor="t", clock=clock)
        add(session, again, [request.id], actor="t", clock=clock)
        freeze(session, evidence, again, TO, actor="t", clock=clock)
        assert again.number == "PASAR-CONTOH-2026-0002"
        assert batch.state is BatchState.DISCARDED


def freeze_and_crash(store, clock, evidence):
    with store.write() as session:
        freeze(session, evidence, session.get(TakedownBatch, 1), TO, actor="t", clock=clock)
        raise RuntimeError


def test_a_rolled_back_freeze_uses_no_number(store, clock, evidence):
    with store.write() as session:
        a_draft(session, clock, evidence)
    with pytest.raises(RuntimeError):
        freeze_and_crash(store, clock, evidence)
    with store.write() as session:
        batch = session.get(TakedownBatch, 1)
        assert batch.state is BatchState.DRAFT
        freeze(session, evidence, batch, TO, actor="t", clock=clock)
        assert batch.number.endswith("-0001")


def test_two_batches_frozen_at_once_get_two_numbers(store, clock, evidence):
    with store.write() as session:
        first, _ = a_draft(session, clock, evidence, ["1"])
        decision = confirmed(session, clock, evidence, "2")
        second = TakedownBatch(
            platform_id=makers.PLATFORM, state=BatchState.DRAFT, created_at=clock.now()
        )
        session.add(second)
        session.flush()
        request = request_for(session, decision.listing_id)
        add(session, second, [request.id], actor="t", clock=clock)
        ids = [first.id, second.id]
    start, failures = threading.Barrier(2), []

    def work(batch_id: int) -> None:
        start.wait()
        try:
            with store.write() as session:
                batch = session.get_one(TakedownBatch, batch_id)
                freeze(session, evidence, batch, TO, actor="t", clock=clock)
        except Exception as error:  # noqa: BLE001  (a thread must hand its failure over)
            failures.append(error)

    threads = [threading.Thread(target=work, args=(one,)) for one in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with store.read() as session:
        numbers = {session.get_one(TakedownBatch, one).number for one in ids}
    assert numbers == {"PASAR-CONTOH-2026-0001", "PASAR-CONTOH-2026-0002"}


def test_one_batch_frozen_by_two_is_frozen_once(store, clock, evidence):
    with store.write() as session:
        batch, _ = a_draft(session, clock, evidence)
        batch_id = batch.id
    start, results = threading.Barrier(2), []

    def work() -> None:
        start.wait()
        try:
            with store.write() as session:
                one = session.get_one(TakedownBatch, batch_id)
                freeze(session, evidence, one, TO, actor="t", clock=clock)
            results.append("frozen")
        except NotAllowed:
            results.append("refused")

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["frozen", "refused"]


def test_marking_as_sent_starts_the_clocks(store, clock, evidence):
    with store.write() as session:
        batch, requests = a_sent(session, clock, evidence, ["1", "2"])
        assert batch.state is BatchState.SENT
        assert {one.state for one in requests} == {RequestState.SENT}
        assert requests[0].sent_at == clock.now()
        assert requests[0].listing.next_recheck_at == clock.now() + timedelta(days=1)


@pytest.mark.parametrize(
    ("channel", "hours", "message"),
    [(" ", 0, "Say how"), ("e-mail", 1, "in the future"), ("e-mail", -1, "before the batch")],
)
def test_sending_needs_a_channel_and_a_possible_date(
    store, clock, evidence, channel, hours, message
):
    with store.write() as session:
        batch, _ = a_frozen(session, clock, evidence)
        sent = Sent(channel, clock.now() + timedelta(hours=hours))
        with pytest.raises(CannotSend, match=message):
            mark_sent(session, batch, sent, actor="t", clock=clock)


def test_a_draft_cannot_be_sent(store, clock, evidence):
    with store.write() as session:
        batch, _ = a_draft(session, clock, evidence)
        with pytest.raises(NotAllowed):
            mark_sent(session, batch, Sent("e-mail", clock.now()), actor="t", clock=clock)


def test_a_withdrawn_row_is_out_of_a_draft_at_once(store, clock, evidence):
    with store.write() as session:
        batch, (request,) = a_draft(session, clock, evidence)
        withdraw(session, request, actor="t", clock=clock)
        assert members(session, batch) == []


def test_a_demo_batch_says_demo_in_every_file(store, clock, evidence, tmp_path):
    with store.write() as session:
        the_home(session).kind = HomeKind.DEMO
        session.flush()
        batch, _ = a_frozen(session, clock, evidence)
        paths = export(session, evidence, batch.number, tmp_path)
    for path in paths:
        assert path.name.startswith("DEMO-")
        if path.suffix == ".xlsx":
            book = openpyxl.load_workbook(path)
            assert book.worksheets[0].title.startswith("DEMO")
            assert str(book.worksheets[0].cell(2, len(COLUMNS) + 5).value).startswith("DEMO")
        else:
            assert "DEMO" in path.read_text(encoding="utf-8-sig")
