"""Reads the fields of a listing as sellers write them: prices, dates, contacts, places.

`read_price`, `read_contacts`, `read_place` and `parse_date` are for crawled pages. `parse_price`,
`find_prices` and `find_contacts` are what the trained model was given: they stay as they are.
"""

from data.fields.asking import AskingPrice, read_price
from data.fields.contact import Contact, find_contacts
from data.fields.date import parse_date
from data.fields.gazetteer import Place, read_place
from data.fields.handles import Handle, read_contacts
from data.fields.place import parse_place
from data.fields.price import Price, find_prices, parse_price

__all__ = [
    "AskingPrice",
    "Contact",
    "Handle",
    "Place",
    "Price",
    "find_contacts",
    "find_prices",
    "parse_date",
    "parse_place",
    "parse_price",
    "read_contacts",
    "read_place",
    "read_price",
]
