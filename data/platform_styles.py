"""The tables `[feed]`, `[browser]` and `[imported]` of a platform's file, checked."""

import dataclasses
from collections.abc import Mapping

from data.platform import FIELDS, Browser, Feed, Imported, Style
from data.platform_file import Table
from data.platform_places import check_selectors, maybe_pattern

_FEED, _BROWSER, _IMPORTED = (
    {one.name for one in dataclasses.fields(part)} for part in (Feed, Browser, Imported)
)
_RENDERED = ("lists", "listings")
_LONGEST_WAIT_S = 30.0
_MOST_SCROLLS = 30
_MOST_AT_ONCE = 2
COLUMNS = (*FIELDS, "id", "url")


def feed_of(table: Table) -> Feed:
    """Read `[feed]`."""
    table.only(_FEED)
    return Feed(
        whole=table.yes("whole", default=True),
        sitemaps=maybe_pattern(table, "sitemaps"),
        entries=maybe_pattern(table, "entries"),
    )


def browser_of(table: Table) -> Browser:
    """Read `[browser]`."""
    table.only(_BROWSER)
    check_selectors(table, "wait_for", Style.SELECTORS)
    return Browser(
        render=_render(table),
        wait_for=table.texts("wait_for"),
        wait_s=_at_most(table, "wait_s", table.number("wait_s", Browser.wait_s), _LONGEST_WAIT_S),
        scroll=int(_at_most(table, "scroll", table.whole("scroll", 0), _MOST_SCROLLS)),
        at_once=int(_at_most(table, "at_once", table.whole("at_once", 1, least=1), _MOST_AT_ONCE)),
    )


def _render(table: Table) -> frozenset[str]:
    words = frozenset(table.texts("render")) or Browser.render
    if wrong := words - set(_RENDERED):
        problem = f"'{min(wrong)}' is not rendered; choose from {', '.join(_RENDERED)}"
        raise table.error("render", problem)
    return words


def _at_most(table: Table, key: str, value: float, most: float) -> float:
    if value > most:
        raise table.error(key, f"must be at most {most:g}")
    return value


def imported_of(table: Table) -> Imported:
    """Read `[imported]`."""
    table.only(_IMPORTED)
    return Imported(
        columns=_columns(table.table("columns")),
        without_address=table.yes("without_address", default=False),
    )


def _columns(table: Table) -> Mapping[str, str]:
    """Read which header of a sheet means which field."""
    columns = {header: table.text(header) for header in table.values}
    for header, name in columns.items():
        if name not in COLUMNS:
            raise table.error(header, f"'{name}' is no field; choose from {', '.join(COLUMNS)}")
    return columns
