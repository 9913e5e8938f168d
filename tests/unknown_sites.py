"""Invented sites of several shapes, none of them described by any file: for `platform new`."""

import json
from collections.abc import Callable
from typing import Any

from tests.crawling import Answer, Site

IDS = [str(number) for number in range(501, 508)]
FIRST, SECOND = IDS[:4], IDS[4:]


def name_of(one: str) -> str:
    return f"Wooden box number {one}"


def page(body: str, head: str = "", lang: str = "en") -> str:
    chrome = '<header><a href="/about">About</a><a href="/login">Sign in</a></header>'
    return f'<!doctype html><html lang="{lang}"><head>{head}</head><body>{chrome}{body}</body>'


def rss(host: str) -> Answer:
    """A feed of every listing, on this host or, set up wrongly, on another."""
    entries = "".join(
        f"<item><title>{name_of(one)}</title><link>http://{host}/goods/{one}-box</link></item>"
        for one in IDS
    )
    text = f'<?xml version="1.0"?><rss version="2.0"><channel>{entries}</channel></rss>'
    return Answer(text, 200, {"Content-Type": "application/rss+xml"})


def shop_with_json_ld(site: Site) -> str:
    """JSON-LD, rel=next, a search form, categories, a feed."""

    def rows(ids: list[str], more: str = "") -> str:
        nav = '<nav><a href="/category/old">Old</a><a href="/category/new">New</a></nav>'
        form = '<form action="/find"><input type="hidden" name="c" value="9">'
        form += '<input type="search" name="kw"></form>'
        links = "".join(f'<a href="/goods/{one}-box">{name_of(one)}</a>' for one in ids)
        head = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
        return page(nav + form + links + more, head)

    site.pages["/new"] = rows(FIRST, '<a rel="next" href="/new?page=2">more</a>')
    site.pages["/new?page=2"] = rows(SECOND)
    site.pages["/feed.xml"] = rss(site.address)
    for one in IDS:
        offer = {"price": "20.00", "priceCurrency": "MYR", "seller": {"name": "Ana"}}
        data = {"@type": "Product", "name": name_of(one), "description": "Old.", "offers": offer}
        script = f'<script type="application/ld+json">{json.dumps(data)}</script>'
        site.pages[f"/goods/{one}-box"] = page(f"<h1>{name_of(one)}</h1>", script)
    return "/new"


def shop_with_microdata(site: Site) -> str:
    """Microdata, a pager that says so in words only, ids in the query."""

    def rows(ids: list[str], more: str = "") -> str:
        links = "".join(f'<a href="/view.php?lang=en&id={one}">{name_of(one)}</a>' for one in ids)
        return page(links + more)

    site.pages["/list.php"] = rows(FIRST, '<a href="/list.php?start=4">ถัดไป</a>')
    site.pages["/list.php?start=4"] = rows(SECOND)
    for one in IDS:
        site.pages[f"/view.php?lang=en&id={one}"] = page(
            '<div itemscope itemtype="https://schema.org/Product">'
            f'<h1 itemprop="name">{name_of(one)}</h1><p itemprop="description">ตู้ไม้สักเก่าสภาพดีมาก</p>'
            '<div itemprop="offers" itemscope itemtype="https://schema.org/Offer">'
            '<meta itemprop="priceCurrency" content="THB"><span itemprop="price">350</span>'
            "</div></div>",
            lang="th",
        )
    return "/list.php"


