"""Which words a crawl searches for: by what they brought on this platform before."""

from collections.abc import Sequence
from random import Random

from crawler.choosing import Brought, Past, choose, how_many, past_of
from data.platform import Platform
from data.yields import Yielded, yields_of
from faunawatch.house import House
from faunawatch.scoring import search_terms

SEARCH_KIND, CATEGORY_KIND = "search", "category"
SEARCH_SHARE = 0.5
"""How much of a run's budget goes to searches; lists have the rest."""


def chosen_terms(house: House, platform: Platform, requests_left: int | None) -> list[str]:
    """Return the words to search a platform for in one run, as many as its budget reaches."""
    terms = search_terms(house, platform)
    if not (platform.lists.search and platform.lists.may_search):
        return terms
    with house.store.read() as session:
        rows = yields_of(session, platform.id)
    pasts = pasts_of(rows, SEARCH_KIND)
    budget = None if requests_left is None else int(requests_left * SEARCH_SHARE)
    # The same run chooses the same words again when it goes on after a crash.
    chance = Random(f"{platform.id} {rows[0].crawl_id if rows else 0}")  # noqa: S311
    return choose(terms, pasts, how_many(budget, pasts, len(terms)), chance)


def paying_categories(house: House, platform: Platform) -> dict[str, Past]:
    """Return what each category brought, so that a run begins with what pays."""
    with house.store.read() as session:
        return pasts_of(yields_of(session, platform.id), CATEGORY_KIND)


def pasts_of(rows: Sequence[Yielded], kind: str) -> dict[str, Past]:
    """Return what each word brought, by how many crawls ago it was asked; newest rows first."""
    crawls = list(dict.fromkeys(row.crawl_id for row in rows))
    ago = {crawl_id: number for number, crawl_id in enumerate(crawls, 1)}
    brought: dict[str, list[Brought]] = {}
    for row in rows:
        if row.kind == kind:
            one = Brought(row.requests, row.relevant, ago[row.crawl_id])
            brought.setdefault(row.name, []).append(one)
    return {name: past_of(runs) for name, runs in brought.items()}
