"""One ZIP from the documents and parts of a case: manifest, seal, and the files in their order.

The ZIP is also a WACZ. Nothing in it is packed but the WARC, which is gzip.
"""

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO, Any, Protocol

from data.exports.case.gathering import Document, Gathered, file_of
from data.exports.case.verify import (
    CUSTODY,
    DIGEST,
    OUTSIDE,
    PACKAGE,
    canonical,
    sha256,
    zip_of,
)
from data.exports.case.warc import ARCHIVE, SOFTWARE, write_warc

HERE = Path(__file__).parent
WACZ_VERSION = "1.1.1"
# What stands before the 32 bytes of an Ed25519 key in the usual envelope (RFC 8410).
_KEY_HEAD = bytes.fromhex("302a300506032b6570032100")
_LOST = "missing or damaged in our store when this case was exported"


class Signer(Protocol):
    """Who signs cases."""

    @property
    def public_key(self) -> bytes:
        """The 32 bytes that everyone may know."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Sign a message with Ed25519."""
        ...


@dataclass(frozen=True)
class Stamp:
    """What a time-stamp authority answered, or why there is no answer."""

    says: str
    authority: str = ""
    token: bytes = b""


@dataclass(frozen=True)
class About:
    """What the seal says of a case besides its hashes."""

    case: str
    made_at: str
    made_by: str
    exported_by: str
    version: str
    demo: bool = False


@dataclass(frozen=True)
class File:
    """One file of the ZIP, read when it is written."""

    name: str
    sha256: str
    size: int
    read: Callable[[], bytes]

    @classmethod
    def of(cls, name: str, content: bytes) -> "File":
        """Make a file of bytes at hand."""
        return cls(name, sha256(content), len(content), lambda: content)


@dataclass
class Package:
    """The files of a case, without manifest and seal."""

    files: list[File] = field(default_factory=list)
    lost: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, content: bytes) -> None:
        """Add a file."""
        self.files.append(File.of(name, content))


def build(
    gathered: Gathered, read: Callable[[str], bytes], about: About, warc: IO[bytes]
) -> Package:
    """Put a case's files together; the web archive is written to `warc`, a temporary file.

    Parts that cannot be read are named as gone in the manifests.
    """
    package = Package()
    written = write_warc(warc, gathered.captures, gathered.titles, read)
    package.lost = written.damaged
    for lost in written.damaged:
        gathered.parts.pop(lost, None)
    package.add("about/README.txt", readme(about).encode())
    package.add("about/verify.py", (HERE / "verify.py").read_bytes())
    for name, document in gathered.documents.items():
        package.add(name, canonical(_without(document, written.damaged)))
    package.add("pages/pages.jsonl", written.pages_file())
    for name, content in written.index_files().items():
        package.add(name, content)
    package.files.append(_file_in(warc, f"archive/{ARCHIVE}"))
    for part in gathered.parts.values():
        reader = _reader(read, part.sha256)
        package.files.append(File(file_of(part), part.sha256, part.size, reader))
    return package


def _reader(read: Callable[[str], bytes], wanted: str) -> Callable[[], bytes]:
    return lambda: read(wanted)


def _without(document: Document, lost: Mapping[str, str]) -> Document:
    """Say in a manifest that parts are gone whose bytes could not be read."""
    for part in document.get("parts", []):
        if part["sha256"] in lost and not part["absent"]:
            part["file"], part["absent"] = "", {"at": "", "reason": _LOST}
    return document


def _file_in(source: IO[bytes], name: str) -> File:
    source.seek(0)
    digest = sha256(source.read())

    def read() -> bytes:
        source.seek(0)
        return source.read()

    return File(name, digest, source.tell(), read)


def readme(about: About) -> str:
    """Return the plain words that go with a case."""
    text = (HERE / "README.txt").read_text(encoding="utf-8")
    demo = "THIS IS A DEMONSTRATION: the listings in it are invented.\n\n" if about.demo else ""
    return demo + text.format(case=about.case, made_at=about.made_at, made_by=about.made_by)


def finish(package: Package, custody: Iterable[str], about: About, signer: Signer) -> bytes:
    """Add custody log and key; return the manifest, which from here on is fixed."""
    package.add(CUSTODY, "".join(f"{line}\n" for line in custody).encode())
    package.add("about/public-key.pem", pem_of(signer.public_key))
    resources = [
        {
            "name": one.name.lower(),
            "path": one.name,
            "hash": f"sha256:{one.sha256}",
            "bytes": one.size,
        }
        for one in package.files
    ]
    return canonical(
        {
            "profile": "data-package",
            "wacz_version": WACZ_VERSION,
            "title": f"{'DEMO ' if about.demo else ''}{about.case}",
            "created": about.made_at,
            "software": f"{SOFTWARE}/{about.version}",
            "resources": resources,
        }
    )


def pem_of(public_key: bytes) -> bytes:
    """Write a public key as other programs read it."""
    text = base64.b64encode(_KEY_HEAD + public_key).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n".encode()


def seal(manifest: bytes, about: About, stamp: Stamp, signer: Signer) -> bytes:
    """Return the file beside the manifest: its hash, our signature over it, and the time stamp."""
    sealed: dict[str, Any] = {
        "case": about.case,
        "made_at": about.made_at,
        "made_by": about.made_by,
        "exported_by": about.exported_by,
        "software": f"{SOFTWARE}/{about.version}",
        "demo": about.demo,
        "package_sha256": sha256(manifest),
        "timestamp": {
            "says": stamp.says,
            "authority": stamp.authority,
            "token_sha256": sha256(stamp.token) if stamp.token else "",
        },
    }
    return canonical(
        {
            "path": PACKAGE,
            "hash": f"sha256:{sha256(manifest)}",
            "seal": {
                "sealed": sealed,
                "public_key": signer.public_key.hex(),
                "signature": signer.sign(canonical(sealed)).hex(),
            },
            "timestamp_token": base64.b64encode(stamp.token).decode(),
        }
    )


def pieces(package: Package, manifest: bytes, sealed: bytes) -> Iterator[bytes]:
    """Write the whole ZIP, piece by piece."""
    return _zipped(((one.name, one.read()) for one in package.files), manifest, sealed)


def resealed(files: Iterable[tuple[str, bytes]], manifest: bytes, sealed: bytes) -> Iterator[bytes]:
    """Write a case again with another seal; its manifest and parts stay."""
    inner = ((name, content) for name, content in files if name not in OUTSIDE)
    return _zipped(inner, manifest, sealed)


def _zipped(files: Iterable[tuple[str, bytes]], manifest: bytes, sealed: bytes) -> Iterator[bytes]:
    return zip_of(chain(files, [(PACKAGE, manifest), (DIGEST, sealed)]))
