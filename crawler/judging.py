"""What one look at a known listing means. Pure: pages in, a judgement out.

The order matters: a wall and a page of an outage prove nothing; then the platform's own rules; then
what is true of any site; and a page counts as live only when the listing can still be read from it.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from rapidfuzz import fuzz

from crawler.health import Wall, certain_wall, likely_wall, status_wall
from crawler.options import Target
from crawler.rules import ALSO, FIRST, describe, has_title, rule_for, was_redirected
from crawler.styles import Page, Reading, read_listing
from data.availability import Outcome
from data.platform import Platform, Style
from data.text import skeleton

_GONE = frozenset({404, 410})
_OK = 200
_OVER = frozenset({Outcome.REMOVED, Outcome.SOLD_OR_EXPIRED})
_SERVED = frozenset({Outcome.LIVE, Outcome.CHANGED})
_ELSE = 35  # percent alike: below, a page is about something else
# Phrases, not words: a shop may sell maintenance, and "care" is what "maintenance" says elsewhere.
_RESTING = re.compile(
    r"(under|down for|undergoing|scheduled|site|system|planned) maintenance|maintenance mode"
    r"|^maintenance$|be right back|temporarily (unavailable|down|closed)|too many requests"
    r"|service unavailable|bad gateway|gateway time-?out|internal server error|rate limit(ed| exc)"
    r"|đang (được )?(bảo trì|nâng cấp)|bảo trì hệ thống|ปิดปรับปรุง|ปรับปรุงระบบ|系统维护|系統維護"
    r"|(正在|系统|系統)(维护|維護)|(维护|維護)中|服务器繁忙|访问过于频繁"
    r"|(dalam|sedang) (penyelenggaraan|pemeliharaan)|(penyelenggaraan|pemeliharaan) sistem"
    r"|sedang diperbaiki|កំពុងថែទាំ|ថែទាំប្រព័ន្ធ"
    r"|ກຳລັງບຳລຸງຮັກສາ|ບຳລຸງຮັກສາລະບົບ|ပြုပြင်ထိန်းသိမ်းနေ",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Judged:
    """What a page means for a listing, why, and what it says now when it is still read."""

    outcome: Outcome
    cause: str
    reading: Reading | None = None


def judge(
    page: Page, platform: Platform, target: Target, now: datetime, *, absent: bool = False
) -> Judged:
    """Judge one look at a listing's page; `absent`: a complete walk did not meet the listing."""
    if judged := _before_content(page, platform, target, FIRST):
        return judged
    return _by_content(page, platform, target, now, absent=absent)


def judge_also(page: Page, platform: Platform, target: Target) -> Judged:
    """Judge the second address of a listing, of which only its title must be readable."""
    return _before_content(page, platform, target, ALSO) or _by_title(page, target)


def _by_title(page: Page, target: Target) -> Judged:
    if has_title(page, target.title):
        return Judged(Outcome.LIVE, "title shown")
    if wall := likely_wall(page):
        return Judged(Outcome.WALL, wall.cause)
    return Judged(Outcome.UNKNOWN, "an answer came, but the recorded title is not in it")


def both(first: Judged, also: Judged) -> Judged:
    """Join what a listing's two addresses say: gone needs both, one alone is delisted.

    >>> gone, live = Judged(Outcome.REMOVED, "HTTP 404"), Judged(Outcome.LIVE, "title shown")
    >>> both(gone, live).outcome, both(gone, gone).outcome
    (<Outcome.DELISTED: 'delisted'>, <Outcome.REMOVED: 'removed'>)
    """
    told = f"{first.cause}; second address: {also.cause}"
    outcomes = {first.outcome, also.outcome}
    if Outcome.WALL in outcomes:
        return Judged(Outcome.WALL, first.cause if first.outcome is Outcome.WALL else also.cause)
    if outcomes <= _OVER:
        # The platform's own word that an offer ended outweighs a missing page.
        ended = Outcome.SOLD_OR_EXPIRED in outcomes
        return Judged(Outcome.SOLD_OR_EXPIRED if ended else Outcome.REMOVED, told)
    if outcomes & _OVER:
        known = Outcome.UNKNOWN not in outcomes
        return Judged(Outcome.DELISTED if known else Outcome.UNKNOWN, told)
    if Outcome.DELISTED in outcomes:
        return Judged(Outcome.DELISTED, told)
    served = first if first.outcome in _SERVED or also.outcome not in _SERVED else also
    return Judged(served.outcome, told, first.reading)


