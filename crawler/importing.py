"""Listings from files that a person brings: the honest way into groups no machine may enter.

A sheet (CSV), a list of addresses, a saved page, or a folder of saved pages. Nothing is fetched.
A mistake costs its own line or page and is told with file, line and field.
"""

import csv
import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from crawler.health import likely_wall
from crawler.styles import Page, read_listing
from crawler.styles.page import decode, joined
from crawler.styles.reading import RawListing, build
from crawler.styles.saved import SAVED_BESIDE, SavedPage, read_saved
from crawler.styles.sheets import Line, Wrong, read_lines
from data.found import FoundListing, StoredEvidence
from data.platform import Platform

MOST_BYTES = 50_000_000
ADDRESSES = "addresses.csv"
_PAGES = frozenset({".html", ".htm", ".xhtml", ".mhtml", ".mht"})
_SHEETS = frozenset({".csv", ".tsv", ".txt"})
# What the standard library's reader of MIME raises at headers and parts made to break it.
_NO_MIME = (RecursionError, LookupError, ValueError, AttributeError, TypeError)
Keep = Callable[[bytes, str, str], StoredEvidence]


@dataclass(frozen=True)
class ImportProblem:
    """What could not be imported: where it stands, and what to do."""

    file: str
    line: int
    field: str
    problem: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return (
            f"{where}: {self.field}: {self.problem}" if self.field else f"{where}: {self.problem}"
        )


def import_listings(
    path: Path, platform: Platform, now: datetime, keep: Keep | None = None
) -> Iterator[FoundListing | ImportProblem]:
    """Yield every listing of a file or folder, and a problem for each line that is none.

    `keep` stores bytes as evidence: it is given the bytes, their media type and an address.
    """
    met: dict[str, str] = {}
    for one in _found_in(path, platform, now, keep):
        if isinstance(one, _Placed):
            found, place = one.found, one.place
            if found.external_id in met:
                where = met[found.external_id]
                problem = f"the listing {found.external_id} stands already in {where}; left out"
                yield ImportProblem(place.file, place.line, "", problem)
                continue
            met[found.external_id] = f"{place.file}:{place.line}" if place.line else place.file
            yield found
        else:
            yield one


@dataclass(frozen=True)
class _Placed:
    """A listing and where it came from."""

    found: FoundListing
    place: ImportProblem


def _found_in(
    path: Path, platform: Platform, now: datetime, keep: Keep | None
) -> Iterator[_Placed | ImportProblem]:
    if not path.is_dir():
        yield from _from_file(path, path.name, "", platform, (now, keep))
        return
    addresses, unread = _addresses_in(path, platform)
    if unread is not None:
        yield unread
    names = sorted(one for one in path.rglob("*") if one.is_file() and one.name != ADDRESSES)
    for file in names:
        name = file.relative_to(path).as_posix()
        if SAVED_BESIDE in name or file.suffix.lower() not in _PAGES:
            continue
        if file.resolve().is_relative_to(path.resolve()):
            yield from _from_file(file, name, addresses.get(name, ""), platform, (now, keep))
        else:
            problem = "is a link that leads out of the folder; put the page itself there"
            yield ImportProblem(name, 0, "", problem)


def _addresses_in(folder: Path, platform: Platform) -> tuple[dict[str, str], ImportProblem | None]:
    """Read which address each page of a folder was saved from, where a person wrote it down."""
    file = folder / ADDRESSES
    if not file.exists():
        return {}, None
    body = _bytes_of(file, ADDRESSES)
    if isinstance(body, ImportProblem):
        return {}, body
    text = decode(body, "", platform.languages).text.removeprefix("\ufeff")
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        rows = list(reader)
    except csv.Error as error:
        return {}, ImportProblem(ADDRESSES, reader.line_num, "", f"cannot be read: {error}")
    if not {"file", "url"} <= set(reader.fieldnames or ()):
        problem = "needs the columns `file` and `url` in its first line"
        return {}, ImportProblem(ADDRESSES, 1, "", problem)
    return {row["file"] or "": (row["url"] or "").strip() for row in rows}, None


def _bytes_of(file: Path, name: str) -> bytes | ImportProblem:
    """Read a file, and never more of it than is taken, whatever it says of its size."""
    if not file.is_file():
        return ImportProblem(name, 0, "", "is no file that can be read")
    try:
        with file.open("rb") as opened:
            body = opened.read(MOST_BYTES + 1)
    except OSError as error:
        return ImportProblem(name, 0, "", f"cannot be read: {error.strerror}")
    if len(body) > MOST_BYTES:
        problem = f"is larger than {MOST_BYTES // 1_000_000} MB; not read"
        return ImportProblem(name, 0, "", problem)
    return body


