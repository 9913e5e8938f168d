"""Says why: the terms, wordings, prices and contacts that moved a score, with their places."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.features import SIZES
from classifier.reading import Reading
from classifier.score import Reason, ReasonKind
from classifier.signals import NAMES
from classifier.terms import Hit
from data.terms import TermKind

MOST_REASONS = 14
_LATIN = re.compile("[0-9A-Za-z\u00c0-\u024f\u1e00-\u1eff]{2}")
_MOST_WORDINGS = 4
_LEAST_WORDING = 0.05
_LONGEST_WORDING = 40
_KINDS = {TermKind.BENIGN: ReasonKind.BENIGN, TermKind.CONTACT: ReasonKind.CONTACT}
_PRICE_SIGNALS = frozenset(
    {"weight", "weight alone", "form+weight", "slang+weight", "vague+weight"}
)
_THE_REST = "everything else together: wording and combinations too small to tell apart"
_SPEAKS_FOR = "reads like an offer"
_SPEAKS_AGAINST = "reads like a harmless text"


@dataclass(frozen=True)
class Contributions:
    """What each signal, and each n-gram in the order of `Features`, added to the raw score.

    `start` is where every listing starts, `meaning` what the second stage added, with the
    known examples that read most alike.
    """

    named: dict[int, float]
    wording: NDArray[np.float64]
    start: float
    meaning: float | None = None
    alike: str = ""


def explain(reading: Reading, parts: Contributions, raw: float) -> tuple[Reason, ...]:
    """List what moved a score, strongest first; the weights add up to `raw`."""
    named = {NAMES[place]: value for place, value in parts.named.items()}
    reasons = [
        *_of_hits(reading, named),
        *_of_prices(reading, named),
        *_of_contacts(reading, named),
        *_of_profile(reading, named),
        *_of_wording(reading, parts),
    ]
    reasons = [reason for reason in reasons if reason.weight]
    reasons.sort(key=lambda reason: -abs(reason.weight))
    told = [*_of_meaning(parts), *reasons[:MOST_REASONS], _start(parts)]
    rest = round(raw - sum(reason.weight for reason in told), 4)
    return (*told, Reason("", None, None, ReasonKind.REST, _THE_REST, rest))


def _start(parts: Contributions) -> Reason:
    start = round(parts.start, 4)
    return Reason("", None, None, ReasonKind.START, "where every listing starts", start)


def _of_meaning(parts: Contributions) -> Iterator[Reason]:
    if parts.meaning is not None:
        reads = _SPEAKS_FOR if parts.meaning > 0 else _SPEAKS_AGAINST
        gloss = f"the whole text {reads}; most alike: {parts.alike}"
        yield Reason("", None, None, ReasonKind.MEANING, gloss, round(parts.meaning, 4))


def _of_hits(reading: Reading, named: dict[str, float]) -> Iterator[Reason]:
    """Share each signal's weight among the hits that made it; combinations among the main ones."""
    title = reading.text.find("\n")
    shares: dict[str, list[Hit]] = defaultdict(list)
    for hit in reading.hits:
        for name in _own_signals(hit, titled=hit.start < title):
            shares[name].append(hit)
    weights = dict.fromkeys(reading.hits, 0.0)
    for name, hits in shares.items():
        for hit in hits:
            weights[hit] += named.get(name, 0.0) / len(hits)
    rest = sum(value for name, value in named.items() if name not in shares and _is_shared(name))
    for hit in reading.pointing:
        weights[hit] += rest / len(reading.pointing)
    harmless = [hit for hit in reading.hits if hit.term.kind is TermKind.BENIGN]
    for hit in harmless if reading.hollow else ():
        weights[hit] += named.get("nothing", 0.0) / len(harmless)
    for hit, weight in weights.items():
        yield _reason(reading, hit, weight)


def _own_signals(hit: Hit, *, titled: bool) -> Iterator[str]:
    """Name the signals that a hit makes by itself."""
    term = hit.term
    if term.kind in (TermKind.PRODUCT, TermKind.TAXON, TermKind.CODE):
        yield f"{term.kind}:{term.group}:{term.ambiguity}"
        return
    if term.kind is TermKind.QUALIFIER and term.group:
        yield f"trait:{term.group}"
    else:
        yield f"count:{term.kind}"
    yield f"{'title' if titled else 'text'}:{term.kind}"


def _is_shared(name: str) -> bool:
    """Tell whether a signal says something of all names together: no price, contact, profile."""
    return not name.startswith("profile") and name not in _PRICE_SIGNALS and name != "handle"


def _reason(reading: Reading, hit: Hit, weight: float) -> Reason:
    start, end = reading.folded.span(hit.start, hit.end)
    gloss = f"{hit.term.gloss} (written in pieces)" if hit.split else hit.term.gloss
    kind = _KINDS.get(hit.term.kind, ReasonKind.TERM)
    return Reason(reading.listing.body[start:end], start, end, kind, gloss, round(weight, 4))


