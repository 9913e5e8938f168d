"""Start and stop the site for a test; look into its database for what is truly on offer."""

import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLATFORM = "django-classified"
PLATFORM_FILE = ROOT / "tests" / "platforms" / f"{PLATFORM}.toml"


@dataclass(frozen=True)
class Fact:
    """What the site's database holds of one listing."""

    place: str
    price: Decimal
    phone: str
    posted: datetime


_FACTS = """
    SELECT listing.id, area.title, listing.price, profile.phone, listing.posted
    FROM django_classified_item AS listing
    JOIN django_classified_area AS area ON area.id = listing.area_id
    JOIN django_classified_profile AS profile ON profile.user_id = listing.user_id
"""


@dataclass(frozen=True)
class Site:
    """A running site."""

    folder: Path
    address: str

    @cached_property
    def facts(self) -> dict[str, Fact]:
        """Return the truth about every listing, by its id on the site."""
        with closing(sqlite3.connect(self.folder / "site.sqlite")) as database:
            return {
                str(number): Fact(place, Decimal(str(price)), phone, _utc(posted))
                for number, place, price, phone, posted in database.execute(_FACTS)
            }

    def shown(self) -> dict[str, str]:
        """Return the title of every listing that visitors can see, by its id on the site."""
        with closing(sqlite3.connect(self.folder / "site.sqlite")) as database:
            rows = database.execute("SELECT id, title FROM django_classified_item WHERE is_active")
            return {str(number): title for number, title in rows}

    def write_platform(self, home: Path) -> Path:
        """Write the platform's file into a home, with the address this site listens on."""
        file = home / "platforms" / PLATFORM_FILE.name
        file.parent.mkdir(parents=True, exist_ok=True)
        host = self.address.removeprefix("http://")
        text = PLATFORM_FILE.read_text(encoding="utf-8")
        file.write_text(re.sub(r"127\.0\.0\.1:\d+", host, text), encoding="utf-8")
        return file


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def make_site(folder: Path, most: int = 1000) -> Path:
    """Make a site's database and pictures; copied for each test, since making it takes seconds."""
    command = [*_command("make", folder), "--most", str(most)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return folder


def copy_site(made: Path, folder: Path) -> Path:
    """Copy a made site, to be changed by one test."""
    return shutil.copytree(made, folder)


@contextmanager
def served(folder: Path, *, port: int = 0, delay: float = 0.0) -> Iterator[Site]:
    """Serve a site's folder from a process of its own until the block ends."""
    command = [*_command("run", folder), "--port", str(port), "--delay", str(delay)]
    with (folder / "server.log").open("ab") as log:
        server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log)
    try:
        yield Site(folder, _first_line(server))
    finally:
        server.kill()
        server.communicate()


def _command(what: str, folder: Path) -> list[str]:
    return [sys.executable, "-m", "tests.classified.serve", what, str(folder)]


def _first_line(server: "subprocess.Popen[bytes]") -> str:
    assert server.stdout is not None
    line = server.stdout.readline().decode().strip()
    assert line, "the site did not start; its server.log says why"
    return line
