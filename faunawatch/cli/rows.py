"""Rows as JSON Lines, for scripts: listings, flags, requests, crawls, and the figures."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import typer

from faunawatch.cli.base import MISUSED, app, refuse, say, the_house

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]
Platform = Annotated[str, typer.Option(help="Only this platform.")]
_HIDDEN = {"token_hash", "password_hash"}
_BATCH = 1000


def plain(value: object) -> object:
    """Return a value JSON can hold; times as ISO 8601 UTC, money as text."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, StrEnum):
        return value.value
    return value


def _rows(record: type[Any], platform: str) -> Iterator[dict[str, object]]:
    from sqlalchemy import select

    names = [column.key for column in record.__table__.columns if column.key not in _HIDDEN]
    with the_house() as house, house.store.read() as session:
        query = select(*(getattr(record, name) for name in names)).order_by(record.id)
        if platform and "platform_id" in names:
            query = query.where(record.platform_id == platform)
        for row in session.execute(query.execution_options(yield_per=_BATCH)):
            yield {name: plain(value) for name, value in zip(names, row, strict=True)}


def _print(record: type[Any], platform: str, *, as_json: bool, columns: tuple[str, ...]) -> None:
    for row in _rows(record, platform):
        if as_json:
            say(json.dumps(row, ensure_ascii=False))
        else:
            say("\t".join(str(row[name] if row[name] is not None else "-") for name in columns))


@app.command()
def listings(as_json: AsJson = False, platform: Platform = "") -> None:
    """Print every listing."""
    from data.listings import Listing

    columns = ("id", "platform_id", "external_id", "availability", "lang", "title")
    _print(Listing, platform, as_json=as_json, columns=columns)


@app.command()
def flags(as_json: AsJson = False) -> None:
    """Print every flag: the claim that a listing is worth a look."""
    from data.flags import Flag

    _print(Flag, "", as_json=as_json, columns=("id", "listing_id", "group", "concern", "at"))


@app.command()
def requests(as_json: AsJson = False, platform: Platform = "") -> None:
    """Print every takedown request with its state."""
    from data.takedowns import TakedownRequest

    columns = ("id", "listing_id", "platform_id", "state", "sent_at", "seen_gone_at")
    _print(TakedownRequest, platform, as_json=as_json, columns=columns)


@app.command()
def crawls(as_json: AsJson = False, platform: Platform = "") -> None:
    """Print every crawl, how it ended and why."""
    from data.crawls import Crawl

    columns = ("id", "platform_id", "kind", "started_at", "ending", "listings_seen", "cause")
    _print(Crawl, platform, as_json=as_json, columns=columns)


@app.command()
def figures(
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, UTC.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, UTC.")
    ] = None,
) -> None:
    """Print the figures: detected, reported, removed, and every rate with its denominator."""
    from faunawatch.report import BadPeriod, figures_for_period, figures_in_words

    with the_house() as house:
        try:
            found = figures_for_period(house, since, until)
        except BadPeriod as error:
            refuse(str(error), code=MISUSED)
    say(json.dumps(found, ensure_ascii=False) if as_json else figures_in_words(found))
