"""Tells the language of a listing: by script first, by words for Latin letters only."""

import re
from functools import cache
from typing import Any

import opencc

_SCRIPTS = (
    ("th", re.compile("[\u0e01-\u0e5b]")),
    ("lo", re.compile("[\u0e81-\u0eff]")),
    ("km", re.compile("[\u1780-\u17ff]")),
    ("my", re.compile("[\u1000-\u109f]")),
    ("zh", re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")),
    ("vi", re.compile("[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)),
)
_LATIN = re.compile("[A-Za-zÀ-ɏḀ-ỹ]")
_OTHER = re.compile("[\u0370-\u05ff\u0600-\u06ff\u0900-\u0dff\u3040-\u30ff\uac00-\ud7af]")
_WORD = re.compile("[a-zà-ɏḁ-ỹ]+")
# Words that one of two near languages uses daily and the other does not.
_MALAY_WORDS = """
    nak tak saya awak berminat wasap harga kat dgn utk rm sahaja boleh kereta terpakai jual laju
    kedai percuma penghantaran barangan tulen pos selangor kuala lumpur johor ialah kerana petang
    korang sini tepi masih elok bagi ringgit lagi duit
"""
_INDONESIAN_WORDS = """
    gak nggak dijual bisa minat ready stok kirim ongkir japri bekas mulus nego rp rb jt juta
    garansi resmi pengiriman gratis mobil motor jakarta bandung surabaya bogor wa kak gan anda
    karena adalah uang kota mahar nih aja kondisi bos om rupiah banget udah kalo
"""
_HASTY_WORDS = "ban gia hang lien he khong minh mua moi sdt nha duoc nhe giao cho cua can loai em"
_MALAY = frozenset(_MALAY_WORDS.split())
_INDONESIAN = frozenset(_INDONESIAN_WORDS.split())
_HASTY_VIETNAMESE = frozenset(_HASTY_WORDS.split())
_ENOUGH_HASTY = 3
_LATIN_WEIGHT = 0.3
_LATIN_CODES = ("en", "id", "ms", "vi")


def detect(text: str) -> str:
    """Name the language of a text by its code; `und` where nothing tells.

    >>> detect("出一块老料 加微"), detect("象牙手鐲 賣"), detect("Bán vòng tay đẹp")
    ('zh-Hans', 'zh-Hant', 'vi')
    >>> detect("ขายแหวน line: demo"), detect("12345"), detect("selling an old wooden chair")
    ('th', 'und', 'en')
    """
    counts = {lang: len(script.findall(text)) for lang, script in _SCRIPTS}
    latin = len(_LATIN.findall(text)) * _LATIN_WEIGHT
    accents = counts.pop("vi")
    lang = max(counts, key=counts.__getitem__)
    if max(counts[lang], latin) < len(_OTHER.findall(text)):
        return "und"
    if counts[lang] == 0 and not latin:
        return "und"
    if counts[lang] >= latin:
        return _chinese(text) if lang == "zh" else lang
    return "vi" if accents > 1 or accents > latin / 10 else _latin(text.lower())


def _chinese(text: str) -> str:
    """Tell traditional from simplified by characters that only one of them has."""
    traditional = sum(_only_traditional(letter) for letter in text)
    simplified = sum(_only_simplified(letter) for letter in text)
    return "zh-Hant" if traditional > simplified else "zh-Hans"


@cache
def _converter(way: str) -> opencc.OpenCC:
    return opencc.OpenCC(way)


@cache
def _only_traditional(letter: str) -> bool:
    return bool(_converter("t2s").convert(letter) != letter)


@cache
def _only_simplified(letter: str) -> bool:
    return bool(_converter("s2t").convert(letter) != letter)


def _latin(text: str) -> str:
    words = set(_WORD.findall(text))
    if len(words & _HASTY_VIETNAMESE) >= _ENOUGH_HASTY:
        return "vi"
    malay, indonesian = len(words & _MALAY), len(words & _INDONESIAN)
    if malay != indonesian and max(malay, indonesian) > 1:
        return "ms" if malay > indonesian else "id"
    return str(_identifier().classify(text)[0])


@cache
def _identifier() -> Any:  # noqa: ANN401 - the library ships no types
    """Load the word-based identifier, which takes a moment, only when Latin text comes."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(list(_LATIN_CODES))
    return identifier
