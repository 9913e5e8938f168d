"""`faunawatch users`: who may sign in.

Audited, but without a role check: whoever can read the home owns the data.
"""

from typing import Annotated

import typer

from faunawatch.cli.base import app, refuse, say, the_house

users = typer.Typer(help="Add, reset or disable people who sign in.", no_args_is_help=True)
app.add_typer(users, name="users")

Address = Annotated[str, typer.Option(help="Where people reach the screens.")]
HERE = "http://127.0.0.1:8800"
Name = Annotated[str, typer.Argument(help="The name the person signs in with.")]


@users.command()
def add(
    name: Name,
    role: Annotated[
        list[str], typer.Option(help="admin, supervisor, reviewer, liaison or viewer; repeatable.")
    ],
    reads: Annotated[
        list[str] | None, typer.Option(help="A language the person reads, such as vi; repeatable.")
    ] = None,
    address: Address = HERE,
) -> None:
    """Add a person and print a single-use sign-in link (15 minutes)."""
    from data.people import Unusable
    from faunawatch.team import add_user

    with the_house() as house:
        try:
            say(add_user(house, name, role, reads or [], address))
        except Unusable as error:
            refuse(str(error), code=2)


@users.command("list")
def list_() -> None:
    """Print who may sign in, with roles and languages."""
    from faunawatch.team import all_users

    with the_house() as house:
        for line in all_users(house):
            say(line)


@users.command()
def reset(name: Name, address: Address = HERE) -> None:
    """End a person's sessions and print a new single-use sign-in link (15 minutes)."""
    from faunawatch.team import UnknownPerson, reset_user

    with the_house() as house:
        try:
            say(reset_user(house, name, address))
        except UnknownPerson as error:
            refuse(str(error))


@users.command()
def disable(name: Name) -> None:
    """Keep a person from signing in; what they did stays."""
    from faunawatch.team import UnknownPerson, disable_user

    with the_house() as house:
        try:
            disable_user(house, name)
        except UnknownPerson as error:
            refuse(str(error))
    say(f"{name} can no longer sign in")
