"""`faunawatch batch` and `faunawatch outcomes`: frozen files out, platforms' answers in."""

from pathlib import Path
from typing import Annotated

import typer

from faunawatch.cli.base import app, refuse, say, the_house

batch = typer.Typer(help="Takedown batches.", no_args_is_help=True)
outcomes = typer.Typer(help="What platforms answered.", no_args_is_help=True)
app.add_typer(batch, name="batch")
app.add_typer(outcomes, name="outcomes")


@batch.command()
def export(
    number: Annotated[str, typer.Argument(help="The batch's number, such as CHOTOT-2026-0001.")],
    folder: Annotated[Path, typer.Option("--dir", help="Where to write the files.")],
) -> None:
    """Write a frozen batch's files again, byte for byte as they were frozen."""
    from data.batches import NoSuchBatch
    from data.evidence import EvidenceDamaged
    from data.exports.frozen import export as write_files

    with the_house() as house, house.store.read() as session:
        try:
            written = write_files(session, house.evidence, number, folder)
        except (NoSuchBatch, EvidenceDamaged) as error:
            refuse(str(error))
    for path in written:
        say(str(path))


@outcomes.command("import")
def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="XLSX, CSV or JSON.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show, change nothing.")] = False,
) -> None:
    """Record the answers on a sheet a platform sent back; rows that fit nothing are listed."""
    from data.exports.replies import UnreadableReply
    from faunawatch.answers import import_answers

    with the_house() as house:
        try:
            told = import_answers(house, file, dry_run=dry_run)
        except UnreadableReply as error:
            refuse(str(error))
    for line in told.lines:
        say(line)
    if told.problems:
        raise typer.Exit(1)
