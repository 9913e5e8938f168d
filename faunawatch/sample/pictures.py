"""Photos of things for sale, drawn when asked for: the same listing always gets the same bytes."""

import json
import random
from collections.abc import Callable
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, ImageColor, ImageDraw

SIZE = (480, 360)
CANVAS = 640
GRID = CANVAS / 100
GROUNDS = (
    ("#cdbfa6", "#a58c68"),
    ("#d7dde0", "#aeb8bd"),
    ("#e9e4da", "#c9bfae"),
    ("#8f7558", "#6d563d"),
    ("#b9c4b0", "#8e9c84"),
    ("#3d4248", "#2b2f34"),
    ("#c7a9a0", "#a2827a"),
)
CLEAR = (0, 0, 0, 0)
FIXED_COLOURS = {
    "metal": "#b9bec4",
    "glass": "#9fb6c4",
    "label": "#f1ead9",
    "herb": "#5f8a4a",
}
Colours = dict[str, tuple[int, ...]]
Shape = list[Any]


@cache
def kinds() -> dict[str, dict[str, list[Any]]]:
    """Read each kind of picture: its tones, and its shapes on a grid of 100 by 100."""
    text = Path(__file__).with_name("pictures.json").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, list[Any]]] = json.loads(text)
    return loaded


@lru_cache(maxsize=512)
def jpeg_of(kind: str, seed: int) -> bytes:
    """Return the photo of this kind taken for the listing of number `seed`."""
    chance = random.Random(f"{kind} {seed}")  # noqa: S311 - a drawing, not a secret
    photo = ground(chance)
    thing = thing_of(kind, chance)
    width, height = photo.size
    left = (width - thing.width) // 2 + chance.randint(-30, 30)
    top = (height - thing.height) // 2 + chance.randint(-12, 12)
    photo.paste(shadow_of(thing), (left + 5, top + 7), thing)
    photo.paste(thing, (left, top), thing)
    return encoded(photo)


def ground(chance: random.Random) -> Image.Image:
    """Draw a table and a wall, or a cloth, to lay the thing on."""
    near, far = chance.choice(GROUNDS)
    photo = Image.new("RGB", SIZE, near)
    brush = ImageDraw.Draw(photo)
    brush.rectangle((0, 0, photo.width, chance.randint(40, 210)), far)
    for _ in range(chance.randint(0, 9)):
        row = chance.randint(0, photo.height)
        brush.line((0, row, photo.width, row + chance.randint(-20, 20)), far, 1)
    return photo


def thing_of(kind: str, chance: random.Random) -> Image.Image:
    """Draw the thing itself on a clear canvas, turned and sized a little by chance."""
    drawing = kinds()[kind]
    canvas = Image.new("RGBA", (CANVAS, CANVAS), CLEAR)
    brush = ImageDraw.Draw(canvas)
    colours = colours_of(drawing["tones"], chance)
    for name, colour, *numbers in drawing["shapes"]:
        DRAWERS[name](brush, colours[colour], numbers)
    if chance.choice((True, False)):
        canvas = canvas.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    side = int(CANVAS / 2 * chance.uniform(0.78, 1.0))
    # Drawn large and turned roughly, then made small: shrinking smooths the edges.
    return canvas.rotate(chance.uniform(-16, 16)).resize((side, side), Image.Resampling.BOX)


def colours_of(tones: list[str], chance: random.Random) -> Colours:
    """Pick a main tone by chance, with lighter and darker neighbours of it."""
    main = ImageColor.getrgb(chance.choice(tones))
    other = ImageColor.getrgb(chance.choice(tones))
    return {
        "none": CLEAR,
        "main": main,
        "main2": shaded(other, 0.86),
        "light": shaded(main, 1.25),
        "dark": shaded(main, 0.45),
        "accent": shaded(other, 0.7),
        "accent2": shaded(other, 1.1),
        **{role: ImageColor.getrgb(value) for role, value in FIXED_COLOURS.items()},
    }


def shaded(colour: tuple[int, ...], factor: float) -> tuple[int, ...]:
    """Make a colour lighter or darker.

    >>> shaded((100, 200, 10), 1.5)
    (150, 255, 15)
    """
    return tuple(min(255, int(part * factor)) for part in colour)


def shadow_of(thing: Image.Image) -> Image.Image:
    """Cut a dark sheet of the thing's size, laid down through its outline."""
    return Image.new("RGB", thing.size, "#2a2620")


def scaled(numbers: list[float]) -> list[float]:
    """Turn grid numbers into canvas pixels."""
    return [number * GRID for number in numbers]


def ellipse(brush: ImageDraw.ImageDraw, colour: tuple[int, ...], numbers: list[float]) -> None:
    """Fill an ellipse: left, top, right, bottom."""
    brush.ellipse(scaled(numbers), colour)


def rect(brush: ImageDraw.ImageDraw, colour: tuple[int, ...], numbers: list[float]) -> None:
    """Fill a box with round corners: left, top, right, bottom, radius."""
    *box, radius = scaled(numbers)
    brush.rounded_rectangle(box, radius, colour)


def poly(brush: ImageDraw.ImageDraw, colour: tuple[int, ...], numbers: list[float]) -> None:
    """Fill a polygon: x and y in turn."""
    brush.polygon(scaled(numbers), colour)


def line(brush: ImageDraw.ImageDraw, colour: tuple[int, ...], numbers: list[float]) -> None:
    """Draw a line: width, x and y in turn."""
    width, *points = scaled(numbers)
    brush.line(points, colour, round(width), joint="curve")


def arc(brush: ImageDraw.ImageDraw, colour: tuple[int, ...], numbers: list[float]) -> None:
    """Draw part of an ellipse: left, top, right, bottom, start and end in degrees, width."""
    *box, start, end, width = numbers
    brush.arc(scaled(box), start, end, colour, round(width * GRID))


DRAWERS: dict[str, Callable[[ImageDraw.ImageDraw, tuple[int, ...], list[float]], None]] = {
    "ellipse": ellipse,
    "rect": rect,
    "poly": poly,
    "line": line,
    "arc": arc,
}


def encoded(photo: Image.Image) -> bytes:
    """Return the bytes of a JPEG file."""
    out = BytesIO()
    photo.save(out, "JPEG", quality=82)
    return out.getvalue()
