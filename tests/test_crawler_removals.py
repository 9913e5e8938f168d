"""Ten measured ways of removing a listing, each told apart; and what only looks like a removal."""

from datetime import timedelta

import pytest

from crawler.judging import Judged, both, judge, judge_also
from crawler.options import Target
from crawler.styles import Page
from data.availability import Look, Outcome, Standing, after
from data.platform import Platform
from data.platform_file import PlatformError
from data.platforms import parse_platform
from data.states import Availability
from tests.crawling import NOON, PLATFORM, Answer
from tests.removing import (
    API,
    BASE,
    BEHAVIOURS,
    ITEM,
    LIVE,
    LIVE_API,
    TEXT,
    TITLE,
    TROUBLES,
    Behaviour,
    Trouble,
    rule,
)

TARGET = Target(1, "7", BASE + ITEM, TITLE, TEXT, "RM 10")
FIELDS = '[fields]\ntitle = "h1"\nprice = ".price"\ndescription = ".text"\n'
PROVES_NOTHING = {Outcome.WALL, Outcome.UNKNOWN}


def platform(rules: str = "", *, also: bool = False) -> Platform:
    top = 'recheck_also = "/api/ads/{id}"' if also else ""
    rest = FIELDS + rules
    text = PLATFORM.format(id="shop", address="shop.example:80", top=top, lists="", rest=rest)
    return parse_platform(text.replace("http://shop.example:80", BASE))


def page_of(answer: Answer, url: str) -> Page:
    headers = {"content-type": "text/html; charset=utf-8"}
    headers |= {name.lower(): value for name, value in answer.headers.items()}
    body = answer.body.encode() if isinstance(answer.body, str) else answer.body
    return Page(url, body, answer.status, headers)


def judged(site: Platform, page: Answer, url: str, api: Answer | None, *, absent=False) -> Judged:
    first = judge(page_of(page, url), site, TARGET, NOON, absent=absent)
    if api is None or first.outcome is Outcome.WALL:
        return first
    return both(first, judge_also(page_of(api, BASE + API), site, TARGET))


def looked_twice(outcome: Outcome) -> Availability:
    standing = Standing(Availability.LIVE)
    for hours in (0, 25):
        look = Look(NOON + timedelta(hours=hours), outcome, control_live=True)
        standing = after(standing, look)
    return standing.state


@pytest.mark.parametrize("one", BEHAVIOURS, ids=lambda one: one.name)
def test_each_way_of_removing_is_told_apart(one: Behaviour):
    site = platform(one.rules, also=one.api is not None)
    live = judged(site, LIVE, BASE + ITEM, LIVE_API if one.api else None)
    assert live.outcome is Outcome.LIVE
    seen = judged(site, one.page, one.url, one.api, absent=one.absent)
    assert seen.outcome is one.outcome
    assert seen.cause
    assert looked_twice(seen.outcome) is one.finally_


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda one: one.name)
@pytest.mark.parametrize("one", BEHAVIOURS, ids=lambda one: one.name)
def test_no_rule_set_takes_trouble_for_a_removal(one: Behaviour, trouble: Trouble):
    alone = platform(one.rules)
    seen = judged(alone, trouble.page, trouble.url, None, absent=one.absent)
    assert seen.outcome in PROVES_NOTHING
    assert looked_twice(seen.outcome) is Availability.UNREACHABLE
    if one.api is not None:
        with_api = platform(one.rules, also=True)
        half = judged(with_api, trouble.page, trouble.url, one.api)
        assert half.outcome not in GONE
        half = judged(with_api, one.page, one.url, trouble.api or trouble.page)
        assert half.outcome not in GONE


def test_the_expired_page_is_shorter_by_kilobytes_less():
    ended = next(one for one in BEHAVIOURS if "expired" in one.name)
    assert len(ended.page.body) < len(LIVE.body)


@pytest.mark.parametrize(
    "conditions",
    [("title_absent = true",), ("status = 200",), ('selector_absent = ".price"', "status = 200")],
)
def test_a_rule_that_an_outage_would_meet_is_refused(conditions):
    with pytest.raises(PlatformError, match="an outage would look so too"):
        platform(rule("removed", *conditions))
    platform(rule("removed", *conditions, 'text = "was deleted"'))


