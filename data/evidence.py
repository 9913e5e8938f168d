"""The evidence folder: bytes kept once under their SHA-256, compressed, written before any row.

A file is written under a temporary name, flushed to disk and renamed, so that a crash or a full
disk leaves either the whole file or none; only then may a row name it. It lives in `data` and not
in the crawler because screens, batches and exports read it too.
"""

import errno
import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import zstandard


class EvidenceDamaged(Exception):
    """Stored bytes are missing or differ from their hash: restore them from a backup."""


class EvidenceFull(Exception):
    """Nothing more may be kept: raise the evidence budget, purge what is due, or make room."""


class DiskFull(EvidenceFull):
    """The disk itself has no room left: what is written next would be lost."""


@dataclass
class Room:
    """How many bytes may still be added below a folder, shared by all who add through it."""

    left: int
    budget: int

    def take(self, size: int) -> None:
        """Use some of it; raises `EvidenceFull` when there is not so much."""
        if size > self.left:
            raise EvidenceFull(
                f"the evidence folder holds all of the {self.budget // 10**6} MB it may hold: "
                "set a larger `evidence-budget-mb` or run `faunawatch evidence purge`"
            )
        self.left -= size


@dataclass(frozen=True)
class Kept:
    """Bytes that lie in the folder, and how many were added for them: none if they lay there."""

    sha256: str
    added: int


@dataclass(frozen=True)
class EvidenceFolder:
    """Bytes by SHA-256 in `ab/<sha256>.zst` below a folder; given a room, not more than fits."""

    folder: Path
    room: Room | None = None

    def path_of(self, sha256: str) -> Path:
        """Return where the bytes lie; refuses anything that is not a SHA-256."""
        if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):  # noqa: PLR2004
            raise EvidenceDamaged(f"not a SHA-256: {sha256!r}")
        return self.folder / sha256[:2] / f"{sha256}.zst"

    def put(self, content: bytes) -> str:
        """Keep bytes; return their SHA-256 in lower-case hex. Keeping them again costs nothing."""
        return self.keep(content).sha256

    def keep(self, content: bytes) -> Kept:
        """Keep bytes and tell what that cost; raises `EvidenceFull` and keeps nothing then."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.path_of(sha256)
        if path.exists():
            return Kept(sha256, 0)
        packed = zstandard.ZstdCompressor(level=3).compress(content)
        if self.room is not None:
            self.room.take(len(packed))
        _write_whole(path, packed)
        return Kept(sha256, len(packed))

    def get(self, sha256: str) -> bytes:
        """Return the bytes after checking them against their hash.

        Raises `EvidenceDamaged` when they are missing, cut short or changed.
        """
        try:
            content = zstandard.ZstdDecompressor().decompress(self.path_of(sha256).read_bytes())
        except FileNotFoundError as error:
            raise EvidenceDamaged(f"evidence {sha256} is not in {self.folder}") from error
        except zstandard.ZstdError as error:
            raise EvidenceDamaged(f"evidence {sha256} cannot be unpacked") from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise EvidenceDamaged(f"evidence {sha256} does not match its hash")
        return content

    def has(self, sha256: str) -> bool:
        """Tell whether the bytes are here, without reading them."""
        return self.path_of(sha256).exists()

    def delete(self, sha256: str) -> bool:
        """Delete a whole file for good; False when it was gone. Its rows keep the hash."""
        path = self.path_of(sha256)
        there = path.exists()
        path.unlink(missing_ok=True)
        return there


def _write_whole(path: Path, content: bytes) -> None:
    try:
        _write_beside(path, content)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFull("the disk has no room left: nothing more can be kept") from error
        raise


def _write_beside(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
