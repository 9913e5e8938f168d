"""Where things stand on a page: CSS, XPath and JSON paths, checked as the file is read."""

import re
from collections.abc import Mapping

from cssselect import SelectorError
from parsel import Selector

from data.json_paths import JsonPathError, compile_path
from data.platform import FIELDS, Field, Style
from data.platform_file import Table

_XPATH = re.compile(r"^(/|\./|\()")
_PATHS = frozenset({Style.JSON_API, Style.EMBEDDED})


def is_xpath(selector: str) -> bool:
    """Tell XPath from CSS: XPath starts with a slash, ./ or a bracket."""
    return bool(_XPATH.match(selector))


def fields_of(table: Table, key: str, style: Style) -> Mapping[str, Field]:
    """Read a table of fields: selectors, or JSON paths where the style reads JSON."""
    own = table.table(key)
    own.only(FIELDS)
    fields = {name: field_of(own, name, style) for name in own.values}
    if key == "fields" and style is not Style.STRUCTURED and "title" not in fields:
        raise own.error("title", f"is missing; style '{style}' needs to know where titles stand")
    return fields


def field_of(table: Table, name: str, style: Style) -> Field:
    """Read one place: a text, a list of texts, or a table of `select` and `pattern`."""
    if not isinstance(table.values[name], dict):
        check_selectors(table, name, style)
        return Field(table.texts(name))
    own = table.table(name)
    own.only({"select", "pattern"})
    check_selectors(own, "select", style)
    pattern = own.text("pattern", "")
    return Field(own.texts("select"), pattern_of(own, "pattern", pattern) if pattern else None)


def maybe_field(table: Table, name: str, style: Style) -> Field | None:
    """Read one place that may be left out."""
    return field_of(table, name, style) if name in table.values else None


def pattern_of(table: Table, key: str, text: str) -> re.Pattern[str]:
    """Read a regular expression."""
    try:
        return re.compile(text)
    except re.error as error:
        raise table.error(key, f"not a regular expression: {error}") from error


def maybe_pattern(table: Table, key: str) -> re.Pattern[str] | None:
    """Read a regular expression that may be left out."""
    text = table.text(key, "")
    return pattern_of(table, key, text) if text else None


def with_id(table: Table, key: str) -> str:
    """Read an address that must say where the listing's id goes; empty when left out."""
    address = table.text(key, "")
    if address and "{id}" not in address:
        raise table.error(key, "must contain {id} where the listing's id goes")
    return address


def check_selectors(table: Table, key: str, style: Style) -> None:
    """Refuse what is no selector, or no JSON path where the style reads JSON."""
    for selector in table.texts(key):
        if style in _PATHS:
            check_path(table, key, selector)
        else:
            _check_selector(table, key, selector)


def _check_selector(table: Table, key: str, selector: str) -> None:
    page = Selector(text="<p></p>")
    try:
        page.xpath(selector) if is_xpath(selector) else page.css(selector)
    except (SelectorError, ValueError) as error:
        raise table.error(key, f"'{selector}' is no CSS or XPath: {error}") from error


def check_path(table: Table, key: str, path: str) -> None:
    """Refuse what is no JSON path."""
    try:
        compile_path(path)
    except JsonPathError as error:
        raise table.error(key, f"'{path}' is no JMESPath: {error}") from error
