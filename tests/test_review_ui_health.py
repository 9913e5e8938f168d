"""Crawl health and alerts on the screen: every state, what can be done, a failing page as text."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from data.alerts import (
    AlertKind,
    AlertMute,
    AlertRule,
    Message,
    add_channel,
    begin_try,
    due,
    end_try,
    mute,
    raise_alert,
)
from data.audit import AuditRow
from data.base import ManualClock
from data.baselines import Usual
from data.crawls import Crawl, CrawlKind, Ending, RunState, end_crawl, start_crawl
from data.found import EvidenceKind, StoredEvidence
from data.jobs import Job, JobKind, Lease, take_lease
from data.people import Role
from data.samples import keep_sample
from data.watches import MissCause, record_missed, watch_of
from data.yields import WalkCount, record_yields
from review_ui.sparks import HEIGHT, WIDTH, spark
from tests.rooms import PLATFORM, Rooms, rooms_in

HOSTILE = "<script>alert('\u202e')</script><img src=x onerror=alert(1)>"


@pytest.fixture
def rooms(tmp_path: Path, sqlite_template: Path) -> Iterator[Rooms]:
    with rooms_in(tmp_path, sqlite_template) as made:
        with made.store.write() as session:
            watch_of(session, PLATFORM.id, made.store.clock().now()).enabled = True
            take_lease(session, "schedule", "h:1", made.wall.now())
        yield made


def _runs(rooms: Rooms, *runs: tuple[int, Ending], price: float = 1.0) -> int:
    """Add runs, oldest first; return the last one's id."""
    now = rooms.store.clock().now()
    with rooms.store.write() as session:
        for number, (seen, ending) in enumerate(runs):
            at = now - timedelta(hours=len(runs) - number)
            crawl = start_crawl(session, PLATFORM.id, CrawlKind.LISTINGS, "test", at)
            crawl.listings_seen, crawl.answers, crawl.answer_bytes = seen, seen + 1, 40_000
            crawl.coverage = {"title": 1.0, "price": price if number == len(runs) - 1 else 1.0}
            end_crawl(crawl, ending, "", at + timedelta(minutes=9))
            session.flush()
        return crawl.id


GOOD = [(120, Ending.FINISHED)] * 6


@pytest.mark.parametrize(
    ("last", "words"),
    [
        ((118, Ending.FINISHED), "Reads well"),
        ((40, Ending.FINISHED), "Less than usual"),
        ((2, Ending.FINISHED), "Layout changed"),
        ((0, Ending.BLOCKED), "Blocked"),
        ((0, Ending.LOGIN_WALL), "Login wall"),
        ((0, Ending.NOTHING_FOUND), "Nothing found"),
        ((0, Ending.LAYOUT_CHANGED), "Layout changed"),
        ((0, Ending.ROBOTS_REFUSED), "Robots forbid it"),
        ((50, Ending.BUDGET_SPENT), "Budget spent"),
        ((0, Ending.UNREACHABLE), "Failed"),
        ((0, Ending.CRASHED), "Failed"),
        ((50, Ending.STOPPED), "Reads well"),
    ],
)
def test_each_state_has_its_word_and_its_sentence(
    rooms: Rooms, last: tuple[int, Ending], words: str
) -> None:
    crawl_id = _runs(rooms, *GOOD, last)
    text = rooms.guest("Mai", Role.VIEWER).get("/crawls").text
    assert words in text
    with rooms.store.read() as session:
        assert session.get_one(Crawl, crawl_id).cause.replace("'", "&#39;") in text
    trouble = words not in {"Reads well", "Budget spent"}
    assert ("1 of 1 platform needs a look" in text) is trouble


def test_the_sentence_says_which_figure_fell_from_what_to_what(rooms: Rooms) -> None:
    crawl_id = _runs(rooms, *GOOD, (40, Ending.FINISHED), price=0.02)
    mai = rooms.guest("Mai", Role.VIEWER)
    for path in ("/crawls", f"/crawls/{crawl_id}"):
        text = mai.get(path).text
        assert "listings fell from about 120 to 40" in text
        assert "price was found on 2 % of listings instead of 100 %" in text
    assert "72 to 168" in text
    assert "<b>price</b> 2 %, not 100 %" in mai.get("/crawls").text


