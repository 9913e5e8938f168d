"""What a picture looks like: perceptual hashes of it, of its mirror image, and without its border.

A copy that was scaled, compressed again or slightly retouched keeps nearly all bits of its hashes;
one that was mirrored or framed keeps those of the matching view.
"""

import warnings
from dataclasses import dataclass
from io import BytesIO

import imagehash
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
MOST_PIXELS = 50_000_000
_WORKING = (512, 512)
_NOISE = 24
_LEAST_LEFT = 0.2
_PLAIN = 4.0
_SIGN = 1 << 63


class NoPicture(Exception):
    """The bytes are no picture we keep; the message says what they are."""


@dataclass(frozen=True)
class Looks:
    """The size of a picture and six 64-bit hashes of it, as signed numbers."""

    width: int
    height: int
    form: str
    is_plain: bool
    dhash: int
    phash: int
    mirrored_dhash: int
    mirrored_phash: int
    trimmed_dhash: int
    trimmed_phash: int


def looks_of(content: bytes) -> Looks:
    """Return what a picture looks like; raises `NoPicture` for anything that is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            return _looks(content)
        except UnidentifiedImageError as error:
            raise NoPicture("not a picture, whatever its name says") from error
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise NoPicture("a picture of absurd dimensions") from error
        except (OSError, SyntaxError, ValueError) as error:
            raise NoPicture(f"a damaged picture: {error}") from error


def _looks(content: bytes) -> Looks:
    with Image.open(BytesIO(content), formats=FORMATS) as image:
        form = image.format or ""
        width, height = image.size
        if width * height > MOST_PIXELS:
            raise NoPicture(f"a picture of {width} × {height}, larger than we unpack")
        image.draft("RGB", _WORKING)
        seen = upright(image)
    mirrored, trimmed = ImageOps.mirror(seen), without_border(seen)
    return Looks(
        width=width,
        height=height,
        form="JPEG" if form == "MPO" else form,
        is_plain=bool(np.asarray(seen.resize((32, 32))).std() < _PLAIN),
        dhash=packed(imagehash.dhash(seen)),
        phash=packed(imagehash.phash(seen)),
        mirrored_dhash=packed(imagehash.dhash(mirrored)),
        mirrored_phash=packed(imagehash.phash(mirrored)),
        trimmed_dhash=packed(imagehash.dhash(trimmed)),
        trimmed_phash=packed(imagehash.phash(trimmed)),
    )


def upright(image: Image.Image) -> Image.Image:
    """Return a small grey copy, turned as its camera meant it, transparency on white."""
    turned = ImageOps.exif_transpose(image)
    if turned.mode not in {"RGB", "L"}:
        colour = turned.convert("RGBA")
        ground = Image.new("RGBA", colour.size, "white")
        ground.alpha_composite(colour)
        turned = ground
    grey = turned.convert("L")
    grey.thumbnail(_WORKING)
    return grey


def without_border(grey: Image.Image) -> Image.Image:
    """Return a grey picture without a border of one shade; the same where there is none.

    >>> framed = Image.new("L", (100, 80), 255)
    >>> framed.paste(Image.effect_noise((60, 60), 90), (20, 10))
    >>> without_border(framed).size, without_border(Image.new("L", (9, 9))).size
    ((60, 60), (9, 9))
    """
    pixels = np.asarray(grey, np.int16)
    differs = np.abs(pixels - pixels[0, 0]) > _NOISE
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    if not rows.size:
        return grey
    box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    left = (box[2] - box[0]) * (box[3] - box[1]) / pixels.size
    return grey.crop(box) if left >= _LEAST_LEFT else grey


def packed(found: imagehash.ImageHash) -> int:
    """Pack the 64 bits into a number that a signed database column holds."""
    number = int(str(found), 16)
    return number - (1 << 64) if number & _SIGN else number
