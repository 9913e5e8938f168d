"""`platform check` names what is wrong with a platform's file, and is quiet about a good one."""

from collections.abc import Iterator

import pytest

from tests.crawling import (
    Answer,
    Site,
    check_in_process,
    list_html,
    listing_html,
    serving,
    small_site,
)

PRICED = '[fields]\nprice = ".price"'


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as served:
        small_site(served, list(range(1, 31)), per_page=10)
        for number in range(1, 31):
            price = f"<p class=price>RM {number}0.00</p>"
            served.pages[f"/item/{number}"] = listing_html(
                number, price=f"{number}0.00", extra=price
            )
        yield served


def test_a_good_file_has_no_problems(site: Site):
    report = check_in_process(site.platform(rest=PRICED))
    assert report.problems == ()
    assert report.ok
    found = {field.name: field for field in report.fields}
    assert (found["title"].found, found["title"].of) == (8, 8)
    assert "→" in found["price"].example
    assert report.paging.startswith("3 list pages read")
    assert report.requests <= 14


def only_problem(report) -> str:
    assert not report.ok
    assert len(report.problems) == 1, report.problems
    return str(report.problems[0])


def test_a_selector_that_finds_nothing(site: Site):
    report = check_in_process(site.platform(rest=PRICED + '\nplace = ".where"'))
    assert only_problem(report).startswith("place: `.where` found nothing on any of 8")


def test_a_blocked_page(site: Site):
    site.pages["/item/1"] = Answer("no", 403)
    assert "blocked: the platform refuses us (HTTP 403)" in only_problem(
        check_in_process(site.platform().replace("delay_s = 0\n", "delay_s = 0.001\n"))
    )


def test_a_login_wall(site: Site):
    site.pages["/"] = "<form><input type=password></form>"
    assert only_problem(check_in_process(site.platform())).startswith("login wall: ")


def test_paging_that_repeats_itself(site: Site):
    site.pages["/?page=2"] = list_html(list(range(1, 11)), "/?page=3")
    assert "repeats listings" in only_problem(check_in_process(site.platform()))


def test_a_pager_that_is_not_found(site: Site):
    platform = site.platform().replace("a.next", "a.weiter")
    assert "no next page found" in only_problem(check_in_process(platform))


def test_robots_refuse(site: Site):
    site.pages["/robots.txt"] = "User-agent: *\nDisallow: /\n"
    report = check_in_process(site.platform())
    assert only_problem(report).startswith("robots refused: robots.txt forbids")
    assert "forbids" in report.robots


def test_a_wrong_price_scale(site: Site):
    report = check_in_process(site.platform(rest=PRICED, top="price_scale = 100"))
    assert "check `price_scale`" in only_problem(report)


def test_no_price_where_the_file_looks(site: Site):
    for number in range(1, 31):
        site.pages[f"/item/{number}"] = listing_html(number, price="")
    assert only_problem(check_in_process(site.platform())).startswith("price: found on none of 8")


def test_a_wrong_encoding(site: Site):
    for number in range(1, 31):
        title = f"老木箱{number}"
        site.pages[f"/item/{number}"] = Answer(listing_html(number, title).encode("gb18030"))
    platform = site.platform().replace('["en", "vi", "th"]', '["zh-Hans"]')
    assert "written in gb18030" in only_problem(check_in_process(platform))


def test_a_changed_layout(site: Site):
    for number in range(1, 31):
        site.pages[f"/item/{number}"] = "<html><p>new look</p></html>"
    assert "layout changed: " in only_problem(check_in_process(site.platform()))


def test_a_search_that_ignores_its_term(site: Site):
    site.pages["/search"] = list_html([1, 2, 3])
    platform = site.platform(lists='search = "/search?q={term}"')
    assert "search: ignores its term" in only_problem(check_in_process(platform))


def test_a_search_that_finds_nothing_it_should(site: Site):
    site.pages["/search"] = list_html([])
    platform = site.platform(lists='search = "/search?q={term}"')
    assert only_problem(check_in_process(platform)).startswith("search: finds nothing for")


def test_the_words_asked_for_are_searched_too(site: Site):
    site.pages |= {"/search?q=vase": list_html([4]), "/search?q=zqxjkvwq": list_html([])}
    site.pages["/search"] = list_html([1])
    platform = site.platform(lists='search = "/search?q={term}"', rest=PRICED)
    report = check_in_process(platform, search_terms=("vase", "虎"))
    assert report.ok
    assert "1 listings for 'vase', 1 listings for '虎', 0 for a word" in report.search
    assert site.asked["/search?q=vase"] == 1


def test_a_search_that_ignores_some_words_names_just_what_the_list_does(site: Site):
    site.pages |= {"/search?q=zqxjkvwq": list_html([]), "/search": list_html([1])}
    site.pages["/search?q=%E8%99%8E"] = list_html(list(range(1, 11)))
    platform = site.platform(lists='search = "/search?q={term}"', rest=PRICED)
    report = check_in_process(platform, search_terms=("虎",))
    assert only_problem(report).startswith("search: ignores '虎'")


def test_a_word_asked_for_need_not_be_on_the_site(site: Site):
    site.pages |= {"/search": list_html([1]), "/search?q=zqxjkvwq": list_html([])}
    site.pages["/search?q=vase"] = list_html([])
    platform = site.platform(lists='search = "/search?q={term}"', rest=PRICED)
    assert check_in_process(platform, search_terms=("vase",)).ok
