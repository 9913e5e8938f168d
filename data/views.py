"""The ways a known picture may come back: its hashes as it is, in a mirror, and cut at the edges.

A hash of a whole picture forgives compression, scale and small marks; it does not forgive a cut, so
for the few pictures that are looked out for the hashes of likely cuts are kept too. Comparing one
picture with all of them is one pass over a short array, which finds what an index would miss.
"""

from dataclasses import dataclass, field
from io import BytesIO

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from data.looks import FORMATS, looks_of, packed, upright, without_border

CUTS = (0.05, 0.1, 0.2)
CORNERS = (0.1, 0.2)
MOST_BITS = 128
_SIDE = 16
Pair = tuple[int, int]


def views_of(content: bytes) -> bytes:
    """Return a stored picture's views as pairs of 64-bit hashes; nothing for a plain picture.

    Raises `data.looks.NoPicture` for bytes that are none.
    """
    if looks_of(content).is_plain:
        return b""
    seen, trimmed = _both(content)
    found = [hashes_of(seen)]
    for base in (trimmed, ImageOps.mirror(trimmed)):
        found += [hashes_of(_cut(base, *box)) for box in _boxes()]
    return np.array(list(dict.fromkeys(found)), "<i8").tobytes()


def agreement(kept: bytes, asked: bytes) -> float:
    """Return how well one picture's outlines lie on a view of another, at most 1.

    The second look at what the hashes found: it needs both pictures' bytes and takes a tenth of a
    second, and different pictures of one kind hardly ever reach a half.
    """
    seen, trimmed = _both(kept)
    views = [_outline(seen)]
    for base in (trimmed, ImageOps.mirror(trimmed)):
        views += [_outline(_cut(base, *box)) for box in _boxes()]
    others = [_outline(one) for one in _both(asked)]
    return float((np.array(views) @ np.array(others).T).max())


def _both(content: bytes) -> tuple[Image.Image, Image.Image]:
    """Return a picture as it is and without its border."""
    with Image.open(BytesIO(content), formats=FORMATS) as image:
        seen = upright(image)
    return seen, without_border(seen)


def _outline(grey: Image.Image) -> NDArray[np.float32]:
    """Return a tiny picture of what stands out from its surroundings, of length one."""
    tiny = grey.resize((_SIDE, _SIDE), Image.Resampling.BOX)
    around = tiny.filter(ImageFilter.GaussianBlur(_SIDE / 8))
    rest = np.asarray(tiny, np.float32) - np.asarray(around, np.float32)
    rest = rest - rest.mean()
    flat: NDArray[np.float32] = (rest / (np.linalg.norm(rest) + 1e-6)).ravel()
    return flat


def hashes_of(grey: Image.Image) -> Pair:
    """Return the two hashes of one view."""
    return packed(imagehash.dhash(grey)), packed(imagehash.phash(grey))


def _boxes() -> list[tuple[float, float, float, float]]:
    """Return shares to cut off on the left, top, right and bottom: none, evenly, to each corner."""
    boxes = [(cut / 2,) * 4 for cut in (0.0, *CUTS)]
    for cut in CORNERS:
        boxes += [(x, y, cut - x, cut - y) for x in (0.0, cut) for y in (0.0, cut)]
    return [(left, top, right, bottom) for left, top, right, bottom in boxes]


def _cut(grey: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    width, height = grey.size
    box = (left * width, top * height, width - right * width, height - bottom * height)
    whole = (round(box[0]), round(box[1]), round(box[2]), round(box[3]))
    return grey.crop(whole) if min(width, height) > MOST_BITS // 2 else grey


@dataclass
class Gallery:
    """All views of the pictures that are looked out for, in one array."""

    names: list[str] = field(default_factory=list)
    views: list[bytes] = field(default_factory=list)

    def add(self, name: str, views: bytes) -> None:
        """Add one picture's views."""
        if views:
            self.names.append(name)
            self.views.append(views)

    def near(self, asked: list[Pair], most: int) -> dict[str, int]:
        """Return the pictures of which some view differs in at most so many of 128 bits.

        >>> gallery = Gallery()
        >>> gallery.add("one", np.array([(5, 9), (-1, -1)], "<i8").tobytes())
        >>> gallery.near([(4, 9)], 10), gallery.near([(0, 0)], 3)
        ({'one': 1}, {})
        """
        if not self.names or not asked:
            return {}
        kept, owners = self._array()
        wanted = np.array(asked, "<i8").view("<u8")
        bits = np.bitwise_count(kept[None, :, :] ^ wanted[:, None, :]).sum(axis=2, dtype=np.int64)
        least = bits.min(axis=0)
        found: dict[str, int] = {}
        for at in np.flatnonzero(least <= most):
            name = self.names[owners[at]]
            found[name] = min(found.get(name, MOST_BITS), int(least[at]))
        return found

    def _array(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        kept = np.frombuffer(b"".join(self.views), "<u8").reshape(-1, 2)
        counts = [len(one) // 16 for one in self.views]
        return kept, np.repeat(np.arange(len(counts)), counts)
