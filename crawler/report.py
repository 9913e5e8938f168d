"""What a check found, in words a person can act on. Pure: notes in, a report out."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from statistics import median

from crawler.progress import Earlier, Progress, ending_of
from crawler.styles.reading import COVERED, Reading
from data.crawls import Ending
from data.platform import Platform

FEW = 3
MANY_LINKS = 10
_FIELD_OF = {
    "amount": "price",
    "currency": "price",
    "posted": "posted_at",
    "seller_id": "seller",
    "seller_name": "seller",
}
# Nobody sells for less than this in these currencies; a price scale is the usual cause.
_LEAST_USUAL = {"VND": 500, "IDR": 500, "LAK": 500, "KHR": 200, "MMK": 100}
_MOST_USUAL = Decimal(10) ** 12
_SAID_ELSEWHERE = frozenset(
    {"hidden_characters", "list_page", "no_amount", "no_title", "robots_refused"}
)
_GOOD = frozenset({Ending.FINISHED, Ending.LIMIT_REACHED})


@dataclass(frozen=True)
class SearchTrial:
    """How many listings a search named for a word, and for one that does not exist.

    `is_there`: a listing on the site contains the word. `names_the_list`: the search named just
    what the first list page names.
    """

    word: str
    hits: int | None
    hits_of_nonsense: int | None
    is_there: bool = True
    names_the_list: bool = False


@dataclass
class Notebook:
    """What a check wrote down."""

    readings: list[Reading] = field(default_factory=list)
    notes: list[tuple[str, str, str]] = field(default_factory=list)
    links_on_pages: list[int] = field(default_factory=list)
    turned: bool = False
    searches: list[SearchTrial] = field(default_factory=list)


@dataclass(frozen=True)
class FieldReport:
    """One field: on how many of the pages it was found, and an example."""

    name: str
    found: int
    of: int
    example: str


@dataclass(frozen=True)
class CheckReport:
    """What a platform's file reads on the real site, and what is wrong with it."""

    platform_id: str
    fields: tuple[FieldReport, ...]
    requests: int
    robots: str
    paging: str
    search: str
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Tell whether the platform can be crawled as it is."""
        return not self.problems


def report_on(platform: Platform, progress: Progress, notebook: Notebook) -> CheckReport:
    """Turn the notes of a check into a report."""
    problems = [
        *_ending_problems(progress),
        *_field_problems(platform, notebook.readings),
        *_price_problems(platform, notebook.readings),
        *_paging_problems(platform, notebook),
        *_search_problems(notebook.searches),
        *_noted_problems(notebook),
    ]
    return CheckReport(
        platform_id=platform.id,
        fields=tuple(_field_report(name, notebook.readings) for name in COVERED),
        requests=progress.requests,
        robots=progress.last_robots or "robots.txt allows the pages that were asked for",
        paging=_paging(platform, notebook),
        search=_search(platform, notebook.searches),
        problems=tuple(dict.fromkeys(problems)),
    )


def _field_report(name: str, readings: list[Reading]) -> FieldReport:
    having = [reading for reading in readings if name in reading.fields]
    example = _shown(name, having[0]) if having else ""
    return FieldReport(name, len(having), len(readings), example[:80])


def _shown(name: str, reading: Reading) -> str:
    found = reading.found
    if name == "price":
        return f"{found.price_text} → {found.price} {found.currency}"
    if name == "seller" and found.seller:
        return f"{found.seller.external_id} {found.seller.name}".strip()
    value = getattr(found, name)
    return str(value[0] if isinstance(value, tuple) else value).replace("\n", " ")


def _ending_problems(progress: Progress) -> Iterator[str]:
    ending, cause = ending_of(progress, Earlier())
    if ending not in _GOOD:
        yield f"{ending.replace('_', ' ')}: {cause}"


def _field_problems(platform: Platform, readings: list[Reading]) -> Iterator[str]:
    if not readings:
        return
    pages = f"{len(readings)} listing pages"
    missing = {name for name in COVERED if not any(name in one.fields for one in readings)}
    if "title" in missing:
        yield f"title: found on none of {pages}"
    for name, where in platform.fields.items():
        covered = _FIELD_OF.get(name, name)
        if covered in missing and covered != "title":
            selector = " | ".join(where.select)
            yield f"{name}: `{selector}` found nothing on any of {pages}; wrong selector?"
    if "price" in missing and not {"price", "amount"} & set(platform.fields):
        yield f"price: found on none of {pages}; add `price` to [fields]"
    yield from _same_everywhere(readings)


def _same_everywhere(readings: list[Reading]) -> Iterator[str]:
    for name in ("title", "description"):
        values = [str(getattr(reading.found, name)) for reading in readings]
        if len(values) >= FEW and values[0] and len(set(values)) == 1:
            yield f"{name}: every page gives {values[0][:60]!r}; the selector finds site furniture"


def _price_problems(platform: Platform, readings: list[Reading]) -> Iterator[str]:
    prices = [one.found.price for one in readings if one.found.price]
    if len(prices) < FEW:
        return
    middle, least = median(prices), _LEAST_USUAL.get(platform.currency, 0)
    if middle < least or middle > _MOST_USUAL:
        wrong = f"half of the prices lie below {middle} {platform.currency}"
        yield f"price scale: {wrong}; is `price_scale` ({platform.price_scale}) right?"


def _has_pager(platform: Platform) -> bool:
    lists = platform.lists
    return bool(
        lists.next_link or lists.next_button or lists.page_parameter or lists.offset_parameter
    )


def _paging(platform: Platform, notebook: Notebook) -> str:
    pages = len(notebook.links_on_pages)
    counts = ", ".join(map(str, notebook.links_on_pages)) or "none"
    if not _has_pager(platform):
        return f"no pager is described; listings on the list page: {counts}"
    return f"{pages} list pages read; listings on each: {counts}"


def _paging_problems(platform: Platform, notebook: Notebook) -> Iterator[str]:
    for kind, message, url in notebook.notes:
        if kind == "list_page":
            yield f"paging: {url} {message}"
    links = max(notebook.links_on_pages, default=0)
    if _has_pager(platform) and links >= MANY_LINKS and not notebook.turned:
        yield f"paging: {links} listings on a page, but no next page found; wrong `next_link`?"


def _search(platform: Platform, trials: list[SearchTrial]) -> str:
    if not platform.lists.search:
        return "no search is described"
    asked = [trial for trial in trials if trial.hits is not None]
    if not asked:
        return "the search could not be asked"
    hits = ", ".join(f"{trial.hits} listings for {trial.word!r}" for trial in asked)
    return f"{hits}, {asked[0].hits_of_nonsense} for a word that does not exist"


def _search_problems(trials: list[SearchTrial]) -> Iterator[str]:
    for trial in trials:
        if trial.hits == 0 and trial.is_there:
            yield f"search: finds nothing for {trial.word!r}, which a listing on the site contains"
        if trial.hits and (trial.hits_of_nonsense or 0) >= trial.hits:
            yield "search: ignores its term; a word that does not exist finds just as much"
        elif trial.hits and trial.names_the_list and trial.hits >= MANY_LINKS:
            yield f"search: ignores {trial.word!r}; it names just what the first list page names"


def _noted_problems(notebook: Notebook) -> Iterator[str]:
    readings = max(len(notebook.readings), 1)
    kinds = Counter(kind for kind, _, _ in notebook.notes)
    first = {kind: (message, url) for kind, message, url in reversed(notebook.notes)}
    for kind, (message, url) in first.items():
        said = kind in _SAID_ELSEWHERE | set(Ending)
        said = said or (kind == "not_a_listing" and not notebook.readings)
        if not said and kinds[kind] * 2 >= readings:
            yield f"{kind.replace('_', ' ')}: {message} ({url})"
