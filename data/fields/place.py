"""Places as shown, without the clutter around them."""

import re

_SPACE = re.compile(r"\s+")
_LABELS = (
    "địa chỉ", "khu vực", "location", "lokasi", "kawasan", "ที่อยู่", "พื้นที่",
    "地点", "地點", "所在地", "ທີ່ຢູ່", "ទីតាំង", "တည်နေရာ",
)  # fmt: skip
_LABEL = re.compile(rf"^(?:{'|'.join(_LABELS)})\s*[:：]\s*", re.IGNORECASE)


def parse_place(text: str) -> str:
    r"""Give a place without label, spare space and edge punctuation; it is not looked up.

    >>> parse_place("  Khu vực:  Quận 1,\n TP. Hồ Chí Minh · ")
    'Quận 1, TP. Hồ Chí Minh'
    """
    trimmed = _SPACE.sub(" ", text).strip()
    return _LABEL.sub("", trimmed).strip(" ,;·|/-–—•📍")