def catalogue_with_classes(site: Site) -> str:
    """Nothing for machines: names of classes, as the catalogue pages of django-oscar have them."""

    def rows(ids: list[str], more: str = "") -> str:
        pods = "".join(
            f'<article class="product_pod"><h3><a href="/catalogue/wooden-box_{one}/">x</a></h3>'
            '<p class="price_color">£1.00</p></article>'
            for one in ids
        )
        side = '<a href="/catalogue/category/things_1/">Things</a>'
        return page(side + pods + f'<ul class="pager">{more}</ul>', lang="en-gb")

    following = '<li class="next"><a href="/catalogue/?page=2">next</a></li>'
    site.pages["/catalogue/"] = rows(FIRST, following)
    site.pages["/catalogue/?page=2"] = rows(SECOND)
    for one in IDS:
        site.pages[f"/catalogue/wooden-box_{one}/"] = page(
            f'<div class="product_main"><h1>{name_of(one)}</h1>'
            '<p class="price_color">£20.00</p></div>'
            '<div class="image_gallery"><img src="/media/box.jpg"></div>'
            '<p class="product-description">An old box of pine.</p>',
            lang="en-gb",
        )
    return "/catalogue/"


def next_data(props: dict[str, Any]) -> str:
    data = json.dumps({"props": {"pageProps": props}, "page": "/"})
    return f'<script id="__NEXT_DATA__" type="application/json">{data}</script>'


def app_with_next_data(site: Site) -> str:
    """Rows and listings carried in __NEXT_DATA__; nothing else for machines."""

    def row(one: str) -> dict[str, Any]:
        return {"id": int(one), "title": name_of(one), "price": 2000, "location": {"name": "Huế"}}

    def rows(ids: list[str]) -> str:
        links = "".join(f'<a href="/tin/{one}.htm">{name_of(one)}</a>' for one in ids)
        pager = '<a href="/mua-ban?page=2">2</a><a href="/mua-ban?page=3">3</a>'
        return page(links + pager + next_data({"ads": [row(one) for one in ids]}), lang="vi")

    site.pages["/mua-ban"] = rows(FIRST)
    site.pages["/mua-ban?page=2"] = rows(SECOND)
    site.pages["/mua-ban?page=3"] = rows([])
    for one in IDS:
        whole = row(one) | {
            "description": "Tủ gỗ cũ, còn chắc.",
            "seller": {"id": 4, "name": "Ana"},
        }
        site.pages[f"/tin/{one}.htm"] = page(next_data({"ad": whole}), lang="vi")
    return "/mua-ban"


def board_with_open_graph(site: Site) -> str:
    """OpenGraph and a price by class; buttons of a form turn the pages."""

    def rows(ids: list[str], number: int) -> str:
        links = "".join(f'<li><a href="/thread-{one}.html">{name_of(one)}</a></li>' for one in ids)
        last = f'<li><button name="page" value="{number + 1}">Next</button></li>'
        dead = '<li><button name="page" value="" disabled>Next</button></li>'
        form = f'<form method="get" action="/board"><ul>{last if number == 1 else dead}</ul></form>'
        return page(links + form)

    site.pages["/board"] = rows(FIRST, 1)
    site.pages["/board?page=2"] = rows(SECOND, 2)
    for one in IDS:
        head = f'<meta property="og:title" content="{name_of(one)}">'
        head += '<meta property="og:type" content="product">'
        head += '<meta name="generator" content="Osclass 5.2">'
        body = f'<h1>{name_of(one)}</h1><span class="item-price">RM 20</span>'
        body += '<div class="post-body">Old and sound.</div>'
        site.pages[f"/thread-{one}.html"] = page(body, head)
    return "/board"


def json_api(site: Site) -> str:
    """The address of a JSON list itself."""
    rows = [{"list_id": int(one), "subject": name_of(one), "price": 20} for one in IDS]
    text = json.dumps({"meta": {"ids": [1, 2]}, "data": {"ads": rows}})
    site.pages["/api/ads"] = Answer(text, 200, {"Content-Type": "application/json"})
    return "/api/ads"


def rss_feed(site: Site) -> str:
    """The address of a feed, whose entries' pages say more."""
    shop_with_json_ld(site)
    return "/feed.xml"


Shape = Callable[[Site], str]
SHAPES: dict[Shape, str] = {
    shop_with_json_ld: "structured",
    shop_with_microdata: "structured",
    catalogue_with_classes: "selectors",
    app_with_next_data: "embedded",
    board_with_open_graph: "structured",
    json_api: "json_api",
    rss_feed: "feed",
}
