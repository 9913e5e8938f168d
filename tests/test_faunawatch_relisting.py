"""Relistings are looked for where listings are scored and where pictures have come."""

import random
from pathlib import Path

import pytest
from sqlalchemy import select

from data.listings import Listing
from data.parts import Evidence
from data.relistings import RelistingProposal
from data.store import Store
from data.wanted import ComparedPicture, WantedPicture
from faunawatch import scoring
from faunawatch.house import House
from faunawatch.models import TeamModel
from faunawatch.relisting import compare_pictures, look_out
from tests.models import small_model
from tests.planting import changed_jpeg, drawn_picture, jpeg
from tests.test_data_relistings import AGAIN, OTHER, image, know, listing, reported


@pytest.fixture
def house(store: Store, tmp_path: Path, monkeypatch) -> House:
    using = TeamModel("small", small_model())
    monkeypatch.setattr(scoring, "active_model", lambda _: using)
    return House(tmp_path, "", store)


def shown(session, clock, house: House, one: Listing, content: bytes) -> None:
    stored = image(clock, house.evidence, content)
    now = clock.now()
    session.add(
        Evidence(
            sha256=stored.sha256, kind=stored.kind, size=1, captured_at=now, stored_at=now,
            sighting_id=one.latest_sighting_id,
        )
    )  # fmt: skip


def test_scoring_proposes_what_repeats_reported_words(house: House, clock) -> None:
    with house.store.write() as session:
        old = reported(session, clock, house.evidence).id
        new = listing(session, clock, "9", AGAIN, seller="s2").id
        listing(session, clock, "10", OTHER, title="Bàn ghế", seller="s2")
    scoring.score_waiting(house)
    with house.store.read() as session:
        proposal = session.scalars(select(RelistingProposal)).one()
        assert (proposal.old_listing_id, proposal.new_listing_id) == (old, new)


def test_every_picture_is_compared_once(house: House, clock) -> None:
    drawing = drawn_picture(3)
    copy = changed_jpeg(drawing, "bordered", random.Random(1))
    with house.store.write() as session:
        shown(session, clock, house, reported(session, clock, house.evidence), jpeg(drawing))
        new = listing(session, clock, "9", OTHER, title="Đồ cũ", seller="s2")
        shown(session, clock, house, new, copy)
        know(session, clock, copy, house.evidence.put(copy))
        new_id = new.id
    look_out(house)
    assert compare_pictures(house) == 1
    assert compare_pictures(house) == 0
    with house.store.read() as session:
        proposal = session.scalars(select(RelistingProposal)).one()
        assert proposal.new_listing_id == new_id
        assert session.query(ComparedPicture).count() == 1


def test_bytes_that_are_gone_are_not_asked_for_again(house: House, clock) -> None:
    with house.store.write() as session:
        old = reported(session, clock, house.evidence)
        shown(session, clock, house, old, jpeg(drawn_picture(3)))
        sha256 = session.scalars(
            select(Evidence.sha256).where(Evidence.sighting_id == old.latest_sighting_id)
        ).all()[-1]
    house.evidence.path_of(sha256).unlink()
    look_out(house)
    look_out(house)
    with house.store.read() as session:
        assert session.scalars(select(WantedPicture.views)).all() == [b""]
