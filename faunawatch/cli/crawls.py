"""`faunawatch crawl`, `recheck` and the worker's own `run-job`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from faunawatch.cli.base import FAILED, app, refuse, say, the_house

if TYPE_CHECKING:
    from data.jobs import JobKind

STOPPED = 130
GOOD = {"ok", "budget_spent", ""}


def _run(kind: "JobKind", arguments: dict[str, Any]) -> None:
    from data.jobs import AlreadyRunning
    from faunawatch.limiting import Interrupted
    from faunawatch.progress import shown
    from faunawatch.running import REFUSALS, run_by_hand

    with the_house() as house:
        try:
            with shown(house.store, f"{kind} {arguments['platform']}"):
                result = run_by_hand(house, kind, arguments)
        except (*REFUSALS, AlreadyRunning) as error:
            refuse(str(error))
        except Interrupted as error:
            refuse(str(error), code=STOPPED)
    say(f"{result.get('seen', 0)} listings seen, {result.get('new', 0)} new. {result['cause']}")
    if result.get("state", "") not in GOOD:
        raise typer.Exit(FAILED)


@app.command()
def crawl(
    platform: Annotated[str, typer.Argument(help="The platform's id.")],
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after N listings.")] = None,
) -> None:
    """Collect a platform's listings now, in the foreground."""
    from data.jobs import JobKind

    arguments: dict[str, Any] = {"platform": platform}
    if limit is not None:
        arguments["limit"] = limit
    _run(JobKind.CRAWL, arguments)


@app.command()
def recheck(
    platform: Annotated[str | None, typer.Argument(help="Only this platform.")] = None,
) -> None:
    """Look again at every listing that is due, to see whether it is still there."""
    if platform is not None:
        from data.jobs import JobKind

        _run(JobKind.RECHECK, {"platform": platform})
        return
    # One process visits one platform: Twisted's reactor cannot be started twice.
    import subprocess
    import sys

    from data.rechecks import platforms_due

    with the_house() as house, house.store.read() as session:
        platforms = platforms_due(session, house.store.clock().now())
    codes = [
        subprocess.run([sys.executable, "-m", "faunawatch", "recheck", one], check=False).returncode
        for one in platforms
    ]
    if any(codes):
        raise typer.Exit(FAILED)


@app.command("run-job", hidden=True)
def run_job(
    job: Annotated[int, typer.Argument(help="The job's id.")],
    worker: Annotated[str, typer.Option(help="Who claimed it.")],
) -> None:
    """Run a job that a worker claimed; only workers call this."""
    from faunawatch.limiting import Interrupted
    from faunawatch.logs import configure
    from faunawatch.running import REFUSALS, run_claimed

    configure()
    with the_house() as house:
        try:
            run_claimed(house, job, worker)
        except Interrupted:
            return
        except REFUSALS as error:
            refuse(str(error))
