"""Sheets: the same bytes each time, nothing a formula, and what comes back is read again."""

import csv
import io
import json
import zipfile
from datetime import UTC, datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from data.answers import load_headers, load_words
from data.exports.columns import Sheet
from data.exports.replies import MOST_BYTES, UnreadableReply, read_replies
from data.exports.sheet import FORMULA_STARTS, as_csv, as_json, as_xlsx, escaped, unescaped

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
NASTY = [
    "=HYPERLINK(1)",
    "+1",
    "-1",
    "@x",
    "\tx",
    "\rx",
    "\n=1",
    "a;=1",
    "a; ＝1",
    "a\n=1",
    "＝1",
    'a"b,c\nd',
    "虎牙 ကြယ်လိပ် 🐯",
]


def sheet(*titles, demo=False):
    rows = [
        {"batch_no": "P-2026-0001", "row_no": str(n), "external_id": f"x{n}", "title": title}
        for n, title in enumerate(titles, start=1)
    ]
    return Sheet("P-2026-0001", "2026-11-01T12:00:00Z", "0" * 64, demo, rows)


def test_the_same_batch_gives_the_same_bytes():
    one = sheet(*NASTY)
    assert as_xlsx(one, AT) == as_xlsx(one, AT)
    assert (as_csv(one), as_json(one)) == (as_csv(one), as_json(one))
    assert as_xlsx(one, AT) != as_xlsx(sheet("other"), AT)


def test_no_cell_of_the_csv_starts_like_a_formula():
    rows = list(csv.DictReader(io.StringIO(as_csv(sheet(*NASTY)).decode("utf-8-sig"))))
    assert not any(row["title"].startswith(FORMULA_STARTS) for row in rows)
    assert [unescaped(row["title"]) for row in rows] == NASTY


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_piece_of_the_csv_starts_like_a_formula_wherever_a_locale_cuts_it(separator):
    text = as_csv(sheet(*NASTY, "tooth;=HYPERLINK(1)", "tooth\t =1")).decode("utf-8-sig")
    pieces = [piece.strip(' "') for line in text.splitlines() for piece in line.split(separator)]
    assert not any(piece.startswith(tuple("=+-@＝＋－＠")) for piece in pieces)


def test_no_cell_of_the_workbook_is_a_formula():
    content = as_xlsx(sheet(*NASTY), AT)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        pages = [archive.read(name) for name in archive.namelist() if "worksheets/" in name]
    assert pages
    assert not any(b"<f>" in page or b"<f " in page for page in pages)
    page = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    column = sheet().columns.index("title") + 1
    assert page.cell(2, column).value == "=HYPERLINK(1)"
    assert page.cell(2, column).data_type == "s"


def test_json_loses_nothing():
    whole = json.loads(as_json(sheet(*NASTY)))
    assert [row["title"] for row in whole["rows"]] == NASTY
    assert whole["count"] == len(NASTY)


def test_a_cell_longer_than_a_sheet_allows_is_cut_there_and_whole_in_json():
    long = "x" * 40_000
    page = openpyxl.load_workbook(io.BytesIO(as_xlsx(sheet(long), AT))).worksheets[0]
    assert len(str(page.cell(2, sheet().columns.index("title") + 1).value)) == 32_767
    assert json.loads(as_json(sheet(long)))["rows"][0]["title"] == long


@given(st.text(max_size=20))
def test_escaping_can_be_undone(cell):
    assert not escaped(cell).startswith(FORMULA_STARTS)
    if "'" not in cell:
        assert unescaped(escaped(cell)) == cell


# --- the sheet that comes back -------------------------------------------------------------------

CSV_TEXT = "链接,商品编号,处理结果,处理日期,备注\nhttps://a.example/1,x1,已删除,2026-11-02,好\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le"]
)
def test_a_csv_is_read_in_whatever_encoding_it_was_saved(encoding):
    (row,) = read_replies("back.csv", CSV_TEXT.encode(encoding)).rows
    assert (row.external_id, row.platform_status, row.platform_comment) == ("x1", "已删除", "好")
    assert row.line == 2


