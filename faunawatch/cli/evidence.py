"""`faunawatch evidence`: cases out, cases checked, the key, and what is kept."""

from pathlib import Path
from typing import Annotated

import typer

from faunawatch.cli.base import MISUSED, app, refuse, say, the_house

evidence = typer.Typer(help="Export and check cases; what is kept as proof.", no_args_is_help=True)
app.add_typer(evidence, name="evidence")


@evidence.command()
def export(
    out: Annotated[Path, typer.Option(help="The ZIP to write; it must not be there yet.")],
    listing: Annotated[int | None, typer.Argument(help="The listing's number.")] = None,
    batch: Annotated[str, typer.Option(help="Instead: every listing of this batch.")] = "",
) -> None:
    """Export a listing or a batch as one signed ZIP, which is a WACZ web archive too."""
    from data.batches import NoSuchBatch
    from data.exports.case.verify import TooLarge
    from faunawatch.cases import NothingToExport, export_batch, export_listing, hand_to
    from faunawatch.house import os_actor
    from faunawatch.signing import BrokenKey

    if (listing is None) == (not batch):
        refuse("give either a listing's number or --batch NUMBER", code=MISUSED)
    if out.exists():
        refuse(f"{out} is there already: choose another name", code=MISUSED)
    with the_house() as house:
        try:
            if listing is not None:
                case = export_listing(house, listing, by=os_actor())
            else:
                case = export_batch(house, batch, by=os_actor())
            hand_to(house, case.export_id, out, by=os_actor())
        except (BrokenKey, NoSuchBatch, NothingToExport, TooLarge, OSError) as error:
            refuse(str(error))
    say(f"{out}\t{case.size} bytes\tSHA-256 {case.sha256}")
    say(f"time stamp: {case.stamp}")
    if case.lost:
        say(f"{case.lost} parts are missing or damaged in the store; the case says which")


@evidence.command()
def verify(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A case's ZIP.")],
    key: Annotated[
        str, typer.Option(help="Fingerprint it must be signed with; by default this home's.")
    ] = "",
) -> None:
    """Check a case: changed, removed or added files, a swapped manifest, a wrong key."""
    from data.exports.case.verify import check, shown
    from faunawatch.signing import BrokenKey, signing_key

    if not key:
        with the_house() as house:
            try:
                key = signing_key(house.folder).fingerprint
            except BrokenKey as error:
                refuse(str(error))
    found = check(file, key)
    for fact in found.facts:
        say(f"      {shown(fact)}")
    for problem in found.problems:
        say(f"BAD   {shown(problem)}")
    say("NOT INTACT" if found.problems else "INTACT")
    if found.problems:
        raise typer.Exit(1)


@evidence.command()
def key() -> None:
    """Print the public key and its fingerprint, to be published; makes the key the first time."""
    from data.exports.case.package import pem_of
    from faunawatch.signing import BrokenKey, signing_key

    with the_house() as house:
        try:
            ours = signing_key(house.folder)
        except BrokenKey as error:
            refuse(str(error))
    say(ours.fingerprint)
    for line in pem_of(ours.public_key).decode().splitlines():
        say(line)


@evidence.command()
def purge() -> None:
    """Delete stored bytes that the retention rules no longer allow; hash and reason stay."""
    from faunawatch.evidence import MEGABYTE, purge_due, room_told
    from faunawatch.house import os_actor

    with the_house() as house:
        done, room = purge_due(house, by=os_actor()), room_told(house)
    say(f"{done.parts} parts deleted, {done.bytes / MEGABYTE:.1f} MB freed")
    used, budget = (room[name] / MEGABYTE for name in ("used", "budget"))
    say(f"the evidence folder holds {used:.1f} of {budget:.0f} MB")


@evidence.command()
def stamps() -> None:
    """Ask again for the time stamps that did not come when their cases were exported."""
    from faunawatch.cases import stamp_waiting
    from faunawatch.signing import BrokenKey

    with the_house() as house:
        try:
            came, waiting = stamp_waiting(house)
        except BrokenKey as error:
            refuse(str(error))
    say(f"{came} time stamps came, {waiting} cases still wait")
