"""Pictures are fetched after scoring, as politely as pages, and kept as received."""

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from data.crawls import Crawl, CrawlKind
from data.evidence import EvidenceFolder, Room
from data.found import CaptureQuality, EvidenceKind
from data.home import HomeKind, PicturesOf
from data.listings import Listing, Sighting
from data.parts import Evidence
from data.pictures import Fetched, Picture, PictureTry, Wanted, pictures_wanted
from data.store import Store
from tests.crawling import (
    NOON,
    Answer,
    Place,
    Site,
    listing_html,
    problems,
    rows,
    serving,
    small_site,
)
from tests.makers import make_flag


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as served:
        yield served


@pytest.fixture
def place(tmp_path: Path, sqlite_template: Path) -> Place:
    return Place.fresh(tmp_path, sqlite_template)


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    with place.opened() as opened:
        yield opened


def jpeg(shade: int = 200, size: tuple[int, int] = (64, 48)) -> bytes:
    image = Image.effect_noise(size, 60)
    image.paste(shade, (8, 8, 24, 24))
    out = BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()


def a_crawled_site(site: Site, place: Place, addresses: str) -> None:
    """Two listings, each naming the same pictures; nothing of them is fetched by the crawl."""
    small_site(site, [1, 2])
    for number in (1, 2):
        html = listing_html(number)
        site.pages[f"/item/{number}"] = html.replace('"offers"', f'"image": {addresses}, "offers"')
    site.pages["/a.jpg"] = Answer(jpeg(), 200, {"Content-Type": "image/jpeg"})
    place.crawl(site.platform(top="images = 2"))


def scored(store: Store, clock, *, flagged: int = 1) -> None:
    """Score every listing; flag the first ones."""
    with store.write() as session:
        for sighting in session.scalars(select(Sighting)):
            sighting.scored = True
        for listing in session.scalars(select(Listing).order_by(Listing.id).limit(flagged)):
            make_flag(session, listing, clock)


def wanted(store: Store, whose: PicturesOf = PicturesOf.FLAGGED, **later: int) -> list[Wanted]:
    with store.read() as session:
        return pictures_wanted(session, "site", whose, 2, NOON + timedelta(**later))


def test_only_flagged_listings_pictures_are_kept_as_received(site, place, store, clock):
    a_crawled_site(site, place, '["/a.jpg", "/b.jpg", "/c.jpg"]')
    site.pages["/b.jpg"] = "<html>no picture</html>"
    assert (site.asked["/a.jpg"], wanted(store)) == (0, [])
    scored(store, clock)
    asked = wanted(store)
    assert [one.address[-6:] for one in asked] == ["/a.jpg", "/b.jpg"]
    assert len(wanted(store, PicturesOf.ALL)) == 4
    assert wanted(store, PicturesOf.NONE) == []
    assert place.pictures(site.platform(), asked) == ("finished", "kept 1 of 2 pictures")
    (part,) = [row for row in rows(store, Evidence) if row.kind is EvidenceKind.IMAGE]
    assert EvidenceFolder(place.evidence).get(part.sha256) == site.pages["/a.jpg"].body
    assert (part.http_status, part.quality) == (200, CaptureQuality.WHOLE)
    assert ["Content-Type", "image/jpeg"] in part.headers
    assert part.tool.startswith("faunawatch/")
    assert part.stored_size > 0
    with store.read() as session:
        (looks,) = session.scalars(select(Picture))
    assert (looks.sha256, looks.width, looks.form) == (part.sha256, 64, "JPEG")
    tries = sorted(rows(store, PictureTry), key=lambda one: one.address)
    assert [one.outcome for one in tries] == [Fetched.KEPT, Fetched.NO_PICTURE]
    assert tries[0].evidence_id == part.id
    assert "not a picture" in tries[1].cause
    assert (site.asked["/a.jpg"], site.asked["/c.jpg"]) == (1, 0)
    assert rows(store, Crawl)[-1].kind is CrawlKind.PICTURES
    assert wanted(store, days=30) == []


