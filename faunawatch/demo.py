"""The demo: a sample marketplace on loopback and the product watching it, in its own home.

The home is marked `demo`, so that nothing in it is ever taken for real.
"""

import re
import shutil
import socket
from pathlib import Path

from data.base import SystemClock
from data.home import HomeKind, the_home
from data.people import LANGUAGES, Role, add_person, find_person
from data.signins import make_link
from data.store import sqlite_url
from data.watches import watch_of
from faunawatch.house import House, open_house
from faunawatch.settings import Settings
from faunawatch.team import link_address

PLATFORM_ID = "pasar-contoh"
PLATFORM_FILE = Path(__file__).parent / "sample" / "platform.toml"
PERSON = "demo"


class PortTaken(Exception):
    """A port is in use: choose another with --port or --sample-port."""


def check_port(port: int) -> None:
    """Raise `PortTaken` when something listens on this loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortTaken(
                f"port {port} is in use: choose another with --port or --sample-port"
            ) from error


def demo_settings(settings: Settings) -> Settings:
    """Return settings for the demo's own home and its own SQLite database."""
    home = settings.home.absolute() / "demo"
    return settings.model_copy(
        update={"home": home, "database_url": sqlite_url(home / "faunawatch.sqlite")}
    )


def prepare(settings: Settings, sample_port: int, address: str) -> str:
    """Make the demo home ready, new or used before; return a one-time sign-in address."""
    with open_house(settings, HomeKind.DEMO) as house:
        _write_platform(house, sample_port)
        _set_up_team(house)
        return link_address(_fresh_link(house), address)


def _write_platform(house: House, port: int) -> None:
    """Write the sample marketplace's file into the home, with the port it listens on."""
    target = house.folder / "platforms" / "pasar-contoh.toml"
    target.parent.mkdir(parents=True, exist_ok=True)
    text = PLATFORM_FILE.read_text(encoding="utf-8")
    temporary = target.with_suffix(".part")
    temporary.write_text(re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{port}", text), encoding="utf-8")
    shutil.move(temporary, target)


def _set_up_team(house: House) -> None:
    clock = house.store.clock()
    with house.store.write() as session:
        home = the_home(session)
        home.organisation = home.organisation or "Demo team"
        home.signatory = home.signatory or "Demo signatory"
        home.contact_email = home.contact_email or "demo@example.org"
        watch = watch_of(session, PLATFORM_ID, clock.now())
        watch.enabled = True
        watch.daily_requests = 20_000
        watch.contact = watch.contact or "The sample marketplace's /moderator page"
        watch.next_run_at = clock.now()


def _fresh_link(house: House) -> str:
    clock = SystemClock()
    with house.store.write() as session:
        person = find_person(session, PERSON) or add_person(
            session, PERSON, [Role.ADMIN], LANGUAGES, clock=clock
        )
        return make_link(session, person, clock=clock)