def test_a_missed_platform_says_so_until_it_runs_again(rooms: Rooms) -> None:
    _runs(rooms, *GOOD)
    clock = rooms.store.clock()
    now = clock.now()
    with rooms.store.write() as session:
        record_missed(session, PLATFORM.id, (1, now, now), MissCause.OFF, clock=clock)
    mai = rooms.guest("Mai", Role.VIEWER)
    assert "Missed" in mai.get("/crawls").text
    with rooms.store.write() as session:
        crawl = start_crawl(
            session, PLATFORM.id, CrawlKind.LISTINGS, "t", now + timedelta(minutes=1)
        )
        end_crawl(crawl, Ending.FINISHED, "", now + timedelta(minutes=2))
    assert "Missed" not in mai.get("/crawls").text


def test_a_platform_nobody_begins_is_overdue(rooms: Rooms) -> None:
    with rooms.store.write() as session:
        now = rooms.store.clock().now()
        watch_of(session, PLATFORM.id, now).next_run_at = now - timedelta(hours=3)
    text = rooms.guest("Mai", Role.VIEWER).get("/crawls").text
    assert "3 h ago" in text
    assert "nothing has begun" in text


def test_a_schedule_that_stopped_is_told_on_the_page(rooms: Rooms) -> None:
    mai = rooms.guest("Mai", Role.VIEWER)
    assert "The schedule does not run" not in mai.get("/crawls").text
    with rooms.store.write() as session:
        session.get_one(Lease, "schedule").until = rooms.wall.now() - timedelta(minutes=5)
    assert "The schedule does not run" in mai.get("/crawls").text


def _with_sample(rooms: Rooms, body: bytes) -> int:
    crawl_id = _runs(rooms, (0, Ending.BLOCKED))
    now = rooms.store.clock().now()
    stored = StoredEvidence(
        sha256=rooms.evidence.put(body),
        kind=EvidenceKind.PAGE,
        media_type="text/html",
        size=len(body),
        url="https://pasar.example/?q=<b>",
        captured_at=now,
        stored_at=now,
    )
    with rooms.store.write() as session:
        keep_sample(session, session.get_one(Crawl, crawl_id), stored, f"a page headed {HOSTILE}")
    return crawl_id


def test_a_failing_page_is_opened_as_text_and_never_runs(rooms: Rooms) -> None:
    crawl_id = _with_sample(rooms, HOSTILE.encode())
    mai = rooms.guest("Mai", Role.VIEWER)
    assert f'href="/crawls/{crawl_id}/sample"' in mai.get("/crawls").text
    answer = mai.get(f"/crawls/{crawl_id}/sample")
    assert answer.headers["content-type"].startswith("text/html")
    for path in (f"/crawls/{crawl_id}/sample", f"/crawls/{crawl_id}"):
        text = mai.get(path).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "&lt;script&gt;alert" in text
        assert "\u202e" not in text


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("禁止访问".encode("gb18030"), "禁止访问"),
        ("访问".encode(), "访问"),
        (b"x" * 300_000, "Only the beginning is shown"),
        (b"", "The answer was empty"),
    ],
)
def test_pages_of_any_encoding_and_size_are_shown(rooms: Rooms, body: bytes, shown: str) -> None:
    crawl_id = _with_sample(rooms, body)
    assert shown in rooms.guest("Mai", Role.VIEWER).get(f"/crawls/{crawl_id}/sample").text


def test_a_page_that_was_purged_says_so_and_one_that_never_was_is_not_there(rooms: Rooms) -> None:
    crawl_id = _with_sample(rooms, b"gone")
    for path in rooms.evidence.folder.rglob("*.zst"):
        path.unlink()
    mai = rooms.guest("Mai", Role.VIEWER)
    assert "no longer here" in mai.get(f"/crawls/{crawl_id}/sample").text
    assert mai.get(f"/crawls/{_runs(rooms, (1, Ending.CRASHED))}/sample").status_code == 404
    assert mai.get("/crawls/999/sample").status_code == 404


def test_supervisors_mute_and_unmute_a_platform(rooms: Rooms) -> None:
    boss, mai = rooms.guest("Boss", Role.SUPERVISOR), rooms.guest("Mai", Role.REVIEWER)
    assert mai.post(f"/crawls/{PLATFORM.id}/mute").status_code == 403
    boss.post(f"/crawls/{PLATFORM.id}/mute")
    assert "Muted" in boss.get("/crawls").text
    assert PLATFORM.name in boss.get("/alerts").text
    boss.post(f"/crawls/{PLATFORM.id}/unmute")
    assert "Muted</span>" not in boss.get("/crawls").text
    assert boss.post("/crawls/nowhere/mute").status_code == 404


