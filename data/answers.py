"""Platform answers in plain values: the words they use, the rows of a sheet that came back."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from data.states import RequestEvent
from data.tables import Cells, read_table
from data.takedowns import OutcomeCause

REFERENCE = Path(__file__).parent / "reference"
WORDS_FILE = REFERENCE / "reply_words.csv"
HEADERS_FILE = REFERENCE / "reply_headers.csv"
REPLY_COLUMNS = ("platform_status", "platform_ref", "platform_date", "platform_comment")
READ_COLUMNS = ("batch_no", "row_no", "external_id", "url", *REPLY_COLUMNS)
ANSWERS = frozenset(
    {
        RequestEvent.ACKNOWLEDGE,
        RequestEvent.REPLY_REMOVED,
        RequestEvent.REPLY_RESTRICTED,
        RequestEvent.REPLY_PARTIAL,
        RequestEvent.REPLY_REJECTED,
        RequestEvent.REPLY_ALREADY_GONE,
    }
)
_TRACKING = re.compile(
    r"^(utm_.*|fbclid|gclid|msclkid|spm|scm|from|source|src|ref|referrer|share.*|_trkparms|mibextid)$",
    re.IGNORECASE,
)
_BUDDHIST_YEARS = range(2440, 2700)
_BUDDHIST = 543


@dataclass(frozen=True)
class ReplyRow:
    """One row of an answer sheet as it came; `line` is its line in the file, from 1."""

    line: int
    batch_no: str = ""
    external_id: str = ""
    url: str = ""
    platform_status: str = ""
    platform_ref: str = ""
    platform_date: str = ""
    platform_comment: str = ""

    @property
    def said(self) -> tuple[str, str, str, str]:
        """Return what the platform filled in."""
        return (
            self.platform_status,
            self.platform_ref,
            self.platform_date,
            self.platform_comment,
        )


@dataclass(frozen=True)
class Meaning:
    """What a platform's word means for a request."""

    event: RequestEvent
    cause: OutcomeCause
    gloss: str


def folded(word: str) -> str:
    """Return a word in the form it is compared in.

    >>> folded("  Partly　REMOVED. ")
    'partly removed'
    """
    plain = unicodedata.normalize("NFKC", word).casefold()
    return " ".join(plain.replace("_", " ").strip(" .!?。！:：").split())


@cache
def load_words(path: Path = WORDS_FILE) -> dict[str, Meaning]:
    """Read the table of answer words; one word with two meanings is an error."""
    words: dict[str, Meaning] = {}
    for line, row in read_table(path, ("word", "lang", "event", "cause", "meaning")):
        cells = Cells(path, line, row)
        meaning = Meaning(
            event=cells.read("event", RequestEvent, "an event of data/states.py"),
            cause=cells.read("cause", OutcomeCause, "a cause of data/takedowns.py"),
            gloss=cells.filled("meaning"),
        )
        if meaning.event not in ANSWERS:
            raise cells.bad("event", "is not something a platform answers")
        known = words.setdefault(folded(cells.filled("word")), meaning)
        if (known.event, known.cause) != (meaning.event, meaning.cause):
            raise cells.bad("word", "stands in an earlier line with another meaning")
    return words


@cache
def load_headers(path: Path = HEADERS_FILE) -> dict[str, str]:
    """Read the table of column headers in several languages."""
    headers: dict[str, str] = {}
    for line, row in read_table(path, ("header", "lang", "column")):
        cells = Cells(path, line, row)
        column = cells.filled("column")
        if column not in READ_COLUMNS:
            raise cells.bad("column", f"is not one of {', '.join(READ_COLUMNS)}")
        if headers.setdefault(folded(cells.filled("header")), column) != column:
            raise cells.bad("header", "stands in an earlier line for another column")
    return headers


def meaning_of(word: str) -> Meaning | None:
    """Return what a platform's word means; None when the table does not know it: never guess.

    >>> meaning_of("已删除").event.value, meaning_of("已下架处理中")
    ('reply_removed', None)
    """
    return load_words().get(folded(word))


def bare_url(url: str) -> str:
    """Return an address without tracking parameters, fragment and needless slashes.

    >>> bare_url("HTTPS://Shop.example/item/7/?utm_source=x&id=3#top")
    'https://shop.example/item/7?id=3'
    """
    try:
        parts = urlsplit(url.strip())
        host = parts.netloc.lower().removesuffix(":80").removesuffix(":443")
    except ValueError:
        return url.strip()
    kept = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if _kept(k)]
    query = urlencode(sorted(kept))
    return urlunsplit((parts.scheme.lower(), host, parts.path.rstrip("/"), query, ""))


def _kept(name: str) -> bool:
    return _TRACKING.match(name) is None


def read_date(text: str) -> date | None:
    """Read a date as sheets give it: ISO, day first, with CJK signs, Buddhist years.

    >>> [str(read_date(one)) for one in ("2026-11-02", "2/11/2569", "2026年11月2日", "soon")]
    ['2026-11-02', '2026-11-02', '2026-11-02', 'None']
    """
    numbers = [int(one) for one in re.findall(r"\d+", unicodedata.normalize("NFKC", text))][:3]
    if len(numbers) < 3:  # noqa: PLR2004
        return None
    year_first = numbers[0] > 31  # noqa: PLR2004
    year, month, day = numbers if year_first else reversed(numbers)
    if month > 12 >= day:  # noqa: PLR2004
        month, day = day, month
    if year in _BUDDHIST_YEARS:
        year -= _BUDDHIST
    try:
        return datetime(year, month, day).date()  # noqa: DTZ001
    except ValueError:
        return None
