"""Listings read from a platform's JSON, by JMESPath."""

from typing import Any

from crawler.styles.page import joined
from crawler.styles.reading import Raw, RawListing
from crawler.styles.selecting import cut
from crawler.styles.structured import without_markup
from data.json_paths import look_up
from data.platform import Field, Platform


def id_of(row: Any, platform: Platform) -> str:  # noqa: ANN401
    """Return the id of a row; where an address stands in its place, the id within that."""
    found = texts_at(row, platform.json.id) if platform.json.id else []
    return (platform.external_id(found[0]) or found[0]) if found else ""


def url_of(row: Any, base: str, platform: Platform) -> str:  # noqa: ANN401
    """Return the address a row gives of its own page, without tracking; empty without one."""
    found = texts_at(row, platform.json.url) if platform.json.url else []
    address = joined(base, found[0]) if found else ""
    return platform.canonical(address) if address else ""


def row_of(document: Any, platform: Platform) -> Any:  # noqa: ANN401
    """Return the row a listing's own JSON holds; None when there is none."""
    path = platform.json.detail_row
    return look_up(document, path) if path else document


def read_row(row: Any, platform: Platform) -> RawListing:  # noqa: ANN401
    """Read one row."""
    texts: Raw = {}
    for name, field in platform.fields.items():
        if name != "images" and (found := texts_at(row, field)):
            texts[name] = found[0]
    images = platform.fields.get("images")
    return RawListing(
        texts=texts, images=texts_at(row, images) if images else [], certain=bool(texts)
    )


def add_second(raw: RawListing, document: Any, platform: Platform) -> None:  # noqa: ANN401
    """Fill what is missing from a second JSON of the same listing."""
    path = platform.json.also_row
    row = look_up(document, path) if path else document
    for name, field in platform.also_fields.items():
        found = texts_at(row, field)
        if name == "images":
            raw.images = raw.images or found
        elif found:
            raw.add_missing({name: found[0]})


def texts_at(row: Any, field: Field) -> list[str]:  # noqa: ANN401
    """Return the texts of a field; of its paths, the first that has any wins."""
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
