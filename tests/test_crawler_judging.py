"""What one look at a known listing means: the behaviours of real removals, one by one."""

from datetime import timedelta
from decimal import Decimal

import pytest

from crawler.judging import judge
from crawler.options import Target
from crawler.rules import describe, rule_for
from crawler.styles import Page
from data.availability import Outcome
from data.platform import Platform
from data.platforms import parse_platform
from tests.crawling import NOON, PLATFORM, listing_html
from tests.test_crawler_styles import platform_of

URL = "http://shop.example/item/7"
TARGET = Target(1, "7", URL, "Ivory bangle", "Text of 7", "10.00 MYR", Decimal(10))
RULES = """
[fields]
title = "h1"
[[removal]]
outcome = "removed"
status = [400, 401, 410]
[[removal]]
outcome = "live"
status = 404
text = "temporarily elsewhere"
[[removal]]
outcome = "sold_or_expired"
text = ["has expired", "đã bán"]
[[removal]]
outcome = "sold_or_expired"
selector = ".sold"
selector_absent = ".price"
[[removal]]
outcome = "removed"
title_absent = true
selector = ".add-to-cart"
[[removal]]
outcome = "removed"
redirected = true
text = "All categories"
[[removal]]
outcome = "wall"
text = "Please prove yourself"
"""


def site(rest: str = RULES, lists: str = "") -> Platform:
    return parse_platform(
        PLATFORM.format(id="shop", address="shop.example:80", top="", lists=lists, rest=rest)
    )


SITE = site()


def page(body: str = "", status: int = 200, url: str = URL, **headers: str) -> Page:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Page(url, body.encode(), status, {"content-type": "text/html"} | named)


LIVE = listing_html(7, "Ivory bangle")
LOOKS = [
    (page(LIVE), Outcome.LIVE),
    (page(LIVE.replace("Ivory bangle", "IVORY  bangle")), Outcome.CHANGED),
    (page(LIVE.replace("10.00", "12.00")), Outcome.CHANGED),
    (page(LIVE.replace("Text of 7", "Now sold to nobody")), Outcome.CHANGED),
    (page("gone", 404), Outcome.REMOVED),
    (page("gone", 410), Outcome.REMOVED),
    (page("<h1>Not available</h1>", 400), Outcome.REMOVED),
    (page("", 401), Outcome.REMOVED),
    (page(LIVE + "temporarily elsewhere", 404), Outcome.REMOVED),
    (page("oops", 500), Outcome.UNKNOWN),
    (page("", 403), Outcome.WALL),
    (page("", 429), Outcome.WALL),
    (page(LIVE, cf_mitigated="challenge"), Outcome.WALL),
    (page("<title>Security check</title>"), Outcome.WALL),
    (page("<form><input type=password></form>"), Outcome.WALL),
    (page("<p>Please prove yourself</p>"), Outcome.WALL),
    (page(LIVE + "<p>This ad has expired</p>"), Outcome.SOLD_OR_EXPIRED),
    (page(LIVE + "<p class=sold>!</p>"), Outcome.SOLD_OR_EXPIRED),
    (page(LIVE + "<p class=sold>!</p><p class=price>1</p>"), Outcome.LIVE),
    (page(LIVE.replace('"price"', '"availability": "SoldOut", "price"')), Outcome.SOLD_OR_EXPIRED),
    # A storefront of JavaScript: the template is served, the product is not.
    (page("<h1>Description | null</h1><b class=add-to-cart>Add</b>"), Outcome.REMOVED),
    (page("<h1>Home</h1>", url="http://shop.example/"), Outcome.UNKNOWN),
    (page("All categories", url="http://shop.example/"), Outcome.REMOVED),
    (page("<p>hello</p>"), Outcome.UNKNOWN),
    (page(""), Outcome.UNKNOWN),
]


@pytest.mark.parametrize(("look", "outcome"), LOOKS)
def test_a_look_is_judged_by_status_and_body(look: Page, outcome: Outcome):
    judged = judge(look, SITE, TARGET, NOON)
    assert judged.outcome is outcome
    assert judged.cause


def test_status_alone_never_decides_where_a_rule_wants_more():
    rules = '[[removal]]\noutcome = "removed"\nstatus = 200\ntext = "deleted"'
    assert judge(page(LIVE), site(rules), TARGET, NOON).outcome is Outcome.LIVE
    assert judge(page("deleted"), site(rules), TARGET, NOON).outcome is Outcome.REMOVED


def test_a_rule_may_keep_a_404_alive():
    rules = '[[removal]]\noutcome = "unknown"\nstatus = 404\ntext = "maintenance"'
    assert judge(page("maintenance", 404), site(rules), TARGET, NOON).outcome is Outcome.UNKNOWN
    assert judge(page("", 404), site(rules), TARGET, NOON).outcome is Outcome.REMOVED


def test_served_but_in_no_list_is_delisted():
    assert judge(page(LIVE), SITE, TARGET, NOON, absent=True).outcome is Outcome.DELISTED
    unsure = parse_platform(
        PLATFORM.format(id="s", address="shop.example:80", top="", lists="", rest="").replace(
            "are_complete = true", "are_complete = false"
        )
    )
    assert judge(page(LIVE), unsure, TARGET, NOON, absent=True).outcome is Outcome.LIVE


def test_what_changed_is_named_and_read_anew():
    judged = judge(page(LIVE.replace("10.00", "12.00")), SITE, TARGET, NOON)
    assert judged.cause == "changed: price"
    assert judged.reading is not None
    assert judged.reading.found.price == 12


def test_json_null_is_a_removal_whatever_the_status():
    api = platform_of("tiny-api")
    json_type = {"content-type": "application/json"}
    gone = Page("https://api.example/v1/ads/7", b'{"ad": null}', 200, json_type)
    assert judge(gone, api, TARGET, NOON).outcome is Outcome.REMOVED
    there = b'{"ad": {"subject": "Ivory bangle", "body": "Text of 7", "price_string": "10.00 MYR"}}'
    live = Page("https://api.example/v1/ads/7", there, 200, json_type)
    assert judge(live, api, TARGET, NOON + timedelta(days=1)).outcome is Outcome.LIVE


def test_the_first_rule_that_holds_decides_and_is_described():
    rule = rule_for(page("has expired", 410), SITE, title="x", external_id="7")
    assert rule is SITE.removal[0]
    assert describe(rule) == "HTTP 400/401/410"
    assert describe(SITE.removal[3]) == "element .sold, no element .price"
