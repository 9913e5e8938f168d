"""What the marketplace's moderator did with listings, kept in one small file."""

import json
import os
from enum import StrEnum
from pathlib import Path


class Visibility(StrEnum):
    """Where a listing can be seen."""

    SHOWN = "shown"  # in lists, in search, and on its own page
    DELETED = "deleted"  # nowhere: its page answers 404
    DELISTED = "delisted"  # only on its own page
    SOLD = "sold"  # only on its own page, which says so and shows no price


class Action(StrEnum):
    """What a moderator may do to a listing."""

    DELETE = "delete"
    DELIST = "delist"
    SOLD = "sold"
    RESTORE = "restore"

    @property
    def leads_to(self) -> Visibility:
        """Where the listing can be seen afterwards.

        >>> Action.RESTORE.leads_to.value
        'shown'
        """
        match self:
            case Action.DELETE:
                return Visibility.DELETED
            case Action.DELIST:
                return Visibility.DELISTED
            case Action.SOLD:
                return Visibility.SOLD
            case Action.RESTORE:
                return Visibility.SHOWN


class ModerationUnreadableError(ValueError):
    """The file of moderated listings is damaged: repair it, or delete it to show everything."""


class Moderation:
    """The visibility of each listing; survives a restart, shown unless said otherwise."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._moderated = read(path)

    def of(self, number: int) -> Visibility:
        """Where the listing of this number can be seen."""
        return self._moderated.get(number, Visibility.SHOWN)

    def apply(self, number: int, action: Action) -> None:
        """Do it, and write it down before answering."""
        moderated = {**self._moderated, number: action.leads_to}
        if action is Action.RESTORE:
            del moderated[number]
        write(self._path, moderated)
        self._moderated = moderated


def read(path: Path) -> dict[int, Visibility]:
    """Read the moderated listings of a file; none if there is no file yet."""
    if not path.exists():
        return {}
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return {int(number): Visibility(value) for number, value in stored.items()}
    except (ValueError, AttributeError) as error:
        raise ModerationUnreadableError(
            f"{path}: {error}; repair this file, or delete it to show every listing again"
        ) from error


def write(path: Path, moderated: dict[int, Visibility]) -> None:
    """Replace the file as a whole, so that a crash leaves the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    with temporary.open("w", encoding="utf-8") as file:
        json.dump({str(number): moderated[number] for number in sorted(moderated)}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
