"""From the tables of a platform's TOML file to a checked `Platform`."""

import dataclasses
import re
from collections.abc import Mapping
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from data.availability import Outcome
from data.people import LANGUAGES
from data.platform import LEAST_DELAY_S, LISTING_STYLES, SCHEMA, Platform, Removal, Style
from data.platform_file import Table
from data.platform_json import json_of
from data.platform_lists import check_search, lists_of, pages_of
from data.platform_official import official_of
from data.platform_places import check_path, check_selectors, fields_of, with_id
from data.platform_styles import browser_of, feed_of, imported_of

_TOP = {one.name for one in dataclasses.fields(Platform)} - {"file"} | {"schema"}
_REMOVAL = {one.name for one in dataclasses.fields(Removal)}
_AT = ("", "page", "also")
_ID = re.compile(r"[a-z0-9][a-z0-9-]*")


def platform_of(table: Table) -> Platform:
    """Check every key and return the platform; raises `PlatformError` at the first mistake."""
    table.only(_TOP)
    if table.whole("schema", 0) != SCHEMA:
        raise table.error("schema", f"must be {SCHEMA}: this version reads no other")
    style = _style(table)
    listing_style = _listing_style(table, style)
    local = _local(table)
    check_search(table.table("lists"), table.table("json"))
    return Platform(
        id=_platform_id(table),
        name=table.text("name"),
        base_url=_base_url(table),
        style=style,
        country=_country(table),
        languages=_languages(table, "languages"),
        lists=lists_of(table.table("lists"), style),
        pages=pages_of(table.table("pages")),
        currency=_currency(table),
        timezone=_timezone(table),
        hosts=frozenset(table.texts("hosts")) | {urlsplit(table.text("base_url")).netloc.lower()},
        local=local,
        delay_s=_delay(table, local=bool(local)),
        max_bytes=table.whole("max_bytes", 5_000_000, least=10_000),
        fields=fields_of(table, "fields", _fields_style(style, listing_style)),
        listing_style=listing_style,
        json=json_of(table.table("json"), style),
        feed=feed_of(table.table("feed")),
        browser=browser_of(table.table("browser")),
        official_api=official_of(table.table("official_api")),
        imported=imported_of(table.table("imported")),
        also_fields=fields_of(table, "also_fields", Style.JSON_API),
        recheck_also=with_id(table, "recheck_also"),
        headers=_headers(table.table("headers")),
        price_scale=table.whole("price_scale", 1, least=1),
        date_languages=_languages(table, "date_languages"),
        date_format=table.text("date_format", ""),
        images=table.whole("images", 3),
        removal=tuple(_removal(rule, listing_style) for rule in table.tables("removal")),
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


def _listing_style(table: Table, style: Style) -> Style:
    """Return how one listing's own page is read: the style itself, where it can be."""
    default = style if style in LISTING_STYLES else Style.STRUCTURED
    word = table.text("listing_style", default)
    if word not in LISTING_STYLES:
        known = ", ".join(LISTING_STYLES)
        raise table.error("listing_style", f"'{word}' reads no listing; choose one of {known}")
    return Style(word)


def _fields_style(style: Style, listing_style: Style) -> Style:
    """Return how `[fields]` are written: entries of a feed are read by selectors, all optional."""
    return Style.STRUCTURED if style is Style.FEED else listing_style


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


def _removal(table: Table, style: Style) -> Removal:
    table.only(_REMOVAL)
    word = table.text("outcome")
    if word not in set(Outcome) - {Outcome.CHANGED}:
        known = ", ".join(outcome for outcome in Outcome if outcome is not Outcome.CHANGED)
        raise table.error("outcome", f"'{word}' is no outcome; choose one of {known}")
    if len(table.values) == 1:
        raise table.error("outcome", "has no condition; add status, text, selector or another")
    if table.text("at", "") not in _AT:
        raise table.error("at", "must be `page` (the listing's page) or `also` (recheck_also)")
    for key in ("selector", "selector_absent"):
        check_selectors(table, key, Style.SELECTORS)
    if style is Style.JSON_API and "null" in table.values:
        check_path(table, "null", table.text("null"))
    _check_shown(table, Outcome(word))
    return Removal(
        outcome=Outcome(word),
        at=table.text("at", ""),
        status=table.numbers("status"),
        text=table.texts("text"),
        text_absent=table.texts("text_absent"),
        selector=table.texts("selector"),
        selector_absent=table.texts("selector_absent"),
        null=table.text("null", ""),
        title_absent=table.yes("title_absent", default=False),
        title_present=table.yes("title_present", default=False),
        redirected=table.yes("redirected", default=False),
    )


def _check_shown(table: Table, outcome: Outcome) -> None:
    """Refuse to call gone what only lacks something: a page of an outage lacks it too."""
    if outcome not in {Outcome.REMOVED, Outcome.SOLD_OR_EXPIRED}:
        return
    shown = {"text", "selector", "null", "title_present", "redirected"} & set(table.values)
    if not shown and not table.numbers("status") - {200}:
        raise table.error(
            "outcome", "an outage would look so too; add text or a selector that the page shows"
        )
