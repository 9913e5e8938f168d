#!/usr/bin/env python3
"""Check a case: `python3 verify.py CASE.zip [--key FINGERPRINT] [--token FILE]`.

Needs Python 3.9 or newer and nothing else, and asks nobody. It finds every changed
byte, every part that was removed or added, a manifest that was swapped, and a wrong key. Exit code
0: nothing was found; 1: something was found; 2: it was called wrongly. With --token it writes the
time stamp into a file, so that openssl can check it.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import struct
import sys
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PACKAGE, DIGEST = "datapackage.json", "datapackage-digest.json"
CUSTODY, MANIFESTS = "custody/custody.jsonl", "manifests/"
OUTSIDE = (PACKAGE, DIGEST)
LONGEST_LINE = 600
UNREADABLE = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError,
    NotImplementedError, RuntimeError, ValueError, OverflowError,
)  # fmt: skip


def sha256(content: bytes) -> str:
    """Return the SHA-256 of bytes in hex."""
    return hashlib.sha256(content).hexdigest()


def canonical(document: Any) -> bytes:  # noqa: ANN401
    """Write a JSON document in the one form that is signed."""
    text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True)
    return (text + "\n").encode()


# The signature: Ed25519 as RFC 8032 writes it down. Nothing here is secret.

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
KEY_LENGTH = 32


def x_of(y: int, sign: int) -> int | None:
    """Return the x that belongs to a y of the curve; None where there is none."""
    squared = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(squared, (P + 3) // 8, P)
    if (x * x - squared) % P:
        x = x * ROOT % P
    if y >= P or (x * x - squared) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def point_of(encoded: bytes) -> tuple[int, int, int, int] | None:
    """Read a point of the curve; None for bytes that are none."""
    number = int.from_bytes(encoded, "little")
    y = number & (2**255 - 1)
    x = x_of(y, number >> 255)
    return None if x is None else (x, y, 1, x * y % P)


def add(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Add two points."""
    a = (one[1] - one[0]) * (other[1] - other[0])
    b = (one[1] + one[0]) * (other[1] + other[0])
    c, d = 2 * one[3] * other[3] * D, 2 * one[2] * other[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number: int, point: tuple[int, ...]) -> tuple[int, ...]:
    """Add a point to itself so many times."""
    total: tuple[int, ...] = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = add(total, point)
        point, number = add(point, point), number >> 1
    return total


