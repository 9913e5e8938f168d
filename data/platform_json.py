"""The table `[json]` of a platform's file, checked: for `json_api` and `embedded`."""

import dataclasses

from data.platform import JsonApi, Style
from data.platform_file import Table
from data.platform_places import check_path, check_selectors, maybe_field, with_id

_JSON = {one.name for one in dataclasses.fields(JsonApi)}
_METHODS = ("GET", "POST")


def json_of(table: Table, style: Style) -> JsonApi:
    """Read `[json]`."""
    table.only(_JSON)
    _check_paths(table)
    check_selectors(table, "script", Style.SELECTORS)
    if style is Style.JSON_API:
        _need(table, "rows", "id")
    elif "rows" in table.values:
        _need(table, "id")
    return JsonApi(
        rows=table.text("rows", ""),
        id=maybe_field(table, "id", Style.JSON_API),
        url=maybe_field(table, "url", Style.JSON_API),
        method=_method(table, "method"),
        body=table.text("body", ""),
        detail=_detail(table),
        detail_method=_method(table, "detail_method"),
        detail_body=table.text("detail_body", ""),
        detail_row=table.text("detail_row", ""),
        also=with_id(table, "also"),
        also_row=table.text("also_row", ""),
        whole_rows=_whole_rows(table, style),
        refusal=maybe_field(table, "refusal", Style.JSON_API),
        script=table.texts("script") or JsonApi.script,
        after=table.text("after", ""),
    )


def _check_paths(table: Table) -> None:
    for key in ("rows", "detail_row", "also_row"):
        if path := table.text(key, ""):
            check_path(table, key, path)


def _need(table: Table, *keys: str) -> None:
    for key in keys:
        if not table.values.get(key):
            raise table.error(key, f'is missing; add `{key} = "…"`, a path into the JSON')


def _method(table: Table, key: str) -> str:
    method = table.text(key, "GET")
    if method not in _METHODS:
        raise table.error(key, "must be GET or POST")
    return method


def _detail(table: Table) -> str:
    """Read where one listing's JSON is; a POST may name the listing in its body instead."""
    if "{id}" in table.text("detail_body", ""):
        return table.text("detail")
    return with_id(table, "detail")


def _whole_rows(table: Table, style: Style) -> bool:
    default = style is Style.JSON_API and not table.text("detail", "")
    whole = table.yes("whole_rows", default=default)
    if whole and not table.text("rows", ""):
        raise table.error("rows", "is missing; whole_rows needs to know where rows stand")
    return whole
