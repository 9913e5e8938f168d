"""What the classifier learned from must stay as it was: these answers change only with a new model.

The sample was written by today's functions, from the synthetic corpus and from mixtures of the
strings in the tests beside this one. An answer in it may be wrong; it is what the model knows.
"""

import json
from pathlib import Path

from data.fields.contact import find_folded_contacts
from data.fields.price import find_folded_prices, parse_price

LINES = (Path(__file__).parent / "fields/frozen.jsonl").read_text(encoding="utf-8").splitlines()
ROWS = [json.loads(line) for line in LINES]


def test_the_sample_is_there_and_holds_every_language():
    assert len(ROWS) > 700
    assert len({row["lang"] for row in ROWS}) == 11
    assert sum(bool(row["prices"]) for row in ROWS) > 300
    assert sum(bool(row["contacts"]) for row in ROWS) > 300


def test_prices_and_handles_the_classifier_sees_are_as_they_were():
    differing = [row["text"] for row in ROWS if _inside(row["text"]) != _known(row)]
    assert not differing


def test_the_price_field_the_classifier_sees_is_as_it_was():
    differing = [row["price"] for row in ROWS if _field(row) != row["field"]]
    assert not differing


def _known(row):
    return row["prices"], row["contacts"]


def _inside(text):
    prices = [
        [str(price.amount), price.currency, price.unit, price.text, start, end]
        for price, start, end in find_folded_prices(text)
    ]
    contacts = [
        [found.kind, found.handle, found.start, found.end] for found in find_folded_contacts(text)
    ]
    return prices, contacts


def _field(row):
    price = parse_price(row["price"], row["currency"])
    amount = None if price.amount is None else str(price.amount)
    return [amount, price.currency, price.unit, price.text]
