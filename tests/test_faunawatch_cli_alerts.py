"""`faunawatch alerts`: what it says and refuses; addresses are never typed openly or shown."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from faunawatch.cli import app

ADDRESS = "json://127.0.0.1:9/s3cret"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FAUNAWATCH_HOME", str(tmp_path))
    monkeypatch.delenv("FAUNAWATCH_DATABASE_URL", raising=False)
    return tmp_path


def _run(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, ["alerts", *arguments], input=typed)


def test_a_channel_is_added_listed_and_removed_without_showing_its_address(home: Path) -> None:
    assert "alerts go to team" in _run("add", "team", typed=ADDRESS).output
    result = _run("list")
    assert result.exit_code == 0
    listed = result.output
    assert listed.count("rule\t") == 7
    assert "channel\tteam\thas an address\tnothing sent yet" in listed
    assert "s3cret" not in listed
    assert "nothing goes to team" in _run("remove", "team").output
    assert not (home / "secrets" / "alert-team").exists()
    assert "channel\t" not in _run("list").output


@pytest.mark.parametrize(
    ("arguments", "typed", "words"),
    [
        (("add", "Team"), ADDRESS, "is no name for a channel"),
        (("add", "team"), "nonsense", "is of no kind"),
        (("remove", "team"), "", "no channel 'team'"),
        (("mute", "all", "--for", "soon"), "", "is no span of time"),
        (("watch", "x", "--taxon", "dragon"), "", "is no animal we know"),
        (("rule", "99", "--remove"), "", "no rule 99"),
        (("set", "--link", "ftp://x"), "", "is no address of our screens"),
        (("set", "--hour", "24"), "", "is no hour"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    home: Path, arguments: tuple[str, ...], typed: str, words: str
) -> None:
    refused = _run(*arguments, typed=typed)
    assert refused.exit_code == 1
    assert words in refused.output
    assert len(refused.output.strip().splitlines()) == 1


def test_rules_are_added_changed_and_removed(home: Path) -> None:
    added = _run("watch", "Live tigers", "--taxon", "tiger", "--live", "--sure", "0.9").output
    assert "rule 8: Live tigers: tiger, alive, at least 90% sure" in added
    assert "after 4 in a row" in _run("rule", "1", "--after", "4").output
    _run("rule", "8", "--mute-for", "1d")
    assert "Live tigers: tiger, alive, at least 90% sure\tmuted until" in _run("list").output
    assert "rule 8 is gone" in _run("rule", "8", "--remove").output


def test_mutes_and_settings_say_what_holds_now(home: Path) -> None:
    assert "nothing is said of chotot until" in _run("mute", "chotot", "--for", "7d").output
    assert "are sent again" in _run("unmute", "chotot").output
    assert "counts and our own link only" in _run("set", "--hour", "5").output
    told = _run("set", "--details", "--link", "https://team.example").output
    assert "names and causes" in told
    assert "https://team.example" in told


def test_nothing_waits(home: Path) -> None:
    assert "0 sent, 0 to be tried again, 0 given up" in _run("send").output


@pytest.mark.parametrize("name", ["x/../case-signing.key", "../evil", "a/b", "team\n"])
def test_a_name_cannot_write_over_another_secret(home: Path, name: str) -> None:
    secrets = home / "secrets"
    secrets.mkdir()
    (secrets / "case-signing.key").write_bytes(b"kept")
    assert "is no name for a channel" in _run("add", name, typed=ADDRESS).output
    assert (secrets / "case-signing.key").read_bytes() == b"kept"
    assert [one.name for one in secrets.iterdir()] == ["case-signing.key"]
    assert not (home / "evil").exists()
