"""From the tables of a platform's TOML file to a checked `Platform`."""

import dataclasses
import re
from collections.abc import Mapping
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cssselect import SelectorError
from parsel import Selector

from data.availability import Outcome
from data.json_paths import JsonPathError, compile_path
from data.people import LANGUAGES
from data.platform import (
    FIELDS,
    LEAST_DELAY_S,
    SCHEMA,
    Field,
    JsonApi,
    Lists,
    Pages,
    Platform,
    Removal,
    Style,
)
from data.platform_file import Table

_TOP = {one.name for one in dataclasses.fields(Platform)} - {"file"} | {"schema"}
_LISTS, _PAGES, _JSON, _REMOVAL = (
    {one.name for one in dataclasses.fields(part)} for part in (Lists, Pages, JsonApi, Removal)
)
_ID = re.compile(r"[a-z0-9][a-z0-9-]*")
_XPATH = re.compile(r"^(/|\./|\()")


def is_xpath(selector: str) -> bool:
    """Tell XPath from CSS: XPath starts with a slash, ./ or a bracket."""
    return bool(_XPATH.match(selector))


def platform_of(table: Table) -> Platform:
    """Check every key and return the platform; raises `PlatformError` at the first mistake."""
    table.only(_TOP)
    if table.whole("schema", 0) != SCHEMA:
        raise table.error("schema", f"must be {SCHEMA}: this version reads no other")
    style = _style(table)
    local = _local(table)
    return Platform(
        id=_platform_id(table),
        name=table.text("name"),
        base_url=_base_url(table),
        style=style,
        country=_country(table),
        languages=_languages(table, "languages"),
        lists=_lists(table.table("lists"), style),
        pages=_pages(table.table("pages")),
        currency=_currency(table),
        timezone=_timezone(table),
        hosts=frozenset(table.texts("hosts")) | {urlsplit(table.text("base_url")).netloc.lower()},
        local=local,
        delay_s=_delay(table, local=bool(local)),
        max_bytes=table.whole("max_bytes", 5_000_000, least=10_000),
        fields=_fields(table.table("fields"), style),
        json=_json(table.table("json"), style),
        headers=_headers(table.table("headers")),
        price_scale=table.whole("price_scale", 1, least=1),
        date_languages=_languages(table, "date_languages"),
        date_format=table.text("date_format", ""),
        images=table.whole("images", 3),
        removal=tuple(_removal(rule, style) for rule in table.tables("removal")),
        notes=table.text("notes", ""),
        last_verified=table.text("last_verified", "never"),
        file=table.file,
    )


def _platform_id(table: Table) -> str:
    platform_id = table.text("id")
    if not _ID.fullmatch(platform_id):
        raise table.error("id", "use small letters, digits and hyphens only")
    return platform_id


def _style(table: Table) -> Style:
    word = table.text("style")
    if word not in set(Style):
        raise table.error("style", f"'{word}' is no style; choose one of {', '.join(Style)}")
    return Style(word)


def _base_url(table: Table) -> str:
    url = table.text("base_url")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise table.error("base_url", "must be a whole address such as https://example.org/")
    return url


def _country(table: Table) -> str:
    country = table.text("country")
    if not re.fullmatch(r"[A-Z]{2}", country):
        raise table.error("country", "must be two capital letters (ISO 3166-1), such as VN")
    return country


def _currency(table: Table) -> str:
    currency = table.text("currency", "")
    if currency and not re.fullmatch(r"[A-Z]{3}", currency):
        raise table.error("currency", "must be three capital letters (ISO 4217), such as THB")
    return currency


def _languages(table: Table, key: str) -> tuple[str, ...]:
    languages = table.texts(key)
    for language in languages:
        if language not in LANGUAGES:
            known = ", ".join(LANGUAGES)
            raise table.error(key, f"'{language}' is not a language we read; known: {known}")
    if key == "languages" and not languages:
        raise table.error(key, 'is missing; add `languages = ["th"]` with what sellers write')
    return languages


def _timezone(table: Table) -> ZoneInfo:
    name = table.text("timezone", "UTC")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        problem = f"'{name}' is no time zone; use a name such as Asia/Bangkok"
        raise table.error("timezone", problem) from error


def _local(table: Table) -> frozenset[str]:
    local = table.texts("local")
    for one in local:
        if not re.fullmatch(r"(\[[0-9a-f:]+\]|[\w.\-]+):\d{1,5}", one):
            raise table.error("local", f"'{one}' must be host:port, such as 127.0.0.1:8801")
    return frozenset(local)


def _delay(table: Table, *, local: bool) -> float:
    delay = table.number("delay_s", 3.0)
    if delay < LEAST_DELAY_S and not local:
        raise table.error("delay_s", f"must be at least {LEAST_DELAY_S:g} s on a real platform")
    return delay


def _headers(table: Table) -> Mapping[str, str]:
    for name in table.values:
        if name.lower() in {"user-agent", "cookie", "authorization", "from", "host"}:
            raise table.error(name, "may not be set: we say who we are and never sign in")
    return {name: table.text(name) for name in table.values}


