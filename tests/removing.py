"""How real marketplace software looks when a listing is taken away, and what only looks like it.

Each behaviour is what one kind of software was measured to do; the pages here are written by us.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from data.availability import Outcome
from data.states import Availability
from tests.crawling import Answer

TITLE = "Ivory bangle, old"
TEXT = "A heavy bangle from my grandmother, with fine cracks. Sent by post."
ITEM, API = "/item/7", "/api/ads/7"
BASE = "http://shop.example"
GOODS = "".join(f"<li><a href=/item/{n}>Box {n}</a></li>" for n in range(20, 40))


def page_html(*, contact: bool = True, main: str = "") -> str:
    """A listing's page as themes make them: menus, other goods, a sign-in box, a contact form."""
    form = "<form class=contact><textarea></textarea><button>Ask the seller</button></form>"
    main = main or (
        f"<h1>{TITLE}</h1><p class=price>RM 10</p><p class=text>{TEXT}</p>"
        f"{form * 8 if contact else ''}"
    )
    sign_in = "<form action=/login><input name=u><input type=password></form>"
    return (
        f"<html><head><title>{TITLE if not main.startswith('<h2>') else 'Shop'}</title></head>"
        f"<body><nav>{sign_in}</nav><main>{main}</main><ul>{GOODS}</ul></body></html>"
    )


def json_of(document: object, status: int = 200) -> Answer:
    """An answer of an API."""
    return Answer(json.dumps(document), status, {"Content-Type": "application/json"})


LIVE = Answer(page_html())
LIVE_API = json_of({"ad": {"subject": TITLE, "body": TEXT, "price_string": "RM 10"}})
NOT_FOUND = page_html(main="<h2>Nothing here</h2>")


@dataclass(frozen=True)
class Behaviour:
    """What a site answers for a removed listing, the rules that read it, and what they must say."""

    name: str
    page: Answer
    outcome: Outcome
    finally_: Availability
    rules: str = ""
    api: Answer | None = None
    url: str = BASE + ITEM
    absent: bool = False


def rule(outcome: str, *conditions: str) -> str:
    """One rule of a platform's file."""
    return "\n".join(("[[removal]]", f'outcome = "{outcome}"', *conditions, ""))


BAD_REQUEST = rule("removed", "status = 400", 'text = "Page not found"')
HIDDEN = rule("removed", "status = 401", 'text = "rest_forbidden"', 'at = "also"')
NULL = rule("removed", 'null = "ad"', 'at = "also"')
ENDED = rule("sold_or_expired", "title_present = true", 'selector_absent = "form.contact"')
TEMPLATE = rule("removed", "title_absent = true", 'text = "| null"', 'selector = ".add-to-cart"')
ELSEWHERE = rule("removed", "redirected = true", 'selector = "h2.all-categories"')
GONE, SUSPECT = Availability.GONE, Availability.DELISTED

