"""What a moderator of the site does, clicked through its own admin over HTTP."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from types import TracebackType

import httpx
from parsel import Selector

from tests.classified.project import PASSWORD, SUPERUSER

ADMIN = "/admin/django_classified/item/"


class Moderator(AbstractContextManager["Moderator"]):
    """A superuser signed in to the site's admin."""

    def __init__(self, address: str) -> None:
        self.browser = httpx.Client(base_url=address, follow_redirects=True, timeout=30)
        answer = self._submit("/admin/login/", {"username": SUPERUSER, "password": PASSWORD})
        assert "Site administration" in answer.text, "the moderator could not sign in"

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.browser.close()

    def delete(self, listing: str) -> None:
        """Delete a listing for good."""
        answer = self._submit(f"{ADMIN}{listing}/delete/", {})
        assert "was deleted successfully" in answer.text, f"listing {listing} was not deleted"

    def deactivate(self, listing: str) -> None:
        """Take a listing off the site and keep it in the admin."""
        self._save(listing, active=False)

    def activate(self, listing: str) -> None:
        """Put a deactivated listing back: it has the id it had before."""
        self._save(listing, active=True)

    def _save(self, listing: str, *, active: bool) -> None:
        # Its admin refuses the slugs it makes of other scripts; left empty, it makes them anew.
        change = {"is_active": "on" if active else None, "slug": "", "_save": "Save"}
        answer = self._submit(f"{ADMIN}{listing}/change/", change)
        wrong = Selector(answer.text).css(".errorlist ::text").getall()
        assert "was changed successfully" in answer.text, f"listing {listing}: {wrong}"

    def _submit(self, path: str, change: Mapping[str, str | None]) -> httpx.Response:
        """Open a page, change some fields of its form and send it; None leaves a field out."""
        page = self.browser.get(path).raise_for_status()
        fields = {**form_fields(page.text), **change}
        sent = {name: value for name, value in fields.items() if value is not None}
        return self.browser.post(page.url, data=sent).raise_for_status()


def form_fields(html: str) -> dict[str, str | None]:
    """Return what a browser would send for the main form of an admin page.

    >>> form_fields('<form method="post"><input name="a" value="1"><textarea name="b">c</textarea>')
    {'a': '1', 'b': 'c'}
    """
    form = Selector(html).xpath("//form[@method='post' and not(contains(@id, 'logout'))]")[0]
    texts = form.xpath(".//input[@name and not(@type='submit' or @type='file')]")
    fields: dict[str, str | None] = {}
    for one in texts:
        box = one.attrib.get("type") == "checkbox"
        if not box or "checked" in one.attrib:
            fields[one.attrib["name"]] = one.attrib.get("value", "on" if box else "")
    for one in form.xpath(".//textarea[@name]"):
        fields[one.attrib["name"]] = one.xpath("string()").get("").removeprefix("\n")
    for one in form.xpath(".//select[@name]"):
        chosen = one.xpath(".//option[@selected]/@value").get()
        fields[one.attrib["name"]] = chosen
    return fields
