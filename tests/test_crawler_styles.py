"""Page styles: each folder of tests/pages is a page and the listing it must become."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.lists import listing_links
from crawler.styles import Page, Reading, embedded, read_listing, read_row
from crawler.styles.listed import rows_of, total_of
from crawler.styles.reading import RawListing, build
from crawler.styles.saved import read_saved
from crawler.styles.sheets import read_lines
from crawler.styles.structured import json_ld
from data.platform import Lists, Platform
from data.platforms import load_file, load_folder
from tests.crawling import NOON

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "tests/pages"
SHIPPED = load_folder(ROOT / "data/reference/platforms")[0] | {
    "pasar-contoh": load_file(ROOT / "faunawatch/sample/platform.toml"),
    "django-classified": load_file(ROOT / "tests/platforms/django-classified.toml"),
}
CASES = sorted(path.parent for path in PAGES.glob("*/*/listing.json"))


def platform_of(name: str) -> Platform:
    own = PAGES / name / "platform.toml"
    return load_file(own) if own.exists() else SHIPPED[name]


def said(reading: Reading) -> dict[str, Any]:
    """What the fixture's JSON says of a listing; problems by kind."""
    found = reading.found
    seller = found.seller
    return {
        "external_id": found.external_id,
        "url": found.url,
        "title": found.title,
        "description": found.description,
        "category": found.category,
        "price_text": found.price_text,
        "price": None if found.price is None else str(found.price),
        "currency": found.currency,
        "place": found.place,
        "posted_at": found.posted_at.isoformat() if found.posted_at else None,
        "seller": seller
        and {"external_id": seller.external_id, "name": seller.name, "url": seller.url},
        "images": list(found.images),
        "problems": [problem.partition(":")[0] for problem in found.problems],
    }


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_page_becomes_its_listing(case: Path):
    expected = json.loads((case / "listing.json").read_text(encoding="utf-8"))
    platform = platform_of(case.parent.name)
    file = next(case.glob("page.*"))
    media = {"content-type": "application/json"} if file.suffix == ".json" else {}
    url = expected["url"]
    page = Page(url, file.read_bytes(), headers=media, languages=platform.languages)
    if file.suffix == ".xml":
        row = rows_of(page, platform)[expected["external_id"]]
        reading = read_row(page, row, platform, NOON)
    else:
        reading = read_listing(page, platform, NOON, expected["external_id"])
    assert said(reading) == expected
    assert reading.is_listing


SHOP = platform_of("generic-shop")


def shop_page(body: str | bytes) -> Page:
    content = body.encode() if isinstance(body, str) else body
    return Page("https://shop.example/product/1", content)


@pytest.mark.parametrize(
    "written",
    [
        '{"name": "a",}',
        '<!-- {"name": "a"} -->',
        '//<![CDATA[\n{"name": "a"}\n//]]>',
        "{&quot;name&quot;: &quot;a&quot;}",
        '[[{"name": "a"}]]',
        '{"@graph": [{"name": "a"}]}',
    ],
)
def test_json_ld_is_read_as_pages_write_it(written):
    page = shop_page(f'<script type="application/ld+json">{written}</script>')
    nodes, broken = json_ld(page.selector)
    assert "a" in [node.get("name") for node in nodes]
    assert broken == 0


@pytest.mark.parametrize("written", ["", "{", "nonsense", '{"name": }', "[" * 100_000])
def test_json_ld_that_cannot_be_read_is_counted_not_raised(written):
    page = shop_page(f'<script type="application/ld+json">{written}</script>')
    assert json_ld(page.selector) == ([], 1)


def test_another_listings_data_is_not_taken_for_this_one():
    page = shop_page("""<script type="application/ld+json">{"@type": "Product", "name": "Other",
        "url": "/product/2", "offers": {"price": 1}}</script><h1>Mine</h1>""")
    assert read_listing(page, SHOP, NOON).found.title == ""


def test_an_offer_that_is_over_is_said_to_be():
    page = shop_page("""<script type="application/ld+json">{"@type": "Product", "name": "Box",
        "offers": {"price": 1, "availability": "https://schema.org/SoldOut"}}</script>""")
    assert read_listing(page, SHOP, NOON).ended


def test_a_page_without_a_listing_is_none():
    assert not read_listing(shop_page("<h1>Welcome</h1>"), SHOP, NOON).is_listing


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([SHOP, platform_of("old-board")]))
def test_no_bytes_break_the_reading(body: bytes, platform: Platform):
    wrapped = b'<script type="application/ld+json">' + body + b"</script><h1>" + body
    for content in (body, wrapped):
        page = Page("https://x.example/product/1", content, languages=platform.languages)
        assert read_listing(page, platform, NOON, "1").found.external_id == "1"


@pytest.mark.parametrize("broken", ["http://[x", "http://x:99999/", "javascript:void(0)"])
def test_a_broken_address_costs_no_page(broken):
    platform = platform_of("pasar-contoh")
    platform = replace(platform, lists=replace(platform.lists, links=Lists.links))
    base = platform.base_url
    html = f'<a href="{broken}">b</a><a href="/item/7">ok</a>'
    assert list(listing_links(Page(base, html.encode()), platform)) == ["7"]
    raw = RawListing({"title": "t", "seller_name": "n", "seller_url": broken}, [broken, "/a.jpg"])
    found = build(raw, platform, "7", base, NOON).found
    assert found.images == (f"{base}a.jpg",)
    assert found.seller is not None
    assert (found.seller.external_id, found.seller.url) == ("n", "")


NEXT, FEED = platform_of("tiny-next"), platform_of("tiny-feed")
STATE = platform_of("tiny-state")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_break_the_reading_of_lists(body: bytes):
    wrapped = (
        body,
        b"<rss><channel><item><link>/item/1</link>" + body + b"</item></channel></rss>",
        b'<script id="__NEXT_DATA__">' + body + b"</script>",
        b"<script>window.__STATE__ = " + body + b"</script>",
        b"\x1f\x8b" + body,
    )
    for content in wrapped:
        for platform in (FEED, NEXT, STATE, platform_of("tiny-api")):
            page = Page(platform.base_url, content, languages=platform.languages)
            for row in rows_of(page, platform).values():
                assert read_row(page, row, platform, NOON).found.external_id == row.external_id
            total_of(page, platform)


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=300), st.sampled_from([b"", b"url,title\n", b"\xff\xfe", b"title;price\n"])
)
def test_no_bytes_break_the_reading_of_what_a_person_brings(body: bytes, before: bytes):
    for line in read_lines(before + body, FEED):
        assert line.line >= 1
    for content in (body, b"From: <Saved by Blink>\r\n" + body, b"MIME-Version: 1.0\r\n" + body):
        assert isinstance(read_saved(content).url, str)


DAMAGED = st.text(alphabet='{}[]":,0a\\u undefined-JSON.parse()=', max_size=80)


@settings(max_examples=300, deadline=None)
@given(DAMAGED)
def test_no_script_breaks_the_reading_of_its_json(text: str):
    embedded.loads(text)
