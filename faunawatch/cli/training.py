"""`faunawatch train` and `faunawatch score`."""

from pathlib import Path
from typing import Annotated

import typer

from faunawatch.cli.base import app, say, the_house


@app.command()
def train(
    out: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Folder for the model; the shipped one if absent."),
    ] = None,
) -> None:
    """Train the model from data/reference/ and print how good it is on held-out texts."""
    from faunawatch.scoring import train_shipped

    for line in train_shipped(out):
        say(line)


@app.command()
def score() -> None:
    """Score every sighting that waits and put what is flagged into the queue."""
    from faunawatch.scoring import score_waiting

    with the_house() as house:
        done = score_waiting(house)
    say(f"{done.scored} sightings scored, {done.queued} listings joined the queue")
