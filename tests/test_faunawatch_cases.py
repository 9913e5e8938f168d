"""A case is exported whole, signed and logged, and every change to its file is found."""

import gzip
import json
import random
import re
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import select
from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped]

from data.audit import AuditRow, first_broken
from data.custody import Act, CaseExport, CustodyRow, Dating, exports_of
from data.exports.case.verify import canonical, check, main, zip_of
from data.home import the_home
from data.parts import Evidence
from data.people import Person
from data.retention import bury, delete_files
from data.store import Store
from faunawatch.cases import (
    NothingToExport,
    export_batch,
    export_listing,
    hand_to,
    stamp_waiting,
)
from faunawatch.house import House
from faunawatch.signing import BrokenKey, SigningKey, signing_key
from tests.cases import a_case, jpeg


@pytest.fixture
def house(tmp_path: Path, store: Store) -> House:
    return House(tmp_path / "home", "", store)


def made(house: House, clock, **more: int) -> int:
    with house.store.write() as session:
        the_home(session).organisation = "Tổ chức Mẫu"
        return a_case(session, clock, house.evidence, **more)


def exported(house: House, listing_id: int, target: Path) -> Path:
    case = export_listing(house, listing_id, by="cli:test")
    hand_to(house, case.export_id, target, by="cli:test")
    return target


