"""Walls are told from content, and no seller's words can pass for a wall."""

import pytest

from crawler.health import certain_wall, likely_wall, status_wall
from crawler.styles import Page
from data.crawls import Ending

URL = "https://shop.example/item/1"
LONG = "<p>" + "An old chest of drawers in good condition. " * 60 + "</p>"


def page(body: str = "", status: int = 200, url: str = URL, **headers: str) -> Page:
    named = {"content-type": "text/html"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return Page(url, body.encode(), status, named)


@pytest.mark.parametrize(
    "answer",
    [
        page("x", 403, cf_mitigated="challenge"),
        page(LONG, url="https://shop.example/_____tmd_____/punish?x5secdata=abc"),
        page("<script>var s='x5secdata'</script>"),
        page("<script src='/cdn-cgi/challenge-platform/h/b.js'></script>"),
        page("<iframe src='/_Incapsula_Resource?x=1'></iframe>"),
    ],
)
def test_certain_walls(answer):
    wall = certain_wall(answer)
    assert wall is not None
    assert wall.ending is Ending.BLOCKED
    assert answer.url in wall.cause


@pytest.mark.parametrize("status", [403, 407, 415, 429, 503])
def test_refusing_statuses_are_blocks(status):
    wall = status_wall(page(status=status))
    assert wall is not None
    assert wall.ending is Ending.BLOCKED
    assert f"HTTP {status}" in wall.cause


def json_page(body: str, url: str = URL) -> Page:
    return page(body, url=url, content_type="application/json")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (page("x", 202, x_amzn_waf_action="challenge"), "AWS WAF"),
        (page("x", 403, x_sucuri_block="1"), "Sucuri"),
        (page("<script>window.KPSDK={}</script>"), "Kasada"),
        (json_page('{"ret": ["RGV587_ERROR::SM::again later"], "data": {}}'), "RGV587"),
        (json_page('{"ret": ["FAIL_SYS_USER_VALIDATE"], "data": {}}'), "user validation"),
        (json_page('{"rgv587_flag": "sm", "url": "//x/punish?x5secdata=a"}'), "x5sec"),
        (json_page('{"ret": [], "data": {"url": "https://x/punish?x5secdata=a"}}'), "x5sec"),
    ],
)
def test_refusals_with_status_200_are_certain(answer: Page, words: str) -> None:
    wall = certain_wall(answer)
    assert wall is not None
    assert wall.ending is Ending.BLOCKED
    assert words in wall.cause
    assert wall.page is answer


@pytest.mark.parametrize(
    "body",
    [
        '{"ads": [{"subject": "RGV587 FAIL_SYS_USER_VALIDATE captcha"}], "total": 1}',
        '{"title": "bxpunish", "body": "x5secdata, please log in, captcha"}',
        '["RGV587"]',
        '{"message": "ok", "items": []}',
        "RGV587 is not JSON {",
    ],
)
def test_sellers_words_in_json_are_no_refusals(body: str) -> None:
    assert certain_wall(json_page(body)) is None
    assert likely_wall(json_page(body)) is None


@pytest.mark.parametrize(
    ("body", "ending"),
    [
        ('{"code": 401, "message": "Please log in first"}', Ending.LOGIN_WALL),
        ('{"code": 1, "msg": "请先登录"}', Ending.LOGIN_WALL),
        ('{"error": {"message": "Too many requests"}}', Ending.BLOCKED),
        ('{"errors": [], "error": "captcha_required"}', Ending.BLOCKED),
        ('{"errno": 5, "msg": "访问受限"}', Ending.BLOCKED),
    ],
)
def test_json_that_refuses_in_words(body: str, ending: Ending) -> None:
    wall = likely_wall(json_page(body))
    assert wall is not None
    assert wall.ending is ending


def test_a_login_page_is_a_wall_even_where_it_names_listings() -> None:
    asked = "https://shop.example/tim-kiem?q=nga"
    links = LONG + "<a href='/item/2'>Recommended</a>"
    for sent_to in ("https://shop.example/dang-nhap?next=1", "https://passport.shop.example/x"):
        wall = certain_wall(page(links, url=sent_to), asked)
        assert wall is not None
        assert wall.ending is Ending.LOGIN_WALL
        assert asked in wall.cause
        assert certain_wall(page(links, url=sent_to), sent_to) is None
    assert certain_wall(page(links, url="https://shop.example/log-in-cabin-7"), asked) is None


def test_401_is_a_login_wall_and_404_none():
    wall = status_wall(page(status=401))
    assert wall is not None
    assert wall.ending is Ending.LOGIN_WALL
    assert status_wall(page(status=404)) is None


@pytest.mark.parametrize(
    ("answer", "ending"),
    [
        (page("<title>Just a moment...</title>"), Ending.BLOCKED),
        (page("<title>人机验证</title>" + LONG), Ending.BLOCKED),
        (page("<div class='g-recaptcha'></div>"), Ending.BLOCKED),
        (page("<script>location.reload()</script>"), Ending.BLOCKED),
        (page("<form><input type='password'></form>"), Ending.LOGIN_WALL),
        (page("welcome", url="https://shop.example/dang-nhap?next=1"), Ending.LOGIN_WALL),
        (page('{"ret": ["RGV587_ERROR::SM"]}', content_type="application/json"), Ending.BLOCKED),
    ],
)
def test_likely_walls(answer, ending):
    wall = likely_wall(answer)
    assert wall is not None
    assert wall.ending is ending


@pytest.mark.parametrize(
    "answer",
    [
        page("<p>x5secdata RGV587 _Incapsula_Resource px-captcha, said the seller</p>"),
        page(LONG + "<script src='/cdn-cgi/challenge-platform/h/b.js'></script>"),
        page(LONG),
        page(""),
    ],
)
def test_words_of_sellers_and_ordinary_pages_are_no_walls(answer):
    assert certain_wall(answer) is None


def test_an_ordinary_page_is_no_likely_wall():
    assert likely_wall(page(LONG)) is None
    assert likely_wall(page('{"ads": []}', content_type="application/json")) is None
