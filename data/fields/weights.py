"""How many grams the units of sale weigh; the same word weighs differently from place to place."""

from decimal import Decimal

_GRAMS = {
    "g": "1", "kg": "1000", "lang": "100", "khid": "100", "ons": "100", "ounce": "28.35",
    "jin": "500", "tw_jin": "600", "liang": "50", "tw_liang": "37.5", "tael": "37.8",
    "kati": "604.79", "qian": "5", "chi": "3.75", "luong": "37.5", "kyattha": "16.33",
    "viss": "1633", "pound": "453.6", "yen": "10000", "ta": "100000", "carat": "0.2",
    "tonne": "1000000",
}  # fmt: skip
# Chinese units weigh more in Taiwan, Hong Kong and Macao than on the mainland.
_ELSEWHERE = {
    "TW": {"jin": "tw_jin", "liang": "tw_liang", "qian": "chi"},
    "HK": {"jin": "kati", "liang": "tael", "qian": "chi"},
    "MO": {"jin": "kati", "liang": "tael", "qian": "chi"},
}


def grams_of(unit: str) -> Decimal | None:
    """Give the weight of a unit; None for what is no weight.

    >>> grams_of("viss"), grams_of("piece")
    (Decimal('1633'), None)
    """
    return Decimal(_GRAMS[unit]) if unit in _GRAMS else None


def unit_in(country: str, unit: str) -> str:
    """Give the unit that a word means in a country.

    >>> unit_in("TW", "jin"), unit_in("CN", "jin")
    ('tw_jin', 'jin')
    """
    return _ELSEWHERE.get(country, {}).get(unit, unit)
