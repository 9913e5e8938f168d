"""Which search terms and categories to spend requests on: by what they brought. Pure.

Epsilon-greedy with a floor: most of a run goes to what brought most new relevant listings per
request, a share to whatever waited too long, so that nothing is ever given up, and a little to
chance. What is new starts with a little more than the average's credit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from random import Random

EPSILON = 0.1
FLOOR = 0.2
_CREDIT_REQUESTS = 15.0
_CREDIT = 1.5
_FADES = 0.9
_SLACK = 0.01
NEVER = 10_000
"""How long something has waited that was never tried."""


@dataclass(frozen=True)
class Brought:
    """What one term or category brought in one run."""

    requests: int
    relevant: int
    runs_ago: int


@dataclass(frozen=True)
class Past:
    """What one term or category brought so far, older runs counting less."""

    requests: float = 0.0
    relevant: float = 0.0
    waited: int = NEVER
    runs: float = 0.0

    @property
    def rate(self) -> float | None:
        """New relevant listings per request; None when nothing was asked."""
        return self.relevant / self.requests if self.requests else None


def past_of(brought: Sequence[Brought]) -> Past:
    """Sum up runs, each counting a tenth less than the next.

    >>> past_of([Brought(10, 2, runs_ago=1), Brought(10, 0, runs_ago=2)]).waited
    1
    >>> round(past_of([Brought(10, 2, runs_ago=1), Brought(10, 0, runs_ago=2)]).rate, 3)
    0.105
    """
    weights = [_FADES**one.runs_ago for one in brought]
    return Past(
        requests=sum(one.requests * weight for one, weight in zip(brought, weights, strict=True)),
        relevant=sum(one.relevant * weight for one, weight in zip(brought, weights, strict=True)),
        waited=min((one.runs_ago for one in brought), default=NEVER),
        runs=sum(weights),
    )


def usual_rate(pasts: Mapping[str, Past]) -> float:
    """Return what a request brings on average over everything tried."""
    requests = sum(one.requests for one in pasts.values())
    return sum(one.relevant for one in pasts.values()) / requests if requests else 0.0


def worth(past: Past, usual: float) -> float:
    """Return what a request is expected to bring; little is known, much is the average's credit.

    >>> worth(Past(), 0.1) > worth(Past(requests=100, relevant=10), 0.1)
    True
    """
    credit = _CREDIT * usual * _CREDIT_REQUESTS
    return (past.relevant + credit) / (past.requests + _CREDIT_REQUESTS)


def ranked(names: Sequence[str], pasts: Mapping[str, Past]) -> list[str]:
    """Return all names, those worth most first, then what waited longest, then as given."""
    usual = usual_rate(pasts)

    def order(name: str) -> tuple[float, int]:
        past = pasts.get(name, Past())
        return -worth(past, usual), -past.waited

    return sorted(names, key=order)


def choose(
    names: Sequence[str],
    pasts: Mapping[str, Past],
    count: int,
    chance: Random,
    *,
    epsilon: float = EPSILON,
    floor: float = FLOOR,
) -> list[str]:
    """Choose some names for a run: what waited too long, then what is worth most, then by chance.

    Too long is the number of runs in which the floor's share alone would reach every name.

    >>> pasts = {"a": Past(50, 9, 1), "b": Past(50, 0, 1), "c": Past(50, 1, 9)}
    >>> choose(["a", "b", "c"], pasts, 2, Random(1), epsilon=0)
    ['c', 'a']
    """
    count = min(count, len(names))
    too_long = len(names) / (floor * count) if floor * count else NEVER + 1
    waited = {name: pasts.get(name, Past()).waited for name in names}
    overdue = [name for name in names if waited[name] >= too_long]
    chosen = sorted(overdue, key=lambda name: -waited[name])[: ceil(floor * count)]
    rest = [name for name in ranked(names, pasts) if name not in chosen]
    by_chance = round(epsilon * count)
    best = rest[: max(0, count - len(chosen) - by_chance)]
    left = [name for name in rest if name not in best]
    return chosen + best + chance.sample(left, min(len(left), count - len(chosen) - len(best)))


def how_many(budget: int | None, pasts: Mapping[str, Past], of: int, first_guess: int = 12) -> int:
    """Return how many names a budget of requests reaches, by what a run of one usually costs.

    >>> how_many(120, {}, of=60), how_many(None, {}, of=60), how_many(5, {}, of=60)
    (10, 60, 1)
    """
    if budget is None:
        return of
    runs = sum(one.runs for one in pasts.values())
    cost = sum(one.requests for one in pasts.values()) / runs if runs else first_guess
    return max(1, min(of, int(budget / max(cost, 1.0) + _SLACK)))
