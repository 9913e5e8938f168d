"""Pictures come from our store, small and harmless; other bytes leave only as a file."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from data.found import EvidenceKind, StoredEvidence
from data.listings import Evidence, add_evidence
from data.people import Role
from review_ui.pictures import MOST_PIXELS, SMALL_BYTES, NoPicture, small_jpeg
from tests.makers import make_listing
from tests.rooms import Rooms, rooms_in

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PAGE = b"<html><script>alert(1)</script></html>"


@pytest.fixture
def rooms(tmp_path: Path, sqlite_template: Path) -> Iterator[Rooms]:
    with rooms_in(tmp_path, sqlite_template) as made:
        yield made


def _noise(size: tuple[int, int], kind: str, mode: str = "RGB") -> bytes:
    target = io.BytesIO()
    Image.effect_noise(size, 120).convert(mode).save(target, kind)
    return target.getvalue()


def _stored(rooms: Rooms, content: bytes, kind: EvidenceKind = EvidenceKind.IMAGE) -> int:
    with rooms.store.write() as session:
        clock = rooms.store.clock()
        listing = make_listing(session, clock)
        now, sha256 = clock.now(), rooms.evidence.put(content)
        one = StoredEvidence(sha256, kind, "text/html", len(content), "https://x/p", now, now)
        add_evidence(session, [one], sighting_id=listing.latest_sighting_id)
        session.flush()
        row = session.query(Evidence).filter(Evidence.sha256 == sha256).one()
        return row.id


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "RGB"), ("PNG", "RGBA"), ("GIF", "P"), ("WEBP", "RGB")]
)
def test_a_small_picture_is_a_small_jpeg(kind: str, mode: str) -> None:
    small = small_jpeg(_noise((900, 700), kind, mode))
    assert len(small) <= SMALL_BYTES
    image = Image.open(io.BytesIO(small))
    assert image.format == "JPEG"
    assert max(image.size) <= 360


def test_a_small_picture_carries_no_place_of_the_original() -> None:
    image, target = Image.new("RGB", (40, 30), "red"), io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    exif[0x0112] = 6  # Lies on its side.
    image.save(target, "JPEG", exif=exif)
    small = small_jpeg(target.getvalue())
    assert b"taken at home" not in small
    assert Image.open(io.BytesIO(small)).size == (30, 40)


@pytest.mark.parametrize("content", [b"", b"GIF89a", SVG, PAGE, _noise((60, 60), "PNG")[:-900]])
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(NoPicture):
        small_jpeg(content)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    side = int(MOST_PIXELS**0.5) + 10
    target = io.BytesIO()
    Image.new("1", (side, side)).save(target, "PNG")
    assert len(target.getvalue()) < 100_000
    with pytest.raises(NoPicture, match="too large"):
        small_jpeg(target.getvalue())


def test_the_page_gets_a_small_locked_picture(rooms: Rooms) -> None:
    picture = _stored(rooms, _noise((800, 600), "PNG"))
    answer = rooms.guest("Mai", Role.VIEWER).get(f"/pictures/{picture}/small")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"].startswith("private")
    assert len(answer.content) <= SMALL_BYTES


def test_the_original_is_served_under_the_type_its_bytes_have(rooms: Rooms) -> None:
    content = _noise((80, 60), "PNG")
    picture = _stored(rooms, content)
    answer = rooms.guest("Mai", Role.REVIEWER).get(f"/pictures/{picture}/original")
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content == content


@pytest.mark.parametrize("content", [SVG, PAGE], ids=["svg", "page"])
def test_active_content_is_never_shown_as_a_picture(rooms: Rooms, content: bytes) -> None:
    picture = _stored(rooms, content)
    mai = rooms.guest("Mai", Role.REVIEWER)
    for size in ("small", "original"):
        answer = mai.get(f"/pictures/{picture}/{size}")
        assert answer.status_code == 410
        assert b"alert(1)" not in answer.content


def test_pages_are_handed_out_as_files_only_and_not_to_viewers(rooms: Rooms) -> None:
    page = _stored(rooms, PAGE, EvidenceKind.PAGE)
    mai = rooms.guest("Mai", Role.REVIEWER)
    answer = mai.get(f"/evidence/{page}")
    assert answer.content == PAGE
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert mai.get(f"/pictures/{page}/small").status_code == 410
    assert rooms.guest("Vera", Role.VIEWER).get(f"/evidence/{page}").status_code == 403


def test_damaged_and_unknown_evidence_says_so(rooms: Rooms) -> None:
    picture = _stored(rooms, _noise((80, 60), "PNG"))
    with rooms.store.read() as session:
        path = rooms.evidence.path_of(session.get_one(Evidence, picture).sha256)
    path.write_bytes(b"rot")
    mai = rooms.guest("Mai", Role.REVIEWER)
    assert mai.get(f"/pictures/{picture}/small").status_code == 410
    for damage in (path.touch, path.unlink):
        damage()
        answer = mai.get(f"/evidence/{picture}")
        assert answer.status_code == 410
        assert "backup" in answer.text
        assert str(rooms.evidence.folder) not in answer.text
    assert mai.get("/pictures/99999/small").status_code == 404


def test_a_phone_picture_with_more_behind_it_is_served_as_the_jpeg_it_is(rooms: Rooms) -> None:
    image, target = Image.new("RGB", (40, 30), "red"), io.BytesIO()
    image.save(target, "MPO", save_all=True, append_images=[image])
    number = _stored(rooms, target.getvalue())
    answer = rooms.guest("Mai", Role.REVIEWER).get(f"/pictures/{number}/original")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.content == target.getvalue()
