"""What all commands share: the app, settings, exit codes and how refusals are told."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from data.home import HomeKind
    from faunawatch.house import House

FAILED, MISUSED = 1, 2
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

app = typer.Typer(
    help="Find, review and take down illegal wildlife listings online.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def harmless(text: str) -> str:
    r"""Return a text with what would steer a terminal spelled out, as JSON spells it.

    >>> harmless("a\x1b[2Jb\tc")
    'a\\u001b[2Jb\tc'
    """
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def say(text: str) -> None:
    """Print one line for a person or a script; sellers' words in it cannot steer a terminal."""
    sys.stdout.write(harmless(text) + "\n")


def warn(text: str) -> None:
    """Print one line to stderr."""
    sys.stderr.write(harmless(text) + "\n")


def refuse(text: str, code: int = FAILED) -> NoReturn:
    """Say what is wrong and what to do, and end with this exit code."""
    warn(f"faunawatch: {text}")
    raise typer.Exit(code)


@contextmanager
def the_house(kind: "HomeKind | None" = None) -> Iterator["House"]:
    """Open the team's home; a refusal becomes one clear line and exit code 1."""
    from pydantic import ValidationError

    from data.home import WrongHome
    from data.store import NewerSchema
    from faunawatch.house import open_house
    from faunawatch.settings import Settings

    try:
        settings = Settings()
    except ValidationError as error:
        refuse("; ".join(str(one["msg"]) for one in error.errors()))
    try:
        with open_house(settings, kind) as house:
            yield house
    except (WrongHome, NewerSchema) as error:
        refuse(str(error))
