"""A person at the review screens: what they click and type, in a real browser."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

PASSWORD = "seven quiet herons at dusk"
_LISTING = re.compile(r"/listing/(\d+)")


@dataclass(frozen=True)
class Person:
    """Someone in front of a browser."""

    page: Page

    def enter(self, link: str) -> None:
        """Sign in by a one-time link and choose a password, as the first screen asks."""
        self.page.goto(urlsplit(link).path)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_label("New password").fill(PASSWORD)
        self.page.get_by_label("The same again").fill(PASSWORD)
        self.page.get_by_role("button", name="Set password").click()
        expect(self.page.get_by_text("Password set")).to_be_visible()

    def sign_in(self, name: str) -> None:
        """Sign in by name and password."""
        self.page.goto("/signin")
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("button", name="Sign out")).to_be_visible()

    def confirm_next(self, count: int) -> list[int]:
        """Confirm listings as infringing, keys only; return their ids."""
        self.page.goto("/")
        self.page.keyboard.press("n")
        return [self._confirm() for _ in range(count)]

    def _confirm(self) -> int:
        self.page.wait_for_url(_LISTING)
        found = _LISTING.search(self.page.url)
        assert found is not None
        self.page.keyboard.press("a")
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: found[0] not in url)
        expect(self.page.get_by_role("status")).to_contain_text("Recorded as infringing")
        return int(found[1])

    def send_batch(self) -> str:
        """Build a batch of what is ready, freeze it, mark it as sent; return its number."""
        self.page.goto("/batches")
        self.page.get_by_role("button", name="Build a batch").click()
        self.page.get_by_role("button", name="Freeze 2 listings").click()
        number = self.page.get_by_role("heading", level=1).inner_text().partition(":")[0]
        self.page.get_by_label("How").select_option("E-mail")
        self.page.get_by_label("Reference").fill("TICKET-1")
        self.page.get_by_role("button", name="Mark as sent").click()
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(f"{number}: sent")
        return number

    def first_in_queue(self) -> str:
        """Return what the queue says of its first listing."""
        self.page.goto("/")
        return self.page.locator(".rows > li").first.inner_text()
