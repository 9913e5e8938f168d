"""Tiny invented sites on loopback, each in the shape that one shipped platform file describes.

They hold as many listings as make two or three list pages, and can take one of them down in the way
that platform is known, or guessed in its notes, to do it.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.crawling import Answer, Site

FILES = Path(__file__).parents[1] / "data/reference/platforms"
FIRST_ID = 900_000_100
POSTED_MS = 1_793_512_800_000
Query = dict[str, str]


def on_loopback(name: str, site: Site) -> str:
    """Return a shipped file's text with every host replaced by the site and no delay."""
    text = (FILES / f"{name}.toml").read_text(encoding="utf-8")
    text = re.sub(r"https?://[a-z0-9.-]+(?=[/\"])", f"http://{site.address}", text)
    text = re.sub(r"^hosts = .*\n", "", text, flags=re.MULTILINE)
    local = f'delay_s = 0\nlocal = ["{site.address}"]'
    return re.sub(r"^delay_s = .*$", local, text, flags=re.MULTILINE)


class Alike:
    """A site that answers like one platform; `gone` are the listings it has taken down."""

    name = ""
    count = 5

    def __init__(self, site: Site) -> None:
        self.site = site
        self.ids = [str(FIRST_ID + number) for number in range(self.count)]
        self.gone: set[str] = set()
        for path, page in self.paths().items():
            site.pages[path] = self.asked(page)

    def asked(self, page: Callable[[str, Query], Answer]) -> Callable[[str], Answer]:
        def answer(address: str) -> Answer:
            parts = urlsplit(address)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            return page(parts.path, query)

        return answer

    def paths(self) -> dict[str, Callable[[str, Query], Answer]]:
        raise NotImplementedError

    def each(self, form: str, page: Callable[[str, Query], Answer]) -> dict[str, Any]:
        """Answer at one path for each listing."""
        return {form.format(one): page for one in self.ids}

    def shown(self, start: int, size: int, term: str = "") -> list[str]:
        """Some of the listings that lists still name, or that a search for a term finds."""
        still = (one for one in self.ids if one not in self.gone)
        found = [one for one in still if term.casefold() in title_of(one).casefold()]
        return found[start : start + size]

    def external_id(self, one: str) -> str:
        return one


def title_of(one: str) -> str:
    return f"Tủ gỗ cũ số {one[-3:]}"


def text_of(one: str) -> str:
    return f"Gỗ gụ, cao 1m{one[-2:]}, mã {one}.\nXem hàng tại nhà."


def price_of(one: str) -> int:
    return 2_500_000 + int(one[-3:]) * 10_000


def as_json(document: Any, status: int = 200) -> Answer:
    return Answer(json.dumps(document), status, {"Content-Type": "application/json"})


def digits(path: str) -> str:
    return re.findall(r"\d{9}", path)[-1]


class Chotot(Alike):
    """50 rows an answer; one listing's own JSON under its list_id."""

    name, count = "chotot", 60

    def paths(self) -> dict[str, Callable[[str, Query], Answer]]:
        lists = "/v1/public/ad-listing"
        return {lists: self.rows, **self.each(lists + "/{}", self.one)}

    def ad(self, one: str) -> dict[str, Any]:
        return {
            "list_id": int(one),
            "list_time": POSTED_MS,
            "subject": title_of(one),
            "body": text_of(one),
            "category_name": "Tủ, kệ",
            "price": price_of(one),
            "price_string": f"{price_of(one):,} đ".replace(",", "."),
            "region_name": "Hà Nội",
            "images": [f"http://{self.site.address}/{one}.jpg"],
            "account_id": 7,
            "account_name": "Người Bán Thử",
        }

    def rows(self, _: str, query: Query) -> Answer:
        term = query.get("q", "")
        shown = self.shown(int(query["o"]), int(query["limit"]), term)
        return as_json(
            {"total": len(self.shown(0, 999, term)), "ads": [self.ad(one) for one in shown]}
        )

    def one(self, path: str, _: Query) -> Answer:
        one = digits(path)
        return as_json({}, 404) if one in self.gone else as_json({"ad": self.ad(one)})


