"""A listing page read by CSS and XPath."""

from crawler.styles.page import Page
from crawler.styles.reading import Raw, RawListing
from crawler.styles.selecting import texts_of
from data.platform import Platform


def read_texts(page: Page, platform: Platform) -> Raw:
    """Return the first text of each configured field."""
    texts: Raw = {}
    for name, field in platform.fields.items():
        if name != "images" and (found := texts_of(page.selector, field)):
            texts[name] = found[0]
    return texts


def read_images(page: Page, platform: Platform) -> list[str]:
    """Return the addresses of the configured images."""
    field = platform.fields.get("images")
    return texts_of(page.selector, field) if field else []


def read(page: Page, platform: Platform) -> RawListing:
    """Read a page by selectors alone."""
    return RawListing(texts=read_texts(page, platform), images=read_images(page, platform))
