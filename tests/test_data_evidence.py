"""Evidence: whole or not at all, found damaged when it is."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.evidence import EvidenceDamaged, EvidenceFolder, EvidenceFull


@given(content=st.binary(max_size=2000))
def test_what_is_kept_comes_back(tmp_path_factory, content) -> None:
    folder = EvidenceFolder(tmp_path_factory.mktemp("e"))
    sha256 = folder.put(content)
    assert sha256 == hashlib.sha256(content).hexdigest()
    assert folder.put(content) == sha256
    assert folder.get(sha256) == content


def test_missing_cut_and_changed_bytes_are_named(evidence: EvidenceFolder) -> None:
    sha256 = evidence.put(b"page" * 100)
    path = evidence.path_of(sha256)
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    with pytest.raises(EvidenceDamaged, match="unpacked"):
        evidence.get(sha256)
    path.write_bytes(evidence.path_of(evidence.put(b"other")).read_bytes())
    with pytest.raises(EvidenceDamaged, match="does not match"):
        evidence.get(sha256)
    path.unlink()
    with pytest.raises(EvidenceDamaged, match="is not in"):
        evidence.get(sha256)
    assert not evidence.has(sha256)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63])
def test_nothing_but_a_hash_names_a_file(evidence: EvidenceFolder, name) -> None:
    with pytest.raises(EvidenceDamaged, match="not a SHA-256"):
        evidence.get(name)


def test_a_failed_write_leaves_nothing_behind(evidence: EvidenceFolder, monkeypatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(EvidenceFull, match="no room left"):
        evidence.put(b"bytes")
    assert not [path for path in evidence.folder.rglob("*") if path.is_file()]
