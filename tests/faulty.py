"""A small marketplace with a switch for each thing that can be wrong with it. Synthetic."""

from collections.abc import Callable
from urllib.parse import parse_qs, unquote, urlsplit

from crawler.checking.faults import Fault
from tests.crawling import Answer, Site

LISTINGS, PER_PAGE = 36, 12
WARES = ("Vòng gỗ trắc", "Tượng đá cẩm thạch", "Ghế mây cũ", "Đồng hồ quả lắc", "Bình gốm men")
OLD = ("木镯 ", "石像 ", "藤椅 ", "座钟 ", "花瓶 ", "铜灯 ", "瓷碗 ")
UNITS = ("giờ", "ngày", "tuần")

FILE = """
schema = 1
id = "faulty"
name = "Chợ thử"
base_url = "http://{address}/"
style = "selectors"
country = "VN"
languages = ["vi", "zh-Hans"]
currency = "VND"
timezone = "Asia/Ho_Chi_Minh"
local = ["{address}"]
delay_s = 0.001
[lists]
start = ["/"]
links = [".list a::attr(href)"]
next_link = ["a.next"]
search = "/search?q={{term}}"
may_search = true
[pages]
pattern = '/item/(?P<id>\\d+)'
[fields]
title = "h1"
description = ".text"
price = ".price"
amount = "meta[itemprop=price]::attr(content)"
posted = "time"
place = ".place"
seller_name = ".seller"
"""


