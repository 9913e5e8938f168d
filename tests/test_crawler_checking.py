"""What a check says of platforms of other kinds, and of what looks like a fault and is none."""

import json
from collections.abc import Iterator
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from crawler.checking.encodings import misread
from crawler.checking.faults import Fault
from crawler.checking.trials import script_of
from tests.crawling import (
    Answer,
    Site,
    check_in_process,
    list_html,
    listing_html,
    serving,
    slowly,
    small_site,
)
from tests.faulty import FaultySite

PRICED = '[fields]\nprice = ".price"'
SEARCH = 'search = "/search?q={term}"'
JSON_FILE = """
schema = 1
id = "rows"
name = "Rows"
base_url = "http://{address}/"
style = "json_api"
country = "MY"
languages = ["ms", "en"]
currency = "MYR"
local = ["{address}"]
delay_s = 0.001
[lists]
start = ["/v1/ads"]
offset_parameter = "o"
page_size = 10
search = "/v1/ads?q={{term}}"
may_search = true
total = "total"
[pages]
pattern = '/ad/(?P<id>\\d+)'
address = "/ad/{{id}}"
[json]
rows = "ads"
id = "id"
[fields]
title = "subject"
description = "body"
amount = "price"
posted = "list_time"
seller_name = "account"
"""


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as served:
        yield served


@pytest.fixture
def shop(site: Site) -> Site:
    """A site of JSON-LD pages, as most of them are."""
    small_site(site, list(range(1, 31)), per_page=10)
    for number in range(1, 31):
        price = f"<p class=price>RM {number}0.00</p>"
        site.pages[f"/item/{number}"] = listing_html(number, price=f"{number}0.00", extra=price)
    return site


def words(report) -> list[str]:
    return [str(one) for one in report.faults]


def test_a_good_shop_passes(shop: Site):
    report = check_in_process(shop.platform(rest=PRICED))
    assert words(report) == []
    assert {one.name: one.found for one in report.fields}["price"] == 8
    assert report.requests <= 14


def test_an_optional_field_missing_everywhere_is_a_remark(shop: Site):
    report = check_in_process(shop.platform(rest=PRICED + '\nplace = ".where"'))
    assert report.ok
    assert report.remarks == ("place: found on none of 8 pages; sellers may leave it empty",)


def test_no_price_at_all_is_a_remark_where_the_file_describes_none(shop: Site):
    for number in range(1, 31):
        shop.pages[f"/item/{number}"] = listing_html(number, price="")
    report = check_in_process(shop.platform())
    assert report.ok
    assert report.remarks[0].startswith("price: found on none of 8 pages")


def test_pinned_listings_are_a_remark(shop: Site):
    shop.pages["/?page=2"] = list_html([1, 2, *range(11, 21)], "/?page=3")
    report = check_in_process(shop.platform(rest=PRICED))
    assert report.ok
    assert report.remarks[0].startswith("paging: 2 listings stand on several pages")


def test_a_single_listing_proves_nothing_about_search(shop: Site):
    small_site(shop, [1])
    shop.pages |= {"/search": list_html([1]), "/search?q=zqxjkvwq": list_html([])}
    assert check_in_process(shop.platform(lists=SEARCH)).ok


def test_a_search_that_finds_nothing_it_should(shop: Site):
    shop.pages["/search"] = list_html([])
    report = check_in_process(shop.platform(lists=SEARCH, rest=PRICED))
    assert report.named == {Fault.SEARCH_BLIND}


def by_title(shop: Site, numbers, titles) -> None:
    def answer(path: str) -> Answer:
        term = unquote(parse_qs(urlsplit(path).query)["q"][0]).lower()
        found = [one for one in numbers if term in titles[one].lower()]
        return Answer(list_html(found or list(range(21, 31))))

    for number, title in titles.items():
        price = f"<p class=price>RM {number}0.00</p>"
        shop.pages[f"/item/{number}"] = listing_html(number, title, f"{number}0.00", price)
    shop.pages["/search"] = answer


def test_recommendations_for_a_word_that_does_not_exist_are_a_remark(shop: Site):
    titles = {one: f"{['Teapot', 'Lantern', 'Cupboard'][one % 3]} {one}" for one in range(1, 31)}
    by_title(shop, range(1, 31), titles)
    report = check_in_process(shop.platform(lists=SEARCH, rest=PRICED))
    assert words(report) == []
    assert report.remarks[0] == "search: a Latin word that does not exist finds 10 listings"


def test_a_word_that_all_listings_contain_may_find_them_all(shop: Site):
    titles = {one: f"Wooden {['teapot', 'lantern', 'cupboard'][one % 3]}" for one in range(1, 31)}
    by_title(shop, range(1, 31), titles)
    assert check_in_process(shop.platform(lists=SEARCH, rest=PRICED)).ok


