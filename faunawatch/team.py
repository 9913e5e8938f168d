"""People and settings of the team, as the command line changes them; every change is audited."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from data import audit
from data.base import SystemClock
from data.home import PicturesOf, the_home
from data.people import Person, Role, add_person, disable, find_person, has_people
from data.signins import make_link, reset
from faunawatch.house import House, os_actor

ADDRESS = "http://127.0.0.1:8800"
SETTINGS = {
    "contact-email": "contact_email",
    "organisation": "organisation",
    "signatory": "signatory",
    "authority": "authority",
    "sample-one-in": "sample_one_in",
    "sample-daily": "sample_daily",
    "uncertain-percent": "uncertain_percent",
    "pictures-of": "pictures_of",
    "evidence-budget-mb": "evidence_budget_mb",
    "timestamp-authority": "timestamp_authority",
}
MOST = {
    "sample-one-in": 1_000_000,
    "sample-daily": 1000,
    "uncertain-percent": 100,
    "evidence-budget-mb": 100_000_000,
}


class UnknownPerson(Exception):
    """Nobody of this name: check the spelling with `faunawatch users list`."""


class UnknownSetting(Exception):
    """There is no such setting, or the value does not fit; the message says what does."""


def link_address(token: str, address: str = ADDRESS) -> str:
    """Return the address that signs in once."""
    return f"{address}/enter/{token}"


def add_user(
    house: House, name: str, roles: Iterable[str], languages: Iterable[str], address: str = ADDRESS
) -> str:
    """Add a person; return a single-use sign-in link."""
    clock = SystemClock()
    with house.store.write() as session:
        person = add_person(session, name, roles, languages, clock=clock, actor=os_actor())
        return link_address(make_link(session, person, clock=clock), address)


def _person(session: Session, name: str) -> Person:
    person = find_person(session, name)
    if person is None:
        raise UnknownPerson(f"nobody is named {name!r}: see `faunawatch users list`")
    return person


def reset_user(house: House, name: str, address: str = ADDRESS) -> str:
    """End a person's sessions; return a fresh single-use sign-in link."""
    with house.store.write() as session:
        token = reset(session, _person(session, name), clock=SystemClock(), actor=os_actor())
        return link_address(token, address)


def disable_user(house: House, name: str) -> None:
    """Keep a person from signing in."""
    with house.store.write() as session:
        disable(session, _person(session, name), clock=SystemClock(), actor=os_actor())


def all_users(house: House) -> list[str]:
    """Return a line for each person."""
    with house.store.read() as session:
        people = session.scalars(select(Person).order_by(Person.name))
        return [
            "\t".join(
                (
                    person.name,
                    "active" if person.active else "disabled",
                    " ".join(person.roles),
                    "reads " + (" ".join(person.languages) or "nothing yet"),
                )
            )
            for person in people
        ]


def first_admin_link(house: House, address: str) -> str | None:
    """Return a link for a first admin when nobody can sign in yet."""
    clock = SystemClock()
    with house.store.write() as session:
        if has_people(session):
            return None
        admin = find_person(session, "admin") or add_person(
            session, "admin", [Role.ADMIN], [], clock=clock, actor=os_actor()
        )
        return link_address(make_link(session, admin, clock=clock), address)


def team_settings(house: House) -> dict[str, str]:
    """Return the team's settings by the names the command line uses."""
    home = house.home()
    return {name: str(getattr(home, column)) for name, column in SETTINGS.items()}


def change_setting(house: House, name: str, value: str) -> None:
    """Change one setting of the team."""
    _refuse(name, value)
    clock, fit = house.store.clock(), _number(name, value) if name in MOST else value.strip()
    with house.store.write() as session:
        setattr(the_home(session), SETTINGS[name], fit)
        audit.note(session, actor=os_actor(), verb="set", subject=f"setting:{name}", clock=clock)


def _refuse(name: str, value: str) -> None:
    if name not in SETTINGS:
        raise UnknownSetting(f"no setting '{name}'; there are: {', '.join(SETTINGS)}")
    if name == "contact-email" and ("@" not in value or " " in value or not value.isprintable()):
        raise UnknownSetting(f"'{value}' is no e-mail address: platforms must be able to reach you")
    if name == "pictures-of" and value not in set(PicturesOf):
        raise UnknownSetting(f"'{value}' does not fit {name}: give {', '.join(PicturesOf)}")
    if name == "timestamp-authority" and value.strip():
        from faunawatch.timestamps import why_no_authority  # noqa: PLC0415  (only where it is set)

        if why := why_no_authority(value.strip()):
            raise UnknownSetting(f"'{value}' does not fit: {why}; give one, or nothing for none")


def _number(name: str, value: str) -> int:
    if not value.isdecimal() or int(value) > MOST[name]:
        raise UnknownSetting(f"'{value}' does not fit {name}: give a number from 0 to {MOST[name]}")
    return int(value)
