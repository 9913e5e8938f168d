"""What stood in the way: blocks, sign-ins, robots.txt, silence."""

from collections import Counter
from collections.abc import Iterator

from crawler.checking.faults import Fault, Found
from crawler.checking.notes import Notes
from crawler.progress import Earlier, Progress, ending_of
from data.crawls import Ending
from data.platform import Platform

_WALL_OF = {
    Ending.BLOCKED: Fault.BLOCKED,
    Ending.LOGIN_WALL: Fault.LOGIN_WALL,
    Ending.UNREACHABLE: Fault.NO_ANSWER,
}
_MEANS_NOTHING = frozenset({"hidden_characters", "no_amount", "gone_meanwhile"})
_SAID_ELSEWHERE = frozenset(
    {
        "list_page",
        "no_title",
        "not_a_listing",
        "price_scale",
        "wrong_encoding",
        "broken_encoding",
        "unread_date",
        "future_date",
        "robots_refused",
        *(ending.value for ending in Ending),
    }
)


def faults(notes: Notes, platform: Platform, progress: Progress) -> Iterator[Found]:
    """Name the wall that ended the check, what robots.txt forbids, and silence."""
    ending, cause = ending_of(progress, Earlier())
    if ending in _WALL_OF and (progress.stopped or not notes.lists):
        yield Found(_WALL_OF[ending], cause)
    # A run that has ended cannot fetch robots.txt either, which says nothing of the platform.
    if not progress.stopped or progress.at_wall or progress.requests:
        yield from _robots(notes, platform)
    if not notes.lists and not progress.stopped:
        for note in notes.of("list_page"):
            yield Found(Fault.NO_ANSWER, f"the list {note.message}", note.url)
            return


def _robots(notes: Notes, platform: Platform) -> Iterator[Found]:
    refused = [note for note in notes.of("robots_refused") if _matters(note.url, platform)]
    if not refused:
        return
    kinds = Counter(_what(note.url, platform) for note in refused)
    if not notes.lists or kinds["listing pages"] > len(notes.samples) or kinds["the search"]:
        forbidden = " and ".join(sorted(kinds))
        yield Found(Fault.ROBOTS, f"{refused[0].message}: {forbidden}", refused[0].url)


def _what(url: str, platform: Platform) -> str:
    if platform.external_id(url):
        return "listing pages"
    searched = platform.absolute(platform.lists.search.partition("{term}")[0])
    return "the search" if platform.lists.search and url.startswith(searched) else "lists"


def _matters(url: str, platform: Platform) -> bool:
    """Tell whether a refused page is one a crawl would ask for: a search only if it may."""
    return platform.lists.may_search or _what(url, platform) != "the search"


def remarks(notes: Notes, platform: Platform) -> Iterator[str]:
    """Remark on what robots.txt closes without harm."""
    refused = list(notes.of("robots_refused"))
    if refused and notes.lists and not list(_robots(notes, platform)):
        kinds = sorted({_what(note.url, platform) for note in refused})
        yield f"robots: robots.txt forbids some of {' and '.join(kinds)}; they are left alone"


def broken_pages(notes: Notes) -> Iterator[Found]:
    """Name a problem that more than half of the listing pages had."""
    tried = len(notes.samples) + len(notes.unreadable)
    kinds = Counter(note.kind for note in notes.problems)
    for kind, times in kinds.items():
        said = kind in _SAID_ELSEWHERE | _MEANS_NOTHING
        if not said and times >= max(tried, 1):
            note = next(notes.of(kind))
            words = f"{note.message} (and {times - 1} more)" if times > 1 else note.message
            yield Found(Fault.BROKEN_PAGES, words, note.url)


def few_broken(notes: Notes) -> Iterator[str]:
    """Remark on problems of single pages."""
    kinds = Counter(note.kind for note in notes.problems)
    named = {found.where for found in broken_pages(notes)}
    for kind, times in kinds.items():
        note = next(notes.of(kind))
        if kind not in _SAID_ELSEWHERE and note.url not in named:
            more = f" (and {times - 1} more)" if times > 1 else ""
            yield f"{kind.replace('_', ' ')}: {note.message}{more}"
