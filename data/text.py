"""One spelling for all the ways a text can be written, with the way back to the original."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from opencc import OpenCC

from data import zawgyi
from data.tracked import Normalised, Replacement, Tracked, composed

__all__ = ["FOLDING", "Normalised", "fold", "is_unaccented", "normalise", "skeleton", "unaccent"]

_COMPATIBLE = ("<wide>", "<narrow>", "<font>", "<circle>", "<super>", "<sub>", "<square>")
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufe00-\ufe0f\u180b-\u180f]")
_LAO_DIGRAPHS = {"ໜ": "ຫນ", "ໝ": "ຫມ", "ຼ": "ລ"}
_LOOK_ALIKES = dict(
    zip("авсеікмнорстухѕјԁһԛԝαβεικνορτυχγω", "abceikmhopctyxsjdhqwabeiknoptuxyw", strict=True)
)
_OLD_TONE = {
    f"{first}{late}": f"{early}{last}"
    for first, accents, last, lates in (
        ("o", "òóỏõọ", "a", "àáảãạ"),
        ("o", "òóỏõọ", "e", "èéẻẽẹ"),
        ("u", "ùúủũụ", "y", "ỳýỷỹỵ"),
    )
    for early, late in zip(accents, lates, strict=True)
}


def _same(match: re.Match[str]) -> str:
    return match[1]


Rule = tuple[re.Pattern[str], Replacement]
# Each script: its name, what tells that it is there, then its rules in order. None of the
# Unicode forms makes these spellings, which look alike, equal.
_RULES: tuple[tuple[str, re.Pattern[str], tuple[Rule, ...]], ...] = (
    (
        "thai",
        re.compile("[\u0e00-\u0e7f]"),
        (
            (re.compile("เเ"), "แ"),
            (re.compile("([\u0e48-\u0e4b]?)\u0e4d([\u0e48-\u0e4b]?)\u0e32"), "\\1\\2\u0e33"),
            (re.compile("\u0e33([\u0e48-\u0e4b])"), "\\1\u0e33"),
            (re.compile("([\u0e31\u0e34-\u0e3a\u0e47-\u0e4e])\\1+"), _same),
            (re.compile("([\u0e01-\u0e30\u0e32-\u0e33\u0e40-\u0e46])\\1{2,}"), _same),
        ),
    ),
    (
        "lao",
        re.compile("[\u0e80-\u0eff]"),
        (
            (re.compile("ເເ"), "ແ"),
            (re.compile("([\u0ec8-\u0ecb]?)\u0ecd([\u0ec8-\u0ecb]?)\u0eb2"), "\\1\\2\u0eb3"),
            (re.compile("\u0eb3([\u0ec8-\u0ecb])"), "\\1\u0eb3"),
            (re.compile("([\u0eb1\u0eb4-\u0ebb\u0ec8-\u0ecd])\\1+"), _same),
            (re.compile("([\u0e81-\u0eb0\u0eb2\u0ec0-\u0ec6])\\1{2,}"), _same),
        ),
    ),
    (
        "khmer",
        re.compile("[\u1780-\u17ff]"),
        (
            (re.compile("\u17d2ដ"), "\u17d2ត"),
            (re.compile("(\u17d2រ)(\u17d2[\u1780-\u17a2])"), "\\2\\1"),
            (re.compile("([\u17b6-\u17d1])\\1+"), _same),
        ),
    ),
    (
        "burmese",
        re.compile("[\u1000-\u109f]"),
        (
            (re.compile("0(?=[\u102b-\u103e])"), "ဝ"),
            (re.compile("(?<=[\u1000-\u1021\u102b-\u103f])0(?=[\u1000-\u1021])"), "ဝ"),
            (re.compile("4(?=င\u103a?\u1038)"), "၎"),
            (re.compile("\u1090"), "ရ"),
            (re.compile("စ\u103b"), "ဈ"),
            (re.compile("ဥ\u103a"), "ဉ\u103a"),
            (re.compile("([\u102f\u1030])([\u102d\u102e\u1032])"), "\\2\\1"),
            (re.compile("\u1036([\u102f\u1030])"), "\\1\u1036"),
            (re.compile("\u1037\u1036"), "\u1036\u1037"),
            (re.compile("([\u102b-\u103e])\\1+"), _same),
        ),
    ),
    (
        "accented",
        re.compile("[\u00e0-\u1ef9]"),
        (
            (
                re.compile(r"(?<!q)(?:o[àáảãạèéẻẽẹ]|u[ỳýỷỹỵ])(?!\w)"),
                lambda match: _OLD_TONE[match[0]],
            ),
        ),
    ),
    (
        "foreign",
        re.compile("\\A(?=[^a-z]*[a-z])(?=[^\u0370-\u052f]*[\u0370-\u052f])"),
        (
            (
                re.compile(
                    "(?<![a-z\u0370-\u052f])"  # or a long word is read from each of its letters
                    "(?:[a-z]+[\u0370-\u052f]|[\u0370-\u052f]+[a-z])[a-z\u0370-\u052f]*"
                ),
                lambda match: "".join(_LOOK_ALIKES.get(letter, letter) for letter in match[0]),
            ),
        ),
    ),
    (
        "spaces",
        re.compile(r"\s\s"),
        ((re.compile(r"(?<!\s)\s*\n\s*"), "\n"), (re.compile("  +"), " ")),
    ),
)
SCRIPTS = frozenset(("thai", "lao", "khmer", "burmese"))
"""Names of scripts that `fold` may be told are absent."""
_JUNK_MARKS = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+")
_MOST_ROUNDS = 6


class _Folding(dict[int, str]):
    """What each single character becomes; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold_character(chr(code))
        return folded