def test_what_failed_is_tried_again_a_day_later_and_then_given_up(site, place, store, clock):
    a_crawled_site(site, place, '["/gone.jpg", "/broken.jpg"]')
    site.pages["/broken.jpg"] = Answer("", 500)
    scored(store, clock)
    names = []
    for attempt in range(3):
        asked = wanted(store, days=attempt * 2)
        names.append([one.address.rsplit("/", 1)[1] for one in asked])
        place.pictures(site.platform(), asked)
        assert wanted(store, hours=1) == []
    assert names == [["gone.jpg", "broken.jpg"], ["broken.jpg"], ["broken.jpg"]]
    tries = [(one.address.rsplit("/", 1)[1], one.outcome) for one in rows(store, PictureTry)]
    assert tries.count(("gone.jpg", Fetched.REFUSED)) == 1
    assert tries.count(("broken.jpg", Fetched.FAILED)) == 3
    assert wanted(store, days=90) == []


def test_a_picture_is_guarded_like_any_page(site, place, store, clock):
    forbidden = "http://169.254.169.254/secret.jpg"
    a_crawled_site(site, place, f'["{forbidden}", "/big.jpg"]')
    site.pages["/big.jpg"] = Answer(b"x" * 9_000_000)
    site.pages["/robots.txt"] = Answer("User-agent: *\nDisallow: /hidden", 200)
    site.pages["/away.jpg"] = Answer("", 302, {"Location": "http://10.0.0.1/x.jpg"})
    scored(store, clock)
    one = wanted(store)[0]
    asked = [
        dataclasses.replace(one, address=address)
        for address in (
            forbidden,
            f"http://{site.address}/big.jpg",
            f"http://{site.address}/hidden/a.jpg",
            f"http://{site.address}/away.jpg",
        )
    ]
    assert place.pictures(site.platform(), asked)[0] == "finished"
    ends = {row.address.rsplit("/", 1)[1]: row for row in rows(store, PictureTry)}
    assert ends["secret.jpg"].outcome is Fetched.REFUSED
    assert "private address" in ends["secret.jpg"].cause
    assert ends["big.jpg"].outcome is Fetched.TOO_LARGE
    assert ends["a.jpg"].outcome is Fetched.REFUSED
    assert ends["away.jpg"].outcome is Fetched.REFUSED
    assert site.asked["/hidden/a.jpg"] == 0
    assert not [row for row in rows(store, Evidence) if row.kind is EvidenceKind.IMAGE]


def test_one_refused_picture_is_no_wall_but_three_in_a_row_are(site, place, store, clock):
    a_crawled_site(site, place, '["/a.jpg"]')
    scored(store, clock)
    one = wanted(store)[0]
    for name in "bcde":
        site.pages[f"/{name}.jpg"] = Answer("", 403)

    def asked(names: str) -> list[Wanted]:
        base = f"http://{site.address}"
        return [dataclasses.replace(one, address=f"{base}/{name}.jpg") for name in names]

    slow = site.platform().replace("delay_s = 0\n", "delay_s = 0.001\n")
    assert place.pictures(slow, asked("ba"))[1] == "kept 1 of 2 pictures"
    ending, cause = place.pictures(slow, asked("bcde"))
    assert ending == "blocked"
    assert "refuses us (HTTP 403)" in cause
    assert site.asked["/e.jpg"] == 0


def test_the_budget_of_the_day_counts_pictures_too(site, place, store, clock):
    a_crawled_site(site, place, '["/a.jpg", "/b.jpg"]')
    scored(store, clock)
    ending, _ = place.pictures(site.platform(), wanted(store), requests_left=1)
    assert ending == "budget_spent"


def test_a_full_folder_ends_the_run_with_a_clear_cause(site, place, store):
    small_site(site, [1, 2, 3])
    full = dataclasses.replace(place, room=Room(left=100, budget=5_000_000))
    ending, cause = full.crawl(site.platform())
    assert ending == "evidence_full"
    assert "all of the 5 MB it may hold" in cause
    assert "evidence-budget-mb" in cause
    assert rows(store, Sighting) == []
    assert "crashed_page" not in problems(store)
    assert place.crawl(site.platform())[0] == "finished"
    assert len(rows(store, Sighting)) == 3
    assert place.home is HomeKind.TEST
