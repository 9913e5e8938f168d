"""`faunawatch platform hours`, `limits`, `resume`: when a platform is left alone."""

from typing import Annotated

import typer

from faunawatch.cli.base import MISUSED, refuse, say, the_house
from faunawatch.cli.platforms import Id, platform


@platform.command()
def hours(
    platform_id: Id,
    quiet: Annotated[
        str | None,
        typer.Option(help="Hours in which nothing is fetched, local: 22:00-06:00; none."),
    ] = None,
    jitter: Annotated[
        str | None, typer.Option(help="Begin up to so much later than planned: 30m; none.")
    ] = None,
) -> None:
    """Set when a platform is left alone each day, by its own clocks."""
    from faunawatch.hours import set_hours
    from faunawatch.house import UnknownPlatform
    from faunawatch.watching import BadSchedule

    with the_house() as house:
        try:
            say(set_hours(house, platform_id, quiet=quiet, jitter=jitter))
        except (UnknownPlatform, BadSchedule) as error:
            refuse(str(error), code=MISUSED)


@platform.command()
def limits(
    platform_id: Id,
    longest: Annotated[str | None, typer.Option(help="How long a run may take: 6h.")] = None,
    memory: Annotated[int | None, typer.Option(help="How much memory it may use, in MB.")] = None,
) -> None:
    """Set what one run of a platform may use; past it the run ends and keeps what it read."""
    from faunawatch.hours import set_limits
    from faunawatch.house import UnknownPlatform
    from faunawatch.watching import BadSchedule

    with the_house() as house:
        try:
            say(set_limits(house, platform_id, longest=longest, memory_mb=memory))
        except (UnknownPlatform, BadSchedule) as error:
            refuse(str(error), code=MISUSED)


@platform.command()
def resume(platform_id: Id) -> None:
    """Crawl a platform again at once that is paused, or rests after runs that failed."""
    from faunawatch.hours import resume_platform
    from faunawatch.house import UnknownPlatform

    with the_house() as house:
        try:
            say(resume_platform(house, platform_id))
        except UnknownPlatform as error:
            refuse(str(error))
