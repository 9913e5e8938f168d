"""The verifier's own arithmetic: Ed25519 by RFC 8032, and the one form of ZIP."""

import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import given, settings
from hypothesis import strategies as st

from data.exports.case import verify
from data.exports.case.package import pem_of
from data.exports.case.verify import (
    CUSTODY,
    DIGEST,
    PACKAGE,
    L,
    canonical,
    check,
    is_signed,
    main,
    sha256,
    zip_of,
)

# RFC 8032, 7.1: tests 1, 2, 3 and SHA(abc).
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        b"",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701c"
            "f9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        b"\x72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0"
            "f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        b"\xaf\x82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f76098"
            "4dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").digest(),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c664"
            "31e0303dca179c138ac17ad9bef1177331a704"
        ),
    ),
]


def _says_cryptography(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_vectors_of_the_rfc_hold(key: str, message: bytes, signature: str) -> None:
    public, signed = bytes.fromhex(key), bytes.fromhex(signature)
    assert is_signed(public, message, signed)
    assert _says_cryptography(public, message, signed)
    assert not is_signed(public, message + b"x", signed)
    s = int.from_bytes(signed[32:], "little") + L
    assert not is_signed(public, message, signed[:32] + s.to_bytes(32, "little"))
    assert not is_signed(public[:31], message, signed)
    assert not is_signed(public, message, signed[:63])


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=300), st.data())
def test_it_agrees_with_cryptography_on_good_and_spoilt_signatures(
    secret: bytes, message: bytes, data: st.DataObject
) -> None:
    private = Ed25519PrivateKey.from_private_bytes(secret)
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert is_signed(public, message, signature)
    spoilt = bytearray(public + signature + message)
    at = data.draw(st.integers(0, len(spoilt) - 1))
    spoilt[at] ^= 1 << data.draw(st.integers(0, 7))
    key, signed, said = bytes(spoilt[:32]), bytes(spoilt[32:96]), bytes(spoilt[96:])
    assert is_signed(key, said, signed) == _says_cryptography(key, said, signed) is False


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(min_size=64, max_size=64))
def test_no_bytes_make_it_fail(key: bytes, signature: bytes) -> None:
    assert is_signed(key, b"m", signature) == _says_cryptography(key, b"m", signature)


def test_the_key_is_written_as_other_programs_read_it() -> None:
    public = Ed25519PrivateKey.generate().public_key()
    read = load_pem_public_key(pem_of(public.public_bytes_raw()))
    assert isinstance(read, Ed25519PublicKey)
    assert read.public_bytes_raw() == public.public_bytes_raw()


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0/\\"), min_size=1)


@given(st.dictionaries(NAMES, st.binary(max_size=200), max_size=8))
def test_the_zip_is_read_by_others(files: dict[str, bytes]) -> None:
    whole = b"".join(zip_of(files.items()))
    with zipfile.ZipFile(BytesIO(whole)) as archive:
        assert archive.testzip() is None
        assert {one.filename: archive.read(one) for one in archive.infolist()} == files


@pytest.mark.parametrize("content", [b"", b"PK", b"\0" * 100, b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_case_is_said_to_be_none(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "x.zip"
    file.write_bytes(content)
    assert check(file).problems


def test_a_packed_zip_is_none_of_ours(tmp_path: Path) -> None:
    file = tmp_path / "x.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("seal.json", "{}" * 1000)
    assert "packed" in check(file).problems[0]


@given(st.recursive(st.none() | st.integers() | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=3)
                    | st.dictionaries(st.text(max_size=5), inner, max_size=3)))  # fmt: skip
def test_documents_of_another_form_are_a_problem_not_a_crash(document: object) -> None:
    text = json.dumps(document).encode()
    names = ("datapackage.json", "datapackage-digest.json")
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        file.write(b"".join(zip_of((name, text) for name in names)))
        file.flush()
        assert check(Path(file.name)).problems


def _forged(
    folder: Path,
    files: dict[str, bytes],
    said: str = "m",
    *,
    package: bytes = b"",
    digest: bytes = b"",
) -> Path:
    """Write what somebody with a key of their own can write: whole, but made to harm."""
    key = Ed25519PrivateKey.generate()
    files = {CUSTODY: b"", **files}
    listed = [{"path": name, "hash": f"sha256:{sha256(one)}"} for name, one in files.items()]
    manifest = package or canonical({"resources": listed})
    sealed = {
        "made_by": said,
        "package_sha256": sha256(manifest),
        "timestamp": {"says": "none", "token_sha256": ""},
    }
    whole = {
        "path": PACKAGE,
        "hash": f"sha256:{sha256(manifest)}",
        "seal": {
            "sealed": sealed,
            "public_key": key.public_key().public_bytes_raw().hex(),
            "signature": key.sign(canonical(sealed)).hex(),
        },
    }
    ends = {PACKAGE: manifest, DIGEST: digest or canonical(whole)}
    file = folder / "forged.zip"
    file.write_bytes(b"".join(zip_of([*files.items(), *ends.items()])))
    return file


def test_a_case_cannot_write_the_verdict_itself(tmp_path: Path, capsys) -> None:
    said = "x\x1b[2J\n      this is the key you gave\nINTACT\n\u202e"
    assert main([str(_forged(tmp_path, {}, said))]) == 0
    lines = capsys.readouterr().out.split("\n")
    assert lines.count("INTACT") == 1
    assert "      this is the key you gave" not in lines
    assert not {"\x1b", "\u202e"} & set("".join(lines))
    assert main([str(_forged(tmp_path, {"../a\nINTACT": b""}, said))]) == 1
    assert "INTACT" not in capsys.readouterr().out.split("\n")


@pytest.mark.parametrize("name", ["/etc/cron.d/x", "../up", "a/../../b", "c:\\x", "C:x"])
def test_names_that_unpack_elsewhere_are_named(tmp_path: Path, name: str) -> None:
    assert any("elsewhere" in one for one in check(_forged(tmp_path, {name: b"x"})).problems)


def test_documents_without_end_are_no_crash(tmp_path: Path) -> None:
    deep = b'{"a":' + b"[" * 100_000
    for made in (
        _forged(tmp_path, {}, package=deep),
        _forged(tmp_path, {}, digest=deep),
        _forged(tmp_path, {"manifests/x.json": deep}),
        _forged(tmp_path, {CUSTODY: deep}),
    ):
        assert check(made).problems


def test_a_terminal_without_our_letters_gets_the_verdict_too(tmp_path: Path) -> None:
    case = _forged(tmp_path, {}, "Tổ chức Mẫu")
    done = subprocess.run(
        [sys.executable, str(verify.__file__), str(case)],
        env={"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(b"INTACT\n")
