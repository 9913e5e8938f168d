"""`faunawatch classify`: JSON Lines in, JSON Lines out, no database."""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from faunawatch.cli.base import MISUSED, app, refuse, say, warn


@app.command()
def classify(
    file: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, help="JSON Lines; standard input if absent."),
    ] = None,
    fast: Annotated[bool, typer.Option("--fast", help="Only the fast stage.")] = False,
) -> None:
    """Score listings: one JSON object per line in, one per line out, in the same order.

    A bad line is reported on stderr with its number; the rest goes on and the exit code is 2.
    """
    from classifier.artefact import BadArtefact, load_model
    from classifier.lines import BadLine, classify_lines

    del fast  # There is one stage so far, and it is the fast one.
    bad = 0
    try:
        model = load_model()
    except BadArtefact as error:
        refuse(str(error))
    # Binary: a broken byte or an odd line separator must spoil its own line only.
    with file.open("rb") if file else nullcontext(sys.stdin.buffer) as lines:
        for result in classify_lines(lines, model):
            if isinstance(result, BadLine):
                bad += 1
                warn(str(result))
            else:
                say(result.to_json())
    if bad:
        raise typer.Exit(MISUSED)
