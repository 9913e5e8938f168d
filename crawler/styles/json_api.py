"""Listings read from a platform's JSON, by JMESPath."""

from collections.abc import Iterator
from typing import Any

from crawler.styles.page import Page
from crawler.styles.reading import Raw, RawListing
from crawler.styles.selecting import cut
from crawler.styles.structured import without_markup
from data.json_paths import look_up
from data.platform import Field, Platform


def rows_of(page: Page, platform: Platform) -> Iterator[tuple[str, Any]]:
    """Yield the rows of a list and their ids; rows without an id are left out."""
    rows = look_up(page.document, platform.json.rows)
    for row in rows if isinstance(rows, list) else []:
        if external_id := id_of(row, platform):
            yield external_id, row


def id_of(row: Any, platform: Platform) -> str:  # noqa: ANN401
    """Return the id of a row; where an address stands in its place, the id within that."""
    found = _texts(row, platform.json.id) if platform.json.id else []
    return (platform.external_id(found[0]) or found[0]) if found else ""


def row_of(document: Any, platform: Platform) -> Any:  # noqa: ANN401
    """Return the row a listing's own JSON holds; None when there is none."""
    path = platform.json.detail_row
    return look_up(document, path) if path else document


def read_row(row: Any, platform: Platform) -> RawListing:  # noqa: ANN401
    """Read one row."""
    texts: Raw = {}
    for name, field in platform.fields.items():
        if name != "images" and (found := _texts(row, field)):
            texts[name] = found[0]
    images = platform.fields.get("images")
    return RawListing(
        texts=texts, images=_texts(row, images) if images else [], certain=bool(texts)
    )


def _texts(row: Any, field: Field) -> list[str]:  # noqa: ANN401
    for path in field.select:
        value = look_up(row, path)
        values = value if isinstance(value, list) else [value]
        texts = [cut(without_markup(_as_text(one)), field) for one in values]
        if kept := [text for text in texts if text]:
            return kept
    return []


def _as_text(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)
