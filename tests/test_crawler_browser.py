"""Pages made by scripts, rendered in the system's Chromium, bound by the address rule."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.proxying import wanted_of
from crawler.rendering import NAMES, BrowserMissing, find_browser, rendering_settings
from data.crawls import Crawl
from data.listings import Listing
from data.platforms import parse_platform
from data.store import Store
from tests.crawling import Answer, Place, Site, list_html, listing_html, problems, rows, serving
from tests.needs import missing

JSON = {"Content-Type": "application/json"}


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


@pytest.fixture
def chromium() -> None:
    if not any(shutil.which(name) for name in NAMES):
        missing("there is no Chromium; install the package 'chromium'")


def rendered(site: Site, browser: str = "wait_s = 5", rest: str = "") -> str:
    return site.platform(rest=f"{rest}\n[browser]\n{browser}").replace('"structured"', '"browser"')


def made_by_script(html: str, wait_ms: int = 50) -> str:
    """A page that is empty until its script has run."""
    made = json.dumps(html).replace("</", "<\\/")
    return f"""<html><body><div id="app">loading</div><script>
        setTimeout(() => {{ document.getElementById("app").innerHTML = {made}; }}, {wait_ms});
        </script></body></html>"""


@pytest.mark.browser
@pytest.mark.usefixtures("chromium")
def test_lists_and_listings_made_by_scripts_are_read(site, place, store):
    site.pages |= {
        "/": made_by_script(list_html([1, 2])),
        "/item/1": made_by_script(listing_html(1)),
    }
    site.pages["/item/2"] = listing_html(2)
    platform = rendered(site, 'wait_for = "a, h1"\nscroll = 1')
    assert place.crawl(platform) == ("finished", "read 2 listings from 1 list pages")
    assert {row.title for row in rows(store, Listing)} == {"Wooden box 1", "Wooden box 2"}
    assert site.agents == {"faunawatch/0.1.0 (+mailto:team@example.org)"}
    assert site.asked["/robots.txt"] == 1


@pytest.mark.browser
@pytest.mark.usefixtures("chromium")
def test_nothing_a_page_loads_gets_past_the_address_rule(site, place, store):
    with serving() as other:
        other.pages["/secret"] = Answer("{}", 200, JSON | {"Access-Control-Allow-Origin": "*"})
        secret = f"http://{other.address}/secret"
        port = other.address.rpartition(":")[2]
        site.pages["/hop"] = Answer("", 302, {"Location": secret})
        wanted = [
            secret,
            f"http://localhost:{port}/secret",
            "http://169.254.169.254/latest/meta-data/",
            "http://[::1]/",
            "/hop",
        ]
        tries = "".join(
            f"<script src='{one}'></script><iframe src='{one}'></iframe>" for one in wanted
        )
        socket = f"<script>new WebSocket('ws://{other.address}/secret');</script>"
        fetches = f"<script>{json.dumps(wanted)}.forEach(u => fetch(u).catch(() => 0));</script>"
        site.pages["/"] = list_html([1, 2], extra=tries + socket + fetches)
        site.pages["/item/1"] = Answer("", 302, {"Location": secret})
        site.pages["/item/2"] = listing_html(2)
        assert place.crawl(rendered(site))[1] == "read 1 listings from 1 list pages"
        assert sum(other.asked.values()) == 0
    assert [row.external_id for row in rows(store, Listing)] == ["2"]
    assert site.asked["/hop"] >= 1
    with store.read() as session:
        told = session.connection().exec_driver_sql(
            "SELECT message FROM crawl_problems WHERE kind = 'refused_address'"
        )
        assert any("169.254.169.254" in message for (message,) in told)


@pytest.mark.browser
@pytest.mark.usefixtures("chromium")
def test_a_captcha_and_a_refusal_end_the_crawl_in_a_browser_too(site, place, store):
    captcha = "<title>Security check</title><h1>Are you human?</h1><div class='g-recaptcha'></div>"
    site.pages["/"] = made_by_script(captcha)
    ending, cause = place.crawl(rendered(site, 'wait_for = "a.listing"\nwait_s = 1'))
    assert (ending, rows(store, Listing)) == ("blocked", [])
    assert "'Security check'" in cause
    site.pages["/"] = Answer("no", 403)
    assert place.crawl(rendered(site))[0] == "blocked"


@pytest.mark.browser
@pytest.mark.usefixtures("chromium")
def test_what_a_page_loads_counts_against_the_budget_and_pictures_are_left_out(site, place, store):
    loads = "".join(f"<script src='/s{n}.js'></script><img src='/p{n}.png'>" for n in range(5))
    site.pages |= {"/": list_html([1], extra=loads), "/item/1": listing_html(1)}
    site.pages |= {
        f"/s{n}.js": Answer("0", 200, {"Content-Type": "text/javascript"}) for n in range(5)
    }
    assert place.crawl(rendered(site), requests_left=4)[0] == "budget_spent"
    assert sum(site.asked.values()) == rows(store, Crawl)[0].requests == 4
    assert not any("png" in path for path in site.asked)


@pytest.mark.browser
@pytest.mark.usefixtures("chromium")
def test_a_rendered_page_of_absurd_size_is_not_read(site, place, store):
    grow = "<script>document.body.append('x'.repeat(3_000_000))</script>"
    site.pages |= {"/": list_html([1, 2]), "/item/1": listing_html(1, extra=grow)}
    site.pages["/item/2"] = listing_html(2)
    place.crawl(rendered(site))
    assert [row.external_id for row in rows(store, Listing)] == ["2"]
    assert "max_bytes" in problems(store)["too_large"]


def test_without_a_browser_the_message_says_what_to_install(site, monkeypatch):
    monkeypatch.setattr("crawler.rendering.NAMES", ("no-such-browser",))
    with pytest.raises(BrowserMissing, match="install `chromium`"):
        find_browser()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    platform = parse_platform(rendered(site))
    with pytest.raises(BrowserMissing, match=r"faunawatch\[js\]"):
        rendering_settings(platform, "agent")
    assert rendering_settings(parse_platform(site.platform()), "agent") == {}


@pytest.mark.parametrize(
    "head", [b"GET", b"GET  HTTP/1.1", b"GET http://a:b/ HTTP/1.1", b"\xff \xff \xff"]
)
def test_a_broken_request_to_the_proxy_is_refused(head):
    with pytest.raises(ValueError, match=r".*"):
        wanted_of(head + b"\r\n\r\n")
