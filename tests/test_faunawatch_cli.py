"""The command line is a contract: names, formats, exit codes, and what is loaded for them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from data.home import HomeKind
from data.store import open_store, sqlite_url
from faunawatch.cli import app

ROOT = Path(__file__).parents[1]
HEAVY = ("sklearn", "scrapy", "twisted", "jieba", "fastapi", "scipy")


def run(home: Path, *arguments: str, text: str | bytes = b"", **environment: str):
    """Run the real command on a home of its own."""
    given = text.encode() if isinstance(text, str) else text
    return subprocess.run(
        [sys.executable, "-m", "faunawatch", *arguments],
        input=given,
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={"FAUNAWATCH_HOME": str(home), "PATH": "", **environment},
    )


def lines(done) -> list[dict]:
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


@pytest.mark.parametrize(
    "command",
    ["--help", "listings --json", "flags --json", "requests --json", "crawls --json"],
)
def test_help_and_rows_load_nothing_heavy(tmp_path: Path, command) -> None:
    code = (
        "import sys\n"
        f"sys.argv = ['faunawatch', *{command.split()!r}]\n"
        "from faunawatch.cli import app\n"
        "try:\n    app()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        f"loaded = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "assert not loaded, loaded\n"
    )
    environment = {"FAUNAWATCH_HOME": str(tmp_path), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False, cwd=ROOT, env=environment
    )
    assert done.returncode == 0, done.stderr.decode()


def test_classify_keeps_order_and_goes_on_after_bad_lines(tmp_path: Path) -> None:
    text = (
        b'{"title": "ng\xc3\xa0 voi th\xe1\xba\xadt 2tr5/l\xe1\xba\xa1ng", "price": null}\n'
        b"not json\n"
        b'{"id": "x", "title": "xe m\xc3\xa1y c\xc5\xa9"}\n'
        b'\xff{"title": "broken byte"}\n'
        b'{"description": "no title"}\n'
        b'{"id": 7, "title": ""}\n'
    )
    done = run(tmp_path, "classify", text=text)
    found = lines(done)
    assert done.returncode == 2
    assert [one["id"] for one in found] == [1, "x", 7]
    complaints = done.stderr.decode().splitlines()
    assert [one.split(":")[0] for one in complaints] == ["line 2", "line 4", "line 5"]
    assert not (tmp_path / "faunawatch.sqlite").exists()


def test_classify_gives_every_field_of_the_contract(tmp_path: Path) -> None:
    listing = {"title": "🐘 象牙手串 38元/克", "description": "加微信 demo_0101"}
    (found,) = lines(run(tmp_path, "classify", text=json.dumps(listing) + "\n"))
    assert set(found) == {
        "id", "lang", "offered", "groups", "flag", "taxon", "product", "reasons"
    }  # fmt: skip
    assert set(found["groups"]) == {"tiger", "elephant", "turtle"}
    assert found["flag"] is True
    body = f"{listing['title']}\n{listing['description']}"
    for reason in found["reasons"]:
        assert set(reason) == {"text", "start", "end", "kind", "gloss", "weight"}
        if reason["start"] is not None:
            assert body[reason["start"] : reason["end"]] == reason["text"]


def test_classify_reads_a_file_like_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text('{"title": "虎骨酒"}\n', encoding="utf-8")
    from_file = run(tmp_path, "classify", str(file), "--fast")
    assert from_file.stdout == run(tmp_path, "classify", "--fast", text=file.read_bytes()).stdout
    assert from_file.returncode == 0


def test_users_are_added_once_and_reset(tmp_path: Path) -> None:
    added = run(tmp_path, "users", "add", "Mai", "--role", "reviewer", "--reads", "vi")
    assert b"/enter/" in added.stdout
    again = run(tmp_path, "users", "add", "Mai", "--role", "reviewer")
    assert again.returncode == 2
    assert b"choose another name" in again.stderr
    assert run(tmp_path, "users", "add", "Bo", "--role", "king").returncode == 2
    assert b"/enter/" in run(tmp_path, "users", "reset", "Mai").stdout
    assert run(tmp_path, "users", "disable", "Mai").returncode == 0
    assert run(tmp_path, "users", "reset", "Nobody").returncode == 1


def test_a_shifted_clock_is_refused_on_real_data(tmp_path: Path) -> None:
    done = run(tmp_path, "listings", "--json", FAUNAWATCH_CLOCK="+25h")
    assert done.returncode == 1
    assert b"FAUNAWATCH_CLOCK" in done.stderr
    done = run(tmp_path, "listings", "--json", FAUNAWATCH_CLOCK="tomorrow")
    assert b"+25h" in done.stderr


def test_crawling_needs_a_contact(tmp_path: Path) -> None:
    done = run(tmp_path, "crawl", "generic-shop")
    assert done.returncode == 1
    assert b"settings set contact-email" in done.stderr
    assert run(tmp_path, "settings", "set", "contact-email", "nobody").returncode == 2
    assert run(tmp_path, "settings", "set", "contact-email", "a@example.org").returncode == 0
    assert b"a@example.org" in run(tmp_path, "settings", "show").stdout


def test_an_unknown_platform_is_named_with_the_known_ones(tmp_path: Path) -> None:
    done = run(tmp_path, "platform", "enable", "nowhere")
    assert done.returncode == 1
    assert b"no platform 'nowhere'; there are: chotot, generic-feed, generic-shop" in done.stderr


def test_a_broken_platform_file_is_told_and_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "platforms").mkdir()
    (tmp_path / "platforms" / "bad.toml").write_text("schema = 1\nid = 'bad'\ncolour = 'red'\n")
    done = run(tmp_path, "platform", "list")
    assert done.returncode == 1
    assert b"generic-shop" in done.stdout
    assert b"bad.toml" in done.stderr
    assert b"line 3" in done.stderr or b":3" in done.stderr


def test_schedules_are_checked(tmp_path: Path) -> None:
    def enable(*options: str):
        return run(tmp_path, "platform", "enable", "generic-shop", *options)

    asked = ("--by", "Mai", "--note", "An example, no real terms.")
    assert run(tmp_path, "platform", "terms-read", "generic-shop", *asked).returncode == 0
    assert enable("--every", "1d", "--at", "02:00", "--tz", "Asia/Bangkok").returncode == 0
    assert b"Asia/Bangkok" in run(tmp_path, "platform", "list").stdout
    for bad in (("--every", "1m"), ("--every", "x"), ("--tz", "Mars/Base"), ("--at", "25:00")):
        assert enable(*bad).returncode == 1, bad
    assert run(tmp_path, "platform", "pause", "generic-shop", "--for", "7d").returncode == 0
    assert run(tmp_path, "platform", "disable", "generic-shop").returncode == 0


def test_the_doctor_says_what_is_missing(tmp_path: Path) -> None:
    done = run(tmp_path, "doctor")
    assert done.returncode == 1
    told = done.stdout.decode()
    assert "BAD  no contact e-mail" in told
    assert "BAD  nobody can sign in" in told
    assert "ok   the audit chain is whole" in told


def test_up_refuses_a_demo_home(tmp_path: Path) -> None:
    open_store(sqlite_url(tmp_path / "faunawatch.sqlite"), kind=HomeKind.DEMO).close()
    done = run(tmp_path, "up")
    assert done.returncode == 1
    assert b"marked 'demo', not 'real'" in done.stderr


@pytest.mark.parametrize(
    "days", [("--to", "9999-12-31"), ("--from", "2026-02-01", "--to", "2026-01-01")]
)
def test_figures_need_a_period(tmp_path: Path, days) -> None:
    done = run(tmp_path, "figures", "--json", *days)
    assert done.returncode == 2
    assert b"give days in order" in done.stderr
    one_day = run(tmp_path, "figures", "--json", "--from", "2026-01-01", "--to", "2026-01-01")
    (found,) = lines(one_day)
    assert found["rates"]["takedown_rate"]["value"] is None


def test_every_command_has_help() -> None:
    def walk(group, path=()):
        for command in group.registered_commands:
            assert command.help or command.callback.__doc__, (path, command.name)
        for inner in group.registered_groups:
            walk(inner.typer_instance, (*path, inner.name))

    walk(app)
