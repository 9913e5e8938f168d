"""The sheet that comes back: rows from XLSX, CSV or JSON, in whatever shape it was saved."""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePath
from xml.etree import ElementTree

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from data.answers import ReplyRow, folded, load_headers
from data.exports.sheet import unescaped

MOST_BYTES = 20_000_000
MOST_UNPACKED = 200_000_000
MOST_ROWS = 50_000
HEADER_WITHIN = 20
_UNMATCHABLE = frozenset({"external_id", "url"})

Grid = list[list[str]]


class UnreadableReply(Exception):
    """The file is no answer sheet we can read: the message says what is wrong and what to do."""


@dataclass(frozen=True)
class Replies:
    """What an answer sheet holds, and what in it could not be read."""

    rows: tuple[ReplyRow, ...]
    remarks: tuple[str, ...] = ()


def read_replies(name: str, content: bytes) -> Replies:
    """Read an answer sheet by its name and bytes.

    Raises `UnreadableReply` when the file is too large, of no known kind, or has no header with
    an id or address column and an answer column.
    """
    if len(content) > MOST_BYTES:
        raise UnreadableReply(f"{name} is larger than 20 MB: split it")
    kind = PurePath(name).suffix.lower()
    if content.startswith(b"PK") or kind == ".xlsx":
        return _from_grids(name, _xlsx_grids(name, content))
    if kind == ".json" or content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}:
        return _from_json(name, content)
    return _from_grids(name, [_csv_grid(name, content)])


def _from_grids(name: str, grids: Iterable[Grid]) -> Replies:
    for grid in grids:
        for number, cells in enumerate(grid[:HEADER_WITHIN]):
            columns = _columns(cells)
            if "platform_status" in columns and _UNMATCHABLE & set(columns):
                return _read_rows(grid, number, columns)
    raise UnreadableReply(
        f"{name} has no header line we know: it needs a column 'external_id' or 'url' and a column "
        "'platform_status' (translated names are known too)"
    )


def _columns(cells: Sequence[str]) -> dict[str, int]:
    headers = load_headers()
    columns: dict[str, int] = {}
    for number, cell in enumerate(cells):
        column = headers.get(folded(cell))
        if column is not None:
            columns.setdefault(column, number)
    return columns


def _read_rows(grid: Grid, header: int, columns: dict[str, int]) -> Replies:
    rows = []
    for number, cells in enumerate(grid[header + 1 :], start=header + 2):
        row = _row(number, {name: _cell(cells, at) for name, at in columns.items()})
        if row is not None:
            rows.append(row)
    missing = sorted({"platform_ref", "platform_date", "platform_comment"} - set(columns))
    remarks = [f"The sheet has no column for {name}; it is taken as empty." for name in missing]
    return Replies(tuple(rows), tuple(remarks))


def _cell(cells: Sequence[str], at: int) -> str:
    return unescaped(cells[at].strip()) if at < len(cells) else ""


def _row(line: int, values: dict[str, str]) -> ReplyRow | None:
    values.pop("row_no", None)
    return ReplyRow(line, **values) if any(values.values()) else None


def decoded(name: str, content: bytes) -> str:
    """Return the text of a sheet: UTF-8 with or without mark, UTF-16, else GBK.

    >>> decoded("a.csv", "已删除".encode("gbk")), decoded("a.csv", "ลบแล้ว".encode("utf-16"))
    ('已删除', 'ลบแล้ว')
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        order = ["utf-16"]
    elif b"\x00" in content[:200]:
        little = content[1::2].count(0) > content[::2].count(0)
        order = ["utf-16-le" if little else "utf-16-be"]
    else:
        order = ["utf-8-sig", "gb18030"]
    for encoding in order:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableReply(f"{name} is neither UTF-8, UTF-16 nor GBK: save it as UTF-8 CSV or XLSX")


def _csv_grid(name: str, content: bytes) -> Grid:
    text = decoded(name, content)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t|", key=first.count)
    try:
        grid = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise UnreadableReply(f"{name} is no CSV: {error}") from error
    _check_length(name, len(grid))
    return grid


def _check_length(name: str, rows: int) -> None:
    if rows > MOST_ROWS:
        raise UnreadableReply(f"{name} has more than {MOST_ROWS} rows: split it")


def _xlsx_grids(name: str, content: bytes) -> Iterator[Grid]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        _check_unpacked(name, unpacked)
        book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    except (zipfile.BadZipFile, KeyError, OSError, ValueError, ElementTree.ParseError) as error:
        raise UnreadableReply(f"{name} is no readable XLSX: open and save it again") from error
    for page in book.worksheets:
        _check_length(name, page.max_row)
        yield _page_grid(page)


def _check_unpacked(name: str, unpacked: int) -> None:
    if unpacked > MOST_UNPACKED:
        raise UnreadableReply(f"{name} unpacks to more than 200 MB: save it again, smaller")


def _page_grid(page: Worksheet) -> Grid:
    grid = [[_text(value) for value in row] for row in page.iter_rows(values_only=True)]
    for merged in page.merged_cells.ranges:
        value = grid[merged.min_row - 1][merged.min_col - 1]
        for row in range(merged.min_row - 1, merged.max_row):
            for column in range(merged.min_col - 1, merged.max_col):
                grid[row][column] = value
    return grid


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _from_json(name: str, content: bytes) -> Replies:
    try:
        whole = json.loads(decoded(name, content).lstrip("\ufeff"))
    except (json.JSONDecodeError, RecursionError) as error:
        raise UnreadableReply(f"{name} is no JSON: {error}") from error
    rows = whole.get("rows") if isinstance(whole, dict) else whole
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnreadableReply(f"{name} needs a list of objects, or an object with one in 'rows'")
    names = list(dict.fromkeys(str(key) for row in rows for key in row))
    grid = [names, *([_text(row.get(key)) for key in names] for row in rows)]
    return _from_grids(name, [grid])
