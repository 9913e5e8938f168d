"""The named signals of a listing: what its terms, prices and contacts say together."""

from collections import Counter
from collections.abc import Iterator
from itertools import product

from classifier.reading import Reading
from classifier.terms import Hit, overlap
from data.terms import Ambiguity, TermKind

GROUPS = ("tiger", "elephant", "turtle", "other")
_POINTING = (TermKind.PRODUCT, TermKind.TAXON, TermKind.CODE)
_COUNTED = (
    TermKind.BENIGN, TermKind.QUALIFIER, TermKind.INTENT, TermKind.CONTACT, TermKind.FORM,
    TermKind.DISCLAIMER, TermKind.TOY, TermKind.REPORT, TermKind.CARE, TermKind.EVASION,
)  # fmt: skip
# CITES term codes that sellers' words differ little in, taken together.
_PRODUCTS = {
    "live": "LIV EGG", "meat": "MEA FOO", "ivory": "IVC IVP TUS IJW IVS CAR", "tooth": "TEE CLA",
    "skin": "SKI SKP SKO RUG JWL", "bone": "BON SKE SKU BOD",
    "potion": "MED POW OIL GAL GAB DER GEN",
    "hair": "HAI HAP TAI", "shell": "CAP SCA",
}  # fmt: skip
_PRODUCT_OF = {code: name for name, codes in _PRODUCTS.items() for code in codes.split()}
_COMBINATIONS = (
    "decisive", "sure", "sure+offer", "vague", "vague+offer", "vague+form", "vague+weight",
    "slang", "slang+offer", "slang+form", "slang+weight", "two slang", "form+weight",
    "genuine+form", "weight", "weight alone", "handle", "offer", "split", "many", "two products",
    "animal+live", "pictures", "picture alone", "nothing", "harmless alone", "other alone",
    "report+sure", "report+vague", "disclaimer+sure", "disclaimer+vague", "toy+vague", "toy+sure",
    "care+vague", "care+sure", "report twice", "toy twice", "profile", "profile harmless",
    "profile toy", "profile care", "no toy no report", "denied material", "denied animal",
    "evasion+offer", "evasion+form", "evasion+trait", "evasion+slang", "evasion+vague",
    "trait+offer", "trait+form", "trait+weight", "trait+slang", "trait+vague", "trait+sure",
    "denial+form", "denial+trait", "denial+slang", "denial+vague", "denial+weight",
    "trait+genuine", "genuine+vague", "genuine+sure", "genuine+slang", "traits alone",
    "trait+toy", "trait+report", "trait+care", "evasion alone",
    "unsupported",
)  # fmt: skip
NAMES: tuple[str, ...] = (
    *(
        f"{kind}:{group}:{ambiguity}"
        for kind, group, ambiguity in product(_POINTING, GROUPS, Ambiguity)
    ),
    *(f"count:{kind}" for kind in _COUNTED),
    *(f"group:{group}" for group in GROUPS),
    *(f"trait:{group}" for group in GROUPS[:3]),
    *(f"product:{name}" for name in _PRODUCTS),
    *_COMBINATIONS,
)
_PARTS = tuple((name, frozenset(name.split("+"))) for name in _COMBINATIONS)
PLACES = {name: place for place, name in enumerate(NAMES)}
_MOST = 3


def signals(reading: Reading) -> dict[str, float]:
    """Give the signals that hold for a listing, each from 0 to 1."""
    found = dict(_of_terms(reading))
    for name in _combined(reading, Counter(hit.term.kind for hit in _counted(reading))):
        found[name] = 1.0
    return found


def _counted(reading: Reading) -> tuple[Hit, ...]:
    """Leave out what is denied, and disclaimers where they may be a disguise."""
    return tuple(
        hit
        for hit in reading.hits
        if hit.term.kind is not TermKind.DISCLAIMER
        or not (reading.suspicious or hit in reading.denied)
    )


def _of_terms(reading: Reading) -> Iterator[tuple[str, float]]:
    counts: Counter[TermKind] = Counter()
    traits: Counter[str] = Counter()
    for hit in _counted(reading):
        term = hit.term
        if term.kind is TermKind.QUALIFIER and term.group in GROUPS[:3]:
            traits[term.group] += 1
            continue
        if term.kind in _POINTING and term.group:
            yield f"{term.kind}:{term.group}:{term.ambiguity}", 1.0
            yield f"group:{term.group}", 1.0
            if term.product in _PRODUCT_OF and term.group in GROUPS[:3]:
                yield f"product:{_PRODUCT_OF[term.product]}", 1.0
        elif term.kind in _COUNTED:
            counts[term.kind] += 1
    for kind, count in counts.items():
        yield f"count:{kind}", min(count, _MOST) / _MOST
    for group, count in traits.items():
        yield f"trait:{group}", min(count, _MOST) / _MOST


