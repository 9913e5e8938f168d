"""A drafted platform as TOML, in which lines say what was found and what is a guess."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

TABLES = ("lists", "pages", "json", "feed", "fields")
# A page may hold signs that no TOML file may: they become one that people see.
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
Value = str | int | bool | Sequence[str]


@dataclass(frozen=True)
class Line:
    """One key of the file, with where its value comes from."""

    key: str
    value: Value
    why: str = ""
    sure: bool = True


@dataclass
class Draft:
    """A platform file in the making."""

    top: list[Line] = field(default_factory=list)
    tables: dict[str, list[Line]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, table: str, *lines: Line) -> None:
        """Add keys to a table."""
        self.tables.setdefault(table, []).extend(lines)

    @property
    def guesses(self) -> int:
        """How many keys are guesses."""
        every = [*self.top, *(line for lines in self.tables.values() for line in lines)]
        return sum(not line.sure for line in every)


def toml_of(draft: Draft) -> str:
    """Return the file's text."""
    parts = [
        "# Written from what the site's pages offered. Lines marked `guess` want a person's eye;",
        "# then try it: `faunawatch platform check` with this file's path.",
        *map(_written, draft.top),
        _notes(draft),
    ]
    for table in TABLES:
        if lines := draft.tables.get(table):
            parts += ["", f"[{table}]", *map(_written, lines)]
    parts += ["", *_REMOVAL]
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", "\n".join(parts) + "\n")


_REMOVAL = (
    "# What a removed listing answers was not seen; most sites say 404 or 410. Look at one that is",
    "# gone, and add what it shows (see the README of platform files).",
    "[[removal]]",
    'outcome = "removed"',
    "status = [404, 410]",
)


def _written(line: Line) -> str:
    text = f"{line.key} = {written_value(line.value)}"
    if not line.why:
        return text
    return f"{text}  # {'found' if line.sure else 'guess'}: {' '.join(line.why.split())}"


def _notes(draft: Draft) -> str:
    lines = [one.replace("\\", "/").replace('"""', "'''") for one in draft.notes]
    return 'notes = """\n' + "\n".join(lines) + '\n"""'


def written_value(value: Value) -> str:
    r"""Return a value as TOML writes it; a pattern keeps its backslashes.

    >>> written_value(r"/(?P<id>\d+)"), written_value(["a", "it's"]), written_value(False)
    ("'/(?P<id>\\d+)'", '["a", "it\'s"]', 'false')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        plain = "\\" in value and "'" not in value and value.isprintable()
        return f"'{value}'" if plain else json.dumps(value, ensure_ascii=False)
    return "[" + ", ".join(map(written_value, value)) + "]"
