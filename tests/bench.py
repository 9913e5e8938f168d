"""Measurements for BENCHMARKS.md: `python -m tests.bench NAME`. No test times anything."""

import argparse
import json
import random
import resource
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from unittest import mock

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sqlalchemy import func, select, update

from classifier.artefact import load_model
from classifier.chinese import Cutter
from classifier.evaluation import cells, false_flags, judge, unseen_both, unseen_fast
from classifier.features import features
from classifier.fitting import GRAM_WEIGHT, Examples, fit_head, matrix_of, prepare
from classifier.meaning import load_meaning, why_no_meaning
from classifier.metrics import Share
from classifier.model import HEADS, Embed, score_all
from classifier.score import ListingText
from classifier.signals import NAMES
from classifier.terms import Matcher
from classifier.vectors import VectorCache
from data.corpus import STYLES, CorpusRow, load_corpus
from data.home import HomeKind
from data.jobs import Job, JobState
from data.people import Role
from data.store import Store, open_store, sqlite_url
from data.taxa import load_taxa
from data.terms import load_terms
from data.watches import MissedRun, Watch, watch_of
from faunawatch.classifying import Asked, Classifier
from faunawatch.schedule import run as keep_schedule
from faunawatch.schedule import tick
from tests.bench_relistings import relistings
from tests.makers import make_task
from tests.rooms import rooms_in

