"""How one platform is read: what its TOML file says, checked and frozen.

What the team does with a platform (enabled, schedule, budget) is a row: see `data.watches`.
The keys of the file are described in `data/reference/platforms/README.md`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit
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
    """How a platform is read."""

    STRUCTURED = "structured"
    SELECTORS = "selectors"
    JSON_API = "json_api"
    EMBEDDED = "embedded"
    FEED = "feed"
    IMPORTED = "imported"
    BROWSER = "browser"


# The styles by which one listing's own page can be read.
LISTING_STYLES = (Style.STRUCTURED, Style.SELECTORS, Style.JSON_API, Style.EMBEDDED)


@dataclass(frozen=True)
class Field:
    """Where one field stands: places tried in order, and a pattern whose group 1 is the value."""

    select: tuple[str, ...]
    pattern: re.Pattern[str] | None = None


@dataclass(frozen=True)
class Lists:
    """Where lists of listings are, and how to turn their pages."""

    start: tuple[str, ...] = ()
    newest: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
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
    cursor: Field | None = None
    cursor_parameter: str = ""
    more: str = ""
    total: Field | None = None
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
    id: Field | None = None
    url: Field | None = None
    method: str = "GET"
    body: str = ""
    detail: str = ""
    detail_method: str = "GET"
    detail_body: str = ""
    detail_row: str = ""
    also: str = ""
    also_row: str = ""
    whole_rows: bool = False
    refusal: Field | None = None
    script: tuple[str, ...] = ("script#__NEXT_DATA__",)
    after: str = ""


@dataclass(frozen=True)
class Feed:
    """What the entries of feeds and sitemaps are good for."""

    whole: bool = True
    sitemaps: re.Pattern[str] | None = None
    entries: re.Pattern[str] | None = None


@dataclass(frozen=True)
class OfficialApi:
    """An official API that is asked with the team's own key: where, and how the key is sent."""

    host: str
    secret: str
    header: str = "Authorization"
    form: str = "Bearer {key}"


@dataclass(frozen=True)
class Browser:
    """What a browser renders before a page is read, and how long it is waited for."""

    render: frozenset[str] = frozenset({"lists", "listings"})
    wait_for: tuple[str, ...] = ()
    wait_s: float = 10.0
    scroll: int = 0
    at_once: int = 1


@dataclass(frozen=True)
class Imported:
    """How files that a person brings are read."""

    columns: Mapping[str, str] = field(default_factory=dict)
    without_address: bool = False


@dataclass(frozen=True)
class Removal:
    """One rule of what a page means; all the conditions that are given must hold.

    `at`: the rule is for the listing's first address alone (page) or for `recheck_also` (also).
    """

    outcome: Outcome
    at: str = ""
    status: frozenset[int] = frozenset()
    text: tuple[str, ...] = ()
    text_absent: tuple[str, ...] = ()
    selector: tuple[str, ...] = ()
    selector_absent: tuple[str, ...] = ()
    null: str = ""
    title_absent: bool = False
    title_present: bool = False
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
    listing_style: Style = Style.STRUCTURED
    json: JsonApi = JsonApi()
    feed: Feed = Feed()
    browser: Browser = Browser()
    official_api: OfficialApi | None = None
    imported: Imported = Imported()
    also_fields: Mapping[str, Field] = field(default_factory=dict)
    recheck_also: str = ""
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
    def reads_json(self) -> bool:
        """Tell whether a listing is read from JSON, whose address does not name it."""
        return self.listing_style is Style.JSON_API or self.json.whole_rows

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
        return self.filled(self.pages.address, external_id)

    def detail_of(self, external_id: str) -> str:
        """Return the address of one listing's JSON; empty when the platform has none."""
        return self.filled(self.json.detail, external_id) if self.json.detail else ""

    def second_json_of(self, external_id: str) -> str:
        """Return the address of a second JSON of one listing; empty when there is none."""
        return self.filled(self.json.also, external_id) if self.json.also else ""

    def filled(self, address: str, external_id: str) -> str:
        """Return an address in full with a listing's id; a slash within it stays a slash."""
        return self.absolute(address.replace("{id}", quote(external_id)))

    def also_of(self, external_id: str) -> str:
        """Return the second address a recheck looks at; empty when one is enough."""
        return self.filled(self.recheck_also, external_id) if self.recheck_also else ""

    def _keeps(self, key: str) -> bool:
        if self.pages.keep_query is not None:
            return key in self.pages.keep_query
        return not TRACKING.match(key)
