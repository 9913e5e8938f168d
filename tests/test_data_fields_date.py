from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from data.fields.date import parse_date
from data.tables import read_table

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)  # a Sunday
ROWS = [
    row
    for _, row in read_table(
        Path(__file__).parent / "fields/dates.csv",
        ("text", "languages", "timezone", "back", "local"),
    )
]
LENGTHS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
DIGITS = {"th": 0xE50, "lo": 0xED0, "km": 0x17E0, "my": 0x1040, "full-width": 0xFF10}
SCRAP = (
    "2 20 11 2026 2569 115 / - . : 14:30 tháng năm ngày giờ trước 月 日 年 前 昨天 下午 三 半 "
    "พ.ย. วัน ที่แล้ว เมื่อวาน ម៉ោង មុន ខែ ມື້ ກ່ອນ ພະຈິກ ရက် က လွန်ခဲ့သော နှစ် "
    "hari lalu hours ago Nov Monday in WIB"
)


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("3 giờ trước", timedelta(hours=3)),
        ("2 ngày trước", timedelta(days=2)),
        ("5分钟前", timedelta(minutes=5)),
        ("3 小時前", timedelta(hours=3)),
        ("2个月前", timedelta(days=60)),
        ("半小时前", timedelta(minutes=30)),
        ("๕ นาทีที่แล้ว", timedelta(minutes=5)),
        ("2 ชั่วโมงที่ผ่านมา", timedelta(hours=2)),
        ("៣ ម៉ោងមុន", timedelta(hours=3)),
        ("2 ມື້ກ່ອນ", timedelta(days=2)),
        ("လွန်ခဲ့သော ၂ ရက်က", timedelta(days=2)),
        ("2 jam yang lalu", timedelta(hours=2)),
        ("3 hari lepas", timedelta(days=3)),
        ("5 menit lalu", timedelta(minutes=5)),
        ("an hour ago", timedelta(hours=1)),
        ("vừa xong", timedelta(0)),
        ("昨天", timedelta(days=1)),
        ("hôm qua", timedelta(days=1)),
        ("เมื่อวานนี้", timedelta(days=1)),
        ("kemarin", timedelta(days=1)),
    ],
)
def test_relative_times(text, back):
    assert parse_date(text, NOW) == NOW - back


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-20", "2026-11-20T00:00:00+00:00"),
        ("2026-11-20T08:30:00+07:00", "2026-11-20T01:30:00+00:00"),
        ("1795219200", "2026-11-21T00:00:00+00:00"),
        ("1795219200000", "2026-11-21T00:00:00+00:00"),
        ("Fri, 20 Nov 2026 10:00:00 +0000", "2026-11-20T10:00:00+00:00"),
        ("20/11/2026 14:05", "2026-11-20T14:05:00+00:00"),
        ("20 tháng 11, 2026", "2026-11-20T00:00:00+00:00"),
        ("2026年11月20日", "2026-11-20T00:00:00+00:00"),
        ("20 พ.ย. 2569", "2026-11-20T00:00:00+00:00"),
        ("20 พ.ย. 69", "2026-11-20T00:00:00+00:00"),
        ("๒๐ พฤศจิกายน ๒๕๖๙", "2026-11-20T00:00:00+00:00"),
        ("20 November 2026", "2026-11-20T00:00:00+00:00"),
        ("Nov 20, 2026", "2026-11-20T00:00:00+00:00"),
        ("20 Ogos 2026", "2026-08-20T00:00:00+00:00"),
        ("20 Agustus 2026", "2026-08-20T00:00:00+00:00"),
        ("20 វិច្ឆិកា 2026", "2026-11-20T00:00:00+00:00"),
    ],
)
def test_absolute_dates(text, moment):
    found = parse_date(text, NOW)
    assert found is not None
    assert found.isoformat() == moment


def test_a_clock_hangs_in_the_platforms_zone():
    bangkok = ZoneInfo("Asia/Bangkok")
    found = parse_date("20/11/2026 14:05", NOW, tz=bangkok)
    assert found == datetime(2026, 11, 20, 7, 5, tzinfo=UTC)


