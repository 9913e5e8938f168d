"""Importing what a person brings: sheets in many encodings, address lists, saved pages."""

import re
from email.message import EmailMessage
from pathlib import Path

import pytest

from crawler.importing import ImportProblem, import_listings
from crawler.intake import import_files
from data.crawls import Crawl, CrawlKind, Ending
from data.evidence import EvidenceFolder
from data.found import EvidenceKind, FoundListing
from data.listings import Evidence, Listing
from data.platform import Platform
from data.platforms import parse_platform
from tests.crawling import NOON, Place, listing_html, options, problems, rows

PLATFORM = """
schema = 1
id = "closed-groups"
name = "Closed groups"
base_url = "https://groups.example/"
style = "imported"
country = "TH"
languages = ["th", "zh-Hans", "vi"]
currency = "THB"
timezone = "Asia/Bangkok"
[lists]
[pages]
pattern = '/(?:posts|item)/(?P<id>\\d+)'
[imported]
without_address = {without}
[imported.columns]
"ชนิด" = "category"
"""


def platform(without: str = "false") -> Platform:
    return parse_platform(PLATFORM.replace("{without}", without))


def imported(
    path: Path, without: str = "false"
) -> tuple[dict[str, FoundListing], list[ImportProblem]]:
    found = list(import_listings(path, platform(without), NOON))
    listings = {one.external_id: one for one in found if isinstance(one, FoundListing)}
    return listings, [one for one in found if isinstance(one, ImportProblem)]


def written(folder: Path, name: str, text: str | bytes, encoding: str = "utf-8") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return file


SHEETS = {
    "english commas": ("url,Title,PRICE\n/posts/1,Old box,1500 baht\n", "utf-8"),
    "thai, as a spreadsheet saves it": (
        "ลิงก์;หัวข้อ;ราคา\r\n/posts/1;กล่อง;1,500 บาท\r\n",
        "utf-8-sig",
    ),
    "thai in its old encoding": ("ลิงก์,หัวข้อ,ราคา\n/posts/1,กล่องไม้เก่า,1500 บาท\n", "cp874"),
    "chinese in gbk": ("链接,标题,价格\n/posts/1,旧木盒，二手,1500\n", "gb18030"),
    "tabs in utf-16": ("Link\tTiêu đề\tGiá bán\n/posts/1\tHộp\t1500\n", "utf-16"),
    "said separator": ("sep=|\nurl|title|price\n/posts/1|Box|1500\n", "utf-8"),
    "signs in headers": ("URL:, title * ,Price (THB)\n/posts/1,Box,1500\n", "utf-8"),
}


@pytest.mark.parametrize("name", SHEETS)
def test_sheets_are_read_as_people_make_them(tmp_path, name):
    text, encoding = SHEETS[name]
    listings, wrong = imported(written(tmp_path, "a.csv", text, encoding))
    assert wrong == []
    found = listings["1"]
    assert found.url == "https://groups.example/posts/1"
    assert found.price == 1500
    written_title = next(cell for cell in re.split("[,;\t|]", text.splitlines()[-1])[1:] if cell)
    assert found.title == written_title


def test_every_mistake_names_its_line_and_field_and_costs_no_other(tmp_path):
    sheet = (
        "url,title,colour,url,images,ชนิด\n"  # 1
        "/posts/1,Box,red,,/a.jpg https://x.example/b.jpg,ของเก่า\n"  # 2
        '/posts/2,"two\nlines",,,,\n'  # 3 and 4
        ",no address,,,,\n"  # 5
        "https://elsewhere.example/posts/3,Other,,,,\n"  # 6
        "/about,No id,,,,\n"  # 7
        "\n"  # 8
        "/posts/4,too,many,,,,cells\n"  # 9
        "/posts/1,Again,,,,\n"  # 10
        "http://[x,Broken,,,,\n"  # 11
        "/posts/5,Last,,,,\n"  # 12
    )
    listings, wrong = imported(written(tmp_path, "a.csv", sheet))
    assert list(listings) == ["1", "2", "5"]
    assert listings["1"].images == ("https://groups.example/a.jpg", "https://x.example/b.jpg")
    assert listings["1"].category == "ของเก่า"
    assert listings["2"].title == "two lines"
    told = [(one.line, one.field) for one in wrong]
    assert told == [
        (1, "colour"),
        (1, "url"),
        (5, "url"),
        (6, "url"),
        (7, "url"),
        (9, ""),
        (10, ""),
        (11, "url"),
    ]
    assert str(wrong[2]) == (
        "a.csv:5: url: has neither an address nor an id; add a column `url`, or `id`"
    )
    assert "already in a.csv:2" in wrong[6].problem


