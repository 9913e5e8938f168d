"""`faunawatch evaluate`: how good the model is, with its counts."""

from pathlib import Path
from typing import Annotated

import typer

from faunawatch.cli.base import MISUSED, app, refuse, say


@app.command()
def evaluate(
    on: Annotated[
        list[Path] | None,
        typer.Option(exists=True, dir_okay=False, help="JSON Lines of labelled or harmless texts."),
    ] = None,
    fast: Annotated[bool, typer.Option("--fast", help="Let the fast stage answer alone.")] = False,
    model: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Another model's folder.")
    ] = None,
) -> None:
    """Print what training measured on unseen texts, or what the model does with files of texts."""
    from classifier.artefact import SHIPPED, BadArtefact, load_model
    from classifier.meaning import load_meaning
    from faunawatch.evaluating import BadTexts, file_lines, trained_lines

    folder = model or SHIPPED
    meaning = None if fast else load_meaning()
    try:
        if on:
            embed = meaning.embed if meaning else None
            lines = file_lines(on, load_model(folder), embed)
        else:
            lines = trained_lines(folder)
        for line in lines:
            say(line)
    except BadArtefact as error:
        refuse(str(error))
    except BadTexts as error:
        refuse(str(error), MISUSED)
