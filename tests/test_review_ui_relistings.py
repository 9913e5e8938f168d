"""The relisting panel: both offers side by side, and only reviewers may answer."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from data.listings import Relisting
from data.people import Role
from data.relistings import ProposalState, RelistingProposal, compare_text
from data.reviews import ReviewTask
from tests.rooms import Rooms, rooms_in
from tests.test_data_relistings import AGAIN, SAID, listing, reported


@pytest.fixture
def rooms(tmp_path: Path, sqlite_template: Path) -> Iterator[Rooms]:
    with rooms_in(tmp_path, sqlite_template) as opened:
        yield opened


@pytest.fixture
def proposal(rooms: Rooms, clock) -> RelistingProposal:
    with rooms.store.write() as session:
        reported(session, clock, rooms.evidence)
        new = listing(session, clock, "9", AGAIN + " <b>x</b>", seller="s2")
        (found,) = compare_text(session, new, clock=clock)
        session.expunge_all()
    return found


def answered(rooms: Rooms, proposal: RelistingProposal) -> ProposalState:
    with rooms.store.read() as session:
        return session.get_one(RelistingProposal, proposal.id).state


def test_both_offers_stand_side_by_side_with_reasons(rooms, proposal):
    reviewer = rooms.guest("Rin", Role.REVIEWER)
    text = reviewer.get(f"/listing/{proposal.new_listing_id}").text
    panel = text[text.index('id="relisting-') : text.index("Decided before")]
    assert "Words" in panel
    assert "% alike" in panel
    assert "of the" not in SAID
    assert "nặng tay" in panel
    assert "<del>" in panel
    assert "<ins>" in panel
    assert "<b>x</b>" not in panel, "a seller's words are never markup"
    assert f'action="/relistings/{proposal.id}/confirm"' in panel
    other = reviewer.get(f"/listing/{proposal.old_listing_id}").text
    assert "relisting-" not in other


def test_confirming_makes_the_edge_the_task_and_the_strike(rooms, proposal):
    reviewer = rooms.guest("Rin", Role.REVIEWER)
    answer = reviewer.post(f"/relistings/{proposal.id}/confirm", {"view": "all"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"/listing/{proposal.new_listing_id}")
    page = reviewer.get(f"/listing/{proposal.new_listing_id}").text
    assert "Return of" in page
    assert "Back again" in page
    assert "1 came back" in page
    assert "Came back as" in reviewer.get(f"/listing/{proposal.old_listing_id}").text
    with rooms.store.read() as session:
        assert session.scalars(select(Relisting.confirmed_by)).one() == reviewer.person.id
        assert session.scalar(
            select(ReviewTask.why).where(ReviewTask.listing_id == proposal.new_listing_id)
        )
    again = reviewer.post(f"/relistings/{proposal.id}/reject")
    assert again.status_code == 409
    assert answered(rooms, proposal) is ProposalState.CONFIRMED


def test_rejecting_takes_it_off_the_page_for_good(rooms, proposal):
    reviewer = rooms.guest("Rin", Role.REVIEWER)
    assert reviewer.post(f"/relistings/{proposal.id}/reject").status_code == 303
    assert "relisting-" not in reviewer.get(f"/listing/{proposal.new_listing_id}").text
    assert answered(rooms, proposal) is ProposalState.REJECTED


def test_only_reviewers_answer_and_only_from_a_page_of_ours(rooms, proposal):
    liaison = rooms.guest("Lan", Role.LIAISON)
    page = liaison.get(f"/listing/{proposal.new_listing_id}").text
    assert "Saying so needs the role reviewer" in page
    assert "/confirm" not in page
    for verb in ("confirm", "reject"):
        path = f"/relistings/{proposal.id}/{verb}"
        assert liaison.post(path).status_code == 403
        assert rooms.browser().post(path).status_code in {303, 401, 403}
        reviewer = rooms.enter(rooms.person(f"Noi {verb}", Role.REVIEWER))
        assert reviewer.browser.post(path, data={"csrf": "x"}).status_code == 403
    assert answered(rooms, proposal) is ProposalState.OPEN
    assert rooms.guest("Rin", Role.REVIEWER).post("/relistings/999/confirm").status_code == 404
