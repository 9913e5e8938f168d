"""Sheets and address lists that a person brings: tolerant of headers, signs and encodings."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crawler.styles.page import decode
from data.import_headers import folded_header, load_import_headers
from data.platform import Platform

_DELIMITERS = ",;\t|"
_ADDRESS = re.compile(r"https?://[^\s<>\"']+")
_SEPARATOR_LINE = re.compile(r"^sep=(.)\s*$", re.IGNORECASE)
_MANY = re.compile(r"[\s|]+|[,;](?=\s*(?:https?:|/))")
MOST_CELL = 1_000_000
MOST_COLUMNS = 500


@dataclass(frozen=True)
class Wrong:
    """What is wrong with one line; the rest of the file is read all the same."""

    line: int
    field: str
    problem: str


@dataclass(frozen=True)
class Line:
    """One listing of a sheet: its texts by our names, and the line as it came."""

    line: int
    texts: Mapping[str, str]
    images: tuple[str, ...] = ()
    source: str = ""


def read_lines(body: bytes, platform: Platform) -> Iterator[Line | Wrong]:
    """Read a sheet, or a list of addresses where no line looks like a header."""
    decoded = decode(body, "", platform.languages)
    if decoded.problem.startswith("broken_encoding"):
        yield Wrong(_first_broken(decoded.text), "", f"{decoded.problem}; save the file as UTF-8")
    text = decoded.text.replace("\r\n", "\n").replace("\r", "\n")
    first = next((line for line in text.split("\n") if line.strip()), "")
    if _ADDRESS.search(first) or not first:
        yield from _addresses(text)
    else:
        yield from _sheet(text, platform)


def _first_broken(text: str) -> int:
    return text.partition("\ufffd")[0].count("\n") + 1


def _addresses(text: str) -> Iterator[Line | Wrong]:
    for number, line in enumerate(text.split("\n"), 1):
        found = _ADDRESS.search(line)
        if found:
            yield Line(number, {"url": found[0].rstrip(".,;)")}, source=line)
        elif line.strip() and not line.lstrip().startswith("#"):
            yield Wrong(number, "url", f"{line.strip()[:80]!r} is no web address")


def _sheet(text: str, platform: Platform) -> Iterator[Line | Wrong]:
    delimiter, text, before = _delimiter(text)
    limit = csv.field_size_limit(MOST_CELL)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        yield from _rows(reader, platform, before)
    except csv.Error as error:
        yield Wrong(reader.line_num + before, "", f"cannot be read on from here: {error}")
    finally:
        csv.field_size_limit(limit)


def _delimiter(text: str) -> tuple[str, str, int]:
    """Return what parts the cells, the text from its header on, and the lines before that."""
    first, _, rest = text.partition("\n")
    if said := _SEPARATOR_LINE.match(first):
        return said[1], rest, 1
    header = text.lstrip("\n").partition("\n")[0]
    counted = {one: header.count(one) for one in _DELIMITERS}
    return max(counted, key=lambda one: counted[one]), text, 0


def _rows(
    reader: Any,  # noqa: ANN401
    platform: Platform,
    before: int,
) -> Iterator[Line | Wrong]:
    header: list[str] = next((row for row in reader if any(cell.strip() for cell in row)), [])
    at = reader.line_num + before
    if len(header) > MOST_COLUMNS:
        yield Wrong(at, "", f"has {len(header)} columns; at most {MOST_COLUMNS} are read")
        return
    columns, wrong = columns_of(header, platform.imported.columns)
    for name, problem in wrong:
        yield Wrong(at, name, problem)
    if not columns:
        return
    above = at
    for cells in reader:
        line, above = above + 1, reader.line_num + before
        if not any(cell.strip() for cell in cells):
            continue
        spare = [cell for cell in cells[len(header) :] if cell.strip()]
        if spare:
            problem = f"has {len(cells)} cells where the header has {len(header)}"
            yield Wrong(line, "", f"{problem}; put a text that holds the delimiter in quotes")
            continue
        yield _line(line, cells, columns, header)


def columns_of(
    header: Sequence[str], own: Mapping[str, str]
) -> tuple[dict[int, str], list[tuple[str, str]]]:
    """Say which column holds which field, and which headers mean nothing.

    >>> columns_of(["Tiêu đề", "GIÁ", "note"], {})
    ({0: 'title', 1: 'price'}, [('note', 'no known column; left out')])
    """
    known = {
        **load_import_headers(),
        **{folded_header(name): field for name, field in own.items()},
    }
    columns: dict[int, str] = {}
    wrong: list[tuple[str, str]] = []
    for number, name in enumerate(header):
        field = known.get(folded_header(name), "")
        if field and field in columns.values():
            wrong.append((name, f"a second column for `{field}`; left out"))
        elif field:
            columns[number] = field
        elif name.strip():
            wrong.append((name, "no known column; left out"))
    if not {"url", "id", "title", "description"} & set(columns.values()):
        names = "url, id, title or description"
        return {}, [("", f"the first line names no column that is known; name one {names}")]
    return columns, wrong


def _line(
    number: int, cells: Sequence[str], columns: Mapping[int, str], header: Sequence[str]
) -> Line:
    texts = {name: cells[at].strip() for at, name in columns.items() if at < len(cells)}
    images = [one for one in _MANY.split(texts.pop("images", "")) if one]
    out = io.StringIO()
    csv.writer(out).writerows([header, cells])
    return Line(number, texts, tuple(images), out.getvalue())
