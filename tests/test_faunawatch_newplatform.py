"""A first platform file from a site's own pages: it must load, say what it guessed, and crawl."""

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.home import HomeKind, the_home
from data.listings import Listing
from data.platforms import parse_platform
from data.store import open_store, sqlite_url
from faunawatch.house import House
from faunawatch.newplatform.links import families
from faunawatch.newplatform.making import CannotMake, NothingToDescribe, new_platform
from faunawatch.newplatform.writing import Draft, Line, toml_of
from tests.classified.site import make_site, served
from tests.crawling import Answer, Place, Site, _in_process, check_in_process, rows, serving
from tests.unknown_sites import IDS, SHAPES, Shape, name_of, page, rss, shop_with_json_ld

ROOT = Path(__file__).parents[1]
CONTACT = "a@example.org"


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as served_site:
        yield served_site


@pytest.fixture
def place(tmp_path: Path, sqlite_template: Path) -> Place:
    return Place.fresh(tmp_path, sqlite_template)


def made(folder: Path, url: str, kind: HomeKind = HomeKind.TEST):
    """Run `new_platform` in this process; return the file's text, or the refusal."""
    folder.mkdir(exist_ok=True)
    store = open_store(sqlite_url(folder / f"{kind}.sqlite"), kind=kind)
    try:
        new_platform(House(folder, "", store), url, "trial", contact=CONTACT)
    except (CannotMake, NothingToDescribe) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        store.close()
    return (folder / "platforms" / "trial.toml").read_text(encoding="utf-8")


def drafted(folder: Path, url: str, kind: HomeKind = HomeKind.TEST):
    """Run it in a process of its own, since a reactor starts only once."""
    return _in_process(made, folder, url, kind)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda one: one.__name__)
def test_a_drafted_file_crawls_its_site(shape: Shape, site: Site, place: Place, tmp_path: Path):
    start = shape(site)
    text = drafted(tmp_path / "home", f"http://{site.address}{start}")
    platform = parse_platform(text)
    assert platform.style == SHAPES[shape], text
    assert "# guess: " in text
    assert "# found: " in text
    assert "last_verified" in text
    ending, cause = place.crawl(text)
    with place.opened() as store:
        found = {row.external_id: row.title for row in rows(store, Listing)}
    assert found == {one: name_of(one) for one in IDS}, (ending, cause, text)


# What each shape's file must have told of its site.
TOLD = {
    "shop_with_json_ld": ["rel~=next", "/find?c=9&kw={term}", "a[href*='/category/']", "/feed.xml"],
    "shop_with_microdata": ['country = "TH"', "ถัดไป", 'currency = "THB"', 'keep_query = ["lang"'],
    "catalogue_with_classes": ["li.next a", ".price_color", ".product-description", "_(?P<id>"],
    "app_with_next_data": ["props.pageProps.ads", "props.pageProps.ad", "seller.name", '"page"'],
    "board_with_open_graph": ["//button[@name='page']", ".item-price", "osclass.toml"],
    "json_api": ['rows = "data.ads"', 'id = "list_id"', 'title = "subject"'],
    "rss_feed": ['feeds = ["/feed.xml"]', "whole = false"],
}


@pytest.mark.parametrize("shape", SHAPES, ids=lambda one: one.__name__)
def test_a_drafted_file_tells_what_the_pages_offered(shape: Shape, site: Site, tmp_path: Path):
    text = drafted(tmp_path / "home", f"http://{site.address}{shape(site)}")
    for words in TOLD[shape.__name__]:
        assert words in text, text


def test_a_draft_of_a_front_page_follows_a_category(site: Site, tmp_path: Path):
    front = '<a href="/category/a">A</a><a href="/category/b">B</a>'
    site.pages["/"] = page(front)
    links = "".join(f'<a href="/ad/{one}">{one}</a>' for one in IDS)
    site.pages["/category/a"] = page(front + links)
    for one in IDS:
        site.pages[f"/ad/{one}"] = page(f"<h1>{name_of(one)}</h1><p class='price'>RM 20</p>")
    text = drafted(tmp_path / "home", f"http://{site.address}/")
    assert parse_platform(text).lists.start == ("/category/a",)


def test_a_feed_that_names_another_host_is_left_out_and_hides_nothing(site, place, tmp_path: Path):
    start = shop_with_json_ld(site)
    site.pages["/feed.xml"] = rss("elsewhere.example")
    text = drafted(tmp_path / "home", f"http://{site.address}{start}")
    assert "feeds" not in text
    place.crawl(text.replace("[lists]", '[lists]\nfeeds = ["/feed.xml"]'))
    with place.opened() as store:
        assert {row.external_id for row in rows(store, Listing)} == set(IDS)


def test_robots_bind_a_survey(site: Site, tmp_path: Path):
    site.pages["/robots.txt"] = "User-agent: *\nDisallow: /"
    site.pages["/"] = page("<a href='/1'>1</a>")
    said = drafted(tmp_path / "home", f"http://{site.address}/")
    assert said.startswith("NothingToDescribe")
    assert "robots.txt forbids" in said
    assert site.asked["/"] == 0


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/", "http://169.254.169.254/latest/"])
def test_a_real_home_surveys_no_private_address(address: str, tmp_path: Path):
    said = drafted(tmp_path / "home", address, HomeKind.REAL)
    assert said.startswith("NothingToDescribe")
    assert "private address" in said


