"""The named signals of a listing: what its terms, prices and contacts say together."""

from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache, lru_cache
from itertools import product
from typing import NamedTuple

from classifier.reading import Reading
from classifier.standing import NAMES as STANDING
from classifier.standing import standing
from classifier.terms import Hit
from data.terms import Ambiguity, Term, TermKind

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
# Dollars a gram: food, spices and balm; herbs; silver and cheap jade; ivory and glue; gold.
_GRAMS = ("gram 0", "gram 1", "gram 2", "gram 3", "gram 4")
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
    "unsupported", *_GRAMS, *(f"{gram}+form" for gram in _GRAMS),
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
    *STANDING,
)
_PARTS = tuple(
    (name, frozenset([name] if name == "animal+live" else name.split("+")))
    for name in _COMBINATIONS
)
_FACT_OF = {
    TermKind.FORM: "form", TermKind.REPORT: "report", TermKind.DISCLAIMER: "disclaimer",
    TermKind.TOY: "toy", TermKind.CARE: "care", TermKind.EVASION: "evasion",
}  # fmt: skip
_TWICE = (TermKind.REPORT, TermKind.TOY)
# What a unit of money is worth in dollars, to the nearest step: enough to tell 2 from 20 a gram.
_DOLLARS = {
    "USD": 1.0, "EUR": 1.1, "GBP": 1.3, "SGD": 0.75, "CNY": 0.14, "HKD": 0.13, "TWD": 0.03,
    "THB": 0.03, "MYR": 0.22, "VND": 4e-5, "IDR": 6e-5, "LAK": 4.6e-5, "KHR": 2.5e-4, "MMK": 3e-4,
}  # fmt: skip
_GRAM_STEPS = (0.05, 0.5, 2.0, 10.0)
PLACES = {name: place for place, name in enumerate(NAMES)}
_MOST = 3


class Tally(NamedTuple):
    """What a listing says, in few enough ways that most listings share theirs with others."""

    counted: tuple[int, ...]  # hits of each of _COUNTED, at most _MOST
    traits: tuple[int, ...]  # hits that describe what only one group has, by group
    terms: frozenset[str]  # signals of single terms and of where they stand
    facts: frozenset[str]  # facts that signals combine, and signals that are facts


_NEVER = frozenset(("unsupported", "bare"))
HOLLOW = Tally((0,) * len(_COUNTED), (0,) * 3, frozenset(), frozenset(("nothing", "bare")))
_OFFERING = (TermKind.INTENT, TermKind.CONTACT)


class Ruling(Enum):
    """What the lexicon's rules say, whatever the weights."""

    FLAG = "flag"  # a decisive term is enough for the queue, unless it stands in a report
    PASS = "pass"  # noqa: S105 - an ambiguous term with nothing beside it, or nothing at all
    OPEN = "open"


def ruling(counts: Tally) -> Ruling:
    """Apply the rules that no weight may overrule.

    A text that names no animal, offers nothing and hides nothing is not looked at for its
    wording alone: of 43,764 harmless texts they would let through 264, and they hold one
    offer in two hundred.
    """
    if "decisive" in counts.facts and "report twice" not in counts.facts:
        return Ruling.FLAG
    return Ruling.PASS if counts.facts & _NEVER else Ruling.OPEN


def signals(reading: Reading) -> Mapping[int, float]:
    """Give the signals that hold for a listing by their places in NAMES, each from 0 to 1."""
    return signals_of(tally(reading))


@lru_cache(1 << 15)
def signals_of(counts: Tally) -> Mapping[int, float]:
    """Give the signals of a tally."""
    found = dict.fromkeys(counts.terms, 1.0)
    found |= {
        f"count:{kind}": count / _MOST
        for kind, count in zip(_COUNTED, counts.counted, strict=True)
        if count
    }
    found |= {
        f"trait:{group}": count / _MOST
        for group, count in zip(GROUPS, counts.traits, strict=False)
        if count
    }
    found |= dict.fromkeys((name for name, parts in _PARTS if parts <= counts.facts), 1.0)
    return {PLACES[name]: value for name, value in found.items()}


def tally(reading: Reading) -> Tally:
    """Count what a listing says; one that is hollow says nothing."""
    if reading.hollow:
        return HOLLOW
    counted, traits = [0] * len(_COUNTED), [0] * 3
    kinds: set[TermKind] = set()
    terms: set[str] = set()
    for hit in reading.hits:
        sign = _sign(hit.term)
        if sign.disclaims and (reading.suspicious or hit in reading.denied):
            continue
        kinds.add(sign.kind)
        if sign.trait >= 0:
            traits[sign.trait] += traits[sign.trait] < _MOST
        elif sign.names:
            terms.update(sign.names)
        elif sign.counted >= 0:
            counted[sign.counted] += counted[sign.counted] < _MOST
    facts = frozenset(_facts(reading, kinds, counted, traits))
    terms.update(standing(reading, offer="offer" in facts))
    return Tally(tuple(counted), tuple(traits), frozenset(terms), facts)


class _Sign(NamedTuple):
    """What one term adds to a tally."""

    kind: TermKind
    counted: int  # place in _COUNTED, or -1
    trait: int  # place in GROUPS, or -1
    names: tuple[str, ...]
    disclaims: bool


@cache
def _sign(term: Term) -> _Sign:
    """Work out once what a term adds to a tally."""
    kind, group = term.kind, term.group
    own = group in GROUPS[:3]
    names: tuple[str, ...] = ()
    if kind in _POINTING and group:
        names = (f"{kind}:{group}:{term.ambiguity}", f"group:{group}")
        if own and term.product in _PRODUCT_OF:
            names += (f"product:{_PRODUCT_OF[term.product]}",)
    return _Sign(
        kind,
        _COUNTED.index(kind) if kind in _COUNTED else -1,
        GROUPS.index(group) if own and kind is TermKind.QUALIFIER else -1,
        names,
        kind is TermKind.DISCLAIMER,
    )


