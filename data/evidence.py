"""The evidence folder: bytes kept once under their SHA-256, compressed, written before any row.

A file is written under a temporary name, flushed to disk and renamed, so that a crash or a full
disk leaves either the whole file or none; only then may a row name it. It lives in `data` and not
in the crawler because screens, batches and exports read it too.
"""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import zstandard


class EvidenceDamaged(Exception):
    """Stored bytes are missing or differ from their hash: restore them from a backup."""


@dataclass(frozen=True)
class EvidenceFolder:
    """Bytes by SHA-256 in `ab/<sha256>.zst` below a folder."""

    folder: Path

    def path_of(self, sha256: str) -> Path:
        """Return where the bytes lie; refuses anything that is not a SHA-256."""
        if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):  # noqa: PLR2004
            raise EvidenceDamaged(f"not a SHA-256: {sha256!r}")
        return self.folder / sha256[:2] / f"{sha256}.zst"

    def put(self, content: bytes) -> str:
        """Keep bytes; return their SHA-256 in lower-case hex. Keeping them again costs nothing."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.path_of(sha256)
        if path.exists():
            return sha256
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(path, zstandard.ZstdCompressor(level=3).compress(content))
        return sha256

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


def _write_whole(path: Path, content: bytes) -> None:
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
