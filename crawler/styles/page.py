"""A fetched page as plain values, decoded once; nothing here knows the network."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

from lxml.etree import iterwalk  # type: ignore[import-untyped]
from parsel import Selector
from w3lib.encoding import html_to_unicode

LEGACY = {
    "zh-Hans": ("gb18030",),
    "zh-Hant": ("big5",),
    "th": ("cp874",),
    "vi": ("cp1258",),
}
T = TypeVar("T")
_JSON_START = re.compile(rb"\s*[{\[]")
_BROKEN = "\ufffd"
# Text of another encoding read as UTF-8 is broken nearly everywhere; damaged UTF-8 is not.
_BROKEN_TO_GOOD = 2
# In Thai a mark stands on a letter, and a vowel written first stands before one.
_THAI = re.compile("[\u0e01-\u0e5b]")
_RARE_THAI = re.compile("[\u0e03\u0e05\u0e06\u0e0c-\u0e12\u0e3a\u0e4d-\u0e5b]")
_STRAY_MARK = re.compile(
    "(?<![\u0e01-\u0e2e\u0e31-\u0e3a\u0e47-\u0e4e])[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]"
    "|[\u0e40-\u0e44](?![\u0e01-\u0e2e])"
)
# Two-byte letters of everyday simplified Chinese end high; those of Big5 as often low.
_PAIR = re.compile(rb"[\x81-\xfe][\x40-\xfe]")
_GB_TRAIL = 0xA1
_MOSTLY = 0.85
_BLOCKS = frozenset((
    "address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4",
    "h5", "h6", "hr", "li", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul",
))  # fmt: skip
_SILENT = frozenset(["script", "style", "template", "noscript", "svg"])
_EARLY_ENDS = re.compile(r"</(?:html|body)\s*>", re.IGNORECASE)
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n\s*")


@dataclass(frozen=True)
class Page:
    """What came back for one address."""

    url: str
    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    received: tuple[tuple[str, str], ...] = ()

    @property
    def media_type(self) -> str:
        """The kind of content the server named, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_json(self) -> bool:
        """Tell whether this is JSON, whatever the server called it."""
        return "json" in self.media_type or bool(_JSON_START.match(self.body))

    def once(self, key: str, make: Callable[[], T]) -> T:
        """Return what was made of this page before under a key, or make it now."""
        made: dict[str, Any] = self.__dict__.setdefault("_made", {})
        if key not in made:
            made[key] = make()
        found: T = made[key]
        return found

    @cached_property
    def decoded(self) -> "Decoded":
        """The text and how it was read."""
        return decode(self.body, self.headers.get("content-type", ""), self.languages)

    @property
    def text(self) -> str:
        """The source text."""
        return self.decoded.text

    @cached_property
    def selector(self) -> Selector:
        """The parsed page."""
        # libxml2 2.14 drops whatever follows an early </html>; browsers show it.
        text = _EARLY_ENDS.sub("", self.text)
        return Selector(text=text or "<html></html>", type="html", base_url=self.url)

    @cached_property
    def document(self) -> Any:  # noqa: ANN401
        """The decoded JSON; None when it cannot be read."""
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            return None

    @cached_property
    def visible(self) -> str:
        """What a reader sees, without scripts and styles."""
        if self.is_json:
            return self.text
        return text_of(self.selector)


@dataclass(frozen=True)
class Decoded:
    """A text, the encoding it was read in, and what was wrong with it."""

    text: str
    encoding: str
    problem: str = ""


