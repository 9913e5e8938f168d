"""From the spider to the store: batches, one transaction each, with a heartbeat."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from crawler.progress import Progress
from crawler.styles.reading import COVERED, Reading
from data.availability import Outcome
from data.base import Clock
from data.crawls import Crawl, Ending, end_crawl, note_problem
from data.found import FoundListing, Seen
from data.listed import note_listed
from data.listings import Listing, Rechecked, record_recheck, sight
from data.outcomes import hear_relisting
from data.pictures import Fetched, Got, record_try
from data.platform import Platform
from data.samples import keep_sample
from data.store import Store

BATCH = 20
EVERY_S = 2.0
HEARTBEAT = timedelta(seconds=10)
MOST_OF_A_KIND = 50
_OK = 200

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Problem:
    """One thing that went wrong, not yet stored."""

    kind: str
    message: str
    url: str
    at: datetime


@dataclass(frozen=True)
class Look:
    """What a recheck saw, and the new sighting when the listing has changed."""

    seen: Seen
    changed: FoundListing | None = None


def ignore_rechecked(session: Session, rechecked: Rechecked) -> None:
    """Do nothing with what a recheck found."""
    del session, rechecked


@dataclass
class Recorder:
    """Collects what one run finds and commits it in small batches."""

    store: Store
    platform: Platform
    crawl_id: int
    clock: Clock
    progress: Progress
    heard: Callable[[Session, Rechecked], None] = ignore_rechecked
    found: list[FoundListing] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    pictures: list[Got] = field(default_factory=list)
    pictures_kept: int = 0
    problems: list[Problem] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    covered: Counter[str] = field(default_factory=Counter)
    listed: set[str] = field(default_factory=set)
    requests_before: int = 0
    read: int = 0
    looked: int = 0
    proved: int = 0
    served: int = 0
    beat_at: datetime | None = None

    def add(self, reading: Reading, found: FoundListing) -> None:
        """Take a listing; its problems go on the crawl too."""
        self.read += 1
        self.covered.update(reading.fields)
        for problem in found.problems:
            kind, _, message = problem.partition(": ")
            self.note(kind, message, found.url)
        self.found.append(found)
        self._flush_when_full()

    def look(self, look: Look) -> None:
        """Take what a recheck saw of one listing."""
        self.looked += 1
        self.proved += look.seen.control_live or look.seen.outcome is not Outcome.UNKNOWN
        self.served += look.seen.http_status == _OK
        self.looks.append(look)
        self._flush_when_full()

    def got(self, got: Got) -> None:
        """Take one try to get a picture."""
        self.pictures_kept += got.outcome is Fetched.KEPT
        self.pictures.append(got)
        self._flush_when_full()

    def note(self, kind: str, message: str, url: str) -> None:
        """Take a problem; after many of a kind the rest is only counted."""
        self.kinds[kind] += 1
        if self.kinds[kind] <= MOST_OF_A_KIND:
            self.problems.append(Problem(kind, message, url, self.clock.now()))

    def _flush_when_full(self) -> None:
        if len(self.found) + len(self.looks) + len(self.pictures) >= BATCH:
            self.flush()

    def tick(self) -> None:
        """Commit what is waiting, and show that the run is alive."""
        due = self.beat_at is None or self.clock.now() - self.beat_at >= HEARTBEAT
        if due or self.found or self.looks or self.pictures or self.problems:
            self.flush()

    def flush(self) -> None:
        """Commit what is waiting; a busy database is tried again at the next tick."""
        try:
            self._commit()
        except OperationalError:
            logger.warning("the database is busy or full; keeping the batch", exc_info=True)

    def _commit(self, ending: Ending | None = None, cause: str = "") -> None:
        with self.store.write() as session:
            crawl = session.get_one(Crawl, self.crawl_id)
            self._write(session, crawl)
            crawl.heartbeat_at = self.beat_at = self.clock.now()
            crawl.requests = self.requests_before + self.progress.requests
            crawl.coverage = coverage(self.covered, self.read)
            if ending is not None:
                self._end(session, crawl, ending, cause)
        self.found, self.looks, self.pictures, self.problems = [], [], [], []

    def _write(self, session: Session, crawl: Crawl) -> None:
        country = self.platform.country
        for one in sight(session, self.found, crawl=crawl, country=country, clock=self.clock):
            if one.came_back:
                listing = session.get_one(Listing, one.listing_id)
                hear_relisting(session, listing, clock=self.clock)
        for look in self.looks:
            rechecked = record_recheck(session, look.seen, crawl=crawl, clock=self.clock)
            if look.changed is not None:
                sight(session, [look.changed], crawl=crawl, country=country, clock=self.clock)
            if rechecked is not None:
                self.heard(session, rechecked)
        for got in self.pictures:
            record_try(session, got, clock=self.clock)
        if self.looks:
            crawl.listings_seen = self.looked
        _note_all(session, crawl, self.problems)

    def _end(self, session: Session, crawl: Crawl, ending: Ending, cause: str) -> None:
        now = self.clock.now()
        _note_all(session, crawl, self._uncounted(now))
        note_listed(session, self.platform.id, self.listed, now)
        crawl.lists_complete = self.platform.lists.are_complete and self.progress.lists_walked
        crawl.answers, crawl.refused = self.progress.answers, self.progress.refused
        crawl.answer_bytes = self.progress.usual_size
        end_crawl(crawl, ending, _sentence(cause), now)
        if self.progress.sample is not None:
            keep_sample(session, crawl, *self.progress.sample)

    def _uncounted(self, now: datetime) -> Iterable[Problem]:
        for kind, count in self.kinds.items():
            if count > MOST_OF_A_KIND:
                more = f"{count - MOST_OF_A_KIND} more of this kind are not listed"
                yield Problem(kind, more, "", now)

    def finish(self, ending: Ending, cause: str) -> None:
        """Commit the rest and end the crawl row."""
        self._commit(ending, cause)


def _note_all(session: Session, crawl: Crawl, problems: Iterable[Problem]) -> None:
    for one in problems:
        note_problem(session, crawl.id, one.kind, one.message, url=one.url, now=one.at)


def coverage(covered: Counter[str], read: int, fields: Sequence[str] = COVERED) -> dict[str, float]:
    """Return the share of listings that had each field.

    >>> coverage(Counter(title=2, price=1), 2, ("title", "price"))
    {'title': 1.0, 'price': 0.5}
    """
    return {name: round(covered[name] / read, 4) for name in fields} if read else {}


def _sentence(words: str) -> str:
    """Write a cause as a sentence; an address it begins with stays as it is.

    >>> _sentence("no answer in time"), _sentence("https://a.example leads to a sign-in page")
    ('No answer in time.', 'https://a.example leads to a sign-in page.')
    """
    begun = words if words.startswith("http") else words[:1].upper() + words[1:]
    return f"{begun}."