def encode(point: tuple[int, ...]) -> bytes:
    """Write a point as its 32 bytes."""
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(KEY_LENGTH, "little")


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether the owner of a public key signed a message."""
    if len(key) != KEY_LENGTH or len(signature) != 2 * KEY_LENGTH:
        return False
    point, s = point_of(key), int.from_bytes(signature[KEY_LENGTH:], "little")
    base = point_of((4 * pow(5, P - 2, P) % P).to_bytes(KEY_LENGTH, "little"))
    if point is None or base is None or s >= L:
        return False
    r = signature[:KEY_LENGTH]
    k = int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L
    negated = (P - point[0], point[1], 1, P - point[3])
    return encode(add(times(s, base), times(k, negated))) == r


# The ZIP: there is one way only in which we write it, so not one byte of it can hide a change.

LOCAL, CENTRAL, END = 0x04034B50, 0x02014B50, 0x06054B50
UTF8, VERSION, DAY = 0x0800, 20, 0x21
MOST_BYTES, MOST_FILES = 0xFFFFFFFF, 0xFFFF


class TooLarge(Exception):
    """The case does not fit into one plain ZIP: export fewer listings at a time."""


def zip_of(files: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """Write files into a ZIP in the order given, without packing them; gives its pieces."""
    index, offset = [], 0
    for name, content in files:
        fields = _fields(name, content)
        piece = struct.pack("<IH", LOCAL, VERSION) + fields + name.encode()
        entry = struct.pack("<IHH", CENTRAL, VERSION, VERSION) + fields
        index.append(entry + struct.pack("<HHHII", 0, 0, 0, 0, offset) + name.encode())
        offset += len(piece) + len(content)
        if offset > MOST_BYTES or len(index) > MOST_FILES:
            raise TooLarge("a case holds at most 4 GB: export fewer listings at a time")
        yield piece
        yield content
    central, count = b"".join(index), len(index)
    yield central
    yield struct.pack("<IHHHHIIH", END, 0, 0, count, count, len(central), offset, 0)


def _fields(name: str, content: bytes) -> bytes:
    size, check = len(content), zlib.crc32(content)
    return struct.pack("<HHHHIIIHH", UTF8, 0, 0, DAY, check, size, size, len(name.encode()), 0)


@dataclass
class Case:
    """What was read of a case, what is wrong with it, and what can be said of it."""

    hashes: dict[str, str] = field(default_factory=dict)
    kept: dict[str, bytes] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    token: bytes = b""

    def document(self, name: str) -> Any:  # noqa: ANN401
        """Return one of the JSON documents; an empty one, and a problem, where it is none."""
        try:
            document = json.loads(self.kept.get(name, b""))
        except ValueError:
            self.problems.append(f"{name} is missing or cannot be read")
            return {}
        return document if isinstance(document, dict) else {}


def check(file: Path, key: str = "") -> Case:
    """Check a case from the outside in; `key` is the fingerprint it must be signed with."""
    case = Case()
    try:
        _read(case, file)
    except UNREADABLE as error:
        case.problems.append(f"the ZIP cannot be read, so it was changed or cut short: {error}")
        return case
    try:
        _check_documents(case, key)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        case.problems.append(f"what the documents say is not in the form we write: {error!r}")
    return case


def shown(words: str) -> str:
    """Write words of the file on one line, with nothing that a terminal obeys.

    Else a file could write our verdict itself.
    """
    kept = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in words)
    return kept if len(kept) <= LONGEST_LINE else f"{kept[:LONGEST_LINE]}..."


def _check_documents(case: Case, key: str) -> None:
    digest = case.document(DIGEST)
    sealed = _check_seal(case, digest, key)
    package = _check_package(case, digest, sealed)
    _check_parts(case, package)
    _check_token(case, digest, sealed)
    if not case.problems:
        _check_manifests(case)
        _check_custody(case)


def _read(case: Case, file: Path) -> None:
    """Read every file of the ZIP, and compare the ZIP with the one way in which we write it."""
    with zipfile.ZipFile(file) as archive, file.open("rb") as whole:
        for piece in zip_of(_contents(case, archive)):
            if whole.read(len(piece)) != piece:
                case.problems.append("the ZIP itself was changed: it is not as it was written")
                break
        else:
            if whole.read(1):
                case.problems.append("something was appended to the ZIP")


def _contents(case: Case, archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    for info in archive.infolist():
        name = info.filename
        if name in case.hashes:
            case.problems.append(f"{name} stands in the ZIP twice")
        if name.startswith("/") or ".." in name.split("/") or set(name) & set("\\\\:"):
            case.problems.append(f"{name} would be unpacked elsewhere; we never write such a name")
        if info.compress_type != zipfile.ZIP_STORED:
            raise zipfile.BadZipFile(f"{name} is packed, which we never do")
        content = archive.read(info)
        case.hashes[name] = sha256(content)
        if name in OUTSIDE or name == CUSTODY or name.startswith(MANIFESTS):
            case.kept[name] = content
        yield name, content


def _check_seal(case: Case, digest: dict[str, Any], key: str) -> dict[str, Any]:
    """Check who signed; return what was signed."""
    seal = digest.get("seal") or {}
    sealed, shown = seal.get("sealed"), str(seal.get("public_key"))
    try:
        public, signature = bytes.fromhex(shown), bytes.fromhex(str(seal.get("signature")))
    except ValueError:
        public = signature = b""
    if not isinstance(sealed, dict) or not is_signed(public, canonical(sealed), signature):
        case.problems.append(f"{DIGEST}: the signature is wrong: the seal was changed or replaced")
        return {}
    if case.kept[DIGEST] != canonical(digest):
        case.problems.append(f"{DIGEST} is not as it was written")
    fingerprint, wanted = sha256(public), "".join(key.split()).lower()
    if wanted and wanted != fingerprint:
        case.problems.append(f"wrong key: signed with {fingerprint}, not with {wanted}")
    case.facts.append(f"signed with the key {fingerprint}")
    case.facts.append(
        "this is the key you gave"
        if wanted
        else "whose key that is, this file cannot prove: compare it with what the team published"
    )
    return sealed


def _check_package(case: Case, digest: dict[str, Any], sealed: dict[str, Any]) -> dict[str, Any]:
    """Check that the manifest is the one that was signed; return it."""
    found = case.hashes.get(PACKAGE, "")
    if sealed and sealed.get("package_sha256") != found:
        case.problems.append(f"{PACKAGE} is not the manifest that was signed")
    if (digest.get("path"), digest.get("hash")) != (PACKAGE, f"sha256:{found}"):
        case.problems.append(f"{DIGEST} does not belong to {PACKAGE}")
    for name in ("made_at", "made_by", "case"):
        case.facts.append(f"{name.replace('_', ' ')}: {sealed.get(name, '?')}")
    package: dict[str, Any] = case.document(PACKAGE)
    return package


def _check_parts(case: Case, package: dict[str, Any]) -> None:
    """Check every file against the manifest, both ways."""
    listed = {}
    for one in package.get("resources", []):
        listed[one["path"]] = one["hash"]
    for path, wanted in listed.items():
        if path not in case.hashes:
            case.problems.append(f"{path} was removed")
        elif f"sha256:{case.hashes[path]}" != wanted:
            case.problems.append(f"{path} was changed")
    for name in case.hashes:
        if name not in listed and name not in OUTSIDE:
            case.problems.append(f"{name} was added")
    case.facts.append(f"files: {len(listed)}")


def _check_token(case: Case, digest: dict[str, Any], sealed: dict[str, Any]) -> None:
    """Check that the time stamp is there if and only if the seal says so."""
    stamp = sealed.get("timestamp") or {}
    case.token = base64.b64decode(str(digest.get("timestamp_token", "")), validate=True)
    found, wanted = sha256(case.token) if case.token else "", stamp.get("token_sha256", "")
    if wanted != found:
        what = "was added" if not wanted else "was changed" if found else "was removed"
        case.problems.append(f"{DIGEST}: the time stamp {what}")
    case.facts.append(f"time stamp: {stamp.get('says', '?')}")
    if found:
        case.facts.append(
            f"check it with: python3 verify.py CASE.zip --token timestamp.tsr && "
            f"unzip CASE.zip {PACKAGE} && openssl ts -verify "
            f"-data {PACKAGE} -in timestamp.tsr -CAfile AUTHORITY.pem"
        )
        case.facts.append(
            "AUTHORITY.pem is the authority's root certificate; where its token names no other "
            "certificate, add -untrusted SIGNER.pem with the one it signs with"
        )


def _check_manifests(case: Case) -> None:
    """Check each sighting's manifest: every part is there with its hash, or said to be gone."""
    parts = absent = 0
    names = [name for name in case.kept if name.startswith(MANIFESTS)]
    for name in names:
        for part in case.document(name).get("parts", []):
            parts += 1
            absent += bool(part["absent"])
            if not part["absent"] and case.hashes.get(part["file"]) != part["sha256"]:
                case.problems.append(f"{name}: {part['file']} is not the part it names")
    case.facts.append(f"sightings and rechecks: {len(names)}, their parts: {parts}")
    if absent:
        case.facts.append(
            f"parts that were gone before this export, hash and reason left: {absent}"
        )


