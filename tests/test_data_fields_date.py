from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.fields.date import parse_date

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


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


@given(st.text(max_size=40))
def test_any_text_gives_an_aware_date_or_none(text):
    found = parse_date(text, NOW)
    assert found is None or found.utcoffset() == timedelta(0)