LONG = 200  # characters
SAMPLE = Path(__file__).parents[1] / "faunawatch" / "sample" / "listings"


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _listings() -> list[tuple[ListingText, dict]]:
    rows = [
        json.loads(line)
        for file in sorted(SAMPLE.glob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    return [
        (
            ListingText(
                row["title"], row["description"], row["price"] or "", row["currency"] or ""
            ),
            row,
        )
        for row in rows
    ]


def _long_listings(count: int, folder: Path | None = None) -> list[ListingText]:
    """Listings of about 200 characters in all languages: ordinary ones, each fiftieth an offer.

    With a folder of real harmless texts the ordinary ones come from there; those of the corpus
    are written to be near misses and several times slower to read.
    """
    draw = random.Random(7)
    ordinary, offers = _texts_by_lang("ordinary"), _texts_by_lang("plain")
    if folder is not None:
        ordinary = {
            file.stem: [json.loads(line)["text"] for line in file.read_text("utf-8").splitlines()]
            for file in sorted(folder.glob("*.jsonl"))
        }
    found = []
    for number in range(count):
        some = ordinary[sorted(ordinary)[number % len(ordinary)]]
        own = offers[sorted(offers)[number % len(offers)]]
        text = draw.choice(own if number % 50 == 0 else some)
        while len(text) < LONG:
            text += " " + draw.choice(some)
        found.append(ListingText(text[:40], text[40 : LONG + 20], draw.choice(["", "120", "2tr5"])))
    return found


def _texts_by_lang(style: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in load_corpus():
        if row.style == style:
            found.setdefault(row.lang, []).append(f"{row.title}. {row.description}".strip())
    return found


def classify(listings: int, folder: Path | None) -> None:
    """Listings a second of `classify --fast`, JSON in and JSON out, and its peak memory."""
    begun = time.process_time()
    classifier = Classifier(Asked(fast=True))
    say(f"ready after {time.process_time() - begun:.2f} s CPU")
    some = _long_listings(min(listings, 20_000), folder)
    lines = [
        json.dumps({"title": one.title, "description": one.description, "price": one.price})
        for one in some
    ]
    classifier.part([line.encode() for line in lines[:500]], 1)  # tables fill as letters are met
    flagged = bytes_out = 0
    begun = time.process_time()
    for first in range(0, listings, 2048):
        part = [lines[at % len(lines)].encode() for at in range(first, min(first + 2048, listings))]
        answers = classifier.part(part, first + 1).answers
        flagged += sum('"flag": true' in answer for answer in answers)
        bytes_out += sum(map(len, answers))
    spent = time.process_time() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    say(f"{listings} listings of {LONG} characters, {flagged} flagged with reasons")
    say(f"{listings / spent:.0f} listings/s CPU, {spent:.1f} s; peak memory {peak} MB")


def ratio(folder: Path | None) -> None:
    """How many times faster bulk scoring is than scikit-learn's pipeline, and how equal."""
    model, listings = load_model(), _long_listings(2000, folder)
    head = LogisticRegression()
    weights = model.weights
    head.classes_ = np.array([False, True])
    grams = weights.grams[:, 0] * (weights.steps[0] / GRAM_WEIGHT)
    head.coef_ = np.concatenate([weights.signals[0], grams])[None, :]
    head.intercept_ = weights.intercepts[:1]

    def pipeline() -> np.ndarray:
        numbers = [features(one, model.matcher) for one in listings]
        return head.decision_function(matrix_of(numbers))

    def bulk() -> np.ndarray:
        parts = range(0, len(listings), 256)
        return np.array(
            [one.raw for at in parts for one in score_all(listings[at : at + 256], model)]
        )

    for _ in range(3):
        begun = time.process_time()
        slow = pipeline()
        middle = time.process_time()
        fast = bulk()
        ended = time.process_time()
        say(
            f"{(middle - begun) / (ended - middle):.1f} times, "
            f"largest difference {np.abs(slow - fast).max():.1e}"
        )


def meaning() -> None:
    """Listings a second of both stages, new and known, and of meaning by length."""
    engine = load_meaning()
    if engine is None:
        say(f"no meaning stage here: {why_no_meaning()}")
        return
    model, listings = load_model(), _long_listings(600)
    with (
        tempfile.TemporaryDirectory() as folder,
        VectorCache(Path(folder) / "vectors", engine, say) as cache,
    ):
        for name in ("new", "known"):
            begun = time.perf_counter()
            for at in range(0, len(listings), 200):
                score_all(listings[at : at + 200], model, cache.embed)
            spent = time.perf_counter() - begun
            say(f"both stages, {name} texts: {len(listings) / spent:.1f} listings/s")
    say(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


def ablations() -> None:
    """What each part is worth: flagged of unseen texts with parts left out."""
    rows, terms = load_corpus(), load_terms()
    examples = prepare(rows, Matcher(terms))
    fast = unseen_fast(examples)
    _tell("fast stage", examples, fast)
    engine = load_meaning()
    if engine is not None:
        with VectorCache(Path("var/vectors.sqlite"), engine, say) as cache:
            vectors = cache.embed(examples.meanings)
        _tell("both stages", examples, unseen_both(examples, vectors, fast))
    uncut = Matcher(terms)
    uncut.cutter = Cutter([])
    _ablate("fast, no user dictionary", rows, uncut)
    with (
        mock.patch("classifier.bundle.fold", lambda text, _: text.lower()),
        mock.patch("classifier.bundle._needy", lambda _, __, starts: [True] * len(starts)),
    ):
        _ablate("fast, no normalisation", rows, Matcher(terms))
    examples = prepare(rows, Matcher(terms))
    words, grams = examples.matrix[:, : len(NAMES)], examples.matrix[:, len(NAMES) :]
    _tell("fast, lexicon alone", examples, _unseen(examples, words))
    _tell("fast, n-grams alone", examples, _unseen(examples, grams))


def _unseen(examples: Examples, matrix: sparse.csr_matrix) -> np.ndarray:
    """Give the first head's raw scores of unseen rows from some columns alone."""
    logits = np.zeros((len(examples.rows), len(HEADS)))
    labels = examples.labels(HEADS[0])
    for tested, trained in cells(examples):
        weights, start = fit_head(matrix[trained], labels[trained])
        logits[tested, 0] = matrix[tested] @ weights + start
    return logits


def _ablate(name: str, rows: Sequence[CorpusRow], matcher: Matcher) -> None:
    examples = prepare(rows, matcher)
    _tell(name, examples, unseen_fast(examples))


def _tell(name: str, examples: Examples, logits: np.ndarray) -> None:
    figures = judge(examples, logits, load_taxa()).figures
    parts = []
    for style in STYLES[:-1]:
        hits = sum(one.styles[style].hits for one in figures)
        of = sum(one.styles[style].of for one in figures)
        parts.append(f"{style} {Share(hits, of)}")
    say(f"{name}: {', '.join(parts)}")


def _embed() -> Embed | None:
    engine = load_meaning()
    return engine.embed if engine else None


def sample() -> None:
    """Recall and false flags on the sample marketplace, which nothing was trained on."""
    model, listings = load_model(), _listings()
    scores = score_all([text for text, _ in listings], model, _embed())
    counts = Counter(
        (row["lang"], row["truth"]["offered"], found.flag)
        for (_, row), found in zip(listings, scores, strict=True)
    )
    say("language  found  of offers  false flags  of others")
    for lang in sorted({key[0] for key in counts}):
        found, missed = counts[lang, 1, True], counts[lang, 1, False]
        wrong, right = counts[lang, 0, True], counts[lang, 0, False]
        say(f"{lang:<9} {found:>5}  {found + missed:>9}  {wrong:>11}  {wrong + right:>9}")


def harmless(folder: Path) -> None:
    """False flags on a folder of harmless real texts (JSON Lines with `text`)."""
    for one in false_flags(sorted(folder.glob("*.jsonl")), load_model()):
        say(f"{one.name:<8} {one.all}, with a target word {one.hard}")


def screens(listings: int) -> None:
    """Median server time of the screens over a store with this many flagged listings."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        open_store(sqlite_url(folder / "template.sqlite"), kind=HomeKind.TEST).close()
        with rooms_in(folder, folder / "template.sqlite") as rooms:
            _fill(rooms.store, listings)
            guest = rooms.guest("Mai", Role.ADMIN)
            for path in ("/", "/listing/1", "/crawls", "/outcomes", "/figures"):
                say(f"{path:<12} {1000 * _median_time(partial(guest.get, path)):.0f} ms")


def _fill(store: Store, listings: int) -> None:
    clock = store.clock()
    for begin in range(0, listings, 200):
        with store.write() as session:
            for number in range(begin, min(begin + 200, listings)):
                make_task(session, clock, str(number))


def _median_time(call: Callable[[], object]) -> float:
    times = []
    for _ in range(25):
        begun = time.perf_counter()
        call()
        times.append(time.perf_counter() - begun)
    return median(times)


def schedules(platforms: int = 1000, seconds: int = 120) -> None:
    """One scheduler over a thousand platforms: how late it asks, and what it costs."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(sqlite_url(Path(folder) / "s.sqlite"), kind=HomeKind.TEST)
        begun = store.clock().now()
        due = {f"p{one:04}": begun + timedelta(seconds=seconds / platforms * one + 1)
               for one in range(platforms)}  # fmt: skip
        _watch_at(store, due)
        busy = _keep_schedule(store, seconds + 10)
        late = sorted((asked - due[one]).total_seconds() for one, asked in _asked_at(store).items())
        say(f"{len(late)} of {platforms} asked for, due one by one over {seconds} s")
        p99 = late[int(len(late) * 0.99)]
        say(f"late by {median(late):.1f} s (median), {p99:.1f} s (p99), {late[-1]:.1f} s (most)")
        say(f"CPU of the scheduler {100 * busy:.2f} % of one core")
        _do_all(store)
        say(f"CPU with nothing due {100 * _keep_schedule(store, 60):.2f} % of one core")
        _watch_at(store, dict.fromkeys(due, store.clock().now() - timedelta(days=7)))
        wall, cpu = time.perf_counter(), time.process_time()
        tick(store, "bench")
        spent, cpu = time.perf_counter() - wall, time.process_time() - cpu
        with store.read() as session:
            jobs = session.scalar(select(func.count(Job.id)).where(Job.state == JobState.QUEUED))
            missed = session.scalar(select(func.sum(MissedRun.runs)))
        say(f"after a week off: {jobs} asked in {spent:.2f} s ({cpu:.2f} s CPU), {missed} missed")
        store.close()


def _watch_at(store: Store, due: dict[str, datetime]) -> None:
    with store.write() as session:
        for one, at in due.items():
            watch = watch_of(session, one, at)
            watch.enabled, watch.jitter_minutes = True, 0
            watch.next_run_at = watch.anchor_at = at


def _keep_schedule(store: Store, seconds: float) -> float:
    """Keep the schedule for so long; return the share of one core it used."""
    stop = threading.Event()
    timer = threading.Timer(seconds, stop.set)
    timer.start()
    wall, cpu = time.perf_counter(), time.process_time()
    keep_schedule(store, stop)
    return (time.process_time() - cpu) / (time.perf_counter() - wall)


def _asked_at(store: Store) -> dict[str, datetime]:
    with store.read() as session:
        rows = session.execute(select(Watch.platform_id, Watch.last_enqueued_at))
        return {one: at for one, at in rows if at is not None}


def _do_all(store: Store) -> None:
    with store.write() as session:
        session.execute(update(Job).values(state=JobState.DONE))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    folders = ("classify", "harmless", "ratio", "relistings", "screens")
    names = {
        "schedules": schedules,
        "meaning": meaning, "ablations": ablations, "sample": sample,
    }  # fmt: skip
    parser.add_argument("name", choices=[*folders, *names])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--listings", type=int, default=2000)
    given = parser.parse_args()
    match given.name:
        case "harmless":
            harmless(given.folder or Path())
        case "screens":
            screens(given.listings)
        case "relistings":
            relistings(say, given.listings)
        case "ratio":
            ratio(given.folder)
        case "classify":
            classify(given.listings, given.folder)
        case name:
            names[name]()
