"""`faunawatch platform new`: survey a site, draft its file, check that the file can be read."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from crawler.addresses import as_ip
from crawler.options import CrawlOptions
from data.home import HomeKind
from data.platform import LEAST_DELAY_S, Lists, Pages, Platform, Style
from data.platforms import parse_platform
from faunawatch.house import House, os_actor
from faunawatch.newplatform.drafting import NothingToDescribe, drafted
from faunawatch.newplatform.survey import survey
from faunawatch.newplatform.writing import toml_of

MOST_REQUESTS = 20
SURVEY_DELAY_S = 3.0

__all__ = ["CannotMake", "NothingToDescribe", "new_platform"]


class CannotMake(Exception):
    """The address, the id or the file's place cannot be used: the message says what to change."""


def new_platform(
    house: House, url: str, platform_id: str = "", out: Path | None = None, *, contact: str
) -> list[str]:
    """Write a first platform file for the site at an address; return what was done, in words."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise CannotMake(f"'{url}' is no whole address: write it like https://example.org/new")
    platform_id = platform_id or id_of(parts.hostname)
    file = out or house.folder / "platforms" / f"{platform_id}.toml"
    if file.exists():
        raise CannotMake(f"{file} is there already: give another --id or --out, or delete it")
    home = house.home()
    local = parts.netloc if home.kind is not HomeKind.REAL and _is_loopback(parts.hostname) else ""
    options = CrawlOptions(
        contact=contact,
        asked_by=os_actor(),
        requests_left=MOST_REQUESTS,
        clock=house.store.clock(),
        home=home.kind,
    )
    seen = survey(url, _unknown(platform_id, url, local), options)
    draft = drafted(seen, url, platform_id, local)
    text = toml_of(draft)
    platform = parse_platform(text, str(file))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return [
        f"{file} written: style {platform.style}, {draft.guesses} guesses, {seen.requests} pages",
        *(f"not fetched: {failure}" for failure in dict.fromkeys(seen.failures)),
        f"Read it, then try it: faunawatch platform check {file}",
        f"Read the site's terms before it is crawled: faunawatch platform terms-read {platform_id}",
    ]


def id_of(host: str) -> str:
    """Return a platform id made of a host's name.

    >>> id_of("www.Shop.example.org")
    'shop-example-org'
    """
    return re.sub(r"[^a-z0-9]+", "-", host.lower().removeprefix("www.")).strip("-") or "site"


def _is_loopback(host: str) -> bool:
    address = as_ip(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _unknown(platform_id: str, url: str, local: str) -> Platform:
    """Return a platform of which only the host is known."""
    netloc = urlsplit(url).netloc.lower()
    return Platform(
        id=platform_id,
        name=platform_id,
        base_url=url,
        style=Style.STRUCTURED,
        country="ZZ",
        languages=("en",),
        lists=Lists(start=("/",)),
        pages=Pages(pattern=re.compile(r"(?P<id>\d+)")),
        hosts=frozenset({netloc}),
        local=frozenset({local} if local else ()),
        delay_s=0.0 if local else max(SURVEY_DELAY_S, LEAST_DELAY_S),
    )
