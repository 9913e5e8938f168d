"""A case is dated by an authority where one is configured; one that fails is asked again."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from data.audit import first_broken
from data.custody import CaseExport, Dating
from data.exports.case.verify import DIGEST, check, main
from data.home import the_home
from data.store import Store
from faunawatch.cases import export_listing, hand_to, stamp_waiting
from faunawatch.house import House
from faunawatch.team import UnknownSetting, change_setting
from faunawatch.timestamps import NotDated, token_for
from tests.cases import a_case
from tests.stamping import Authority, an_authority
from tests.test_faunawatch_cases import contents


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Authority]:
    with an_authority(tmp_path / "tsa") as served:
        yield served


def _checked_by_openssl(authority: Authority, case: Path, folder: Path) -> str:
    """Follow the line that the verifier prints."""
    (folder / "datapackage.json").write_bytes(contents(case)["datapackage.json"])
    assert main([str(case), "--token", str(folder / "timestamp.tsr")]) == 0
    line = next(fact for fact in check(case).facts if "openssl ts -verify" in fact)
    words = line.rpartition("&& openssl ")[2].replace("AUTHORITY.pem", str(authority.ca)).split()
    paths = [str(folder / one) if (folder / one).exists() else one for one in words]
    return authority.openssl(*paths)


def test_a_case_carries_a_token_that_openssl_accepts(
    authority: Authority, store: Store, clock, tmp_path: Path
) -> None:
    house = House(tmp_path / "home", "", store)
    with store.write() as session:
        listing_id = a_case(session, clock, house.evidence, sightings=1)
        the_home(session).timestamp_authority = authority.address
    case = export_listing(house, listing_id, by="cli:test")
    assert case.stamp == f"given by {authority.address}"
    file = tmp_path / "case.zip"
    hand_to(house, case.export_id, file, by="cli:test")
    assert check(file).problems == []
    (tmp_path / "out").mkdir()
    assert _checked_by_openssl(authority, file, tmp_path / "out") in ("", "Verification: OK\n")
    other = tmp_path / "out" / "datapackage.json"
    other.write_bytes(other.read_bytes() + b" ")
    with pytest.raises(AssertionError, match="imprint"):
        authority.openssl(
            "ts", "-verify", "-data", str(other), "-in", str(tmp_path / "out" / "timestamp.tsr"),
            "-CAfile", str(authority.ca),
        )  # fmt: skip


def test_a_token_that_did_not_come_is_fetched_later(
    authority: Authority, store: Store, clock, tmp_path: Path
) -> None:
    house = House(tmp_path / "home", "", store)
    with store.write() as session:
        listing_id = a_case(session, clock, house.evidence, sightings=1)
        the_home(session).timestamp_authority = "http://127.0.0.1:9/tsa"
    case = export_listing(house, listing_id, by="cli:test")
    hand_to(house, case.export_id, tmp_path / "before.zip", by="cli:test")
    with store.write() as session:
        the_home(session).timestamp_authority = authority.address
    assert stamp_waiting(house) == (1, 0)
    assert stamp_waiting(house) == (0, 0)
    hand_to(house, case.export_id, tmp_path / "after.zip", by="cli:test")
    before, after = contents(tmp_path / "before.zip"), contents(tmp_path / "after.zip")
    assert check(tmp_path / "before.zip").problems == check(tmp_path / "after.zip").problems == []
    assert [name for name in after if before.get(name) != after[name]] == [DIGEST]
    assert len(before) == len(after)
    with store.read() as session:
        export = session.get_one(CaseExport, case.export_id)
        assert (export.dating, export.last_error) == (Dating.DATED, "")
        assert house.evidence.get(export.token_sha256) == check(tmp_path / "after.zip").token
        assert not house.evidence.has(case.sha256)
        assert first_broken(session) is None


def test_a_case_that_is_gone_keeps_no_other_from_being_dated(
    authority: Authority, store: Store, clock, tmp_path: Path
) -> None:
    house = House(tmp_path / "home", "", store)
    with store.write() as session:
        listing_id = a_case(session, clock, house.evidence, sightings=1)
        the_home(session).timestamp_authority = "http://127.0.0.1:9/tsa"
    lost, whole = (export_listing(house, listing_id, by="cli:test") for _ in range(2))
    house.evidence.delete(lost.sha256)
    with store.write() as session:
        the_home(session).timestamp_authority = authority.address
    assert stamp_waiting(house) == (1, 1)
    with store.read() as session:
        assert session.get_one(CaseExport, whole.export_id).dating is Dating.DATED


def _instead(nonsense: bytes, _answer: bytes) -> bytes:
    return nonsense


def test_a_wrong_answer_is_no_token(authority: Authority) -> None:
    kept = [token_for(authority.address, b"one")]
    authority.twist = lambda _: kept[0]
    with pytest.raises(NotDated, match="for something else"):
        token_for(authority.address, b"two")
    with pytest.raises(NotDated, match="another question"):
        token_for(authority.address, b"one")
    for nonsense in (b"", b"<html>sign in</html>", kept[0][:40]):
        authority.twist = partial(_instead, nonsense)
        with pytest.raises(NotDated):
            token_for(authority.address, b"one")
    for address in ("file:///etc/passwd", "ftp://127.0.0.1/x", "http://127.0.0.1:9/"):
        with pytest.raises(NotDated):
            token_for(address, b"one")


def test_a_chain_in_an_order_of_its_own_is_done_without(tmp_path: Path) -> None:
    with an_authority(tmp_path / "tsa", sends_chain=True) as authority:
        (tmp_path / "answer.tsr").write_bytes(token_for(authority.address, b"one"))
        (tmp_path / "data").write_bytes(b"one")
        files = ("-data", str(tmp_path / "data"), "-in", str(tmp_path / "answer.tsr"))
        authority.openssl(
            "ts", "-verify", *files, "-CAfile", str(authority.ca), "-untrusted", "tsa.pem"
        )


@contextmanager
def answering(raw: bytes) -> Iterator[str]:
    """Serve one raw answer to whoever asks, whatever they ask."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    asked, _ = listening.accept()
                    with asked:
                        asked.recv(65_536)
                        asked.sendall(raw)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def _body(content: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(content) + content


@pytest.mark.parametrize(
    "raw",
    [
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc",
        b"HTTP/1.1 302 Found\r\nLocation: ftp://127.0.0.1:9/x\r\n\r\n",
        _body(bytes.fromhex("30053003020100")),  # granted, without a token
    ],
)
def test_no_answer_of_an_authority_costs_the_case(raw: bytes) -> None:
    with answering(raw) as address, pytest.raises(NotDated):
        token_for(address, b"manifest")


def test_an_authority_sends_us_nowhere_else(authority: Authority) -> None:
    there = f"HTTP/1.1 302 Found\r\nLocation: {authority.address}\r\n\r\n".encode()
    with answering(there) as address, pytest.raises(NotDated, match="302"):
        token_for(address, b"manifest")


def test_what_an_authority_says_is_one_short_line() -> None:
    said = b"no\x00\x1b[2J\n" + b"x" * 100
    text = b"\x30" + bytes([len(said) + 2]) + b"\x0c" + bytes([len(said)]) + said
    status = b"\x02\x01\x02" + text
    whole = b"\x30" + bytes([len(status)]) + status
    answer = (
        b"\x30\x81" + bytes([len(whole)]) + whole
        if len(whole) > 127
        else b"\x30" + bytes([len(whole)]) + whole
    )
    with answering(_body(answer)) as address, pytest.raises(NotDated, match="refused: no") as told:
        token_for(address, b"manifest")
    assert str(told.value).isprintable()
    assert len(str(NotDated("x" * 10_000))) <= 300


@pytest.mark.parametrize(
    "address",
    ["http://[x/", "http://a b/", "https://a.example/\r\nX: y", "http:///x", "ftp://a.example/",
     "https://team:secret@tsa.example/", "http://a.example:99999/"],
)  # fmt: skip
def test_an_authority_has_a_plain_address(tmp_path: Path, store: Store, address: str) -> None:
    house = House(tmp_path / "home", "", store)
    with pytest.raises(UnknownSetting) as refused:
        change_setting(house, "timestamp-authority", address)
    assert "does not fit" in str(refused.value)
    with pytest.raises(NotDated) as told:
        token_for(address, b"manifest")
    assert "secret" not in str(told.value)
