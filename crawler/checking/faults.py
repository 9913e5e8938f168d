"""The faults a check can name, each with what it means and what to do."""

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What is wrong between a platform and its file."""

    WRONG_SELECTOR = "wrong_selector"
    SEARCH_IGNORED = "ignored_search_term"
    BLOCKED = "blocked_page"
    CHANGED_LAYOUT = "changed_layout"
    LOGIN_WALL = "login_wall"
    BROKEN_PAGING = "broken_paging"
    PRICE_SCALE = "wrong_price_scale"
    ENCODING = "wrong_encoding"
    DATES_MISREAD = "dates_misread"
    ROBOTS = "robots_refusal"
    SEARCH_BLIND = "search_finds_nothing"
    NOTHING_LISTED = "nothing_listed"
    NO_ANSWER = "no_answer"
    BROKEN_PAGES = "broken_pages"
    NOTHING_READ = "nothing_read"

    @property
    def called(self) -> str:
        """The fault's name as people read it."""
        return self.value.replace("_", " ")


FAULT_MEANING = {
    Fault.WRONG_SELECTOR: "The file looks for a field where the pages do not have it.",
    Fault.SEARCH_IGNORED: "The search answers as if no term had been given.",
    Fault.BLOCKED: "The platform turns us away.",
    Fault.CHANGED_LAYOUT: "Pages come, but they are not laid out as the file says.",
    Fault.LOGIN_WALL: "The platform asks for a sign-in.",
    Fault.BROKEN_PAGING: "Turning pages does not lead to further listings.",
    Fault.PRICE_SCALE: "Prices are read too large or too small by a power of ten.",
    Fault.ENCODING: "Letters are read as other letters.",
    Fault.DATES_MISREAD: "Dates are not read, or read as other days.",
    Fault.ROBOTS: "The platform's robots.txt forbids what the file asks for.",
    Fault.SEARCH_BLIND: "The search finds nothing for words that its own listings contain.",
    Fault.NOTHING_LISTED: "The lists come, but name nothing.",
    Fault.NO_ANSWER: "The platform does not answer.",
    Fault.BROKEN_PAGES: "Many pages come broken.",
    Fault.NOTHING_READ: "The check ended before it read a listing, so it proves nothing.",
}

ADVICE = {
    Fault.WRONG_SELECTOR: "Open a listing in a browser and correct the selector in the file.",
    Fault.SEARCH_IGNORED: "Set `may_search = false` and rely on lists, or correct `search`.",
    Fault.BLOCKED: "Stop, wait a day, raise `delay_s`; if it stays, import what people save.",
    Fault.CHANGED_LAYOUT: "Compare a page with the file, correct it, and check again.",
    Fault.LOGIN_WALL: "We never sign in: import what people save, or ask for an official key.",
    Fault.BROKEN_PAGING: "Turn a page in a browser and see what changes in the address.",
    Fault.PRICE_SCALE: "Correct `price_scale` in the file.",
    Fault.ENCODING: "Add what sellers write to `languages`; if it stays, tell us the page.",
    Fault.DATES_MISREAD: "Correct `date_languages`, `date_format` or `timezone` in the file.",
    Fault.ROBOTS: "Leave these pages alone, or ask the platform for permission or an API.",
    Fault.SEARCH_BLIND: "Set `may_search = false`; lists and our own matching find them.",
    Fault.NOTHING_LISTED: "Look whether `start` lists anything; a scripted page needs `browser`.",
    Fault.NO_ANSWER: "Try the address in a browser; try again later.",
    Fault.BROKEN_PAGES: "Open one of the pages in a browser and compare.",
    Fault.NOTHING_READ: "Check again once what stopped it is over.",
}

WALLS = frozenset({Fault.BLOCKED, Fault.LOGIN_WALL, Fault.ROBOTS, Fault.NO_ANSWER})
"""Faults behind which nothing more is seen."""


@dataclass(frozen=True)
class Found:
    """A fault that was found: where, and a sentence with what was seen."""

    fault: Fault
    words: str
    where: str = ""

    @property
    def advice(self) -> str:
        """What to do about it."""
        return ADVICE[self.fault]

    def __str__(self) -> str:
        at = f" ({self.where})" if self.where else ""
        return f"{self.fault.called}: {self.words}{at}"
