"""How one platform is read: what its TOML file says, checked and frozen.

What the team does with a platform (enabled, schedule, budget) is a row: see `data.watches`.
The keys of the file are described in `data/reference/platforms/README.md`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from data.availability import Outcome

SCHEMA = 1
LEAST_DELAY_S = 1.0
TRACKING = re.compile(r"^(utm_\w+|fbclid|gclid|spm|scm|t-\w+|ref|ref_src|source|_ga|mc_[ce]id)$")
FIELDS = (
    "title",
    "description",
    "category",
    "price",
    "amount",
    "currency",
    "place",
    "posted",
    "seller_id",
    "seller_name",
    "seller_url",
    "seller_profile",
    "images",
)


class Style(StrEnum):
    """How a platform's listing pages are read."""

    STRUCTURED = "structured"
    SELECTORS = "selectors"
    JSON_API = "json_api"


@dataclass(frozen=True)
class Field:
    """Where one field stands: places tried in order, and a pattern whose group 1 is the value."""

    select: tuple[str, ...]
    pattern: re.Pattern[str] | None = None


@dataclass(frozen=True)
class Lists:
    """Where lists of listings are, and how to turn their pages."""

    start: tuple[str, ...]
    category_links: tuple[str, ...] = ()
    search: str = ""
    may_search: bool = False
    search_pages: int = 3
    links: tuple[str, ...] = ("a::attr(href)",)
    next_link: tuple[str, ...] = ()
    next_button: tuple[str, ...] = ()
    page_parameter: str = ""
    first_page: int = 1
    offset_parameter: str = ""
    page_size: int = 0
    max_pages: int = 500
    are_complete: bool = False


@dataclass(frozen=True)
class Pages:
    """What a listing's address looks like."""

    pattern: re.Pattern[str]
    address: str = ""
    keep_query: tuple[str, ...] | None = None


@dataclass(frozen=True)
class JsonApi:
    """Where rows stand in a list's JSON, and where one listing's own JSON is."""

    rows: str = ""
    id: str = ""
    method: str = "GET"
    body: str = ""
    detail: str = ""
    detail_row: str = ""


@dataclass(frozen=True)
class Removal:
    """One rule of what a page means; all the conditions that are given must hold."""

    outcome: Outcome
    status: frozenset[int] = frozenset()
    text: tuple[str, ...] = ()
    text_absent: tuple[str, ...] = ()
    selector: tuple[str, ...] = ()
    selector_absent: tuple[str, ...] = ()
    null: str = ""
    title_absent: bool = False
    redirected: bool = False


@dataclass(frozen=True)
class Platform:
    """A site we watch, as its TOML file says it is read."""

    id: str
    name: str
    base_url: str
    style: Style
    country: str
    languages: tuple[str, ...]
    lists: Lists
    pages: Pages
    currency: str = ""
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    hosts: frozenset[str] = frozenset()
    local: frozenset[str] = frozenset()
    delay_s: float = 3.0
    max_bytes: int = 5_000_000
    fields: Mapping[str, Field] = field(default_factory=dict)
    json: JsonApi = JsonApi()
    headers: Mapping[str, str] = field(default_factory=dict)
    price_scale: int = 1
    date_languages: tuple[str, ...] = ()
    date_format: str = ""
    images: int = 3
    removal: tuple[Removal, ...] = ()
    notes: str = ""
    last_verified: str = "never"
    file: str = ""

    @property
    def is_local(self) -> bool:
        """Tell whether this platform may run on private addresses in a demo or test home."""
        return bool(self.local)

    def absolute(self, address: str) -> str:
        """Return an address of this platform in full."""
        return urljoin(self.base_url, address)

    def external_id(self, url: str) -> str:
        """Return the listing id in an address; empty when it is not a listing's address."""
        found = self.pages.pattern.search(url)
        return found["id"] if found else ""

    def canonical(self, url: str) -> str:
        """Return the one address of a listing, without fragment and tracking parameters."""
        if self.pages.address and (external_id := self.external_id(url)):
            return self.address_of(external_id)
        parts = urlsplit(url)
        kept = [(key, value) for key, value in parse_qsl(parts.query) if self._keeps(key)]
        path = parts.path or "/"
        return urlunsplit((parts.scheme, parts.netloc.lower(), path, urlencode(kept), ""))

    def address_of(self, external_id: str) -> str:
        """Return the address of a listing by its id, where the file gives the form of it."""
        return self.absolute(self.pages.address.replace("{id}", external_id))

    def detail_of(self, external_id: str) -> str:
        """Return the address of one listing's JSON; empty when the platform has none."""
        return (
            self.absolute(self.json.detail.replace("{id}", external_id)) if self.json.detail else ""
        )

    def _keeps(self, key: str) -> bool:
        if self.pages.keep_query is not None:
            return key in self.pages.keep_query
        return not TRACKING.match(key)
