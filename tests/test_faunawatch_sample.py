"""The sample marketplace behaves like a real site, and never tells which listings are wrong."""

import asyncio
import json
import re
from collections import Counter
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image

from faunawatch.sample.market import CATEGORIES, FOLDER, load_market, rows_of
from faunawatch.sample.moderation import Action, Moderation, ModerationUnreadableError
from faunawatch.sample.pictures import jpeg_of, kinds
from faunawatch.sample.site import create_site

HOME = "http://127.0.0.1:8000"
LANGUAGES = {"zh-Hans", "zh-Hant", "vi", "th", "km", "lo", "my", "ms", "en"}
MARKET = load_market()
ROWS = [row for path in (FOLDER / "listings").glob("*.jsonl") for row in rows_of(path)]


@dataclass(frozen=True)
class Visitor:
    """A browser of the site, without a network between them."""

    app: FastAPI

    def get(self, address: str, **options: Any) -> httpx.Response:
        return self.send("GET", address, **options)

    def post(self, address: str, **options: Any) -> httpx.Response:
        return self.send("POST", address, **options)

    def send(self, method: str, address: str, **options: Any) -> httpx.Response:
        async def one() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url=HOME) as client:
                return await client.request(method, address, **options)

        return asyncio.run(one())


def visitor(folder: Path) -> Visitor:
    return Visitor(create_site(folder))


@pytest.fixture
def site(tmp_path: Path) -> Visitor:
    return visitor(tmp_path)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Visitor:
    """A site whose moderator does nothing, made once."""
    return visitor(tmp_path_factory.mktemp("untouched"))


def moderate(site: Visitor, number: int, action: str) -> httpx.Response:
    return site.post(f"/moderator/{number}/{action}", headers={"Origin": HOME})


def found_in(pattern: str, text: str) -> str:
    """Return what the brackets of the pattern hold, unescaped; fail if it is not there."""
    match = re.search(pattern, text)
    assert match, f"no {pattern} in the page"
    return match[1].replace("&amp;", "&")


def walk(site: Visitor, address: str) -> list[int]:
    """Follow the pager's next links from a list and gather what it links to."""
    found: list[int] = []
    while True:
        html = site.get(address).text
        found += map(int, re.findall(r'<a href="/item/(\d+)', html))
        if 'rel="next">Next' not in html:
            return found
        address = found_in(r'href="([^"]+)" rel="next">Next', html)


def data_of(html: str) -> Any:
    return json.loads(found_in(r'<script type="application/ld\+json">(.*?)</script>', html))


def test_every_language_has_its_share_and_numbers_are_unique():
    per_language = Counter(row["lang"] for row in ROWS)
    assert set(per_language) == LANGUAGES
    assert min(per_language.values()) >= 20
    assert len({row["id"] for row in ROWS}) == len(ROWS) >= 295
    assert len({row["title"] for row in ROWS}) == len(ROWS)


def test_offers_look_alikes_and_ordinary_goods_are_mixed():
    offers = [row for row in ROWS if row["truth"]["offered"]]
    assert 0.2 < len(offers) / len(ROWS) < 0.3
    assert {row["lang"] for row in offers} == LANGUAGES
    assert {row["truth"]["group"] for row in offers} == {"tiger", "elephant", "turtle"}
    assert all(re.fullmatch("[A-Z]{3}", row["truth"]["product"]) for row in offers)
    several = [seller for seller, n in Counter(row["seller"] for row in offers).items() if n > 2]
    assert len(several) >= 3
    for row in ROWS:
        if not row["truth"]["offered"]:
            assert row["truth"] == {"offered": 0, "group": "", "product": ""}


def test_every_field_is_fit_to_be_shown():
    for listing in MARKET.listings:
        assert listing.title == listing.title.strip() != ""
        assert listing.category in CATEGORIES
        assert "2026-09-01" <= listing.posted.isoformat() <= "2026-11-20"
        assert 1 <= len(listing.pictures) <= 3
        assert {picture.kind for picture in listing.pictures} <= set(kinds())
        assert (listing.price_value is None) or listing.currency
        assert listing.seller.number in MARKET.sellers


def runs_of(text: str, length: int = 24) -> set[str]:
    return {text[start : start + length] for start in range(len(text) - length + 1)}


