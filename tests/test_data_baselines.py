"""What is usual of a platform, and which runs fall out of it: a table of figures."""

import pytest

from data.baselines import (
    ANSWER_BYTES,
    LISTINGS,
    NEW,
    REFUSED,
    RunFigures,
    departures,
    is_broken,
    sentence,
    usual,
    usual_of,
)

FULL = {"title": 1.0, "price": 0.97, "place": 0.9, "seller": 1.0}


def run(listings=120, new=12, size=45_000, refused=0.0, **fields) -> RunFigures:
    return RunFigures(listings, new, FULL | fields, size, refused)


BEFORE = [
    run(121, 14),
    run(118, 9),
    run(124, 15, price=0.95),
    run(119, 12),
    run(122, 11, size=47_000),
    run(120, 13),
    run(117, 12),
    run(125, 10),
]


@pytest.mark.parametrize(
    ("now", "figures", "broken"),
    [
        (run(), [], False),
        (run(110, 5), [], False),
        (run(140, 30), [], False),
        (run(34), ["listings"], False),
        (run(6), ["listings"], True),
        (run(120, 0), ["new"], False),
        (run(size=2_000), ["answer_bytes"], False),
        (run(size=900_000), [], False),
        (run(refused=0.35), ["refused"], False),
        (run(refused=0.1), [], False),
        (run(price=0.8), [], False),
        (run(price=0.03), ["price"], False),
        (run(price=0.0), ["price"], False),
        (run(price=0.0, seller=0.0), ["price", "seller"], True),
        (run(title=0.2), ["title"], True),
        (run(title=0.65), ["title"], False),
    ],
)
def test_what_leaves_the_usual(now: RunFigures, figures: list[str], broken: bool) -> None:  # noqa: FBT001
    found = departures(now, BEFORE)
    assert [one.figure for one in found] == figures
    assert is_broken(found) is broken


@pytest.mark.parametrize("runs", range(4))
def test_too_few_runs_say_nothing(runs: int) -> None:
    assert departures(run(0, 0, 0, 1.0, title=0.0), BEFORE[:runs]) == []


def test_one_odd_run_among_eight_moves_nothing() -> None:
    odd = [run(0, 0, 100, 1.0, title=0.0), *BEFORE[1:]]
    assert [one.figure for one in departures(run(34), odd)] == ["listings"]
    assert departures(run(), odd) == []


def test_only_the_last_eight_runs_teach() -> None:
    known = usual_of([*BEFORE, *[run(5000)] * 30], "listings")
    assert known is not None
    assert (known.middle, known.runs) == (120.5, 8)


def test_small_platforms_are_not_judged_by_their_noise() -> None:
    small = [run(3, 1), run(5, 0), run(2, 2), run(4, 1), run(3, 0)]
    assert departures(run(1, 0), small) == []


def test_figures_that_were_not_measured_are_not_judged() -> None:
    assert departures(RunFigures(None, None, {}, None, None), BEFORE) == []
    unmeasured = [RunFigures(coverage={"title": 1.0})] * 6
    assert departures(run(0, 0), unmeasured) == []


def test_the_sentence_says_what_fell_from_what_to_what() -> None:
    words = sentence(departures(run(34, price=0.03, size=2_000, refused=0.35), BEFORE))
    assert words == (
        "Compared with the last 8 good runs, listings fell from about 120 to 34, the usual answer "
        "shrank from 45 kB to 2.0 kB, refused or failed answers rose from 0 % to 35 % and the "
        "price was found on 3 % of listings instead of 97 %."
    )
    assert sentence([]) == ""


@pytest.mark.parametrize(
    ("values", "rule", "low"),
    [
        ([100] * 8, LISTINGS, 60.0),
        ([10] * 8, LISTINGS, 0.5132),
        ([100, 20, 180, 60, 140, 100], LISTINGS, 0.0),
        ([50] * 8, NEW, 10.0),
        ([10_000] * 4, ANSWER_BYTES, 4_000.0),
    ],
)
def test_the_lower_bound(values: list[float], rule, low: float) -> None:
    known = usual(values, rule)
    assert known is not None
    assert known.low == low


def test_refusals_may_rise_a_fifth_above_the_usual() -> None:
    known = usual([0.0, 0.02, 0.01, 0.0, 0.0], REFUSED)
    assert known is not None
    assert known.high == pytest.approx(0.2)
