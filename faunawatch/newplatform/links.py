"""Which addresses on a page are listings': families of one form, each with a pattern for its id."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from parsel import Selector

from crawler.styles.page import Page, joined

Pairs = tuple[tuple[str, str], ...]
LEAST_MEMBERS = 3
_ID_NAMES = re.compile(
    r"^(id|item|item_?id|pid|product|product_?id|ad|ad_?id|listing|listing_?id|tid|lot|post)$",
    re.IGNORECASE,
)
# A number stands at an end of a segment: 12-box, box-12, box_12, box-p12.html, 12.htm, or alone.
_NUMBERED = re.compile(
    r"^(?P<before>(?:[^/]*[-_.])?[a-z]?)(?P<id>\d+)(?P<after>-[^/]+)?(?P<end>\.[a-z]{3,5})?$",
    re.IGNORECASE,
)
_TAIL = re.compile(r"[-_.]?[a-z]?$", re.IGNORECASE)
_AFTER = r"/?(?:[?#]|$)"
_NO_LISTING = re.compile(
    r"^(page|tag|tags|user|users|login|log-in|sign-?in|register|cart|basket|help|about|static|media"
    r"|assets|admin|account|accounts|author|category|categories|cat|blog|news|faq|terms|privacy)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Family:
    """Addresses of one form: the pattern of their id, and some of them."""

    pattern: str
    examples: tuple[str, ...]
    address: str = ""
    keep_query: tuple[str, ...] = ()
    by_name: bool = False

    @property
    def size(self) -> int:
        """How many different addresses were met."""
        return len(self.examples)


@dataclass(frozen=True)
class _Address:
    """One address taken apart; `at`: which segment holds the number."""

    url: str
    segments: tuple[str, ...]
    at: int
    numbered: re.Match[str]

    @property
    def form(self) -> tuple[object, ...]:
        """What addresses of one family share."""
        found = self.numbered
        tail = _TAIL.search(found["before"])
        parts = (tail[0] if tail else "", bool(found["before"]), bool(found["after"]), found["end"])
        return (len(self.segments), self.at, *parts, urlsplit(self.url).path.endswith("/"))


def own_links(page: Page) -> list[str]:
    """Return the addresses a page links to on its own host, without fragments, in order."""
    host = urlsplit(page.url).netloc.lower()
    found = (_href(link, page.url) for link in page.selector.css("a[href]"))
    own = (url for url in found if url and urlsplit(url).netloc.lower() == host)
    return list(dict.fromkeys(url for url in own if url != page.url.partition("#")[0]))


def _href(link: Selector, base: str) -> str:
    return joined(base, link.attrib.get("href") or "").partition("#")[0]


def families(urls: Iterable[str]) -> list[Family]:
    r"""Return what may be families of listings, the most promising first.

    >>> found = families(f"https://a.example/item/{n}-box" for n in (12, 34, 56))
    >>> found[0].pattern
    '//[^/?#]+/item/(?P<id>\\d+)-[^/?#]+/?(?:[?#]|$)'
    """
    urls = list(urls)
    found = [*_by_query(urls), *_by_number(urls)]
    found.sort(key=lambda one: -one.size)
    return [*found, *_by_name(urls)]


def _by_number(urls: Sequence[str]) -> Iterator[Family]:
    groups: dict[tuple[object, ...], list[_Address]] = defaultdict(list)
    for url in urls:
        if (address := _taken_apart(url)) is not None:
            groups[address.form].append(address)
    for group in groups.values():
        yield from _split(group)


def _taken_apart(url: str) -> _Address | None:
    parts = urlsplit(url)
    segments = tuple(one for one in parts.path.split("/") if one)
    if parts.query or any(map(_NO_LISTING.match, segments[:-1])):
        return None
    for at in range(len(segments) - 1, -1, -1):
        found = _NUMBERED.match(segments[at])
        if found and not (found["before"] and found["after"]):
            return _Address(url, segments, at, found)
    return None


def _split(group: list[_Address]) -> Iterator[Family]:
    """Yield a family for each first segment that has enough, and one of all where they differ."""
    firsts: dict[str, list[_Address]] = defaultdict(list)
    for one in group:
        firsts[one.segments[0] if one.at > 0 else ""].append(one)
    large = [some for some in firsts.values() if _ids(some) >= LEAST_MEMBERS]
    if len(firsts) > 1 and _ids(group) >= LEAST_MEMBERS and len(large) != 1:
        yield _family(group)
    for some in large:
        yield _family(some)


def _ids(group: Sequence[_Address]) -> int:
    return len({one.numbered["id"] for one in group})


def _family(group: Sequence[_Address]) -> Family:
    first = group[0]
    parts = []
    for at in range(len(first.segments)):
        same = {one.segments[at] for one in group}
        if at == first.at:
            parts.append(_numbered_pattern(group))
        else:
            parts.append(re.escape(first.segments[at]) if len(same) == 1 else "[^/?#]+")
    pattern = "//[^/?#]+/" + "/".join(parts) + _AFTER
    return Family(pattern, tuple(one.url for one in group), _rebuilt(group))


def _numbered_pattern(group: Sequence[_Address]) -> str:
    befores = {one.numbered["before"] for one in group}
    before = group[0].numbered["before"]
    tail = _TAIL.search(before)
    lead = (
        re.escape(before) if len(befores) == 1 else f"[^/?#]*{re.escape(tail[0] if tail else '')}"
    )
    after = "-[^/?#]+" if group[0].numbered["after"] else ""
    return f"{lead}(?P<id>\\d+){after}{re.escape(group[0].numbered['end'] or '')}"


def _rebuilt(group: Sequence[_Address]) -> str:
    """Return an address with {id}, where all that differs between the members is their id."""
    forms = {one.url.replace(one.numbered["id"], "{id}") for one in group}
    return forms.pop() if len(forms) == 1 else ""


def _by_query(urls: Sequence[str]) -> Iterator[Family]:
    groups: dict[tuple[str, str, Pairs], list[str]] = defaultdict(list)
    for url in urls:
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query)
        for name, value in pairs:
            if _ID_NAMES.match(name) and value.isdigit():
                rest = tuple(pair for pair in pairs if pair[0] != name)
                groups[parts.path, name, rest].append(url)
    for (path, name, rest), members in groups.items():
        if len(set(members)) >= LEAST_MEMBERS:
            yield _query_family(path, name, rest, members)


def _query_family(path: str, name: str, pairs: Pairs, members: list[str]) -> Family:
    needed = "".join(f"(?=[^#]*[?&]{re.escape(key)}={re.escape(value)})" for key, value in pairs)
    pattern = f"//[^/?#]+{re.escape(path)}{needed}\\?(?:[^#]*&)?{re.escape(name)}=(?P<id>\\d+)"
    return Family(pattern, tuple(dict.fromkeys(members)), "", (*(key for key, _ in pairs), name))


def _by_name(urls: Sequence[str]) -> Iterator[Family]:
    """Yield families whose addresses hold words only, as /product/old-box."""
    groups: dict[tuple[str, int], list[str]] = defaultdict(list)
    for url in urls:
        parts = urlsplit(url)
        segments = [one for one in parts.path.split("/") if one]
        named = len(segments) > 1 and not parts.query and "-" in segments[-1]
        if named and not any(map(_NO_LISTING.match, segments)):
            groups[segments[0], len(segments)].append(url)
    for (first, count), members in sorted(groups.items(), key=lambda one: -len(one[1])):
        if len(members) >= LEAST_MEMBERS:
            middle = "[^/?#]+/" * (count - 2)
            pattern = f"//[^/?#]+/{re.escape(first)}/{middle}(?P<id>[^/?#]+){_AFTER}"
            yield Family(pattern, tuple(members), by_name=True)
