"""Learning from reviewers: a new model takes over only when it has shown that it finds as much.

1. Corpus, extra labels and verdicts are put together, near-identical texts under one concept.
2. One concept in five is the frozen test split, chosen by a hash that never changes.
3. Of each model a *trial* is trained without that split: of the challenger now, of the champion
   when it was made (of the shipped one from the corpus). Only trials are compared, since a model
   that learned the test by heart would always win.
4. The challenger takes over when its recall, at the champion's number of false flags, falls by no
   more than two points in any language with a hundred test texts. Either way it is kept.
"""

import hashlib
import json
import logging
import shutil
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from classifier.artefact import SHIPPED as SHIPPED_FOLDER
from classifier.artefact import load_model, save_model
from classifier.fitting import listing_of
from classifier.model import Embed, Model, score_all
from classifier.score import ListingText, Score
from classifier.training import Trained, current_hash, figures_of, train, train_to_folder
from data.corpus import LANGUAGES, CorpusRow
from data.terms import Terms
from faunawatch.house import House, os_actor
from faunawatch.lessons import (
    Lessons,
    gather,
    read_corpus,
    read_extra,
    under_one_concept,
)
from faunawatch.models import (
    MODEL,
    RECORD,
    SHIPPED,
    TRIAL,
    UNUSABLE,
    chosen_name,
    folder_of,
    models_folder,
    team_terms,
    use_model,
    write_whole,
)

log = logging.getLogger(__name__)
TEST_OF = 5
ENOUGH = 100
MOST_FALL = 0.02
_ROUNDING = 1e-9
_AT_ONCE = 500


def in_test(concept: str) -> bool:
    """Tell whether a concept belongs to the frozen test split; the same for ever.

    >>> [in_test(name) for name in ("agarwood", "tiger-bone-glue")]
    [True, False]
    """
    return zlib.crc32(f"frozen:{concept}".encode()) % TEST_OF == 0


@dataclass(frozen=True)
class Compared:
    """One language's test: offers found by each model at the same number of false flags."""

    lang: str
    offers: int
    harmless: int
    false_flags: int
    champion: int
    challenger: int

    @property
    def counts(self) -> bool:
        """Tell whether there are texts enough for this language to have a say."""
        return self.offers + self.harmless >= ENOUGH and self.offers > 0

    @property
    def fall(self) -> float:
        """How much recall falls, from 0 to 1; negative when it rises."""
        return (self.champion - self.challenger) / self.offers if self.offers else 0.0

    @property
    def passes(self) -> bool:
        """Tell whether the challenger may take over as far as this language goes."""
        return self.fall <= MOST_FALL + _ROUNDING


def compare(
    champion: Model, challenger: Model, rows: Sequence[CorpusRow], embed: Embed | None = None
) -> tuple[Compared, ...]:
    """Let two models score the same texts, which neither has learned from."""
    texts = [listing_of(row) for row in rows]
    ours, theirs = (_scores(texts, model, embed) for model in (champion, challenger))
    return tuple(
        compared
        for lang in LANGUAGES
        if (compared := _of_language(lang, rows, ours, theirs)) is not None
    )


def _scores(texts: Sequence[ListingText], model: Model, embed: Embed | None) -> list[Score]:
    starts = range(0, len(texts), _AT_ONCE)
    return [one for at in starts for one in score_all(texts[at : at + _AT_ONCE], model, embed)]


def _of_language(
    lang: str, rows: Sequence[CorpusRow], champion: Sequence[Score], challenger: Sequence[Score]
) -> Compared | None:
    own = [at for at, row in enumerate(rows) if row.lang == lang]
    offers = [at for at in own if rows[at].offered]
    harmless = [at for at in own if not rows[at].offered]
    if not own:
        return None
    allowed = sum(champion[at].flag for at in harmless)
    found = [
        found_at(allowed, [one[at].offered for at in offers], [one[at].offered for at in harmless])
        for one in (champion, challenger)
    ]
    return Compared(lang, len(offers), len(harmless), allowed, *found)


def found_at(allowed: int, offers: Iterable[float], harmless: Iterable[float]) -> int:
    """Count the offers a model finds where its threshold lets so many false flags pass.

    >>> found_at(1, [0.9, 0.6, 0.5, 0.2], [0.8, 0.5, 0.1])
    2
    """
    false = sorted(harmless, reverse=True)
    limit = false[allowed] if allowed < len(false) else -1.0
    return sum(chance > limit for chance in offers)


def takes_over(compared: Iterable[Compared]) -> bool:
    """Tell whether the challenger replaces the champion; without any test it does not."""
    heard = [one for one in compared if one.counts]
    return bool(heard) and all(one.passes for one in heard)


def learn(
    house: House,
    extra: Sequence[Path] = (),
    *,
    corpus: Sequence[CorpusRow] | None = None,
    embed: Embed | None = None,
) -> Iterator[str]:
    """Train a challenger, compare it with the model in use and keep it; yield what is said."""
    shipped = read_corpus() if corpus is None else corpus
    labels = read_extra(extra)
    with house.store.read() as session:
        lessons = gather(session, shipped, labels)
    yield from _told(lessons)
    school = School(team_terms(house), embed)
    champion, rival = _champion(house, school, shipped)
    trial = school.trial(lessons.rows)
    test = [row for row in lessons.rows if in_test(row.concept)]
    compared = compare(rival, trial.model, test, embed)
    yield from table(compared, champion)
    won = takes_over(compared)
    name = _keep(
        house, trial, school.whole(lessons.rows), _record(lessons, champion, compared, won=won)
    )
    if won:
        use_model(house, name)
    yield verdict(name, champion, compared, won=won)


