"""A listing with sightings, pictures, rechecks and a sent request, to be exported; all invented."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

from PIL import Image
from sqlalchemy.orm import Session

from data.availability import Outcome
from data.base import ManualClock
from data.crawls import Ending, end_crawl
from data.evidence import EvidenceFolder
from data.found import CaptureQuality, EvidenceKind, Seen, StoredEvidence
from data.listings import sight
from data.looks import looks_of
from data.pictures import Fetched, Got, Wanted, record_try
from tests.makers import found, make_crawl, recheck_once
from tests.takedown_makers import a_sent

URL = "https://pasar.example/item/1"
HEADERS = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Length", "999"),
    ("Date", "Sun, 01 Nov 2026 12:00:00 GMT"),
    ("Set-Cookie", "a=1"),
    ("Set-Cookie", "b=2"),
)


def jpeg(seed: int = 0, size: tuple[int, int] = (64, 48)) -> bytes:
    """A picture that is not plain."""
    image = Image.linear_gradient("L").resize(size).rotate(seed % 360)
    image.paste(255, (4, 4, 12 + seed % 30, 20))
    out = BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()


def stored(
    evidence: EvidenceFolder,
    clock: ManualClock,
    content: bytes,
    kind: EvidenceKind = EvidenceKind.PAGE,
    url: str = URL,
) -> StoredEvidence:
    """Bytes kept as a crawl keeps them."""
    kept = evidence.keep(content)
    image = kind is EvidenceKind.IMAGE
    return StoredEvidence(
        sha256=kept.sha256,
        kind=kind,
        media_type="image/jpeg" if image else "text/html",
        size=len(content),
        url=url,
        captured_at=clock.now(),
        stored_at=clock.now() + timedelta(milliseconds=3),
        http_status=200,
        headers=(("Content-Type", "image/jpeg"),) if image else HEADERS,
        tool="faunawatch/test",
        quality=CaptureQuality.WHOLE,
        stored_size=kept.added,
    )


def page(number: int, pad: int = 0) -> bytes:
    """A listing's page; three in a row say the same."""
    text = f"<html><h1>Vòng ngà voi</h1><p>{2_500_000 + number // 3}đ</p>"
    return (text + "".join(f"<p>{n} ảnh thật</p>" for n in range(pad)) + "</html>").encode()


def a_case(
    session: Session,
    clock: ManualClock,
    evidence: EvidenceFolder,
    *,
    sightings: int = 3,
    pictures: int = 1,
    pad: int = 0,
) -> int:
    """A listing that was sent, seen again some times, and looked at; return its id."""
    _, requests = a_sent(session, clock, evidence)
    listing_id = requests[0].listing_id
    for number in range(sightings):
        clock.advance(timedelta(hours=6))
        crawl = make_crawl(session, clock)
        part = stored(evidence, clock, page(number, pad))
        one = replace(found("1", stored=(part,)), images=(f"{URL}/a.jpg", f"{URL}/gone.jpg"))
        sight(session, [one], crawl=crawl, country="VN", clock=clock)
        end_crawl(crawl, Ending.FINISHED, "read 1 listing", clock.now())
        sighting_id = requests[0].listing.latest_sighting_id or 0
        for picture in range(pictures):
            content = jpeg(picture)
            wanted = Wanted(listing_id, sighting_id, f"{URL}/{picture}.jpg")
            kept = stored(evidence, clock, content, EvidenceKind.IMAGE, wanted.address)
            got = Got(wanted, Fetched.KEPT, stored=kept, looks=looks_of(content))
            record_try(session, got, clock=clock)
        missed = Wanted(listing_id, sighting_id, f"{URL}/gone.jpg")
        record_try(session, Got(missed, Fetched.REFUSED, "it answered 404"), clock=clock)
    seen = Seen(
        listing_id,
        Outcome.REMOVED,
        http_status=404,
        cause="HTTP 404",
        control_live=True,
        evidence=(stored(evidence, clock, b"<h1>gone</h1>"),),
    )
    clock.advance(timedelta(hours=6))
    recheck_once(session, clock, seen)
    return listing_id
