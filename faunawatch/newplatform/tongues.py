"""What a site writes and where it sells, told from its pages: language, country, currency, zone."""

import re
from collections import Counter
from urllib.parse import urlsplit

from crawler.styles.page import Page
from data.fields import find_prices

_SCRIPTS = {
    "th": re.compile("[\u0e01-\u0e5b]"),
    "lo": re.compile("[\u0e81-\u0edf]"),
    "km": re.compile("[\u1780-\u17ff]"),
    "my": re.compile("[\u1000-\u109f]"),
    "zh-Hans": re.compile("[\u4e00-\u9fff]"),
    "vi": re.compile("[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE),
}
_LEAST = 20
_TAGS = {
    "zh-tw": "zh-Hant",
    "zh-hk": "zh-Hant",
    "zh-hant": "zh-Hant",
    "zh": "zh-Hans",
    "vi": "vi",
    "th": "th",
    "km": "km",
    "lo": "lo",
    "my": "my",
    "ms": "ms",
    "id": "id",
    "en": "en",
}
_COUNTRIES = {
    "vi": "VN",
    "th": "TH",
    "km": "KH",
    "lo": "LA",
    "my": "MM",
    "ms": "MY",
    "id": "ID",
    "zh-Hans": "CN",
    "zh-Hant": "TW",
}
_DOMAINS = frozenset({"VN", "TH", "KH", "LA", "MM", "MY", "ID", "CN", "TW", "HK", "SG", "PH"})
CURRENCIES = {
    "VN": "VND",
    "TH": "THB",
    "KH": "KHR",
    "LA": "LAK",
    "MM": "MMK",
    "MY": "MYR",
    "ID": "IDR",
    "CN": "CNY",
    "TW": "TWD",
    "HK": "HKD",
    "SG": "SGD",
    "PH": "PHP",
}
ZONES = {
    "VN": "Asia/Ho_Chi_Minh",
    "TH": "Asia/Bangkok",
    "KH": "Asia/Phnom_Penh",
    "LA": "Asia/Vientiane",
    "MM": "Asia/Yangon",
    "MY": "Asia/Kuala_Lumpur",
    "ID": "Asia/Jakarta",
    "CN": "Asia/Shanghai",
    "TW": "Asia/Taipei",
    "HK": "Asia/Hong_Kong",
    "SG": "Asia/Singapore",
    "PH": "Asia/Manila",
}
UNKNOWN = "ZZ"


def declared_language(page: Page) -> str:
    """Return the language a page says it is in, as we name it; empty where it does not."""
    if page.is_json:
        return ""
    tag = (page.selector.xpath("//html/@lang").get() or "").strip().lower().replace("_", "-")
    return _TAGS.get(tag) or _TAGS.get(tag.partition("-")[0], "")


def seen_languages(text: str) -> list[str]:
    """Return the languages whose letters a text uses enough, the most used first.

    >>> seen_languages("ขายตู้ไม้สักเก่า สภาพดี รับเองที่บ้าน")
    ['th']
    """
    counts = {name: len(letters.findall(text)) for name, letters in _SCRIPTS.items()}
    return [name for name in sorted(counts, key=lambda one: -counts[one]) if counts[name] >= _LEAST]


def country_of(url: str, languages: list[str]) -> tuple[str, str]:
    """Return the country a site sells in and how that was told; ZZ where nothing tells.

    >>> country_of("https://shop.example.vn/", [])
    ('VN', 'its domain ends in .vn')
    """
    end = (urlsplit(url).hostname or "").rpartition(".")[2].upper()
    if end in _DOMAINS:
        return end, f"its domain ends in .{end.lower()}"
    for language in languages:
        if language in _COUNTRIES:
            return _COUNTRIES[language], f"it writes {language}"
    return UNKNOWN, "nothing tells"


def shown_currency(texts: list[str]) -> str:
    """Return the currency that most prices in some texts name; empty where none does.

    >>> shown_currency(["Giá 2.500.000 đ", "RM 20", "300.000 đ"])
    'VND'
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(price.currency for price, _, _ in find_prices(text) if price.currency)
    return counts.most_common(1)[0][0] if counts else ""