def test_supervisors_accept_a_smaller_platform(rooms: Rooms) -> None:
    crawl_id = _runs(rooms, *GOOD, (40, Ending.FINISHED))
    boss, mai = rooms.guest("Boss", Role.SUPERVISOR), rooms.guest("Mai", Role.REVIEWER)
    assert mai.post(f"/crawls/{crawl_id}/accept").status_code == 403
    assert "This is how it is now" in boss.get(f"/crawls/{crawl_id}").text
    boss.post(f"/crawls/{crawl_id}/accept")
    assert "learned anew from this run" in boss.get(f"/crawls/{crawl_id}").text
    _runs(rooms, *[(40, Ending.FINISHED)] * 4)
    assert "Reads well" in boss.get("/crawls").text


@pytest.mark.parametrize("ending", [Ending.BLOCKED, Ending.CRASHED, Ending.LAYOUT_CHANGED])
def test_a_run_turned_away_is_never_the_new_usual(rooms: Rooms, ending: Ending) -> None:
    crawl_id = _runs(rooms, *GOOD, (40, ending), price=0.0)
    boss = rooms.guest("Boss", Role.SUPERVISOR)
    assert "/accept" not in boss.get(f"/crawls/{crawl_id}").text
    assert boss.post(f"/crawls/{crawl_id}/accept").status_code == 422
    _runs(rooms, (40, Ending.FINISHED))
    assert "Needs a look" in boss.get("/crawls").text


def test_of_two_who_accept_a_run_the_first_did(rooms: Rooms) -> None:
    crawl_id = _runs(rooms, *GOOD, (40, Ending.FINISHED))
    boss, lead = rooms.guest("Boss", Role.SUPERVISOR), rooms.guest("Lead", Role.SUPERVISOR)
    for one in (boss, lead):
        assert one.post(f"/crawls/{crawl_id}/accept").status_code == 303
    with rooms.store.read() as session:
        assert session.get_one(Crawl, crawl_id).accepted_by == f"person:{boss.person.id}"
        rows = select(AuditRow.actor).where(AuditRow.verb == "accept_run")
        assert session.scalars(rows).all() == [f"person:{boss.person.id}"]


def test_a_made_up_channel_or_platform_leaves_no_row(rooms: Rooms) -> None:
    boss = rooms.guest("Boss", Role.SUPERVISOR)
    made_up = "x\n" * 20_000
    assert boss.post("/alerts/test", {"channel": made_up}).status_code == 404
    assert boss.post("/alerts/unmute", {"platform": made_up}).status_code == 303
    with rooms.store.read() as session:
        assert session.scalars(select(Job)).all() == []
        assert "unmute" not in session.scalars(select(AuditRow.verb)).all()


def test_a_platform_that_rests_says_until_when_and_can_be_woken(rooms: Rooms) -> None:
    _runs(rooms, *[(0, Ending.UNREACHABLE)] * 3)
    boss = rooms.guest("Boss", Role.SUPERVISOR)
    assert "Left alone until" in boss.get("/crawls").text
    boss.post(f"/crawls/{PLATFORM.id}/wake")
    assert "Left alone until" not in boss.get("/crawls").text


def _alert(rooms: Rooms, details: str = "") -> None:
    clock = rooms.store.clock()
    message = Message("k", AlertKind.BLOCKED, "1 platform turned us away: 1 run.", details)
    with rooms.store.write() as session:
        raise_alert(session, message, clock=clock, now=clock.now())


def test_without_a_channel_alerts_stay_on_the_page(rooms: Rooms) -> None:
    mai = rooms.guest("Mai", Role.VIEWER)
    assert "Nothing has been told yet" in mai.get("/alerts").text
    _alert(rooms, HOSTILE)
    text = mai.get("/alerts").text
    assert "No channel yet" in text
    assert "on this page only" in text
    assert "<script>alert" not in text


def test_an_alert_that_was_given_up_is_loud(rooms: Rooms) -> None:
    now = rooms.store.clock().now()
    with rooms.store.write() as session:
        add_channel(session, "team", "test", now)
    _alert(rooms)
    with rooms.store.write() as session:
        (delivery,) = due(session, now + timedelta(days=1))
        for _ in range(8):
            begin_try(delivery, now)
        end_try(delivery, "refused with HTTP 404", now)
    text = rooms.guest("Mai", Role.VIEWER).get("/alerts").text
    assert "1 alert could not be delivered" in text
    assert "Refused with HTTP 404" in text
    assert "given up, 8 tries" in text