@pytest.mark.parametrize("body", ["", "colour,size\nred,1\n", b"\x00\x01\x02", b"\xff\xfe"])
def test_a_file_that_is_no_sheet_is_told_not_raised(tmp_path, body):
    listings, _ = imported(written(tmp_path, "a.csv", body))
    assert listings == {}


def test_a_list_of_addresses_is_a_list_of_listings(tmp_path):
    text = (
        "# found by volunteers\n1. https://www.groups.example/posts/7?fbclid=x\n"
        "https://groups.example/posts/8,\n\nnot an address\n"
    )
    listings, wrong = imported(written(tmp_path, "list.txt", text.partition("\n")[2]))
    assert listings["7"].url == "https://www.groups.example/posts/7"
    assert listings["8"].problems[0].startswith("no_title")
    assert [(one.line, one.field) for one in wrong] == [(4, "url")]


def test_what_has_no_address_is_known_by_its_words_where_the_file_allows_it(tmp_path):
    sheet = "title,seller\nTiger tooth,Ana\nTiger  tooth,Ana\nIvory,Ana\n"
    file = written(tmp_path, "a.csv", sheet)
    assert imported(file)[0] == {}
    listings, wrong = imported(file, "true")
    assert all(one.startswith("words-") for one in listings)
    assert [one.title for one in listings.values()] == ["Tiger tooth", "Ivory"]
    assert [one.line for one in wrong] == [3]


def mhtml() -> bytes:
    message = EmailMessage()
    message["From"] = "<Saved by Blink>"
    message["Snapshot-Content-Location"] = "https://groups.example/item/3"
    message["MIME-Version"] = "1.0"
    message.set_content(listing_html(3, "กล่องไม้"), subtype="html", charset="utf-8", cte="base64")
    message.make_related()
    return message.as_bytes()


def test_a_folder_of_saved_pages(tmp_path):
    mark = "<!-- saved from url=({:04d}){} -->\n"
    url = "https://groups.example/item/1"
    picture = '"image": ["./box_files/a.jpg", "https://img.example/1.jpg"], "offers"'
    written(
        tmp_path,
        "box.html",
        mark.format(len(url), url) + listing_html(1).replace('"offers"', picture),
    )
    written(tmp_path, "box_files/ad.html", "<p>an advertisement</p>")
    single = "<!--\n Page saved with SingleFile \n url: https://groups.example/item/2 \n-->"
    written(tmp_path, "b/two.htm", single + listing_html(2))
    written(tmp_path, "three.mhtml", mhtml())
    written(tmp_path, "four.html", listing_html(4))
    written(tmp_path, "five.html", listing_html(5))
    written(tmp_path, "addresses.csv", "file,url\nfive.html,https://groups.example/item/5\n")
    sign_in = mark.format(0, "https://groups.example/item/6") + "<form><input type=password></form>"
    written(tmp_path, "six.html", sign_in)
    written(tmp_path, "notes.docx", b"PK")
    listings, wrong = imported(tmp_path)
    assert set(listings) == {"1", "2", "3", "5"}
    assert listings["1"].images == ("https://img.example/1.jpg",)
    assert listings["3"].title == "กล่องไม้"
    assert {one.file: one.problem.split(";")[0] for one in wrong} == {
        "four.html": "does not say where it was saved from",
        "six.html": "a sign-in page came instead of content at https://groups.example/item/6",
    }


def test_an_import_is_a_run_with_evidence_and_problems(tmp_path, sqlite_template):
    place = Place.fresh(tmp_path, sqlite_template)
    sheet = written(tmp_path, "in/a.csv", "url,title\n/posts/1,Box\n,lost\n")
    folder = EvidenceFolder(place.evidence)
    with place.opened() as store:
        for _ in range(2):
            ended = import_files(store, folder, platform(), sheet, options())
        assert ended.ending is Ending.FINISHED
        assert ended.cause == "read 1 listings from a.csv; 1 lines or pages could not be read"
        crawl = rows(store, Crawl)[1]
        assert (crawl.kind, crawl.listings_seen, crawl.listings_new) == (CrawlKind.IMPORT, 1, 0)
        assert problems(store)["import"].startswith("a.csv:3: url: ")
        assert len(rows(store, Listing)) == 1
        evidence = rows(store, Evidence)[0]
        assert evidence.kind is EvidenceKind.IMPORTED
        assert folder.get(evidence.sha256) == b"url,title\r\n/posts/1,Box\r\n"
        empty = import_files(store, folder, platform(), tmp_path / "missing.csv", options())
        assert empty.ending is Ending.NOTHING_FOUND