class FaultySite:
    """A good marketplace; `plant` switches faults on."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.file = FILE.format(address=site.address)
        self.title_tag, self.text_class, self.place = "h1", "text", "Quận 1"
        self.list_class, self.times = "list", 1
        self.posted: Callable[[int], str] = posted
        self.bytes: Callable[[str], bytes] = str.encode
        self.turns, self.searches = True, True
        self.look: Callable[[str], str] = str
        self.answers: dict[int, Answer] = {}
        site.pages = {"/": self.list, "/search": self.search, "/login": LOGIN}
        site.pages |= {f"/item/{number}": self.item for number in range(1, LISTINGS + 1)}

    def list(self, path: str) -> Answer:
        asked = parse_qs(urlsplit(path).query)
        page = int(asked.get("page", ["1"])[0])
        first = (page - 1) * PER_PAGE + 1 if self.turns else 1
        numbers = range(first, min(first + PER_PAGE, LISTINGS + 1))
        more = f'<a class="next" href="/?page={page + 1}">sau</a>' if page < 3 else ""
        return self.shown(self.links(numbers) + more)

    def links(self, numbers) -> str:
        rows = "".join(f'<p><a href="/item/{number}">{title(number)}</a></p>' for number in numbers)
        return f'<div class="{self.list_class}">{rows}</div>'

    def search(self, path: str) -> Answer:
        term = unquote(parse_qs(urlsplit(path).query).get("q", [""])[0]).lower()
        if not self.searches:
            return self.list("/")
        found = [one for one in range(1, LISTINGS + 1) if term in title(one).lower()]
        return self.shown(self.links(found[:PER_PAGE]))

    def item(self, path: str) -> Answer:
        number = int(path.rpartition("/")[2])
        if number in self.answers:
            return self.answers[number]
        amount = 150_000 + 1_000 * number
        return self.shown(
            self.look(
                f"<{self.title_tag}>{title(number)}</{self.title_tag}>"
                f'<p class="price">{amount:,} đ</p>'.replace(",", ".")
                + f'<meta itemprop="price" content="{amount * self.times}">'
                f'<p class="{self.text_class}">Hàng đẹp số {number}, 象牙色 màu ngà.</p>'
                f'{self.posted(number)}<p class="seller">Nguyễn {number % 5}</p>'
                f'<p class="place">{self.place}</p>'
            )
        )

    def shown(self, html: str) -> Answer:
        return Answer(self.bytes(f"<html><body>{html}</body></html>"))


LOGIN = "<html><form>Đăng nhập<input type=password></form></html>"
BLOCK = Answer("<html><title>Just a moment...</title></html>", 403, {"cf-mitigated": "challenge"})


def title(number: int) -> str:
    return f"{WARES[number % 5]} {number} {OLD[number % 7]}老物件"


def posted(number: int) -> str:
    return f"<time>{number % 3 + 2} {UNITS[number % 3]} trước</time>"


def _selector(site: FaultySite) -> None:
    site.text_class = "body-text"


def _pattern(site: FaultySite) -> None:
    changed = "posted = {select = \"time\", pattern = 'Đăng: (.*)'}"
    site.file = site.file.replace('posted = "time"', changed)


def _furniture(site: FaultySite) -> None:
    site.file = site.file.replace('title = "h1"', 'title = ".place"')


def _links(site: FaultySite) -> None:
    site.list_class = "results"


def _attribute(site: FaultySite) -> None:
    site.file = site.file.replace(
        'seller_name = ".seller"', 'seller_name = ".seller::attr(data-n)"'
    )


def _ignored(site: FaultySite) -> None:
    site.searches = False


def _ignored_in_chinese(site: FaultySite) -> None:
    honest = site.search

    def answer(path: str) -> Answer:
        return honest(path) if unquote(path).isascii() or "ồ" in unquote(path) else site.list("/")

    site.site.pages["/search"] = answer


def _blocked(site: FaultySite) -> None:
    site.answers[4] = BLOCK


def _asked_too_often(site: FaultySite) -> None:
    site.answers[4] = Answer("slow down", 429)


def _refused_in_json(site: FaultySite) -> None:
    site.answers[4] = Answer('<script>var r = {"ret": ["RGV587_ERROR::SM"]}</script>')


def _layout(site: FaultySite) -> None:
    site.look = lambda html: f"<div data-page='{len(html)}'></div><p>Chợ thử</p>"


def _other_classes(site: FaultySite) -> None:
    site.look = lambda html: html.replace("class=", "data-old=").replace("<time", "<span")


def _other_addresses(site: FaultySite) -> None:
    site.file = site.file.replace("/item/(?P<id>", "/ad/(?P<id>")


def _login(site: FaultySite) -> None:
    site.answers[4] = Answer("", 302, {"Location": "/login"})


def _login_in_place(site: FaultySite) -> None:
    site.answers[4] = Answer(LOGIN)


def _unauthorised(site: FaultySite) -> None:
    site.answers[4] = Answer("", 401)


def _paging(site: FaultySite) -> None:
    site.turns = False


def _next_not_found(site: FaultySite) -> None:
    site.file = site.file.replace("a.next", "a.weiter")


def _next_is_missing(site: FaultySite) -> None:
    site.site.pages["/?page=2"] = Answer("", 500)


def _next_is_empty(site: FaultySite) -> None:
    site.site.pages["/?page=2"] = "<html><body><p>Trang 2</p></body></html>"


def _scale(site: FaultySite) -> None:
    site.times = 100


def _scale_too_far(site: FaultySite) -> None:
    site.file = site.file.replace("currency =", "price_scale = 1000\ncurrency =")


def _scale_unseen(site: FaultySite) -> None:
    site.times = 100_000
    site.file = site.file.replace('price = ".price"\n', "")
    site.look = lambda html: html.replace(" đ<", "<")


def _gbk(site: FaultySite) -> None:
    site.bytes = lambda text: text.encode("gb18030")


def _read_as_latin(site: FaultySite) -> None:
    site.bytes = lambda text: text.encode().decode("latin-1").encode()


def _lost(site: FaultySite) -> None:
    site.look = lambda html: html.replace(html[4 : html.index("</h1>")], "????? ?? ???")


def _dates(site: FaultySite) -> None:
    site.posted = lambda number: f"<time>{number % 3 + 2} ชั่วโมงที่แล้ว</time>"


def _month_first(site: FaultySite) -> None:
    site.posted = lambda number: f"<time>10/{number % 28 + 1:02}/2026</time>"


def _another_day(site: FaultySite) -> None:
    site.posted = lambda number: (
        f'<time datetime="2026-0{number % 8 + 1}-20T08:00:00Z">{number % 3 + 2} phút trước</time>'
    )


def _zone(site: FaultySite) -> None:
    site.posted = lambda number: f"<time>hôm nay 18:{number + 10}</time>"
    site.file = site.file.replace("Asia/Ho_Chi_Minh", "Pacific/Honolulu")


def _robots(site: FaultySite) -> None:
    site.site.pages["/robots.txt"] = "User-agent: *\nDisallow: /\n"


def _robots_on_listings(site: FaultySite) -> None:
    site.site.pages["/robots.txt"] = "User-agent: *\nDisallow: /item/\n"


def _robots_on_search(site: FaultySite) -> None:
    site.site.pages["/robots.txt"] = "User-agent: *\nDisallow: /search\n"


# The first way of each is the one that combinations use.
WAYS: dict[Fault, tuple[Callable[[FaultySite], None], ...]] = {
    Fault.WRONG_SELECTOR: (_selector, _pattern, _furniture, _links, _attribute),
    Fault.SEARCH_IGNORED: (_ignored, _ignored_in_chinese),
    Fault.BLOCKED: (_blocked, _asked_too_often, _refused_in_json),
    Fault.CHANGED_LAYOUT: (_layout, _other_classes, _other_addresses),
    Fault.LOGIN_WALL: (_login, _login_in_place, _unauthorised),
    Fault.BROKEN_PAGING: (_paging, _next_not_found, _next_is_missing, _next_is_empty),
    Fault.PRICE_SCALE: (_scale, _scale_too_far, _scale_unseen),
    Fault.ENCODING: (_gbk, _read_as_latin, _lost),
    Fault.DATES_MISREAD: (_dates, _month_first, _another_day, _zone),
    Fault.ROBOTS: (_robots, _robots_on_listings, _robots_on_search),
}
