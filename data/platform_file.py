"""Reading a platform's TOML file so that every mistake names its file, line and field.

`tomllib` forgets where a key stood, so the lines are looked up in the text.
"""

import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeVar

Place = tuple[str, ...]
T = TypeVar("T")

_HEADER = re.compile(r"^\s*(\[\[?)\s*([\w.\-\"]+)\s*\]\]?")
_KEY = re.compile(r"^\s*([\w\-]+|\"[^\"]+\")\s*(\.|=)")
_LONG_TEXT = re.compile(r'"""|\'\'\'')
_LINE_IN_MESSAGE = re.compile(r"at line (\d+)")


class PlatformError(Exception):
    """A platform file cannot be used: correct the line that the message names."""

    def __init__(self, file: str, line: int, field: str, problem: str) -> None:
        where = f"{file}:{line}: {field}" if field else f"{file}:{line}"
        super().__init__(f"{where}: {problem}")
        self.file, self.line, self.field, self.problem = file, line, field, problem


def find_lines(text: str) -> dict[Place, int]:
    r"""Say on which line each table and key of a TOML text stands, counting from 1.

    >>> lines = find_lines('id = "a"\n[lists]\nstart = []\n[[removal]]\nstatus = [404]')
    >>> lines[("removal", "0", "status")]
    5
    """
    places: dict[Place, int] = {}
    table: Place = ()
    inside_text = False
    for number, line in enumerate(text.splitlines(), 1):
        if inside_text:
            inside_text = not _LONG_TEXT.search(line)
            continue
        if header := _HEADER.match(line):
            table = _table_place(header, places)
            places.setdefault(table, number)
        elif key := _KEY.match(line):
            places.setdefault((*table, key[1].strip('"')), number)
        inside_text = len(_LONG_TEXT.findall(line)) % 2 == 1
    return places


def _table_place(header: re.Match[str], places: dict[Place, int]) -> Place:
    table = tuple(part.strip('"') for part in header[2].split("."))
    if header[1] == "[":
        return table
    count = sum(1 for place in places if place[:-1] == table and place[-1].isdigit())
    return (*table, str(count))


@dataclass(frozen=True)
class Table:
    """One table of a file, with getters that complain about the right line."""

    file: str
    lines: dict[Place, int]
    place: Place
    values: dict[str, Any]

    def error(self, key: str, problem: str) -> PlatformError:
        """Make the error for a key of this table; raise what this returns."""
        own = self.lines.get(self.place, 1)
        return PlatformError(
            self.file,
            self.lines.get((*self.place, key), own),
            ".".join((*self.place, key)),
            problem,
        )

    def only(self, known: Collection[str]) -> None:
        """Refuse keys that mean nothing, since a misspelt key would silently do nothing."""
        for key in self.values:
            if key not in known:
                raise self.error(key, f"unknown key; known here: {', '.join(sorted(known))}")

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text."""
        return self._typed(key, str, "a text in quotes", default)

    def whole(self, key: str, default: int, *, least: int = 0) -> int:
        """Return a whole number of at least `least`."""
        value = self._typed(key, int, "a whole number", default)
        if isinstance(value, bool) or value < least:
            raise self.error(key, f"must be a whole number of at least {least}")
        return value

    def number(self, key: str, default: float) -> float:
        """Return a number that is not negative."""
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise self.error(key, "must be a number that is not negative")
        return float(value)

    def yes(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        return self._typed(key, bool, "true or false", default)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; a single text is a list of one."""
        value = self.values.get(key, [])
        value = [value] if isinstance(value, str) else value
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self.error(key, "must be a text or a list of texts")
        return tuple(value)

    def numbers(self, key: str) -> frozenset[int]:
        """Return a set of whole numbers; a single number is a set of one."""
        value = self.values.get(key, [])
        value = [value] if isinstance(value, int) else value
        if not isinstance(value, list) or not all(type(one) is int for one in value):
            raise self.error(key, "must be a whole number or a list of whole numbers")
        return frozenset(value)

    def table(self, key: str) -> "Table":
        """Return a table within this one; empty when the file has none."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.error(key, f"must be a table: write [{'.'.join((*self.place, key))}]")
        return Table(self.file, self.lines, (*self.place, key), value)

    def tables(self, key: str) -> "list[Table]":
        """Return the tables of a [[list of tables]] in order."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise self.error(key, f"must be a list of tables: write [[{key}]] above each")
        return [
            Table(self.file, self.lines, (*self.place, key, str(number)), one)
            for number, one in enumerate(value)
        ]

    def _typed(self, key: str, kind: type[T], name: str, default: T | None) -> T:
        value = self.values.get(key, default)
        if value is None:
            raise self.error(key, f"is missing; add `{key} = …` ({name})")
        if not isinstance(value, kind):
            raise self.error(key, f"must be {name}, not {value!r}")
        return value


def read_table(text: str, file: str) -> Table:
    """Parse a TOML text; a syntax error becomes a `PlatformError` with its line."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _LINE_IN_MESSAGE.search(str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        raise PlatformError(file, line, "", f"not valid TOML: {error}") from error
    return Table(file, find_lines(text), (), values)
