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
