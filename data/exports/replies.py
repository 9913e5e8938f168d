"""The sheet that comes back: rows from XLSX, CSV or JSON, in whatever shape it was saved."""

import csv
import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePath
from typing import Any
from xml.etree import ElementTree

import openpyxl
from openpyxl.utils.cell import range_boundaries

from data.answers import ReplyRow, folded, load_headers
from data.exports.sheet import unescaped

MOST_BYTES = 20_000_000
MOST_UNPACKED = 200_000_000
MOST_ROWS = 50_000
MOST_COLUMNS = 200
MOST_MERGED = 1_000_000
HEADER_WITHIN = 20
UNREADABLE = (
    ElementTree.ParseError,
    LookupError,
    OSError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
_UNMATCHABLE = frozenset({"external_id", "url"})

Grid = list[list[str]]
Box = tuple[int, int, int, int]


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


def _xlsx_grids(name: str, content: bytes) -> list[Grid]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        _check_unpacked(name, unpacked)
        # Read as a stream: a small file may claim billions of cells, or merge them.
        book = openpyxl.load_workbook(io.BytesIO(content), data_only=True, read_only=True)
        with closing(book):
            return [_page_grid(name, page) for page in book.worksheets]
    except UNREADABLE as error:
        raise UnreadableReply(f"{name} is no readable XLSX: open and save it again") from error


def _check_unpacked(name: str, unpacked: int) -> None:
    if unpacked > MOST_UNPACKED:
        raise UnreadableReply(f"{name} unpacks to more than 200 MB: save it again, smaller")


def _page_grid(name: str, page: Any) -> Grid:  # noqa: ANN401
    page.reset_dimensions()
    grid: Grid = []
    for row in page.iter_rows(max_col=MOST_COLUMNS, values_only=True):
        grid.append([_text(value) for value in row])
        _check_length(name, len(grid))
    _fill_merged(name, grid, _merged(page))
    return grid


def _fill_merged(name: str, grid: Grid, merged: Iterable[Box]) -> None:
    filled = 0
    for left, top, right, bottom in merged:
        rows = grid[top - 1 : bottom]
        width = min(right, MOST_COLUMNS) - left + 1
        filled += max(width, 0) * len(rows)
        if filled > MOST_MERGED:
            raise UnreadableReply(f"{name} merges too many cells: unmerge them and save it again")
        if width > 0:
            for row in rows:
                row[left - 1 : left - 1 + width] = [rows[0][left - 1]] * width


def _merged(page: Any) -> Iterator[Box]:  # noqa: ANN401
    """Return the merged ranges, which openpyxl leaves out when it reads a stream."""
    with page._get_source() as source:  # noqa: SLF001
        # Expat bounds how far entities may grow; nothing outside the file is read.
        for _, element in ElementTree.iterparse(source):  # noqa: S314
            if element.tag.endswith("}mergeCell"):
                left, top, right, bottom = range_boundaries(element.get("ref", ""))
                yield left or 1, top or 1, right or MOST_COLUMNS, bottom or MOST_ROWS
            element.clear()


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