@dataclass(frozen=True)
class School:
    """What every training of one run has in common: the lexicon, and whether meaning is read."""

    terms: Terms
    embed: Embed | None

    def whole(self, rows: Sequence[CorpusRow]) -> Trained:
        """Train on all these rows."""
        return train(rows, self.terms, _source(rows), self.embed)

    def trial(self, rows: Iterable[CorpusRow]) -> Trained:
        """Train on these rows without those of the frozen test split."""
        return self.whole([row for row in rows if not in_test(row.concept)])


def _champion(house: House, school: School, corpus: Sequence[CorpusRow]) -> tuple[str, Model]:
    """Return the name and the trial of the model in use; of the shipped one if it opens no more."""
    name = chosen_name(house)
    if name != SHIPPED:
        try:
            return name, load_model(folder_of(house, name) / TRIAL, school.terms)
        except UNUSABLE as error:
            log.warning("model %s is compared with no longer: %s", name, error)
    rows = list(under_one_concept(corpus))
    stages = "both" if school.embed is not None else "fast"
    folder = models_folder(house) / f".{SHIPPED}-{stages}-{_source(rows)[:12]}"
    if not folder.exists():
        _save(folder, school.trial(rows))
    return SHIPPED, load_model(folder, school.terms)


def _told(lessons: Lessons) -> Iterator[str]:
    counts = lessons.counts
    yield (
        f"learning from {counts['corpus']} corpus texts, {counts['decided']} verdicts and "
        f"{counts['extra']} extra labels"
    )
    for why, number in sorted(lessons.left_out.items()):
        yield f"{number} verdicts are left out: {why}"


def _source(rows: Iterable[CorpusRow]) -> str:
    """Name what a model is made of: the rows, the lexicon, taxa and features of this version."""
    digest = hashlib.sha256(current_hash().encode())
    for row in rows:
        digest.update(json.dumps(asdict(row), ensure_ascii=False, sort_keys=True).encode())
    return digest.hexdigest()


def _save(folder: Path, made: Trained) -> None:
    """Write a model folder whole, by another name first."""
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    save_model(part, made.model, figures_of(made))
    part.rename(folder)


def _record(
    lessons: Lessons, champion: str, compared: Iterable[Compared], *, won: bool
) -> dict[str, Any]:
    return {
        "by": os_actor(),
        "trained_on": dict(lessons.counts),
        "left_out": dict(lessons.left_out),
        "against": champion,
        "compared": [asdict(one) for one in compared],
        "took_over": won,
    }


def _keep(house: House, trial: Trained, made: Trained, record: dict[str, Any]) -> str:
    """Write a challenger and its trial down; return its name."""
    now = house.store.clock().now()
    name = f"{now:%Y%m%dT%H%M%SZ}-{made.model.corpus_hash[:8]}"
    folder = models_folder(house) / name
    _save(folder / MODEL, made)
    _save(folder / TRIAL, trial)
    whole = {
        "made_at": now.isoformat(),
        "source": made.model.corpus_hash,
        **record,
        "figures": figures_of(made),
    }
    write_whole(folder / RECORD, json.dumps(whole, ensure_ascii=False, indent=1) + "\n")
    return name


def table(compared: Iterable[Compared], champion: str) -> Iterator[str]:
    """Lay the comparison out in lines."""
    yield f"found at the same number of false flags, on the frozen test split, against {champion}:"
    yield "language\ttexts\toffers\tfalse flags\tin use\tnew\tchange"
    for one in compared:
        note = "" if one.counts else f"\tfewer than {ENOUGH} texts: not counted"
        if one.counts and not one.passes:
            note = "\tfalls too far"
        yield (
            f"{one.lang}\t{one.offers + one.harmless}\t{one.offers}\t{one.false_flags}\t"
            f"{one.champion}\t{one.challenger}\t{0.0 - 100 * one.fall:+.1f} points{note}"
        )


def verdict(name: str, champion: str, compared: Sequence[Compared], *, won: bool) -> str:
    """Say how the comparison ended and what can be done about it."""
    if won:
        return f"{name} is in use now; `faunawatch models use {champion}` goes back"
    worse = ", ".join(one.lang for one in compared if one.counts and not one.passes)
    why = f"it finds less in {worse}" if worse else f"no language has {ENOUGH} test texts"
    return f"{champion} stays in use: {why}; {name} is kept, `faunawatch models use` takes it"


def train_shipped(out: Path | None, embed: Embed | None = None) -> Iterator[str]:
    """Train from the reference data alone; yield how good it is on unseen texts."""
    read_corpus()
    trained = train_to_folder(out or SHIPPED_FOLDER, embed=embed)
    yield json.dumps(figures_of(trained), ensure_ascii=False)
