"""`faunawatch platform check` as people and programs see it."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from crawler.checking.faults import Fault, Found
from crawler.checking.fields import Coverage
from crawler.checking.report import CheckReport
from data.home import HomeKind
from data.store import open_store, sqlite_url
from faunawatch.checked import lines_of
from faunawatch.cli.checking import show
from tests.crawling import serving
from tests.faulty import FaultySite
from tests.test_faunawatch_cli import run


@pytest.fixture
def site() -> Iterator[FaultySite]:
    with serving() as served:
        yield FaultySite(served)


def checked(home: Path, site: FaultySite, *more: str):
    open_store(sqlite_url(home / "faunawatch.sqlite"), kind=HomeKind.TEST).close()
    run(home, "settings", "set", "contact-email", "team@example.org")
    file = home / "faulty.toml"
    file.write_text(site.file, encoding="utf-8")
    return run(home, "platform", "check", str(file), *more)


def test_a_good_platform_exits_with_zero_and_plain_lines(tmp_path: Path, site: FaultySite):
    done = checked(tmp_path, site)
    said = done.stdout.decode().splitlines()
    assert done.returncode == 0, done.stderr.decode()
    assert said[0].startswith("faulty: Chợ thử, ")
    assert said[-1] == "Nothing wrong found."
    assert any(line.split()[:2] == ["title", "8/8"] for line in said)
    assert b"\x1b" not in done.stdout


def test_a_broken_platform_exits_with_one_and_says_json_on_request(
    tmp_path: Path, site: FaultySite
):
    site.text_class = "elsewhere"
    done = checked(tmp_path, site, "--json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert [one["fault"] for one in report["faults"]] == ["wrong_selector"]


def report(*faults: Found, remarks: tuple[str, ...] = ()) -> CheckReport:
    return CheckReport(
        platform_id="shop",
        name="Shop [bold]",
        checked_at=datetime(2026, 11, 22, tzinfo=UTC),
        faults=faults,
        remarks=remarks,
        fields=(
            Coverage("title", 8, 8, "a\x1b[2Jb" + "long " * 30, needed=True),
            Coverage("place", 0, 8, "", needed=False),
        ),
        pages=8,
        requests=14,
        robots="allowed",
        paging="3 list pages read",
        search="no search is described",
    )


def drawn(shown: CheckReport) -> str:
    text = io.StringIO()
    show(shown, Console(file=text, width=80, force_terminal=True, highlight=False))
    return text.getvalue()


def test_a_terminal_gets_a_table_that_sellers_cannot_steer():
    text = drawn(report(Found(Fault.PRICE_SCALE, "15 was read where 1500 stands"), remarks=("x",)))
    assert "\x1b[2J" not in text
    assert "Shop [bold]" in text
    assert "✗ wrong price scale" in text
    assert "1 fault found" in text
    assert "━━━━━━━━" in text


def test_pipes_get_one_line_each():
    said = list(lines_of(report(Found(Fault.ROBOTS, "forbids all"), remarks=("y",))))
    assert "FAULT   robots refusal: forbids all" in said
    assert "REMARK  y" in said
    assert any("place" in line and "may be missing" in line for line in said)