def _lists(table: Table, style: Style) -> Lists:
    table.only(_LISTS)
    start = table.texts("start")
    if not start:
        raise table.error("start", 'is missing; add `start = ["/"]`, the pages that list listings')
    for key in ("category_links", "next_link", "next_button", "links"):
        _check_selectors(table, key, style if key == "links" else Style.SELECTORS)
    search = table.text("search", "")
    if search and "{term}" not in search:
        raise table.error("search", "must contain {term} where the search word goes")
    return Lists(
        start=start,
        category_links=table.texts("category_links"),
        search=search,
        may_search=table.yes("may_search", default=False),
        search_pages=table.whole("search_pages", 3, least=1),
        links=table.texts("links") or Lists.links,
        next_link=table.texts("next_link"),
        next_button=table.texts("next_button"),
        page_parameter=table.text("page_parameter", ""),
        first_page=table.whole("first_page", 1),
        offset_parameter=table.text("offset_parameter", ""),
        page_size=_page_size(table),
        max_pages=table.whole("max_pages", 500, least=1),
        are_complete=table.yes("are_complete", default=False),
    )


def _page_size(table: Table) -> int:
    size = table.whole("page_size", 0)
    if table.text("offset_parameter", "") and not size:
        raise table.error("page_size", "is missing; offset_parameter needs `page_size = …`")
    return size


def _pages(table: Table) -> Pages:
    table.only(_PAGES)
    pattern = _pattern(table, "pattern", table.text("pattern"))
    if "id" not in pattern.groupindex:
        raise table.error("pattern", r"must name the listing's id, as in /item/(?P<id>\d+)")
    address = table.text("address", "")
    if address and "{id}" not in address:
        raise table.error("address", "must contain {id} where the listing's id goes")
    keep = table.texts("keep_query") if "keep_query" in table.values else None
    return Pages(pattern=pattern, address=address, keep_query=keep)


def _pattern(table: Table, key: str, text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise table.error(key, f"not a regular expression: {error}") from error


def _fields(table: Table, style: Style) -> Mapping[str, Field]:
    table.only(FIELDS)
    fields = {name: _field(table, name, style) for name in table.values}
    if style is not Style.STRUCTURED and "title" not in fields:
        raise table.error("title", f"is missing; style '{style}' needs to know where titles stand")
    return fields


def _field(table: Table, name: str, style: Style) -> Field:
    if not isinstance(table.values[name], dict):
        _check_selectors(table, name, style)
        return Field(table.texts(name))
    own = table.table(name)
    own.only({"select", "pattern"})
    _check_selectors(own, "select", style)
    pattern = own.text("pattern", "")
    return Field(own.texts("select"), _pattern(own, "pattern", pattern) if pattern else None)


def _json(table: Table, style: Style) -> JsonApi:
    table.only(_JSON)
    method = table.text("method", "GET")
    if method not in {"GET", "POST"}:
        raise table.error("method", "must be GET or POST")
    if style is Style.JSON_API:
        for key in ("rows", "id"):
            _check_path(table, key, table.text(key))
    return JsonApi(
        rows=table.text("rows", ""),
        id=table.text("id", ""),
        method=method,
        body=table.text("body", ""),
        detail=table.text("detail", ""),
        detail_row=table.text("detail_row", ""),
    )


def _removal(table: Table, style: Style) -> Removal:
    table.only(_REMOVAL)
    word = table.text("outcome")
    if word not in set(Outcome) - {Outcome.CHANGED}:
        known = ", ".join(outcome for outcome in Outcome if outcome is not Outcome.CHANGED)
        raise table.error("outcome", f"'{word}' is no outcome; choose one of {known}")
    if len(table.values) == 1:
        raise table.error("outcome", "has no condition; add status, text, selector or another")
    for key in ("selector", "selector_absent"):
        _check_selectors(table, key, Style.SELECTORS)
    if style is Style.JSON_API and "null" in table.values:
        _check_path(table, "null", table.text("null"))
    return Removal(
        outcome=Outcome(word),
        status=table.numbers("status"),
        text=table.texts("text"),
        text_absent=table.texts("text_absent"),
        selector=table.texts("selector"),
        selector_absent=table.texts("selector_absent"),
        null=table.text("null", ""),
        title_absent=table.yes("title_absent", default=False),
        redirected=table.yes("redirected", default=False),
    )


def _check_selectors(table: Table, key: str, style: Style) -> None:
    for selector in table.texts(key):
        if style is Style.JSON_API:
            _check_path(table, key, selector)
        else:
            _check_selector(table, key, selector)


def _check_selector(table: Table, key: str, selector: str) -> None:
    page = Selector(text="<p></p>")
    try:
        page.xpath(selector) if is_xpath(selector) else page.css(selector)
    except (SelectorError, ValueError) as error:
        raise table.error(key, f"'{selector}' is no CSS or XPath: {error}") from error


def _check_path(table: Table, key: str, path: str) -> None:
    try:
        compile_path(path)
    except JsonPathError as error:
        raise table.error(key, f"'{path}' is no JMESPath: {error}") from error
