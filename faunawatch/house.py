"""The house put together: home folder, store, evidence, platforms, terms and taxa of one team."""

import getpass
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from data.evidence import EvidenceFolder
from data.home import Home, HomeKind
from data.platforms import Platform, PlatformError, load_folder
from data.store import Store, open_store, sqlite_url
from faunawatch.settings import Settings

SHIPPED = Path(__file__).parents[1] / "data" / "reference"


@dataclass(frozen=True)
class House:
    """Everything a command needs, opened once and handed down."""

    folder: Path
    url: str
    store: Store

    @property
    def evidence(self) -> EvidenceFolder:
        """Return the folder of stored bytes."""
        return EvidenceFolder(self.folder / "evidence")

    @property
    def terms_overlay(self) -> Path:
        """Return the folder of the team's own terms."""
        return self.folder / "terms"

    def home(self) -> Home:
        """Return the home row as it is now."""
        return self.store.home()

    def platforms(self) -> tuple[Mapping[str, Platform], list[PlatformError]]:
        """Read shipped platforms and the home's own, which win by id; errors are kept apart."""
        shipped, errors = load_folder(SHIPPED / "platforms")
        own, own_errors = load_folder(self.folder / "platforms")
        return {**shipped, **own}, [*errors, *own_errors]


class UnknownPlatform(Exception):
    """No platform file has this id: list the ids with `faunawatch platform list`."""


def platform_of(house: House, platform_id: str) -> Platform:
    """Return one platform; a broken file of that name is reported instead of 'unknown'."""
    platforms, errors = house.platforms()
    if platform_id in platforms:
        return platforms[platform_id]
    broken = "; ".join(str(error) for error in errors)
    raise UnknownPlatform(
        f"no platform '{platform_id}'; there are: {', '.join(sorted(platforms)) or 'none'}"
        + (f". Files that could not be read: {broken}" if broken else "")
    )


def database_url(settings: Settings) -> str:
    """Return the configured address, or the SQLite file in the home."""
    if settings.database_url:
        return settings.database_url
    return sqlite_url(settings.home.absolute() / "faunawatch.sqlite")


@contextmanager
def open_house(settings: Settings, kind: HomeKind | None = None) -> Iterator[House]:
    """Open the team's home, making it when it is new.

    Without a `kind` an existing home of any kind is taken as it is, and a new one is real.
    """
    folder = settings.home.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    url = database_url(settings)
    store = open_store(url, kind=kind, extra_shift=settings.clock)
    try:
        yield House(folder, url, store)
    finally:
        store.close()


def os_actor() -> str:
    """Return who acts on the command line, for the audit chain."""
    return f"cli:{getpass.getuser()}"
