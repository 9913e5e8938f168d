"""`faunawatch platform check`: try a platform's file on the real site."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from faunawatch.cli.base import FAILED, harmless, refuse, say, the_house
from faunawatch.cli.platforms import platform

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from crawler.check import CheckReport
    from crawler.checking.fields import Coverage

_BAR = 8


@platform.command()
def check(
    id_or_file: Annotated[str, typer.Argument(help="A platform's id or a TOML file.")],
    search: Annotated[list[str] | None, typer.Option(help="A word to search for.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
) -> None:
    """Fetch a few pages and say plainly what is wrong; exit code 1 when something is.

    Some twenty requests at the platform's own pace: `faunawatch platform check my-shop.toml`.
    """
    from data.platforms import PlatformError, load_file
    from faunawatch.checked import check_platform
    from faunawatch.house import UnknownPlatform, platform_of
    from faunawatch.jobs import NoContact
    from faunawatch.permission import NoKey, OpenSecret

    with the_house() as house:
        try:
            file = Path(id_or_file)
            found = load_file(file) if file.suffix == ".toml" else platform_of(house, id_or_file)
            report = check_platform(house, found, search or [])
        except (UnknownPlatform, PlatformError, NoContact, NoKey, OpenSecret) as error:
            refuse(str(error))
    _tell(report, as_json=as_json)
    if not report.ok:
        raise typer.Exit(FAILED)


def _tell(report: "CheckReport", *, as_json: bool) -> None:
    from faunawatch.checked import lines_of

    if as_json:
        say(json.dumps(report.as_json(), ensure_ascii=False, indent=2))
    elif sys.stdout.isatty():
        from rich.console import Console

        show(report, Console(highlight=False))
    else:
        for line in lines_of(report):
            say(line)


def show(report: "CheckReport", console: "Console") -> None:
    """Show a report at a terminal: fields as a table, faults in red with advice, then a verdict."""
    from faunawatch.checked import found_out, heading, verdict

    console.print()
    console.print(harmless(heading(report)), style="bold", markup=False)
    if report.pages:
        console.print(_table(report.fields, console.width))
    for name, words in found_out(report):
        console.print(_marked(name, words, "dim"))
    if report.faults or report.remarks:
        console.print()
    for fault in report.faults:
        where = f"  {fault.where}" if fault.where else ""
        console.print(_marked(f"✗ {fault.fault.called}", fault.words + where, "bold red"))
        console.print(_marked("", fault.advice, "dim", body="dim"))
    for remark in report.remarks:
        console.print(_marked("• remark", remark, "yellow"))
    console.print()
    good = "✓ " if report.ok else ""
    style = "bold green" if report.ok else "bold red"
    console.print(f"{good}{verdict(report)}", style=style, markup=False)


def _marked(mark: str, words: str, style: str, body: str = "") -> "RenderableType":
    """Return a mark and words in two columns, so that long words wrap under themselves."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=22, no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(Text(mark, style), Text(harmless(words), body))
    return grid


def _table(fields: "tuple[Coverage, ...]", width: int) -> "RenderableType":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    table.add_column("Field")
    table.add_column("Found", justify="right")
    table.add_column("Coverage")
    table.add_column("For example", overflow="ellipsis", no_wrap=True, max_width=width - 40)
    for one in fields:
        style = "green" if one.share == 1 else "yellow" if one.found else "red"
        style = "dim" if not one.found and not one.needed else style
        table.add_row(
            one.name if one.needed else Text(one.name, "dim"),
            f"{one.found}/{one.of}",
            Text(_bar(one), style),
            Text(harmless(one.example)),
        )
    return table


def _bar(one: "Coverage") -> str:
    filled = round(_BAR * (one.share or 0))
    return "━" * filled + "┄" * (_BAR - filled)
