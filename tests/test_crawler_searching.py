"""Search that cannot be trusted: judged from notes alone, and said by real crawls."""

import random
from collections.abc import Iterator
from pathlib import Path
from statistics import mean
from urllib.parse import parse_qs, urlsplit

import pytest

from crawler.lists import Walk, WalkKind
from crawler.searching import (
    Doubt,
    Holding,
    Outcome,
    Shown,
    Turned,
    folded,
    hidden_by_pager,
    holding,
    judge,
    population,
)
from crawler.tally import Tally
from data.crawls import Crawl
from data.listings import Listing
from data.store import Store
from tests.crawling import (
    Answer,
    Place,
    Site,
    list_html,
    listing_html,
    problems,
    rows,
    serving,
)

SEARCH = 'search = "/search?q={term}"\nmay_search = true'
ALL = frozenset(f"n{number}" for number in range(337))
FIRST = Shown(frozenset(f"n{number}" for number in range(24)), 337)
NO_TOTAL = Shown(FIRST.ids)


@pytest.mark.parametrize(
    ("text", "term", "how"),
    [
        ("Vòng tay ngà voi", "ngà", Holding.WHOLE),
        ("Bán nhà gần sông", "ngà", Holding.NOT),
        ("nga sinh ton", "ngà", Holding.UNACCENTED),
        ("voi bông cho bé", "ngà voi", Holding.SOME_WORDS),
        ("NGÀ  VOI thật", "ngà voi", Holding.WHOLE),
        ("小虎牙手串", "虎牙", Holding.WHOLE),
        ("老虎造型", "虎牙", Holding.NOT),
        ("ขายงาช้างแท้", "งาช้าง", Holding.WHOLE),
        ("Two tigers and a lion", "tiger", Holding.WHOLE),
        ("Tigerlily bulbs", "tiger", Holding.NOT),
    ],
)
def test_how_a_text_holds_a_term(text, term, how):
    assert holding(folded(text), folded(term)) is how


def outcome(term: str, found: set[str], *, held: set[str], total: int | None = None) -> Outcome:
    ids = frozenset(found)
    return Outcome(term, Shown(ids, total), ids, ids, frozenset(held))


# As measured on five marketplaces; `held` are the listings that do contain the term.
HELD = {"n1", "n2", "n3"}
MEASURED = [
    ("虎牙", HELD, 3, None),
    ("虎牙", set(), 0, Doubt.BLIND),
    ("虎牙", set(FIRST.ids), 337, Doubt.IGNORED),
    ("งาช้าง", set(), 0, Doubt.BLIND),
    ("ngà", HELD | {f"n{number}" for number in range(50, 62)}, 15, Doubt.LOOSE),
    ("ngà voi", HELD | {f"n{number}" for number in range(70, 76)}, 9, Doubt.LOOSE),
    ("ngà", {"n1", "n2"}, 2, None),
]


@pytest.mark.parametrize(("term", "found", "total", "doubt"), MEASURED)
def test_what_was_measured_is_told_apart(term, found, total, doubt):
    judged = judge(outcome(term, found, held=HELD, total=total), [FIRST])
    assert (judged.doubt if judged else None) is doubt
    if judged:
        assert term in judged.words


def test_without_a_total_the_first_page_gives_it_away():
    judged = judge(outcome("虎", set(FIRST.ids), held=HELD), [NO_TOTAL])
    assert judged is not None
    assert judged.doubt is Doubt.IGNORED
    assert "the same 24 listings" in judged.words


def test_finding_everything_is_right_where_everything_holds_the_term():
    assert judge(outcome("box", set(FIRST.ids), held=set(FIRST.ids)), [FIRST]) is None


def test_half_of_what_it_should_find_is_too_little_only_once_all_pages_were_turned():
    held = {f"n{number}" for number in range(18)}
    few = outcome("tiger", {"n1", "n2"}, held=held, total=2)
    judged = judge(few, [FIRST])
    assert judged is not None
    assert judged.doubt is Doubt.MISSES
    assert "2 of the 18" in judged.words
    cut = Outcome(few.term, few.answer, few.found, few.read, few.holding, whole=False)
    assert judge(cut, [FIRST]) is None


def test_what_a_living_site_moves_while_pages_are_turned_is_no_doubt():
    assert hidden_by_pager(Turned(rows=400, different=399)) is None
    assert hidden_by_pager(Turned(rows=400, different=400, total=402)) is None
    assert hidden_by_pager(Turned(rows=337, different=323, total=337)) is not None


def test_the_estimate_is_near_the_truth_and_its_interval_mostly_holds_it():
    generator = random.Random(20261122)
    truth, errors, inside = 500, [], 0
    everything = [str(one) for one in range(truth)]
    for _ in range(200):
        first = set(generator.sample(everything, 300))
        second = set(generator.sample(everything, 200))
        there = population(first, second)
        assert there is not None
        errors.append(there.estimate - truth)
        inside += there.low <= truth <= there.high
    assert abs(mean(errors)) < 5
    assert inside >= 180


def test_too_little_in_common_gives_no_estimate():
    assert population({"a", "b", "c"}, {"c", "d", "e"}) is None