def test_yesterday_with_a_time():
    found = parse_date("hôm qua 08:15", NOW, ["vi"])
    assert found == datetime(2026, 11, 21, 8, 15, tzinfo=UTC)


def test_languages_limit_the_words():
    assert parse_date("3 giờ trước", NOW, ["th"]) is None
    assert parse_date("3 giờ trước", NOW, ["vi"]) == NOW - timedelta(hours=3)


@pytest.mark.parametrize("text", ["", "no idea", "32/13/2026", "99999999999999", "liên hệ"])
def test_what_is_no_date_is_none(text):
    assert parse_date(text, NOW) is None


def _expected(row):
    if row["back"]:
        length, unit = float(row["back"][:-1]), row["back"][-1]
        return NOW - timedelta(seconds=length * LENGTHS[unit])
    if row["local"]:
        zone = ZoneInfo(row["timezone"])
        return datetime.fromisoformat(row["local"]).replace(tzinfo=zone).astimezone(UTC)
    return None


def _read(row, text=None):
    zone = ZoneInfo(row["timezone"])
    return parse_date(row["text"] if text is None else text, NOW, [row["languages"]], zone)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['languages']} {row['text']}")
def test_dates_of_the_region(row):
    assert _read(row) == _expected(row)


def test_the_table_speaks_every_language():
    assert len(ROWS) > 600
    languages = {row["languages"] for row in ROWS}
    assert languages == {"en", "vi", "zh-Hans", "zh-Hant", "th", "km", "lo", "my", "ms", "id"}


def test_a_year_of_the_republic_counts_only_where_the_page_is_of_taiwan():
    taiwan = parse_date("115/11/20", NOW, ["zh-Hant"])
    assert taiwan == datetime(2026, 11, 20, tzinfo=UTC)
    assert parse_date("115/11/20", NOW, ["vi"]) is None
    assert parse_date("民國115年11月20日", NOW, ["zh-Hans"]) == taiwan


def test_today_is_the_day_of_the_platforms_zone():
    late = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)  # 03:00 of the 23rd in Bangkok
    bangkok = ZoneInfo("Asia/Bangkok")
    assert parse_date("วันนี้ 01:00", late, ["th"], bangkok) == datetime(2026, 11, 22, 18, tzinfo=UTC)
    assert parse_date("เมื่อวาน 23:00", late, ["th"], bangkok) == datetime(
        2026, 11, 22, 16, tzinfo=UTC
    )


def test_the_same_word_of_another_language_is_not_read():
    assert parse_date("30 saat lalu", NOW, ["ms"]) == NOW - timedelta(seconds=30)
    assert parse_date("30 saat lalu", NOW, ["id"]) is None
    assert parse_date("semalam", NOW, ["vi"]) is None


@given(st.sampled_from(ROWS), st.sampled_from([*DIGITS]))
def test_figures_of_any_script_read_alike(row, script):
    figures = {ord("0") + at: chr(DIGITS[script] + at) for at in range(10)}
    if row["text"].isascii() and any(sign in row["text"] for sign in ("T", "+", "GMT", "Date(")):
        return  # what machines write has plain figures
    if row["text"].strip().isdigit():
        return
    assert _read(row, row["text"].translate(figures)) == _expected(row)


@given(st.lists(st.sampled_from(SCRAP.split()), max_size=10), st.sampled_from(["", " "]))
def test_scraps_of_dates_give_an_aware_date_or_none(scraps, joint):
    found = parse_date(joint.join(scraps), NOW, tz=ZoneInfo("Asia/Bangkok"))
    assert found is None or found.utcoffset() == timedelta(0)


@given(st.text(max_size=40))
@example("9" * 5000)
@example("9" * 400 + " giờ trước")
@example("999999 years ago")
@example("20/11/0001")
@example("9999-12-31T23:59:59-12:00")
@example("0001-01-01T00:00:00+14:00")
@example("20 Nov 2026 14:05 Z0-99:00")
@example("20 Nov 2026 14:05 gmt+99")
@example("25:61")
def test_any_text_gives_an_aware_date_or_none(text):
    found = parse_date(text, NOW)
    assert found is None or found.utcoffset() == timedelta(0)
