"""Keeps the vectors of texts that were read before: reading one takes some fifty milliseconds."""

import hashlib
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from classifier.meaning import DIMENSIONS, Meaning, Vectors, plain_text

SCHEMA = 1
MOST = 400_000  # vectors in the file, some 900 bytes each
_AT_ONCE = 256
_SECONDS = 10.0
_STORED = np.dtype("<f2")
_TABLE = """
create table vectors (
    id integer primary key,
    key blob not null unique,
    vector blob not null,
    checksum integer not null
)
"""
_READ = "select key, vector, checksum from vectors where key in ({marks})"
_KEEP = """
insert into vectors (key, vector, checksum) values (?, ?, ?)
on conflict (key) do update set vector = excluded.vector, checksum = excluded.checksum
"""
_FORGET = "delete from vectors where id <= (select max(id) from vectors) - ?"


class VectorCache:
    """Vectors by text, in one file that many processes read while one writes.

    It only saves time: a file that is damaged, of another version or out of reach is told of
    through `tell` and made anew or done without, and the vectors are computed.
    """

    def __init__(
        self, path: Path, meaning: Meaning, tell: Callable[[str], None], most: int = MOST
    ) -> None:
        self._path, self._meaning, self._tell, self._most = path, meaning, tell, most
        self._base = self._opened()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def name(self) -> str:
        """Name of what makes the vectors."""
        return self._meaning.name

    def close(self) -> None:
        """Let go of the file; texts can still be embedded, but nothing is kept."""
        if self._base is not None:
            self._base.close()
            self._base = None

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Give a row for each text as `Meaning.embed` does, from the file where it is known."""
        plain = [plain_text(text) for text in texts]
        vectors = self.known(plain)
        fresh = [text for text in dict.fromkeys(plain) if text not in vectors]
        for some in _parts(fresh):
            made = self._meaning.embed(some)
            vectors.update(zip(some, made, strict=True))
            self._keep(some, made)
        return np.array([vectors[text] for text in plain], np.float32).reshape(-1, DIMENSIONS)

    def known(self, plain: Iterable[str]) -> dict[str, Vectors]:
        """Give the vectors of those plain texts that are in the file."""
        found: dict[str, Vectors] = {}
        for some in _parts(list(dict.fromkeys(plain))):
            keys = {self._key(text): text for text in some}
            found.update((keys[key], vector) for key, vector in self._read(list(keys)))
        return found

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(f"{self._meaning.name}\0{text}".encode()).digest()[:16]

    def _read(self, keys: list[bytes]) -> Iterator[tuple[bytes, Vectors]]:
        if self._base is None:
            return
        marks = ",".join("?" * len(keys))
        try:
            rows = self._base.execute(_READ.format(marks=marks), keys).fetchall()
        except sqlite3.DatabaseError as error:
            self._fail(error)
            return
        for key, blob, checksum in rows:
            # A damaged row is like an unknown one: it is computed and stored again.
            if _checksum(key, blob) == checksum:
                yield key, np.frombuffer(blob, _STORED).astype(np.float32)

    def _keep(self, texts: Sequence[str], vectors: Vectors) -> None:
        if self._base is None:
            return
        blobs = (vector.tobytes() for vector in vectors.astype(_STORED))
        pairs = zip(map(self._key, texts), blobs, strict=True)
        rows = [(key, blob, _checksum(key, blob)) for key, blob in pairs]
        try:
            with self._base:
                self._base.execute("begin immediate")
                self._base.executemany(_KEEP, rows)
                self._base.execute(_FORGET, (self._most,))
        except sqlite3.DatabaseError as error:
            self._fail(error)

    def _opened(self) -> sqlite3.Connection | None:
        """Open the file, made anew if it must be; None when there is no way."""
        try:
            return _open(self._path)
        except sqlite3.OperationalError as error:
            self._tell(f"vectors are not kept, since {self._path} cannot be used: {error}")
        except sqlite3.DatabaseError as error:
            return self._remade(error)
        return None

    def _remade(self, error: sqlite3.DatabaseError) -> sqlite3.Connection | None:
        old = _aside(self._path).name
        self._tell(f"{self._path}: {error}; the file is made anew, the old one is kept as {old}")
        try:
            _set_aside(self._path)
            return _open(self._path)
        except (OSError, sqlite3.DatabaseError) as failure:
            self._tell(f"vectors are not kept, since {self._path} cannot be made anew: {failure}")
            return None

    def _fail(self, error: sqlite3.DatabaseError) -> None:
        """Tell of a failure and open the file again, which makes a damaged one anew."""
        self.close()
        if isinstance(error, sqlite3.OperationalError):
            self._tell(f"vectors are not kept from here on: {self._path}: {error}")
        else:
            self._base = self._remade(error)


def _aside(path: Path) -> Path:
    return path.with_name(path.name + ".old")


def _set_aside(path: Path) -> None:
    """Make room for a new file; a wrong file may have been named, so nothing is deleted."""
    for ending in ("", "-wal", "-shm"):
        old = path.with_name(path.name + ending)
        if old.exists():
            old.replace(path.with_name(_aside(path).name + ending))


def _open(path: Path) -> sqlite3.Connection:
    base = sqlite3.connect(path, timeout=_SECONDS, isolation_level=None)
    try:
        base.execute("pragma journal_mode = wal")
        base.execute("pragma synchronous = normal")
        _prepare(base)
    except sqlite3.DatabaseError:
        base.close()
        raise
    return base


def _prepare(base: sqlite3.Connection) -> None:
    """Make the table in a new file; refuse a file of another version."""
    if _version(base) == SCHEMA:
        return
    with base:
        base.execute("begin immediate")
        version = _version(base)  # another process may have been faster
        if version == 0 and not base.execute("select 1 from sqlite_master").fetchone():
            base.execute(_TABLE)
            base.execute(f"pragma user_version = {SCHEMA}")
        elif version != SCHEMA:
            raise sqlite3.DatabaseError(f"is of version {version}, this program needs {SCHEMA}")


def _version(base: sqlite3.Connection) -> int:
    return int(base.execute("pragma user_version").fetchone()[0])


def _checksum(key: bytes, blob: bytes) -> int:
    return zlib.crc32(blob, zlib.crc32(key))


def _parts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(texts), _AT_ONCE):
        yield texts[start : start + _AT_ONCE]
