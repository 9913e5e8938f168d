"""Tells the language of a listing: by script first, by words for Latin letters only."""

import re
from functools import cache
from typing import Any, NamedTuple

import opencc

from classifier.bundle import Bundle, Kind, bundle

_SCRIPTS = {
    "th": Kind.THAI, "lo": Kind.LAO, "km": Kind.KHMER, "my": Kind.BURMESE, "zh": Kind.HAN,
}  # fmt: skip
_WORD = re.compile("[a-zà-ɏḁ-ỹ]+")
# Words that one of two near languages uses daily and the other does not.
_MALAY_WORDS = """
    nak tak saya awak berminat wasap harga kat dgn utk rm sahaja boleh kereta terpakai jual laju
    kedai percuma penghantaran barangan tulen pos selangor kuala lumpur johor ialah kerana petang
    korang sini tepi masih elok bagi ringgit lagi duit mahu polis bahawa wang macam awam cuba
    pula iaitu daripada ekoran rakyat sewa bilik basikal encik puan kini pihak
"""
_INDONESIAN_WORDS = """
    gak nggak dijual bisa minat ready stok kirim ongkir japri bekas mulus nego rp rb jt juta
    garansi resmi pengiriman gratis mobil motor jakarta bandung surabaya bogor wa kak gan anda
    karena adalah uang kota mahar nih aja kondisi bos om rupiah banget udah kalo bahwa polisi ia
    saat kalau namun pria kantor sepeda silakan silahkan kapan bapak ibu barangnya
"""
_HASTY_WORDS = "ban gia hang lien he khong minh mua moi sdt nha duoc nhe giao cho cua can loai em"
_ENGLISH_WORDS = """
    the and for with you your this that from are have has not all new used good condition price
    only can will was which about please contact sale selling real my we in of to is on or one
    black white blue red size women men kids set pcs case gift free inch box pack home cover
"""
_SHARED_WORDS = """
    yang dan untuk dengan ini itu di ke ada dari ada tidak ada baru sudah kami hubungi murah
    harga barang asli beli jual kualitas warna ukuran satu dua pada akan oleh tersebut dalam
    wanita anak rumah tangan hitam putih besar kecil baju tas kayu lebih bisa juga atau seperti
"""
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
_MALAY_OR_INDONESIAN = frozenset(_SHARED_WORDS.split())
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
    return detect_all(bundle([text]))[0]


def detect_all(texts: Bundle) -> list[str]:
    """Name the language of each text of a bundle."""
    counts = zip(*(texts.count(kind) for kind in _SCRIPTS.values()), strict=True)
    latin, vietnamese = texts.count(Kind.LETTER), texts.count(Kind.VIETNAMESE)
    rare = texts.count(Kind.RARE) if any(kinds & Kind.RARE for kinds in texts.present) else None
    return [
        _named(texts, at, scripts, _Latin(latin[at], vietnamese[at]), rare[at] if rare else 0)
        for at, scripts in enumerate(counts)
    ]


class _Latin(NamedTuple):
    """How many Latin letters a text has, and how many with accents of Vietnamese alone."""

    letters: int
    vietnamese: int

    @property
    def weight(self) -> float:
        """Latin letters are many to a word."""
        return self.letters * _LATIN_WEIGHT


def _named(texts: Bundle, at: int, scripts: tuple[int, ...], latin: _Latin, rare: int) -> str:
    most = max(scripts)
    if max(most, latin.weight) < rare or (most == 0 and not latin.letters):
        return "und"
    if most >= latin.weight:
        lang = list(_SCRIPTS)[scripts.index(most)]
        return _chinese(texts.originals[at]) if lang == "zh" else lang
    if latin.vietnamese > 1 or latin.vietnamese > latin.weight / 10:
        return "vi"
    return _latin(texts.texts[at])


def _chinese(text: str) -> str:
    """Tell traditional from simplified by characters that only one of them has."""
    traditional, simplified = (len(set(own.findall(text))) for own in _one_sided())
    return "zh-Hant" if traditional > simplified else "zh-Hans"


@cache
def _one_sided() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Give what finds characters that only traditional, and that only simplified Chinese has."""
    letters = [chr(code) for code in range(0x4E00, 0xA000)]
    ways = (_changed(letters, way) for way in ("t2s", "s2t"))
    traditional, simplified = (re.compile(f"[{''.join(sorted(way))}]") for way in ways)
    return traditional, simplified


def _changed(letters: list[str], way: str) -> frozenset[str]:
    converted = opencc.OpenCC(way).convert("\n".join(letters)).split("\n")
    pairs = zip(letters, converted, strict=True)
    return frozenset(letter for letter, other in pairs if letter != other)


def _latin(text: str) -> str:
    """Tell Latin-written languages by their everyday words; by letters only where those fail."""
    words = set(_WORD.findall(text))
    if len(words & _HASTY_VIETNAMESE) >= _ENOUGH_HASTY:
        return "vi"
    malay, indonesian = len(words & _MALAY), len(words & _INDONESIAN)
    english, either = len(words & _ENGLISH), len(words & _MALAY_OR_INDONESIAN)
    if english > 1 and english > malay + indonesian + either:
        return "en"
    if malay != indonesian and malay + indonesian + either > 1:
        return "ms" if malay > indonesian else "id"
    return str(_identifier().classify(text)[0])


@cache
def _identifier() -> Any:  # noqa: ANN401 - the library ships no types
    """Load the word-based identifier, which takes a moment, only when Latin text comes."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(list(_LATIN_CODES))
    return identifier
