"""The user's own key goes to its API and nowhere else; only there does robots.txt not bind."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.addresses import AddressRule
from crawler.official import is_official
from data.home import HomeKind
from data.listings import Listing
from data.platforms import PlatformError, parse_platform
from tests.crawling import Answer, Place, Site, options, rows, serving

KEY = "k-only-for-tests"
OFFICIAL = """
[official_api]
host = "{host}"
secret = "market"
header = "X-Api-Key"
form = "{{key}}"
"""
API = """
schema = 1
id = "market"
name = "Market"
base_url = "http://{address}/"
style = "json_api"
country = "MY"
languages = ["en"]
local = ["{address}"]
hosts = ["{more}"]
delay_s = 0
[lists]
start = ["/api/list"]
[pages]
pattern = '/item/(?P<id>\\d+)'
address = "/item/{{id}}"
[json]
rows = "rows"
id = "id"
[fields]
title = "name"
"""


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as served:
        rows_of = {"rows": [{"id": 1, "name": "Box"}, {"id": 2, "name": "Cup"}]}
        body = json.dumps(rows_of)
        served.pages["/api/list"] = Answer(body, 200, {"Content-Type": "application/json"})
        served.pages["/robots.txt"] = "User-agent: *\nDisallow: /"
        yield served


@pytest.fixture
def place(tmp_path: Path, sqlite_template: Path) -> Place:
    return Place.fresh(tmp_path, sqlite_template)


def platform_text(site: Site, *, official: str = "") -> str:
    text = API.format(address=site.address, more="127.0.0.1:1")
    return text + (OFFICIAL.format(host=official) if official else "")


def test_robots_bind_an_api_without_a_key(site: Site, place: Place):
    ending, cause = place.crawl(platform_text(site))
    assert ending == "robots_refused", cause
    assert site.asked["/api/list"] == 0


def test_robots_bind_an_official_api_when_the_key_is_missing(site: Site, place: Place):
    ending, _ = place.crawl(platform_text(site, official=site.address))
    assert ending == "robots_refused"
    assert site.asked["/api/list"] == 0


def test_robots_bind_other_hosts_than_the_api(site: Site, place: Place):
    text = platform_text(site, official="127.0.0.1:1")
    ending, _ = place.crawl(text, api_key=KEY)
    assert ending == "robots_refused"


def test_with_the_key_the_official_api_is_read(site: Site, place: Place):
    ending, cause = place.crawl(platform_text(site, official=site.address), api_key=KEY)
    assert ending == "finished", cause
    assert site.keys["/api/list"] == KEY
    assert "/robots.txt" not in site.asked
    with place.opened() as store:
        assert {row.title for row in rows(store, Listing)} == {"Box", "Cup"}


def test_a_redirect_does_not_carry_the_key_elsewhere(site: Site, place: Place):
    with serving() as other:
        other.pages["/list"] = Answer('{"rows": []}', 200, {"Content-Type": "application/json"})
        target = f"http://{other.address}/list"
        site.pages["/api/list"] = Answer("", 302, {"Location": target})
        text = platform_text(site, official=site.address)
        text = text.replace('"127.0.0.1:1"', f'"{other.address}"')
        text = text.replace(
            f'local = ["{site.address}"]', f'local = ["{site.address}", "{other.address}"]'
        )
        place.crawl(text, api_key=KEY)
        assert site.keys["/api/list"] == KEY
        assert other.asked["/list"] == 1
        assert set(other.keys.values()) == {""}


def test_the_key_is_sent_to_its_host_alone_and_never_in_clear():
    text = API.format(address="127.0.0.1:9", more="api.example.org")
    platform = parse_platform(text + OFFICIAL.format(host="api.example.org"))
    rule = AddressRule.of(platform, HomeKind.REAL)
    assert is_official("https://api.example.org/list", platform, rule, KEY)
    assert is_official("https://API.example.org/list", platform, rule, KEY)
    for url in (
        "http://api.example.org/list",
        "https://example.org/list",
        "https://api.example.org.evil.example/",
        "https://api.example.org:8443/",
        "https://user@api.example.org/",
    ):
        assert not is_official(url, platform, rule, KEY)
    assert not is_official("https://api.example.org/list", platform, rule, "")


def test_the_key_stays_out_of_what_options_say_of_themselves():
    assert KEY not in repr(options(api_key=KEY))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"market"', '"My Key!"', "never the key itself"),
        ('"X-Api-Key"', '"Cookie"', "a request header that carries keys"),
        ('"{key}"', '"Bearer"', "must contain {key} once"),
        ('host = "api.example.org"', 'host = "https://api.example.org/"', "a host alone"),
        ('secret = "market"', "", "is missing"),
        ("[official_api]", '[official_api]\nkey = "abc"', "unknown key"),
    ],
)
def test_a_wrong_table_is_named(old: str, new: str, words: str):
    table = OFFICIAL.format(host="api.example.org")
    assert old in table
    text = API.format(address="127.0.0.1:9", more="127.0.0.1:1") + table.replace(old, new)
    with pytest.raises(PlatformError, match=words.replace("{", r"\{")) as caught:
        parse_platform(text)
    assert caught.value.field.startswith("official_api")


def test_a_file_cannot_have_an_alert_channels_address_sent_to_its_host(site: Site) -> None:
    text = platform_text(site, official="api.market.example")
    with pytest.raises(PlatformError, match="alert channel"):
        parse_platform(text.replace('secret = "market"', 'secret = "alert-team"'))


@pytest.mark.parametrize(
    "url",
    [
        "https://api.market.example:444/1",
        "https://user@api.market.example/1",
        "https://api.market.example@evil.example/1",
        "https://api.market.example./1",
        "https://api.market.example.evil.example/1",
        "https://xapi.market.example/1",
        "http://api.market.example/1",
        "https://evil.example/https://api.market.example/1",
        "https://evil.example\\@api.market.example/1",
    ],
)
def test_the_key_goes_to_one_host_alone_however_an_address_is_written(site: Site, url: str) -> None:
    market = parse_platform(platform_text(site, official="api.market.example"))
    rule = AddressRule.of(market, HomeKind.REAL)
    assert not is_official(url, market, rule, KEY)
    assert is_official("https://API.market.example/1", market, rule, KEY)