def decode(body: bytes, content_type: str, languages: tuple[str, ...] = ()) -> Decoded:
    r"""Read bytes as the server and the page declare, or as they must have been meant.

    >>> decode("虎牙".encode("gb18030"), "text/html; charset=utf-8", ("zh-Hans",)).text
    '虎牙'
    """
    try:
        encoding, text = html_to_unicode(content_type, body, default_encoding="utf-8")
    except (LookupError, UnicodeError):
        # It names one of Python's codecs that is none for text: hex, rot13, idna, undefined.
        encoding, text = "utf-8", body.decode("utf-8", "replace")
    bad = text.count(_BROKEN) - body.count(_BROKEN.encode())
    if bad <= 0:
        return Decoded(text, encoding)
    good = sum(1 for character in text if ord(character) > 0x7F) - bad  # noqa: PLR2004
    if bad > _BROKEN_TO_GOOD * good and (other := _in_legacy(body, languages)):
        problem = f"the page says {encoding} but is written in {other.encoding}"
        return replace(other, problem=f"wrong_encoding: {problem}")
    problem = f"{bad} places cannot be read as {encoding} and were left as {_BROKEN}"
    return Decoded(text, encoding, f"broken_encoding: {problem}")


def _in_legacy(body: bytes, languages: tuple[str, ...]) -> Decoded | None:
    """Read bytes in the old encodings of some languages; of several that fit, one that makes sense.

    >>> said = "กล่องไม้เก่า".encode("cp874"), "旧木盒完好，有虎牙和象牙手镯出售".encode("gb18030")
    >>> [_in_legacy(one, ("th", "zh-Hans")).encoding for one in said]
    ['cp874', 'gb18030']
    """
    names = [legacy for language in languages for legacy in LEGACY.get(language, ())]
    read = ((name, _strictly(body, name)) for name in names)
    fitting = [Decoded(text, name) for name, text in read if text is not None]
    return next((one for one in fitting if _makes_sense(one, body)), next(iter(fitting), None))


def _makes_sense(read: Decoded, body: bytes) -> bool:
    """Tell whether letters follow each other as they do in what an encoding is used for."""
    if read.encoding == "cp874":
        thai = len(_THAI.findall(read.text))
        odd = len(_STRAY_MARK.findall(read.text)) + len(_RARE_THAI.findall(read.text))
        return thai > 0 and odd <= (1 - _MOSTLY) * thai
    if read.encoding == "gb18030":
        trails = [pair[1] for pair in _PAIR.findall(body)]
        return bool(sum(trail >= _GB_TRAIL for trail in trails) >= _MOSTLY * len(trails))
    return True


def _strictly(body: bytes, encoding: str) -> str | None:
    try:
        return body.decode(encoding)
    except UnicodeDecodeError:
        return None


def joined(base: str, address: str) -> str:
    """Return an address of a page in full; empty when it is broken or no web address.

    Pages hold broken links, some on purpose; one of them must not cost the page.

    >>> joined("https://a.example/b/", "c"), joined("https://a.example/", "http://[c")
    ('https://a.example/b/c', '')
    """
    try:
        whole = urljoin(base, address.strip())
        parts = urlsplit(whole)
        reachable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        return ""
    return whole if reachable else ""


def text_of(selector: Selector) -> str:
    r"""Return the text a reader sees in an element; lines where blocks begin.

    >>> text_of(Selector(text="<div><p>one</p>two<br>three<script>no</script></div>"))
    'one\ntwo\nthree'
    """
    root = selector.root
    if isinstance(root, str):
        return tidy(root)
    pieces: list[str] = []
    _gather(root, pieces)
    return tidy("".join(pieces))


def _gather(element: Any, pieces: list[str]) -> None:  # noqa: ANN401
    # A deeply nested page must not exhaust the stack, so the walk is a loop over events.
    silent = 0
    for event, node in iterwalk(element, events=("start", "end", "comment", "pi")):
        edge = "\n" if node.tag in _BLOCKS else ""
        if event == "start":
            silent += node.tag in _SILENT
            text = node.text
        else:
            silent -= node.tag in _SILENT
            text = node.tail if node is not element else ""
        if not silent:
            pieces.append(edge + (text or ""))


def tidy(text: str) -> str:
    r"""Return a text without spare space; line ends stay.

    >>> tidy(" a \u00a0 b\n\n  c ")
    'a b\nc'
    """
    return _LINES.sub("\n", _SPACES.sub(" ", text)).strip()