def test_a_rule_may_be_for_one_address():
    site = platform(rule("removed", "status = 401", 'at = "also"'), also=True)
    refused = page_of(Answer("", 401), BASE + ITEM)
    assert judge(refused, site, TARGET, NOON).outcome is Outcome.WALL
    assert judge_also(refused, site, TARGET).outcome is Outcome.REMOVED
    with pytest.raises(PlatformError, match="at"):
        platform(rule("removed", "status = 401", 'at = "api"'))


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ('{"ad": null}', Outcome.REMOVED),
        ('{"ad": null, "errors": [{"message": "timeout"}]}', Outcome.UNKNOWN),
        ('{"message": "try later"}', Outcome.UNKNOWN),
        ("[]", Outcome.UNKNOWN),
        ("null", Outcome.UNKNOWN),
    ],
)
def test_only_a_null_that_is_said_means_removed(body: str, outcome: Outcome):
    site = platform(rule("removed", 'null = "ad"'), also=True)
    answer = page_of(Answer(body, 200, {"Content-Type": "application/json"}), BASE + API)
    assert judge_also(answer, site, TARGET).outcome is outcome


@pytest.mark.parametrize(
    ("head", "resting"),
    [
        ("Hệ thống đang bảo trì", True),
        ("เว็บไซต์ปิดปรับปรุงชั่วคราว", True),
        ("系统正在维护", True),
        ("網站維護中", True),
        ("Laman dalam penyelenggaraan", True),
        ("Situs sedang pemeliharaan", True),
        ("គេហទំព័រកំពុងថែទាំ", True),
        ("ລະບົບກຳລັງບຳລຸງຮັກສາ", True),
        ("ဆိုက်ကို ပြုပြင်ထိန်းသိမ်းနေပါသည်", True),
        ("429 Too Many Requests", True),
        ("Not found | Home Maintenance Shop", False),
        ("Không tìm thấy | Dịch vụ bảo trì", False),
        ("រកមិនឃើញ | ហាងថែទាំស្បែក", False),
        ("Tidak ditemukan | Pemeliharaan burung", False),
    ],
)
def test_a_page_of_an_outage_is_known_by_its_head_in_every_language(head, resting):
    page = page_of(Answer(f"<title>{head}</title><p>.</p>", 404), BASE + ITEM)
    outcome = judge(page, platform(), TARGET, NOON).outcome
    assert outcome is (Outcome.UNKNOWN if resting else Outcome.REMOVED)


def test_a_rule_that_names_words_outweighs_the_guess_of_an_outage():
    site = platform(rule("removed", "status = 404", 'text = "This ad is temporarily unavailable"'))
    page = page_of(Answer("<h1>This ad is temporarily unavailable</h1>", 404), BASE + ITEM)
    assert judge(page, site, TARGET, NOON).outcome is Outcome.REMOVED
    assert judge(page, platform(), TARGET, NOON).outcome is Outcome.UNKNOWN


J = {outcome: Judged(outcome, outcome.value) for outcome in Outcome}
SERVED, GONE = {Outcome.LIVE, Outcome.CHANGED}, {Outcome.REMOVED, Outcome.SOLD_OR_EXPIRED}


@pytest.mark.parametrize("first", Outcome)
@pytest.mark.parametrize("also", Outcome)
def test_gone_needs_both_addresses_and_one_alone_is_delisted(first: Outcome, also: Outcome):
    outcome = both(J[first], J[also]).outcome
    if Outcome.WALL in {first, also}:
        assert outcome is Outcome.WALL
    elif outcome in GONE:
        assert {first, also} <= GONE
    elif {first, also} & GONE and {first, also} & SERVED:
        assert outcome is Outcome.DELISTED
    assert (outcome is Outcome.REMOVED) == ({first, also} == {Outcome.REMOVED})
    if Outcome.UNKNOWN in {first, also}:
        assert outcome not in GONE