def test_a_tally_sees_at_once_that_a_term_is_ignored():
    tally = Tally.of(["虎牙"])
    lists, search = Walk(WalkKind.LISTS, "/"), Walk(WalkKind.SEARCH, "/s", term="虎牙")
    for walk in (lists, search):
        walk.meets("", [f"n{number}" for number in range(24)])
        tally.meets(walk, [f"n{number}" for number in range(24)])
    for number in range(24):
        tally.reads(f"n{number}", f"木盒 {number}")
    assert tally.ignores(search)
    assert not tally.ignores(lists)
    assert [one.doubt for one in tally.doubts(cut_short=False)] == [Doubt.IGNORED]


# Real crawls of a site whose search is dishonest in several ways.
@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as served:
        yield served


@pytest.fixture
def place(tmp_path: Path, sqlite_template: Path) -> Place:
    return Place.fresh(tmp_path, sqlite_template)


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    with place.opened() as opened:
        yield opened


TITLES = {number: f"Wooden box {number}" for number in range(1, 21)} | {
    5: "งาช้างแกะสลัก",
    6: "ngà voi cũ",
    7: "小虎牙吊坠",
    8: "voi bông",
    9: "ngà heo rừng",
}


def dishonest(site: Site) -> None:
    numbers = list(TITLES)
    site.pages["/"] = list_html(numbers[:10], "/?page=2")
    site.pages["/?page=2"] = list_html(numbers[10:])
    answers = {"งาช้าง": [], "虎牙": numbers[:10], "ngà voi": [6, 8, 9, 11, 12], "box": [1, 2]}

    def search(path: str) -> Answer:
        return Answer(list_html(answers[parse_qs(urlsplit(path).query)["q"][0]]))

    site.pages["/search"] = search
    for number, title in TITLES.items():
        site.pages[f"/item/{number}"] = listing_html(number, title)


def test_a_crawl_says_which_searches_it_could_not_trust(site, place, store):
    dishonest(site)
    terms = ("งาช้าง", "虎牙", "ngà voi", "box")
    ending, cause = place.crawl(site.platform(lists=SEARCH), search_terms=terms)
    assert ending == "finished"
    assert "search not to be trusted for 'งาช้าง', '虎牙', 'box'" in cause
    said = problems(store)
    assert "finds nothing for 'งาช้าง', which a listing read in this run" in said["search_blind"]
    assert "ignores '虎牙': its first page names the same 10 listings" in said["search_ignored"]
    assert said["search_loose"].startswith("4 of 5 results for 'ngà voi' do not contain it")
    assert "finds 2 of the 15 listings" in said["search_misses"]
    assert rows(store, Crawl)[0].cause.startswith("Read 20 listings")


def test_what_a_search_says_is_never_believed(site, place, store):
    dishonest(site)
    place.crawl(site.platform(lists=SEARCH), search_terms=("งาช้าง", "虎牙"))
    titles = {one.title for one in rows(store, Listing)}
    # Found by the lists though the search found nothing, and kept though nobody searched for it.
    assert {"งาช้างแกะสลัก", "Wooden box 1"} <= titles


def test_pages_of_a_search_that_ignores_its_term_are_not_turned(site, place):
    dishonest(site)
    numbers = list(TITLES)
    site.pages["/search?q=%E8%99%8E%E7%89%99"] = list_html(numbers[:10], "/search?q=more")
    site.pages["/search?q=more"] = list_html(numbers[10:])
    one_by_one = site.platform(lists=SEARCH).replace("delay_s = 0\n", "delay_s = 0.001\n")
    place.crawl(one_by_one, search_terms=("虎牙",))
    assert site.asked["/search?q=more"] == 0


def test_an_honest_search_is_not_doubted(site, place, store):
    dishonest(site)
    site.pages["/search"] = lambda path: Answer(
        list_html(
            [
                one
                for one, title in TITLES.items()
                if parse_qs(urlsplit(path).query)["q"][0] in title
            ]
        )
    )
    ending, cause = place.crawl(
        site.platform(lists=SEARCH), search_terms=("งาช้าง", "虎牙", "ngà voi", "box")
    )
    assert (ending, cause) == ("finished", "read 20 listings from 6 list pages")
    assert problems(store) == {}


def test_listings_that_only_a_search_shows_are_counted(site, place, store):
    dishonest(site)
    site.pages["/?page=2"] = list_html([*range(11, 16)])
    boxes = [one for one, title in TITLES.items() if "box" in title]
    site.pages["/search"] = list_html(boxes)
    _, cause = place.crawl(site.platform(lists=SEARCH), search_terms=("box",))
    assert "its lists hide listings" in cause
    said = problems(store)["lists_hide"]
    assert said.startswith("the lists never showed 5 of 15 listings that searches met; about 22")


def test_a_pager_that_repeats_and_hides_is_estimated(site, place, store):
    dishonest(site)
    site.pages["/?page=2"] = list_html([8, 9, 10, *range(11, 18)])
    place.crawl(site.platform())
    assert problems(store)["lists_hide"] == (
        "the pager shows 3 of 20 rows a second time, so up to 3 other listings may be hidden"
    )


def test_another_order_shows_what_the_lists_hide(site, place, store):
    dishonest(site)
    site.pages["/?page=2"] = list_html([*range(11, 16)])
    site.pages["/newest"] = list_html([*range(12, 21)])
    platform = site.platform(lists='newest = ["/newest"]')
    place.crawl(platform)
    assert len(rows(store, Listing)) == 20
    assert "never showed 5 of 9 listings that other orders met" in problems(store)["lists_hide"]