def _from_file(
    file: Path, name: str, url: str, platform: Platform, how: tuple[datetime, Keep | None]
) -> Iterator[_Placed | ImportProblem]:
    suffix = file.suffix.lower()
    body = _bytes_of(file, name)
    if isinstance(body, ImportProblem):
        yield body
    elif suffix in _PAGES:
        yield _from_page(body, name, url, platform, how)
    elif suffix in _SHEETS:
        for line in read_lines(body, platform):
            yield _from_line(line, name, platform, how)
    else:
        known = ", ".join(sorted(_PAGES | _SHEETS))
        yield ImportProblem(name, 0, "", f"is no kind of file that is read; these are: {known}")


def _from_page(
    body: bytes, name: str, url: str, platform: Platform, how: tuple[datetime, Keep | None]
) -> _Placed | ImportProblem:
    try:
        saved = read_saved(body, platform.languages)
    except _NO_MIME:
        return ImportProblem(name, 0, "", "is no page as browsers save it; save it as HTML")
    saved = replace(saved, url=url or saved.url)
    if saved.url:
        whole = joined(platform.base_url, saved.url)
        problem = _not_theirs(whole, platform) if whole else f"{saved.url[:80]!r} is no web address"
        if problem:
            return ImportProblem(name, 0, "url", problem)
        saved = replace(saved, url=whole)
    if not saved.url and not platform.imported.without_address:
        told = f"write it into {ADDRESSES} beside it (columns file, url)"
        return ImportProblem(name, 0, "url", f"does not say where it was saved from; {told}")
    page = saved.as_page(platform.languages)
    external_id = _id(platform, saved.url, page.visible)
    if not external_id:
        return ImportProblem(name, 0, "url", _no_id(saved.url))
    reading = read_listing(_placed(page, platform), platform, how[0], external_id)
    if not reading.is_listing:
        wall = likely_wall(page)
        cause = wall.cause if wall else "no listing where the platform file looks for it"
        return ImportProblem(name, 0, "", f"{cause}; save the page of one listing")
    images = tuple(one for one in reading.found.images if SAVED_BESIDE not in one)
    found = replace(reading.found, images=images, ended=reading.ended)
    return _kept(found, saved, ImportProblem(name, 0, "", ""), how[1])


def _placed(page: Page, platform: Platform) -> Page:
    """Return a page with the platform's front page for an address where it has none."""
    return page if page.url else replace(page, url=platform.base_url)


def _kept(
    found: FoundListing, saved: SavedPage, place: ImportProblem, keep: Keep | None
) -> _Placed:
    if keep is None:
        return _Placed(found, place)
    kind = saved.content_type.partition(";")[0] or "text/html"
    return _Placed(replace(found, evidence=(keep(saved.body, kind, found.url),)), place)


def _from_line(
    line: Line | Wrong, name: str, platform: Platform, how: tuple[datetime, Keep | None]
) -> _Placed | ImportProblem:
    if isinstance(line, Wrong):
        return ImportProblem(name, line.line, line.field, line.problem)
    texts = dict(line.texts)
    address = texts.pop("url", "")
    url = joined(platform.base_url, address) if address else ""
    if address and not url:
        return ImportProblem(name, line.line, "url", f"{address[:80]!r} is no web address")
    words = "\n".join(texts.get(key, "") for key in ("title", "description", "seller_name"))
    if problem := _not_theirs(url, platform):
        return ImportProblem(name, line.line, "url", problem)
    external_id = texts.pop("id", "") or _id(platform, url, words)
    if not external_id:
        return ImportProblem(name, line.line, "url", _no_id(url))
    if not url and platform.pages.address:
        url = platform.address_of(external_id)
    place = platform.canonical(url or platform.base_url)
    raw = RawListing(texts=texts, images=list(line.images), certain=True)
    found = build(raw, platform, external_id, place, how[0]).found
    saved = SavedPage(place, line.source.encode(), "text/csv; charset=utf-8")
    return _kept(found, saved, ImportProblem(name, line.line, "", ""), how[1])


def _not_theirs(url: str, platform: Platform) -> str:
    """Say why an address is not one of the platform's; empty when it is, or when there is none."""
    host = urlsplit(url).netloc.lower() if url else ""
    bare = host.removeprefix("www.").removeprefix("m.")
    own = {one.removeprefix("www.").removeprefix("m.") for one in platform.hosts}
    if not host or bare in own:
        return ""
    return f"{host} is not a host of {platform.name}; add it to `hosts` if it is theirs"


def _id(platform: Platform, url: str, words: str) -> str:
    """Return the id in an address; of what has none, a mark made of its words."""
    if found := platform.external_id(url):
        return found
    if not platform.imported.without_address or url or not words.strip():
        return ""
    return f"words-{hashlib.sha256(' '.join(words.split()).encode()).hexdigest()[:16]}"


def _no_id(url: str) -> str:
    if url:
        return f"`pages.pattern` of the platform file finds no listing's id in {url[:200]}"
    return "has neither an address nor an id; add a column `url`, or `id`"
