"""Pages a person saved with a browser: HTML ('save as', SingleFile) and MHTML."""

import email
import email.policy
import re
from dataclasses import dataclass
from email.message import EmailMessage

from parsel import Selector

from crawler.styles.page import Page, decode

_SAVED_FROM = re.compile(r"<!--\s*saved from url=\(\d+\)\s*(\S+?)\s*-->")
_SINGLE_FILE = re.compile(r"Page saved with SingleFile\s+url:\s*(\S+)")
_MHTML = re.compile(rb"^(From|MIME-Version|Content-Type|Snapshot-Content-Location):", re.IGNORECASE)
_HEAD = 20_000
SAVED_BESIDE = "_files/"


@dataclass(frozen=True)
class SavedPage:
    """The bytes of a saved page and the address it was saved from; empty when it does not say."""

    url: str
    body: bytes
    content_type: str = ""

    def as_page(self, languages: tuple[str, ...]) -> Page:
        """Return it as if it had been fetched."""
        headers = {"content-type": self.content_type} if self.content_type else {}
        return Page(self.url, self.body, headers=headers, languages=languages)


def read_saved(body: bytes, languages: tuple[str, ...] = ()) -> SavedPage:
    r"""Find the page in a saved file, and where it was saved from.

    >>> read_saved(b"<!-- saved from url=(0021)https://a.example/p/1 -->\n<html>").url
    'https://a.example/p/1'
    """
    if _MHTML.match(body.lstrip()):
        return _from_mhtml(body)
    return SavedPage(_address(decode(body, "", languages).text), body)


def _address(text: str) -> str:
    head = text[:_HEAD]
    for pattern in (_SAVED_FROM, _SINGLE_FILE):
        if found := pattern.search(head):
            return found[1]
    page = Selector(text=text or "<html></html>")
    said = page.xpath("//link[@rel='canonical']/@href | //meta[@property='og:url']/@content")
    return next((one for one in said.getall() if one.startswith("http")), "")


def _from_mhtml(body: bytes) -> SavedPage:
    message = email.message_from_bytes(body, policy=email.policy.default)
    url = str(message.get("Snapshot-Content-Location") or "").strip()
    for part in message.walk():
        if part.get_content_type() == "text/html" and isinstance(part, EmailMessage):
            html = part.get_payload(decode=True)
            own = str(part.get("Content-Location") or "").strip()
            charset = part.get_content_charset() or ""
            kind = f"text/html; charset={charset}" if charset else ""
            return SavedPage(url or own, html if isinstance(html, bytes) else b"", kind)
    return SavedPage(url, b"")
