"""Tells where Burmese letters stand in an order that `data.text` or `data.zawgyi` would change."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

_FIRST, _LAST = 0x1000, 0x109F
_OTHER, _ZERO, _FOUR = 160, 161, 162  # numbers of what is no Burmese letter

Codes = NDArray[np.uint32]
Bools = NDArray[np.bool_]


def _letters(*ranges: tuple[int, int] | int) -> frozenset[int]:
    spans = ((one, one) if isinstance(one, int) else one for one in ranges)
    return frozenset(code - _FIRST for first, last in spans for code in range(first, last + 1))


_ANY = frozenset(range(_FOUR + 1))
_CONSONANT = _letters((0x1000, 0x1021))
_BEARING = _letters((0x1000, 0x102A), 0x103F)
_MARK = _letters((0x102B, 0x103E))
# What follows what only in Zawgyi, or in an order that folding changes.
_CHANGING: tuple[tuple[Iterable[int], Iterable[int]], ...] = (
    ((_ZERO,), _MARK),
    (_CONSONANT | _MARK | _letters(0x103F), (_ZERO,)),
    ((_FOUR,), _letters(0x1004)),
    (_letters(0x1005), _letters(0x103B)),
    (_letters(0x1025), _letters(0x103A, 0x102E)),
    (_letters(0x102F, 0x1030), _letters(0x102D, 0x102E, 0x1032)),
    (_letters(0x1036), _letters(0x102F, 0x1030)),
    (_letters(0x1037), _letters(0x1036)),
    (_letters(0x1039, 0x103A), _letters(0x1037)),
    (_letters(0x1039), _ANY - _CONSONANT),
    (_letters(0x1039), _letters(0x1015, 0x1019, (0x101A, 0x101E), 0x101F, 0x1020, 0x1021)),
    (_letters(0x103A), _letters((0x102B, 0x1032), (0x103B, 0x103E))),
    (_ANY - _BEARING - _letters((0x103B, 0x103E)), _letters(0x1031)),
    (_ANY - _BEARING, _letters(0x103B, 0x103C)),
    *((_letters(code), _letters(code)) for code in range(0x102B, 0x103F)),
    (_ANY, _letters(0x1033, 0x1034, 0x105A, (0x1060, 0x1097))),
)
_CHANGES = np.zeros((_FOUR + 1, _FOUR + 1), np.bool_)
for _firsts, _seconds in _CHANGING:
    _CHANGES[np.ix_(sorted(_firsts), sorted(_seconds))] = True
# A sign that shows nothing hides what stands on both its sides from `changing`.
_HIDDEN_BEFORE, _HIDDEN_AFTER = (0x1039, 0x103A), (0x1031, 0x103B, 0x103C)


def changing(codes: Codes) -> Bools:
    """Tell for each character whether it follows the one before it in such an order.

    Rather too many than too few; the first character counts as following a separator.

    >>> text = "သည် သည္ က"
    >>> np.flatnonzero(changing(np.array([ord(letter) for letter in text], np.uint32)))
    array([7])
    """
    numbers = np.full(len(codes) + 1, _OTHER, np.uint8)
    own = (codes >= _FIRST) & (codes <= _LAST)
    numbers[1:][own] = codes[own] - _FIRST
    numbers[1:][codes == ord("0")] = _ZERO
    numbers[1:][codes == ord("4")] = _FOUR
    found: Bools = _CHANGES[numbers[:-1], numbers[1:]]
    return found


def hiding(codes: Codes, gone: Bools) -> Bools:
    """Tell for each sign that shows nothing whether it may hide such an order."""
    found = gone.copy()
    before = np.isin(codes[:-1], _HIDDEN_BEFORE)
    after = np.isin(codes[1:], _HIDDEN_AFTER)
    found[1:-1] &= before[:-1] | after[1:]
    return found