def test_columns_may_be_reordered_and_separated_by_semicolons():
    text = "Remarks;Kết quả xử lý;Mã tin\nok;đã gỡ bỏ;x1\n"
    (row,) = read_replies("back.csv", text.encode()).rows
    assert (row.external_id, row.platform_status) == ("x1", "đã gỡ bỏ")


def test_our_own_files_come_back_in_all_three_kinds():
    one = sheet("=1+1", "plain")
    filled = [{**row, "platform_status": "removed"} for row in one.rows]
    back = Sheet(one.batch_no, one.frozen_utc, one.audit_head, demo=True, rows=filled)
    for name, content in (
        ("a.csv", as_csv(back)),
        ("a.json", as_json(back)),
        ("a.xlsx", as_xlsx(back, AT)),
    ):
        rows = read_replies(name, content).rows
        assert [row.external_id for row in rows] == ["x1", "x2"], name
        assert {row.platform_status for row in rows} == {"removed"}, name


def test_a_workbook_with_merged_cells_numbers_and_dates():
    book = openpyxl.Workbook()
    page = book.active
    assert isinstance(page, Worksheet)
    page.append(["Answer of the platform"])
    page.append(["Item ID", "Result", "Date"])
    page.append([4711, "removed", datetime(2026, 11, 3)])  # noqa: DTZ001  (as Excel keeps it)
    page.append([4712, None, None])
    page.merge_cells("B3:B4")
    file = io.BytesIO()
    book.save(file)
    first, second = read_replies("back.xlsx", file.getvalue()).rows
    assert (first.external_id, first.platform_date) == ("4711", "2026-11-03")
    assert (second.external_id, second.platform_status) == ("4712", "removed")


def workbook(sheet_xml: str) -> bytes:
    """A workbook whose only page says this of itself."""
    made = openpyxl.Workbook()
    page = made.active
    assert isinstance(page, Worksheet)
    page.append(["external_id", "platform_status"])
    page.append(["x1", "removed"])
    plain, changed = io.BytesIO(), io.BytesIO()
    made.save(plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            content = old.read(name).decode()
            if "sheet1.xml" in name and "worksheets/" in name:
                content = content.replace("</sheetData>", sheet_xml)
            new.writestr(name, content)
    return changed.getvalue()


def test_a_small_workbook_that_merges_billions_of_cells_is_read_or_refused():
    merge = '</sheetData><mergeCells count="{n}">{all}</mergeCells>'
    one = '<mergeCell ref="A2:XFD1048576"/>'
    (row,) = read_replies("a.xlsx", workbook(merge.format(n=1, all=one))).rows
    assert row.external_id == "x1"
    with pytest.raises(UnreadableReply, match="merges too many"):
        read_replies("a.xlsx", workbook(merge.format(n=6000, all=one * 6000)))


def test_a_small_workbook_with_a_cell_far_away_is_read_or_refused():
    cell = '<row r="{row}"><c r="XFD{row}" t="n"><v>1</v></c></row></sheetData>'
    (row,) = read_replies("a.xlsx", workbook(cell.format(row=3))).rows
    assert row.external_id == "x1"
    with pytest.raises(UnreadableReply, match="more than 50000 rows"):
        read_replies("a.xlsx", workbook(cell.format(row=1048576)))


def test_missing_answer_columns_are_remarked():
    replies = read_replies("a.csv", b"url,status\nhttps://a.example,removed\n")
    assert "platform_date" in " ".join(replies.remarks)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"name,age\nx,1\n", "no header line we know"),
        ("a.csv", b"", "no header line we know"),
        ("a.csv", b"\x81\xff\xff\xfe\x00", "is neither|no header"),
        ("a.xlsx", b"PK\x03\x04 not a zip", "no readable XLSX"),
        ("a.json", b"{nothing", "is no JSON"),
        ("a.json", b'{"rows": 7}', "needs a list"),
        ("a.csv", b"x" * (MOST_BYTES + 1), "larger than 20 MB"),
    ],
)
def test_what_is_no_answer_sheet_says_what_to_do(name, content, message):
    with pytest.raises(UnreadableReply, match=message):
        read_replies(name, content)


def test_the_tables_of_words_are_sound():
    assert len(load_words()) > 80
    assert {"external_id", "url", "platform_status"} <= set(load_headers().values())
