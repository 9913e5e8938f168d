"""Every page with hostile text, in every state: nothing runs, nothing hides, nothing breaks."""

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from data.crawls import CrawlKind, Ending, end_crawl, note_problem, start_crawl
from data.flags import record_score
from data.found import FoundListing, FoundSeller
from data.home import HomeKind, the_home
from data.jobs import Job, JobKind, JobState, ask
from data.listings import Listing, Sighting, sight
from data.people import Role
from data.states import Availability
from data.store import Store
from data.tasks import queue_first
from data.watches import Watch, watch_of
from tests.makers import make_crawl, make_listing, make_task, scored
from tests.rooms import PLATFORM, Guest, Rooms, rooms_in

SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(1)>'
OVERRIDE = "\u202e"
ZERO_WIDTH = "\u200b"
ROLES = (Role.ADMIN, Role.REVIEWER, Role.LIAISON, Role.VIEWER)


@pytest.fixture
def rooms(tmp_path: Path, sqlite_template: Path) -> Iterator[Rooms]:
    with rooms_in(tmp_path, sqlite_template) as made:
        yield made


class _Tags(HTMLParser):
    """Collects tags and attributes as a browser would see them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def _check(text: str) -> None:
    """A page runs only our script, styles nothing inline and loads nothing from elsewhere."""
    for tag, attributes in _Tags(text).seen:
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        assert "style" not in attributes, (tag, attributes)
        assert tag not in {"style", "iframe", "object", "embed", "base"}
        if tag == "script":
            assert attributes.get("src") == "/static/keys.js"
        if tag in {"img", "link", "script", "use"}:
            address = attributes.get("src") or attributes.get("href") or ""
            assert address.startswith(("/", "#")), (tag, attributes)
        if tag in {"a", "form"}:
            address = (attributes.get("href") or attributes.get("action") or "").lower()
            assert not address.startswith(("javascript:", "data:")), (tag, attributes)
    assert "jinja2" not in text.lower()


def _hostile(rooms: Rooms) -> int:
    """A flagged listing whose every field attacks the page."""
    attack = FoundListing(
        external_id=f"7{IMAGE}",
        url="javascript:alert(1)",
        title=f"{SCRIPT}{OVERRIDE}{{{{7331*7331}}}} 象牙",
        description=f"</p>{IMAGE}\n\n{SCRIPT}" + "ก" * 3000,
        category=IMAGE,
        price_text=IMAGE,
        currency=SCRIPT[:20],
        place=SCRIPT,
        seller=FoundSeller(f"s{IMAGE}", f"Shop{OVERRIDE}{ZERO_WIDTH}{SCRIPT}", "", IMAGE),
        problems=(f"title: {SCRIPT}",),
    )
    reasons: list[dict[str, Any]] = [
        {"text": SCRIPT, "start": 0, "end": len(SCRIPT), "kind": f"term{IMAGE}",
         "gloss": IMAGE, "weight": 2.0},
        {"text": "", "start": None, "end": None, "kind": "price", "gloss": SCRIPT, "weight": 1.0},
        {"text": "x", "start": 9999999, "end": 3, "kind": "term", "gloss": "", "weight": 0.5},
        {"text": IMAGE, "start": -4, "end": 2, "kind": "benign", "gloss": SCRIPT, "weight": -1.0},
    ]  # fmt: skip
    with rooms.store.write() as session:
        clock = rooms.store.clock()
        crawl = make_crawl(session, clock)
        (one,) = sight(session, [attack], crawl=crawl, country="VN", clock=clock)
        note_problem(session, crawl.id, IMAGE, SCRIPT, url=f"https://x/{SCRIPT}", now=clock.now())
        end_crawl(crawl, Ending.BLOCKED, SCRIPT, clock.now())
        listing = session.get_one(Listing, one.listing_id)
        sighting = session.get_one(Sighting, listing.latest_sighting_id)
        score = scored()
        score.reasons.clear()
        score.reasons.extend(reasons)
        flag = record_score(session, sighting, score, clock)
        assert flag is not None
        queue_first(session, flag, clock=clock)
        job = ask(session, JobKind.CRAWL, {"platform": SCRIPT}, by=SCRIPT, clock=clock)
        job.state, job.error, job.ended_at = JobState.FAILED, SCRIPT, clock.now()
        watch_of(session, PLATFORM.id, clock.now()).enabled = True
        return listing.id


@pytest.mark.parametrize("role", ROLES)
def test_hostile_text_stays_text_on_every_page(rooms: Rooms, role: Role) -> None:
    listing_id = _hostile(rooms)
    guest = rooms.guest("O'Neil <b>&amp;", role)
    for path in ("/", "/?view=high", f"/listing/{listing_id}", "/crawls", "/crawls/1", "/you"):
        answer = guest.get(path)
        assert answer.status_code == 200, path
        _check(answer.text)
        assert str(7331 * 7331) not in answer.text


def test_a_hostile_form_comes_back_as_text(rooms: Rooms) -> None:
    listing_id = _hostile(rooms)
    mai = rooms.guest("Mai", Role.REVIEWER)
    task = re.search(r'name="task" value="(\d+)"', mai.get(f"/listing/{listing_id}").text)
    assert task is not None
    fields = {
        "task": task[1],
        "verdict": "infringing",
        "taxon": IMAGE,
        "legal_ground": f"</textarea>{SCRIPT}",
        "note": IMAGE,
        "view": IMAGE,
    }
    answer = mai.post(f"/listing/{listing_id}/decide", fields)
    assert answer.status_code == 422
    _check(answer.text)


def test_hostile_addresses_and_names_stay_text(rooms: Rooms) -> None:
    browser = rooms.browser()
    for path in (f"/enter/{SCRIPT}", f"/signin?next={IMAGE}", f"/{SCRIPT}"):
        _check(browser.get(path).text)
    _check(browser.post("/signin", data={"name": IMAGE, "password": "x"}).text)


def test_direction_tricks_in_names_are_shown(rooms: Rooms) -> None:
    listing_id = _hostile(rooms)
    page = rooms.guest("Mai", Role.REVIEWER).get(f"/listing/{listing_id}").text
    assert OVERRIDE not in page
    assert '<span class="unseen" title="right-to-left override">RLO</span>' in page
    assert '<span class="unseen" title="zero width space">ZWSP</span>' in page


def test_an_address_that_is_no_web_page_cannot_be_left_for(rooms: Rooms) -> None:
    listing_id = _hostile(rooms)
    assert rooms.guest("Mai", Role.REVIEWER).get(f"/leave?listing={listing_id}").status_code == 410


def test_leaving_warns_and_sends_no_referrer(rooms: Rooms) -> None:
    with rooms.store.write() as session:
        listing_id = make_task(session, rooms.store.clock()).listing_id
    answer = rooms.guest("Mai", Role.REVIEWER).get(f"/leave?listing={listing_id}")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert 'rel="noopener noreferrer nofollow"' in answer.text
    assert "sees your network address" in answer.text


def _empty_pages(guest: Guest) -> None:
    for path in ("/", "/?view=mine", "/?lang=lo", "/crawls", "/you"):
        answer = guest.get(path)
        assert answer.status_code == 200
        _check(answer.text)


@pytest.mark.parametrize("role", ROLES)
def test_empty_pages_say_what_is_so(rooms: Rooms, role: Role) -> None:
    guest = rooms.guest("Mai", role)
    _empty_pages(guest)
    assert "Nothing waits" in guest.get("/").text
    assert "No crawl is planned" in guest.get("/").text


def test_an_empty_queue_names_the_next_crawl(rooms: Rooms) -> None:
    with rooms.store.write() as session:
        now = rooms.store.clock().now()
        watch = watch_of(session, PLATFORM.id, now)
        watch.enabled, watch.next_run_at = True, now + timedelta(hours=2)
    assert "Next crawl: Pasar Contoh" in rooms.guest("Mai", Role.REVIEWER).get("/").text


def test_the_queue_says_how_much_waits_since_when(rooms: Rooms) -> None:
    with rooms.store.write() as session:
        clock = rooms.store.clock()
        for number in range(3):
            make_task(session, clock, str(number))
        the_home(session).clock_shift_s += 3 * 86400 + 60
    text = rooms.guest("Mai", Role.REVIEWER).get("/").text
    assert "3 listings wait for a decision, oldest 3 days" in text


def test_a_long_queue_is_turned_page_by_page(rooms: Rooms) -> None:
    with rooms.store.write() as session:
        for number in range(30):
            make_task(session, rooms.store.clock(), str(number))
    mai = rooms.guest("Mai", Role.REVIEWER)
    first = mai.get("/").text
    more = re.search(r'href="(/\?[^"]*after=[^"]*)"', first)
    assert more is not None
    second = mai.get(more[1].replace("&amp;", "&")).text
    pattern = r'action="/listing/(\d+)/claim"'
    shown = re.findall(pattern, first) + re.findall(pattern, second)
    assert len(shown) == len(set(shown)) == 30


def test_every_listing_text_carries_its_language(rooms: Rooms) -> None:
    with rooms.store.write() as session:
        listing_id = make_task(session, rooms.store.clock()).listing_id
    mai = rooms.guest("Mai", Role.REVIEWER)
    assert re.search(r'<h3 id="t\d+" lang="vi">', mai.get("/").text)
    page = mai.get(f"/listing/{listing_id}").text
    assert '<h1 lang="vi">' in page
    assert '<div class="original" lang="vi">' in page


@pytest.mark.parametrize("availability", list(Availability))
def test_every_state_of_a_listing_has_words(rooms: Rooms, availability: Availability) -> None:
    with rooms.store.write() as session:
        listing_id = make_task(session, rooms.store.clock()).listing_id
        session.get_one(Listing, listing_id).availability = availability
    assert rooms.guest("Mai", Role.REVIEWER).get(f"/listing/{listing_id}").status_code == 200


@pytest.mark.parametrize("ending", [*Ending, None])
def test_every_ending_of_a_crawl_has_words(rooms: Rooms, ending: Ending | None) -> None:
    with rooms.store.write() as session:
        now = rooms.store.clock().now()
        crawl = start_crawl(session, PLATFORM.id, CrawlKind.LISTINGS, "test", now)
        if ending is not None:
            end_crawl(crawl, ending, "", now)
        crawl.coverage = {"title": 1.0, "price": 0.5}
        watch_of(session, PLATFORM.id, now).enabled = True
        crawl_id = crawl.id
    mai = rooms.guest("Mai", Role.REVIEWER)
    for path in ("/crawls", f"/crawls/{crawl_id}", "/"):
        answer = mai.get(path)
        assert answer.status_code == 200
        _check(answer.text)


def test_a_price_in_words_is_shown_as_it_stands(rooms: Rooms) -> None:
    with rooms.store.write() as session:
        task = make_task(session, rooms.store.clock())
        listing = session.get_one(Listing, task.listing_id)
        listing.price_text, listing.price = "liên hệ", None
        other = make_listing(session, rooms.store.clock(), "2")
        other.price_text, other.price, other.currency = "", Decimal(1500), "THB"
        ids = task.listing_id, other.id
    mai = rooms.guest("Mai", Role.REVIEWER)
    assert "liên hệ" in mai.get(f"/listing/{ids[0]}").text
    assert "1,500 THB" in mai.get(f"/listing/{ids[1]}").text


def _job(store: Store) -> Job | None:
    with store.read() as session:
        job = session.scalar(select(Job))
        session.expunge_all()
        return job


def test_run_now_asks_for_one_job_and_says_so(rooms: Rooms) -> None:
    mai = rooms.guest("Mai", Role.REVIEWER)
    for _ in range(2):
        asked = mai.post(f"/crawls/{PLATFORM.id}/run")
        assert asked.headers["location"] == f"/crawls?asked={PLATFORM.id}"
    job = _job(rooms.store)
    assert job is not None
    assert (job.kind, job.arguments) == (JobKind.CRAWL, {"platform": PLATFORM.id})
    assert job.asked_by == f"person:{mai.person.id}"
    page = mai.get(asked.headers["location"]).text
    assert "was asked for" in page
    assert "data-refresh" in page
    assert mai.post("/crawls/nowhere/run").status_code == 404


def test_supervisors_pause_and_resume(rooms: Rooms) -> None:
    boss = rooms.guest("Boss", Role.SUPERVISOR)
    boss.post(f"/crawls/{PLATFORM.id}/pause")
    with rooms.store.write() as session:
        watch = session.get_one(Watch, PLATFORM.id)
        watch.enabled = True
        assert watch.paused_until is not None
    assert "Paused" in boss.get("/crawls").text
    boss.post(f"/crawls/{PLATFORM.id}/resume")
    with rooms.store.read() as session:
        assert session.get_one(Watch, PLATFORM.id).paused_until is None
    mai = rooms.guest("Mai", Role.REVIEWER)
    assert mai.post(f"/crawls/{PLATFORM.id}/pause").status_code == 403


def test_a_day_passes_in_a_demo_only(tmp_path: Path, sqlite_template: Path) -> None:
    sample = "http://127.0.0.1:8801"
    with rooms_in(tmp_path, sqlite_template, kind=HomeKind.DEMO, sample_url=sample) as rooms:
        with rooms.store.write() as session:
            listing = make_listing(session, rooms.store.clock())
            listing.availability = Availability.SUSPECT_GONE
        mai = rooms.guest("Mai", Role.REVIEWER)
        page = mai.get("/").text
        assert f'href="{sample}/moderator"' in page
        assert "One day later" in page
        before = rooms.store.clock().now()
        assert mai.post("/demo/one-day-later", {"back": "/crawls"}).headers["location"] == "/crawls"
        assert rooms.store.clock().now() - before >= timedelta(hours=25)
        job = _job(rooms.store)
        assert job is not None
        assert (job.kind, job.arguments) == (JobKind.RECHECK, {"platform": PLATFORM.id})
        assert mai.get("/").status_code == 200


def test_no_day_passes_by_a_button_elsewhere(rooms: Rooms) -> None:
    mai = rooms.guest("Ada", Role.ADMIN)
    assert mai.post("/demo/one-day-later").status_code == 404
    assert "DEMO" not in mai.get("/").text


def test_pages_are_light(rooms: Rooms) -> None:
    with rooms.store.write() as session:
        for number in range(25):
            make_task(session, rooms.store.clock(), str(number))
    mai = rooms.guest("Mai", Role.REVIEWER)
    weight = len(mai.get("/").content) + sum(
        len(mai.get(f"/static/{name}").content) for name in ("faunawatch.css", "keys.js")
    )
    assert weight < 150_000
