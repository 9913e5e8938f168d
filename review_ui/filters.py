"""Template filters: times, money, names with their tricks shown, plurals."""

import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

_BIDI: Final = {
    "\u061c": "ALM", "\u200e": "LRM", "\u200f": "RLM", "\u202a": "LRE", "\u202b": "RLE",
    "\u202c": "PDF", "\u202d": "LRO", "\u202e": "RLO", "\u2066": "LRI", "\u2067": "RLI",
    "\u2068": "FSI", "\u2069": "PDI",
}  # fmt: skip
# These join or part letters in Khmer, Burmese, Thai and Lao, and emoji: shown in names only.
_JOINERS: Final = {"\u200b": "ZWSP", "\u200c": "ZWNJ", "\u200d": "ZWJ", "\u00ad": "SHY"}
_MOST_MARKS: Final = 4


def _mark_of(character: str, *, joiners: bool) -> str:
    if character in _BIDI:
        return _BIDI[character]
    if character in _JOINERS:
        return _JOINERS[character] if joiners else ""
    if character in "\n\t":
        return ""
    if unicodedata.category(character) in {"Cf", "Cc", "Co"}:
        return f"U+{ord(character):04X}"
    return ""


def _visible(text: str, *, joiners: bool) -> Markup:
    parts: list[str | Markup] = []
    stacked = 0
    for character in text:
        stacked = stacked + 1 if unicodedata.category(character) == "Mn" else 0
        mark = _mark_of(character, joiners=joiners)
        if mark:
            name = unicodedata.name(character, "unnamed character").lower()
            parts.append(Markup('<span class="unseen" title="{}">{}</span>').format(name, mark))
        elif stacked <= _MOST_MARKS:
            parts.append(character)
    return Markup("").join(parts)


def words_of(text: str) -> Markup:
    """Return listing text with direction tricks shown as marks; letters keep their joiners."""
    return _visible(text, joiners=False)


def shown(name: str) -> Markup:
    r"""Return a name kept apart from the text around it, with everything unseen shown.

    >>> str(shown("ab\u202ec"))
    '<bdi>ab<span class="unseen" title="right-to-left override">RLO</span>c</bdi>'
    """
    return Markup("<bdi>{}</bdi>").format(_visible(name, joiners=True))


def plain(text: str) -> str:
    r"""Return text for places that hold no marks, such as a window's title, without its tricks.

    >>> plain("ab\u202ec\u200bd")
    'abcd'
    """
    return "".join(one for one in text if not _mark_of(one, joiners=True))


def money(amount: Decimal | None, currency: str, text: str) -> str:
    """Return a price as the page gave it, or as an amount with its currency.

    >>> money(Decimal("1500"), "THB", "1500"), money(None, "", "liên hệ"), money(None, "", "")
    ('1,500 THB', 'liên hệ', 'no price')
    """
    said = text.strip()
    if amount is None:
        return said or "no price"
    if said and not said.replace(".", "").isdecimal():
        return said
    return f"{amount.normalize():,f} {currency}".strip()


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun.

    >>> count(1, "listing"), count(1200, "listing"), count(2, "body", "bodies")
    ('1 listing', '1,200 listings', '2 bodies')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def span(duration: timedelta) -> str:
    """Return a length of time in its largest unit.

    >>> span(timedelta(seconds=20)), span(timedelta(hours=30)), span(timedelta(days=3))
    ('1 min', '1 day', '3 days')
    """
    minutes = max(int(duration.total_seconds() // 60), 1)
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h" if hours < 24 else count(hours // 24, "day")  # noqa: PLR2004


def until(moment: datetime, now: datetime) -> str:
    """Return how long it is to a moment, or "now" when it has passed."""
    return f"in {span(moment - now)}" if moment > now else "now"


def ago(moment: datetime, now: datetime) -> str:
    """Return how long ago a moment was."""
    return f"{span(now - moment)} ago" if moment <= now else until(moment, now)


def percent(share: float | None) -> str:
    """Return a share in whole percent; nothing known is a dash, never a zero.

    >>> percent(0.567), percent(None)
    ('57 %', '—')
    """
    return "—" if share is None else f"{share:.0%}".replace("%", " %")


def size(number: int) -> str:
    """Return a number of bytes for people.

    >>> size(900), size(15_300)
    ('900 B', '15 kB')
    """
    return f"{number} B" if number < 1000 else f"{number // 1000:,} kB"  # noqa: PLR2004


def html_lang(code: str) -> str:
    """Return the value of a lang attribute; text of no known language says so.

    >>> html_lang("zh-Hans"), html_lang("und")
    ('zh-Hans', 'und')
    """
    return code or "und"


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "words_of": words_of,
    "shown": shown,
    "plain": plain,
    "count": count,
    "span": span,
    "until": until,
    "ago": ago,
    "percent": percent,
    "size": size,
    "html_lang": html_lang,
}


def timed(zone: ZoneInfo) -> dict[str, Callable[..., Markup]]:
    """Return the filters that show moments in the team's zone, with UTC on hover."""

    def _time(moment: datetime, text: str) -> Markup:
        utc = moment.astimezone(UTC)
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            utc.strftime("%Y-%m-%dT%H:%M:%SZ"), utc.strftime("%Y-%m-%d %H:%M:%S UTC"), text
        )

    def at(moment: datetime | None, now: datetime | None = None) -> Markup:
        if moment is None:
            return escape("never")
        there = moment.astimezone(zone)
        today = now is not None and there.date() == now.astimezone(zone).date()
        same_year = now is not None and there.year == now.astimezone(zone).year
        day = "today" if today else there.strftime("%-d %b" if same_year else "%-d %b %Y")
        return _time(moment, f"{day} {there:%H:%M}")

    def day(moment: datetime | None) -> Markup:
        if moment is None:
            return escape("never")
        return _time(moment, moment.astimezone(zone).strftime("%-d %b %Y"))

    def since(moment: datetime, now: datetime) -> Markup:
        return _time(moment, ago(moment, now))

    return {"at": at, "day": day, "since": since}
