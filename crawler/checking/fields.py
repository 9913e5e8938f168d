"""Which fields were found: a selector that finds nothing, or a page laid out in another way."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from crawler.checking.faults import Fault, Found
from crawler.checking.notes import ListPage, Notes, Sample
from crawler.styles.reading import COVERED
from crawler.styles.selecting import select, texts_of
from data.platform import Field, Platform, Style

FEW = 3
OPTIONAL = frozenset({"place", "images", "category"})
"""Fields that sellers often leave empty: missing everywhere is a remark, not a fault."""
_FIELD_OF = {
    "amount": "price",
    "currency": "price",
    "posted": "posted_at",
    "seller_id": "seller",
    "seller_name": "seller",
    "seller_url": "seller",
    "seller_profile": "seller",
}
_ATTRIBUTE = re.compile(r"(?P<element>.+)::attr\((?P<name>[^)]+)\)$")
_DIGITS = re.compile(r"\d+")
_ALIKE = 5


@dataclass(frozen=True)
class Coverage:
    """One field: on how many of the pages it was found, whether it must be, and an example."""

    name: str
    found: int
    of: int
    example: str
    needed: bool

    @property
    def share(self) -> float | None:
        """The share of pages that had it; None when no page was read."""
        return self.found / self.of if self.of else None


def coverage(notes: Notes, platform: Platform) -> tuple[Coverage, ...]:
    """Return what was found of each field."""
    needed = needed_fields(platform)
    return tuple(_covered(name, notes.samples, needed=name in needed) for name in COVERED)


def needed_fields(platform: Platform) -> frozenset[str]:
    """Return the fields that a page must give: the title, and what the file says where to find."""
    described = {_FIELD_OF.get(name, name) for name in platform.fields}
    return frozenset(described & set(COVERED) - OPTIONAL | {"title"})


def _covered(name: str, samples: list[Sample], *, needed: bool) -> Coverage:
    having = [one for one in samples if name in one.reading.fields]
    example = _shown(name, having[0]) if having else ""
    return Coverage(name, len(having), len(samples), example[:80], needed)


def _shown(name: str, sample: Sample) -> str:
    found = sample.reading.found
    if name == "price":
        amount = f"{found.price:f} {found.currency}" if found.price is not None else "no amount"
        return f"{found.price_text} → {amount}"
    if name == "seller" and found.seller:
        shown = (found.seller.external_id, found.seller.name)
        return " ".join(dict.fromkeys(filter(None, shown)))
    if name == "posted_at" and found.posted_at:
        return f"{sample.reading.texts.get('posted', '')} → {found.posted_at:%Y-%m-%d %H:%M} UTC"
    value = getattr(found, name)
    return " ".join(str(value[0] if isinstance(value, tuple) else value).split())


def faults(notes: Notes, platform: Platform, *, garbled: bool = False) -> Iterator[Found]:
    """Name a changed layout, or else each selector that finds nothing or furniture."""
    changed = next(_changed(notes, platform), None)
    if changed is not None:
        yield changed
        return
    yield from _lists(notes, platform)
    for name in _missing(notes):
        if name in needed_fields(platform):
            yield from _wrong_selectors(name, notes, platform)
    if not garbled:
        yield from _furniture(notes.samples)


def remarks(notes: Notes, platform: Platform) -> Iterator[str]:
    """Remark on fields that are missing but need not be there, and on those often missing."""
    needed, number = needed_fields(platform), len(notes.samples)
    for one in coverage(notes, platform):
        described = any(_FIELD_OF.get(name, name) == one.name for name in platform.fields)
        if not one.of or (one.found == 0 and one.name in needed):
            continue
        if one.found == 0 and described:
            yield f"{one.name}: found on none of {number} pages; sellers may leave it empty"
        elif one.found == 0 and one.name == "price":
            yield f"price: found on none of {number} pages; if they show one, add it to [fields]"
        elif one.name in needed and one.found * 2 < one.of:
            yield f"{one.name}: found on only {one.found} of {number} pages"


def _missing(notes: Notes) -> list[str]:
    """Return the fields that no page gave; a date in words we cannot read is there all the same."""
    if not notes.samples:
        return []
    given = {name for sample in notes.samples for name in _given(sample)}
    return [name for name in COVERED if name not in given]


def _given(sample: Sample) -> set[str]:
    texts = {_FIELD_OF.get(name, name) for name, text in sample.reading.texts.items() if text}
    return texts | sample.reading.fields


def _changed(notes: Notes, platform: Platform) -> Iterator[Found]:
    unread, read = len(notes.unreadable), len(notes.samples)
    if unread and unread >= read:
        pages = f"{unread} of {unread + read} listing pages have"
        yield Found(
            Fault.CHANGED_LAYOUT,
            f"{pages} no listing where the file looks for it",
            notes.unreadable[0].url,
        )
        return
    needed = needed_fields(platform)
    missing = sorted(needed & set(_missing(notes)))
    if len(missing) >= FEW and len(missing) * 2 >= len(needed):
        names = ", ".join(missing)
        where = notes.samples[0].page.url
        yield Found(Fault.CHANGED_LAYOUT, f"{names} are found on none of {read} pages", where)
    if notes.lists and not any(one.ids for one in notes.lists) and platform.style is not Style.FEED:
        yield from _changed_list(notes.lists[0], platform)


def _changed_list(page: ListPage, platform: Platform) -> Iterator[Found]:
    if page.page.is_json or _named_anywhere(page, platform):
        return
    shape, times, example = _usual_link(page)
    if times >= _ALIKE:
        words = f"the list names no listing: `pattern` fits none of {times} links like {shape}"
        yield Found(Fault.CHANGED_LAYOUT, words, example)


def _usual_link(page: ListPage) -> tuple[str, int, str]:
    """Return the most usual shape of links with a number, how many there are, and one of them."""
    links = [url for url in page.page.selector.css("a::attr(href)").getall() if _DIGITS.search(url)]
    shapes = Counter(_DIGITS.sub("…", link) for link in dict.fromkeys(links))
    if not shapes:
        return "", 0, ""
    shape, times = shapes.most_common(1)[0]
    return shape, times, next(link for link in links if _DIGITS.sub("…", link) == shape)


def _named_anywhere(page: ListPage, platform: Platform) -> int:
    """Count the links of a page, wherever they stand, that name a listing."""
    links = dict.fromkeys(page.page.selector.css("a::attr(href)").getall())
    return sum(bool(platform.external_id(platform.absolute(link))) for link in links)


def _lists(notes: Notes, platform: Platform) -> Iterator[Found]:
    """Name `links` or `rows` when the list holds listings that they do not find."""
    if not notes.lists or any(one.ids for one in notes.lists):
        return
    first = notes.lists[0]
    if first.page.is_json:
        rows = platform.json.rows
        yield Found(Fault.WRONG_SELECTOR, f"`rows` ({rows}) or `id` finds nothing", first.url)
    elif named := _named_anywhere(first, platform):
        where = " | ".join(platform.lists.links)
        words = f"`links` ({where}) finds none of the {named} links to listings"
        yield Found(Fault.WRONG_SELECTOR, words, first.url)
    else:
        yield Found(Fault.NOTHING_LISTED, "the list names no listing", first.url)


def _wrong_selectors(name: str, notes: Notes, platform: Platform) -> Iterator[Found]:
    pages = f"found on none of {len(notes.samples)} pages"
    where = notes.samples[0].page.url
    described = {
        key: one for key, one in platform.fields.items() if _FIELD_OF.get(key, key) == name
    }
    if not described:
        yield Found(Fault.WRONG_SELECTOR, f"{name}: {pages}; add it to [fields]", where)
    for key, one in described.items():
        selector = " | ".join(one.select)
        why = _nearly(notes.samples, one)
        yield Found(Fault.WRONG_SELECTOR, f"{key}: `{selector}` {pages}{why}", where)


def _nearly(samples: list[Sample], field: Field) -> str:
    """Say how a selector misses by little: its pattern fits nothing, its attribute is not there."""
    pages = [one.page for one in samples if not one.page.is_json]
    if not pages:
        return ""
    if field.pattern is not None:
        texts = texts_of(pages[0].selector, replace(field, pattern=None))
        if texts:
            return f"; its `pattern` does not fit {texts[0][:40]!r}"
    for selector in field.select:
        asked = _ATTRIBUTE.match(selector)
        if asked and select(pages[0].selector, asked["element"]):
            return f"; the element is there, but has no `{asked['name']}`"
    return ""


def _furniture(samples: list[Sample]) -> Iterator[Found]:
    for name in ("title", "description"):
        values = {str(getattr(one.reading.found, name)) for one in samples}
        if len(samples) >= FEW and len(values) == 1 and (value := values.pop()):
            words = f"{name}: every page gives {value[:60]!r}, which is site furniture"
            yield Found(Fault.WRONG_SELECTOR, words, samples[0].page.url)
