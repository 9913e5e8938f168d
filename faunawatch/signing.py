"""The key a team signs its cases with: made once, kept 0600 in the home's secrets folder."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

NAME = "case-signing.key"


class BrokenKey(Exception):
    """The signing key cannot be read: restore `secrets/case-signing.key` from a backup."""


@dataclass(frozen=True)
class SigningKey:
    """An Ed25519 key; shows only its public half."""

    private: Ed25519PrivateKey

    def __repr__(self) -> str:
        """Name the key without showing it."""
        return f"SigningKey({self.fingerprint})"

    @property
    def public_key(self) -> bytes:
        """The 32 bytes that everyone may know."""
        return self.private.public_key().public_bytes_raw()

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the public key: what a team publishes and a court compares."""
        return hashlib.sha256(self.public_key).hexdigest()

    def sign(self, message: bytes) -> bytes:
        """Sign a message."""
        return self.private.sign(message)


def signing_key(home: Path) -> SigningKey:
    """Return the home's key, making it when there is none; raises `BrokenKey` for a damaged one."""
    path = home / "secrets" / NAME
    if not path.exists():
        _make(path)
    try:
        return SigningKey(Ed25519PrivateKey.from_private_bytes(path.read_bytes()))
    except ValueError as error:
        raise BrokenKey(f"{path.name} is not a key: restore it from a backup") from error


def _make(path: Path) -> None:
    """Write a new key whole, readable by its owner alone from the first byte on; never over one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    made = Ed25519PrivateKey.generate()
    raw = made.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    part = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        _link(part, path)
    finally:
        part.unlink(missing_ok=True)


def _link(part: Path, path: Path) -> None:
    """Put the key in place unless another process was faster."""
    try:
        path.hardlink_to(part)
    except FileExistsError:
        return
