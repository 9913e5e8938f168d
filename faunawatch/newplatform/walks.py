"""How a list page goes on: its pager, its search form, its categories and its feeds."""

import re
from collections import Counter
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from parsel import Selector

from crawler.styles.page import Page, joined
from faunawatch.newplatform.links import own_links

NEXT_WORDS = (
    "Next", "next", "›", "»", ">", "→", "Next »", "Next ›", "Next page", "Older", "Tiếp",
    "Tiếp theo", "Trang sau", "Sau", "ถัดไป", "หน้าถัดไป", "下一页", "下一頁", "后页",
    "Seterusnya", "Berikutnya", "Selanjutnya", "បន្ទាប់", "ຕໍ່ໄປ", "ถัดไป »", "နောက်သို့",
)  # fmt: skip
_NEXT_MARKS = (
    "a[rel~=next]",
    "link[rel~=next]",
    "li.next a",
    "a.next",
    "a.pagination-next",
    ".pagination .next a",
    ".pager .next a",
)
_PAGE_NAMES = frozenset({"page", "p", "pg", "paged", "pagina", "trang", "pn", "ipage"})
_SEARCH_NAMES = frozenset({
    "q", "s", "query", "search", "keyword", "keywords", "kw", "k", "term", "text", "spattern",
    "key", "wd", "word",
})  # fmt: skip
_CATEGORY = re.compile(
    r"^/?(category|categories|cat|c|danh-muc|group|groups|section|kategori|หมวดหมู่|browse)$"
)


@dataclass(frozen=True)
class Pager:
    """How a list turns: keys of `[lists]` with their values, and how this was seen."""

    keys: dict[str, object]
    why: str
    sure: bool


def pager_of(page: Page) -> Pager | None:
    """Return how to turn to the next page; None where nothing looks like a pager."""
    return _by_mark(page) or _by_word(page) or _by_button(page) or _by_parameter(page)


def _by_mark(page: Page) -> Pager | None:
    for mark in _NEXT_MARKS:
        found = page.selector.css(mark)
        if len({one.attrib.get("href") for one in found}) == 1:
            sure = "rel" in mark
            return Pager({"next_link": [mark]}, f"{mark} is on the page", sure=sure)
    return None


def _by_word(page: Page) -> Pager | None:
    for word in NEXT_WORDS:
        path = f"//a[@href and normalize-space() = '{word}']"
        if len(page.selector.xpath(path)) == 1:
            return Pager({"next_link": [path]}, f"a link says {word!r}", sure=False)
    return None


def _by_button(page: Page) -> Pager | None:
    for button in page.selector.xpath("//form//button[@name and @value]"):
        if (button.attrib["name"]).lower() not in _PAGE_NAMES:
            continue
        for path in _button_paths(button):
            found = page.selector.xpath(path)
            if found and "disabled" not in found[-1].attrib:
                return Pager({"next_button": [path]}, "pages turn by buttons of a form", sure=False)
    return None


def _button_paths(button: Selector) -> list[str]:
    name = button.attrib["name"]
    said = [f"//button[@name='{name}'][normalize-space() = '{word}']" for word in NEXT_WORDS]
    last = f"//ul/li[last()]//button[@name='{name}'][@value]"
    return [*said, last]


def _by_parameter(page: Page) -> Pager | None:
    values: dict[str, list[int]] = {}
    for url in own_links(page):
        for name, value in parse_qsl(urlsplit(url).query):
            if name.lower() in _PAGE_NAMES and value.isdigit():
                values.setdefault(name, []).append(int(value))
    if not values:
        return None
    name = max(values, key=lambda one: len(values[one]))
    first = 0 if 0 in values[name] else 1
    keys: dict[str, object] = {"page_parameter": name, "first_page": first}
    return Pager(keys, f"links carry ?{name}=…", sure=False)


def search_of(page: Page) -> tuple[str, bool]:
    """Return the address of a keyword search with {term}, and whether its field says it is one."""
    for sure in (True, False):
        for form in page.selector.xpath(
            "//form[not(@method) or translate(@method,'GET','get')='get']"
        ):
            if name := _search_field(form, sure=sure):
                return _search_address(page, form, name), sure
    return "", False


def _search_field(form: Selector, *, sure: bool) -> str:
    for field in form.xpath(".//input[@name]"):
        kind, name = (field.attrib.get("type") or "text").lower(), field.attrib["name"]
        if kind == "search" or (kind == "text" and name.lower() in _SEARCH_NAMES):
            return name
        if not sure and kind == "text" and _is_search_form(form):
            return name
    return ""


def _is_search_form(form: Selector) -> bool:
    words = " ".join(form.attrib.get(name, "") for name in ("class", "id", "role", "action"))
    return "search" in words.lower()


def _search_address(page: Page, form: Selector, name: str) -> str:
    action = joined(page.url, form.attrib.get("action") or page.url).partition("?")[0]
    hidden = [
        (one.attrib["name"], one.attrib.get("value") or "")
        for one in form.xpath(".//input[@type='hidden'][@name]")
        if "csrf" not in one.attrib["name"].lower()
    ]
    lead = urlencode(hidden) + "&" if hidden else ""
    return f"{urlsplit(action).path or '/'}?{lead}{name}={{term}}"


def categories_of(page: Page) -> str:
    """Return a selector for links to category lists; empty where none look like such."""
    counts: Counter[str] = Counter()
    for url in own_links(page):
        segments = [one for one in urlsplit(url).path.split("/") if one]
        counts.update({one for one in segments[:-1] if _CATEGORY.match(one)})
    best = counts.most_common(1)
    return f"a[href*='/{best[0][0]}/']" if best and best[0][1] > 1 else ""


def feeds_of(page: Page) -> list[str]:
    """Return the addresses of feeds that a page declares on its own host."""
    host = urlsplit(page.url).netloc
    found = page.selector.css("link[rel~=alternate][type*=rss], link[rel~=alternate][type*=atom]")
    urls = (joined(page.url, one.attrib.get("href") or "") for one in found)
    own = (url for url in urls if url and urlsplit(url).netloc == host)
    return list(dict.fromkeys(urlsplit(url)._replace(scheme="", netloc="").geturl() for url in own))
