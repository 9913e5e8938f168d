"""The `faunawatch` command: each command parses, calls one function and prints.

What a command needs is imported inside it, so that `--help` and the listings stay fast.
"""

from faunawatch.cli import (
    alerts,
    batches,
    checking,
    classify,
    crawls,
    evaluate,
    evidence,
    hours,
    importing,
    people,
    platforms,
    rows,
    running,
    team,
    training,
)
from faunawatch.cli.base import app

__all__ = [
    "alerts",
    "app",
    "batches",
    "checking",
    "classify",
    "crawls",
    "evaluate",
    "evidence",
    "hours",
    "importing",
    "people",
    "platforms",
    "rows",
    "running",
    "team",
    "training",
]
