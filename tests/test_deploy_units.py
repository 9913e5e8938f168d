"""The systemd units say what systemd understands, and start commands that exist."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from faunawatch.cli import app

DEPLOY = Path(__file__).parents[1] / "deploy"
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer"), *DEPLOY.glob("*.target")])
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
ANALYZE = shutil.which("systemd-analyze")
LONG_RUNNING = [unit for unit in SERVICES if "doctor" not in unit.name]


def _settings(unit: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in unit.read_text(encoding="utf-8").splitlines():
        name, is_setting, value = line.partition("=")
        if is_setting and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


@pytest.mark.skipif(ANALYZE is None, reason="no systemd-analyze here")
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    for unit in UNITS:
        # The program stands elsewhere on this machine; all else is as it is shipped.
        text = re.sub(
            r"/opt/\S+/faunawatch (?=\w)", f"{sys.executable} -m faunawatch ", _text(unit)
        )
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        [str(ANALYZE), "verify", *(tmp_path / unit.name for unit in UNITS)],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    ours = [line for line in done.stderr.splitlines() if "faunawatch" in line]
    assert (done.returncode, ours) == (0, [])


def _text(unit: Path) -> str:
    return unit.read_text(encoding="utf-8")


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_each_service_starts_a_command_there_is(unit: Path) -> None:
    (line,) = _settings(unit)["ExecStart"]
    program, name, *arguments = shlex.split(line)
    assert program == "/opt/faunawatch/.venv/bin/faunawatch"
    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    command.make_context(name, arguments)


@pytest.mark.parametrize("unit", LONG_RUNNING, ids=lambda unit: unit.stem)
def test_each_part_starts_at_boot_again_when_it_ends_and_may_touch_little(unit: Path) -> None:
    found = _settings(unit)
    assert found["WantedBy"] == ["faunawatch.target"]
    assert (found["Restart"], found["StartLimitIntervalSec"]) == (["always"], ["0"])
    assert int(found["TimeoutStopSec"][0]) > 20, "the worker gives its crawls 20 s"
    for hardened in ("NoNewPrivileges", "PrivateTmp", "ProtectHome", "PrivateDevices"):
        assert found[hardened] == ["yes"]
    assert found["ProtectSystem"] == ["strict"]
    assert found["LogNamespace"] == ["faunawatch"]


def test_all_parts_use_one_home_and_the_target_names_them() -> None:
    homes = {tuple(_settings(unit)["Environment"]) for unit in SERVICES}
    assert homes == {("FAUNAWATCH_HOME=/var/lib/faunawatch",)}
    wanted = _settings(DEPLOY / "faunawatch.target")["Wants"][0].split()
    assert {unit.name for unit in LONG_RUNNING} < set(wanted)


def test_the_readme_names_every_file() -> None:
    readme = _text(DEPLOY / "README.md")
    for file in DEPLOY.iterdir():
        assert file.name == "README.md" or file.stem in readme, file.name
