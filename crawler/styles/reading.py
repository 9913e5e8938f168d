"""From the raw texts of a page to a `FoundListing`, with a cause for what was not readable."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from urllib.parse import urlsplit

from crawler.styles.page import joined, tidy
from data.fields import parse_date, parse_place, read_price
from data.found import FoundListing, FoundSeller
from data.platform import Platform

Raw = dict[str, str]
MOST_IMAGES = 20
LONGEST_NUMBER = 25
"""No price has more figures than this, and no exact number of ours either."""
MOST_TEXT = 20_000
COVERED = ("title", "description", "price", "place", "posted_at", "seller", "images")
_PLAIN_NUMBER = re.compile(r"^\s*\d+(\.\d+)?\s*$")
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_ZERO_WIDTH = re.compile("[\u200b-\u200d\u2060\ufeff]")
# These scripts separate or join letters with zero-width characters in honest text.
_USES_ZERO_WIDTH = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_SHARED_SIGNS = {
    "元": frozenset({"TWD", "HKD", "MOP"}),
    "$": frozenset({"SGD", "HKD", "TWD", "MOP", "BND"}),
}
_SURE_SIGN = re.compile(r"[¥￥]|rmb|cny|usd|人民[币幣]|(us|nt|hk|s)\$", re.IGNORECASE)
_POWERS = frozenset(Decimal(10) ** power for power in range(1, 7))


@dataclass
class RawListing:
    """What a style found, as texts.

    `certain`: the page itself says that it is an offer. `ended`: it says the offer is over.
    """

    texts: Raw = field(default_factory=dict)
    images: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    certain: bool = False
    ended: bool = False

    def add_missing(self, more: "Mapping[str, str]") -> None:
        """Take over what is still missing."""
        for name, text in more.items():
            if text and not self.texts.get(name):
                self.texts[name] = text


@dataclass(frozen=True)
class Reading:
    """A listing as read, what the page says of itself, and the texts the fields were read from."""

    found: FoundListing
    certain: bool = False
    ended: bool = False
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def fields(self) -> frozenset[str]:
        """The fields that were found."""
        return frozenset(
            name for name in COVERED if getattr(self.found, name) not in {None, "", ()}
        )

    @property
    def is_listing(self) -> bool:
        """Tell whether this can be a listing: it says more than a title."""
        return self.certain or bool(self.found.price_text or self.fields - {"title", "images"})


def build(
    raw: RawListing, platform: Platform, external_id: str, url: str, now: datetime
) -> Reading:
    """Make a listing of raw texts."""
    texts = {name: tidy(text)[:MOST_TEXT] for name, text in raw.texts.items()}
    found = FoundListing(
        external_id=external_id,
        url=url,
        title=" ".join(texts.get("title", "").split()),
        description=texts.get("description", ""),
        category=" ".join(texts.get("category", "").split()),
        place=parse_place(texts.get("place", "")),
        seller=_seller(texts, url),
        images=_images(raw.images, url),
    )
    problems = list(raw.problems)
    found = _with_price(found, texts, platform, problems)
    found = _with_date(found, texts, platform, now, problems)
    problems += _problems_of(found)
    found = replace(found, problems=tuple(problems))
    return Reading(found, certain=raw.certain, ended=raw.ended, texts=texts)


def _seller(texts: Raw, url: str) -> FoundSeller | None:
    name = texts.get("seller_name", "")
    address = texts.get("seller_url", "")
    whole = joined(url, address) if address else ""
    path = urlsplit(address).path.strip("/") if whole else ""
    external_id = texts.get("seller_id", "") or path or name
    if not external_id:
        return None
    return FoundSeller(
        external_id=external_id[:500],
        name=name,
        url=whole,
        profile=texts.get("seller_profile", ""),
    )


def _images(addresses: list[str], url: str) -> tuple[str, ...]:
    whole = (joined(url, address) for address in addresses if address.strip())
    return tuple(dict.fromkeys(filter(None, whole)))[:MOST_IMAGES]


def _with_price(
    found: FoundListing, texts: Raw, platform: Platform, problems: list[str]
) -> FoundListing:
    shown, stated = texts.get("price", ""), texts.get("amount", "")
    currency = texts.get("currency", "").upper()
    read = read_price(shown, currency or platform.currency, platform.country)
    amount = _amount(stated, platform)
    if amount is None or (amount == 0 and shown and read.amount is None):
        amount = read.amount
    elif read.amount and amount and _ratio(read.amount, amount) in _POWERS:
        problems.append(
            f"price_scale: the page shows {shown!r} but its data says {amount}; check `price_scale`"
        )
    if shown and amount is None:
        problems.append(f"no_amount: the page says {shown!r} where the price stands; no amount")
    text = shown or (f"{stated} {currency}".strip() if amount is not None else "")
    has_currency = amount is not None or bool(shown)
    code = (currency or currency_of(shown, read.currency, platform)) if has_currency else ""
    return replace(found, price_text=text, price=amount, currency=code)


def currency_of(shown: str, read: str, platform: Platform) -> str:
    """Return the currency of a shown price; a sign that several share means the platform's own."""
    own = platform.currency
    for sign, sharing in _SHARED_SIGNS.items():
        if sign in shown and own in sharing and not _SURE_SIGN.search(shown):
            return own
    return read or own


def _amount(stated: str, platform: Platform) -> Decimal | None:
    if not stated or len(stated) > LONGEST_NUMBER:
        return None
    if not _PLAIN_NUMBER.match(stated):
        return read_price(stated, platform.currency, platform.country).amount
    try:
        amount = Decimal(stated.strip()) / platform.price_scale
    except InvalidOperation:
        return None
    return amount.quantize(Decimal(1)) if amount == amount.to_integral() else amount


def _ratio(one: Decimal, other: Decimal) -> Decimal:
    return max(one, other) / min(one, other)


def _with_date(
    found: FoundListing, texts: Raw, platform: Platform, now: datetime, problems: list[str]
) -> FoundListing:
    text = texts.get("posted", "")
    if not text:
        return found
    posted = _date(text, platform, now)
    if posted is None:
        problems.append(f"unread_date: {text[:80]!r} is not a date we can read")
    elif posted > now + timedelta(days=1):
        problems.append(f"future_date: {text[:80]!r} lies in the future")
        posted = None
    return replace(found, posted_at=posted)


def _date(text: str, platform: Platform, now: datetime) -> datetime | None:
    if platform.date_format:
        try:
            local = datetime.strptime(text, platform.date_format)  # noqa: DTZ007
        except ValueError:
            return None
        return local if local.tzinfo else local.replace(tzinfo=platform.timezone)
    languages = platform.date_languages or platform.languages
    return parse_date(text, now, languages=languages, tz=platform.timezone)


def _problems_of(found: FoundListing) -> Iterator[str]:
    if not found.title:
        yield "no_title: the page has no title where the platform file looks for it"
    name = found.seller.name if found.seller else ""
    if hides_characters(name):
        yield "hidden_characters: the seller's name holds invisible or direction-turning characters"


def hides_characters(text: str) -> bool:
    r"""Tell whether a text holds characters that only mislead the eye.

    >>> hides_characters("Shop\u202eevil"), hides_characters("ហាង\u200bលក់")
    (True, False)
    """
    if _BIDI.search(text):
        return True
    return bool(_ZERO_WIDTH.search(text)) and not _USES_ZERO_WIDTH.search(text)
