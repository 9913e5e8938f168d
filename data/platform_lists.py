"""The tables `[lists]` and `[pages]` of a platform's file, checked."""

import dataclasses

from data.platform import Lists, Pages, Style
from data.platform_file import Table
from data.platform_places import (
    check_path,
    check_selectors,
    maybe_field,
    pattern_of,
    with_id,
)

_LISTS, _PAGES = ({one.name for one in dataclasses.fields(part)} for part in (Lists, Pages))
_JSON_STYLES = frozenset({Style.JSON_API, Style.EMBEDDED})


def lists_of(table: Table, style: Style) -> Lists:
    """Read `[lists]`."""
    table.only(_LISTS)
    _check(table, style)
    values = _in_json(style)
    return Lists(
        start=table.texts("start"),
        newest=table.texts("newest"),
        feeds=table.texts("feeds"),
        category_links=table.texts("category_links"),
        search=table.text("search", ""),
        may_search=table.yes("may_search", default=False),
        search_pages=table.whole("search_pages", 3, least=1),
        links=table.texts("links") or Lists.links,
        next_link=table.texts("next_link"),
        next_button=table.texts("next_button"),
        page_parameter=table.text("page_parameter", ""),
        first_page=table.whole("first_page", 1),
        offset_parameter=table.text("offset_parameter", ""),
        page_size=_page_size(table),
        cursor=maybe_field(table, "cursor", values),
        cursor_parameter=table.text("cursor_parameter", ""),
        more=table.text("more", ""),
        total=maybe_field(table, "total", values),
        max_pages=table.whole("max_pages", 500, least=1),
        are_complete=table.yes("are_complete", default=False),
    )


def _in_json(style: Style) -> Style:
    """Return how the values of a list (cursor, total) are written for a style."""
    return Style.JSON_API if style in _JSON_STYLES else Style.SELECTORS


def _check(table: Table, style: Style) -> None:
    if not table.texts("start") and not table.texts("feeds") and style is not Style.IMPORTED:
        raise table.error("start", 'is missing; add `start = ["/"]`, the pages that list listings')
    links = Style.JSON_API if style is Style.JSON_API else Style.SELECTORS
    for key in ("category_links", "next_button"):
        check_selectors(table, key, Style.SELECTORS)
    for key in ("links", "next_link"):
        check_selectors(table, key, links)
    _check_cursor(table, style)


def _check_cursor(table: Table, style: Style) -> None:
    if table.text("cursor_parameter", "") and "cursor" not in table.values:
        raise table.error("cursor", "is missing; cursor_parameter needs to know where it stands")
    if not table.text("more", ""):
        return
    if style not in _JSON_STYLES:
        raise table.error("more", "is a path into JSON; it means something only where lists are")
    check_path(table, "more", table.text("more"))


def _page_size(table: Table) -> int:
    size = table.whole("page_size", 0)
    if table.text("offset_parameter", "") and not size:
        raise table.error("page_size", "is missing; offset_parameter needs `page_size = …`")
    return size


def check_search(lists: Table, json: Table) -> None:
    """Refuse a search that has no place for its term, in its address or in the body sent."""
    said = lists.text("search", "") + json.text("body", "")
    if lists.text("search", "") and "{term}" not in said:
        raise lists.error("search", "must contain {term} where the search word goes")


def pages_of(table: Table) -> Pages:
    """Read `[pages]`."""
    table.only(_PAGES)
    pattern = pattern_of(table, "pattern", table.text("pattern"))
    if "id" not in pattern.groupindex:
        raise table.error("pattern", r"must name the listing's id, as in /item/(?P<id>\d+)")
    keep = table.texts("keep_query") if "keep_query" in table.values else None
    return Pages(pattern=pattern, address=with_id(table, "address"), keep_query=keep)
