"""May this team fetch a platform unattended: only after a person read its terms of use."""

from data.home import Home, HomeKind
from data.platform import Platform
from data.terms_of_use import EmptyReading, TermsReading, record_terms_read, terms_readings
from faunawatch.house import House, os_actor, platform_of
from faunawatch.settings import OpenSecret, named_secret


class TermsUnread(Exception):
    """Nobody read the platform's terms: read them, then `faunawatch platform terms-read ID`."""


class NoKey(Exception):
    """An official API needs the team's own key: put it into the home's `secrets` folder."""


def is_ours(platform: Platform, home: Home) -> bool:
    """Tell whether a platform is a site of our own on this machine, in a demo or test home.

    Every host must be local: a file that names one local address beside a real site is not ours.
    """
    return home.kind is not HomeKind.REAL and platform.hosts <= platform.local


def require_terms_read(house: House, platform: Platform) -> None:
    """Raise `TermsUnread` unless somebody recorded having read the platform's terms."""
    if is_ours(platform, house.home()) or reading_of(house, platform.id) is not None:
        return
    raise TermsUnread(
        f"nobody recorded having read the terms of use of {platform.name}: read them at "
        f"{platform.base_url}, see that they allow what we do, then run `faunawatch platform "
        f'terms-read {platform.id} --by NAME --note "what you read and found"`'
    )


def api_key_of(house: House, platform: Platform) -> str:
    """Return the team's key to a platform's official API; raises `NoKey` where one is needed."""
    official = platform.official_api
    if official is None:
        return ""
    key = named_secret(house.folder, official.secret)
    if not key or not key.isprintable():
        raise NoKey(
            f"{platform.name} is asked through its official API, which needs your own key: put it "
            f"into {house.folder / 'secrets' / official.secret} and run chmod 600 on it"
        )
    return key


def reading_of(house: House, platform_id: str) -> TermsReading | None:
    """Return the latest reading of a platform's terms, or None."""
    with house.store.read() as session:
        reading = terms_readings(session).get(platform_id)
        if reading is not None:
            session.expunge(reading)
    return reading


def record_reading(house: House, platform_id: str, by: str, note: str) -> str:
    """Record that a person read a platform's terms; return what was recorded, in words."""
    platform = platform_of(house, platform_id)
    clock = house.store.clock()
    with house.store.write() as session:
        row = record_terms_read(
            session, platform_id, by=by, note=note, actor=os_actor(), clock=clock
        )
        said = reading_words(row)
    return (
        f"{platform.name}: {said}. robots.txt still binds; "
        f"`faunawatch platform enable {platform_id}` starts crawling"
    )


def reading_words(reading: TermsReading | None) -> str:
    """Say who read the terms and when."""
    if reading is None:
        return "terms not read"
    return f"terms read {reading.at:%Y-%m-%d} by {reading.read_by}"


__all__ = [
    "EmptyReading",
    "NoKey",
    "OpenSecret",
    "TermsUnread",
    "api_key_of",
    "is_ours",
    "reading_of",
    "reading_words",
    "record_reading",
    "require_terms_read",
]
