"""Reads the tables that people edit; a mistake in one is told with file, line and field."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
Row = dict[str, str]


class BadReference(ValueError):
    """A row of a reference file is wrong: correct the named field in the named line."""

    def __init__(self, path: Path, line: int, field: str, problem: str) -> None:
        super().__init__(f"{path}, line {line}, field {field}: {problem}")
        self.path = path
        self.line = line
        self.field = field


def read_table(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, Row]]:
    """Yield line number and row of a CSV file that has at least the given columns."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        names = next(reader, [])
        missing = [name for name in columns if name not in names]
        if missing:
            raise BadReference(path, 1, missing[0], "add this column to the first line")
        for cells in filter(None, reader):
            if len(cells) != len(names):
                problem = "has more or fewer cells than the first line"
                raise BadReference(path, reader.line_num, "(row)", problem)
            yield reader.line_num, dict(zip(names, map(str.strip, cells), strict=True))


class Cells:
    """One row of a table, read field by field, so that a complaint can say where."""

    def __init__(self, path: Path, line: int, row: Row) -> None:
        self._path = path
        self._line = line
        self._row = row

    def text(self, field: str) -> str:
        """Give a cell that may be empty."""
        return self._row[field]

    def filled(self, field: str) -> str:
        """Give a cell that must not be empty."""
        if not self._row[field]:
            raise self.bad(field, "must not be empty")
        return self._row[field]

    def read(self, field: str, reader: Callable[[str], T], wanted: str) -> T:
        """Give a cell turned by `reader`, whose ValueError means that the cell is wrong."""
        try:
            return reader(self._row[field])
        except ValueError as error:
            raise self.bad(field, f"{self._row[field]!r} is not {wanted}") from error

    def bad(self, field: str, problem: str) -> BadReference:
        """Make the complaint about one field of this row."""
        return BadReference(self._path, self._line, field, problem)
