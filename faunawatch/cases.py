"""Exporting a case: gathered, written, dated where an authority is configured, signed, logged.

1. What the store holds is gathered; the export is recorded before a byte of it is written.
2. The files are put together, and the manifest over them is fixed.
3. An authority is asked to date the manifest, outside any transaction; that may fail.
4. The manifest is signed together with what came of 3, and the whole lies in the evidence folder.
5. The record says which file it became; a job asks again for a time stamp that did not come.
"""

import logging
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from io import BytesIO
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.batches import batch_named
from data.custody import (
    CaseExport,
    CaseFile,
    Dating,
    custody_line,
    custody_of,
    end_export,
    hand_out,
    record_dating,
    start_export,
)
from data.evidence import EvidenceDamaged
from data.exports.case.gathering import gather, utc
from data.exports.case.package import (
    About,
    Package,
    Signer,
    Stamp,
    build,
    finish,
    pieces,
    resealed,
    seal,
)
from data.exports.case.verify import PACKAGE, sha256
from data.home import the_home
from data.listings import Listing
from data.takedowns import TakedownRequest
from faunawatch.house import House
from faunawatch.signing import signing_key
from faunawatch.timestamps import NotDated, token_for

log = logging.getLogger(__name__)
MOST_TRIES = 100
NO_AUTHORITY = Stamp("none: no time-stamp authority is configured")


class NothingToExport(Exception):
    """There is no such listing, or the batch has none: check the number."""


@dataclass(frozen=True)
class Exported:
    """A case that was written."""

    export_id: int
    name: str
    sha256: str
    size: int
    stamp: str
    lost: int


def export_listing(house: House, listing_id: int, *, by: str) -> Exported:
    """Export one listing with all that was seen of it."""
    return _export(house, f"listing:{listing_id}", [listing_id], by)


def export_batch(house: House, number: str, *, by: str) -> Exported:
    """Export every listing of a batch as one case."""
    with house.store.read() as session:
        batch = batch_named(session, number)
        query = select(TakedownRequest.listing_id).where(TakedownRequest.batch_id == batch.id)
        listings = sorted(set(session.scalars(query)))
        number = batch.number
    return _export(house, f"batch:{number}", listings, by)


def _export(house: House, subject: str, listings: Sequence[int], by: str) -> Exported:
    clock = house.store.clock()
    with house.store.read() as session:
        known = _listings(session, listings)
        gathered, about = gather(session, known), _about(session, subject, clock.now(), by)
    with house.store.write() as session:
        export = start_export(session, subject, listings, actor=by, clock=clock)
        lines = [custody_line(*row) for row in custody_of(session, list(listings))]
        export_id, authority = export.id, the_home(session).timestamp_authority
    signer = signing_key(house.folder)
    with tempfile.TemporaryFile() as warc:
        package = build(gathered, house.evidence.get, about, warc)
        manifest = finish(package, lines, about, signer)
        stamp = stamp_of(authority, manifest)
        content = _whole(package, manifest, about, stamp, signer)
    demo = "DEMO-" if about.demo else ""
    file = CaseFile(
        name=f"{demo}{subject.replace(':', '-')}-case-{export_id}.zip",
        sha256=house.evidence.put(content),
        size=len(content),
        package_sha256=sha256(manifest),
        key=signer.fingerprint,
    )
    _record(house, export_id, file, stamp)
    return Exported(export_id, file.name, file.sha256, file.size, stamp.says, len(package.lost))


def _listings(session: Session, ids: Sequence[int]) -> list[Listing]:
    query = select(Listing).where(Listing.id.in_(ids)).order_by(Listing.id)
    found = list(session.scalars(query).unique())
    if not found or len(found) != len(ids):
        raise NothingToExport("there is no such listing, or the batch has none: check the number")
    return found


def _about(session: Session, subject: str, now: datetime, by: str) -> About:
    home = the_home(session)
    return About(
        case=subject,
        made_at=utc(now),
        made_by=home.organisation or "a team that gave no name",
        exported_by=by,
        version=version("faunawatch"),
        demo=home.is_demo,
    )


def _whole(package: Package, manifest: bytes, about: About, stamp: Stamp, signer: Signer) -> bytes:
    sealed = seal(manifest, about, stamp, signer)
    return b"".join(pieces(package, manifest, sealed))


def stamp_of(authority: str, manifest: bytes) -> Stamp:
    """Ask the authority, where one is configured, to date a manifest; say what came of it."""
    if not authority:
        return NO_AUTHORITY
    try:
        token = token_for(authority, manifest)
    except NotDated as error:
        return Stamp(f"none yet: {error}; asked again later", authority)
    return Stamp(f"given by {authority}", authority, token)


def _record(house: House, export_id: int, file: CaseFile, stamp: Stamp) -> None:
    clock = house.store.clock()
    token = house.evidence.put(stamp.token) if stamp.token else ""
    with house.store.write() as session:
        export = session.get_one(CaseExport, export_id)
        end_export(session, export, file, clock=clock)
        if stamp.authority:
            error = "" if token else stamp.says
            record_dating(session, export, stamp.authority, token=token, error=error, clock=clock)


def hand_to(house: House, export_id: int, target: Path, *, by: str) -> None:
    """Write a case's file for somebody, and note that they have it."""
    with house.store.read() as session:
        wanted = session.get_one(CaseExport, export_id).sha256
    target.write_bytes(house.evidence.get(wanted))
    with house.store.write() as session:
        export = session.get_one(CaseExport, export_id)
        hand_out(session, export, wanted, actor=by, clock=house.store.clock())


def stamp_waiting(house: House) -> tuple[int, int]:
    """Ask again for the time stamps that did not come; return how many came and still wait."""
    with house.store.read() as session:
        waiting = list(
            session.scalars(
                select(CaseExport.id).where(
                    CaseExport.dating == Dating.WAITING,
                    CaseExport.purged_at.is_(None),
                    CaseExport.tries < MOST_TRIES,
                )
            )
        )
    came = sum(_stamp_again(house, one) for one in waiting)
    return came, len(waiting) - came


def _stamp_again(house: House, export_id: int) -> bool:
    with house.store.read() as session:
        export = session.get_one(CaseExport, export_id)
        before, authority = export.sha256, the_home(session).timestamp_authority or export.authority
        about = _about(session, export.subject, export.made_at, export.actor)
    try:
        whole = house.evidence.get(before)
    except EvidenceDamaged as damage:
        # One file that is gone must not keep the other cases from being dated.
        log.warning("case %s cannot be dated: %s", export_id, damage)
        return False
    with zipfile.ZipFile(BytesIO(whole)) as archive:
        files = [(info.filename, archive.read(info)) for info in archive.infolist()]
    manifest = dict(files)[PACKAGE]
    stamp, clock = stamp_of(authority, manifest), house.store.clock()
    content = token = b""
    if stamp.token:
        sealed = seal(manifest, about, stamp, signing_key(house.folder))
        content, token = b"".join(resealed(files, manifest, sealed)), stamp.token
    kept = house.evidence.put(content) if content else before
    token_sha256 = house.evidence.put(token) if token else ""
    with house.store.write() as session:
        export = session.get_one(CaseExport, export_id)
        export.sha256, export.size = kept, len(content) or export.size
        error = "" if token else stamp.says
        record_dating(session, export, authority, token=token_sha256, error=error, clock=clock)
    if kept != before:
        house.evidence.delete(before)
    return bool(token)
