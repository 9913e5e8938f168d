"""The figures screen: each number leads to its rows, a rate over nothing is a dash."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from data.base import ManualClock
from data.draws import Draw
from data.people import Role
from tests import makers
from tests.rooms import Guest, Rooms, rooms_in
from tests.takedown_makers import a_sent, prove_gone
from tests.test_data_missed import a_sample


@pytest.fixture
def rooms(tmp_path: Path, sqlite_template: Path) -> Iterator[Rooms]:
    with rooms_in(tmp_path, sqlite_template, timezone="Asia/Bangkok") as made:
        yield made


@pytest.fixture
def viewer(rooms: Rooms) -> Guest:
    return rooms.guest("Vi", Role.VIEWER)


def two_of_three_gone(rooms: Rooms) -> str:
    """Send three requests ten days ago, two of them proven gone; return the period's address."""
    clock = ManualClock(rooms.store.clock().now() - timedelta(days=10))
    first = clock.now() - timedelta(days=2)
    with rooms.store.write() as session:
        _, requests = a_sent(session, clock, rooms.evidence, ["1", "2", "3"])
        for request in requests[:2]:
            prove_gone(session, clock, request.listing_id)
    last = rooms.store.clock().now() + timedelta(days=1)
    return f"from={first.date()}&to={last.date()}"


def test_nothing_reported_is_a_dash_and_never_zero_percent(viewer):
    text = viewer.get("/figures").text
    assert "Nothing was reported in this period" in text
    assert "<b>—</b>" in text
    assert "0 %" not in text


def test_the_rate_and_every_number_with_its_rows(rooms, viewer):
    period = two_of_three_gone(rooms)
    text = viewer.get(f"/figures?{period}").text
    assert "2 of 3 reported listings are gone: 67 %" in text
    links = {
        link.replace("&amp;", "&") for link in re.findall(r'href="(/figures/rows[^"]+)"', text)
    }
    assert len(links) > 10
    for link in links:
        assert viewer.get(link).status_code == 200, link
    rows = viewer.get(f"/figures/rows?figure=removed&{period}").text
    assert "Removed: 2 listings" in rows
    assert rows.count("proven gone") == 2
    one = viewer.get(f"/figures/rows?figure=reported&by=platform&key={makers.PLATFORM}&{period}")
    assert "Reported, Pasar Contoh: 3 listings" in one.text


@pytest.mark.parametrize(
    "path",
    [
        "/figures/rows?figure=nothing",
        "/figures/rows?figure=removed&by=platform&key=unknown",
        "/figures/rows?figure=claimed&by=platform&key=pasar-contoh",
    ],
)
def test_an_unknown_number_is_a_missing_page(viewer, path):
    assert viewer.get(path).status_code == 404


def test_the_csv_has_definitions_and_denominators(rooms, viewer):
    answer = viewer.get(f"/figures.csv?{two_of_three_gone(rooms)}")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    by_name = {row[0]: row for row in rows}
    assert by_name["Takedown rate"][1:3] == ["0.6667", "2 of 3"]
    assert by_name["Reported"][3].startswith("Distinct listings in sent batches")
    assert ["platform", "pasar-contoh", "3", "2", "0", "0.6667"] in rows


@pytest.mark.parametrize(
    "query", ["from=x&to=y", "from=2026-12-01&to=2020-01-01", "from=0001-01-01"]
)
def test_an_odd_period_still_shows_a_page(viewer, query):
    assert viewer.get(f"/figures?{query}").status_code == 200


def sampled(rooms: Rooms, decided: int) -> None:
    """Draw ten of a thousand unflagged listings and decide some; the first is an offer."""
    clock = ManualClock(rooms.store.clock().now() - timedelta(days=3))
    with rooms.store.write() as session:
        tasks = a_sample(session, clock)
        mai = makers.make_person(session, clock, "Linh")
        for number, task in enumerate(tasks[:decided]):
            answer = makers.NOT_INFRINGING if number else makers.INFRINGING
            makers.make_decision(session, task, mai, clock, answer)


def test_what_was_missed_is_unknown_until_a_sample_is_decided(rooms, viewer):
    assert "Nothing was drawn from this period" in viewer.get("/figures").text
    sampled(rooms, decided=0)
    text = viewer.get("/figures").text
    assert "Nothing of the 10 listings drawn is decided yet" in text
    assert "figure=sampled" not in text


def test_what_was_missed_has_its_range_and_leads_to_its_sample(rooms, viewer):
    sampled(rooms, decided=8)
    text = re.sub("<[^>]+>", "", viewer.get("/figures").text)
    assert "About 125 offers, likely 22 to 471, among 1,000 listings not flagged" in text
    assert "1 of 8 sampled was an offer; 10 drawn" in text
    rows = viewer.get("/figures/rows?figure=sampled").text
    assert "Sampled and decided: 8 listings" in rows
    assert "1 listing" in viewer.get("/figures/rows?figure=sampled_offers").text
    content = viewer.get("/figures.csv").content.decode("utf-8-sig")
    by_name = {row[0]: row for row in csv.reader(io.StringIO(content))}
    assert by_name["Missed, estimate"][1:3] == ["125", "1 of 8 sampled, 1000 not flagged"]


def test_no_screen_tells_that_a_listing_was_drawn_at_random(rooms):
    sampled(rooms, decided=0)
    with rooms.store.write() as session:
        listing_id = session.scalars(select(Draw.listing_id)).first()
    reviewer = rooms.guest("Mai", Role.REVIEWER)
    for path in ("/", "/?view=new", f"/listing/{listing_id}"):
        answer = reviewer.get(path)
        assert answer.status_code == 200
        words = re.sub("<[^>]+>", "", answer.text.partition("<body")[2]).lower()
        assert not re.search(r"\bsampl|\brandom|\bdrawn\b|uncertain", words)


def test_signed_out_sees_nothing(rooms):
    for path in ("/figures", "/figures.csv", "/figures/rows?figure=removed"):
        assert rooms.browser().get(path).status_code == 303
