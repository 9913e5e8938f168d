import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from data.fields.handles import Channel, read_contacts
from data.fields.phones import read_phone
from data.tables import read_table

ROWS = [
    row
    for _, row in read_table(
        Path(__file__).parent / "fields/contacts.csv", ("text", "country", "found")
    )
]
COUNTRIES = st.sampled_from(["", "VN", "TH", "KH", "LA", "MM", "MY", "ID", "CN", "TW", "HK", "SG"])
SCRAP = (
    "zalo viber line telegram 微信 加v vx wa fb: ไลน์ tel 电话 : / , - + ( ) @ . 0900 000 123 "
    "0900000123 13800000000 +84 demo_01 không chín một 幺 三 八 零 o l 🅥 ① https://t.me/ wa.me/ id"
)
DIGITS = {"th": 0xE50, "lo": 0xED0, "km": 0x17E0, "my": 0x1040, "full-width": 0xFF10}


def _shown(handles):
    return sorted(f"{one.channel.value}:{one.handle}:{one.country}" for one in handles)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['country']} {row['text']}")
def test_handles_of_the_region(row):
    expected = sorted(filter(None, row["found"].split(";")))
    assert _shown(read_contacts(row["text"], row["country"])) == expected


def test_the_table_has_every_channel_and_country():
    assert len(ROWS) > 350
    channels = {one.split(":")[0] for row in ROWS for one in row["found"].split(";") if one}
    assert channels == set(Channel)
    countries = {row["country"] for row in ROWS}
    assert countries > {"VN", "TH", "KH", "LA", "MM", "MY", "ID", "CN", "TW", "HK", "SG"}


def test_handles_stand_where_they_are_found():
    text = "ลด\u200bราคา 象牙 ไลน์ : demo_99 นะ"
    (found,) = read_contacts(text, "TH")
    assert text[found.start : found.end] == "ไลน์ : demo_99"


def test_one_handle_written_twice_is_one():
    assert len(read_contacts("zalo 0900 000 123 ... Zalo: 0900.000.123", "VN")) == 1


def test_a_number_is_dialled_from_the_platforms_country():
    assert read_contacts("0900 000 123", "VN")[0].handle == "+84900000123"
    assert read_contacts("0900 000 123", "TH")[0].handle == "+66900000123"
    assert read_contacts("0900 000 123")[0].country == ""


@pytest.mark.parametrize("written", ["", "12", "+", "()", "+0", "0" * 40, "9" * 15])
def test_what_is_no_number_is_none(written):
    assert read_phone(written) is None


@given(st.text(max_size=80), COUNTRIES)
@example("zalo" * 100, "VN")
@example("+" * 100, "")
@example("https://t.me/", "")
def test_any_text_is_read_and_places_lie_inside(text, country):
    for one in read_contacts(text, country):
        assert one.handle
        assert 0 <= one.start < one.end <= len(text)


@given(st.lists(st.sampled_from(SCRAP.split()), max_size=14), st.sampled_from(["", " "]), COUNTRIES)
def test_scraps_of_handles_are_read(scraps, joint, country):
    text = joint.join(scraps)
    for one in read_contacts(text, country):
        assert one.handle
        assert 0 <= one.start < one.end <= len(text)


@given(
    st.sampled_from([row for row in ROWS if "://" not in row["text"] and "/" not in row["text"]]),
    st.sampled_from([*DIGITS]),
)
def test_figures_of_any_script_read_alike(row, script):
    figures = {ord("0") + at: chr(DIGITS[script] + at) for at in range(10)}
    plain = read_contacts(row["text"], row["country"])
    other = read_contacts(row["text"].translate(figures), row["country"])
    assert _shown(other) == _shown(plain)


@pytest.mark.parametrize(
    "scrap", ["zalo ", "0900000123 ", "zalo 0900 ", "+-", "một ", "t.me/", "电话 "]
)
def test_hostile_texts_take_time_that_grows_with_their_length(scrap):
    def spent(length):
        text = scrap * (length // len(scrap))
        began = time.process_time()
        read_contacts(text, "VN")
        return time.process_time() - began

    spent(1000)
    assert spent(8_000) < 8 * max(spent(2_000), 0.01)
