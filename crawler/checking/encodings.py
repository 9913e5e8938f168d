"""Text that was read in the wrong encoding: told by the letters it has and those it should have."""

import re
from collections.abc import Iterable, Iterator

from crawler.checking.faults import Fault, Found
from crawler.checking.notes import Notes, Sample

_SCRIPTS = {
    "zh": re.compile("[\u3400-\u9fff]"),
    "vi": re.compile(
        "[\u0110\u0111\u01a0\u01a1\u01af\u01b0\u1ea0-\u1ef9à-ãè-êìíò-õùúýÀ-ÃÈ-ÊÌÍÒ-ÕÙÚÝ]"
    ),
    "th": re.compile("[\u0e00-\u0e7f]"),
    "lo": re.compile("[\u0e80-\u0eff]"),
    "km": re.compile("[\u1780-\u17ff]"),
    "my": re.compile("[\u1000-\u109f]"),
}
# Read as the left, text turns into letters nobody there writes; meant as the right, it is plain.
_WRONG = ("cp1252", "latin-1", "gb18030", "big5", "cp874")
_MEANT = ("utf-8", "gb18030", "big5", "cp874", "cp1258")
_LOST = re.compile(r"\?{3,}|\ufffd")
_SIGNS = re.compile(r"[^\W\d_]")
_LEAST = 2
_NEARLY_ALL = 0.8
_HALF = 0.5


def misread(text: str, languages: Iterable[str]) -> tuple[str, str] | None:
    """Return how a text was read and how it was meant; None where it looks right.

    >>> misread("è™Žç‰™", ["zh-Hans"]), misread("虎牙", ["zh-Hans"])
    (('cp1252', 'utf-8'), None)
    >>> misread("§ÒªéÒ§", ["th"]), misread("Café", ["en", "th"])
    (('cp1252', 'cp874'), None)
    """
    own = [_SCRIPTS[base] for language in languages if (base := language[:2]) in _SCRIPTS]
    foreign = [sign for sign in text if ord(sign) > 0x7F]  # noqa: PLR2004
    if not own or len(foreign) < _LEAST or _share(text, own) > _HALF:
        return None
    for wrong in _WRONG:
        for meant in _MEANT:
            other = _again(text, wrong, meant)
            if other is not None and _share(other, own) >= _NEARLY_ALL:
                return wrong, meant
    return None


def _share(text: str, own: Iterable[re.Pattern[str]]) -> float:
    """Return the share of a text's foreign signs that belong to the scripts given."""
    foreign = [sign for sign in text if ord(sign) > 0x7F]  # noqa: PLR2004
    fitting = [sign for sign in foreign if any(script.match(sign) for script in own)]
    return len(fitting) / len(foreign) if foreign else 0.0


def _again(text: str, wrong: str, meant: str) -> str | None:
    if wrong == meant:
        return None
    try:
        return text.encode(wrong).decode(meant)
    except UnicodeError:
        return None


def faults(notes: Notes, languages: Iterable[str]) -> Iterator[Found]:
    """Name pages whose letters were read as others."""
    known = tuple(languages)
    said = [_problem(sample, known) for sample in notes.samples]
    said += [page.decoded.problem.partition(": ")[2] for page in notes.unreadable]
    wrong = [words for words in said if words]
    if wrong and len(wrong) * 2 >= len(said):
        yield Found(Fault.ENCODING, f"{wrong[0]}, on {len(wrong)} of {len(said)} listing pages")


def garbled(notes: Notes, languages: Iterable[str]) -> bool:
    """Tell whether letters came out so wrong that words, dates and searches prove nothing."""
    known = tuple(languages)
    wrong = sum(bool(_misread_text(one, known)) for one in notes.samples)
    return wrong > 0 and wrong * 2 >= len(notes.samples)


def _problem(sample: Sample, languages: tuple[str, ...]) -> str:
    for problem in sample.reading.found.problems:
        kind, _, message = problem.partition(": ")
        if kind in {"wrong_encoding", "broken_encoding"}:
            return message
    return _misread_text(sample, languages)


def _misread_text(sample: Sample, languages: tuple[str, ...]) -> str:
    found = sample.reading.found
    for text in (found.title, found.description):
        if turned := misread(text, languages):
            wrong, meant = turned
            return f"{text[:30]!r} was written in {meant} and read as {wrong}"
        if _is_lost(text):
            return f"{text[:30]!r} has lost its letters"
    return ""


def _is_lost(text: str) -> bool:
    lost = sum(len(run) for run in _LOST.findall(text))
    return lost > len(_SIGNS.findall(text))
