"""Platform files: every mistake is named with file, line and field."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from data.availability import Outcome
from data.platforms import PlatformError, load_file, load_folder, load_platforms, parse_platform

GOOD = """\
schema = 1
id = "shop"
name = "Shop"
base_url = "https://shop.example/"
style = "structured"
country = "TH"
languages = ["th"]
notes = '''
id = "not a key"
[not.a.table]
'''
[lists]
start = ["/new"]
[pages]
pattern = '/p/(?P<id>\\d+)'
keep_query = ["lot"]
[fields]
title = ["h1", "//h2"]
price = { select = ".price", pattern = '([\\d,]+)' }
[[removal]]
outcome = "removed"
status = 404
[[removal]]
outcome = "sold_or_expired"
selector = "p.sold"
"""


def test_a_good_file_is_read_whole():
    shop = parse_platform(GOOD, "shop.toml")
    assert (shop.id, shop.country, shop.languages, shop.delay_s) == ("shop", "TH", ("th",), 3.0)
    assert shop.hosts == {"shop.example"}
    assert shop.fields["title"].select == ("h1", "//h2")
    assert [rule.outcome for rule in shop.removal] == [Outcome.REMOVED, Outcome.SOLD_OR_EXPIRED]
    assert shop.external_id("https://shop.example/p/12?x=1") == "12"
    assert shop.canonical("https://SHOP.example/p/12?lot=3&spm=9#top") == (
        "https://shop.example/p/12?lot=3"
    )


def test_without_keep_query_only_tracking_goes():
    shop = parse_platform(GOOD.replace('keep_query = ["lot"]', ""))
    url = "https://shop.example/p/12?lot=3&utm_source=a&fbclid=b&spm=c"
    assert shop.canonical(url) == "https://shop.example/p/12?lot=3"


# What is replaced in the good file, by what, the line of the error, its field, and its words.
MISTAKES = [
    ("schema = 1", "schema = 2", 1, "schema", "must be 1"),
    ('id = "shop"', 'id = "My Shop"', 2, "id", "small letters"),
    ('name = "Shop"', "name = 3", 3, "name", "a text in quotes"),
    ("https://shop", "shop", 4, "base_url", "whole address"),
    ("structured", "magic", 5, "style", "structured, selectors, json_api, embedded"),
    ('"TH"', '"Thailand"', 6, "country", "two capital letters"),
    ('["th"]', '["xx"]', 7, "languages", "not a language we read"),
    ("[lists]", "[lists]\nstrat = []", 13, "lists.strat", "unknown key"),
    ("[lists]", "colour = 1\n[lists]", 12, "colour", "unknown key"),
    ('start = ["/new"]', "", 12, "lists.start", "is missing"),
    ("(?P<id>", "(?P<nr>", 15, "pages.pattern", "must name the listing's id"),
    ("(?P<id>", "(", 15, "pages.pattern", "must name the listing's id"),
    ("\\d+)'", "\\d+'", 15, "pages.pattern", "not a regular expression"),
    ('"//h2"', '"h1[["', 18, "fields.title", "no CSS or XPath"),
    ('"//h2"', '"//h1["', 18, "fields.title", "no CSS or XPath"),
    ("'([\\d,]+)'", "'(['", 19, "fields.price.pattern", "not a regular expression"),
    ('"removed"', '"changed"', 21, "removal.0.outcome", "no outcome"),
    ("status = 404", 'status = "404"', 22, "removal.0.status", "whole number"),
    ('selector = "p.sold"', "", 24, "removal.1.outcome", "has no condition"),
    ('selector = "p.sold"', 'selektor = "p"', 25, "removal.1.selektor", "unknown key"),
    ("[pages]", "[pages", 14, "", "not valid TOML"),
    ("[lists]", "delay_s = 0.2\n[lists]", 12, "delay_s", "at least 1 s"),
    ("[lists]", "timezone = 'Mars'\n[lists]", 12, "timezone", "no time zone"),
    ("[lists]", "local = ['here']\n[lists]", 12, "local", "host:port"),
    ("[lists]", "[headers]\nCookie = 'a'\n[lists]", 13, "headers.Cookie", "may not be set"),
    ("[lists]", "[lists]\nsearch = '/s'", 13, "lists.search", "{term}"),
    ("[lists]", "[lists]\noffset_parameter = 'o'", 12, "lists.page_size", "is missing"),
    ("[lists]", "[lists]\ncursor_parameter = 'c'", 12, "lists.cursor", "is missing"),
    ("[lists]", "[lists]\nmore = 'a.b'", 13, "lists.more", "only where lists are"),
    ("[lists]", "[lists]\ntotal = 'a[['", 13, "lists.total", "no CSS or XPath"),
    ("[lists]", "listing_style = 'feed'\n[lists]", 12, "listing_style", "reads no listing"),
    ("[lists]", "recheck_also = '/api/'\n[lists]", 12, "recheck_also", "{id}"),
    ("[lists]", "[json]\nalso = '/api/'\n[lists]", 13, "json.also", "{id}"),
    ("[lists]", "[json]\nrows = 'a[['\n[lists]", 13, "json.rows", "no JMESPath"),
    ("[lists]", "[json]\nrows = 'a'\n[lists]", 12, "json.id", "is missing"),
    ("[lists]", "[json]\nwhole_rows = true\n[lists]", 12, "json.rows", "is missing"),
    ("[lists]", "[json]\nmethod = 'PUT'\n[lists]", 13, "json.method", "GET or POST"),
    ("[lists]", "[json]\nscript = '//['\n[lists]", 13, "json.script", "no CSS or XPath"),
    ("[lists]", "[also_fields]\nplace = 'a[['\n[lists]", 13, "also_fields.place", "no JMESPath"),
    ("[lists]", "[feed]\nsitemaps = '('\n[lists]", 13, "feed.sitemaps", "regular expression"),
    ("[lists]", "[browser]\nrender = 'all'\n[lists]", 13, "browser.render", "not rendered"),
    ("[lists]", "[browser]\nwait_s = 90\n[lists]", 13, "browser.wait_s", "at most 30"),
    ("[lists]", "[browser]\nat_once = 9\n[lists]", 13, "browser.at_once", "at most 2"),
    (
        "[lists]",
        "[imported.columns]\nGia = 'cost'\n[lists]",
        13,
        "imported.columns.Gia",
        "no field",
    ),
]


@pytest.mark.parametrize(("old", "new", "line", "field", "words"), MISTAKES)
def test_a_mistake_names_file_line_and_field(old, new, line, field, words):
    assert old in GOOD
    with pytest.raises(PlatformError, match=re.escape(words)) as caught:
        parse_platform(GOOD.replace(old, new, 1), "shop.toml")
    assert (caught.value.line, caught.value.field) == (line, field)
    assert str(caught.value).startswith(f"shop.toml:{line}: ")


def test_json_paths_are_checked_too():
    text = GOOD.replace("structured", "json_api").replace('["h1", "//h2"]', '"data[[.name"')
    rows = '[json]\nrows = "data[*]"\nid = "id"\n[fields]\nprice = "cost"'
    text = text.replace("[fields]", rows).replace("price = {", "#")
    with pytest.raises(PlatformError, match="no JMESPath") as caught:
        parse_platform(text, "shop.toml")
    assert caught.value.field == "fields.title"


def test_one_broken_file_hides_no_other(tmp_path: Path):
    (tmp_path / "a.toml").write_text(GOOD.replace("schema = 1", "schema = 9"))
    (tmp_path / "b.toml").write_text(GOOD)
    (tmp_path / "c.toml").write_text(GOOD)
    (tmp_path / "d.toml").write_bytes(GOOD.replace("Shop", "Sh\xf6p").encode("latin-1"))
    platforms, errors = load_folder(tmp_path)
    assert list(platforms) == ["shop"]
    assert [Path(error.file).name for error in errors] == ["a.toml", "c.toml", "d.toml"]
    assert [error.line for error in errors] == [1, 1, 3]
    assert "already the id of" in str(errors[1])


def test_a_later_folder_wins_by_id(tmp_path: Path):
    shipped, home = tmp_path / "shipped", tmp_path / "home"
    for folder, name in ((shipped, "Shipped"), (home, "Ours")):
        folder.mkdir()
        (folder / "shop.toml").write_text(GOOD.replace('"Shop"', f'"{name}"'))
    platforms, errors = load_platforms(shipped, home, tmp_path / "missing")
    assert (platforms["shop"].name, errors) == ("Ours", [])


def test_the_shipped_files_load():
    root = Path(__file__).parents[1]
    platforms, errors = load_platforms(root / "data/reference/platforms", root / "tests/platforms")
    platforms["pasar-contoh"] = load_file(root / "faunawatch/sample/platform.toml")
    assert errors == []
    assert {"generic-shop", "pasar-contoh", "django-classified"} <= set(platforms)
    assert Decimal(platforms["generic-shop"].delay_s) >= 1