def _facts(
    reading: Reading, kinds: set[TermKind], counted: list[int], traits: list[int]
) -> Iterator[str]:
    """Name the facts: one more decides what a word alone does not."""
    yield from (_FACT_OF[kind] for kind in kinds if kind in _FACT_OF)
    shown = reading.shown_price.amount is not None
    facts = {
        "trait": any(traits),
        "offer": _offers(reading),
        "weight": reading.by_weight,
        "genuine": any(_is_claim(hit) for hit in reading.hits),
        "handle": any(contact.kind != "phone" for contact in reading.contacts),
        "no toy no report": TermKind.TOY not in kinds and TermKind.REPORT not in kinds,
    }
    yield from (name for name, holds in facts.items() if holds)
    if reading.by_weight:
        yield from _of_gram(reading)
    yield from (f"{_FACT_OF[kind]} twice" for kind in _TWICE if counted[_COUNTED.index(kind)] > 1)
    if reading.pointing:
        yield from _of_words(reading, shown=shown)
    if all(is_picture(hit) for hit in reading.pointing):
        yield from _without_words(reading, kinds, offer=facts["offer"])
    if reading.side_hits:
        yield from _of_profile(reading)


def _offers(reading: Reading) -> bool:
    """Tell whether a listing says that something is sold or sought."""
    if reading.contacts or reading.prices or reading.shown_price.amount is not None:
        return True
    return any(hit.term.kind in _OFFERING for hit in reading.hits)


def _of_gram(reading: Reading) -> Iterator[str]:
    """Say how dear a gram is: what resin, jade and ivory, balm and glue differ in most."""
    prices = [reading.shown_price, *(price for price, _, _ in reading.prices)]
    rates = [
        float(price.per_gram) * _DOLLARS[price.currency]
        for price in prices
        if price.per_gram and price.currency in _DOLLARS
    ]
    if rates:
        yield _GRAMS[bisect(_GRAM_STEPS, max(rates))]


def _of_words(reading: Reading, *, shown: bool) -> Iterator[str]:
    """Name what the words that point to an animal are like, together and beside others."""
    words = [hit for hit in reading.pointing if not is_picture(hit)]
    names = [hit for hit in words if hit.term.kind is not TermKind.CODE]
    slang = {hit.term.key for hit in words if hit.term.kind is TermKind.CODE}
    sure = any(hit.term.ambiguity is not Ambiguity.HIGH for hit in names)
    denial = _denies_material(reading)
    products = {hit.term.key for hit in words if hit.term.kind is TermKind.PRODUCT}
    facts = {
        "sure": sure,
        "vague": bool(names) and not sure,
        "slang": bool(slang),
        "two slang": len(slang) > 1,
        "denial": denial,
        "denied material": denial,
        "decisive": any(hit.term.decisive for hit in words),
        "split": any(hit.split for hit in words),
        "many": len({hit.term.key for hit in words}) >= _MOST,
        "two products": len(products) > 1,
        "animal+live": any(hit.term.product == "LIV" for hit in words),
        "denied animal": any(hit in reading.denied for hit in words),
        "pictures": len(words) < len(reading.pointing),
        "unsupported": not sure and not _supported(reading, words, denial=denial, shown=shown),
    }
    yield from (name for name, holds in facts.items() if holds)


_SUPPORT = (
    TermKind.FORM, TermKind.QUALIFIER, TermKind.EVASION, TermKind.INTENT, TermKind.CONTACT,
)  # fmt: skip


def _supported(reading: Reading, words: list[Hit], *, denial: bool, shown: bool) -> bool:
    """Tell whether an ambiguous word has anything beside it that makes an offer likely."""
    if denial or shown or reading.contacts or reading.prices or reading.by_weight:
        return True
    several = len({hit.term.key for hit in words}) > 1
    exact = any(hit.split or hit.term.ambiguity is not Ambiguity.HIGH for hit in words)
    if several or exact:
        return True
    covered = {place for word in reading.pointing for place in range(word.start, word.end)}
    return any(
        hit.term.kind in _SUPPORT and covered.isdisjoint(range(hit.start, hit.end))
        for hit in reading.hits
    )


def _without_words(reading: Reading, kinds: set[TermKind], *, offer: bool) -> Iterator[str]:
    """Name what there is where no word points to an animal."""
    if reading.by_weight:
        yield "weight alone"
    if TermKind.EVASION in kinds:
        yield "evasion alone"
    traits = {hit.term.key: hit.term.group for hit in reading.hits if _sign(hit.term).trait >= 0}
    if len(traits) > 1:
        yield "traits alone"
    same = max(Counter(traits.values()).values(), default=0)
    if not offer and TermKind.EVASION not in kinds and same < 2 + (TermKind.FORM not in kinds):
        yield "bare"
    yield "picture alone" if reading.pointing else "nothing"
    if TermKind.BENIGN in kinds:
        yield "harmless alone"
    if any(hit.term.group == "other" for hit in reading.hits):
        yield "other alone"
    if TermKind.NEGATION in kinds and _denies_material(reading):
        yield "denial"
        yield "denied material"


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
    >>> [is_picture(hit) for hit in Matcher(load_terms()).find("象牙 in the title. Pictured: 🐘")]
    [False, True]
    """
    return hit.term.script == "Zsye" and hit.end - hit.start == 1
