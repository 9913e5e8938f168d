"""The notice: everything a platform needs, nothing that must stay inside."""

from datetime import UTC, datetime

from data.exports.frozen import Addressee, documents
from data.exports.notice import DEMO, as_text
from data.home import HomeKind, the_home
from data.reviews import Decision
from tests.takedown_makers import a_draft

TO = Addressee("Pasar Contoh", "Asia/Ho_Chi_Minh", "Rule 7: no wildlife")


def notice_of(session, clock, evidence, **home):
    batch, requests = a_draft(session, clock, evidence)
    for name, value in {
        "organisation": "Example Wildlife Watch",
        "signatory": "A. Name",
        "contact_email": "desk@watch.example",
        "authority": "",
        **home,
    }.items():
        setattr(the_home(session), name, value)
    session.flush()
    _, notice = documents(session, batch, requests, TO, clock=clock)
    return as_text(notice), requests[0]


def test_it_has_the_four_elements_of_a_notice(store, clock, evidence):
    with store.write() as session:
        text, _ = notice_of(session, clock, evidence)
    assert "https://pasar.example/item/1" in text
    assert "Why illegal" in text
    assert "Decree 06/2019, Group IB (unverified)" in text
    assert "Name           A. Name" in text
    assert "E-mail         desk@watch.example" in text
    assert "Statement of good faith: We hold in good faith" in text


def test_it_names_animal_product_words_times_and_evidence(store, clock, evidence):
    with store.write() as session:
        text, request = notice_of(session, clock, evidence)
    assert "Elephantidae (Elephants, voi)" in text
    assert "ivory jewellery [IJW] (part)" in text
    assert '"ngà voi" = elephant ivory' in text
    assert "2026-11-01 12:00 UTC (2026-11-01 19:00 Asia/Ho_Chi_Minh)" in text
    assert "Seller         s1, shown as Shop Mẫu" in text
    assert "Your policy: Rule 7: no wildlife" in text
    assert "attempt 1" in text
    assert "confirmed by a person on 2026-11-01" in text
    assert request.listing.external_id in text


def test_it_never_shows_scores_notes_or_reviewers(store, clock, evidence):
    with store.write() as session:
        batch, requests = a_draft(session, clock, evidence)
        decision = session.get_one(Decision, requests[0].decision_id)
        decision.note = "tip from a neighbour"
        session.flush()
        _, notice = documents(session, batch, requests, TO, clock=clock)
        text = as_text(notice)
    for hidden in ("neighbour", "Mai", "0.9", "weight"):
        assert hidden not in text


def test_what_the_settings_lack_is_said(store, clock, evidence):
    with store.write() as session:
        text, _ = notice_of(session, clock, evidence, organisation="", contact_email="")
    assert "(organisation missing)" in text
    assert "(e-mail missing)" in text


def test_a_demo_notice_says_so_first_and_last(store, clock, evidence):
    with store.write() as session:
        text, _ = notice_of(session, clock, evidence, kind=HomeKind.DEMO)
    assert text.startswith(DEMO)
    assert text.rstrip().endswith(DEMO)


def test_a_hostile_title_stays_on_its_line(store, clock, evidence):
    with store.write() as session:
        batch, requests = a_draft(session, clock, evidence)
        requests[0].listing.title = "ivory\nE-mail         evil@x.example\u202e\x1b[31m"
        session.flush()
        _, notice = documents(session, batch, requests, TO, clock=clock)
        text = as_text(notice)
    assert "Title          ivory E-mail evil@x.example[31m\n" in text
    assert "\nE-mail         evil" not in text
    assert text.isprintable() or not set(text) & {"\u202e", "\x1b"}


def test_the_preview_is_dated_now(store, clock, evidence):
    clock.moment = datetime(2026, 11, 1, 12, 30, tzinfo=UTC)
    with store.write() as session:
        text, _ = notice_of(session, clock, evidence)
    assert "Date           2026-11-01 12:30 UTC" in text
    assert "Batch no.      (number given at freezing)" in text
