"""The notice: a statement of reasons in plain text that a platform can act on.

It carries the four elements of Article 16(2) of the EU Digital Services Act: why the content is
illegal, its exact address, who notifies, and the statement of good faith. Never in it: internal
notes, scores, where a tip came from, reviewers' names.
"""

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

WIDTH = 88
GOOD_FAITH = (
    "We hold in good faith that the information and the allegations in this notice are accurate "
    "and complete."
)
AUTOMATION = "Found by automated search, confirmed by a person on {day}."
REQUESTED = (
    "Please remove these listings, keep what you hold on them for the authorities, and answer in "
    "the four empty columns of the sheet that comes with this notice, or by e-mail with the "
    "notice number."
)
DEMO = "DEMO: the listings, sellers and platform in this notice are invented. Do not act on it."


@dataclass(frozen=True)
class Offered:
    """What a listing offers, as a person named it."""

    scientific_name: str
    english_name: str
    local_name: str
    cites_appendix: str
    product: str
    form: str


@dataclass(frozen=True)
class Law:
    """What a country's law says of the animal, as far as we hold it."""

    country: str
    text: str
    verified: bool
    source: str


@dataclass(frozen=True)
class Quote:
    """Words of the listing in the original, with their meaning."""

    words: str
    gloss: str


@dataclass(frozen=True)
class Case:
    """One listing of a notice."""

    row_no: int
    attempt: int
    url: str
    external_id: str
    title: str
    seller: str
    price: str
    first_seen: datetime
    verified_live: datetime | None
    decided: datetime
    offered: Sequence[Offered]
    legal_ground: str
    laws: Sequence[Law]
    policy_ref: str
    quotes: Sequence[Quote]
    evidence: Sequence[str]


@dataclass(frozen=True)
class Notice:
    """A whole notice: who asks, whom, and for which listings."""

    batch_no: str
    platform: str
    organisation: str
    signatory: str
    email: str
    authority: str
    dated: datetime
    timezone: ZoneInfo
    audit_head: str
    demo: bool
    cases: Sequence[Case]


_JOINERS = "\u200b\u200c\u200d"


def one_line(text: str) -> str:
    r"""Return a listing's words on one line, without characters that steer a terminal or bidi.

    >>> one_line("a\n b\u202e\x07c")
    'a bc'
    """
    spaced = " ".join(text.split())
    return "".join(one for one in spaced if one in _JOINERS or not _steers(one))


def _steers(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf"}


def as_text(notice: Notice) -> str:
    """Write the whole notice as plain text.

    A missing organisation or e-mail is written as missing: it is a fault of the settings that the
    reader of the preview must see.
    """
    parts = [*_head(notice)]
    for case in notice.cases:
        parts += _case(notice, case)
    parts += _tail(notice)
    return "\n".join(parts) + "\n"


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(
        one_line(text),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _head(notice: Notice) -> Iterator[str]:
    if notice.demo:
        yield from (DEMO, "")
    count = len(notice.cases)
    subject = "offer" if count == 1 else "offers"
    yield f"Notice of illegal content: {count} wildlife {subject} on {one_line(notice.platform)}"
    yield "=" * WIDTH
    yield f"Batch no.      {notice.batch_no}"
    yield f"Date           {_both_times(notice.dated, notice.timezone)}"
    yield f"To             {one_line(notice.platform)}"
    yield f"From           {one_line(notice.organisation) or '(organisation missing)'}"
    yield f"Name           {one_line(notice.signatory) or '(signatory missing)'}"
    yield f"E-mail         {one_line(notice.email) or '(e-mail missing)'}"
    if notice.authority:
        yield f"Authority      {one_line(notice.authority)}"
    yield ""
    yield _wrapped(f"Requested action: {REQUESTED}")
    yield ""


def _case(notice: Notice, case: Case) -> Iterator[str]:
    yield "-" * WIDTH
    yield f"Notice no.     {notice.batch_no}/{case.row_no}   attempt {case.attempt}"
    yield f"Address        {one_line(case.url)}"
    yield f"Listing id     {one_line(case.external_id)}"
    yield f"Title          {one_line(case.title) or '(none shown)'}"
    yield f"Seller         {one_line(case.seller) or '(none shown)'}"
    yield f"Price          {one_line(case.price) or '(none shown)'}"
    yield f"First seen     {_both_times(case.first_seen, notice.timezone)}"
    live = case.verified_live
    yield f"Verified live  {_both_times(live, notice.timezone) if live else '(not verified)'}"
    for one in case.offered:
        yield from _offered(one)
    yield from _reasons(case)
    yield f"Evidence       SHA-256 {', '.join(case.evidence) or '(none)'}"
    yield _wrapped(AUTOMATION.format(day=case.decided.astimezone(notice.timezone).date()))
    yield ""


def _offered(one: Offered) -> Iterator[str]:
    names = ", ".join(name for name in (one.english_name, one.local_name) if name)
    appendix = f"CITES Appendix {one.cites_appendix}" if one.cites_appendix else "CITES: see source"
    yield f"Animal         {one.scientific_name} ({names}); {appendix}"
    yield f"Product        {one.product} ({one.form})"


def _reasons(case: Case) -> Iterator[str]:
    yield "Why illegal"
    yield _wrapped(
        "The listing offers the animal or product above for sale. Its own words:"
        if case.quotes
        else "The listing offers the animal or product above for sale.",
        "  ",
    )
    for quote in case.quotes:
        gloss = f" = {one_line(quote.gloss)}" if quote.gloss else ""
        yield f'  - "{one_line(quote.words)}"{gloss}'
    yield _wrapped(f"Law: {case.legal_ground}", "  ")
    for law in case.laws:
        mark = (
            f"(source: {law.source})"
            if law.verified
            else "[unverified; check before relying on it]"
        )
        yield _wrapped(f"Status in {law.country}: {law.text} {mark}", "  ")
    if case.policy_ref:
        yield _wrapped(f"Your policy: {case.policy_ref}", "  ")


def _tail(notice: Notice) -> Iterator[str]:
    yield "-" * WIDTH
    yield _wrapped(f"Statement of good faith: {GOOD_FAITH}")
    yield ""
    yield one_line(notice.signatory) or "(signatory missing)"
    yield one_line(notice.organisation) or "(organisation missing)"
    yield ""
    yield f"Audit chain head at freezing: {notice.audit_head}"
    if notice.demo:
        yield from ("", DEMO)


def _both_times(moment: datetime, timezone: ZoneInfo) -> str:
    local = moment.astimezone(timezone)
    return f"{moment:%Y-%m-%d %H:%M} UTC ({local:%Y-%m-%d %H:%M} {timezone.key})"
