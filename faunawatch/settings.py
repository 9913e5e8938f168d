"""Settings: the only place that reads the environment; values are handed down as arguments."""

import os
import re
from datetime import timedelta
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_SHIFT = re.compile(r"^([+-]\d{1,5})(m|h|d)$")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Settings(BaseSettings):
    """What the environment says: where the home is and which database it uses."""

    model_config = SettingsConfigDict(env_prefix="FAUNAWATCH_", frozen=True)

    home: Path = Path("var")
    database_url: str = ""
    clock: timedelta = Field(default=timedelta(0))

    @field_validator("clock", mode="before")
    @classmethod
    def _shift(cls, value: object) -> object:
        """Read a shift such as +25h, -30m or +2d; demo and test databases only."""
        if not isinstance(value, str):
            return value
        match = _SHIFT.match(value.strip())
        if match is None:
            raise ValueError(f"FAUNAWATCH_CLOCK={value!r}: write it like +25h, -30m or +2d")
        return timedelta(**{_UNITS[match[2]]: int(match[1])})


def child_environment(home: Path) -> dict[str, str]:
    """Return the environment of a process that works on another home, with its SQLite database."""
    kept = {key: value for key, value in os.environ.items() if key != "FAUNAWATCH_DATABASE_URL"}
    return {**kept, "FAUNAWATCH_HOME": str(home)}


def named_secret(home: Path, name: str) -> str:
    """Return a key by its name: from the home's secrets, else from the environment, or nothing.

    The key `market` stands in secrets/market (readable by its owner only), or in
    FAUNAWATCH_KEY_MARKET.
    """
    file = home / "secrets" / name
    if file.is_file():
        if file.stat().st_mode & 0o077:
            raise OpenSecret(f"others may read {file}; run: chmod 600 {file}")
        return file.read_text(encoding="utf-8").strip()
    return os.environ.get(f"FAUNAWATCH_KEY_{name.upper().replace('-', '_')}", "").strip()


class OpenSecret(Exception):
    """A key's file can be read by others: the message says how to close it."""


def alert_address(name: str) -> str:
    """Return the address of an alert channel that the environment names, or nothing.

    Channel `field-team` stands in FAUNAWATCH_ALERT_FIELD_TEAM.
    """
    return os.environ.get(f"FAUNAWATCH_ALERT_{name.upper().replace('-', '_')}", "").strip()
