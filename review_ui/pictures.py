"""Pictures and other evidence from our own store, made harmless; a seller's site is never asked."""

import io
from threading import BoundedSemaphore
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from PIL import Image, ImageOps, UnidentifiedImageError
from starlette.responses import Response

from data.evidence import EvidenceDamaged
from data.found import EvidenceKind
from data.listings import Evidence
from data.people import Role
from review_ui.auth import Reads, Visit, reading_as

router = APIRouter()
FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
# Phones write JPEGs with more pictures behind the first, which Pillow calls MPO.
SERVED_AS = FORMATS | {"MPO": "image/jpeg"}
MOST_PIXELS = 25_000_000
SMALL = (360, 360)
SMALL_BYTES = 15_000
_QUALITIES = (72, 60, 48, 36, 24, 12)
# Unpacking a large picture takes 100 MB; two at a time fit a small machine.
_AT_ONCE = BoundedSemaphore(2)
_LOCKED = {"content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'"}
_KEPT = {"cache-control": "private, max-age=3600"}
DAMAGED = "These bytes are missing or damaged in our store: restore them from a backup."
NO_PICTURE = "This picture is no longer here."
Keeps = Annotated[Visit, Depends(reading_as(Role.REVIEWER, Role.LIAISON, Role.SUPERVISOR))]


class NoPicture(Exception):
    """The bytes are no picture we show: too large, cut short or of another kind."""


def _opened(content: bytes) -> Image.Image:
    """Open a picture of a known kind without unpacking it; a bomb is refused by its size."""
    try:
        image = Image.open(io.BytesIO(content), formats=tuple(FORMATS))
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError) as error:
        raise NoPicture("not a picture of a known kind") from error
    if image.width * image.height > MOST_PIXELS:
        raise NoPicture(f"{image.width} × {image.height} is too large to show")
    return image


def small_jpeg(content: bytes) -> bytes:
    """Return a small JPEG of at most 15 kB, without any data of the original beside its looks."""
    with _AT_ONCE:
        image = _opened(content)
        try:
            image.draft("RGB", SMALL)
            turned = ImageOps.exif_transpose(image)
            flat = _on_grey(turned)
            flat.thumbnail(SMALL)
            return _within(flat, SMALL_BYTES)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise NoPicture("the picture cannot be unpacked") from error


def _on_grey(image: Image.Image) -> Image.Image:
    """Return the picture without transparency, on a grey that hides neither black nor white."""
    if image.mode in {"RGB", "L"}:
        return image.convert("RGB")
    seen = image.convert("RGBA")
    ground = Image.new("RGBA", seen.size, (190, 188, 180, 255))
    ground.alpha_composite(seen)
    return ground.convert("RGB")


def _within(image: Image.Image, limit: int) -> bytes:
    content = b""
    for quality in _QUALITIES:
        target = io.BytesIO()
        image.save(target, "JPEG", quality=quality, optimize=True)
        content = target.getvalue()
        if len(content) <= limit:
            return content
    image.thumbnail((image.width // 2, image.height // 2))
    return _within(image, limit) if image.width > 1 else content


def _evidence(visit: Visit, evidence_id: int) -> Evidence:
    with visit.read() as session:
        row = session.get_one(Evidence, evidence_id)
        session.expunge(row)
    if row.purged_at is not None:
        raise HTTPException(410, "These bytes were deleted by the retention rules.")
    return row


def _bytes(visit: Visit, row: Evidence) -> bytes:
    try:
        return visit.house.evidence.get(row.sha256)
    except EvidenceDamaged as error:
        raise HTTPException(410, DAMAGED) from error


@router.get("/pictures/{evidence_id}/small")
def show_small(request: Request, visit: Reads, evidence_id: int) -> Response:
    """Serve a small JPEG made by us; kept by the browser for an hour to spare the line."""
    row = _evidence(visit, evidence_id)
    if row.kind not in (EvidenceKind.IMAGE, EvidenceKind.SCREENSHOT):
        raise HTTPException(410, NO_PICTURE)
    try:
        content: bytes = request.app.state.small_picture(row.sha256)
    except (NoPicture, EvidenceDamaged) as error:
        raise HTTPException(410, NO_PICTURE) from error
    return Response(content, media_type="image/jpeg", headers=_KEPT | _LOCKED)


@router.get("/pictures/{evidence_id}/original")
def show_original(visit: Reads, evidence_id: int) -> Response:
    """Serve a picture as it was captured, under the type its bytes have and no other."""
    content = _bytes(visit, _evidence(visit, evidence_id))
    try:
        kind = _opened(content).format or ""
    except NoPicture as error:
        raise HTTPException(410, f"Not shown: {error}. Its bytes are under Evidence.") from error
    return Response(content, media_type=SERVED_AS[kind], headers=_LOCKED)


@router.get("/evidence/{evidence_id}")
def download_evidence(visit: Keeps, evidence_id: int) -> Response:
    """Hand out stored bytes as a file that no browser opens by itself."""
    row = _evidence(visit, evidence_id)
    content = _bytes(visit, row)
    name = f"{row.kind}-{row.sha256[:16]}.bin"
    headers = {"content-disposition": f'attachment; filename="{name}"', "x-sha256": row.sha256}
    return Response(content, media_type="application/octet-stream", headers=headers | _LOCKED)