def contents(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def rewritten(file: Path, files: dict[str, bytes]) -> Path:
    target = file.with_name("changed.zip")
    target.write_bytes(b"".join(zip_of(files.items())))
    return target


@pytest.fixture
def case(house: House, clock, tmp_path: Path) -> Path:
    return exported(house, made(house, clock), tmp_path / "case.zip")


def test_a_case_holds_all_that_was_seen_and_checks_out(house: House, case: Path, clock) -> None:
    fingerprint = signing_key(house.folder).fingerprint
    found = check(case, fingerprint)
    assert found.problems == []
    assert "this is the key you gave" in found.facts
    assert "sightings and rechecks: 5, their parts: 8" in found.facts
    files = contents(case)
    facts = json.loads(files["case/listing-1.json"])
    assert len(facts["sightings"]) == 4
    assert facts["rechecks"][0]["outcome"] == "removed"
    assert facts["decisions"][0]["by"] == "reviewer 1"
    assert facts["requests"][0]["batch"].startswith("PASAR-CONTOH-")
    with house.store.read() as session:
        names = list(session.scalars(select(Person.name)))
    everything = b"".join(files.values()).decode(errors="replace")
    assert names
    assert not any(re.search(rf"\b{name}\b", everything) for name in names)
    manifest = json.loads(files["manifests/sighting-2.json"])
    part = manifest["parts"][0]
    assert part["headers"][3:] == [["Set-Cookie", "a=1"], ["Set-Cookie", "b=2"]]
    assert (part["http_status"], part["quality"]) == (200, "whole")
    assert part["stored_at"] > part["captured_at"]
    assert manifest["pictures_not_kept"][0]["cause"] == "it answered 404"
    assert files[manifest["parts"][1]["file"]] == jpeg(0)
    assert b"\x28\xb5\x2f\xfd" not in case.read_bytes()


def test_the_archive_is_read_by_others(case: Path) -> None:
    files = contents(case)
    with BytesIO(files["archive/data.warc.gz"]) as warc:
        records = [
            (record.rec_type, record.rec_headers["WARC-Target-URI"], record.content_stream().read())
            for record in ArchiveIterator(warc)
        ]
    kinds = [kind for kind, _, _ in records]
    assert kinds.count("response") == 3
    assert kinds.count("revisit") == 4
    assert records[1][:2] == ("resource", "https://pasar.example/item")
    assert any("2500000đ" in body.decode(errors="replace") for _, _, body in records)
    for line in gzip.decompress(files["indexes/index.cdx.gz"]).decode().splitlines():
        entry = json.loads(line.split(" ", 2)[2])
        start = int(entry["offset"])
        piece = files["archive/data.warc.gz"][start : start + int(entry["length"])]
        (one,) = ArchiveIterator(BytesIO(piece))
        assert one.rec_headers["WARC-Payload-Digest"] == entry["digest"]
    pages = [json.loads(line) for line in files["pages/pages.jsonl"].decode().splitlines()]
    assert pages[0]["format"] == "json-pages-1.0"
    assert len(pages) == 6


def test_the_verifier_in_the_zip_runs_alone(house: House, case: Path, tmp_path: Path) -> None:
    script = tmp_path / "alone" / "verify.py"
    script.parent.mkdir()
    script.write_bytes(contents(case)["about/verify.py"])
    key = signing_key(house.folder).fingerprint

    def run(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-I", "-S", str(script), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
        return done.returncode, done.stdout

    code, out = run(str(case), "--key", key)
    assert (code, out.splitlines()[-1]) == (0, "INTACT")
    code, out = run(str(case), "--key", "0" * 64)
    assert (code, out.splitlines()[-1]) == (1, "NOT INTACT")
    assert "wrong key" in out
    assert run()[0] == run("nothing.zip")[0] == 2
    assert main([str(case), "--key", key]) == 0


def test_any_changed_byte_anywhere_is_found(case: Path, tmp_path: Path) -> None:
    whole, chance = case.read_bytes(), random.Random(4)
    target = tmp_path / "flipped.zip"
    places = [*chance.sample(range(len(whole)), 150), *range(len(whole) - 60, len(whole))]
    for at in places:
        flipped = bytearray(whole)
        flipped[at] ^= 1 << chance.randrange(8)
        target.write_bytes(flipped)
        assert check(target).problems, f"a flipped bit at {at} was not found"
    for cut in (1, len(whole) // 2, len(whole) - 1):
        target.write_bytes(whole[:cut])
        assert check(target).problems
    target.write_bytes(whole + b"\0")
    assert check(target).problems


def test_removed_and_added_files_are_named(case: Path) -> None:
    files = contents(case)
    for name in list(files):
        less = {one: content for one, content in files.items() if one != name}
        problems = " ".join(check(rewritten(case, less)).problems)
        assert name in problems
    more = rewritten(case, files | {"files/planted.jpg": b"x"})
    assert check(more).problems == ["files/planted.jpg was added"]
    digest = json.loads(files["datapackage-digest.json"]) | {"timestamp_token": "eHh4"}
    stamped = rewritten(case, files | {"datapackage-digest.json": canonical(digest)})
    assert check(stamped).problems == ["datapackage-digest.json: the time stamp was added"]
    for name in files:
        if name not in ("datapackage.json", "datapackage-digest.json"):
            other = rewritten(case, files | {name: files[name] + b" "})
            assert check(other).problems == [f"{name} was changed"]


def test_a_swapped_manifest_and_another_key_are_found(house: House, case: Path, clock) -> None:
    key = signing_key(house.folder).fingerprint
    again = exported(house, 1, case.with_name("second.zip"))
    files, other = contents(case), contents(again)
    swapped = rewritten(case, files | {"datapackage.json": other["datapackage.json"]})
    assert "datapackage.json is not the manifest that was signed" in check(swapped).problems
    name = "datapackage-digest.json"
    sealed = rewritten(case, files | {name: other[name]})
    assert "datapackage.json is not the manifest that was signed" in check(sealed).problems
    digest = json.loads(files[name])
    digest["seal"]["sealed"]["made_by"] = "somebody else"
    forged = rewritten(case, files | {name: canonical(digest)})
    assert "the signature is wrong" in check(forged).problems[0]
    # Whoever replaces everything, key included, is found by the fingerprint alone.
    (house.folder / "secrets" / "case-signing.key").unlink()
    theirs = exported(house, 1, case.with_name("theirs.zip"))
    assert check(theirs).problems == []
    assert "wrong key" in check(theirs, key).problems[0]


def test_the_custody_log_is_sealed_by_the_audit_chain(house: House, case: Path, clock) -> None:
    again = exported(house, 1, case.with_name("second.zip"))
    lines = [json.loads(line) for line in contents(again)["custody/custody.jsonl"].splitlines()]
    assert [line["act"] for line in lines] == ["exported", "written", "handed_out", "exported"]
    with house.store.read() as session:
        acts = list(session.scalars(select(CustodyRow.act).order_by(CustodyRow.id)))
        assert acts == [Act.EXPORTED, Act.WRITTEN, Act.HANDED_OUT] * 2
        assert first_broken(session) is None
        sealed = {row.sealed for row in session.scalars(select(AuditRow))}
        assert {line["audit"]["sealed"] for line in lines} <= sealed
        assert next(one.size for one in exports_of(session, 1)) == again.stat().st_size
        assert exports_of(session, 999) == []


def test_what_was_purged_leaves_a_tombstone_that_the_case_shows(
    house: House, clock, tmp_path: Path
) -> None:
    listing_id = made(house, clock)
    with house.store.write() as session:
        picture = session.scalars(select(Evidence).where(Evidence.kind == "image")).first()
        assert picture is not None
        bury(session, [picture.sha256], "asked to be erased", actor="test", clock=clock)
        gone = picture.sha256
        assert first_broken(session) is None
    delete_files(house.evidence, [gone])
    lost = next(house.evidence.folder.glob("*/*.zst"))
    file = exported(house, listing_id, tmp_path / "case.zip")
    found = check(file)
    assert found.problems == []
    assert "parts that were gone before this export, hash and reason left: 3" in found.facts
    manifest = json.loads(contents(file)["manifests/sighting-2.json"])
    assert manifest["parts"][1]["absent"]["reason"] == "asked to be erased"
    assert manifest["parts"][1]["sha256"] == gone
    assert lost.exists()


def test_bytes_lost_in_our_store_are_said_to_be_lost(house: House, clock, tmp_path: Path) -> None:
    listing_id = made(house, clock)
    with house.store.read() as session:
        pages = select(Evidence).where(Evidence.kind == "page", Evidence.http_status == 200)
        part = session.scalars(pages).first()
        assert part is not None
    house.evidence.path_of(part.sha256).write_bytes(b"rot")
    case = export_listing(house, listing_id, by="cli:test")
    assert case.lost == 1
    hand_to(house, case.export_id, tmp_path / "case.zip", by="cli:test")
    found = check(tmp_path / "case.zip")
    assert found.problems == []
    assert any("gone before this export" in fact for fact in found.facts)


def test_a_batch_is_one_case(house: House, clock, tmp_path: Path) -> None:
    made(house, clock, sightings=1)
    case = export_batch(house, "pasar-contoh-2026-0001", by="cli:test")
    assert case.name == "batch-PASAR-CONTOH-2026-0001-case-1.zip"
    with pytest.raises(NothingToExport):
        export_listing(house, 999, by="cli:test")


def test_an_unreachable_authority_leaves_the_case_without_a_token(
    house: House, clock, tmp_path: Path
) -> None:
    listing_id = made(house, clock, sightings=1)
    with house.store.write() as session:
        the_home(session).timestamp_authority = "http://127.0.0.1:9/tsa"
    case = export_listing(house, listing_id, by="cli:test")
    assert "could not be reached" in case.stamp
    hand_to(house, case.export_id, tmp_path / "case.zip", by="cli:test")
    found = check(tmp_path / "case.zip")
    assert found.problems == []
    assert any("none yet" in fact for fact in found.facts)
    assert stamp_waiting(house) == (0, 1)
    with house.store.read() as session:
        export = session.get_one(CaseExport, case.export_id)
        assert (export.dating, export.tries) == (Dating.WAITING, 2)
        assert "could not be reached" in export.last_error


def test_the_key_is_made_once_and_is_nobody_elses(tmp_path: Path) -> None:
    first = signing_key(tmp_path)
    assert signing_key(tmp_path).fingerprint == first.fingerprint
    file = tmp_path / "secrets" / "case-signing.key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert list(file.parent.iterdir()) == [file]
    assert first.fingerprint in repr(first)
    assert isinstance(first, SigningKey)
    file.write_bytes(b"short")
    with pytest.raises(BrokenKey, match="backup"):
        signing_key(tmp_path)
