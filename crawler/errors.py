"""Why a page or a run stops; the class says what the caller does."""

from scrapy.exceptions import IgnoreRequest


class NoContact(Exception):
    """Nobody is named in the user agent: set a contact e-mail in Settings, then crawl."""


class RefusedAddress(IgnoreRequest):
    """The address may not be fetched: skip the page and say why."""

    kind = "refused_address"


class RobotsRefused(IgnoreRequest):
    """The platform's robots.txt forbids the page: skip it and say so."""

    kind = "robots_refused"


class OverBudget(IgnoreRequest):
    """Today's requests are spent: end the run, ask for nothing more."""

    kind = "budget_spent"


class Stopping(IgnoreRequest):
    """The run is ending: drop the request without a word."""

    kind = "stopping"
