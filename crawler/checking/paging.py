"""Whether turning pages leads to further listings."""

from collections.abc import Iterator

from crawler.checking.faults import Fault, Found
from crawler.checking.notes import ListPage, Notes
from data.platform import Platform

MANY = 10
_MOSTLY = 0.5
# Repeated listings are counted here, and a total that is a little off is only remarked on.
_SAID_ELSEWHERE = ("repeats", "says it has")


def has_pager(platform: Platform) -> bool:
    """Tell whether the file says how to turn pages."""
    lists = platform.lists
    ways = (lists.next_link, lists.next_button, lists.page_parameter, lists.offset_parameter)
    return any(ways) or lists.cursor is not None


def summary(notes: Notes, platform: Platform) -> str:
    """Say how many pages were turned and what they named."""
    counts = ", ".join(str(len(one.ids)) for one in notes.lists) or "none"
    if not has_pager(platform):
        return f"no pager is described; listings on the list page: {counts}"
    total = next((one.total for one in notes.lists if one.total), None)
    stated = f"; the list says it has {total}" if total else ""
    pages = "1 list page" if len(notes.lists) == 1 else f"{len(notes.lists)} list pages"
    return f"{pages} read; listings on each: {counts}{stated}"


def faults(notes: Notes, platform: Platform, *, walled: bool) -> Iterator[Found]:
    """Name the first thing wrong with each walk's paging."""
    for pages in notes.walks().values():
        found = _repeats(pages) or _ends_early(pages)
        if found is not None:
            yield found
            return
    if not walled:
        yield from _did_not_come(notes)
        yield from _no_next(notes, platform)


def remarks(notes: Notes) -> Iterator[str]:
    """Remark on listings that stand on several pages, as pinned ones do, and on totals."""
    for note in notes.of("list_page"):
        if note.message.startswith("says it has") and any(one.ids for one in notes.lists):
            yield f"paging: the list {note.message}"
    for pages in notes.walks().values():
        if _repeats(pages) is None and (again := _again(pages)):
            shown = f"{len(again)} listings stand on several pages, as pinned ones do"
            yield f"paging: {shown}; a crawl reads them once"


def _again(pages: list[ListPage]) -> set[str]:
    seen: set[str] = set()
    again: set[str] = set()
    for page in pages:
        again |= seen & set(page.ids)
        seen |= set(page.ids)
    return again


def _repeats(pages: list[ListPage]) -> Found | None:
    seen: set[str] = set()
    for page in pages:
        repeated = len(seen & set(page.ids))
        if repeated and repeated >= _MOSTLY * len(page.ids):
            words = f"page {page.number} repeats {repeated} of its {len(page.ids)} listings"
            return Found(Fault.BROKEN_PAGING, f"{words} from earlier pages", page.url)
        seen |= set(page.ids)
    return None


def _ends_early(pages: list[ListPage]) -> Found | None:
    """Tell of a page that a pager led to and that names nothing, though the list says it has more.

    An empty page after the last is how many lists end; one after a single page is not.
    """
    if not pages or pages[-1].ids or len(pages) == 1:
        return None
    last, seen = pages[-1], sum(len(one.ids) for one in pages)
    total = next((one.total for one in pages if one.total), None)
    if last.number == 2 or (total is not None and total > seen):  # noqa: PLR2004
        words = f"page {last.number} names no listing, after {len(pages[0].ids)} on the first"
        return Found(Fault.BROKEN_PAGING, words, last.url)
    return None


def _did_not_come(notes: Notes) -> Iterator[Found]:
    """Tell of a further page that answered wrongly or leads back."""
    for note in notes.of("list_page"):
        said = note.message.startswith(_SAID_ELSEWHERE)
        if any(one.ids for one in notes.lists) and not said:
            yield Found(Fault.BROKEN_PAGING, f"the list {note.message}", note.url)
            return


def _no_next(notes: Notes, platform: Platform) -> Iterator[Found]:
    most = max((len(one.ids) for one in notes.lists), default=0)
    if has_pager(platform) and most >= MANY and not notes.turned:
        words = f"{most} listings on a page, but no next page is found; is `next_link` right?"
        yield Found(Fault.BROKEN_PAGING, words, notes.lists[0].url)