FOLDING: Mapping[int, str] = _Folding()


@cache
def _simplifier() -> OpenCC:
    return OpenCC("t2s")


def _fold_character(character: str) -> str:
    """Give one character in its plain form; empty when it shows nothing."""
    character = unicodedata.normalize("NFC", character)
    if len(character) > 1:
        return "".join(FOLDING[ord(part)] for part in character)
    if character in "\n\r\x0b\x0c\x85\u2028\u2029":
        return "\n"
    if character.isspace():
        return " "
    if character in _LAO_DIGRAPHS:
        return _LAO_DIGRAPHS[character]
    if unicodedata.category(character) in ("Cf", "Cc") or _INVISIBLE.match(character):
        return ""
    return _fold_letter(character)


def _fold_letter(character: str) -> str:
    """Make a visible character a plain digit, of plain width, simplified, lower case."""
    if unicodedata.category(character) == "Nd":
        return str(unicodedata.decimal(character))
    if "\ud800" <= character <= "\udfff":  # half a character, which few libraries take
        return "\ufffd"
    if unicodedata.decomposition(character).startswith(_COMPATIBLE):
        return "".join(FOLDING[ord(part)] for part in unicodedata.normalize("NFKC", character))
    if "\u2e80" <= character <= "\U0003ffff":
        character = _simplifier().convert(character)
    return character.casefold()


def normalise(text: str) -> Normalised:
    """Fold a text to the one spelling that terms and model know, with offsets into the original.

    >>> normalise("ＴＩＧＥＲ  象\u200b牙 虎標").text
    'tiger 象牙 虎标'
    >>> normalise("Cao hoà").text == normalise("cao ho\u0300a").text == "cao hòa"
    True
    >>> normalise("a\u200b\u200b象牙").span(1, 3)
    (3, 5)
    """
    if text.isascii() and "  " not in text and text.isprintable():
        places = range(len(text) + 1)
        return Normalised(text.lower(), tuple(places[:-1]), tuple(places[1:]))
    tracked = Tracked(text)
    for _ in range(_MOST_ROUNDS):
        tracked.settled = True
        _fold_once(tracked)
        if tracked.settled:
            break
    return tracked.done()


def fold(text: str, absent: frozenset[str] = frozenset()) -> str:
    """Give `normalise(text).text`, several times faster because no place is kept.

    `absent` names scripts among SCRIPTS that a caller knows are not in the text.

    >>> fold("ＴＩＧＥＲ  象\u200b牙 虎標")
    'tiger 象牙 虎标'
    """
    if text.isascii() and "  " not in text and text.isprintable():
        return text.lower()
    for _ in range(_MOST_ROUNDS):
        unicode = zawgyi.to_unicode(text) if zawgyi.is_zawgyi(text) else text
        folded = unicode.translate(FOLDING)
        settled = unicode == text
        text = _respelled(folded, absent)
        if settled and text == folded:
            break
    return text


def _respelled(folded: str, absent: frozenset[str]) -> str:
    folded = _JUNK_MARKS.sub("", composed(folded))
    for script, present, rules in _RULES:
        if script not in absent and present.search(folded):
            for pattern, replacement in rules:
                folded = pattern.sub(replacement, folded)
    return folded


def _fold_once(tracked: Tracked) -> None:
    """Apply all rules once; they may feed each other, so rounds go on until nothing moves."""
    if zawgyi.is_zawgyi(tracked.text):
        tracked.sub(zawgyi.SYLLABLE, zawgyi.unicode_syllable)
    tracked.fold_characters(FOLDING)
    tracked.compose()
    if _JUNK_MARKS.search(tracked.text):
        tracked.sub(_JUNK_MARKS, "")
    for _, present, rules in _RULES:
        if present.search(tracked.text):
            for pattern, replacement in rules:
                tracked.sub(pattern, replacement)


def skeleton(text: str) -> Normalised:
    """Fold a text and drop spaces, punctuation and symbols, to meet split words.

    >>> skeleton("象 . 牙").text, skeleton("n-g-à v.o.i").text
    ('象牙', 'ngàvoi')
    """
    folded = normalise(text)
    kept = [at for at, character in enumerate(folded.text) if _shows(character)]
    return Normalised(
        "".join(folded.text[at] for at in kept),
        tuple(folded.offsets[at] for at in kept),
        tuple(folded.ends[at] for at in kept),
    )


def _shows(character: str) -> bool:
    """Keep letters, digits, the marks on them, and pictures; not spaces and punctuation."""
    return unicodedata.category(character)[0] in "LNM" or unicodedata.category(character) == "So"


def unaccent(text: str) -> str:
    """Take Vietnamese accents off a normalised text, character for character.

    >>> unaccent("cao hổ cốt đỏ")
    'cao ho cot do'
    """
    return text.translate(_UNACCENTED)


def is_unaccented(text: str) -> bool:
    """Tell whether a normalised text has not one accent, as Vietnamese typed in haste.

    >>> is_unaccented("ban cao ho"), is_unaccented("bán cao hổ")
    (True, False)
    """
    return unaccent(text) == text


def _plain_letter(letter: str) -> str:
    if letter == "đ":
        return "d"
    return unicodedata.normalize("NFD", letter)[0]


_UNACCENTED = {
    code: _plain_letter(chr(code))
    for code in (*range(0xE0, 0x1B1), *range(0x1EA0, 0x1EFA))
    if unicodedata.decomposition(chr(code)) or chr(code) == "đ"
}
