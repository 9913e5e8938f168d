"""Who to reach, from the texts of a crawled page: numbers with their country, names on services.

`find_contacts` beside this is what the trained model has learned from and stays as it is; this
sees through more tricks and knows the country of the platform.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from data.fields import handle_patterns as patterns
from data.fields.compiling import compiled
from data.fields.phones import Phone, read_international, read_phone
from data.fields.unveil import from_words, spoken_figures, unveil
from data.fields.words import Meaning, Word, load_words
from data.text import normalise


class Channel(StrEnum):
    """The service, or the plain telephone, that a handle belongs to."""

    PHONE = "phone"
    WECHAT = "wechat"
    QQ = "qq"
    ZALO = "zalo"
    LINE = "line"
    TELEGRAM = "telegram"
    WHATSAPP = "whatsapp"
    VIBER = "viber"
    FACEBOOK = "facebook"
    INSTAGRAM = "instagram"
    SIGNAL = "signal"


@dataclass(frozen=True, slots=True)
class Handle:
    """One way to reach a seller; `country` of a number, where known; the code points it stands at.

    A number is written +84900000123, a name as it is typed in, an invitation link as its code.
    """

    channel: Channel
    handle: str
    country: str
    start: int
    end: int


_LONGEST = 20_000
_NEAR = 5
_LINE_IS_USED_IN = frozenset(["TH", "TW", "LA", "JP"])
_MOST_TOGETHER = 5
_LEAST_LETTERS = 6  # of a number spelled out, in part at least
_NUMBERED = frozenset(
    [Channel.PHONE, Channel.ZALO, Channel.WHATSAPP, Channel.VIBER, Channel.SIGNAL]
)
_EITHER = frozenset([Channel.WECHAT, Channel.LINE, Channel.TELEGRAM])


def read_contacts(text: str, country: str = "") -> tuple[Handle, ...]:
    """Read the handles in a text in their order; `country` is where local numbers are dialled.

    >>> [(one.channel.value, one.handle) for one in read_contacts("Zalo: o9oo.ooo.123", "VN")]
    [('zalo', '+84900000123')]
    >>> [(one.handle, one.country) for one in read_contacts("加薇 幺三八零零零零零零零零")]
    [('+8613800000000', 'CN')]
    """
    folded = normalise(text[:_LONGEST])
    reader = _Reader(unveil(folded.text), country)
    handles: dict[tuple[Channel, str], Handle] = {}
    for one in reader.read():
        handles.setdefault((one.channel, one.handle), one)
    return tuple(
        Handle(one.channel, one.handle, one.country, *folded.span(one.start, one.end))
        for one in sorted(handles.values(), key=lambda one: (one.start, one.end))
    )


class _Reader:
    """Goes through one text: links, then words that name a channel, then numbers left over."""

    def __init__(self, text: str, country: str) -> None:
        self._text = text
        self._country = country
        self._taken = bytearray(len(text))
        self._words = [*load_words("channels").find(text, _any_meaning)]
        self._at = {word.start: word for word in self._words}
        self._label_ends = {word.end for word in self._words if word.plays("label")}
        self._found: list[Handle] = []

    def read(self) -> list[Handle]:
        self._read_links()
        for word in self._words:
            self._read_after(word)
        self._read_spoken()
        for match in compiled(patterns.NUMBER).finditer(self._text):
            self._read_number(match)
        return self._found

    def _read_links(self) -> None:
        if "." not in self._text and "://" not in self._text:
            return
        for service, pattern in patterns.LINKS:
            for match in compiled(pattern).finditer(self._text):
                groups = match.groupdict()
                digits = groups.get("digits") or ""
                phone = self._linked(digits) if digits else None
                name = groups.get("name") or ""
                self._add(Channel(service), phone or Phone(name or digits, ""), match)

    def _linked(self, digits: str) -> Phone | None:
        if digits.startswith("0"):
            return read_phone(digits, self._country, labelled=True)
        return read_international(digits)

    def _read_after(self, word: Word) -> None:
        """Read what stands behind a channel's word; other channels between share the handle."""
        if self._is_taken(word.start, word.end):
            return
        chain, at, said = [word], word.end, word.plays("add")
        for _ in range(_MOST_TOGETHER):
            between = compiled(patterns.BETWEEN).match(self._text, at)
            if between is None:
                break
            at, said = between.end(), said or bool(between["said"])
            following = self._at.get(at)
            if following is None:
                break
            # "gọi zalo 0900…" names one channel, "gọi, zalo 0900…" two.
            parted = compiled(patterns.PARTING).search(between[0]) or not chain[-1].plays("label")
            chain = [*chain, following] if parted else [following]
            at, said = following.end, said or following.plays("add")
        channels = [Channel(one.value("name", "add", "label") or "") for one in chain]
        if channels != [Channel.PHONE] and not self._read_number_of(channels, word, at):
            self._read_name_of(channels, word, at, said=said)

    def _read_number_of(self, channels: list[Channel], word: Word, at: int) -> bool:
        number = compiled(patterns.NUMBER).match(self._text, at)
        # Zalo is Vietnamese: a number of that shape is one, on a Cambodian page too.
        home = "VN" if Channel.ZALO in channels else self._country
        phone = self._phone(number, home, labelled=True) if number else None
        numbered = [one for one in channels if one in _NUMBERED or one in _EITHER]
        if word.text == "line" and self._country not in _LINE_IS_USED_IN:
            numbered = [one for one in numbered if one is not Channel.LINE]  # a telephone line
        if number is None or phone is None or not numbered:
            return False
        for channel in numbered:
            self._add(channel, phone, (word.start, number.end()), shared=True)
        return True

    def _read_name_of(self, channels: list[Channel], word: Word, at: int, *, said: bool) -> None:
        for channel in reversed(channels):
            pattern = patterns.NAMES.get(channel)
            named = compiled(pattern).match(self._text, at) if pattern else None
            if named and _is_name(channel, named["name"], said=said):
                name = named["name"].strip().lstrip("@")
                self._add(channel, Phone(name, ""), (word.start, named.end()))
                return

    def _phone(self, match: re.Match[str], country: str, *, labelled: bool) -> Phone | None:
        if compiled(patterns.PRICE_FOLLOWS).match(self._text, match.end()):
            return None
        at_home = read_phone(match[0], country, labelled=labelled)
        if country != self._country and (at_home is None or at_home.country != country):
            return read_phone(match[0], self._country, labelled=labelled)
        return at_home

    def _read_spoken(self) -> None:
        for match in spoken_figures().finditer(self._text):
            phone = read_phone(from_words(match[0]), self._country)
            if phone and sum(map(str.isalpha, match[0])) >= _LEAST_LETTERS:
                self._add(Channel.PHONE, phone, match)

    def _read_number(self, match: re.Match[str]) -> None:
        start, end = match.span()
        if self._is_taken(start, end) or compiled(patterns.PRICE_BEFORE).search(
            self._text, max(0, start - 8), start
        ):
            return
        phone = self._phone(match, self._country, labelled=self._is_labelled(start))
        if phone is None:
            return
        gap = compiled(patterns.AFTER_NUMBER).match(self._text, end)
        behind = self._at.get(gap.end() if gap else end)
        channel = Channel(behind.value("name") or "phone") if behind else Channel.PHONE
        claims = (
            behind
            and channel in _NUMBERED | _EITHER
            and not self._is_taken(behind.start, behind.end)
        )
        self._add(channel if claims else Channel.PHONE, phone, match)

    def _is_labelled(self, start: int) -> bool:
        return any(start - far in self._label_ends for far in range(_NEAR))

    def _is_taken(self, start: int, end: int) -> bool:
        return self._taken.find(1, start, end) >= 0

    def _add(
        self,
        channel: Channel,
        phone: Phone,
        place: re.Match[str] | tuple[int, int],
        *,
        shared: bool = False,
    ) -> None:
        start, end = place if isinstance(place, tuple) else place.span()
        if not phone.number or (not shared and self._is_taken(start, end)):
            return
        self._taken[start:end] = b"\x01" * (end - start)
        self._found.append(Handle(channel, phone.number, phone.country, start, end))


def _is_name(channel: Channel, name: str, *, said: bool) -> bool:
    """Tell a name from a word: said to be one, with a sign, or with figures in it."""
    if channel is Channel.QQ:
        return True
    if channel is Channel.LINE and not said and not re.search("[a-z]", name):
        return False
    return said or (channel is not Channel.FACEBOOK and bool(re.search(r"[@\d_]", name)))


def _any_meaning(_: Meaning) -> bool:
    return True
