"""Contact handles that sellers leave in their texts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick

from data.text import fold, normalise

_ID = r"(?P<handle>[a-z][a-z0-9_.-]{3,24}[a-z0-9])(?![a-z0-9])"
_PHONE = r"(?P<handle>\+?\(?\d(?:[ .()-]?\d){7,13})(?!\d)"
_SIGN = r"\s*(?:id|号|同号|số|เบอร์|no|number)?\s*[.:;=>→👉]?\s*@?"
# In order of trust: a handle taken by an earlier pattern is not read again by a later one.
_WECHAT = (
    "微信", "威信", "维信", "薇信", "卫星", "加薇", "加微", "加v", "➕v", "➕微", "薇",
    "ວີແຊັດ", "วีแชท", "(?<![a-z])(?:vx|wx|v信|weixin|wechat)",
)  # fmt: skip
_LINE = ("(?<![a-z])(?:id *[.:]? *)?line", "ไลน์", "แอดไลน์", "ไอดีไลน์", "加賴", "加赖", "ລາຍ")
_TELEGRAM = "(?:(?<![a-z])(?:telegram|tele|tg)|តេលេក្រាម|เทเลแกรม)"
_WHATSAPP = "(?:(?<![a-z])(?:whatsapp|wasap|whatapp|wsap|ws|wa)|ວັອດແອັບ|วอทแอพ)"
_ZALO = "(?<![a-zà-ɏḁ-ỹ])(?:zalo|za lô|da lô|zl|dalo)"
_LINKS = (
    ("telegram", r"(?:t\.me|telegram\.me)/(?P<handle>[a-z0-9_]{3,32})"),
    ("whatsapp", r"(?:wa\.me|api\.whatsapp\.com/send\?phone=)/?\+?(?P<handle>\d{8,15})"),
    ("zalo", r"zalo\.me/(?P<handle>\d{8,15})"),
    ("line", r"line\.me/(?:ti/p/|r/ti/p/)?(?P<handle>[@~%a-z0-9_.-]{3,30})"),
    ("facebook", r"(?:facebook|fb)\.com/(?P<handle>[a-z0-9.]{3,50})"),
)
_NAMED = (
    ("wechat", rf"(?:{'|'.join(_WECHAT)}){_SIGN}(?:{_ID}|(?P<number>1[3-9]\d{{9}})(?!\d))"),
    ("qq", rf"(?:(?<![a-z])qq|扣扣){_SIGN}(?P<handle>[1-9]\d{{4,10}})(?!\d)"),
    ("zalo", rf"{_ZALO}{_SIGN}{_PHONE}"),
    ("whatsapp", rf"{_WHATSAPP}{_SIGN}{_PHONE}"),
    ("viber", rf"(?:(?<![a-z])viber|ဗိုင်ဘာ){_SIGN}{_PHONE}"),
    (
        "line",
        rf"(?:{'|'.join(_LINE)})\s*(?:id|ไอดี)?\s*[:=@]\s*@?(?P<handle>[a-z0-9][a-z0-9_.-]{{2,24}})",
    ),
    ("telegram", rf"{_TELEGRAM}\s*[:=]?\s*@(?P<handle>[a-z0-9_]{{4,32}})"),
    ("telegram", rf"{_TELEGRAM}\s*[:=]\s*(?P<handle>[a-z][a-z0-9_]{{4,32}})"),
    ("telegram", rf"{_TELEGRAM}{_SIGN}{_PHONE}"),
)
_BARE = (
    ("handle", r"(?<![a-z0-9.])@(?P<handle>[a-z][a-z0-9_.]{3,30})(?!\.[a-z])"),
    (
        "phone",
        r"(?P<handle>\+\d(?:[ .()-]?\d){8,13}|0\d(?:[ .-]?\d){7,10}|1[3-9]\d{9})(?!\d)",
    ),
)
# Letters of which one must be there for a pattern to hold: a look for them is far cheaper.
_ANCHORS = {
    "wechat": "信 卫星 薇 加微 ➕微 加v ➕v vx wx weixin wechat ວີແຊັດ วีแชท",
    "qq": "qq 扣扣", "zalo": "zalo zl dalo lô", "whatsapp": "wa ws ວັອດແອັບ วอทแอพ",
    "viber": "viber ဗိုင်ဘာ", "line": "line ไลน์ 加赖 加賴 ລາຍ", "facebook": "fb facebook",
    "telegram": "tele tg t.me តេលេក្រាម เทเลแกรม", "handle": "@",
}  # fmt: skip
_ANCHOR_KINDS = {
    fold(anchor): kind for kind, anchors in _ANCHORS.items() for anchor in anchors.split()
}
_ANCHORED = AhoCorasick(list(_ANCHOR_KINDS))
_KIND_OF_ANCHOR = list(_ANCHOR_KINDS.values())
_PHONE_DIGITS = re.compile(r"\d(?:[^\d\n]{0,2}\d){7}")
_INSIDE = tuple("0123456789.,")
_PATTERNS = tuple((kind, re.compile(pattern)) for kind, pattern in (*_LINKS, *_NAMED, *_BARE))


@dataclass(frozen=True, slots=True)
class Contact:
    """One handle: how to reach the seller, and the code points it stands at."""

    kind: str
    handle: str
    start: int
    end: int


def find_contacts(text: str) -> tuple[Contact, ...]:
    """Find phone, WeChat, Zalo, LINE, Telegram, WhatsApp, Viber, QQ and Facebook handles.

    >>> find_contacts("加薇 demo_0101 私聊")
    (Contact(kind='wechat', handle='demo_0101', start=0, end=12),)
    >>> [(contact.kind, contact.handle) for contact in find_contacts("Zalo: 0900 000 123")]
    [('zalo', '0900000123')]
    """
    folded = normalise(text)
    return tuple(
        Contact(contact.kind, contact.handle, *folded.span(contact.start, contact.end))
        for contact in find_folded_contacts(folded.text)
    )


def find_folded_contacts(folded: str) -> tuple[Contact, ...]:
    """Find handles in a text that is normalised already; places are characters of it."""
    taken = bytearray(len(folded))
    found: list[Contact] = []
    for kind, match in _matches(folded):
        begin, end = match.span()
        if taken.find(1, begin, end) < 0:
            taken[begin:end] = b"\x01" * (end - begin)
            found.append(Contact(kind, _handle(match), begin, end))
    return tuple(sorted(found, key=lambda contact: contact.start))


def _matches(folded: str) -> Iterator[tuple[str, re.Match[str]]]:
    found = {_KIND_OF_ANCHOR[which] for which, _, _ in _ANCHORED.find_matches_as_indexes(folded)}
    if _PHONE_DIGITS.search(folded):
        found.add("phone")
    if not found:
        return
    for kind, pattern in _PATTERNS:
        if kind in found:
            for match in pattern.finditer(folded):
                # Asked here because a pattern that begins with its digits is looked for faster.
                if kind != "phone" or folded[match.start() - 1 : match.start()] not in _INSIDE:
                    yield kind, match


def _handle(match: re.Match[str]) -> str:
    """Give a handle bare: of a number only the digits, with a leading plus if it had one."""
    groups = match.groupdict()
    handle: str = groups.get("handle") or groups.get("number") or ""
    if re.fullmatch(r"[+(\d][\d ().-]+", handle):
        return handle[:1].replace("(", "") * handle.startswith("+") + re.sub(r"\D", "", handle)
    return handle
