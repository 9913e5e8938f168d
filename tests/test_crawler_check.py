"""`platform check` names what is wrong with a platform, and is quiet about a good one."""

from collections.abc import Iterator
from itertools import combinations

import pytest

from crawler.checking.faults import ADVICE, FAULT_MEANING, Fault
from tests.crawling import check_in_process, serving
from tests.faulty import WAYS, FaultySite

_HIDDEN_BY_A_WALL = {Fault.SEARCH_IGNORED, Fault.BROKEN_PAGING}
# What cannot be seen any more once the first is there.
HIDES: dict[Fault, set[Fault]] = {
    Fault.ROBOTS: set(Fault),
    Fault.BLOCKED: _HIDDEN_BY_A_WALL | {Fault.LOGIN_WALL},
    Fault.LOGIN_WALL: _HIDDEN_BY_A_WALL | {Fault.BLOCKED},
    Fault.CHANGED_LAYOUT: {
        Fault.WRONG_SELECTOR,
        Fault.SEARCH_IGNORED,
        Fault.PRICE_SCALE,
        Fault.DATES_MISREAD,
    },
}


@pytest.fixture
def site() -> Iterator[FaultySite]:
    with serving() as served:
        yield FaultySite(served)


def test_a_good_platform_passes_with_a_table_of_fields(site: FaultySite):
    report = check_in_process(site.file)
    assert report.ok, report.faults
    assert report.remarks == ()
    found = {field.name: field for field in report.fields}
    assert all(field.found == field.of == 8 for name, field in found.items() if name != "images")
    assert found["price"].example.startswith("15")
    assert "→" in found["posted_at"].example
    assert report.paging.startswith("3 list pages read; listings on each: 12, 12, 12")
    assert report.requests <= 20


@pytest.mark.parametrize(
    ("fault", "way"),
    [
        pytest.param(fault, way, id=f"{fault.value}-{way.__name__.strip('_')}")
        for fault, ways in WAYS.items()
        for way in ways
    ],
)
def test_each_planted_fault_is_named_and_nothing_else(site: FaultySite, fault, way):
    way(site)
    report = check_in_process(site.file)
    assert report.named == {fault}, [str(one) for one in report.faults]
    assert not report.ok


@pytest.mark.slow
@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(one, other, id=f"{one.value}+{other.value}")
        for one, other in combinations(WAYS, 2)
    ],
)
def test_two_planted_faults_are_both_named_unless_one_hides_the_other(
    site: FaultySite, one: Fault, other: Fault
):
    for fault in (one, other):
        WAYS[fault][0](site)
    report = check_in_process(site.file)
    visible = {one, other} - HIDES.get(one, set()) - (HIDES.get(other, set()) - {other})
    visible -= {one} & HIDES.get(other, set())
    named = [str(found) for found in report.faults]
    if one in HIDES.get(other, set()) and other in HIDES.get(one, set()):
        assert report.named < {one, other}, named
        assert len(report.named) == 1, named
    else:
        assert report.named == visible, named


def test_every_fault_has_a_meaning_and_advice():
    assert set(FAULT_MEANING) == set(ADVICE) == set(Fault)
