"""Nothing is fetched unattended before a person recorded having read the platform's terms."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from data import audit
from data.base import Clock
from data.home import HomeKind, the_home
from data.jobs import JobKind, JobState
from data.platform import OfficialApi
from data.platforms import parse_platform
from data.store import Store, open_store, sqlite_url
from data.terms_of_use import TermsReading
from data.watches import Watch
from faunawatch.cli.platforms import platform
from faunawatch.house import House, UnknownPlatform
from faunawatch.jobs import crawl_platform, recheck_platform
from faunawatch.permission import (
    EmptyReading,
    NoKey,
    OpenSecret,
    TermsUnread,
    api_key_of,
    is_ours,
    record_reading,
    require_terms_read,
)
from faunawatch.running import run_by_hand
from faunawatch.watching import enable_platform, shown_lines, watched_lines
from tests.crawling import PLATFORM

ROOT = Path(__file__).parents[1]
SHOP = "generic-shop"
OURS = parse_platform(
    PLATFORM.format(id="ours", address="127.0.0.1:9", top="", lists="", rest=""), "ours.toml"
)


@pytest.fixture
def house(store: Store, tmp_path: Path) -> House:
    """A house whose platforms are the shipped ones."""
    return House(tmp_path, "", store)


def test_without_a_reading_nothing_is_enabled_or_fetched(house: House) -> None:
    with house.store.write() as session:
        the_home(session).contact_email = "wildlife@example.org"
    for refused in (
        lambda: enable_platform(house, SHOP, every="1d", at="", tz=""),
        lambda: crawl_platform(house, SHOP, by="test"),
        lambda: recheck_platform(house, SHOP, by="test"),
        lambda: run_by_hand(house, JobKind.CRAWL, {"platform": SHOP}),
    ):
        with pytest.raises(TermsUnread, match="terms-read generic-shop --by NAME"):
            refused()
    with house.store.read() as session:
        watch = session.get(Watch, SHOP)
        assert watch is None or not watch.enabled


def test_a_refused_job_says_why_on_its_row(house: House) -> None:
    from data.jobs import Job

    with house.store.write() as session:
        the_home(session).contact_email = "wildlife@example.org"
    with pytest.raises(TermsUnread):
        run_by_hand(house, JobKind.CRAWL, {"platform": SHOP})
    with house.store.read() as session:
        job = session.scalars(select(Job)).one()
    assert job.state in {JobState.QUEUED, JobState.FAILED}
    assert "terms of use" in job.error


def test_a_recorded_reading_opens_the_platform_and_is_audited(house: House) -> None:
    said = record_reading(house, SHOP, " Mai Tran ", "Terms of 2026-03, section 4")
    assert "terms read" in said
    assert "Mai Tran" in said
    assert "every 1d" in enable_platform(house, SHOP, every="1d", at="", tz="")
    with house.store.read() as session:
        row = session.scalars(select(TermsReading)).one()
        assert (row.read_by, row.note) == ("Mai Tran", "Terms of 2026-03, section 4")
        assert row.recorded_by.startswith("cli:")
        acts = session.scalars(select(audit.AuditRow).order_by(audit.AuditRow.id)).all()
        assert next((act.verb, act.subject) for act in acts) == ("terms_read", f"platform:{SHOP}")
        assert audit.first_broken(session) is None


@pytest.mark.parametrize(("by", "note"), [("", "x"), ("Mai", ""), ("  ", "x"), ("Mai", " \n")])
def test_a_reading_needs_a_name_and_a_note(house: House, by, note) -> None:
    with pytest.raises(EmptyReading):
        record_reading(house, SHOP, by, note)
    with house.store.read() as session:
        assert session.scalars(select(TermsReading)).all() == []


def test_a_reading_of_an_unknown_platform_is_refused(house: House) -> None:
    with pytest.raises(UnknownPlatform):
        record_reading(house, "nowhere", "Mai", "read")


def test_the_latest_reading_counts(house: House) -> None:
    record_reading(house, SHOP, "Mai", "first")
    record_reading(house, SHOP, "Bo", "they changed in May")
    assert any("by Bo" in line for line in shown_lines(house, SHOP))
    assert any("they changed in May" in line for line in shown_lines(house, SHOP))


def test_list_and_show_say_who_read_the_terms(house: House) -> None:
    (line,) = [one for one in watched_lines(house)[0] if one.startswith(SHOP)]
    assert line.split("\t")[3:] == ["terms not read: nothing is fetched", "disabled"]
    assert any("terms not read" in one for one in shown_lines(house, SHOP))
    record_reading(house, SHOP, "Mai", "read")
    (line,) = [one for one in watched_lines(house)[0] if one.startswith(SHOP)]
    assert line.split("\t")[3].endswith("by Mai")


def test_a_site_of_our_own_is_exempt_in_a_test_home_only(
    house: House, tmp_path: Path, clock: Clock
) -> None:
    require_terms_read(house, OURS)
    real = open_store(sqlite_url(tmp_path / "real.sqlite"), kind=HomeKind.REAL)
    with pytest.raises(TermsUnread):
        require_terms_read(House(tmp_path, "", real), OURS)
    real.close()


def test_an_official_api_needs_a_key_that_only_its_owner_can_read(
    house: House, monkeypatch
) -> None:
    keyed = replace(OURS, official_api=OfficialApi(host="api.example", secret="market"))
    assert api_key_of(house, OURS) == ""
    with pytest.raises(NoKey, match="secrets/market"):
        api_key_of(house, keyed)
    monkeypatch.setenv("FAUNAWATCH_KEY_MARKET", "from-the-environment")
    assert api_key_of(house, keyed) == "from-the-environment"
    file = house.folder / "secrets" / "market"
    file.parent.mkdir()
    file.write_text("from-the-file\n")
    file.chmod(0o644)
    with pytest.raises(OpenSecret, match="chmod 600"):
        api_key_of(house, keyed)
    file.chmod(0o600)
    assert api_key_of(house, keyed) == "from-the-file"


def test_a_real_site_with_a_local_address_beside_it_is_not_ours(house: House) -> None:
    mixed = replace(OURS, hosts=OURS.hosts | {"shop.example"})
    assert is_ours(OURS, house.home())
    assert not is_ours(mixed, house.home())
    with pytest.raises(TermsUnread):
        require_terms_read(house, mixed)


def test_the_commands_tell_and_record(tmp_path: Path) -> None:
    def run(*arguments: str) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(
            [sys.executable, "-m", "faunawatch", "platform", *arguments],
            capture_output=True,
            check=False,
            cwd=ROOT,
            env={"FAUNAWATCH_HOME": str(tmp_path), "PATH": ""},
        )

    refused = run("enable", "chotot")
    assert refused.returncode == 1
    assert b"terms-read chotot --by NAME" in refused.stderr
    assert run("terms-read", "chotot", "--by", " ", "--note", "x").returncode == 2
    assert run("terms-read", "chotot", "--by", "Mai", "--note", "read whole").returncode == 0
    shown = run("show", "chotot").stdout.decode()
    assert "by Mai" in shown
    assert "read whole" in shown
    assert "Unverified" in shown
    assert run("enable", "chotot").returncode == 0
    assert run("show", "nowhere").returncode == 1


def test_these_platform_commands_have_an_example() -> None:
    texts = {
        command.callback.__name__: command.callback.__doc__ or ""
        for command in platform.registered_commands
        if command.callback and command.callback.__module__ == "faunawatch.cli.platforms"
    }
    assert {"list_", "show", "terms_read", "new", "enable", "disable", "pause"} <= set(texts)
    assert [name for name, text in texts.items() if "`faunawatch platform" not in text] == []
