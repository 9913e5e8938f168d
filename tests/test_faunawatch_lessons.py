"""What is learned from: verdicts in force with their words, never what models are tested on."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from data.corpus import CorpusRow
from data.decisions import undo
from data.draws import Drawn
from data.listings import Listing, sight
from data.missed import is_offer
from data.people import Role
from data.reviews import Answer, Decision, Form, ReasonCode, ReviewTask, Subject, Verdict
from data.tables import BadReference
from data.tasks import queue_drawn, queue_first
from faunawatch.lessons import gather, never_learned, read_corpus, read_extra
from faunawatch.sample.market import load_market
from tests.makers import (
    INFRINGING,
    NOT_INFRINGING,
    found,
    make_crawl,
    make_decision,
    make_flag,
    make_listing,
    make_person,
)
from tests.models import few_rows

MANTA = Answer(
    Verdict.INFRINGING, subjects=(Subject("Manis spp.", "SCA", Form.PART),), legal_ground="law"
)


@pytest.fixture
def mai(store, clock):
    with store.write() as session:
        return make_person(session, clock, roles=(Role.REVIEWER, Role.SUPERVISOR))


def decide(session, clock, person, external_id, answer, **said):
    """Sight, flag and decide a listing; nobody else reads, so no second look is asked for."""
    one = found(external_id, **said)
    crawl = make_crawl(session, clock)
    (sighted,) = sight(session, [one], crawl=crawl, country="VN", clock=clock)
    listing = session.get_one(Listing, sighted.listing_id)
    task = queue_first(session, make_flag(session, listing, clock), clock=clock)
    assert task is not None
    return make_decision(session, task, person, clock, answer)


def decided_rows(session) -> list[CorpusRow]:
    return [row for row in gather(session, ()).rows if row.id.startswith("listing-")]


def test_verdicts_become_rows_with_the_words_that_were_decided(store, clock, mai):
    with store.write() as session:
        decide(session, clock, mai, "1", INFRINGING, title="Ngà voi nguyên chiếc")
        clock.advance(timedelta(hours=1))
        changed = [found("1", title="Ghế gỗ sân vườn cũ")]
        sight(session, changed, crawl=make_crawl(session, clock), country="VN", clock=clock)
        (row,) = decided_rows(session)
    assert row.title == "Ngà voi nguyên chiếc"
    assert (row.lang, row.offered, row.groups, row.kind) == ("vi", True, ("elephant",), "offer")
    assert (row.taxon, row.product) == ("Elephantidae", "IJW")


@pytest.mark.parametrize(
    ("answer", "offered", "kind"),
    [
        (NOT_INFRINGING, False, "imitation"),
        (Answer(Verdict.NOT_INFRINGING, reason_code=ReasonCode.MAMMOTH), False, "other_wildlife"),
        (Answer(Verdict.NOT_INFRINGING, reason_code=ReasonCode.LEGAL_TAXON), True, "offer"),
        (
            Answer(Verdict.NOT_INFRINGING, reason_code=ReasonCode.CLAIMED_BUT_LIKELY_FAKE),
            True,
            "offer",
        ),
        (MANTA, False, "other_wildlife"),
    ],
)
def test_offered_is_what_is_offered_and_not_what_is_illegal(
    store, clock, mai, answer, offered, kind
):
    with store.write() as session:
        decide(session, clock, mai, "1", answer)
        (row,) = decided_rows(session)
    assert (row.offered, row.kind, bool(row.groups)) == (offered, kind, offered)


@pytest.mark.parametrize("reason", list(ReasonCode))
def test_every_reason_is_an_offer_or_not(reason):
    assert is_offer(Verdict.INFRINGING, None)
    assert is_offer(Verdict.NOT_INFRINGING, reason) in {True, False}


def test_unsure_undone_and_awaited_verdicts_are_no_labels(store, clock, mai):
    with store.write() as session:
        decide(session, clock, mai, "unsure", Answer(Verdict.UNSURE), title="Một chiếc lược cũ")
        undone = decide(session, clock, mai, "undone", INFRINGING, title="Răng nanh treo cổ")
        undo(session, undone.id, mai, clock=clock)
        make_person(session, clock, "Linh")
        decide(session, clock, mai, "awaited", NOT_INFRINGING, title="Cao hổ cốt nấu tay")
        waiting = session.scalars(select(ReviewTask.why).where(ReviewTask.why == "second look"))
        assert waiting.all() == ["second look"]
        assert decided_rows(session) == []


def test_of_the_same_words_the_newest_verdict_counts(store, clock, mai):
    with store.write() as session:
        decide(session, clock, mai, "1", INFRINGING, price="100")
        clock.advance(timedelta(days=1))
        decide(session, clock, mai, "2", NOT_INFRINGING, price="200")
        (row,) = decided_rows(session)
    assert not row.offered


def test_near_duplicates_share_one_concept_with_each_other_and_the_corpus(store, clock, mai):
    base = few_rows()[0]
    with store.write() as session:
        for number, more in enumerate(("", " nhé", " ạ")):
            title, description = base.title, base.description + more + f" {number}00"
            said = {"title": title, "description": description}
            decide(session, clock, mai, str(number), INFRINGING, **said)
        lessons = gather(session, few_rows())
    decided = [row for row in lessons.rows if row.id.startswith("listing-")]
    assert len(decided) >= 2
    assert {row.concept for row in decided} == {base.concept}
    assert lessons.counts["decided"] == len(decided)


def test_a_drawn_offer_without_an_animal_teaches_nothing(store, clock, mai):
    legal = Answer(Verdict.NOT_INFRINGING, reason_code=ReasonCode.LEGAL_TAXON)
    with store.write() as session:
        listing = make_listing(session, clock)
        listing.lang = "vi"
        task = queue_drawn(session, listing, Drawn.SAMPLE, clock=clock)
        assert task is not None
        make_decision(session, task, mai, clock, legal)
        lessons = gather(session, ())
    assert lessons.rows == ()
    assert lessons.left_out == {"they are offers of an animal that nobody named": 1}


def test_decided_texts_of_the_sample_marketplace_are_left_out_and_told(store, clock, mai):
    shown = next(one for one in load_market().listings if one.lang == "vi")
    said = {"title": shown.title.upper(), "description": shown.description}
    with store.write() as session:
        decide(session, clock, mai, "1", INFRINGING, **said)
        lessons = gather(session, ())
        assert session.scalars(select(Decision.id)).all()
    assert lessons.rows == ()
    assert sum(lessons.left_out.values()) == 1
    assert "sample marketplace" in next(iter(lessons.left_out))


def written(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


ROW = {
    "id": "own-1", "lang": "vi", "concept": "own", "voice": "we", "title": "Vảy rùa biển làm lược",
    "description": "", "price": "", "currency": "", "category": "", "seller_text": "",
    "country": "VN", "offered": 1, "groups": ["turtle"], "product": "SCA", "taxon": "",
    "style": "plain", "kind": "offer",
}  # fmt: skip


def test_extra_labels_are_read_in_the_corpus_format(tmp_path):
    (row,) = read_extra([written(tmp_path / "own.jsonl", ROW)])
    assert (row.id, row.groups) == ("own-1", ("turtle",))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"lang": "fr"}, "lang"),
        ({"title": 7}, "title"),
        ({"groups": "turtle"}, "groups"),
        ({"kind": "toy_or_print"}, "kind"),
        ({"taxon": "Draco mythicus"}, "taxon"),
    ],
)
def test_a_wrong_extra_label_is_told_with_file_line_and_field(tmp_path, wrong, field):
    path = written(tmp_path / "own.jsonl", ROW, {**ROW, "id": "own-2", **wrong})
    with pytest.raises(BadReference, match=rf"own\.jsonl, line 2, field {field}:"):
        read_extra([path])


@pytest.mark.parametrize("line", [b"not json\n", b"[1]\n", b'{"title": "\xff"}\n', b"\n"])
def test_what_is_no_row_is_told_with_its_line(tmp_path, line):
    path = tmp_path / "own.jsonl"
    path.write_bytes(json.dumps(ROW).encode() + b"\n" + line)
    with pytest.raises(BadReference, match="line 2"):
        read_extra([path])


def test_texts_of_the_sample_marketplace_and_of_test_sets_are_refused(tmp_path):
    shown = next(one for one in load_market().listings if one.lang == "th")
    said = {"lang": "th", "title": f"  {shown.title} !", "description": shown.description.upper()}
    path = written(tmp_path / "own.jsonl", ROW, {**ROW, "id": "own-2", **said})
    with pytest.raises(BadReference, match=r"line 2, field title: .*the sample marketplace"):
        read_extra([path])
    assert any("a frozen test set" in where for where in never_learned().values())


def test_the_shipped_corpus_holds_no_such_text():
    assert len(read_corpus()) > 5000
