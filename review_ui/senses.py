"""What a word of the lexicon means where it is harmless."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from data.tables import read_table
from data.terms import TERMS_FOLDER, term_files
from data.text import normalise

_COLUMNS = ("term", "lang", "benign_sense", "retired")


def harmless_sense(words: str, lang: str) -> str:
    """Tell what else the words of a listing may mean; empty where the lexicon does not say.

    >>> harmless_sense("line id", "th"), harmless_sense("no such words", "th")
    ('any seller', '')
    """
    senses = load_senses().get(_key(words), {})
    return senses.get(lang) or next(iter(senses.values()), "")


@cache
def load_senses(folder: Path = TERMS_FOLDER) -> Mapping[str, Mapping[str, str]]:
    """Read the harmless senses of a folder's terms, by spelling and language.

    Only these rows are read: the whole lexicon would keep the first page waiting.
    """
    senses: dict[str, dict[str, str]] = {}
    for path in term_files(folder):
        for _, row in read_table(path, _COLUMNS):
            if row["benign_sense"] and not row["retired"]:
                senses.setdefault(_key(row["term"]), {})[row["lang"]] = row["benign_sense"]
    return senses


def _key(words: str) -> str:
    return normalise(words).text.strip()
