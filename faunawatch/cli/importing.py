"""`faunawatch platform import`: listings from files that a person brings."""

from pathlib import Path
from typing import Annotated

import typer

from faunawatch.cli.base import FAILED, refuse, say, the_house, warn
from faunawatch.cli.platforms import platform

MOST_TOLD = 50


@platform.command("import")
def import_(
    platform_id: Annotated[str, typer.Argument(help="The platform the listings are of.")],
    path: Annotated[Path, typer.Argument(help="A CSV, a list of addresses, or saved pages.")],
) -> None:
    """Import listings from a sheet, a list of addresses, a saved page or a folder of them.

    For closed groups and platforms no machine may read; nothing is fetched. Each line that could
    not be read is printed with its place: `faunawatch platform import our-group tips.csv`.
    """
    from faunawatch.bringing import import_into
    from faunawatch.house import UnknownPlatform

    if not path.exists():
        refuse(f"{path} is not there")
    with the_house() as house:
        try:
            ended, problems = import_into(house, platform_id, path)
        except UnknownPlatform as error:
            refuse(str(error))
    for problem in problems[:MOST_TOLD]:
        warn(problem)
    say(ended.cause)
    say("Run `faunawatch score` to have them scored now; the worker does it otherwise.")
    if problems:
        raise typer.Exit(FAILED)
