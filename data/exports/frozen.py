"""Freezing a batch: pre-flight, number, lines and files, once and for ever; and the files again."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.audit import head, note
from data.base import Clock
from data.batches import apply_batch_event, batch_named, check, follow_members, members
from data.evidence import EvidenceFolder
from data.exports import gathering
from data.exports.columns import Sheet
from data.exports.notice import Notice, as_text
from data.exports.sheet import as_csv, as_json, as_xlsx
from data.home import Home, the_home
from data.preflight import Problem, blocking
from data.states import BatchEvent
from data.takedowns import BatchFile, BatchLine, TakedownBatch, TakedownRequest

MEDIA_TYPES = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
}


class NothingToFreeze(Exception):
    """The batch has no rows: add some first."""


class Blocked(Exception):
    """Pre-flight found problems that stop the batch; `problems` has them by request id."""

    def __init__(self, problems: dict[int, list[Problem]]) -> None:
        """Keep the blocking problems by request id."""
        self.problems = problems
        first = next(iter(problems.values()))[0]
        rows = "one row" if len(problems) == 1 else f"{len(problems)} rows"
        super().__init__(f"{rows} cannot be sent yet. {first.sentence}")


@dataclass(frozen=True)
class Addressee:
    """The platform a batch goes to, as the notice names it."""

    name: str
    timezone: str = "UTC"
    policy_ref: str = ""


def next_number(session: Session, platform_id: str, now: datetime) -> str:
    """Return the next number of a platform and year, without gaps.

    Numbers are given at freezing only, in the transaction that freezes; the caller holds the home
    row, so that two batches frozen at once get two numbers.
    """
    prefix = f"{platform_id.upper()}-{now.year}-"
    numbers = session.scalars(
        select(TakedownBatch.number).where(
            func.substr(TakedownBatch.number, 1, len(prefix)) == prefix
        )
    )
    used = [int(rest) for one in numbers if (rest := one.removeprefix(prefix)).isdigit()]
    return f"{prefix}{max(used, default=0) + 1:04d}"


def freeze(
    session: Session,
    evidence: EvidenceFolder,
    batch: TakedownBatch,
    to: Addressee,
    *,
    actor: str,
    clock: Clock,
) -> TakedownBatch:
    """Give a draft batch its number, lines and files; from here on it never changes.

    Raises `Blocked` with every blocking problem and `NothingToFreeze` for an empty batch.
    """
    apply_batch_event(session, batch, BatchEvent.FREEZE, actor, clock=clock)
    follow_members(session, batch, clock=clock)
    requests = members(session, batch)
    if not requests:
        raise NothingToFreeze("The batch has no rows: add some first.")
    _raise_blocked(check(session, requests, clock.now(), evidence))
    session.execute(select(Home.id).with_for_update()).one()
    batch.number = next_number(session, batch.platform_id, clock.now())
    batch.frozen_at, batch.audit_head = clock.now(), head(session)
    session.flush()
    sheet, notice = documents(session, batch, requests, to, clock=clock)
    for request, row in zip(requests, sheet.rows, strict=True):
        session.add(
            BatchLine(
                batch_id=batch.id,
                request_id=request.id,
                row_no=int(row["row_no"]),
                columns=dict(row),
            )
        )
    hashes = _keep_files(session, evidence, batch, build(sheet, notice))
    note(
        session,
        actor=actor,
        verb="batch.freeze",
        subject=f"batch:{batch.id}",
        clock=clock,
        detail={"number": batch.number, "files": hashes, "head": batch.audit_head},
    )
    return batch


def _raise_blocked(problems: dict[int, list[Problem]]) -> None:
    stopped = {one: stops for one, found in problems.items() if (stops := blocking(found))}
    if stopped:
        raise Blocked(stopped)


def documents(
    session: Session,
    batch: TakedownBatch,
    requests: list[TakedownRequest],
    to: Addressee,
    *,
    clock: Clock,
) -> tuple[Sheet, Notice]:
    """Return sheet and notice of a batch; of a draft, what freezing it now would write."""
    home = the_home(session)
    number = batch.number or "(number given at freezing)"
    dated = batch.frozen_at or clock.now()
    cases = [
        gathering.case_of(session, request, number_in_row, to.policy_ref)
        for number_in_row, request in enumerate(requests, start=1)
    ]
    rows = [
        gathering.row_of(request, case, number)
        for request, case in zip(requests, cases, strict=True)
    ]
    sheet = Sheet(number, f"{dated:%Y-%m-%dT%H:%M:%SZ}", batch.audit_head, home.is_demo, rows)
    notice = Notice(
        batch_no=number,
        platform=to.name,
        organisation=home.organisation,
        signatory=batch.signatory or home.signatory,
        email=home.contact_email,
        authority=home.authority,
        dated=dated,
        timezone=ZoneInfo(to.timezone),
        audit_head=batch.audit_head,
        demo=home.is_demo,
        cases=cases,
    )
    return sheet, notice


def build(sheet: Sheet, notice: Notice) -> dict[str, bytes]:
    """Write every file of a batch; the same documents give the same bytes."""
    stem = f"DEMO-{sheet.batch_no}" if sheet.demo else sheet.batch_no
    return {
        f"{stem}.xlsx": as_xlsx(sheet, notice.dated),
        f"{stem}.csv": as_csv(sheet),
        f"{stem}.json": as_json(sheet),
        f"{stem}.txt": as_text(notice).encode(),
    }


def _keep_files(
    session: Session, evidence: EvidenceFolder, batch: TakedownBatch, files: dict[str, bytes]
) -> dict[str, str]:
    hashes = {}
    for name, content in files.items():
        hashes[name] = evidence.put(content)
        session.add(
            BatchFile(
                batch_id=batch.id,
                name=name,
                sha256=hashes[name],
                size=len(content),
                media_type=MEDIA_TYPES[Path(name).suffix],
            )
        )
    session.flush()
    return hashes


def files_of(session: Session, batch: TakedownBatch) -> list[BatchFile]:
    """Return the files of a frozen batch by name."""
    rows = session.scalars(
        select(BatchFile).where(BatchFile.batch_id == batch.id).order_by(BatchFile.name)
    )
    return list(rows)


def export(session: Session, evidence: EvidenceFolder, number: str, folder: Path) -> list[Path]:
    """Write a frozen batch's files again, byte for byte as they were frozen.

    Raises `NoSuchBatch` for an unknown number and `EvidenceDamaged` when stored bytes do not match
    their hash; nothing is written then.
    """
    batch = batch_named(session, number)
    contents = {one.name: evidence.get(one.sha256) for one in files_of(session, batch)}
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in contents.items():
        path = folder / name
        path.write_bytes(content)
        written.append(path)
    return written