class Mudah(Alike):
    """200 rows an answer; a single listing only as a page."""

    name, count = "mudah", 230

    def paths(self) -> dict[str, Callable[[str, Query], Answer]]:
        return {"/v1/search": self.rows, **self.each("/{}.htm", self.one)}

    def rows(self, _: str, query: Query) -> Answer:
        term = query.get("q", "")
        data = [self.row(one) for one in self.shown(int(query["from"]), int(query["limit"]), term)]
        return as_json({"data": data, "meta": {"total-results": len(self.shown(0, 999, term))}})

    def row(self, one: str) -> dict[str, Any]:
        attributes = {
            "list_id": int(one),
            "subject": title_of(one),
            "body": text_of(one),
            "price": 450 + int(one[-3:]),
            "name": f"Penjual Contoh {one[-1]}",
            "region_name": "Selangor",
            "subarea_name": "Klang",
            "date": "2026-10-31 21:05:00",
        }
        return {"attributes": attributes}

    def one(self, path: str, _: Query) -> Answer:
        one = digits(path)
        return Answer("Tiada", 404) if one in self.gone else Answer(f"<h1>{title_of(one)}</h1>")


class Tiki(Alike):
    """Numbered pages of rows; one product's own JSON."""

    name, count = "tiki", 5

    def paths(self) -> dict[str, Callable[[str, Query], Answer]]:
        lists = "/api/v2/products"
        return {lists: self.rows, **self.each(lists + "/{}", self.one)}

    def rows(self, _: str, query: Query) -> Answer:
        shown = self.shown((int(query.get("page", "1")) - 1) * 3, 3, query.get("q", ""))
        return as_json({"data": [{"id": int(one), "name": title_of(one)} for one in shown]})

    def one(self, path: str, _: Query) -> Answer:
        one = digits(path)
        if one in self.gone:
            return as_json({}, 404)
        product = {
            "id": int(one),
            "name": title_of(one),
            "description": f"<p>{text_of(one)}</p>",
            "price": price_of(one),
            "images": [{"base_url": f"http://{self.site.address}/{one}.jpg"}],
            "current_seller": {"id": 5, "name": "Cửa Hàng Thử", "link": "/cua-hang/thu"},
        }
        return as_json(product)


class Telegram(Alike):
    """Three messages a page, older ones behind a link; one message embedded."""

    name, count = "telegram", 7

    def paths(self) -> dict[str, Callable[[str, Query], Answer]]:
        return {"/s/telegram": self.newest, **self.each("/telegram/{}", self.one)}

    def external_id(self, one: str) -> str:
        return f"telegram/{one}"

    def message(self, one: str) -> str:
        return f"""<div class="tgme_widget_message" data-post="telegram/{one}">
        <a class="tgme_widget_message_owner_name" href="/telegram"><span>Kênh Thử</span></a>
        <div class="tgme_widget_message_text">{title_of(one)}<br>{text_of(one)}</div>
        <a class="tgme_widget_message_date" href="/telegram/{one}">
        <time datetime="2026-10-30T08:15:00+00:00">08:15</time></a></div>"""

    def newest(self, _: str, query: Query) -> Answer:
        before = query.get("before", "999999999")
        older = [one for one in self.shown(0, 99) if one < before][-3:]
        more = f'<a class="tme_messages_more" href="/s/telegram?before={older[0]}">…</a>'
        more = more if older and older[0] != self.shown(0, 1)[0] else ""
        return Answer(more + "".join(map(self.message, older)))

    def one(self, path: str, query: Query) -> Answer:
        assert query == {"embed": "1"}
        one = digits(path)
        if one in self.gone:
            return Answer('<div class="tgme_widget_message_error">Post not found</div>')
        return Answer(self.message(one))


