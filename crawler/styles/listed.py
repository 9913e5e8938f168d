"""What a list page names: listings by address, or as rows of JSON or entries of a feed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from crawler.styles import embedded, feed, json_api
from crawler.styles.page import Page, joined
from crawler.styles.selecting import select, source_of, texts_of
from data.json_paths import look_up
from data.platform import Field, Platform, Style

MOST_ROWS = 5_000
"""More rows than this on one page are a trap or a mistake."""
_NUMBER = re.compile(r"\d[\d.,\s]*")


@dataclass(frozen=True)
class Row:
    """One listing as a list names it: where its own page is, or all that the list says of it."""

    external_id: str
    url: str = ""
    data: Any = None


def rows_of(page: Page, platform: Platform) -> dict[str, Row]:
    """Return what a list page names, by external id; of a trap's many, the first."""
    rows: dict[str, Row] = {}
    for row in _rows(page, platform):
        rows.setdefault(row.external_id, row)
        if len(rows) >= MOST_ROWS:
            break
    return rows


def _rows(page: Page, platform: Platform) -> Iterator[Row]:
    if feed.is_feed(page):
        return _entries(page, platform)
    if platform.json.rows and platform.style in {Style.JSON_API, Style.EMBEDDED}:
        return _json_rows(page, platform)
    return _links(page, platform)


def _links(page: Page, platform: Platform) -> Iterator[Row]:
    for selector in platform.lists.links:
        for found in select(page.selector, selector):
            url = joined(page.url, source_of(found))
            if external_id := platform.external_id(url):
                yield Row(external_id, platform.canonical(url))


def _json_rows(page: Page, platform: Platform) -> Iterator[Row]:
    rows = look_up(document_of(page, platform), platform.json.rows)
    for data in rows if isinstance(rows, list) else []:
        if external_id := json_api.id_of(data, platform):
            yield Row(external_id, _address(external_id, data, page, platform), data)


def _address(external_id: str, data: Any, page: Page, platform: Platform) -> str:  # noqa: ANN401
    """Return where a row's own page is; empty when the row is all there is."""
    if platform.json.whole_rows:
        return ""
    if platform.json.detail:
        return platform.detail_of(external_id)
    if url := json_api.url_of(data, page.url, platform):
        return url
    return platform.address_of(external_id) if platform.pages.address else ""


def _entries(page: Page, platform: Platform) -> Iterator[Row]:
    parsed = feed.parse(page, platform.max_bytes)
    pattern = platform.feed.entries
    whole = platform.style is Style.FEED and platform.feed.whole and not parsed.is_sitemap
    for entry in parsed.entries:
        url = joined(page.url, entry.url)
        external_id = platform.external_id(url)
        if external_id and (pattern is None or pattern.search(url)):
            yield Row(external_id, "" if whole else platform.canonical(url), entry)


def document_of(page: Page, platform: Platform) -> Any:  # noqa: ANN401
    """Return the JSON of a list: the answer itself, or what the page carries within it."""
    if platform.style is Style.EMBEDDED and not page.is_json:
        return embedded.document_of(page, platform.json)
    return page.document


def total_of(page: Page, platform: Platform) -> int | None:
    """Return how many listings a list says it has; None where it does not say."""
    where = platform.lists.total
    return total_in(value_of(page, platform, where)) if where else None


def total_in(text: str) -> int | None:
    """Return the number in a text that says how many listings there are.

    >>> total_in("Có 1.234 tin"), total_in("none")
    (1234, None)
    """
    found = _NUMBER.search(text)
    return int(re.sub(r"\D", "", found[0])) if found else None


def value_of(page: Page, platform: Platform, where: Field) -> str:
    """Return a value of a list page, from its JSON or by selector; empty when it has none."""
    if platform.style in {Style.JSON_API, Style.EMBEDDED}:
        found = json_api.texts_at(document_of(page, platform), where)
    else:
        found = texts_of(page.selector, where)
    return found[0] if found else ""
