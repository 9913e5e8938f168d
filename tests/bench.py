"""Measurements for BENCHMARKS.md: `python -m tests.bench NAME`. No test times anything."""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

from classifier.artefact import load_model
from classifier.evaluation import false_flags
from classifier.model import score
from classifier.score import ListingText
from data.home import HomeKind
from data.people import Role
from data.store import Store, open_store, sqlite_url
from tests.makers import make_task
from tests.rooms import rooms_in

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


def classify() -> None:
    """Texts a second in one process, and its peak memory."""
    model, listings = load_model(), _listings()
    for text, _ in listings:
        score(text, model)
    begun = time.process_time()
    for _ in range(3):
        for text, _ in listings:
            score(text, model)
    spent = time.process_time() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    characters = median(len(text.body) for text, _ in listings)
    say(f"{3 * len(listings) / spent:.0f} texts/s CPU, median {characters:.0f} characters")
    say(f"peak memory {peak} MB")


def sample() -> None:
    """Recall and false flags on the sample marketplace, which nothing was trained on."""
    model, counts = load_model(), Counter[tuple[str, int, bool]]()
    for text, row in _listings():
        counts[row["lang"], row["truth"]["offered"], score(text, model).flag] += 1
    say("language  found  of offers  false flags  of others")
    for lang in sorted({key[0] for key in counts}):
        found, missed = counts[lang, 1, True], counts[lang, 1, False]
        wrong, right = counts[lang, 0, True], counts[lang, 0, False]
        say(f"{lang:<9} {found:>5}  {found + missed:>9}  {wrong:>11}  {wrong + right:>9}")


def harmless(folder: Path) -> None:
    """False flags on a folder of harmless real texts (JSON Lines with `text`)."""
    for one in false_flags(sorted(folder.glob("*.jsonl")), load_model()):
        say(
            f"{one.name:<8} {one.flagged}/{one.texts}, with a target word "
            f"{one.hard_flagged}/{one.hard_texts}"
        )


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


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=["classify", "sample", "harmless", "screens"])
    parser.add_argument("--folder", type=Path, default=Path())
    parser.add_argument("--listings", type=int, default=2000)
    given = parser.parse_args()
    match given.name:
        case "harmless":
            harmless(given.folder)
        case "screens":
            screens(given.listings)
        case name:
            {"classify": classify, "sample": sample}[name]()
