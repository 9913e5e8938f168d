"""`faunawatch settings` and `faunawatch doctor`: who the team is, and whether all is well."""

from typing import Annotated

import typer

from faunawatch.cli.base import app, refuse, say, the_house

settings = typer.Typer(help="Show or set what the team is called.", no_args_is_help=True)
app.add_typer(settings, name="settings")


@settings.command("show")
def show() -> None:
    """Print the team's settings."""
    from faunawatch.team import team_settings

    with the_house() as house:
        for name, value in team_settings(house).items():
            say(f"{name}\t{value}")


@settings.command("set")
def set_(
    name: Annotated[
        str,
        typer.Argument(
            help="contact-email, organisation, signatory, authority, sample-one-in (of how many "
            "unflagged listings one is looked at; 0: none), sample-daily (at most), "
            "uncertain-percent (of the flags, looked at besides), pictures-of (all, flagged, "
            "none), evidence-budget-mb, timestamp-authority (an RFC 3161 address, or nothing)"
        ),
    ],
    value: Annotated[str, typer.Argument(help="The new value.")],
) -> None:
    """Change one setting; crawls name the contact e-mail in their user agent."""
    from faunawatch.team import UnknownSetting, change_setting

    with the_house() as house:
        try:
            change_setting(house, name, value)
        except UnknownSetting as error:
            refuse(str(error), code=2)


@app.command()
def doctor() -> None:
    """Check the database, the audit chain, stored evidence, platforms and the model."""
    from faunawatch.doctor import examine

    with the_house() as house:
        findings = list(examine(house))
    for finding in findings:
        say(f"{'ok ' if finding.ok else 'BAD'}  {finding.words}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)