SOLD = (
    '<html><head>{head}<script type="application/ld+json">{{"@type":"Product","name":"box",'
    '"offers":{{"price":"5","priceCurrency":"THB"}}}}</script></head><body>x</body></html>'
)
FROM = "<!-- saved from url=(0021){url} -->"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)//groups.example/posts/3",
        "file:///etc/posts/3",
        "http://[x/posts/3",
        "https://groups.example:99999/posts/3",
        "http://169.254.169.254/posts/3",
        "https://groups.example@evil.example/posts/3",
    ],
)
def test_a_saved_page_names_an_address_of_its_platform_or_is_left_out(tmp_path, url) -> None:
    for name, page in (
        ("said.html", FROM.format(url=url) + SOLD.format(head="")),
        ("told.html", SOLD.format(head="")),
    ):
        written(tmp_path, name, page)
    written(tmp_path, "addresses.csv", f"file,url\ntold.html,{url}\n")
    listings, wrong = imported(tmp_path)
    assert listings == {}
    assert [one.field for one in wrong] == ["url", "url"]


def test_an_address_with_a_line_end_is_one_line(tmp_path: Path) -> None:
    head = '<meta property="og:url" content="https://groups.example/posts/1&#13;&#10;WARC-Type: x">'
    listings, _ = imported(written(tmp_path, "a.html", SOLD.format(head=head)))
    assert not set("\r\n") & set(listings["1"].url)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    page = FROM.format(url="https://groups.example/posts/9") + SOLD.format(head="")
    secret = written(tmp_path, "elsewhere/secret.key", page)
    folder = tmp_path / "brought"
    inside = written(folder, "real.htm", page.replace("/9", "/8"))
    (folder / "out.html").symlink_to(secret)
    (folder / "within.html").symlink_to(inside)
    listings, wrong = imported(folder)
    assert set(listings) == {"8"}
    assert "out.html: is a link that leads out" in str(wrong[0])


@pytest.mark.parametrize(
    "table",
    [
        "file,url\na.html,虎\n".encode("gb18030"),
        b'file,url\na.html,"' + b"x" * 200_000 + b'"\n',
        b"file,url\na.html\n",
        b"\xff\xfe\x00",
        b"",
    ],
)
def test_a_broken_table_of_addresses_costs_no_other_page(tmp_path: Path, table: bytes) -> None:
    own = FROM.format(url="https://groups.example/posts/7") + SOLD.format(head="")
    written(tmp_path, "a.html", SOLD.format(head=""))
    written(tmp_path, "b.html", own)
    written(tmp_path, "addresses.csv", table)
    listings, wrong = imported(tmp_path)
    assert set(listings) == {"7"}
    assert wrong


def test_a_saved_page_made_to_break_its_reader_costs_itself_alone(tmp_path: Path) -> None:
    deep = "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b0\n\n"
    for at in range(1, 800):
        deep += f"--b{at - 1}\nContent-Type: multipart/related; boundary=b{at}\n\n"
    written(tmp_path, "deep.mhtml", deep)
    for codec in ("hex", "rot13", "idna", "undefined", "nothing-known"):
        head = f'<meta charset="{codec}">'
        page = SOLD.format(head=head + f'<link rel="canonical" href="/posts/{codec}">')
        number = len(codec) * 7
        url = f"https://groups.example/posts/{number}"
        written(tmp_path, f"{codec}.html", FROM.format(url=url) + page)
    listings, wrong = imported(tmp_path)
    assert len(listings) == len(
        {len(one) for one in ("hex", "rot13", "idna", "undefined", "n" * 13)}
    )
    assert [one.file for one in wrong] == ["deep.mhtml"]


def test_a_header_without_end_is_said_to_be_one(tmp_path: Path) -> None:
    _, (wrong,) = imported(written(tmp_path, "a.csv", "url,title" + ",a" * 1000 + "\n/posts/1,b\n"))
    assert "1002 columns" in wrong.problem
