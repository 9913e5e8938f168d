"""Planted relistings: copies of texts and pictures, changed as sellers change them; made here."""

import io
import random
import re
from collections.abc import Callable, Mapping

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

_SENTENCE = re.compile(r"(?<=[.!?。！？\n;；၊။៖])\s*")
_DIGITS = {"th": 0x0E50, "km": 0x17E0, "lo": 0x0ED0, "my": 0x1040}
_UNSPACED = frozenset({"zh-Hans", "zh-Hant", "th", "km", "lo", "my"})
_EMOJI = "🔥✨✅💯🙏❤️📞👉🎁💎⭐🌟"
CHUNK = 4

Change = Callable[[str, str, random.Random, list[str]], str]


def pieces(text: str, lang: str) -> list[str]:
    """Cut a text into words, or into short runs where words are not spaced."""
    if lang not in _UNSPACED:
        return text.split()
    return [text[at : at + CHUNK] for at in range(0, len(text), CHUNK)]


def join(parts: list[str], lang: str) -> str:
    """Put pieces together again."""
    return ("" if lang in _UNSPACED else " ").join(parts)


def figures(text: str, lang: str, draw: random.Random, others: list[str]) -> str:
    """Other prices and numbers, written in the language's own digits where it has them."""
    zero = _DIGITS.get(lang, ord("0"))
    changed = re.sub(r"\d", lambda _: chr(zero + draw.randrange(10)), text)
    return f"{changed} {''.join(chr(zero + draw.randrange(10)) for _ in range(10))}"


def emoji(text: str, lang: str, draw: random.Random, others: list[str]) -> str:
    """Signs at every few words, and the text in capitals where there are any."""
    parts = pieces(text.upper(), lang)
    return join(
        [f"{one}{draw.choice(_EMOJI) if draw.random() < 0.3 else ''}" for one in parts], lang
    )


