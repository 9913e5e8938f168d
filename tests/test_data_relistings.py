"""Relistings: who is looked out for, what is proposed, and what a person's answer does."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from data.evidence import EvidenceFolder
from data.found import EvidenceKind, FoundSeller, StoredEvidence
from data.listings import Listing, Relisting, sight
from data.looks import looks_of
from data.parts import Evidence
from data.pictures import Picture
from data.relistings import (
    Alike,
    AlreadyAnswered,
    ProposalState,
    RelistingKind,
    RelistingProposal,
    alike_pictures,
    compare_picture,
    compare_text,
    confirm,
    proposals_for,
    reject,
)
from data.requests import undo_decision
from data.reviews import Decision, ReviewTask
from data.tasks import RELISTED_PRIORITY
from data.wanted import (
    WantedListing,
    WantedText,
    alike_by_text,
    gallery_of,
    keep_views,
    keep_wanted,
    uncompared,
    unseen_pictures,
    views_in,
)
from tests import makers
from tests.planting import changed_jpeg, drawn_picture, jpeg
from tests.takedown_makers import a_sent, confirmed, prove_gone

TITLE = "Vòng ngà voi cổ, bản to"
SAID = "Nhà có cái vòng của bà nội để lại, ngà thật, nặng tay. Ai cần nhắn em, ship toàn quốc."
AGAIN = "Nhà có cái vòng bà nội để lại 🔥 NGÀ THẬT nặng tay!! Ship toàn quốc, ai cần nhắn em 0900"
OTHER = "Bàn ghế gỗ gụ, còn mới, dùng được hai năm. Chuyển nhà nên bán rẻ cho người cần."


def listing(
    session, clock, number, said=SAID, *, title=TITLE, seller="s1", platform=makers.PLATFORM,
    stored=(),
) -> Listing:  # fmt: skip
    clock.advance(timedelta(minutes=1))
    crawl = makers.make_crawl(session, clock, platform)
    one = replace(
        makers.found(number, title=title, description=said, stored=stored),
        seller=FoundSeller(external_id=seller, name=f"Shop {seller}"),
    )
    (sighted,) = sight(session, [one], crawl=crawl, country="VN", clock=clock)
    return session.get_one(Listing, sighted.listing_id)


def reported(session, clock, evidence) -> Listing:
    """A listing that was reported, and then says what these tests need it to say."""
    _, (request,) = a_sent(session, clock, evidence)
    old = request.listing
    old.title, old.description = TITLE, SAID
    session.flush()
    keep_wanted(session, clock=clock)
    return old


def image(clock, evidence: EvidenceFolder, content: bytes) -> StoredEvidence:
    now = clock.now()
    kind, media = EvidenceKind.IMAGE, "image/jpeg"
    sha256 = evidence.put(content)
    return StoredEvidence(sha256, kind, media, len(content), "https://p.example/1.jpg", now, now)


def know(session, clock, content: bytes, sha256: str) -> None:
    """Write down what a picture looks like, as its fetching does."""
    looks = looks_of(content)
    fields = {name: getattr(looks, name) for name in looks.__dataclass_fields__}
    session.add(Picture(sha256=sha256, made_at=clock.now(), **fields))
    session.flush()


def test_what_was_reported_or_is_proven_gone_is_looked_out_for(store, clock, evidence):
    with store.write() as session:
        old = reported(session, clock, evidence)
        decision = confirmed(session, clock, evidence, "2", title="Nanh hổ")
        gone = decision.listing_id
        keep_wanted(session, clock=clock)
        assert session.scalars(select(WantedListing.listing_id)).all() == [old.id]
        prove_gone(session, clock, gone)
        keep_wanted(session, clock=clock)
        assert set(session.scalars(select(WantedListing.listing_id))) == {old.id, gone}
        person = session.get_one(makers.Person, decision.reviewer_id)
        undo_decision(session, decision.id, person, clock=clock)
        keep_wanted(session, clock=clock)
        assert session.scalars(select(WantedListing.listing_id)).all() == [old.id]
        assert set(session.scalars(select(WantedText.listing_id))) == {old.id}


def test_the_index_does_not_grow_with_the_store(store, clock, evidence):
    with store.write() as session:
        reported(session, clock, evidence)
        before = session.query(WantedText).count()
        for number in range(10, 20):
            listing(session, clock, str(number), OTHER, title="Bàn ghế")
        keep_wanted(session, clock=clock)
        assert session.query(WantedText).count() == before


def test_a_search_goes_by_the_index_of_keys(store, clock, evidence):
    if store.engine.dialect.name != "sqlite":
        return
    asked: list[str] = []
    with store.write() as session:
        reported(session, clock, evidence)
        event.listen(store.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
        alike_by_text(session, SAID)
        query = next(one for one in asked if "wanted_texts" in one)
        plan = session.connection().exec_driver_sql(
            f"EXPLAIN QUERY PLAN {query}", (1,) * query.count("?")
        )
        steps = " ".join(row[3] for row in plan)
        assert "ix_wanted_texts_key (key=?)" in steps
        assert "SCAN wanted_texts" not in steps


@pytest.mark.parametrize(
    ("seller", "platform", "kind"),
    [
        ("s1", makers.PLATFORM, RelistingKind.SAME_SELLER_MEDIA),
        ("s2", makers.PLATFORM, RelistingKind.NEAR_DUPLICATE),
        ("s1", "cho-mau", RelistingKind.OTHER_PLATFORM),
    ],
)
def test_words_that_come_back_are_proposed(store, clock, evidence, seller, platform, kind):
    with store.write() as session:
        old = reported(session, clock, evidence)
        new = listing(session, clock, "9", AGAIN, seller=seller, platform=platform)
        (proposal,) = compare_text(session, new, clock=clock)
        assert (proposal.old_listing_id, proposal.kind) == (old.id, kind)
        assert proposal.reasons[0]["kind"] == "text"
        assert proposal.strength > 0.6
        named = {one["kind"] for one in proposal.reasons}
        assert ("seller" in named) == (kind is RelistingKind.SAME_SELLER_MEDIA)
        assert proposals_for(session, new.id) == [proposal]


def test_other_goods_are_not_proposed_nor_what_stood_beside_it(store, clock, evidence):
    with store.write() as session:
        beside = listing(session, clock, "8", SAID, seller="s2")
        old = reported(session, clock, evidence)
        other = listing(session, clock, "9", OTHER, title="Bàn ghế gỗ gụ", seller="s1")
        assert compare_text(session, other, clock=clock) == []
        assert compare_text(session, beside, clock=clock) == []
        assert compare_text(session, old, clock=clock) == []
        assert session.query(RelistingProposal).count() == 0


def test_what_was_rejected_is_never_proposed_again(store, clock, evidence):
    with store.write() as session:
        reported(session, clock, evidence)
        person = session.scalars(select(makers.Person)).first()
        new = listing(session, clock, "9", AGAIN, seller="s2")
        (proposal,) = compare_text(session, new, clock=clock)
        reject(session, proposal.id, person, clock=clock)
        assert compare_text(session, new, clock=clock) == []
        assert proposals_for(session, new.id) == []
        assert session.scalars(select(Relisting)).all() == []
        kept = session.get_one(RelistingProposal, proposal.id)
        assert (kept.state, kept.answered_by) == (ProposalState.REJECTED, person.id)


def test_a_confirmed_one_is_an_edge_and_a_task_at_the_top(store, clock, evidence):
    with store.write() as session:
        old = reported(session, clock, evidence)
        person = session.scalars(select(makers.Person)).first()
        new = listing(session, clock, "9", AGAIN, seller="s2")
        (proposal,) = compare_text(session, new, clock=clock)
        confirm(session, proposal.id, person, clock=clock)
        edge = session.scalars(select(Relisting)).one()
        assert (edge.old_listing_id, edge.new_listing_id) == (old.id, new.id)
        assert (edge.kind, edge.confirmed_by) == ("near_duplicate", person.id)
        task = session.scalars(select(ReviewTask).where(ReviewTask.listing_id == new.id)).one()
        assert (task.priority, task.why) == (RELISTED_PRIORITY, "relisted")
        with pytest.raises(AlreadyAnswered):
            reject(session, proposal.id, person, clock=clock)
        assert session.query(Decision).filter_by(listing_id=new.id).count() == 0


def test_a_picture_that_comes_back_is_proposed_with_both_copies(store, clock, evidence):
    with store.write() as session:
        old = reported(session, clock, evidence)
        drawing = drawn_picture(1)
        content = jpeg(drawing)
        kept = image(clock, evidence, content)
        session.add(
            Evidence(
                sha256=kept.sha256, kind=kept.kind, size=1, captured_at=clock.now(),
                stored_at=clock.now(), sighting_id=old.latest_sighting_id,
            )
        )  # fmt: skip
        session.flush()
        (waiting,) = unseen_pictures(session)
        keep_views(session, [(waiting, views_in(evidence, waiting))])
        assert unseen_pictures(session) == []
        copies = {
            "9": changed_jpeg(drawing, "mirrored", random.Random(4)),
            "10": changed_jpeg(drawing, "cropped 10 %", random.Random(4)),
            "11": jpeg(drawn_picture(2)),
        }
        for number, copy in copies.items():
            stored = image(clock, evidence, copy)
            listing(session, clock, number, OTHER, title="Đồ cũ", seller="s3", stored=(stored,))
            know(session, clock, copy, stored.sha256)
        gallery = gallery_of(session)
        found = []
        for part, picture in uncompared(session, 10):
            shares = alike_pictures(part, picture, gallery, evidence)
            found += compare_picture(session, part, shares, clock=clock)
        assert {one.new.external_id for one in found} == {"9", "10"}
        for one in found:
            (reason,) = one.reasons
            assert reason["kind"] == "picture"
            assert reason["old"] != reason["new"]


def test_a_sellers_own_pictures_need_to_be_less_alike():
    for bits, share, others, own in ((20, 0.7, 1, 1), (28, 0.7, 0, 1), (20, 0.55, 0, 1)):
        alike = Alike(bits, share)
        assert alike.is_enough(same_seller=False) == bool(others)
        assert alike.is_enough(same_seller=True) == bool(own)
    assert not Alike(20, 0.4).is_enough(same_seller=True)
