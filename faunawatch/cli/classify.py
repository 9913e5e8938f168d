"""`faunawatch classify`: JSON Lines in, JSON Lines out, no database."""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from faunawatch.cli.base import MISUSED, app, harmless, refuse, warn


@app.command()
def classify(
    file: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, help="JSON Lines; standard input if absent."),
    ] = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="Only the fast stage: many times quicker, finds less.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Processes that share the work.")] = 1,
    model: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Another model's folder.")
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="File that remembers what texts mean between runs."),
    ] = None,
) -> None:
    """Score listings: one JSON object per line in, one per line out, in the same order.

    A bad line is reported on stderr with its number; the rest goes on and the exit code is 2.
    """
    from classifier.artefact import BadArtefact
    from faunawatch.classifying import Asked
    from faunawatch.classifying import classify as answer

    asked = Asked(model, fast, cache) if model else Asked(fast=fast, cache=cache)
    bad = 0
    # Binary: a broken byte or an odd line separator must spoil its own line only, and JSON is
    # UTF-8 whatever the terminal's encoding is.
    with file.open("rb") if file else nullcontext(sys.stdin.buffer) as lines:
        try:
            for part in answer(lines, asked, jobs):
                text = "".join(f"{harmless(line)}\n" for line in part.answers)
                sys.stdout.buffer.write(text.encode())
                for complaint in part.complaints:
                    warn(complaint)
                bad += len(part.complaints)
        except BadArtefact as error:
            refuse(str(error))
    if bad:
        raise typer.Exit(MISUSED)