def test_no_text_is_shared_with_the_training_corpus():
    """The demo would prove nothing if the model had been trained on what it then finds."""
    corpus = FOLDER.parents[1] / "data/reference/corpus"
    trained = [row for path in corpus.glob("*.jsonl") for row in rows_of(path)]
    titles = {row["title"].casefold() for row in trained}
    runs = {run for row in trained for run in runs_of(f"{row['title']}\n{row['description']}")}
    assert len(trained) > 0
    assert [row["id"] for row in ROWS if row["title"].casefold() in titles] == []
    for row in ROWS:
        assert not runs & runs_of(f"{row['title']}\n{row['description']}"), row["id"]


def test_awkward_cases_are_there():
    assert any(not row["description"] for row in ROWS)
    assert any(row["price"] == "" for row in ROWS)
    assert any(row["price"] and row["price_value"] is None for row in ROWS)
    names = "".join(seller.name for seller in MARKET.sellers.values())
    assert {"\u202e", "\u200b", "\u2067"} <= set(names)
    assert any("\u200b" in row["title"] for row in ROWS)
    assert sum("@" in row["images"][0] for row in ROWS) >= 3, "relistings with the old photo"


def test_every_listing_is_reached_from_home_through_the_pager(untouched):
    found = walk(untouched, "/")
    assert found == [listing.number for listing in MARKET.listings]


def test_categories_and_sellers_hold_their_own(untouched):
    for category in CATEGORIES:
        mine = {row["id"] for row in ROWS if row["category"] == category}
        assert set(walk(untouched, f"/c/{category}")) == mine
    mine = {row["id"] for row in ROWS if row["seller"] == 36}
    assert set(walk(untouched, "/seller/36")) == mine


def test_search_finds_a_substring_in_any_script(untouched):
    for words in ("กางเกงช้าง", "ဆင်စွယ်", "象牙", "cua đinh"):
        expected = [listing.number for listing in MARKET.listings if words in listing.haystack]
        assert walk(untouched, f"/search?q={words}") == expected != []
    assert "Nothing here" in untouched.get("/search?q=zzzz").text


@pytest.mark.parametrize("row", ROWS[::5], ids=lambda row: f"{row['lang']}-{row['id']}")
def test_a_listing_page_carries_its_data(untouched, row):
    page = untouched.get(f"/item/{row['id']}-any-words?ref=more")
    data = data_of(page.text)
    assert page.status_code == 200
    assert f'<html lang="{row["lang"]}">' in page.text
    assert data["name"] == row["title"]
    assert data["offers"].get("price") == row["price_value"]
    if row["price_value"] is not None:
        assert data["offers"]["priceCurrency"] == row["currency"]
    assert data["datePosted"] == row["posted"]
    assert data["offers"]["availability"].endswith("InStock")
    assert f'<link rel="canonical" href="{data["url"]}">' in page.text
    assert re.match(rf"{HOME}/item/{row['id']}(-[a-z0-9-]+)?$", data["url"])
    assert [untouched.get(image).status_code for image in data["image"]] == [200] * len(
        data["image"]
    )


def test_the_truth_is_never_served(untouched):
    marked = [listing for listing in MARKET.listings if hasattr(listing, "truth")]
    assert marked == []
    offer = next(row for row in ROWS if row["truth"]["product"] == "IVC")
    page = untouched.get(f"/item/{offer['id']}").text + untouched.get("/moderator").text
    for word in ("truth", "offered", "IVC"):
        assert word not in page


def test_each_page_says_it_is_a_demo(untouched):
    addresses = ("/", "/c/food", "/search?q=a", "/seller/11", "/about", "/moderator", "/item/1")
    for address in (*addresses, MARKET.listings[0].path):
        assert "every listing and seller here is invented" in untouched.get(address).text


@pytest.mark.parametrize(
    "address",
    ["/?page=0", "/?page=99", "/?page=x", "/c/none", "/item/1", "/item/x", "/seller/1",
     "/seller/%E2%91%A0", "/picture/1-bangle.jpg", "/picture/x.jpg", "/none"],
)  # fmt: skip
def test_what_is_not_there_is_404(untouched, address):
    assert untouched.get(address).status_code == 404


def test_robots_opens_listings_and_closes_the_desk(untouched):
    rules = untouched.get("/robots.txt").text
    assert {"Disallow: /moderator", "Disallow: /search"} <= set(rules.splitlines())
    assert "Disallow: /item" not in rules


def test_a_deleted_listing_is_gone_and_comes_back_with_its_number(site):
    listing = MARKET.listings[5]
    assert moderate(site, listing.number, "delete").status_code == 303
    assert site.get(listing.path).status_code == 404
    assert listing.number not in walk(site, "/")
    moderate(site, listing.number, "restore")
    assert data_of(site.get(listing.path).text)["sku"] == str(listing.number)
    assert listing.number in walk(site, "/")


