"""How listings' pages are best read: for machines, by JSON they carry, or by selectors."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from crawler.styles import embedded, structured
from crawler.styles.page import Page
from crawler.styles.reading import RawListing
from data.platform import JsonApi, Lists, Pages, Platform, Style
from faunawatch.newplatform.carried import Found, listing_in
from faunawatch.newplatform.links import Family
from faunawatch.newplatform.marks import guessed
from faunawatch.newplatform.tongues import seen_languages

GUESSED = (
    "title", "description", "category", "price", "place", "posted", "seller_name", "images",
)  # fmt: skip
_TELLING = ("title", "description", "amount", "price", "seller_name")


@dataclass(frozen=True)
class Told:
    """A style, why it was chosen, and where each field stands."""

    style: str
    why: str
    fields: dict[str, str] = field(default_factory=dict)
    row: str = ""
    known: frozenset[str] = frozenset()
    sure: bool = True

    @property
    def fields_known(self) -> bool:
        """Tell whether pages say more than a title."""
        return bool((self.known | set(self.fields)) - {"title"})


def told_by(pages: Sequence[Page], family: Family) -> Told:
    """Return how some pages of listings are best read."""
    raws = [structured.read(page, _probe(page, family)) for page in pages]
    known = frozenset.intersection(*(_known(raw) for raw in raws))
    carried = _carried(pages, family)
    if carried is not None and len(set(carried[1]) & set(_TELLING)) > len(known & set(_TELLING)):
        return Told("embedded", "its pages carry JSON (__NEXT_DATA__)", carried[1], carried[0])
    if "title" in known:
        certain = all(raw.certain for raw in raws)
        why = "JSON-LD or microdata" if certain else "OpenGraph only"
        return Told("structured", why, _guessed(pages, known), known=known, sure=certain)
    return Told("selectors", "pages say nothing for machines", _guessed(pages, known), sure=False)


def _known(raw: RawListing) -> frozenset[str]:
    texts = {name for name, text in raw.texts.items() if text}
    texts |= {"price"} if "amount" in texts else set()
    texts |= {"seller_name"} if texts & {"seller_id", "seller_url"} else set()
    return frozenset(texts | ({"images"} if raw.images else set()))


def _guessed(pages: Sequence[Page], known: frozenset[str]) -> dict[str, str]:
    languages = tuple(seen_languages(pages[0].visible)) or ("en",)
    found = {
        name: guessed(name, pages, (*languages, "en")) for name in GUESSED if name not in known
    }
    return {name: place for name, place in found.items() if place}


def _carried(pages: Sequence[Page], family: Family) -> tuple[str, Found] | None:
    """Return where each page's JSON holds its listing, if that is one place for all."""
    found = []
    for page in pages:
        document = embedded.document_of(page, JsonApi())
        matched = re.search(family.pattern, page.url)
        external_id = matched["id"] if matched else ""
        place = listing_in(document, external_id) if document is not None else None
        if place is None:
            return None
        found.append(place)
    return found[0] if len({path for path, _ in found}) == 1 else None


def _probe(page: Page, family: Family) -> Platform:
    return Platform(
        id="probe",
        name="probe",
        base_url=page.url,
        style=Style.STRUCTURED,
        country="ZZ",
        languages=("en",),
        lists=Lists(start=("/",)),
        pages=Pages(pattern=re.compile(family.pattern)),
    )