def test_the_words_asked_for_are_searched_and_need_not_be_there(shop: Site):
    titles = {one: f"{['Teapot', 'Lantern', 'Cupboard'][one % 3]} {one}" for one in range(1, 31)}
    by_title(shop, range(1, 31), titles)
    shop.pages["/search?q=vase"] = list_html([])
    shop.pages["/search?q=%E8%99%8E"] = list_html(list(range(1, 11)))
    platform = shop.platform(lists=SEARCH, rest=PRICED)
    assert check_in_process(platform, search_terms=("vase",)).ok
    report = check_in_process(platform, search_terms=("vase", "虎"))
    assert report.named == {Fault.SEARCH_IGNORED}
    assert "'虎' ignored: its first page names the same 10 listings" in words(report)[0]
    assert "0 for 'vase'" in report.search


def test_robots_closing_a_search_that_is_not_used_is_a_remark(shop: Site):
    shop.pages["/robots.txt"] = "User-agent: *\nDisallow: /search\n"
    report = check_in_process(shop.platform(lists=SEARCH, rest=PRICED))
    assert report.ok
    assert "robots: robots.txt forbids some of the search; they are left alone" in report.remarks


def test_nothing_listed_and_nothing_answered(site: Site):
    site.pages["/"] = "<html><p>Hello</p></html>"
    assert check_in_process(site.platform()).named == {Fault.NOTHING_LISTED}
    site.pages["/"] = Answer("gone", 404)
    assert check_in_process(slowly(site)).named == {Fault.NO_ANSWER}


def test_a_check_that_read_nothing_never_passes(shop: Site):
    report = check_in_process(shop.platform(rest=PRICED), requests_left=0)
    assert report.named == {Fault.NOTHING_READ}
    assert "budget" in words(report)[0]


def test_a_check_that_was_cut_short_says_so(shop: Site):
    report = check_in_process(slowly(shop), requests_left=5)
    assert report.ok
    assert report.remarks[0].startswith("the check was cut short: today's budget was spent")


def test_a_page_with_odd_letters_is_not_taken_for_one_in_a_wrong_encoding():
    assert misread("Cửa hàng đồ cũ – 虎牙™", ["vi"]) is None
    assert misread("Café “Zoë” naïve", ["ms", "en"]) is None
    assert misread("ဆင်စွယ် 象牙 ivory €5", ["my"]) is None
    assert script_of("虎骨 wine") == "Chinese"


def rows_site(site: Site, *, cents: int = 1, honest: bool = True, text: str = "") -> str:
    titles = [f"{['Basket', 'Lantern', 'Kettle', 'Mirror'][one % 4]} {one}" for one in range(40)]

    def answer(path: str) -> Answer:
        asked = parse_qs(urlsplit(path).query)
        term, first = asked.get("q", [""])[0].lower(), int(asked.get("o", ["0"])[0])
        found = [one for one in range(40) if not honest or term in titles[one].lower()]
        ads = [
            {
                "id": one,
                "subject": titles[one],
                "body": text or f"Good condition, number {one}",
                "price": (150 + one) * cents,
                "price_string": f"RM {150 + one}.00",
                "list_time": 1793530000 + one,
                "account": f"Shop {one % 7}",
            }
            for one in found[first : first + 10]
        ]
        return json_answer({"total": len(found), "ads": ads})

    site.pages["/v1/ads"] = answer
    return JSON_FILE.format(address=site.address)


def json_answer(document) -> Answer:
    return Answer(json.dumps(document), headers={"Content-Type": "application/json"})


def test_a_good_json_platform_passes(site: Site):
    report = check_in_process(rows_site(site))
    assert words(report) == []
    assert "the list says it has 40" in report.paging


def test_json_prices_in_cents_are_named_where_the_price_is_also_shown(site: Site):
    file = rows_site(site, cents=100).replace(
        'amount = "price"', 'amount = "price"\nprice = "price_string"'
    )
    report = check_in_process(file)
    assert report.named == {Fault.PRICE_SCALE}
    assert "should it be 100?" in words(report)[0]


def test_a_json_search_is_judged_by_the_totals_it_states(site: Site):
    report = check_in_process(rows_site(site, honest=False))
    assert report.named == {Fault.SEARCH_IGNORED}
    assert "it counts 40 listings, as many as without a term" in words(report)[0]


def test_json_rows_that_are_not_there(site: Site):
    file = rows_site(site).replace('rows = "ads"', 'rows = "data"')
    assert check_in_process(file).named == {Fault.WRONG_SELECTOR}


def test_a_report_can_be_read_by_programs(site: Site):
    faulty = FaultySite(site)
    faulty.text_class = "other"
    report = json.loads(json.dumps(check_in_process(faulty.file).as_json()))
    assert report["ok"] is False
    assert [one["fault"] for one in report["faults"]] == ["wrong_selector"]
    assert report["faults"][0]["words"].startswith("description: `.text` found on none of 8 pages")
    assert report["faults"][0]["advice"]
