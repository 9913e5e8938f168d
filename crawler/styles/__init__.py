"""Page styles: a response becomes a `FoundListing` by configuration; pure, no network."""

from datetime import datetime

from crawler.styles import embedded, feed, json_api, selectors, structured
from crawler.styles.listed import Row
from crawler.styles.page import Page
from crawler.styles.reading import RawListing, Reading, build
from data.platform import Platform, Style

__all__ = ["Page", "Reading", "Row", "read_listing", "read_row"]


def read_listing(
    page: Page,
    platform: Platform,
    now: datetime,
    external_id: str = "",
    second: Page | None = None,
) -> Reading:
    """Read a listing's page; `problems` say what could not be read.

    `second`: the second JSON of the listing, where the platform has one.
    """
    external_id = external_id or platform.external_id(page.url)
    data = _data(page, platform)
    raw = _read(page, platform, data)
    if page.decoded.problem:
        raw.problems.append(page.decoded.problem)
    if second is not None:
        json_api.add_second(raw, second.document, platform)
    return build(raw, platform, external_id, _url(page, platform, external_id, data), now)


def read_row(page: Page, row: Row, platform: Platform, now: datetime) -> Reading:
    """Read a listing that its list or feed holds whole."""
    if isinstance(row.data, feed.Entry):
        url = platform.canonical(platform.absolute(row.data.url))
        raw = feed.read_entry(row.data, platform)
    else:
        raw = json_api.read_row(row.data, platform)
        url = _url(page, platform, row.external_id, row.data)
    return build(raw, platform, row.external_id, url, now)


def _data(page: Page, platform: Platform) -> object:
    """Return the JSON a listing's page holds; None where it is read as a page."""
    match platform.listing_style:
        case Style.JSON_API:
            return json_api.row_of(page.document, platform)
        case Style.EMBEDDED:
            return json_api.row_of(embedded.document_of(page, platform.json), platform)
        case _:
            return None


def _read(page: Page, platform: Platform, data: object) -> RawListing:
    match platform.listing_style:
        case Style.SELECTORS:
            return selectors.read(page, platform)
        case Style.JSON_API | Style.EMBEDDED:
            return json_api.read_row(data, platform)
        case _:
            return structured.read(page, platform)


def _url(page: Page, platform: Platform, external_id: str, data: object) -> str:
    """Return the address a listing is known by."""
    if platform.reads_json and platform.pages.address:
        return platform.address_of(external_id)
    own = json_api.url_of(data, page.url, platform) if platform.reads_json else ""
    return own or platform.canonical(page.url)
