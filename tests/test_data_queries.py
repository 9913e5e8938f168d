"""The queue's views, pages and counts, a listing's page, and the crawls as rows."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from data.base import ManualClock
from data.crawls import Crawl, CrawlKind, Ending, end_crawl, note_problem, start_crawl
from data.decisions import undo
from data.flags import Scored, record_score
from data.found import EvidenceKind, StoredEvidence
from data.jobs import JobKind, ask
from data.listings import Listing, Sighting, sight
from data.people import Person, Role
from data.queries.crawls import crawl_page, open_jobs, platform_rows, to_recheck, troubled
from data.queries.listing import changes, listing_page, standing_verdicts, usual_taxa
from data.queries.pictures import pictures_of
from data.queries.queue import (
    Asking,
    View,
    condition_of,
    counts,
    decided_since,
    languages,
    next_crawl,
    page_of,
    waiting,
)
from data.reviews import Answer, ReviewTask, TaskKind, Verdict, queue
from data.states import Availability
from data.store import Store
from data.tasks import claim, queue_first, queue_relisted
from data.watches import watch_of
from tests.makers import (
    PLATFORM,
    found,
    make_crawl,
    make_decision,
    make_listing,
    make_person,
    make_task,
    scored,
)


def _task(session: Session, clock: ManualClock, external_id: str, **changed: object) -> ReviewTask:
    listing = make_listing(session, clock, external_id)
    sighting = session.get_one(Sighting, listing.latest_sighting_id)
    one: Scored = replace(scored(), **changed)  # type: ignore[arg-type]
    flag = record_score(session, sighting, one, clock)
    assert flag is not None
    task = queue_first(session, flag, clock=clock)
    assert task is not None
    return task


def _asking(person: Person, clock: ManualClock, langs: tuple[str, ...] = ()) -> Asking:
    return Asking(person, clock.now(), clock.now() - timedelta(hours=12), langs)


def _ids(session: Session, view: View, asking: Asking) -> list[int]:
    return [row.task.id for row in page_of(session, view, asking).rows]


def test_views_show_and_count_the_same_tasks(store: Store, clock: ManualClock) -> None:
    with store.write() as session:
        mai = make_person(session, clock, roles=(Role.SUPERVISOR,))
        old = _task(session, clock, "1", offered=0.6)
        clock.advance(timedelta(days=1))
        high = _task(session, clock, "2", offered=0.99)
        live = _task(session, clock, "3", offered=0.7, product="LIV")
        farmed = _task(session, clock, "4", concern="common_farmed", product="LIV")
        back = queue_relisted(session, make_listing(session, clock, "5"), clock=clock)
        disputed = queue(session, old.listing, TaskKind.ADJUDICATE, why="disagreement", clock=clock)
        held = claim(session, mai, clock=clock, task_id=live.id)
        assert held is not None
        asking = _asking(mai, clock)
        expected = {
            View.HIGH: {high.id, back.id},
            View.NEW: {high.id, live.id, back.id, disputed.id},
            View.LIVE: {live.id},
            View.SECOND: set(),
            View.DISAGREEMENTS: {disputed.id},
            View.RELISTED: {back.id},
            View.MINE: {live.id},
            View.ALL: {old.id, high.id, live.id, back.id, disputed.id},
            View.FARMED: {farmed.id},
        }
        assert {view: set(_ids(session, view, asking)) for view in View} == expected
        assert counts(session, asking) == {view: len(ids) for view, ids in expected.items()}
        assert _ids(session, View.ALL, asking)[0] == back.id


def test_a_common_animal_that_is_back_is_not_high_risk(store: Store, clock: ManualClock) -> None:
    with store.write() as session:
        mai, first = (
            make_person(session, clock),
            _task(session, clock, "1", concern="common_farmed"),
        )
        make_decision(session, first, mai, clock)
        back = queue_relisted(session, first.listing, clock=clock)
        asking = _asking(mai, clock)
        assert {view for view in View if back.id in _ids(session, view, asking)} == {
            View.RELISTED,
            View.FARMED,
        }
        assert claim(session, mai, clock=clock, among=condition_of(View.ALL, asking)) is None


def test_a_task_without_a_flag_is_not_lost(store: Store, clock: ManualClock) -> None:
    with store.write() as session:
        mai = make_person(session, clock)
        queue_relisted(session, make_listing(session, clock, "5"), clock=clock)
        assert waiting(session, View.ALL, _asking(mai, clock)).count == 1


def test_only_languages_asked_for_are_shown(store: Store, clock: ManualClock) -> None:
    with store.write() as session:
        mai = make_person(session, clock)
        _task(session, clock, "1", lang="vi")
        thai = _task(session, clock, "2", lang="th")
        unknown = _task(session, clock, "3", lang="und")
        shown = _ids(session, View.ALL, _asking(mai, clock, ("th",)))
        assert set(shown) == {thai.id, unknown.id}


def test_keyset_pages_hold_every_task_once(store: Store, clock: ManualClock) -> None:
    with store.write() as session:
        mai = make_person(session, clock)
        for number in range(11):
            _task(session, clock, str(number), offered=0.6 + 0.1 * (number % 3))
        asking, after, seen = _asking(mai, clock), "", []
        while True:
            shown = page_of(session, View.ALL, asking, after=after, size=3)
            seen += [row.task.id for row in shown.rows]
            after = shown.after
            if not after:
                break
        whole = [row.task.id for row in page_of(session, View.ALL, asking, size=50).rows]
        assert seen == whole
        assert len(seen) == 11
        first = page_of(session, View.ALL, asking, after="nonsense", size=3)
        assert [row.task.id for row in first.rows] == whole[:3]


def test_ones_own_first_look_never_comes_back_as_a_second(store: Store, clock: ManualClock) -> None:
    with store.write() as session:
        mai, linh = make_person(session, clock), make_person(session, clock, "Linh")
        task = _task(session, clock, "1")
        make_decision(session, task, mai, clock, Answer(Verdict.UNSURE))
        assert _ids(session, View.SECOND, _asking(mai, clock)) == []
        assert len(_ids(session, View.SECOND, _asking(linh, clock))) == 1


def test_disagreements_wait_for_supervisors(store: Store, clock: ManualClock) -> None:
    with store.write() as session:
        mai = make_person(session, clock)
        boss = make_person(session, clock, "Boss", (Role.SUPERVISOR,))
        listing = make_listing(session, clock)
        queue(session, listing, TaskKind.ADJUDICATE, why="disagreement", clock=clock)
        assert _ids(session, View.ALL, _asking(mai, clock)) == []
        assert len(_ids(session, View.ALL, _asking(boss, clock))) == 1


def test_languages_count_backlog_and_readers(store: Store, clock: ManualClock) -> None:
    with store.write() as session:
        make_person(session, clock, "Mai").languages = ["vi"]
        make_person(session, clock, "Viewer", (Role.VIEWER,)).languages = ["lo"]
        _task(session, clock, "1", lang="vi")
        _task(session, clock, "2", lang="vi")
        _task(session, clock, "3", lang="lo")
        rows = [(one.lang, one.waiting, one.readers) for one in languages(session)]
        assert rows == [("vi", 2, 1), ("lo", 1, 0)]


def test_a_lapsed_lease_is_not_shown_as_held(store: Store, clock: ManualClock) -> None:
    with store.write() as session:
        mai, linh = make_person(session, clock), make_person(session, clock, "Linh")
        claim(session, linh, clock=clock, task_id=make_task(session, clock).id)
        (row,) = page_of(session, View.ALL, _asking(mai, clock)).rows
        assert row.held_by == "Linh"
        assert row.held_until(clock.now()) is not None
        clock.advance(timedelta(minutes=11))
        assert row.held_until(clock.now()) is None


def test_reasons_are_placed_only_in_the_title_they_were_found_in(
    store: Store, clock: ManualClock
) -> None:
    with store.write() as session:
        mai, task = make_person(session, clock), make_task(session, clock)
        (row,) = page_of(session, View.ALL, _asking(mai, clock)).rows
        assert row.placed_reasons
        crawl = make_crawl(session, clock)
        sight(session, [found(title="Khác hẳn")], crawl=crawl, country="VN", clock=clock)
        (row,) = page_of(session, View.ALL, _asking(mai, clock)).rows
        assert row.task.id == task.id
        assert row.reasons
        assert row.placed_reasons == []


def test_decisions_taken_back_still_count_as_work_and_undos_do_not(
    store: Store, clock: ManualClock
) -> None:
    with store.write() as session:
        mai = make_person(session, clock)
        decision = make_decision(session, make_task(session, clock), mai, clock)
        undo(session, decision.id, mai, clock=clock)
        since = clock.now() - timedelta(hours=1)
        assert decided_since(session, since) == 1
        assert decided_since(session, since, make_person(session, clock, "Linh")) == 0


def test_the_next_crawl_leaves_out_paused_platforms(store: Store, clock: ManualClock) -> None:
    with store.write() as session:
        for name, hours, paused in (("a", 1, True), ("b", 2, False), ("c", 3, False)):
            watch = watch_of(session, name, clock.now())
            watch.enabled = True
            watch.next_run_at = clock.now() + timedelta(hours=hours)
            watch.paused_until = clock.now() + timedelta(days=1) if paused else None
        session.flush()
        following = next_crawl(session, clock.now())
        assert following is not None
        assert following.platform_id == "b"


def test_the_oldest_waiting_task_is_known(store: Store, clock: ManualClock) -> None:
    with store.write() as session:
        mai, first = make_person(session, clock), clock.now()
        make_task(session, clock, "1")
        clock.advance(timedelta(days=3))
        make_task(session, clock, "2")
        assert waiting(session, View.ALL, _asking(mai, clock)).oldest == first


def test_a_second_reviewer_is_blind_until_they_answered(store: Store, clock: ManualClock) -> None:
    with store.write() as session:
        mai, linh = make_person(session, clock), make_person(session, clock, "Linh")
        task = make_task(session, clock)
        make_decision(session, task, mai, clock, Answer(Verdict.UNSURE))
        own = listing_page(session, task.listing_id, mai)
        assert [one.decision.verdict for one in own.answers] == [Verdict.UNSURE]
        assert own.task is None
        blind = listing_page(session, task.listing_id, linh)
        assert blind.answers == []
        assert blind.task is not None
        make_decision(session, blind.task, linh, clock, Answer(Verdict.UNSURE))
        assert len(listing_page(session, task.listing_id, linh).answers) == 2


def test_a_listing_page_tells_seller_strikes_and_other_listings(
    store: Store, clock: ManualClock
) -> None:
    with store.write() as session:
        mai, task = make_person(session, clock), make_task(session, clock, "1")
        make_decision(session, task, mai, clock)
        other = make_listing(session, clock, "2")
        shown = listing_page(session, other.id, mai)
        assert shown.seller is not None
        assert (shown.seller.listings, shown.seller.strikes) == (2, 1)
        (neighbour,) = shown.seller.others
        assert neighbour.verdict is Verdict.INFRINGING
        assert usual_taxa(session, ["Elephantidae", "Testudines"]) == ["Elephantidae"]
        (answer,) = listing_page(session, task.listing_id, mai).answers
        undo(session, answer.decision.id, mai, clock=clock)
        assert standing_verdicts(session, [task.listing_id]) == {}


def _picture(sha256: str, clock: ManualClock) -> StoredEvidence:
    kind, now = EvidenceKind.IMAGE, clock.now()
    return StoredEvidence(sha256, kind, "image/jpeg", 9, "https://pasar.example/p", now, now)


def test_pictures_are_those_of_the_newest_sighting_that_has_any(
    store: Store, clock: ManualClock
) -> None:
    with store.write() as session:
        first = found(stored=(_picture("a" * 64, clock), _picture("b" * 64, clock)))
        second = found(stored=(_picture("c" * 64, clock), _picture("c" * 64, clock)))
        for one in (first, second, found()):
            sight(session, [one], crawl=make_crawl(session, clock), country="VN", clock=clock)
            clock.advance(timedelta(hours=1))
        listing_id = session.query(Listing.id).scalar()
        pictures = pictures_of(session, [listing_id, 999])
        assert len(pictures[listing_id].ids) == 1
        assert pictures[999].first is None


def test_changes_cover_both_texts() -> None:
    pieces = changes("ngà voi 45", "ngà voi 38 gấp")
    assert "".join(text for kind, text in pieces if kind != "new") == "ngà voi 45"
    assert "".join(text for kind, text in pieces if kind != "gone") == "ngà voi 38 gấp"


def _crawl(session: Session, clock: ManualClock, ending: Ending, platform: str = PLATFORM) -> Crawl:
    crawl = start_crawl(session, platform, CrawlKind.LISTINGS, "test", clock.now())
    clock.advance(timedelta(minutes=5))
    end_crawl(crawl, ending, "", clock.now())
    session.flush()
    return crawl


def test_a_platform_row_tells_last_and_last_good_run(store: Store, clock: ManualClock) -> None:
    with store.write() as session:
        watch_of(session, PLATFORM, clock.now()).enabled = True
        good = _crawl(session, clock, Ending.FINISHED)
        bad = _crawl(session, clock, Ending.LOGIN_WALL)
        ask(session, JobKind.CRAWL, {"platform": PLATFORM}, by="test", clock=clock)
        rows = platform_rows(session, ["only-a-file"])
        assert [row.platform_id for row in rows] == [PLATFORM, "only-a-file"]
        row = rows[0]
        assert row.last is bad
        assert row.last_good is good
        assert row.is_troubled
        assert row.is_running
        assert not row.is_paused(clock.now())
        assert not rows[1].is_troubled
        assert len(open_jobs(session)) == 1
        assert troubled(session) == [bad]


@pytest.mark.parametrize("ending", [Ending.FINISHED, Ending.STOPPED, Ending.BUDGET_SPENT])
def test_ordinary_endings_are_no_trouble(store: Store, clock: ManualClock, ending: Ending) -> None:
    with store.write() as session:
        watch_of(session, PLATFORM, clock.now()).enabled = True
        _crawl(session, clock, ending)
        assert troubled(session) == []


def test_a_crawl_page_counts_problems_by_kind(store: Store, clock: ManualClock) -> None:
    with store.write() as session:
        crawl = make_crawl(session, clock)
        for kind in ("no_title", "no_title", "too_large"):
            note_problem(session, crawl.id, kind, "why", url="https://x", now=clock.now())
        shown = crawl_page(session, crawl.id)
        assert shown.kinds == {"no_title": 2, "too_large": 1}
        assert shown.problem_count == 3


def test_what_is_unproven_is_looked_at_again(store: Store, clock: ManualClock) -> None:
    with store.write() as session:
        fine, missing = make_listing(session, clock, "1"), make_listing(session, clock, "2")
        missing.availability = Availability.SUSPECT_GONE
        session.flush()
        assert to_recheck(session) == [missing.id]
        assert fine.id not in to_recheck(session)
