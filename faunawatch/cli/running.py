"""`faunawatch demo` and `up`, and the parts they start: serve, schedule, worker."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from faunawatch.cli.base import app, refuse, say, the_house

Port = Annotated[int, typer.Option(min=1, max=65535, help="The screens' port.")]
Host = Annotated[str, typer.Option(help="The address to listen on.")]


@app.command()
def demo(
    port: Port = 8800,
    sample_port: Annotated[
        int, typer.Option(min=1, max=65535, help="The sample marketplace's port.")
    ] = 8801,
) -> None:
    """Try everything on a sample marketplace, in a home of its own; Ctrl-C ends it."""
    from data.home import WrongHome
    from faunawatch.demo import PortTaken, check_port, demo_settings, prepare
    from faunawatch.settings import Settings, child_environment

    address = f"http://127.0.0.1:{port}"
    settings = demo_settings(Settings())
    try:
        check_port(port)
        check_port(sample_port)
        link = prepare(settings, sample_port, address)
    except (PortTaken, WrongHome) as error:
        refuse(str(error))
    sample = f"http://127.0.0.1:{sample_port}"
    parts = {
        "sample": ["sample", "--port", str(sample_port)],
        "screens": ["serve", "--port", str(port), "--sample-url", sample],
        "schedule": ["schedule"],
        "worker": ["worker"],
    }
    words = [
        f"DEMO in {settings.home}: every listing and seller is invented.",
        f"The sample marketplace: {sample}  (its moderators: {sample}/moderator)",
        f"Sign in once with:      {link}",
        "Ctrl-C stops everything.",
    ]
    _run_parts(parts, settings.home, address, words, child_environment(settings.home))


@app.command()
def up(
    port: Port = 8800,
    host: Host = "127.0.0.1",
    public_host: Annotated[
        list[str] | None, typer.Option(help="A name people reach this machine by; repeatable.")
    ] = None,
    https: Annotated[bool, typer.Option(help="Behind a proxy that speaks HTTPS.")] = False,
) -> None:
    """Run the real thing on this home: screens, schedule and worker; Ctrl-C ends it."""
    from data.home import HomeKind
    from faunawatch.demo import PortTaken, check_port
    from faunawatch.schedule import may_crawl
    from faunawatch.settings import Settings
    from faunawatch.team import first_admin_link

    address = f"http://127.0.0.1:{port}"
    with the_house(HomeKind.REAL) as house:
        try:
            check_port(port)
        except PortTaken as error:
            refuse(str(error))
        link = first_admin_link(house, address)
        words = [f"faunawatch runs on {house.folder}: {address}"]
        if not may_crawl(house.home()):
            words.append(
                "Nothing is crawled yet: platforms must be able to reach you. Run "
                "`faunawatch settings set contact-email you@example.org`."
            )
        if not https and host not in {"127.0.0.1", "::1", "localhost"}:
            words.append("Passwords travel in clear: put an HTTPS proxy in front and add --https.")
        if link is not None:
            words.append(f"Nobody can sign in yet. Single-use admin link, 15 minutes: {link}")
    serve_command = ["serve", "--port", str(port), "--host", host]
    serve_command += [part for name in public_host or [] for part in ("--public-host", name)]
    serve_command += ["--https"] if https else []
    parts = {"screens": serve_command, "schedule": ["schedule"], "worker": ["worker"]}
    _run_parts(parts, Settings().home.absolute(), address, words, None)


def _run_parts(
    parts: dict[str, list[str]],
    home: Path,
    address: str,
    words: list[str],
    environment: dict[str, str] | None,
) -> None:
    from faunawatch.supervise import PartDied, end, start, stop_event, wait_until_served, watch

    with stop_event() as stop:
        running = start(parts, home / "logs", environment)
        try:
            wait_until_served(address, running, stop)
            for line in words:
                say(line)
            watch(running, stop)
        except PartDied as error:
            refuse(f"{error}; see {home / 'logs'}")
        finally:
            end(running)
    say("Stopped.")


@app.command()
def serve(
    port: Port = 8800,
    host: Host = "127.0.0.1",
    public_host: Annotated[
        list[str] | None, typer.Option(help="A name people reach this machine by; repeatable.")
    ] = None,
    https: Annotated[bool, typer.Option(help="Behind a proxy that speaks HTTPS.")] = False,
    sample_url: Annotated[str, typer.Option(hidden=True)] = "",
) -> None:
    """Serve the review screens."""
    from faunawatch.logs import configure
    from faunawatch.serving import serve as serve_screens
    from faunawatch.supervise import stop_event
    from review_ui.settings import UiSettings

    configure()
    settings = UiSettings(hosts=tuple(public_host or ()), https=https, sample_url=sample_url)
    with the_house() as house, stop_event() as stop:
        serve_screens(house, host, port, settings, stop)


@app.command()
def schedule() -> None:
    """Keep the schedule: enqueue what is due; one of many started does."""
    from faunawatch.logs import configure
    from faunawatch.schedule import run
    from faunawatch.supervise import stop_event

    configure()
    with the_house() as house, stop_event() as stop:
        run(house.store, stop)


@app.command()
def worker(
    slots: Annotated[int, typer.Option(min=1, max=16, help="Jobs at a time.")] = 2,
) -> None:
    """Run queued jobs, each in a process of its own."""
    from faunawatch.dispatch import Worker
    from faunawatch.guarding import Guard
    from faunawatch.logs import configure
    from faunawatch.supervise import stop_event

    configure()
    with the_house() as house, stop_event() as stop:
        guard = Guard(house.store, house.folder)
        Worker(house.store, slots, guard=guard, folder=house.folder).run(stop)


@app.command(hidden=True)
def sample(port: Port = 8801) -> None:
    """Serve the demo's sample marketplace."""
    from faunawatch.sample.site import serve as serve_sample

    with the_house() as house, suppress(KeyboardInterrupt):
        if not house.home().is_demo:
            refuse("the sample marketplace runs in a demo home only: use `faunawatch demo`")
        serve_sample("127.0.0.1", port, house.folder / "sample")
