"""What pages say, made fit for every database: one odd page must not cost a crawl its others."""

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from data.base import MONEY_LENGTH, storable
from data.crawls import note_problem
from data.found import FoundListing, FoundSeller, Seen, StoredEvidence

LONGEST_ID = 1000
"""What an index of every database takes, whatever the script."""
Page = TypeVar("Page", StoredEvidence, FoundSeller, FoundListing, Seen)


def fit_to_store(
    session: Session, found: Iterable[FoundListing], crawl_id: int, now: datetime
) -> list[FoundListing]:
    """Keep what has an id to know it by; the rest, which would all be one, is a problem."""
    kept = []
    for one in found:
        if 0 < len(one.external_id) <= LONGEST_ID:
            kept.append(_fit(one))
            continue
        words = f"an id of {len(one.external_id)} characters; it needs 1 to {LONGEST_ID}"
        note_problem(session, crawl_id, "bad_id", words, url=one.url, now=now)
    return kept


def _fit(found: FoundListing) -> FoundListing:
    """Return what a page said as every database takes it; what had to go is a problem."""
    fit = clean(found)
    if fit.seller is not None:
        fit = replace(fit, seller=clean(fit.seller))
    if fit.price is not None and len(format(fit.price, "f")) > MONEY_LENGTH:
        told = (*fit.problems, f"price: a number of more than {MONEY_LENGTH} signs was left out")
        fit = replace(fit, price=None, problems=told)
    return fit


def clean(page: Page) -> Page:
    """Return a page's words without signs that a database refuses."""
    values = {field.name: getattr(page, field.name) for field in fields(page)}
    return replace(page, **{name: _cleaned(value) for name, value in values.items()})


def _cleaned(value: Any) -> Any:  # noqa: ANN401
    """Clean words wherever they stand: bare, in a tuple, or in a part."""
    if isinstance(value, str) and not isinstance(value, StrEnum):
        return storable(value)
    if isinstance(value, tuple):
        return tuple(_cleaned(one) for one in value)
    return clean(value) if isinstance(value, StoredEvidence) else value