def reordered(text: str, lang: str, draw: random.Random, others: list[str]) -> str:
    """The sentences in another order; the two halves changed over where there is one only."""
    parts = [one for one in _SENTENCE.split(text) if one.strip()]
    if len(parts) < 2:
        words = pieces(text, lang)
        parts = [join(words[len(words) // 2 :], lang), join(words[: len(words) // 2], lang)]
    draw.shuffle(parts)
    return "\n".join(parts)


def reworded(share: float) -> Change:
    """Make a change that drops or replaces a share of the words by those of other texts."""

    def change(text: str, lang: str, draw: random.Random, others: list[str]) -> str:
        strange = [one for other in others for one in pieces(other, lang)] or ["x"]
        parts = []
        for one in pieces(text, lang):
            if draw.random() >= share:
                parts.append(one)
            elif draw.random() < 0.6:
                parts.append(draw.choice(strange))
        return join(parts, lang)

    return change


def framed(text: str, lang: str, draw: random.Random, others: list[str]) -> str:
    """A shop's usual words before and after."""
    return f"{others[0][:40]}\n{text}\n{others[-1][:60]}"


def all_at_once(text: str, lang: str, draw: random.Random, others: list[str]) -> str:
    """Figures, signs, order and a tenth of the words."""
    for change in (figures, reworded(0.1), reordered, emoji):
        text = change(text, lang, draw, others)
    return text


TEXT_CHANGES: Mapping[str, Change] = {
    "figures": figures,
    "emoji": emoji,
    "reordered": reordered,
    "reworded 10 %": reworded(0.1),
    "reworded 20 %": reworded(0.2),
    "reworded 30 %": reworded(0.3),
    "framed": framed,
    "all at once": all_at_once,
}


def drawn_picture(seed: int, subject: int | None = None) -> Image.Image:
    """A scene of shapes on a lit ground: two of one subject differ as two photos of a shelf do."""
    draw = random.Random(seed)
    width, height = draw.choice([(640, 480), (480, 640), (600, 600)])
    plan = random.Random(subject if subject is not None else seed)
    image = Image.new("RGB", (width, height), _colour(plan))
    light = Image.linear_gradient("L").resize(image.size).rotate(draw.choice([0, 90, 180, 270]))
    image = Image.composite(
        image, Image.new("RGB", image.size, _colour(draw)), light.resize(image.size)
    )
    pen = ImageDraw.Draw(image)
    for _ in range(plan.randrange(5, 12)):
        _shape(pen, plan, draw, image.size)
    noise = Image.effect_noise(image.size, 24).convert("RGB")
    return Image.blend(image.filter(ImageFilter.GaussianBlur(1.2)), noise, 0.06)


def _colour(draw: random.Random) -> tuple[int, int, int]:
    return draw.randrange(256), draw.randrange(256), draw.randrange(256)


def _shape(
    pen: ImageDraw.ImageDraw, plan: random.Random, draw: random.Random, size: tuple[int, int]
) -> None:
    width, height = size
    colour, kind = _colour(plan), plan.randrange(3)
    side = plan.uniform(0.08, 0.4) * min(size)
    x, y = draw.uniform(-0.1, 0.9) * width, draw.uniform(-0.1, 0.9) * height
    box = (x, y, x + side * plan.uniform(0.5, 2), y + side)
    if kind == 0:
        pen.ellipse(box, fill=colour, outline=_colour(plan), width=4)
    elif kind == 1:
        pen.rectangle(box, fill=colour, outline=_colour(plan), width=4)
    else:
        pen.arc(box, draw.randrange(360), draw.randrange(360) + 200, fill=colour, width=14)


def jpeg(image: Image.Image, quality: int = 85) -> bytes:
    """Encode a picture."""
    target = io.BytesIO()
    image.convert("RGB").save(target, "JPEG", quality=quality)
    return target.getvalue()


def cropped(share: float) -> Callable[[Image.Image, random.Random], Image.Image]:
    """Make a change that cuts a share of width and height off, more on some sides than others."""

    def change(image: Image.Image, draw: random.Random) -> Image.Image:
        width, height = image.size
        left, top = draw.random() * share * width, draw.random() * share * height
        right, bottom = left + width * (1 - share), top + height * (1 - share)
        return image.crop((round(left), round(top), round(right), round(bottom)))

    return change


def _bordered(image: Image.Image, draw: random.Random) -> Image.Image:
    return ImageOps.expand(image, draw.randrange(15, 60), draw.choice(["white", "black"]))


def _watermarked(image: Image.Image, draw: random.Random) -> Image.Image:
    marked = image.copy()
    pen = ImageDraw.Draw(marked, "RGBA")
    width, height = image.size
    size = max(18, width // 14)
    for at in range(3):
        place = (width * 0.1, height * (0.2 + at * 0.3))
        pen.text(place, "SHOP 0900 000 000", (255, 255, 255, 150), font_size=size)
    return marked


def _smaller(image: Image.Image, draw: random.Random) -> Image.Image:
    factor = draw.uniform(0.3, 0.7)
    return image.resize((round(image.width * factor), round(image.height * factor)))


def _brighter(image: Image.Image, draw: random.Random) -> Image.Image:
    return ImageEnhance.Contrast(ImageEnhance.Brightness(image).enhance(1.25)).enhance(0.85)


PICTURE_CHANGES: Mapping[str, Callable[[Image.Image, random.Random], Image.Image]] = {
    "re-encoded": lambda image, draw: image,
    "resized": _smaller,
    "brighter": _brighter,
    "cropped 5 %": cropped(0.05),
    "cropped 10 %": cropped(0.10),
    "cropped 20 %": cropped(0.20),
    "mirrored": lambda image, draw: ImageOps.mirror(image),
    "bordered": _bordered,
    "watermarked": _watermarked,
    "mirrored, cropped 5 %": lambda image, draw: ImageOps.mirror(cropped(0.05)(image, draw)),
}


def changed_jpeg(image: Image.Image, change: str, draw: random.Random) -> bytes:
    """A changed picture, compressed harder than before."""
    return jpeg(PICTURE_CHANGES[change](image, draw), draw.randrange(45, 75))