def test_the_test_button_asks_for_a_job(rooms: Rooms) -> None:
    boss, mai = rooms.guest("Boss", Role.SUPERVISOR), rooms.guest("Mai", Role.REVIEWER)
    with rooms.store.write() as session:
        add_channel(session, "team", "test", rooms.wall.now())
    assert mai.post("/alerts/test", {"channel": "team"}).status_code == 403
    asked = boss.post("/alerts/test", {"channel": "team"})
    assert asked.headers["location"] == "/alerts?tested=1"
    with rooms.store.read() as session:
        (job,) = session.scalars(select(Job))
        assert (job.kind, job.arguments) == (JobKind.ALERT, {"test": "team"})
    assert "A test message was asked for" in boss.get("/alerts?tested=1").text


def test_rules_are_muted_and_speak_again(rooms: Rooms) -> None:
    boss = rooms.guest("Boss", Role.SUPERVISOR)
    with rooms.store.read() as session:
        rule_id = session.scalars(select(AlertRule.id)).first()
    boss.post(f"/alerts/rules/{rule_id}/mute")
    assert f"/alerts/rules/{rule_id}/unmute" in boss.get("/alerts").text
    boss.post(f"/alerts/rules/{rule_id}/unmute")
    assert f"/alerts/rules/{rule_id}/mute" in boss.get("/alerts").text
    assert boss.post("/alerts/rules/999/mute").status_code == 404


def test_everything_that_was_muted_speaks_again(rooms: Rooms) -> None:
    boss, clock = rooms.guest("Boss", Role.SUPERVISOR), rooms.store.clock()
    with rooms.store.write() as session:
        mute(session, "", clock.now() + timedelta(days=1), "cli:x", clock)
    assert "All platforms" in boss.get("/alerts").text
    boss.post("/alerts/unmute", {"platform": ""})
    assert "All platforms" not in boss.get("/alerts").text
    with rooms.store.read() as session:
        assert session.scalars(select(AlertMute)).one().until <= rooms.store.clock().now()


def _crawl(seen: int, state: RunState | None, clock: ManualClock, number: int) -> Crawl:
    return Crawl(
        id=number, listings_seen=seen, state=state, started_at=clock.now(), ended_at=clock.now()
    )


def test_the_drawing_keeps_inside_its_frame(clock: ManualClock) -> None:
    states = [RunState.OK, RunState.DEGRADED, RunState.BLOCKED, None]
    runs = [_crawl(40 * number, states[number % 4], clock, number) for number in range(30)]
    drawn = spark(runs[::-1], Usual(600.0, 360.0, 840.0, 8))
    assert len(drawn.bars) == 20
    assert [bar.crawl_id for bar in drawn.bars] == list(range(10, 30))
    assert all(0 <= bar.x <= WIDTH - 10 for bar in drawn.bars)
    assert all(bar.y >= 0 and bar.y + bar.height <= HEIGHT + 0.2 for bar in drawn.bars)
    assert {bar.kind for bar in drawn.bars} == {"good", "warn", "bad", "plain"}
    assert drawn.bars[-1].is_last
    assert drawn.band is not None
    assert drawn.band[0] >= 0
    assert "usual 360 to 840" in drawn.title


def test_what_searches_brought_stands_beside_what_they_cost(rooms: Rooms) -> None:
    crawl_id = _runs(rooms, *GOOD)
    words = f"gading {HOSTILE}"
    with rooms.store.write() as session:
        counts = [WalkCount("search", words, requests=20), WalkCount("lists", "/new", 10)]
        record_yields(session, crawl_id, counts)
    text = rooms.guest("Mai", Role.VIEWER).get(f"/crawls/{crawl_id}").text
    assert "What each search and list brought" in text
    assert "gading &lt;script&gt;" in text
    assert "<script>alert" not in text
    assert "0.0" in text


def test_a_platform_without_runs_is_drawn_empty(clock: ManualClock) -> None:
    drawn = spark([], None)
    assert (list(drawn.bars), drawn.band, drawn.title) == ([], None, "no run yet")
    assert spark([_crawl(0, RunState.FAILED, clock, 1)], None).bars[0].height > 0