def test_a_redirect_to_a_private_address_is_not_followed(site: Site, tmp_path: Path):
    target = "http://169.254.169.254/latest"
    site.pages["/"] = Answer("", 302, {"Location": target})
    said = drafted(tmp_path / "home", f"http://{site.address}/")
    assert "private address" in said


def test_a_survey_says_who_asks(site: Site, tmp_path: Path):
    drafted(tmp_path / "home", f"http://{site.address}/")
    assert all("a@example.org" in agent for agent in site.agents)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<h1>Welcome</h1>", "no listings were found"),
        ("<a href='/a-1'>x</a><a href='/a-2'>x</a><a href='/a-3'>x</a>", "answered 404"),
    ],
)
def test_a_page_without_listings_is_refused_in_words(body: str, words: str, site, tmp_path: Path):
    site.pages["/"] = page(body)
    said = drafted(tmp_path / "home", f"http://{site.address}/")
    assert said.startswith("NothingToDescribe")
    assert words in said


def test_a_wall_ends_a_survey(site: Site, tmp_path: Path):
    site.pages["/"] = Answer("<title>Just a moment...</title>", 403, {"cf-mitigated": "challenge"})
    said = drafted(tmp_path / "home", f"http://{site.address}/")
    assert said.startswith("NothingToDescribe")
    assert sum(site.asked.values()) == 2  # robots.txt and the page; nothing past the wall


def test_what_is_there_is_not_overwritten(tmp_path: Path):
    (tmp_path / "platforms").mkdir()
    (tmp_path / "platforms" / "trial.toml").write_text("mine")
    assert made(tmp_path, "http://a.example/").startswith("CannotMake")
    assert made(tmp_path / "b", "a.example").startswith("CannotMake")


FORMS = {
    "/item/12-box /item/34-cup /item/56-jug": ("/item/56-jug", "56"),
    "/box-12.html /cup-34.html /jug-56.html": ("/jug-56.html", "56"),
    "/product-12 /product-34 /product-56": ("/product-56?x=1", "56"),
    "/a/b_12/ /a/c_34/ /a/d_56/": ("/a/d_56/", "56"),
    "/i.php?page=item&id=12 /i.php?page=item&id=34 /i.php?page=item&id=56": (
        "/i.php?page=item&id=56",
        "56",
    ),
    "/p/old-box /p/old-cup /p/old-jug": ("/p/old-jug", "old-jug"),
    "/x/12.htm /y/34.htm /z/56.htm": ("/y/34.htm", "34"),
}


@pytest.mark.parametrize("links", FORMS)
def test_a_pattern_is_found_for_each_form_of_address(links: str):
    import re

    (best, *_) = families(f"https://a.example{one}" for one in links.split())
    url, external_id = FORMS[links]
    found = re.search(best.pattern, f"https://a.example{url}")
    assert found is not None
    assert found["id"] == external_id


def test_pagers_and_users_are_no_listings():
    urls = [f"https://a.example/user/{one}" for one in range(9)]
    urls += [f"https://a.example/new?page={one}" for one in range(9)]
    assert families(urls) == []


@pytest.mark.slow
def test_real_classifieds_software_is_drafted_checked_and_crawled(tmp_path: Path, place: Place):
    with served(make_site(tmp_path / "made", 60)) as running:
        text = drafted(tmp_path / "home", f"{running.address}/search/")
        report = check_in_process(text)
        assert report.requests > 3
        ended = place.crawl(text)
        with place.opened() as store:
            found = {row.external_id: row.title for row in rows(store, Listing)}
        shown = {number: " ".join(title.split()) for number, title in running.shown().items()}
        assert found == shown, (ended, text)


@pytest.mark.slow
def test_the_command_writes_a_file_that_check_can_run(site: Site, tmp_path: Path):
    start = next(iter(SHAPES))(site)
    store = open_store(sqlite_url(tmp_path / "faunawatch.sqlite"), kind=HomeKind.TEST)
    with store.write() as session:
        the_home(session).contact_email = "a@example.org"
    store.close()

    def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(
            [sys.executable, "-m", "faunawatch", "platform", *arguments],
            capture_output=True,
            check=False,
            cwd=ROOT,
            env={"FAUNAWATCH_HOME": str(tmp_path), "PATH": "", **environment},
        )

    done = run("new", f"http://{site.address}{start}", "--id", "trial")
    assert done.returncode == 0, done.stderr.decode()
    assert b"platform check" in done.stdout
    assert b"terms-read trial" in done.stdout
    checked = run("check", str(tmp_path / "platforms" / "trial.toml"))
    assert b"trial: " in checked.stdout, checked.stderr.decode()
    assert b"title" in checked.stdout
    assert b"trial" in run("list").stdout
    nobody = run("new", "http://shop.example/", FAUNAWATCH_HOME=str(tmp_path / "other"))
    assert nobody.returncode == 1
    assert b"no contact e-mail" in nobody.stderr


ODD = ['"""\nx = 1', "\x00", "\x7f", "\ud800", "\\d\x7f", "'''", "a\r\nb", "\u2028"]


@pytest.mark.parametrize("odd", ODD)
def test_nothing_a_page_says_breaks_out_of_its_line(odd: str) -> None:
    text = toml_of(Draft(top=[Line("name", odd, odd)], notes=[odd]))
    assert set(tomllib.loads(text)) == {"name", "notes", "removal"}
    assert text.encode()
