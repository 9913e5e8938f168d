"""What choosing search terms by yield gains over taking turns, on a made-up marketplace.

`python -m tests.yield_simulation` prints new relevant listings found per 1,000 requests, for the
same marketplaces and budgets. Everything here is synthetic: rates of new listings are drawn, most
terms bring little and a few bring much, as rows of yields in practice are expected to look.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from math import exp
from random import Random
from statistics import mean, median, stdev

from crawler.choosing import Brought, Past, choose, how_many, past_of, ranked

TERMS, DAYS = 60, 40
BUDGETS = (50, 100, 200, 400)
PAGE, PAGES = 20, 3
LIFE_DAYS, BACKLOG_DAYS = 20, 20
RECOGNISED, MISTAKEN = 0.9, 0.01
Rates = tuple[list[float], list[float]]


def skewed(chance: Random) -> Rates:
    """Few terms bring most relevant listings; how much else they find has nothing to do with it."""
    ranks = chance.sample(range(1, TERMS + 1), TERMS)
    return [6 * rank**-1.2 for rank in ranks], _others(chance)


def alike(chance: Random) -> Rates:
    """Every term brings the same."""
    return [0.3] * TERMS, [5.0] * TERMS


def _others(chance: Random) -> list[float]:
    return [min(60.0, chance.lognormvariate(1.4, 1.2)) for _ in range(TERMS)]


@dataclass
class Market:
    """A marketplace with a search: each term's listings, newest first."""

    chance: Random
    rates: Rates
    listings: list[list[tuple[int, bool, int]]] = field(
        default_factory=lambda: [[] for _ in range(TERMS)]
    )
    number: int = 0
    planted: int = 0

    def day(self, today: int) -> None:
        """Take off what is old and put up what is new."""
        for term in range(TERMS):
            fresh = [
                (self.named(), is_relevant, today + 1 + int(self.chance.expovariate(1 / LIFE_DAYS)))
                for rates, is_relevant in zip(self.rates, (True, False), strict=True)
                for _ in range(poisson(self.chance, rates[term]))
            ]
            self.chance.shuffle(fresh)
            self.planted += sum(one[1] for one in fresh)
            self.listings[term] = fresh + [one for one in self.listings[term] if one[2] > today]

    def named(self) -> int:
        self.number += 1
        return self.number

    def search(self, term: int) -> Iterator[list[tuple[int, bool, int]]]:
        """Yield result pages."""
        for page in range(PAGES):
            yield self.listings[term][page * PAGE : (page + 1) * PAGE]


def poisson(chance: Random, rate: float) -> int:
    limit, product, count = exp(-rate), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count


@dataclass
class Team:
    """What a crawler knows and has spent."""

    chance: Random
    budget: int
    seen: set[int] = field(default_factory=set)
    found: int = 0
    spent: int = 0
    rows: dict[str, list[tuple[int, int, int]]] = field(default_factory=dict)
    turn: int = 0

    def pasts(self, today: int) -> dict[str, Past]:
        return {
            name: past_of([Brought(asked, got, today - day) for day, asked, got in rows])
            for name, rows in self.rows.items()
        }

    def ask(self, market: Market, term: str, today: int, left: int) -> int:
        """Search a term as a crawl does; return what it cost."""
        cost = flagged = 0
        for page in market.search(int(term)):
            cost += 1
            fresh = [one for one in page if one[0] not in self.seen][: max(0, left - cost)]
            for number, is_relevant, _ in fresh:
                self.seen.add(number)
                self.found += is_relevant
                flagged += self.chance.random() < (RECOGNISED if is_relevant else MISTAKEN)
            cost += len(fresh)
            if len(fresh) < PAGE or cost >= left:
                break
        self.rows.setdefault(term, []).append((today, cost, flagged))
        self.spent += cost
        return cost


Order = Callable[[Team, int], Sequence[str]]
NAMES = [str(term) for term in range(TERMS)]


def by_turns(team: Team, today: int) -> Sequence[str]:
    """Take up where the last run stopped."""
    del today
    return NAMES[team.turn :] + NAMES[: team.turn]


def by_yield(team: Team, today: int) -> Sequence[str]:
    """Choose as crawls do, then go on with what is left, best first."""
    pasts = team.pasts(today)
    chosen = choose(NAMES, pasts, how_many(team.budget, pasts, TERMS), team.chance)
    return chosen + [name for name in ranked(NAMES, pasts) if name not in chosen]


def greedily(team: Team, today: int) -> Sequence[str]:
    """Take the best only, with neither floor nor chance."""
    return ranked(NAMES, team.pasts(today))


def run(order: Order, seed: int, scene: "Scene", budget: int) -> tuple[float, float]:
    """Let one crawler work a marketplace; return finds per 1,000 requests and share of all."""
    rates, shifts = scene
    market = Market(Random(seed), rates(Random(seed + 10_000)))
    team = Team(Random(seed + 20_000), budget)
    for today in range(-BACKLOG_DAYS, 0):
        market.day(today)
    for today in range(DAYS):
        if shifts and today == DAYS // 2:
            market.rates = rates(Random(seed + 30_000))
        market.day(today)
        left = budget
        for asked, term in enumerate(order(team, today), 1):
            left -= team.ask(market, term, today, left)
            if left <= 0:
                team.turn = (team.turn + asked) % TERMS
                break
    return 1000 * team.found / team.spent, team.found / market.planted


Scene = tuple[Callable[[Random], Rates], bool]
SCENES: dict[str, Scene] = {
    "few terms bring most": (skewed, False),
    "the same, other terms from day 20": (skewed, True),
    "all terms alike": (alike, False),
}
ORDERS = {"by turns": by_turns, "greedy, no floor": greedily, "by yield": by_yield}


def report(seeds: Sequence[int]) -> Iterator[str]:
    """Yield the lines of the table."""
    yield f"{TERMS} terms, {DAYS} days, seeds {seeds[0]}-{seeds[-1]}; new relevant listings per"
    yield "1,000 requests, mean ± sd; share of all planted; gain over turns, paired median (range)"
    for name, scene in SCENES.items():
        for budget in BUDGETS:
            yield f"{name}, {budget} requests a day:"
            yield from _lines(scene, budget, seeds)


def _lines(scene: Scene, budget: int, seeds: Sequence[int]) -> Iterator[str]:
    turns: list[float] = []
    for name, order in ORDERS.items():
        runs = [run(order, seed, scene, budget) for seed in seeds]
        got, shares = [one[0] for one in runs], [one[1] for one in runs]
        turns = turns or got
        gains = [one / other for one, other in zip(got, turns, strict=True)]
        spread = f"{median(gains):.2f} ({min(gains):.2f}-{max(gains):.2f})"
        yield f"  {name:<18}{mean(got):6.1f} ± {stdev(got):4.1f}  {mean(shares):5.0%}  {spread}"


def main(arguments: Sequence[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=30)
    count = parser.parse_args(arguments).seeds
    for line in report(list(islice(range(1, 10_000), count))):
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
