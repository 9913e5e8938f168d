"""Small drawings of a platform's last runs, made on the server as plain numbers for SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from data.baselines import Usual
from data.crawls import Crawl
from review_ui import words

WIDTH: Final = 200
HEIGHT: Final = 44
SLOTS: Final = 20
_STEP: Final = WIDTH / SLOTS
_ROOM: Final = 4


@dataclass(frozen=True)
class Bar:
    """One run: where its bar stands, how high it is, what it says and in which kind of colour."""

    x: float
    y: float
    height: float
    kind: str
    title: str
    crawl_id: int
    is_last: bool = False


@dataclass(frozen=True)
class Spark:
    """The last runs of a platform, with the band of what is usual behind them."""

    bars: Sequence[Bar]
    band: tuple[float, float] | None
    middle: float | None
    title: str


def spark(recent: Sequence[Crawl], usual: Usual | None) -> Spark:
    """Draw the last runs, given newest first, oldest on the left."""
    ended = [crawl for crawl in recent if crawl.ended_at is not None][:SLOTS]
    top = max([crawl.listings_seen for crawl in ended] + [usual.high if usual else 0, 1])

    def height(number: float) -> float:
        return round((HEIGHT - _ROOM) * number / top, 1)

    bars = [_bar(crawl, place, height(crawl.listings_seen)) for place, crawl in enumerate(ended)]
    band = middle = None
    if usual is not None:
        band = (round(HEIGHT - height(usual.high), 1), height(usual.high) - height(usual.low))
        middle = round(HEIGHT - height(usual.middle), 1)
    return Spark(bars[::-1], band, middle, _title(ended, usual))


def _bar(crawl: Crawl, place: int, height: float) -> Bar:
    kind, word, _ = words.RUN_STATES[crawl.state] if crawl.state else words.STOPPED_RUN
    number = crawl.listings_seen
    return Bar(
        x=round(WIDTH - (place + 1) * _STEP, 1),
        y=round(HEIGHT - max(height, 1.5), 1),
        height=max(height, 1.5),
        kind=kind,
        title=f"{crawl.started_at:%d %b %H:%M} UTC: {number} listings, {word.lower()}",
        crawl_id=crawl.id,
        is_last=place == 0,
    )


def _title(ended: Sequence[Crawl], usual: Usual | None) -> str:
    if not ended:
        return "no run yet"
    numbers = ", ".join(str(crawl.listings_seen) for crawl in reversed(ended))
    known = f"; usual {span_of(usual)}" if usual is not None else ""
    return f"listings of the last {len(ended)} runs, oldest first: {numbers}{known}"


def span_of(usual: Usual) -> str:
    """Return the bounds of what is usual as whole numbers.

    >>> span_of(Usual(120.0, 72.0, 168.0, 8))
    '72 to 168'
    """
    return f"{usual.low:.0f} to {usual.high:.0f}"
