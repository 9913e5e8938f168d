"""Reads a character that is spelt by its sound inside a Chinese word: hu骨, 象ya, 食ㄕㄜˊ龟."""

import re

_SOUNDS = {
    "虎": "hu ㄏㄨˇ", "象": "xiang ㄒㄧㄤˋ", "龟": "gui ㄍㄨㄟ", "牙": "ya ㄧㄚˊ",
    "骨": "gu ㄍㄨˇ",    "皮": "pi ㄆㄧˊ", "蛇": "she ㄕㄜˊ", "爪": "zhua ㄓㄨㄚˇ",
    "鞭": "bian ㄅㄧㄢ", "蛋": "dan ㄉㄢˋ",
}  # fmt: skip
_MEANT = {sound: character for character, sounds in _SOUNDS.items() for sound in sounds.split()}
_HAN = re.compile("[\u3400-\u9fff]")
_LETTER = re.compile("[a-z0-9\u3105-\u312f]")
_ANY = "|".join(sorted(_MEANT, key=len, reverse=True))
_SOUND = re.compile(f"(?:{_ANY})(?!{_LETTER.pattern})")


def spelt(text: str) -> list[re.Match[str]]:
    """Find the sounds that stand for characters.

    >>> [(found[0], meant(found)) for found in spelt("出hu骨和象ya, tシャツ, yahoo邮")]
    [('hu', '虎'), ('ya', '牙')]
    """
    return [found for found in _SOUND.finditer(text) if _is_beside(text, *found.span())]


def _is_beside(text: str, start: int, end: int) -> bool:
    """Tell whether what ends a run of letters stands beside a Han character and is all of it."""
    before = text[start - 1 : start]
    if _HAN.match(before):
        return True
    return not _LETTER.match(before) and _HAN.match(text, end) is not None


def meant(found: re.Match[str]) -> str:
    """Give the character that a sound stands for."""
    return _MEANT[found[0]]
