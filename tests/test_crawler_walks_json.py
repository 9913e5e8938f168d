"""Walking JSON in a real process: GET and POST, GraphQL, cursors, details, refusals in a 200."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.options import Target, Targets
from data.base import ManualClock
from data.crawls import Crawl
from data.found import EvidenceKind
from data.listings import Evidence, Listing
from data.states import Availability
from data.store import Store
from tests.crawling import (
    NOON,
    Answer,
    Place,
    Site,
    list_html,
    listing_html,
    problems,
    rows,
    serving,
)

TOTAL_AND_ROWS = """
[json]
rows = "data.items"
id = "id"
"""
FIELDS = """
[fields]
title = "name"
amount = "price"
seller_name = "seller"
"""


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


def api(site: Site, lists: str, rest: str, *, start: str = "/api", top: str = "") -> str:
    """A platform of JSON whose lists turn in the way given."""
    text = site.platform(top=top, lists=lists, rest=rest)
    return (
        text.replace('"structured"', '"json_api"')
        .replace('next_link = ["a.next"]\n', "")
        .replace('start = ["/"]', f"start = ['{start}']")
    )


def answer(numbers: list[int], **more: Any) -> str:
    items = [{"id": n, "name": f"Box {n}", "price": n, "seller": "Ana"} for n in numbers]
    return json.dumps({"data": {"items": items, **more}})


def ids(store: Store) -> list[str]:
    return sorted(row.external_id for row in rows(store, Listing))


def test_a_cursor_is_followed_to_the_page_that_has_none(site, place, store):
    site.pages |= {
        "/api": answer([1, 2], next="a/b=="),
        "/api?after=a%2Fb%3D%3D": answer([3], next=None),
    }
    lists = 'cursor = "data.next"\ncursor_parameter = "after"'
    assert place.crawl(api(site, lists, TOTAL_AND_ROWS + FIELDS)) == (
        "finished",
        "read 3 listings from 2 list pages",
    )
    assert ids(store) == ["1", "2", "3"]
    assert rows(store, Crawl)[0].lists_complete


def test_pages_offsets_and_cursors_may_stand_in_the_address(site, place, store):
    site.pages |= {
        "/api/1/50": answer([1], next="x y"),
        "/api/2/50": answer([2], next="z"),
        "/api/3/50": answer([]),
    }
    lists = "page_size = 50"
    platform = api(site, lists, TOTAL_AND_ROWS + FIELDS, start="/api/{page}/{limit}")
    assert place.crawl(platform)[0] == "finished"
    assert ids(store) == ["1", "2"]


def test_a_flag_that_says_there_is_no_more_saves_a_request(site, place):
    site.pages |= {"/api?p=1": answer([1], more=True), "/api?p=2": answer([2], more=False)}
    lists = 'page_parameter = "p"\nmore = "data.more"'
    assert place.crawl(api(site, lists, TOTAL_AND_ROWS + FIELDS, start="/api?p=1"))[0] == "finished"
    assert site.asked["/api?p=3"] == 0


def test_the_next_address_may_stand_in_the_answer(site, place, store):
    site.pages |= {"/api": answer([1], links={"next": "/api?z=9"}), "/api?z=9": answer([2])}
    lists = 'next_link = "data.links.next"'
    place.crawl(api(site, lists, TOTAL_AND_ROWS + FIELDS))
    assert ids(store) == ["1", "2"]


GRAPHQL = """
headers = { "X-Client" = "web", "content-type" = "application/json; charset=utf-8" }
"""
GRAPHQL_JSON = """
[json]
rows = "data.ads.edges[].node"
id = "id"
method = "POST"
body = '''{"query":"query($q:String){ads(q:$q,after:$c,first:$n){…}}",
"variables":{"q":"{term}","c":"{cursor}","n":{limit}}}'''
detail = "/graphql"
detail_method = "POST"
detail_body = '{"query":"ad","id":"{id}"}'
detail_row = "data.ad"
"""


def graphql(site: Site) -> str:
    def reply(body: str) -> str:
        asked = json.loads(body)
        if asked["query"] == "ad":
            ad = {"name": f"Box {asked['id']}", "price": 5, "seller": "Ana"}
            return json.dumps({"data": {"ad": ad}})
        after = asked["variables"]["c"]
        found = {None: ["a/1", 'b"2'], "C2": ["c"]}[after]
        found = ["only"] if asked["variables"]["q"] else found
        edges = [{"node": {"id": one}} for one in found]
        info = {"endCursor": "C2" if after is None and not asked["variables"]["q"] else None}
        return json.dumps({"data": {"ads": {"edges": edges, "pageInfo": info}}})

    site.posts["/graphql"] = reply
    lists = """cursor = "data.ads.pageInfo.endCursor"\npage_size = 2
        search = "/graphql"\nmay_search = true"""
    rest = "address = '/ad/{id}'" + GRAPHQL_JSON + FIELDS
    return api(site, lists, rest, start="/graphql", top=GRAPHQL)


def test_graphql_is_asked_by_post_with_escaped_values_and_a_null_first_cursor(site, place, store):
    # One after the other: the site keeps one answer for each address.
    platform = graphql(site).replace("delay_s = 0\n", "delay_s = 0.001\n")
    assert place.crawl(platform, search_terms=('ngà "voi"',))[0] == "finished"
    assert ids(store) == ["a/1", 'b"2', "c", "only"]
    asked = [json.loads(body) for _, body in site.posted]
    assert {one["variables"]["c"] for one in asked if "variables" in one} == {None, "C2"}
    assert 'ngà "voi"' in {one["variables"]["q"] for one in asked if "variables" in one}
    assert site.headers["/graphql"]["X-Client"] == "web"
    assert "charset=utf-8" in site.headers["/graphql"]["Content-Type"]
    first = next(row for row in rows(store, Listing) if row.external_id == "a/1")
    assert first.url == f"http://{site.address}/ad/a/1"
    assert first.price == 5


def test_an_id_may_be_cut_from_an_address_and_tracking_goes(site, place, store):
    row = {"url": "//{}/p/cup-i77.html?spm=a.1&lot=2&utm_source=x", "name": "Cup", "price": "1"}
    row["url"] = row["url"].format(site.address)
    site.pages["/api"] = json.dumps({"data": {"items": [row]}})
    rest = """[json]
        rows = "data.items"
        id = { select = "url", pattern = '-i(\\d+)[.]html' }
        url = "url" """
    place.crawl(api(site, "", rest + FIELDS))
    found = rows(store, Listing)[0]
    assert (found.external_id, found.url) == ("77", f"http://{site.address}/p/cup-i77.html?lot=2")


ALSO = """
also = "/contact/{id}"
also_row = "result"
[also_fields]
place = "city"
seller_name = "shop.name"
"""


def test_a_second_json_fills_what_the_first_leaves_open(site, place, store):
    items = {n: {"id": f"{n} x", "name": f"Box {n}", "price": n} for n in (1, 2, 3)}
    site.pages |= {
        "/api": json.dumps({"data": {"items": list(items.values())}}),
        "/contact/1%20x": json.dumps({"result": {"city": "Hà Nội", "shop": {"name": "Lan"}}}),
        "/contact/2%20x": Answer("{}", 500),
    }
    site.pages |= {f"/ad/{number}%20x": json.dumps(one) for number, one in items.items()}
    rest = TOTAL_AND_ROWS + 'detail = "/ad/{id}"' + ALSO + FIELDS
    assert place.crawl(api(site, "", rest))[1] == "read 3 listings from 1 list pages"
    found = {row.external_id: row for row in rows(store, Listing)}
    assert found["1 x"].place == "Hà Nội"
    assert found["1 x"].seller is not None
    assert found["1 x"].seller.name == "Lan"
    assert (found["2 x"].place, found["3 x"].seller) == ("", None)
    assert problems(store)["second_json"].startswith("the second JSON answered")
    kinds = [row.kind for row in rows(store, Evidence)]
    assert kinds == [EvidenceKind.JSON] * 4


def test_a_list_that_names_fewer_than_it_says_is_not_complete(site, place, store):
    site.pages |= {"/api": answer([1, 2, 3], count="1.204 tin")}
    ending, cause = place.crawl(api(site, 'total = "data.count"', TOTAL_AND_ROWS + FIELDS))
    assert ending == "finished"
    assert "says it has 1204 listings, but its pages name 3" in cause
    assert not rows(store, Crawl)[0].lists_complete


def test_a_page_says_its_total_too(site, place, store):
    site.pages |= {
        "/": list_html([1, 2], extra="<b class=n>ทั้งหมด ๑๔ รายการ</b>"),
        "/item/1": listing_html(1),
        "/item/2": listing_html(2),
    }
    assert "says it has 14" in place.crawl(site.platform(lists='total = "b.n"'))[1]


REFUSALS = {
    "ret": ({"ret": ["FAIL_SYS_USER_VALIDATE::哎哟喂,被挤爆啦"]}, "blocked"),
    "code": ({"code": 429, "data": None}, "blocked"),
    "graphql": (
        {"errors": [{"message": "no", "extensions": {"code": "UNAUTHENTICATED"}}], "data": None},
        "login_wall",
    ),
    "message": ({"success": False, "message": "Please log in to continue"}, "login_wall"),
    "empty": ({"data": {"items": []}, "message": "ok"}, "nothing_found"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_inside_a_200_is_a_wall(site, place, name):
    said, ending = REFUSALS[name]
    site.pages["/api"] = json.dumps(said)
    assert place.crawl(api(site, "", TOTAL_AND_ROWS + FIELDS))[0] == ending


def test_a_refusal_the_file_describes_stops_even_beside_rows(site, place, store):
    kept = json.loads(answer([1]))
    site.pages["/api"] = json.dumps(kept | {"flag": "E-17"})
    rest = TOTAL_AND_ROWS + "refusal = { select = 'flag', pattern = '^E-17$' }" + FIELDS
    ending, cause = place.crawl(api(site, "", rest))
    assert (ending, rows(store, Listing)) == ("blocked", [])
    assert "'E-17'" in cause


def test_what_is_sold_is_a_listing_too_and_stays_gone(site, place, store):
    sold = listing_html(1).replace(
        '"price":', '"availability": "http://schema.org/SoldOut", "price":'
    )
    site.pages |= {"/": list_html([1, 2, 3]), "/item/1": sold, "/item/2": listing_html(2)}
    site.pages["/item/3"] = listing_html(3, extra="<p class=sold>Sold</p>")
    rest = '[[removal]]\noutcome = "sold_or_expired"\nselector = "p.sold"'
    for _ in range(2):
        assert place.crawl(site.platform(rest=rest))[1] == "read 3 listings from 1 list pages"
    states = {row.external_id: row.availability for row in rows(store, Listing)}
    assert states == {"1": Availability.GONE, "2": Availability.LIVE, "3": Availability.GONE}


def test_a_listing_asked_for_by_post_is_looked_at_again_by_post(site, place, store):
    platform = graphql(site).replace("delay_s = 0\n", "delay_s = 0.001\n")
    platform += '\n[[removal]]\noutcome = "removed"\nnull = "data.ad"\n'
    place.crawl(platform)
    targets = {row.external_id: Target.of(row) for row in rows(store, Listing)}
    usual = site.posts["/graphql"]

    def gone(body: str) -> Answer | str:
        return '{"data": {"ad": null}}' if json.loads(body).get("id") == "c" else usual(body)

    site.posts["/graphql"] = gone
    later = ManualClock(NOON + timedelta(days=1))
    asked = Targets([targets["c"], targets["a/1"]], [targets['b"2']])
    assert place.recheck(platform, asked, clock=later)[0] == "finished"
    states = {row.external_id: row.availability for row in rows(store, Listing)}
    assert states["c"] is Availability.SUSPECT_GONE
    assert states["a/1"] is Availability.LIVE