class Kaidee(Alike):
    """Numbered pages that carry their rows in __NEXT_DATA__, and so does a listing's page."""

    name, count = "kaidee", 5

    def paths(self) -> dict[str, Callable[[str, Query], Answer]]:
        return {"/browse": self.rows, **self.each("/product-{}", self.one)}

    def ad(self, one: str) -> dict[str, Any]:
        return {
            "id": int(one),
            "title": title_of(one),
            "description": f"ไม้สัก รหัส {one} รับเองที่บ้าน",
            "price": 3500 + int(one[-3:]),
            "location": "เขตทดสอบ, กรุงเทพฯ",
            "categoryName": "เฟอร์นิเจอร์",
            "firstApprovedTime": "2026-10-29T03:00:00Z",
            "member": {"name": "ผู้ขายทดสอบ"},
        }

    def page(self, props: dict[str, Any], status: int = 200) -> Answer:
        data = json.dumps({"props": {"pageProps": props}})
        visible = "<p>ลงขายฟรี ค้นหาสินค้า หมวดหมู่ทั้งหมด เข้าสู่ระบบ ช่วยเหลือ เงื่อนไข</p>"
        script = f'<script id="__NEXT_DATA__" type="application/json">{data}</script>'
        return Answer(visible + script, status)

    def rows(self, _: str, query: Query) -> Answer:
        shown = self.shown((int(query.get("page", "1")) - 1) * 3, 3, query.get("keyword", ""))
        return self.page({"ads": [self.ad(one) for one in shown]})

    def one(self, path: str, _: Query) -> Answer:
        one = digits(path)
        return self.page({}, 404) if one in self.gone else self.page({"ad": self.ad(one)})


class WordPress(Alike):
    """Posts by offset, an API and a page for each; what is hidden answers 401 and 404."""

    name, count = "wordpress", 60

    def paths(self) -> dict[str, Callable[[str, Query], Answer]]:
        lists = "/wp-json/wp/v2/posts"
        return {lists: self.rows, **self.each(lists + "/{}", self.one), "/": self.front}

    def post(self, one: str) -> dict[str, Any]:
        return {
            "id": int(one),
            "date_gmt": "2026-10-28T02:00:00",
            "title": {"rendered": title_of(one)},
            "content": {"rendered": f"<p>{text_of(one)}</p>"},
            "author": 3,
            "_embedded": {"author": [{"name": "Người Viết Thử", "link": "/author/thu/"}]},
        }

    def rows(self, _: str, query: Query) -> Answer:
        size, term = int(query["per_page"]), query.get("search", "")
        shown = self.shown(int(query["offset"]), size, term)
        return as_json([self.post(one) for one in shown])

    def one(self, path: str, _: Query) -> Answer:
        one = digits(path)
        hidden = as_json({"code": "rest_forbidden", "data": {"status": 401}}, 401)
        return hidden if one in self.gone else as_json(self.post(one))

    def front(self, _: str, query: Query) -> Answer:
        one = query.get("p", "")
        if one in self.gone or one not in self.ids:
            return Answer("<h1>Not found</h1>", 404)
        return Answer(f"<h1>{title_of(one)}</h1>")


class Osclass(Alike):
    """The Bender theme; what is blocked answers 400."""

    name, count = "osclass", 5

    def paths(self) -> dict[str, Callable[[str, Query], Answer]]:
        return {"/index.php": self.index}

    def index(self, path: str, query: Query) -> Answer:
        return self.one(query["id"]) if query["page"] == "item" else self.rows(query)

    def rows(self, query: Query) -> Answer:
        number = int(query.get("iPage", "1"))
        links = "".join(
            f'<li class="listing-card"><a class="title" href="/index.php?page=item&amp;id={one}">'
            f"{title_of(one)}</a></li>"
            for one in self.shown((number - 1) * 3, 3, query.get("sPattern", ""))
        )
        more = f'<a class="searchPaginationNext" href="?page=search&amp;iPage={number + 1}">›</a>'
        return Answer(links + (more if self.shown(number * 3, 1) and len(query) < 3 else ""))

    def one(self, one: str) -> Answer:
        if one in self.gone:
            return Answer("<h1>Page not found</h1>", 400)
        return Answer(
            f'<div id="item-content"><h1><span class="price">2,{one[-3:]}.00 บาท</span>'
            f"<strong>{title_of(one)}</strong></h1>"
            '<div class="item-header"><div><strong>Published date</strong>: 2026/10/27</div>'
            '<ul id="item_location"><li><strong>Location</strong>: กรุงเทพ</li></ul></div>'
            f'<div class="item-photos"><a href="/oc-content/uploads/{one}.jpg"></a></div>'
            f'<div id="description"><p>{text_of(one)}</p></div></div>'
            '<div id="contact"><p class="name">Name: '
            '<a href="/index.php?page=user&amp;action=pub_profile&amp;id=4">ผู้ขายทดสอบ</a></p></div>'
        )


