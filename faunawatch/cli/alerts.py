"""`faunawatch alerts`: list, add, remove, test, send, mute, unmute, rules and settings."""

import sys
from typing import Annotated

import typer

from faunawatch.cli.base import FAILED, app, refuse, say, the_house

alerts = typer.Typer(help="What is told outside the screens, and to whom.", no_args_is_help=True)
app.add_typer(alerts, name="alerts")

Name = Annotated[str, typer.Argument(help="The channel's name, such as team.")]
Platform = Annotated[str, typer.Argument(help="The platform's id, or all.")]


@alerts.command("list")
def list_() -> None:
    """Print channels, rules and the latest alerts; addresses are never printed."""
    from faunawatch.telling import alert_lines

    with the_house() as house:
        for line in alert_lines(house):
            say(line)


@alerts.command()
def add(
    name: Name,
    from_environment: Annotated[
        bool, typer.Option(help="The address stands in FAUNAWATCH_ALERT_NAME; ask for none.")
    ] = False,
) -> None:
    """Add a channel; its address is asked for, or read from standard input, and kept secret.

    `faunawatch alerts add team` asks for an address as apprise writes them: mailtos://…,
    tgram://…, json://…. It is kept in the home's secrets folder, readable by you alone.
    """
    from data.alerts import BadChannel
    from faunawatch.telling import add_alert_channel

    address = "" if from_environment else _asked_address()
    with the_house() as house:
        try:
            say(add_alert_channel(house, name, address))
        except BadChannel as error:
            refuse(str(error))


def _asked_address() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.read().strip()
    address: str = typer.prompt("Address", hide_input=True)
    return address.strip()


@alerts.command()
def remove(name: Name) -> None:
    """Switch a channel off and forget its address."""
    from data.alerts import BadChannel
    from faunawatch.telling import remove_alert_channel

    with the_house() as house:
        try:
            say(remove_alert_channel(house, name))
        except BadChannel as error:
            refuse(str(error))


def _run(arguments: dict[str, str]) -> None:
    from data.alerts import BadChannel
    from data.jobs import AlreadyRunning, JobKind, ask
    from faunawatch.running import run_by_hand

    with the_house() as house:
        try:
            result = run_by_hand(house, JobKind.ALERT, arguments)
        except AlreadyRunning:
            with house.store.write() as session:
                ask(session, JobKind.ALERT, arguments, by="cli", clock=house.store.clock())
            say("Others are being sent; a worker sends this next.")
            return
        except BadChannel as error:
            refuse(str(error))
    say(
        f"{result['sent']} sent, {result['waiting']} to be tried again, "
        f"{result['given_up']} given up"
    )
    if result["waiting"] or result["given_up"]:
        raise typer.Exit(FAILED)


@alerts.command("test")
def try_(
    name: Annotated[str, typer.Argument(help="The channel's name; all when left out.")] = "",
) -> None:
    """Send a test message now."""
    _run({"test": name})


@alerts.command()
def send() -> None:
    """Send what waits in the outbox now; a worker does so by itself."""
    _run({})


@alerts.command()
def mute(
    platform: Platform,
    span: Annotated[str, typer.Option("--for", help="30m, 12h or 7d.")] = "7d",
) -> None:
    """Say nothing of a platform for a while."""
    from faunawatch.telling import mute_alerts
    from faunawatch.watching import BadSchedule

    with the_house() as house:
        try:
            say(mute_alerts(house, platform, span))
        except BadSchedule as error:
            refuse(str(error))


@alerts.command()
def unmute(platform: Platform) -> None:
    """Speak of a platform again."""
    from faunawatch.telling import unmute_alerts

    with the_house() as house:
        say(unmute_alerts(house, platform))


@alerts.command()
def watch(
    name: Annotated[str, typer.Argument(help="What to call the rule.")],
    taxon: Annotated[str, typer.Option(help="An animal or group; what is below it counts.")] = "",
    live: Annotated[bool, typer.Option(help="Live animals only.")] = False,
    sure: Annotated[float, typer.Option(min=0, max=1, help="How sure at least, 0 to 1.")] = 0.0,
    seller_again: Annotated[bool, typer.Option(help="Sellers flagged before only.")] = False,
) -> None:
    """Hear within five minutes of flags that fit: `alerts watch tigers --taxon tiger --live`."""
    from faunawatch.telling import BadRule, Wanted, add_rule

    with the_house() as house:
        try:
            say(add_rule(house, Wanted(name, taxon, live, sure, seller_again)))
        except BadRule as error:
            refuse(str(error))


@alerts.command()
def rule(
    number: Annotated[int, typer.Argument(help="The rule's number in `alerts list`.")],
    after: Annotated[
        int | None, typer.Option(min=1, help="Runs in a row before it speaks.")
    ] = None,
    mute_for: Annotated[str, typer.Option(help="30m, 12h or 7d.")] = "",
    delete: Annotated[bool, typer.Option("--remove", help="Take the rule away.")] = False,
) -> None:
    """Change, silence or remove a rule."""
    from faunawatch.telling import BadRule, change_rule, remove_rule
    from faunawatch.watching import BadSchedule

    with the_house() as house:
        try:
            if delete:
                say(remove_rule(house, number))
            else:
                say(change_rule(house, number, after=after, span=mute_for))
        except (BadRule, BadSchedule) as error:
            refuse(str(error))


@alerts.command("set")
def set_(
    details: Annotated[
        bool | None, typer.Option(help="Tell names and causes, not only counts and our link.")
    ] = None,
    link: Annotated[str | None, typer.Option(help="Where people reach the screens.")] = None,
    hour: Annotated[int | None, typer.Option(help="UTC hour of the daily word.")] = None,
) -> None:
    """Set what an alert may tell, where its link leads, and when the daily word is sent."""
    from faunawatch.telling import BadRule, change_alert_setting

    with the_house() as house:
        try:
            for line in change_alert_setting(house, details=details, link=link, hour=hour):
                say(line)
        except BadRule as error:
            refuse(str(error))
