"""What one look at a known listing's page means. Pure: a page in, a judgement out.

The order matters: a wall proves nothing; then the platform's own rules; then what is true of any
site; and a page counts as live only when the listing can still be read from it.
"""

from dataclasses import dataclass
from datetime import datetime

from crawler.health import certain_wall, likely_wall, status_wall
from crawler.options import Target
from crawler.rules import describe, has_title, rule_for
from crawler.styles import Page, Reading, read_listing
from data.availability import Outcome
from data.platform import Platform, Style

_GONE = frozenset({404, 410})
_OK = 200


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
    if wall := certain_wall(page):
        return Judged(Outcome.WALL, wall.cause)
    rule = rule_for(page, platform, title=target.title, external_id=target.external_id)
    if rule is not None and rule.outcome is not Outcome.LIVE:
        return Judged(rule.outcome, describe(rule))
    if page.status != _OK:
        return _by_status(page)
    return _by_content(page, platform, target, now, absent=absent)


def _by_status(page: Page) -> Judged:
    if page.status in _GONE:
        return Judged(Outcome.REMOVED, f"HTTP {page.status}")
    if wall := status_wall(page):
        return Judged(Outcome.WALL, wall.cause)
    return Judged(Outcome.UNKNOWN, f"HTTP {page.status}, for which there is no rule")


def _by_content(
    page: Page, platform: Platform, target: Target, now: datetime, *, absent: bool
) -> Judged:
    elsewhere = (
        platform.style is not Style.JSON_API
        and platform.external_id(page.url) != target.external_id
    )
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
    if absent and platform.lists.are_complete:
        return Judged(Outcome.DELISTED, "the page is served, but a complete walk did not meet it")
    if changes := _changes(target, reading):
        return Judged(Outcome.CHANGED, f"changed: {', '.join(changes)}", reading)
    return Judged(Outcome.LIVE, "title shown" if shows_title else "listing shown", reading)


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
