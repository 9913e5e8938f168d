"""JSON in pages or answers: where its rows stand, and what their keys seem to mean."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Found = dict[str, str]
MOST_DEPTH = 8
LEAST_ROWS = 2
_PLAIN = re.compile(r"[A-Za-z_]\w*\Z")
_IDS = ("list_id", "id", "ad_id", "item_id", "itemId", "product_id", "productId", "sku", "slug")
_KEYS: dict[str, tuple[str, ...]] = {
    "title": ("title", "subject", "name", "headline", "title.rendered"),
    "description": (
        "description",
        "body",
        "content",
        "content.rendered",
        "desc",
        "text",
        "summary",
    ),
    "category": ("category_name", "categoryName", "category.name", "category"),
    "price": ("price_string", "priceText", "price_text", "displayPrice", "formatted_price"),
    "amount": ("price", "price.amount", "price.value", "amount"),
    "currency": ("currency", "priceCurrency", "price.currency"),
    "place": ("location.name", "location", "city", "region_name", "area_name", "address"),
    "posted": (
        "list_time",
        "published_at",
        "publishedAt",
        "created_at",
        "createdAt",
        "date_gmt",
        "date",
        "posted",
        "updated_at",
    ),
    "seller_id": ("seller.id", "account_id", "member.id", "user.id", "owner.id", "seller_id"),
    "seller_name": (
        "seller.name",
        "account_name",
        "member.name",
        "user.name",
        "owner.name",
        "shop",
    ),
    "images": ("images[].url", "images[].src", "images", "image.url", "image", "thumbnail"),
}
_WORTH = ("description", "price", "amount", "images", "posted")


@dataclass(frozen=True)
class Rows:
    """Where the rows of a list stand in its JSON, their id, and where their fields are."""

    path: str
    id: str
    fields: Found
    count: int


def quoted(key: str) -> str:
    """Return a key as JMESPath writes it.

    >>> quoted("price"), quoted("@id")
    ('price', '"@id"')
    """
    return key if _PLAIN.match(key) else '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'


def rows_in(document: Any) -> Rows | None:  # noqa: ANN401
    """Return the largest list of rows that have an id and a title; None without one."""
    best: Rows | None = None
    for path, value in _walk(document, "", 0):
        rows = _as_rows(path, value)
        if rows and (
            best is None or (len(rows.fields), rows.count) > (len(best.fields), best.count)
        ):
            best = rows
    return best


def _as_rows(path: str, value: Any) -> Rows | None:  # noqa: ANN401
    if not isinstance(value, list) or len(value) < LEAST_ROWS:
        return None
    if not all(isinstance(one, dict) for one in value):
        return None
    inner = "attributes." if all(isinstance(one.get("attributes"), dict) for one in value) else ""
    found = fields_of(value[0].get("attributes", {}) if inner else value[0])
    own_id = id_of(value, inner)
    if not own_id or "title" not in found:
        return None
    return Rows(
        path or "[]", own_id, {name: inner + key for name, key in found.items()}, len(value)
    )


def id_of(rows: list[dict[str, Any]], inner: str = "") -> str:
    """Return the key whose values tell rows apart; empty without one."""
    parts = [one.get("attributes", {}) if inner else one for one in rows]
    for key in _IDS:
        values = [one.get(key) for one in parts]
        plain = all(isinstance(value, str | int) and value != "" for value in values)
        if plain and len(set(map(str, values))) == len(values):
            return inner + key
    return id_of(rows) if inner else ""


def listing_in(document: Any, external_id: str) -> tuple[str, Found] | None:  # noqa: ANN401
    """Return where one listing stands in a page's JSON, and its fields; None where none does."""
    best: tuple[tuple[bool, int, int], str, Found] | None = None
    for path, value in _walk(document, "", 0):
        if not isinstance(value, dict):
            continue
        found = fields_of(value)
        worth = sum(name in found for name in _WORTH)
        if "title" not in found or not worth:
            continue
        is_it = any(str(value.get(key, "")) == external_id for key in _IDS)
        rank = (is_it, worth, -path.count("."))
        if best is None or rank > best[0]:
            best = (rank, path, found)
    return (best[1], best[2]) if best else None


def fields_of(row: dict[str, Any]) -> Found:
    """Return which of our fields a row seems to hold, and under which key."""
    found: Found = {}
    for name, keys in _KEYS.items():
        for key in keys:
            if _fits(name, _at(row, key)):
                found[name] = key
                break
    return found


def _at(row: Any, key: str) -> Any:  # noqa: ANN401
    for part in key.split("."):
        many = part.endswith("[]")
        row = row.get(part.removesuffix("[]")) if isinstance(row, dict) else None
        if many:
            row = row[0] if isinstance(row, list) and row else None
    return row


def _fits(name: str, value: Any) -> bool:  # noqa: ANN401
    if isinstance(value, list):
        return name == "images" and bool(value) and isinstance(value[0], str)
    if isinstance(value, bool) or value in {None, ""}:
        return False
    if name in {"title", "description", "seller_name"}:
        return isinstance(value, str)
    return isinstance(value, str | int | float)


def _walk(value: Any, path: str, depth: int) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    """Yield what is nested in decoded JSON with its path; lists are not entered."""
    yield path, value
    if isinstance(value, dict) and depth < MOST_DEPTH:
        for key, inner in value.items():
            yield from _walk(inner, f"{path}.{quoted(key)}" if path else quoted(key), depth + 1)
