"""Headless Chromium for the tests that drive the screens as a person does."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

from tests.needs import missing

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu")
PATIENCE_MS = 15_000
SIZE = {"width": 1366, "height": 768}


@contextmanager
def new_page(address: str) -> Iterator[Page]:
    """Open a page in a browser of its own; skip the test where there is no Chromium.

    The browser is closed with the block: Playwright's event loop would disturb later tests.
    """
    executable = next((path for name in NAMES if (path := shutil.which(name))), None)
    if executable is None:
        missing("there is no Chromium; install the package 'chromium'")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        context = browser.new_context(base_url=address, viewport=SIZE)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        try:
            yield context.new_page()
        finally:
            browser.close()
