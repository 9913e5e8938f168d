"""Trying a platform's search: which words to try, and what the answers prove."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from crawler.checking.faults import Fault, Found
from crawler.checking.notes import Notes, Sample, Trial, Word
from crawler.searching import Shown, same_as_unfiltered
from data.platform import Platform

WORDS_A_SCRIPT = 2
_THERE = frozenset({Word.OWN, Word.COMMON})
_LONGEST, _SHORTEST = 20, 2
_SCRIPTS = {
    "Latin": (re.compile(r"[^\W\d_\u0370-\uffff]{4,}"), "zqxjkvwq"),
    "Chinese": (re.compile("[\u4e00-\u9fff]{2,6}"), "齉龘籲"),
    "Thai": (re.compile("[\u0e01-\u0e4e]{3,}"), "ฌฆฬฎฌ"),
    "Lao": (re.compile("[\u0e81-\u0edf]{3,}"), "ຝຢຟຝຟຢ"),
    "Khmer": (re.compile("[\u1780-\u17d3]{3,}"), "ឍឡឋឈឍ"),
    "Burmese": (re.compile("[\u1000-\u104f]{3,}"), "ဋဌဠဃဍ"),
}
_SCRIPT_OF = {"zh": "Chinese", "th": "Thai", "lo": "Lao", "km": "Khmer", "my": "Burmese"}


def scripts_of(languages: Sequence[str]) -> list[str]:
    """Return the scripts that sellers on a platform write; Latin is among them everywhere.

    >>> scripts_of(["zh-Hans", "zh-Hant", "vi"])
    ['Latin', 'Chinese']
    """
    own = (_SCRIPT_OF.get(language[:2], "Latin") for language in languages)
    return list(dict.fromkeys(("Latin", *own)))


def script_of(term: str) -> str:
    """Return the script a term is written in.

    >>> script_of("虎牙"), script_of("tiger 40")
    ('Chinese', 'Latin')
    """
    for name, (pattern, _) in _SCRIPTS.items():
        if name != "Latin" and re.search(pattern.pattern.partition("{")[0], term):
            return name
    return "Latin"


def nonsense(script: str) -> str:
    """Return what is a word of no language that this script writes."""
    return _SCRIPTS[script][1]


def own_words(samples: Sequence[Sample], script: str) -> list[tuple[str, Word]]:
    """Return words of a script from titles of listings that were read, rarest and longest first.

    Words that most titles have are taken where there are no others, and marked: finding
    everything is right for them.
    """
    pattern = _SCRIPTS[script][0]
    held = Counter(
        word
        for sample in samples
        for word in set(pattern.findall(sample.reading.found.title))
        if _SHORTEST <= len(word) <= _LONGEST
    )
    rare = {word for word, times in held.items() if times * 2 <= len(samples)}
    words = sorted(rare or held, key=lambda word: (held[word], -len(word), word))
    return [(word, Word.OWN if rare else Word.COMMON) for word in words[:WORDS_A_SCRIPT]]


def summary(notes: Notes, platform: Platform) -> str:
    """Say what the search was asked and how much it found."""
    if not platform.lists.search:
        return "no search is described"
    answered = [one for one in notes.trials if one.answer is not None]
    if not answered:
        return "the search could not be tried"
    real = [f"{_hits(one)} for {one.term!r}" for one in answered if one.word is not Word.NONSENSE]
    made_up = [str(_hits(one)) for one in answered if one.word is Word.NONSENSE]
    if made_up:
        real.append(f"{' and '.join(dict.fromkeys(made_up))} for words that do not exist")
    return ", ".join(real)


def _hits(trial: Trial) -> int:
    answer = trial.answer
    return (answer.total if answer.total is not None else len(answer.ids)) if answer else 0


def faults(notes: Notes) -> Iterator[Found]:
    """Name a search that ignores its term, and one that finds nothing it should."""
    ignored: dict[str, list[str]] = {}
    for trial in notes.trials:
        if why := _ignored(trial, notes):
            ignored.setdefault(why, []).append(repr(trial.term))
    if ignored:
        said = (f"{', '.join(terms)} ignored: {why}" for why, terms in ignored.items())
        yield Found(Fault.SEARCH_IGNORED, "; ".join(said))
    scripts = dict.fromkeys(one.script for one in notes.trials)
    for script in scripts:
        yield from _blind([one for one in notes.trials if one.script == script])


def _ignored(trial: Trial, notes: Notes) -> str:
    """Say why a term was ignored; for nonsense only where no own word proves the search honest."""
    if trial.answer is None or notes.first is None:
        return ""
    if trial.word is Word.NONSENSE:
        return ""
    if trial.word is not Word.COMMON and (why := same_as_unfiltered(trial.answer, notes.first)):
        return why
    for other in notes.trials:
        if other.word is Word.NONSENSE and other.script == trial.script and _same(trial, other):
            return "a word that does not exist finds just the same"
    return ""


def _same(trial: Trial, other: Trial) -> bool:
    one, two = trial.answer, other.answer
    return one is not None and two is not None and bool(one.ids) and one.ids == two.ids


def _blind(trials: list[Trial]) -> Iterator[Found]:
    own = [one for one in trials if one.word in _THERE and one.answer is not None]
    if own and not any(_hits(one) for one in own):
        terms = " nor ".join(repr(one.term) for one in own)
        words = f"finds nothing for {terms}, which listings on the site contain"
        yield Found(Fault.SEARCH_BLIND, f"it {words}")


def remarks(notes: Notes) -> Iterator[str]:
    """Remark on a search that answers nonsense with listings: recommendations are no results."""
    for trial in notes.trials:
        if trial.word is not Word.NONSENSE or not _hits(trial):
            continue
        others = [one for one in notes.trials if one.script == trial.script and one is not trial]
        if any(_ignored(one, notes) for one in others):
            continue
        same = notes.first and same_as_unfiltered(trial.answer or Shown(frozenset()), notes.first)
        as_much = "as much as no word at all" if same else f"{_hits(trial)} listings"
        yield f"search: a {trial.script} word that does not exist finds {as_much}"
