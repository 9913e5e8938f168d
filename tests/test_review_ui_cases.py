"""A liaison asks for a case and receives its file; nobody else does."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from data.base import ManualClock
from data.custody import Act, CustodyRow
from data.exports.case.verify import check
from data.jobs import Job, JobKind
from data.people import Role
from faunawatch.house import House
from faunawatch.jobs import do_job
from tests.cases import a_case
from tests.rooms import Rooms, rooms_in


@pytest.fixture
def rooms(tmp_path: Path, sqlite_template: Path) -> Iterator[Rooms]:
    with rooms_in(tmp_path, sqlite_template) as opened:
        yield opened


def _a_listing(rooms: Rooms) -> int:
    with rooms.store.write() as session:
        return a_case(session, ManualClock(rooms.wall.now()), rooms.evidence, sightings=1)


def _jobs(rooms: Rooms) -> list[Job]:
    with rooms.store.read() as session:
        found = list(session.scalars(select(Job).where(Job.kind == JobKind.EXPORT)))
        session.expunge_all()
    return found


def test_a_liaison_asks_for_a_case_and_saves_its_file(rooms: Rooms, tmp_path: Path) -> None:
    listing_id = _a_listing(rooms)
    lan = rooms.guest("Lan", Role.LIAISON)
    assert "Export a case" in lan.get(f"/listing/{listing_id}").text
    for _ in range(2):
        answer = lan.post(f"/listing/{listing_id}/case")
        assert (answer.status_code, answer.headers["location"]) == (303, "/listing/1#case")
    (job,) = _jobs(rooms)
    assert (job.arguments, job.asked_by) == ({"listing": listing_id}, f"person:{lan.person.id}")
    assert "One is being made" in lan.get(f"/listing/{listing_id}").text
    told = do_job(House(rooms.evidence.folder.parent, "", rooms.store), job)
    shown = lan.get(f"/listing/{listing_id}").text
    assert told["sha256"] in shown
    assert "No time-stamp authority is configured" in shown
    (path,) = re.findall(r'action="(/cases/\d+/file)"', shown)
    saved = lan.post(path)
    assert saved.headers["content-disposition"] == f'attachment; filename="{told["name"]}"'
    assert saved.headers["content-type"] == "application/zip"
    file = tmp_path / "case.zip"
    file.write_bytes(saved.content)
    assert check(file).problems == []
    with rooms.store.read() as session:
        rows = list(session.scalars(select(CustodyRow).order_by(CustodyRow.id)))
        assert [row.act for row in rows] == [Act.EXPORTED, Act.WRITTEN, Act.HANDED_OUT]
        assert {row.actor for row in rows} == {f"person:{lan.person.id}"}
        assert rows[-1].detail == {"file": hashlib.sha256(saved.content).hexdigest()}


def test_others_neither_see_nor_get_a_case(rooms: Rooms) -> None:
    listing_id = _a_listing(rooms)
    linh = rooms.guest("Linh", Role.REVIEWER)
    assert 'id="case"' not in linh.get(f"/listing/{listing_id}").text
    assert linh.post(f"/listing/{listing_id}/case").status_code == 403
    assert linh.post("/cases/1/file").status_code == 403
    assert _jobs(rooms) == []
    stranger = rooms.browser()
    assert stranger.post(f"/listing/{listing_id}/case").status_code in (303, 401, 403)
    assert _jobs(rooms) == []
    lan = rooms.guest("Lan", Role.LIAISON)
    assert lan.post("/listing/999/case").status_code == 404
    assert lan.post("/cases/999/file").status_code == 404


def test_a_case_whose_bytes_are_damaged_is_not_handed_out(rooms: Rooms) -> None:
    listing_id = _a_listing(rooms)
    lan = rooms.guest("Lan", Role.SUPERVISOR)
    lan.post(f"/listing/{listing_id}/case")
    (job,) = _jobs(rooms)
    told = do_job(House(rooms.evidence.folder.parent, "", rooms.store), job)
    rooms.evidence.path_of(told["sha256"]).write_bytes(b"rot")
    answer = lan.post("/cases/1/file")
    assert answer.status_code == 410
    assert "backup" in answer.text
    with rooms.store.read() as session:
        acts = list(session.scalars(select(CustodyRow.act)))
        assert Act.HANDED_OUT not in acts
