"""Answers from platforms, as the command line takes them in: shown first, then recorded."""

from dataclasses import dataclass
from pathlib import Path

from data.exports.replies import Replies, read_replies
from data.imports import FATE_MEANING, Fate, ImportPlan, PlanRow, apply_import, plan_import
from faunawatch.house import House, os_actor

FINE = frozenset({Fate.APPLY, Fate.SAME, Fate.EMPTY})


@dataclass(frozen=True)
class Told:
    """What an import did or would do, a line per row, and whether some rows need a person."""

    lines: list[str]
    problems: bool


def import_answers(house: House, file: Path, *, dry_run: bool) -> Told:
    """Read an answer sheet and record it; raises `UnreadableReply` for a file that is none."""
    replies = read_replies(file.name, file.read_bytes())
    clock = house.store.clock()
    if dry_run:
        with house.store.read() as session:
            return _told(replies, plan_import(session, replies.rows), applied=False)
    with house.store.write() as session:
        plan = apply_import(session, replies.rows, actor=os_actor(), clock=clock)
        return _told(replies, plan, applied=True)


def _told(replies: Replies, plan: ImportPlan, *, applied: bool) -> Told:
    lines = [_line(row) for row in plan.rows]
    lines += [f"- {problem}" for problem in replies.remarks]
    done = len(plan.of(Fate.APPLY))
    lines.append(f"{done} answers {'recorded' if applied else 'would be recorded'}")
    wrong = any(row.fate not in FINE for row in plan.rows) or bool(replies.remarks)
    return Told(lines, wrong)


def _line(row: PlanRow) -> str:
    change = f" {row.before} -> {row.after}" if row.fate is Fate.APPLY else ""
    remark = f" ({row.remark})" if row.remark else ""
    return f"row {row.reply.line}: {FATE_MEANING[row.fate]}{change}{remark}"
