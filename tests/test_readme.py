"""What the README names exists."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from faunawatch.cli import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"^faunawatch ([a-z -]+?)(?= [^a-z]|$)", README, re.MULTILINE)))
TABLE = re.findall(r"^\| `faunawatch ([^|]+) \|", README, re.MULTILINE)


def _exists(words: list[str]) -> bool:
    command = get_command(app)
    for word in words:
        inner = getattr(command, "commands", None)
        if inner is None:
            return True
        if word not in inner:
            return False
        command = inner[word]
    return True


@pytest.mark.parametrize("line", TABLE)
def test_commands_of_the_table_exist(line) -> None:
    first, *others = re.findall(r"`?(?:faunawatch )?([a-z -]+?)(?: [A-Z\[\-][^`]*)?`", line)
    words = first.split()
    assert _exists(words), first
    for other in others:
        assert _exists(other.split()) or _exists([*words[:-1], *other.split()]), other


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_of_the_examples_exist(command) -> None:
    assert _exists(command.split()[:1])


def test_every_command_is_in_the_table() -> None:
    told = " ".join(TABLE)
    commands = get_command(app).commands  # type: ignore[attr-defined]
    missing = [
        name for name, command in commands.items() if not command.hidden and name not in told
    ]
    assert missing == []


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)\)", README))
def test_links_lead_somewhere(link) -> None:
    assert link.startswith("http") or (ROOT / link).exists()


@pytest.mark.parametrize("target", re.findall(r"^make (\w+)", README, re.MULTILINE))
def test_make_targets_exist(target) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
