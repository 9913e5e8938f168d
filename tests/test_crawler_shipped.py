"""Each shipped platform: its pages, its removed listings, and a crawl of a tiny site like it."""

import json
from pathlib import Path

import pytest

from crawler.judging import judge, judge_also
from crawler.options import Target, Targets
from crawler.styles import Page
from data.availability import Outcome
from data.listings import Listing, Recheck
from data.platform import Platform
from data.platforms import load_folder
from tests.alike_sites import ALIKE, Alike, on_loopback, title_of
from tests.crawling import NOON, Place, check_in_process, rows, serving

ROOT = Path(__file__).parents[1]
SHIPPED, ERRORS = load_folder(ROOT / "data/reference/platforms")
LOOKS = sorted(path.parent for path in (ROOT / "tests/pages").glob("*/*/look.json"))
WANTED = {
    "chotot",
    "mudah",
    "tiki",
    "telegram-channels",
    "kaidee",
    "wordpress",
    "osclass",
    "generic-shop",
    "generic-feed",
}


def test_every_promised_platform_is_there():
    assert ERRORS == []
    assert set(SHIPPED) >= WANTED


@pytest.mark.parametrize("platform", SHIPPED.values(), ids=lambda one: one.id)
def test_a_shipped_file_says_what_is_not_known(platform: Platform):
    assert platform.last_verified == "never"
    assert len(platform.notes.split()) > 25
    assert platform.delay_s >= 3
    assert platform.removal
    assert not platform.local


@pytest.mark.parametrize("platform", SHIPPED.values(), ids=lambda one: one.id)
def test_a_shipped_file_has_a_page_and_a_removed_one(platform: Platform):
    pages = ROOT / "tests/pages" / platform.id
    assert list(pages.glob("*/listing.json"))
    assert list(pages.glob("*/look.json"))


@pytest.mark.parametrize("platform", SHIPPED.values(), ids=lambda one: one.id)
def test_canonical_addresses_keep_their_id(platform: Platform):
    for file in (ROOT / "tests/pages" / platform.id).glob("*/listing.json"):
        expected = json.loads(file.read_text(encoding="utf-8"))
        assert platform.external_id(expected["url"]) == expected["external_id"]
        tracked = expected["url"] + ("&" if "?" in expected["url"] else "?") + "utm_source=x"
        assert platform.canonical(tracked) == expected["url"]


@pytest.mark.parametrize("case", LOOKS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_a_look_at_a_removed_listing_means(case: Path):
    look = json.loads((case / "look.json").read_text(encoding="utf-8"))
    platform = SHIPPED[case.parent.name]
    file = next(case.glob("page.*"))
    media = "application/json" if file.suffix == ".json" else "text/html; charset=utf-8"
    headers = {"content-type": media}
    page = Page(look["url"], file.read_bytes(), look["status"], headers, platform.languages)
    target = Target(1, look["external_id"], look["url"], title=look["title"])
    if look.get("at") == "also":
        judged = judge_also(page, platform, target)
    else:
        absent = look.get("absent_from_lists", False)
        judged = judge(page, platform, target, NOON, absent=absent)
    assert judged.outcome == look["outcome"], judged.cause


@pytest.fixture
def place(tmp_path: Path, sqlite_template: Path) -> Place:
    return Place.fresh(tmp_path, sqlite_template)


@pytest.mark.parametrize("kind", ALIKE, ids=lambda one: one.name)
def test_a_tiny_site_like_it_is_crawled_and_a_removal_is_seen(kind: type[Alike], place: Place):
    with serving() as site, place.opened() as store:
        alike = kind(site)
        platform = on_loopback(alike.name, site)
        ending, cause = place.crawl(platform)
        assert ending == "finished", cause
        found = {row.external_id: row for row in rows(store, Listing)}
        assert set(found) == {alike.external_id(one) for one in alike.ids}
        assert {row.title for row in found.values()} == {title_of(one) for one in alike.ids}

        gone, kept, other = (alike.external_id(one) for one in alike.ids[:3])
        alike.gone.add(alike.ids[0])
        targets = Targets(
            [Target.of(found[gone]), Target.of(found[kept])], [Target.of(found[other])]
        )
        ending, cause = place.recheck(platform, targets)
        assert ending == "finished", cause
        looks = {row.listing_id: row for row in rows(store, Recheck)}
        assert looks[found[gone].id].outcome is Outcome.REMOVED, looks[found[gone].id].cause
        assert looks[found[gone].id].control_live
        assert looks[found[kept].id].outcome is Outcome.LIVE, looks[found[kept].id].cause


@pytest.mark.parametrize("kind", ALIKE, ids=lambda one: one.name)
def test_check_finds_nothing_wrong_with_a_site_like_it(kind: type[Alike]):
    with serving() as site:
        report = check_in_process(on_loopback(kind(site).name, site))
    assert report.ok, [str(fault) for fault in report.faults]
    assert report.pages
