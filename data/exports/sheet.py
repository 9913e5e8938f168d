"""A frozen batch as XLSX, CSV and JSON: the same bytes for the same batch, nothing a formula."""

import csv
import io
import json
import re
from datetime import datetime

import xlsxwriter

from data.exports.columns import REPLY_COLUMNS, SCHEMA, Sheet

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Where the list separator is a semicolon, spreadsheets cut our lines at it, quoted or not.
_INNER_START = re.compile(r"([;\t\r\n] *)(?=[=+\-@＝＋－＠])")
_INNER_ESCAPED = re.compile(r"([;\t\r\n] *)'(?=[=+\-@＝＋－＠])")
LONGEST_CELL = 32_767
_WIDTHS = {"url": 42, "title": 42, "law_ref": 36, "evidence_sha256": 24, "platform_comment": 30}


def escaped(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula.

    >>> escaped("=1+1"), escaped("plain"), escaped("tooth;=1+1")
    ("'=1+1", 'plain', "tooth;'=1+1")
    """
    inside = _INNER_START.sub(r"\1'", cell)
    return f"'{inside}" if cell.startswith(FORMULA_STARTS) else inside


def unescaped(cell: str) -> str:
    """Return a cell as it was before `escaped`.

    >>> unescaped(escaped("@shop")), unescaped("'tis")
    ('@shop', "'tis")
    """
    whole = cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS) else cell
    return _INNER_ESCAPED.sub(r"\1", whole)


def as_csv(sheet: Sheet) -> bytes:
    """Write CSV that spreadsheets open in the right encoding."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(sheet.columns)
    writer.writerows([escaped(cell) for cell in sheet.cells(row)] for row in sheet.rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def as_json(sheet: Sheet) -> bytes:
    """Write JSON that loses nothing: cells are not escaped and not cut."""
    whole = {
        "schema": SCHEMA,
        "demo": sheet.demo,
        "batch_no": sheet.batch_no,
        "frozen_utc": sheet.frozen_utc,
        "audit_head": sheet.audit_head,
        "count": len(sheet.rows),
        "columns": list(sheet.columns),
        "rows": [dict(zip(sheet.columns, sheet.cells(row), strict=True)) for row in sheet.rows],
    }
    return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()


def as_xlsx(sheet: Sheet, created: datetime) -> bytes:
    """Write a workbook: the rows on one sheet, what they are on another.

    The creation time comes in, so that the same batch gives the same bytes.
    """
    file = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"title": sheet.batch_no, "created": created.replace(tzinfo=None)})
        head = book.add_format({"bold": True, "bg_color": "#e7e7df", "bottom": 1})
        reply = book.add_format({"bold": True, "bg_color": "#fff2cc", "bottom": 1})
        wrap = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        _write_rows(book, sheet, head, reply, wrap)
        _write_about(book, sheet, head, wrap)
    return file.getvalue()


def _write_rows(
    book: xlsxwriter.Workbook, sheet: Sheet, head: object, reply: object, wrap: object
) -> None:
    page = book.add_worksheet("DEMO listings" if sheet.demo else "Listings")
    for number, name in enumerate(sheet.columns):
        page.write_string(0, number, name, reply if name in REPLY_COLUMNS else head)
        page.set_column(number, number, _WIDTHS.get(name, 16), wrap)
    for line, row in enumerate(sheet.rows, start=1):
        for number, cell in enumerate(sheet.cells(row)):
            page.write_string(line, number, cell[:LONGEST_CELL], wrap)
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, len(sheet.rows), len(sheet.columns) - 1)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.set_header(f"&L{sheet.batch_no}&R{'DEMO' if sheet.demo else ''}")


def _write_about(book: xlsxwriter.Workbook, sheet: Sheet, head: object, wrap: object) -> None:
    page = book.add_worksheet("About")
    page.set_column(0, 0, 24)
    page.set_column(1, 1, 90)
    lines = [
        ("Batch", sheet.batch_no),
        ("Listings", str(len(sheet.rows))),
        ("Frozen (UTC)", sheet.frozen_utc),
        ("Audit chain head", sheet.audit_head),
        ("How to answer", "Fill the four yellow columns and send this file back."),
        ("Columns", f"schema {SCHEMA}: {', '.join(sheet.columns)}"),
    ]
    if sheet.demo:
        lines.insert(0, ("DEMO", "Invented listings. This is not a real request."))
    for line, (name, text) in enumerate(lines):
        page.write_string(line, 0, name, head)
        page.write_string(line, 1, text, wrap)
