"""Page styles: a response becomes a `FoundListing` by configuration; pure, no network."""

from datetime import datetime

from crawler.styles import embedded, json_api, selectors, structured
from crawler.styles.page import Page
from crawler.styles.reading import RawListing, Reading, build
from data.platform import Platform, Style

__all__ = ["Page", "Reading", "read_listing"]


def read_listing(page: Page, platform: Platform, now: datetime, external_id: str = "") -> Reading:
    """Read a listing's page; `problems` say what could not be read."""
    external_id = external_id or platform.external_id(page.url)
    raw = _read(page, platform)
    if page.decoded.problem:
        raw.problems.append(page.decoded.problem)
    url = platform.canonical(page.url)
    if platform.reads_json and platform.pages.address:
        url = platform.address_of(external_id)
    return build(raw, platform, external_id, url, now)


def _read(page: Page, platform: Platform) -> RawListing:
    match platform.listing_style:
        case Style.SELECTORS:
            return selectors.read(page, platform)
        case Style.JSON_API:
            return json_api.read_row(json_api.row_of(page.document, platform), platform)
        case Style.EMBEDDED:
            document = embedded.document_of(page, platform.json)
            return json_api.read_row(json_api.row_of(document, platform), platform)
        case _:
            return structured.read(page, platform)