def _of_prices(reading: Reading, named: dict[str, float]) -> Iterator[Reason]:
    weight = sum(named.get(name, 0.0) for name in _PRICE_SIGNALS)
    if not reading.by_weight:
        return
    inside = [(start, end) for price, start, end in reading.prices if price.by_weight]
    places: list[tuple[int, int] | tuple[None, None]] = [*inside] or [(None, None)]
    for place in places:
        text, start, end = _quote(reading, *place)
        share = round(weight / len(places), 4)
        yield Reason(text, start, end, ReasonKind.PRICE, "price by weight", share)


def _of_contacts(reading: Reading, named: dict[str, float]) -> Iterator[Reason]:
    handles = [contact for contact in reading.contacts if contact.kind != "phone"]
    for contact in handles:
        text, start, end = _quote(reading, contact.start, contact.end)
        weight = round(named.get("handle", 0.0) / len(handles), 4)
        yield Reason(text, start, end, ReasonKind.CONTACT, f"{contact.kind} contact", weight)


def _quote(
    reading: Reading, start: int | None, end: int | None
) -> tuple[str, int | None, int | None]:
    """Give the words as written and their place; without a place, the price as shown."""
    if start is None or end is None:
        return reading.listing.price, None, None
    begin, stop = reading.folded.span(start, end)
    return reading.listing.body[begin:stop], begin, stop


def _of_profile(reading: Reading, named: dict[str, float]) -> Iterator[Reason]:
    weight = sum(value for name, value in named.items() if name.startswith("profile"))
    if not weight:
        return
    words = ", ".join(dict.fromkeys(hit.term.text for hit in reading.side_hits))
    kind, gloss = ReasonKind.TERM, "words in category, price or profile"
    yield Reason(words, None, None, kind, gloss, round(weight, 4))


def _of_wording(reading: Reading, parts: Contributions) -> list[Reason]:
    """Merge n-grams into the stretches that speak most for and against an offer."""
    if not len(parts.wording):
        return []
    weights = _by_character(parts)
    for hit in reading.hits:
        weights[hit.start : hit.end] = 0.0
    spans = sorted(_runs(weights), key=lambda run: -abs(run[2]))
    chosen = [run for run in spans if abs(run[2]) >= _LEAST_WORDING][:_MOST_WORDINGS]
    told = (_wording(reading, start, end, weight) for start, end, weight in chosen)
    return [reason for reason in told if reason.text]


def _by_character(parts: Contributions) -> NDArray[np.float64]:
    """Spread the weight of every n-gram over its characters."""
    size = _text_length(len(parts.wording))
    weights = np.zeros(size, np.float64)
    begin = 0
    for width in SIZES:
        count = max(size - width + 1, 0)
        share = parts.wording[begin : begin + count] / width
        for shift in range(width if count else 0):
            weights[shift : shift + count] += share
        begin += count
    return weights[1:-1]


def _text_length(grams: int) -> int:
    """Work out how long the padded text was from the number of its n-grams."""
    for size in range(2, max(SIZES)):
        if sum(max(size - width + 1, 0) for width in SIZES) == grams:
            return size
    return (grams + sum(width - 1 for width in SIZES)) // len(SIZES)


def _runs(weights: NDArray[np.float64]) -> Iterator[tuple[int, int, float]]:
    """Yield stretches whose characters all speak for, or all against."""
    signs = np.sign(np.where(np.abs(weights) < 0.002, 0.0, weights))  # noqa: PLR2004
    edges = np.flatnonzero(np.diff(signs)) + 1
    for begin, end in zip([0, *edges], [*edges, len(weights)], strict=True):
        if begin < end and signs[begin] and end - begin <= _LONGEST_WORDING:
            yield int(begin), int(end), float(weights[begin:end].sum())


def _wording(reading: Reading, start: int, end: int, weight: float) -> Reason:
    begin, stop = _whole_words(reading.listing.body, *reading.folded.span(start, end))
    text = reading.listing.body[begin:stop]
    gloss = _SPEAKS_FOR if weight > 0 else _SPEAKS_AGAINST
    return Reason(text, begin, stop, ReasonKind.NGRAM, gloss, round(weight, 4))


def _whole_words(body: str, begin: int, stop: int) -> tuple[int, int]:
    """Widen a stretch to whole words where words are parted by spaces, and drop spaces around it.

    A highlight that starts in the middle of a word says nothing to a reader; scripts without
    spaces are left alone, since a run there may be a whole sentence.

    >>> _whole_words("captive bred feeding on grass", 15, 20)
    (13, 20)
    """
    while begin < stop and body[begin].isspace():
        begin += 1
    while begin < stop and body[stop - 1].isspace():
        stop -= 1
    while 0 < begin < stop and _joined(body[begin - 1], body[begin]):
        begin -= 1
    while begin < stop < len(body) and _joined(body[stop - 1], body[stop]):
        stop += 1
    return begin, stop


def _joined(one: str, other: str) -> bool:
    return _LATIN.fullmatch(one + other) is not None
