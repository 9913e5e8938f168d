"""Prices read too large or too small: what the page shows beside them gives the scale away."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from statistics import median
from typing import Any

from crawler.checking.faults import Fault, Found
from crawler.checking.notes import Notes, Sample
from crawler.styles.page import Page
from data.fields import parse_price
from data.fields.price import find_prices
from data.platform import Platform

FEW = 3
_POWERS = tuple(Decimal(10) ** power for power in range(1, 9))
_LEAST_TEXT, _MOST_TEXT = 2, 60
_MOST_SHOWN = 60
# Roughly what one US dollar was in 2026; only powers of ten matter here.
_TO_THE_DOLLAR = {
    "VND": 25_000, "IDR": 16_000, "LAK": 21_000, "KHR": 4_000, "MMK": 3_000, "THB": 34,
    "PHP": 57, "TWD": 31, "CNY": 7, "HKD": 8, "MYR": 4, "SGD": 1, "USD": 1, "EUR": 1, "GBP": 1,
}  # fmt: skip
_LEAST_DOLLARS, _MOST_DOLLARS = Decimal("0.02"), Decimal(100_000)


def faults(notes: Notes, platform: Platform) -> Iterator[Found]:
    """Name prices that are off by a power of ten."""
    found = _against_what_is_shown(notes.samples, platform) or _absurd(notes.samples, platform)
    if found:
        yield Found(Fault.PRICE_SCALE, found)


def _against_what_is_shown(samples: list[Sample], platform: Platform) -> str:
    """Compare what was read with the prices the pages show; empty where they agree."""
    off: Counter[Decimal] = Counter()
    example = ""
    compared = 0
    for sample in samples:
        price, shown = sample.reading.found.price, shown_prices(sample, platform)
        if not price or not shown:
            continue
        compared += 1
        ratio, amount = _ratio(price, shown)
        if ratio is not None:
            off[ratio] += 1
            example = example or f"{price:f} was read where the page shows {amount:f}"
    if not off:
        return ""
    ratio, times = off.most_common(1)[0]
    if times * 2 < compared:
        return ""
    scale = Decimal(platform.price_scale) * ratio
    advice = f"; `price_scale` is {platform.price_scale}, should it be {scale:f}?"
    return f"{example}, on {times} of {compared} pages{advice if scale >= 1 else ''}"


def _ratio(price: Decimal, shown: set[Decimal]) -> tuple[Decimal | None, Decimal]:
    if price in shown:
        return None, price
    for amount in sorted(shown, reverse=True):
        for power in _POWERS:
            if price == amount * power:
                return power, amount
            if amount == price * power:
                return 1 / power, amount
    return None, price


def shown_prices(sample: Sample, platform: Platform) -> set[Decimal]:
    """Return the amounts that a page shows with a sign of their currency, as readers see them."""
    amounts = set()
    if text := sample.reading.texts.get("price", ""):
        amounts.add(parse_price(text, platform.currency or None).amount)
    for line in _short_texts(sample.page):
        for price, _, _ in find_prices(line):
            if price.currency and not price.unit:
                amounts.add(price.amount)
    return {amount for amount in amounts if amount}


def _short_texts(page: Page) -> Iterator[str]:
    texts = _leaves(page.document) if page.is_json else iter(page.visible.splitlines())
    fitting = (text for text in texts if _LEAST_TEXT <= len(text) <= _MOST_TEXT)
    priced = (text for text in fitting if any(sign.isdecimal() for sign in text))
    for number, text in enumerate(priced):
        if number >= _MOST_SHOWN:
            return
        yield text


def _leaves(document: Any) -> Iterator[str]:  # noqa: ANN401
    waiting = [document]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict | list):
            waiting.extend(one.values() if isinstance(one, dict) else one)


def _absurd(samples: list[Sample], platform: Platform) -> str:
    """Say that the usual price is one nobody asks; empty where it is not."""
    prices = [one.reading.found.price for one in samples if one.reading.found.price]
    rate = _TO_THE_DOLLAR.get(platform.currency)
    if len(prices) < FEW or rate is None:
        return ""
    middle = median(prices)
    if _LEAST_DOLLARS * rate <= middle <= _MOST_DOLLARS * rate:
        return ""
    words = f"half of the prices lie {'below' if middle < rate else 'above'} {middle:f}"
    return f"{words} {platform.currency}; is `price_scale` ({platform.price_scale}) right?"
