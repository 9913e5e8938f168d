"""Where the words of a listing stand: in its title, denied, beside an animal, early or late.

Who offers a thing names it in the title; who warns of it, denies it or feeds it names it in
passing, beside the words that say so.
"""

from bisect import bisect
from collections.abc import Iterator
from functools import cache
from itertools import product

from classifier.reading import Reading
from classifier.terms import Hit
from data.terms import Ambiguity, Term, TermKind

_POINTING = (TermKind.PRODUCT, TermKind.TAXON, TermKind.CODE)
_GROUPS = ("tiger", "elephant", "turtle", "other")
_SAYING = tuple(kind for kind in TermKind if kind not in _POINTING)
_BESIDE = (
    TermKind.DISCLAIMER, TermKind.TOY, TermKind.BENIGN, TermKind.FORM, TermKind.CARE,
    TermKind.REPORT, TermKind.QUALIFIER, TermKind.NEGATION,
)  # fmt: skip
_CLOSE = 6  # characters between two words that belong together
_EARLY = (5, 15, 30)  # characters before the first name
_SEVERAL = (2, 3, 5)  # different names
NAMES: tuple[str, ...] = (
    *(
        f"{denied}{place}:{kind}:{whose}:{ambiguity}"
        for denied, place, kind, whose, ambiguity in product(
            ("", "denied "), ("title", "text"), _POINTING, ("own", "other"), Ambiguity
        )
    ),
    *(f"titled:{kind}:{group}" for kind, group in product(_POINTING, _GROUPS[:3])),
    *(
        f"offer+{kind}:{group}:{ambiguity}"
        for kind, group, ambiguity in product(_POINTING, _GROUPS, Ambiguity)
    ),
    *(f"{place}:{kind}" for place, kind in product(("title", "text"), _SAYING)),
    *(f"beside:{kind}" for kind in _BESIDE),
    *(f"beside:trait:{group}" for group in _GROUPS[:3]),
    *(f"early:{step}" for step in range(len(_EARLY) + 1)),
    *(f"several:{step}" for step in range(1, len(_SEVERAL) + 1)),
    "all denied",
)


def standing(reading: Reading, *, offer: bool) -> Iterator[str]:
    """Name how the words of a listing stand; some more than once.

    `offer` tells whether the listing says that something is sold or sought.
    """
    title = reading.text.find("\n")
    denied = reading.denied
    for hit in reading.hits:
        yield from _said(hit.term, titled=hit.start < title, denied=hit in denied, offer=offer)
    pointing = reading.pointing
    if not pointing:
        return
    after, before = _places_beside(pointing)
    for hit in reading.hits:
        if hit.term.kind in _BESIDE and (hit.start in after or hit.end in before):
            yield _beside(hit.term)
    yield f"early:{bisect(_EARLY, min(hit.start for hit in pointing))}"
    several = bisect(_SEVERAL, len({hit.term.key for hit in pointing}))
    if several:
        yield f"several:{several}"
    if all(hit in denied for hit in pointing):
        yield "all denied"


@cache
def _said(term: Term, *, titled: bool, denied: bool, offer: bool) -> tuple[str, ...]:
    """Name what one word adds, by where it stands."""
    place = "title" if titled else "text"
    if term.kind not in _POINTING:
        return (f"{place}:{term.kind}",)
    if not term.group:
        return ()
    whose = "other" if term.group == "other" else "own"
    words = f"{term.kind}:{whose}:{term.ambiguity}"
    if denied:
        return (f"denied {place}:{words}",)
    found = [f"{place}:{words}"]
    if offer:
        found.append(f"offer+{term.kind}:{term.group}:{term.ambiguity}")
    if titled and whose == "own":
        found.append(f"titled:{term.kind}:{term.group}")
    return tuple(found)


def _beside(term: Term) -> str:
    if term.kind is TermKind.QUALIFIER and term.group in _GROUPS[:3]:
        return f"beside:trait:{term.group}"
    return f"beside:{term.kind}"


def _places_beside(hits: tuple[Hit, ...]) -> tuple[set[int], set[int]]:
    """Give the places close to where hits end, and those close to where they start."""
    close = range(1 - _CLOSE, _CLOSE)
    after = {hit.end + step for hit in hits for step in close}
    return after, {hit.start + step for hit in hits for step in close}