def with_json_ld(one: str) -> Answer:
    offer = {
        "price": f"450.{one[-2:]}",
        "priceCurrency": "MYR",
        "seller": {"name": "Penjual Contoh"},
    }
    said = {"name": title_of(one), "description": text_of(one)}
    data = {"@type": "Product", **said, "offers": offer}
    return Answer(f'<script type="application/ld+json">{json.dumps(data)}</script><h1>x</h1>')


class Feeds(Alike):
    """The newest three in RSS, all in a sitemap, each with its own page."""

    name, count = "generic-feed", 5

    def paths(self) -> dict[str, Callable[[str, Query], Answer]]:
        pages = {"/feed": self.rss, "/sitemap.xml": self.sitemap}
        return {**pages, **self.each("/item/{}", self.one)}

    def address(self, one: str) -> str:
        return f"http://{self.site.address}/item/{one}"

    def rss(self, *_: Any) -> Answer:
        entries = "".join(
            f"<item><title>{title_of(one)}</title><link>{self.address(one)}</link></item>"
            for one in self.shown(0, 3)
        )
        text = f'<?xml version="1.0"?><rss version="2.0"><channel>{entries}</channel></rss>'
        return Answer(text, 200, {"Content-Type": "application/rss+xml; charset=utf-8"})

    def sitemap(self, *_: Any) -> Answer:
        named = "".join(f"<url><loc>{self.address(one)}</loc></url>" for one in self.shown(0, 99))
        about = f"<url><loc>http://{self.site.address}/about</loc></url>"
        space = "http://www.sitemaps.org/schemas/sitemap/0.9"
        text = f'<?xml version="1.0"?><urlset xmlns="{space}">{about}{named}</urlset>'
        return Answer(text, 200, {"Content-Type": "application/xml; charset=utf-8"})

    def one(self, path: str, _: Query) -> Answer:
        one = digits(path)
        return Answer("Tiada", 410) if one in self.gone else with_json_ld(one)


class Shop(Alike):
    """A front page with categories and a pager, and JSON-LD on each page."""

    name, count = "generic-shop", 6

    def paths(self) -> dict[str, Callable[[str, Query], Answer]]:
        pages = {"/": self.front, "/new": self.rows, "/category/old": self.rows}
        return {**pages, **self.each("/product/box-{}", self.one)}

    def front(self, *_: Any) -> Answer:
        return Answer('<nav><a href="/category/old">Old</a></nav>')

    def rows(self, path: str, query: Query) -> Answer:
        number = int(query.get("page", "1"))
        links = "".join(
            f'<a href="/product/box-{one}">x</a>' for one in self.shown((number - 1) * 3, 3)
        )
        more = f'<a rel="next" href="{path}?page={number + 1}">next</a>'
        return Answer(links + (more if self.shown(number * 3, 1) else ""))

    def one(self, path: str, _: Query) -> Answer:
        one = digits(path)
        return Answer("Tiada", 404) if one in self.gone else with_json_ld(one)


ALIKE: tuple[type[Alike], ...] = (
    Chotot, Mudah, Tiki, Telegram, Kaidee, WordPress, Osclass, Feeds, Shop,
)  # fmt: skip
