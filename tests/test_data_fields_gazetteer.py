from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.fields.gazetteer import read_place
from data.fields.words import FOLDER
from data.tables import read_table
from data.text import fold

ROWS = [
    row
    for _, row in read_table(
        Path(__file__).parent / "fields/places.csv",
        ("text", "own_country", "country", "province", "city"),
    )
]
NAMES = [
    (name.strip(), row)
    for _, row in read_table(FOLDER / "places.csv", ("country", "code", "within", "name", "names"))
    for name in (row["name"], *row["names"].split("|"))
    if name.strip()
]
COUNTRIES = {"VN", "TH", "KH", "LA", "MM", "MY", "ID", "CN", "HK", "MO", "TW", "SG"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['own_country']} {row['text']}")
def test_places_as_pages_show_them(row):
    place = read_place(row["text"], row["own_country"])
    expected = (row["country"], row["province"], row["city"])
    assert (place.country, place.province, place.city) == expected


def test_every_country_has_its_provinces_and_the_table_of_examples_each_country():
    assert {row["country"] for _, row in NAMES} == COUNTRIES
    assert {row["country"] for row in ROWS} - {""} == COUNTRIES
    assert len(ROWS) > 250


def test_every_name_is_found_alone():
    unfound = [
        name
        for name, row in NAMES
        for place in [read_place(name, row["country"])]
        if (place.country, place.province or place.country)
        != (row["country"], row["code"] or row["within"])
    ]
    assert unfound == []


def test_no_name_stands_for_two_places():
    pairs = {(fold(name), row["name"]) for name, row in NAMES}
    times = Counter(name for name, _ in pairs)
    assert [name for name, count in times.items() if count > 1] == []


def test_a_province_is_told_by_name():
    place = read_place("พัทยา", "TH")
    assert (place.province, place.province_name, place.city) == ("TH-20", "Chonburi", "Pattaya")


@given(st.text(max_size=60), st.sampled_from(["", *sorted(COUNTRIES)]))
def test_any_text_is_read_and_a_province_lies_in_its_country(text, country):
    place = read_place(text, country)
    assert place.country in COUNTRIES | {""}
    assert place.province == "" or place.province.startswith(f"{place.country}-")
    assert bool(place.province) is bool(place.province_name)
