"""`faunawatch platform`: list, show, terms-read, new, check, enable, disable, pause."""

from pathlib import Path
from typing import Annotated

import typer

from faunawatch.cli.base import FAILED, MISUSED, app, refuse, say, the_house, warn

platform = typer.Typer(help="The platforms this team watches.", no_args_is_help=True)
app.add_typer(platform, name="platform")

Id = Annotated[str, typer.Argument(help="The platform's id.")]


@platform.command("list")
def list_() -> None:
    """Print every platform, who read its terms, and what this team does with it.

    Fields stand between tabs: `faunawatch platform list | cut -f1,4`.
    """
    from faunawatch.watching import watched_lines

    with the_house() as house:
        lines, errors = watched_lines(house)
    for line in lines:
        say(line)
    for error in errors:
        warn(error)
    if errors:
        raise typer.Exit(FAILED)


@platform.command()
def show(platform_id: Id) -> None:
    """Print all there is to know of one platform.

    How it is read, who read its terms of use, and its notes: `faunawatch platform show chotot`.
    """
    from faunawatch.house import UnknownPlatform
    from faunawatch.watching import shown_lines

    with the_house() as house:
        try:
            lines = list(shown_lines(house, platform_id))
        except UnknownPlatform as error:
            refuse(str(error))
    for line in lines:
        say(line)


@platform.command("terms-read")
def terms_read(
    platform_id: Id,
    by: Annotated[str, typer.Option(help="Who read them.")],
    note: Annotated[str, typer.Option(help="What was read and found: version, sections.")],
) -> None:
    """Record that a person read a platform's terms of use; nothing is crawled before.

    `faunawatch platform terms-read chotot --by "Mai Tran" --note "Terms of 2026-03; reading
    public pages slowly is not excluded."` robots.txt binds whatever the terms say.
    """
    from faunawatch.house import UnknownPlatform
    from faunawatch.permission import EmptyReading, record_reading

    with the_house() as house:
        try:
            say(record_reading(house, platform_id, by, note))
        except UnknownPlatform as error:
            refuse(str(error))
        except EmptyReading as error:
            refuse(str(error), code=MISUSED)


@platform.command()
def enable(
    platform_id: Id,
    every: Annotated[str, typer.Option(help="How often: 1d, 12h, 30m.")] = "1d",
    at: Annotated[str, typer.Option(help="A daily local time, HH:MM.")] = "",
    tz: Annotated[str, typer.Option(help="The time zone of --at, such as Asia/Bangkok.")] = "",
) -> None:
    """Crawl a platform on a schedule from now on; its terms must have been read.

    `faunawatch platform enable chotot --every 1d --at 02:00 --tz Asia/Ho_Chi_Minh`.
    """
    from faunawatch.house import UnknownPlatform
    from faunawatch.permission import TermsUnread
    from faunawatch.watching import BadSchedule, enable_platform

    with the_house() as house:
        try:
            say(enable_platform(house, platform_id, every=every, at=at, tz=tz))
        except (UnknownPlatform, BadSchedule, TermsUnread) as error:
            refuse(str(error))


@platform.command()
def disable(platform_id: Id) -> None:
    """Stop crawling a platform; what was collected stays: `faunawatch platform disable chotot`."""
    from faunawatch.house import UnknownPlatform
    from faunawatch.watching import disable_platform

    with the_house() as house:
        try:
            say(disable_platform(house, platform_id))
        except UnknownPlatform as error:
            refuse(str(error))


@platform.command()
def pause(
    platform_id: Id,
    for_: Annotated[str, typer.Option("--for", help="How long: 7d, 12h.")] = "7d",
) -> None:
    """Leave a platform alone for a while: `faunawatch platform pause chotot --for 7d`."""
    from faunawatch.house import UnknownPlatform
    from faunawatch.watching import BadSchedule, pause_platform

    with the_house() as house:
        try:
            say(pause_platform(house, platform_id, for_))
        except (UnknownPlatform, BadSchedule) as error:
            refuse(str(error))


@platform.command()
def new(
    url: Annotated[str, typer.Argument(help="A page of the site that lists its newest listings.")],
    platform_id: Annotated[str, typer.Option("--id", help="The id; default: the host.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="Where to write; default: platforms/ in the home.")
    ] = None,
) -> None:
    """Write a first platform file from what a site's own pages offer.

    It fetches one list and a few listings, politely, and says in the file what it found and what
    is a guess: `faunawatch platform new https://shop.example/new --id example-shop`.
    """
    from data.platforms import PlatformError
    from faunawatch.jobs import NoContact, contact_of
    from faunawatch.newplatform.making import CannotMake, NothingToDescribe, new_platform

    with the_house() as house:
        try:
            contact = contact_of(house.home())
            lines = new_platform(house, url, platform_id, out, contact=contact)
        except CannotMake as error:
            refuse(str(error), code=MISUSED)
        except (NothingToDescribe, NoContact, PlatformError) as error:
            refuse(str(error))
    for line in lines:
        say(line)