def _check_custody(case: Case) -> None:
    """Check that each line of the custody log is sealed by the audit row it names."""
    lines = case.kept.get(CUSTODY, b"").decode().splitlines()
    for number, line in enumerate(lines, start=1):
        row = json.loads(line)
        audit, text = row["audit"], json.dumps(row["detail"], sort_keys=True)
        order = ("previous", "at", "clock_shift_s", "actor", "verb", "subject", "detail_sha256")
        seal = sha256("\n".join(str(audit[name]) for name in order).encode())
        if audit["detail_sha256"] != sha256(text.encode()) or audit["sealed"] != seal:
            case.problems.append(f"{CUSTODY}: line {number} does not fit its seal")
    case.facts.append(f"custody log: {len(lines)} lines")


def _taken(arguments: list[str], name: str) -> str:
    """Take an option and its value out of the arguments."""
    if name not in arguments[:-1]:
        return ""
    at = arguments.index(name)
    value = arguments[at + 1]
    del arguments[at : at + 2]
    return value


def main(arguments: list[str]) -> int:
    """Check the file named; write what was found."""
    arguments = list(arguments)
    key, token = _taken(arguments, "--key"), _taken(arguments, "--token")
    if len(arguments) != 1 or arguments[0].startswith("-") or not Path(arguments[0]).is_file():
        sys.stderr.write(f"{__doc__}\n")
        return 2
    case = check(Path(arguments[0]), key)
    for fact in case.facts:
        sys.stdout.write(f"      {shown(fact)}\n")
    for problem in case.problems:
        sys.stdout.write(f"BAD   {shown(problem)}\n")
    if token and case.token and not case.problems:
        Path(token).write_bytes(case.token)
    sys.stdout.write("NOT INTACT\n" if case.problems else "INTACT\n")
    return 1 if case.problems else 0


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main(sys.argv[1:]))
