"""The Listing screen: the law with its source, reasons that add up, what was decided before."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from data.flags import record_score
from data.listings import Listing, Sighting, sight
from data.people import Role
from data.tasks import queue_first
from tests.makers import (
    INFRINGING,
    NOT_INFRINGING,
    found,
    make_crawl,
    make_decision,
    make_task,
    scored,
)
from tests.rooms import Rooms, rooms_in

KHMER = "ភ្លុកដំរីស្រស់"
ALIKE = "the whole text reads like an offer; most alike: “老象牙手镯” (zh-Hans-0001, an offer)"


def _reason(text: str, kind: str, weight: float, **more: Any) -> dict[str, Any]:
    place = {"start": None, "end": None, "gloss": ""}
    return {"text": text, "kind": kind, "weight": weight} | place | more


@pytest.fixture
def rooms(tmp_path: Path, sqlite_template: Path) -> Iterator[Rooms]:
    with rooms_in(tmp_path, sqlite_template) as made:
        yield made


def _page(rooms: Rooms, country: str = "VN", title: str = "Vòng ngà voi", **changed: Any) -> str:
    """The screen of a listing in a country whose score says this."""
    with rooms.store.write() as session:
        clock = rooms.store.clock()
        one = found(f"{country} {title}", title=title)
        crawl = make_crawl(session, clock)
        (sighted,) = sight(session, [one], crawl=crawl, country=country, clock=clock)
        listing = session.get_one(Listing, sighted.listing_id)
        sighting = session.get_one(Sighting, listing.latest_sighting_id)
        flag = record_score(session, sighting, replace(scored(), **changed), clock)
        assert flag is not None
        queue_first(session, flag, clock=clock)
        listing_id = listing.id
    name = f"Mai {listing_id}"
    return rooms.guest(name, Role.REVIEWER).get(f"/listing/{listing_id}").text


def _box(page: str, name: str) -> str:
    """The words of one panel, without marks."""
    start = page.index(f'<section class="panel {name}"')
    panel = page[start : page.index("</section>", start)]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", panel)).split())


def test_the_law_stands_with_its_source_and_that_nobody_read_it(rooms: Rooms) -> None:
    law = _box(_page(rooms, taxon="Panthera tigris", product="TEE"), "law-box")
    assert law.startswith("Law in Viet Nam Tiger, part Protected unverified")
    assert "Decree 84/2021/ND-CP" in law
    assert "Group IB" in law
    assert "Source: from memory, no source read." in law
    assert "read the group again" in law


def test_a_source_that_was_read_is_named_with_the_day(rooms: Rooms) -> None:
    law = _box(_page(rooms, "KH", taxon="Pelochelys cantorii", product="LIV"), "law-box")
    assert "Protected read" in law
    assert "unverified" not in law
    assert re.search(r"Source: https://asianturtlenetwork\.org/\S+ , looked at 22 Nov 2026", law)


def test_live_and_part_have_laws_of_their_own(rooms: Rooms) -> None:
    part = _box(_page(rooms, "CN", taxon="Elephas maximus", product="IVC"), "law-box")
    assert "Trade banned parts and products unverified 国办发〔2016〕103号" in part
    live = _box(_page(rooms, "CN", "Voi con", taxon="Elephas maximus", product="LIV"), "law-box")
    assert "Trade banned" not in live
    assert "Protected unverified" in live


def test_a_group_that_the_law_names_is_told(rooms: Rooms) -> None:
    law = _box(_page(rooms, "ID", taxon="Caretta caretta"), "law-box")
    assert "Said of Sea turtles Cheloniidae , the family it belongs to." in law


def test_where_nothing_is_on_file_it_says_so(rooms: Rooms) -> None:
    law = _box(_page(rooms, "FR", taxon="Panthera tigris"), "law-box")
    assert "Not known: no source is on file." in law
    assert "CITES Appendix I , as remembered" in law


def test_a_status_that_somebody_should_look_up_is_no_ground(rooms: Rooms) -> None:
    page = _page(rooms, "KH", taxon="Cuora amboinensis", product="LIV")
    assert "Not known unverified" in _box(page, "law-box")
    ground = re.search(r'name="ground_filled_in" value="([^"]*)"', page)
    assert ground is not None
    assert ground[1].startswith("CITES Appendix II")


def test_a_ground_never_follows_to_an_animal_that_has_none(rooms: Rooms) -> None:
    page = _page(rooms)
    fields = dict(
        re.findall(r'name="(task|version|sighting|ground_filled_in)" value="([^"]*)"', page)
    )
    answer = fields | {
        "verdict": "infringing",
        "taxon_other": "Pelodiscus sinensis",
        "product": "LIV",
        "form": "live",
        "legal_ground": fields["ground_filled_in"],
    }
    sent = rooms.guest("Linh", Role.REVIEWER).post("/listing/1/decide", answer)
    assert fields["ground_filled_in"]
    assert sent.status_code == 422
    assert "Give the legal ground" in sent.text


def test_reasons_are_points_that_add_up(rooms: Rooms) -> None:
    reasons = [
        _reason("ngà voi", "term", 2.0, start=5, end=12, gloss="elephant ivory"),
        _reason("ngà voi", "term", 0.4, start=20, end=27, gloss="elephant ivory"),
        _reason("trang trí", "benign", -0.75, gloss="decoration"),
        _reason("", "meaning", 1.1, gloss=ALIKE),
        _reason("", "start", -2.5, gloss="where every listing starts"),
        _reason("", "rest", 0.13, gloss="everything else"),
    ]
    page = _page(rooms, reasons=reasons)
    why = _box(page, "why-box")
    assert "ngà voi 2× elephant ivory word list +2.40" in why
    assert "Start, the same for every listing −2.50" in why
    assert "Speaks against trang trí decoration harmless word −0.75" in why
    points = re.findall(r"<td>([+−][\d.]+)</td></tr>", page)
    *parts, total = [float(one.replace("−", "-")) for one in points]
    assert total == pytest.approx(0.38)
    assert sum(parts) == pytest.approx(total)
    assert "Without it: −2.02" in why


def test_known_examples_stand_in_their_own_language(rooms: Rooms) -> None:
    page = _page(rooms, reasons=[_reason("", "meaning", 1.1, gloss=ALIKE)])
    why = _box(page, "why-box")
    assert "Reads most like 1 known example 老象牙手镯 an offer zh-Hans-0001" in why
    assert '<span lang="zh-Hans">老象牙手镯</span>' in page
    assert "most alike" not in why


def test_a_score_without_reasons_says_so(rooms: Rooms) -> None:
    why = _box(_page(rooms, reasons=[]), "why-box")
    assert "The wording as a whole resembles offers." in why


def test_a_highlight_in_khmer_never_tears_a_cluster(rooms: Rooms) -> None:
    torn = _reason(KHMER[2:5], "ngram", 1.0, start=2, end=5)
    page = _page(rooms, "KH", KHMER, lang="km", reasons=[torn])
    assert f'<span class="hit ngram">{KHMER[:5]}</span>{KHMER[5:]}' in page
    assert f'<span class="hit ngram" lang="km">{KHMER[:5]}</span>' in page


def test_what_was_decided_of_the_like_is_shown(rooms: Rooms) -> None:
    with rooms.store.write() as session:
        clock = rooms.store.clock()
        first, second = make_task(session, clock, "1"), make_task(session, clock, "2")
        asked = make_task(session, clock, "3").listing_id
    mai, linh = rooms.person("Mai", Role.REVIEWER), rooms.guest("Linh", Role.REVIEWER)
    assert "Nothing like it has been decided" in linh.get(f"/listing/{asked}").text
    with rooms.store.write() as session:
        make_decision(session, first, mai, clock, INFRINGING)
        make_decision(session, second, mai, clock, NOT_INFRINGING)
    past = _box(linh.get(f"/listing/{asked}").text, "past")
    assert past.startswith("Decided before 2 listings like it")
    assert past.count("nearly the same words, same seller") == 2
    assert "Infringing 1 Nov 2026" in past or re.search(r"Infringing \d", past)
    assert "Not infringing" in past