def _before_content(page: Page, platform: Platform, target: Target, at: str) -> Judged | None:
    """Judge what needs no reading: walls, pages of an outage, rules, statuses."""
    if wall := certain_wall(page):
        return Judged(Outcome.WALL, wall.cause)
    rule = rule_for(page, platform, title=target.title, external_id=target.external_id, at=at)
    # The words a person wrote into a rule for this platform outweigh our guess.
    if (rule is None or not rule.text) and (resting := _resting(page, target)):
        return Judged(Outcome.UNKNOWN, resting)
    if rule is not None and (wall := _sign_in(page, platform, target)):
        return Judged(Outcome.WALL, wall.cause)
    if rule is not None and rule.outcome is not Outcome.LIVE:
        return Judged(rule.outcome, describe(rule))
    return _by_status(page) if page.status != _OK else None


def _resting(page: Page, target: Target) -> str:
    """Return words when a page is headed like those of an outage; they come with any status."""
    if page.is_json:
        return ""
    heads = page.selector.xpath("//title//text() | //h1//text()").getall()
    head = " ".join(" ".join(heads).split())
    found = _RESTING.search(head)
    if found is None or _RESTING.search(target.title):
        return ""
    return f"a page headed {head[:80]!r} proves nothing about the listing"


def _sign_in(page: Page, platform: Platform, target: Target) -> Wall | None:
    """Recognise being sent to sign in, by the address alone: many a front page has a box for it."""
    sent = was_redirected(page, platform, target.external_id)
    return likely_wall(Page(page.url, b"")) if sent else None


def _by_status(page: Page) -> Judged:
    if page.status in _GONE:
        return Judged(Outcome.REMOVED, f"HTTP {page.status}")
    if wall := status_wall(page):
        return Judged(Outcome.WALL, wall.cause)
    return Judged(Outcome.UNKNOWN, f"HTTP {page.status}, for which there is no rule")


def _by_content(
    page: Page, platform: Platform, target: Target, now: datetime, *, absent: bool
) -> Judged:
    if platform.listing_style is Style.JSON_API and not page.is_json:
        return _by_title(page, target)
    elsewhere = not platform.reads_json and was_redirected(page, platform, target.external_id)
    reading = read_listing(page, platform, now, target.external_id)
    if elsewhere or not reading.is_listing:
        if wall := likely_wall(page):
            return Judged(Outcome.WALL, wall.cause)
        where = f"sent to {page.url}" if elsewhere else "a page came, but no listing is on it"
        return Judged(Outcome.UNKNOWN, f"{where}; add a [[removal]] rule if this means removed")
    if reading.ended:
        return Judged(Outcome.SOLD_OR_EXPIRED, "the page says the offer is over")
    return _served(page, platform, target, reading, absent=absent)


def _served(
    page: Page, platform: Platform, target: Target, reading: Reading, *, absent: bool
) -> Judged:
    shows_title = has_title(page, target.title)
    if target.title and not shows_title and not reading.found.title:
        return Judged(Outcome.UNKNOWN, "a page came, but neither the recorded title nor another")
    if _is_of_other(target, reading):
        return Judged(Outcome.UNKNOWN, "the page is about something else; no word of it is left")
    if absent and platform.lists.are_complete:
        return Judged(Outcome.DELISTED, "the page is served, but a complete walk did not meet it")
    if changes := _changes(target, reading):
        return Judged(Outcome.CHANGED, f"changed: {', '.join(changes)}", reading)
    return Judged(Outcome.LIVE, "title shown" if shows_title else "listing shown", reading)


def _is_of_other(target: Target, reading: Reading) -> bool:
    """Tell whether a page offers other goods, as sites do where an offer is gone.

    Seen by title and text together: a seller who edits one of them is still the same offer.
    """
    if not target.title or not reading.found.title:
        return False
    pairs = (
        (target.title, reading.found.title),
        (target.description, reading.found.description),
    )
    return all(_ratio(old, new) < _ELSE for old, new in pairs)


def _ratio(one: str, other: str) -> float:
    return fuzz.ratio(skeleton(one).text[:2000], skeleton(other).text[:2000])


def _changes(target: Target, reading: Reading) -> list[str]:
    found = reading.found
    pairs = {
        "title": (target.title, found.title),
        "description": (target.description, found.description),
        "price": (target.price_text, found.price_text),
    }
    changed = [name for name, (old, new) in pairs.items() if new and old.split() != new.split()]
    if target.price is not None and target.price == found.price and "price" in changed:
        changed.remove("price")
    return changed