def _combined(reading: Reading, kinds: Counter[TermKind]) -> Iterator[str]:
    """Name the combinations that hold: one more signal decides what a word alone does not."""
    words = [hit for hit in reading.pointing if not is_picture(hit)]
    names = [hit for hit in words if hit.term.kind is not TermKind.CODE]
    slang = len({hit.term.key for hit in words if hit.term.kind is TermKind.CODE})
    sure = any(hit.term.ambiguity is not Ambiguity.HIGH for hit in names)
    vague = bool(names) and not sure
    form = bool(kinds[TermKind.FORM])
    offer = bool(kinds[TermKind.INTENT] or kinds[TermKind.CONTACT] or reading.contacts)
    facts = {
        "sure": sure,
        "vague": vague,
        "slang": bool(slang),
        "form": form,
        "offer": offer or bool(reading.prices) or reading.shown_price.amount is not None,
        "weight": reading.by_weight,
        "report": bool(kinds[TermKind.REPORT]),
        "disclaimer": bool(kinds[TermKind.DISCLAIMER]),
        "toy": bool(kinds[TermKind.TOY]),
        "care": bool(kinds[TermKind.CARE]),
        "genuine": any(_is_claim(hit) for hit in reading.hits),
        "trait": any(_is_trait(hit) for hit in reading.hits),
        "evasion": bool(kinds[TermKind.EVASION]),
        "denial": _denies_material(reading),
    }
    yield from _pairs(facts)
    if reading.pointing and not sure and not _supported(reading, words, facts):
        yield "unsupported"
    yield from _of_words(reading, words, slang)
    yield from _of_absence(reading, facts, kinds, words)
    yield from _of_profile(reading)


_SUPPORT = (
    TermKind.FORM, TermKind.QUALIFIER, TermKind.EVASION, TermKind.INTENT, TermKind.CONTACT,
)  # fmt: skip


def _supported(reading: Reading, words: list[Hit], facts: dict[str, bool]) -> bool:
    """Tell whether an ambiguous word has anything beside it that makes an offer likely."""
    several = len({hit.term.key for hit in words}) > 1
    exact = any(hit.split or hit.term.ambiguity is not Ambiguity.HIGH for hit in words)
    beside = any(
        hit.term.kind in _SUPPORT and not any(overlap(hit, word) for word in reading.pointing)
        for hit in reading.hits
    )
    priced = bool(reading.contacts or reading.prices) or reading.shown_price.amount is not None
    return several or exact or beside or priced or facts["weight"] or facts["denial"]


def _pairs(facts: dict[str, bool]) -> Iterator[str]:
    hold = {fact for fact, holds in facts.items() if holds}
    yield from (name for name, parts in _PARTS if parts <= hold)


def _of_words(reading: Reading, words: list[Hit], slang: int) -> Iterator[str]:
    products = {hit.term.key for hit in words if hit.term.kind is TermKind.PRODUCT}
    facts = {
        "decisive": any(hit.term.decisive for hit in words),
        "split": any(hit.split for hit in words),
        "many": len({hit.term.key for hit in words}) >= _MOST,
        "two products": len(products) > 1,
        "two slang": slang > 1,
        "animal+live": any(hit.term.product == "LIV" for hit in words),
        "denied material": _denies_material(reading),
        "denied animal": not reading.suspicious and any(hit in reading.denied for hit in words),
        "handle": any(contact.kind != "phone" for contact in reading.contacts),
        "pictures": any(is_picture(hit) for hit in reading.pointing),
    }
    yield from (name for name, holds in facts.items() if holds)


def _of_absence(
    reading: Reading, facts: dict[str, bool], kinds: Counter[TermKind], words: list[Hit]
) -> Iterator[str]:
    if not words:
        yield from _without_words(reading, facts, kinds)
    if not facts["toy"] and not facts["report"]:
        yield "no toy no report"
    if kinds[TermKind.REPORT] > 1:
        yield "report twice"
    if kinds[TermKind.TOY] > 1:
        yield "toy twice"


def _without_words(
    reading: Reading, facts: dict[str, bool], kinds: Counter[TermKind]
) -> Iterator[str]:
    alone = {"weight": "weight alone", "evasion": "evasion alone"}
    yield from (name for fact, name in alone.items() if facts[fact])
    if len({hit.term.key for hit in reading.hits if _is_trait(hit)}) > 1:
        yield "traits alone"
    if reading.pointing:
        yield "picture alone"
    else:
        yield "nothing"
    if kinds[TermKind.BENIGN]:
        yield "harmless alone"
    if any(hit.term.group == "other" for hit in reading.hits):
        yield "other alone"


def _of_profile(reading: Reading) -> Iterator[str]:
    kinds = {hit.term.kind for hit in reading.side_hits}
    if any(
        hit.term.kind in _POINTING and hit.term.group in GROUPS[:3] for hit in reading.side_hits
    ):
        yield "profile"
    for kind, name in (
        (TermKind.BENIGN, "harmless"),
        (TermKind.TOY, "toy"),
        (TermKind.CARE, "care"),
    ):
        if kind in kinds:
            yield f"profile {name}"


def _is_trait(hit: Hit) -> bool:
    """Tell whether a hit describes what only one of the groups has: grain, fangs, shells."""
    return hit.term.kind is TermKind.QUALIFIER and hit.term.group in GROUPS[:3]


def _is_claim(hit: Hit) -> bool:
    """Tell whether a hit says genuine, rare, inherited and the like."""
    return hit.term.kind is TermKind.QUALIFIER and not hit.term.group


def _denies_material(reading: Reading) -> bool:
    """Tell whether the seller denies a cheap material: who sells resin does not."""
    return any(hit.term.kind is TermKind.DISCLAIMER for hit in reading.denied)


def is_picture(hit: Hit) -> bool:
    """Tell whether a hit is a lone emoji, which says little by itself.

    >>> from classifier.terms import Matcher
    >>> from data.terms import load_terms
    >>> [is_picture(hit) for hit in Matcher(load_terms()).find("🐘 象牙")]
    [True, False]
    """
    return hit.term.script == "Zsye" and hit.end - hit.start == 1