def test_a_delisted_listing_keeps_only_its_page(site):
    listing = next(one for one in MARKET.listings if one.price_value)
    moderate(site, listing.number, "delist")
    page = site.get(listing.path)
    assert page.status_code == 200
    assert data_of(page.text)["offers"]["price"] == listing.price_value
    places = ("/", f"/c/{listing.category}", f"/seller/{listing.seller.number}")
    for address in (*places, f"/search?q={listing.number}"):
        assert listing.number not in walk(site, address)


def test_a_sold_listing_says_so_and_names_no_price(site):
    listing = next(one for one in MARKET.listings if one.lang == "vi" and one.price_value)
    assert 'class="sold"' not in site.get(listing.path).text
    moderate(site, listing.number, "sold")
    html = site.get(listing.path).text
    data = data_of(html)
    assert '<p class="sold">Tin này đã bán</p>' in html
    assert "price" not in data["offers"]
    assert data["offers"]["availability"].endswith("SoldOut")
    assert html.count('class="price"') == html.count('<li class="card">')
    assert listing.number not in walk(site, "/")


def test_moderation_survives_a_restart(tmp_path):
    kept, deleted, restored = MARKET.listings[1], MARKET.listings[2], MARKET.listings[3]
    first = visitor(tmp_path)
    for number, action in [
        (kept.number, "delist"),
        (deleted.number, "delete"),
        (restored.number, "delete"),
        (restored.number, "restore"),
    ]:
        moderate(first, number, action)
    second = visitor(tmp_path)
    assert second.get(deleted.path).status_code == 404
    assert second.get(kept.path).status_code == 200
    assert kept.number not in walk(second, "/")
    assert restored.number in walk(second, "/")
    assert [path.name for path in tmp_path.iterdir()] == ["moderation.json"]


@pytest.mark.parametrize("origin", [None, "null", "http://elsewhere.test", "http://127.0.0.1:9"])
def test_a_form_from_elsewhere_is_refused(untouched, origin):
    listing = MARKET.listings[0]
    headers = {"Origin": origin} if origin else {}
    answer = untouched.post(f"/moderator/{listing.number}/delete", headers=headers)
    assert answer.status_code == 403
    assert untouched.get(listing.path).status_code == 200


def test_a_foreign_host_name_is_refused(untouched):
    assert untouched.get("/", headers={"Host": "rebound.test:8000"}).status_code == 400


def test_the_desk_filters_and_keeps_the_filter_after_an_action(site):
    listing = next(one for one in MARKET.listings if one.lang == "th")
    desk = site.get("/moderator", params={"q": listing.title}).text
    assert desk.count('<tr id="n') == 1
    action = found_in(r'formaction="([^"]+/delete[^"]*)"', desk)
    answer = site.post(action, headers={"Origin": HOME}, follow_redirects=True)
    assert answer.request.url.params["q"] == listing.title
    assert "Restore" in answer.text
    deleted = site.get("/moderator?state=deleted").text
    assert re.findall(r'<tr id="n(\d+)"', deleted) == [str(listing.number)]


def test_an_unknown_listing_or_action_changes_nothing(site, tmp_path):
    assert moderate(site, 1, "delete").status_code == 404
    assert moderate(site, MARKET.listings[0].number, "burn").status_code == 422
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["{", '{"48230": "eaten"}', '{"x": "sold"}', "[]"])
def test_a_damaged_moderation_file_says_what_to_do(tmp_path, text):
    path = tmp_path / "moderation.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModerationUnreadableError, match=r"moderation\.json.*delete it"):
        Moderation(path)


def test_restoring_what_was_never_moderated_is_harmless(tmp_path):
    moderation = Moderation(tmp_path / "moderation.json")
    moderation.apply(MARKET.listings[0].number, Action.RESTORE)
    assert moderation.of(MARKET.listings[0].number).value == "shown"


def test_photos_are_small_real_and_always_the_same():
    for number, kind in enumerate(kinds()):
        body = jpeg_of(kind, number)
        assert len(body) <= 20 * 1024
        assert Image.open(BytesIO(body)).size == (480, 360)
    again = jpeg_of.__wrapped__("turtle", 48230)
    assert again == jpeg_of("turtle", 48230) != jpeg_of("turtle", 48231)