BEHAVIOURS = [
    Behaviour("404", Answer(NOT_FOUND, 404), Outcome.REMOVED, GONE),
    Behaviour("410", Answer("", 410), Outcome.REMOVED, GONE),
    Behaviour(
        "400 with a whole page",
        Answer(page_html(main="<h2>Page not found</h2>"), 400),
        Outcome.REMOVED,
        GONE,
        BAD_REQUEST,
    ),
    Behaviour(
        "401 of the API means hidden",
        Answer(NOT_FOUND, 404),
        Outcome.REMOVED,
        GONE,
        HIDDEN,
        json_of({"code": "rest_forbidden", "data": {"status": 401}}, 401),
    ),
    Behaviour(
        "401 of the API means our access failed",
        Answer(NOT_FOUND, 404),
        Outcome.WALL,
        Availability.UNREACHABLE,
        HIDDEN,
        json_of({"code": "token_expired"}, 401),
    ),
    Behaviour(
        "200 with null",
        Answer(NOT_FOUND, 404),
        Outcome.REMOVED,
        GONE,
        NULL,
        json_of({"ad": None}),
    ),
    Behaviour("200, whole page, in no list", LIVE, Outcome.DELISTED, SUSPECT, absent=True),
    Behaviour(
        "200, expired, the page is shorter",
        Answer(page_html(contact=False)),
        Outcome.SOLD_OR_EXPIRED,
        GONE,
        ENDED,
    ),
    Behaviour(
        "200, template of a script",
        Answer(
            "<title>Shop</title><h1>Description | null</h1><b class=add-to-cart>Add to cart</b>"
        ),
        Outcome.REMOVED,
        GONE,
        TEMPLATE,
    ),
    Behaviour(
        "404, but the API still serves it",
        Answer(NOT_FOUND, 404),
        Outcome.DELISTED,
        SUSPECT,
        NULL,
        LIVE_API,
    ),
    Behaviour(
        "the page is served, the API has lost it",
        LIVE,
        Outcome.DELISTED,
        SUSPECT,
        NULL,
        json_of({"ad": None}),
    ),
    Behaviour(
        "sent to the category",
        Answer(page_html(main="<h2 class=all-categories>All categories</h2>")),
        Outcome.REMOVED,
        GONE,
        ELSEWHERE,
        url=BASE + "/c/jewellery",
    ),
    Behaviour(
        "sent to the front page",
        Answer(page_html(main="<h2 class=all-categories>All categories</h2>")),
        Outcome.REMOVED,
        GONE,
        ELSEWHERE,
        url=BASE + "/",
    ),
]


@dataclass(frozen=True)
class Trouble:
    """An answer that proves nothing about a listing, whatever the rules say."""

    name: str
    page: Answer
    url: str = BASE + ITEM
    api: Answer | None = field(default=None)


def _other_offer() -> str:
    offer = {
        "@type": "Product",
        "name": "Rattan chair with cushions",
        "description": "Four pieces, hardly used, to be fetched in the old town",
        "offers": {"price": "80", "priceCurrency": "MYR"},
    }
    return f'<script type="application/ld+json">{json.dumps(offer)}</script><h1>Rattan chair</h1>'


TROUBLES = [
    Trouble("rate limit, 429", Answer("slow down", 429)),
    Trouble("rate limit, 200", Answer(page_html(main="<h1>Too many requests</h1>"))),
    Trouble("rate limit in JSON", Answer('{"ret": ["RGV587_ERROR"]}', 200)),
    Trouble("refused", Answer("no", 403)),
    Trouble("outage, 500", Answer(page_html(main="<h2>Oops</h2>"), 500)),
    Trouble("outage, 502", Answer("<h1>Bad Gateway</h1>", 502)),
    Trouble("outage, 503", Answer("", 503)),
    Trouble("outage with a 404", Answer("<title>Service unavailable</title>", 404)),
    Trouble("maintenance, 200", Answer("<h1>Under maintenance</h1><p>Back at six</p>")),
    Trouble("maintenance, Vietnamese", Answer("<title>Hệ thống đang bảo trì</title>")),
    Trouble("maintenance, Thai", Answer("<h1>ปิดปรับปรุงระบบ</h1>")),
    Trouble("maintenance, Chinese", Answer("<title>系统维护中</title>")),
    Trouble("maintenance at another address", Answer("<h1>Under maintenance</h1>"), BASE + "/down"),
    Trouble("soft 404, no rule for it", Answer(page_html(main="<h2>No longer offered</h2>"))),
    Trouble("soft 404 with another offer", Answer(f"<title>Shop</title>{_other_offer()}")),
    Trouble("another offer at another address", Answer(_other_offer()), BASE + "/item/8"),
    Trouble(
        "sign-in",
        Answer("<title>Sign in</title><form><input type=password></form>"),
        BASE + "/login?next=/item/7",
    ),
    Trouble(
        "sign-in that looks like the front page",
        Answer(page_html(main="<h2 class=all-categories>All categories</h2>")),
        BASE + "/login",
    ),
    Trouble("captcha", Answer("<title>Just a moment...</title><div class=h-captcha></div>")),
    Trouble("empty page", Answer("")),
    Trouble("not JSON where JSON was", Answer("{broken", 200), api=Answer("{broken")),
]

Made = Callable[[], Answer]
