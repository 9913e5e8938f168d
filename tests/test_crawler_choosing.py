"""Choosing by yield: what pays is asked most, and nothing is ever given up."""

from collections import Counter
from random import Random

import pytest

from crawler.choosing import NEVER, Brought, Past, choose, how_many, past_of, ranked, worth

NAMES = [str(number) for number in range(20)]


def tried(relevant: int, waited: int = 1) -> Past:
    return Past(requests=100, relevant=relevant, waited=waited, runs=5)


def test_without_any_past_the_order_given_is_kept():
    assert ranked(NAMES, {}) == NAMES
    chosen = choose(NAMES, {}, 5, Random(1), epsilon=0)
    assert chosen == NAMES[:5]


def test_what_pays_is_chosen_and_what_waited_longest_is_never_given_up():
    pasts = {name: tried(0) for name in NAMES} | {"7": tried(30), "11": tried(20)}
    pasts["3"] = tried(0, waited=20)
    chosen = choose(NAMES, pasts, 5, Random(1), epsilon=0)
    assert chosen[0] == "3"
    assert {"7", "11"} <= set(chosen)


@pytest.mark.parametrize("seed", range(5))
def test_every_name_comes_round_within_a_bounded_number_of_runs(seed):
    generator = Random(seed)
    runs: dict[str, list[int]] = {}
    last = dict.fromkeys(NAMES, 0)
    longest = 0
    for today in range(1, 200):
        pasts = {
            name: past_of([Brought(10, 5 if name == "0" else 0, today - one) for one in days])
            for name, days in runs.items()
        }
        for name in choose(NAMES, pasts, 5, generator):
            longest = max(longest, today - last[name])
            last[name] = today
            runs[name] = [*runs.get(name, ()), today][-30:]
    longest = max(longest, *(199 - day for day in last.values()))
    # The floor reaches one of twenty names a run; all may be overdue at once.
    assert longest <= 2 * len(NAMES) + 1


def test_chance_gives_others_a_turn_and_a_seed_gives_the_same_again():
    pasts = {name: tried(int(name)) for name in NAMES}
    drawn = Counter(
        name for seed in range(300) for name in choose(NAMES, pasts, 10, Random(seed), floor=0)
    )
    assert set(drawn) == set(NAMES)
    assert choose(NAMES, pasts, 10, Random(4)) == choose(NAMES, pasts, 10, Random(4))


def test_a_choice_holds_no_name_twice_and_no_more_than_there_are():
    pasts = {"1": tried(3), "2": tried(1)}
    chosen = choose(NAMES, pasts, 50, Random(1))
    assert sorted(chosen) == sorted(NAMES)


def test_little_tried_is_judged_by_the_average_and_much_tried_by_itself():
    assert worth(Past(requests=2, relevant=0, runs=1), 0.2) > 0.2
    assert worth(Past(requests=500, relevant=0, runs=9), 0.2) < 0.02
    assert past_of([]) == Past()
    assert past_of([]).waited == NEVER
    assert past_of([]).rate is None


def test_a_budget_reaches_as_many_names_as_they_usually_cost():
    pasts = {"a": Past(90.0, 3.0, 1, runs=3.0), "b": Past(30.0, 0.0, 1, runs=3.0)}
    assert how_many(200, pasts, of=60) == 10
    assert how_many(10_000, pasts, of=60) == 60
    assert how_many(0, pasts, of=60) == 1


def test_the_simulation_runs_and_choosing_beats_turns_where_few_terms_pay():
    from tests.yield_simulation import SCENES, by_turns, by_yield, run

    scene = SCENES["few terms bring most"]
    gains = [
        run(by_yield, seed, scene, 100)[0] / run(by_turns, seed, scene, 100)[0] for seed in (1, 2)
    ]
    assert min(gains) > 1.1
