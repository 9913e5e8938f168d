"""`faunawatch train`, `faunawatch models` and `faunawatch score`."""

from pathlib import Path
from typing import Annotated

import typer

from faunawatch.cli.base import MISUSED, app, refuse, say, the_house

models = typer.Typer(help="List the models made so far, or put one in use.")
app.add_typer(models, name="models")


@app.command()
def train(
    extra: Annotated[
        list[Path] | None,
        typer.Option(exists=True, dir_okay=False, help="Your own labels, in the corpus format."),
    ] = None,
    shipped: Annotated[
        bool, typer.Option("--shipped", help="Remake the shipped model from data/reference/.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Like --shipped, into this folder."),
    ] = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="Only the fast stage: sooner, and finds less.")
    ] = False,
) -> None:
    """Learn from the corpus, the team's verdicts and extra labels.

    The new model is compared with the one in use on texts that neither has seen. It takes over
    only when it finds as much at the same rate of false flags, and is kept either way.
    """
    from contextlib import nullcontext

    from data.tables import BadReference
    from faunawatch.learning import learn, train_shipped
    from faunawatch.models import open_embed
    from faunawatch.settings import Settings

    if (shipped or out is not None) and extra:
        refuse("--extra goes into a model of your own: leave --shipped and --out out", MISUSED)
    reading = nullcontext() if fast else open_embed(Settings().home.absolute())
    try:
        if shipped or out is not None:
            with reading as embed:
                for line in train_shipped(out, embed):
                    say(line)
            return
        with the_house() as house, reading as embed:
            for line in learn(house, extra or (), embed=embed):
                say(line)
    except BadReference as error:
        refuse(f"{error}. Nothing was trained.", MISUSED)


@models.callback(invoke_without_command=True)
def list_models(context: typer.Context) -> None:
    """List the models made so far, oldest first; the one in use is marked."""
    if context.invoked_subcommand is not None:
        return
    from faunawatch.models import model_lines

    with the_house() as house:
        for line in model_lines(house):
            say(line)


@models.command("use")
def use(
    name: Annotated[str, typer.Argument(help="A name from the list, or `shipped`.")],
) -> None:
    """Put a model in use, such as the one before; what is scored from now on names it."""
    from faunawatch.models import UNUSABLE, use_model

    with the_house() as house:
        try:
            using = use_model(house, name)
        except UNUSABLE as error:
            refuse(str(error))
    say(f"{using.name} is in use")


@app.command()
def score() -> None:
    """Score every sighting that waits and put what is flagged into the queue."""
    from faunawatch.scoring import score_waiting

    with the_house() as house:
        done = score_waiting(house)
    say(f"{done.scored} sightings scored, {done.queued} listings joined the queue")
