"""How well and how fast relistings are found, on pairs planted here: `bench relistings`."""

import random
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
from sqlalchemy import insert

from data.base import ManualClock
from data.corpus import CorpusRow, load_corpus
from data.home import HomeKind
from data.listings import Listing
from data.looks import looks_of
from data.relistings import BITS_MOST, BITS_SURE, CLOSE_LOOKS, OUTLINES_AGREE, TEXT_ALIKE
from data.resemblance import SHARED, likeness, text_keys
from data.states import Availability
from data.store import open_store, sqlite_url
from data.views import Gallery, agreement, views_of
from data.wanted import MOST_FOUND, WantedListing, WantedText, alike_by_text
from tests.crawling import NOON
from tests.planting import PICTURE_CHANGES, TEXT_CHANGES, changed_jpeg, drawn_picture, jpeg

EACH = 60  # wanted texts of a language
DRAWN = 80
Say = Callable[[str], None]


def relistings(say: Say, listings: int) -> None:
    """Recall and precision of words and pictures on planted pairs, then the cost of a search."""
    say(f"words: {SHARED} of 32 keys shared, then {TEXT_ALIKE} alike")
    _texts(say)
    say(f"pictures: {BITS_SURE} of 128 bits, or {BITS_MOST} and outlines {OUTLINES_AGREE}")
    _pictures(say)
    _costs(say, listings)


def text_of(row: CorpusRow) -> str:
    return f"{row.title}\n{row.description}"


class Index:
    """The index of wanted texts, in memory."""

    def __init__(self, rows: Sequence[CorpusRow]) -> None:
        self.rows = {row.id: text_of(row) for row in rows}
        self.met: dict[int, list[str]] = defaultdict(list)
        for name, text in self.rows.items():
            for key in set(text_keys(text)):
                self.met[key].append(name)

    def found(self, text: str) -> list[str]:
        """Return the wanted texts that would be proposed for a new one."""
        shared = Counter(name for key in set(text_keys(text)) for name in self.met.get(key, ()))
        likely = [name for name, count in shared.most_common(MOST_FOUND) if count >= SHARED]
        return [name for name in likely if likeness(self.rows[name], text) >= TEXT_ALIKE]


def _texts(say: Say) -> None:
    draw = random.Random(11)
    by_lang: dict[str, list[CorpusRow]] = defaultdict(list)
    for row in load_corpus():
        if row.offered:
            by_lang[row.lang].append(row)
    wanted = [row for rows in by_lang.values() for row in draw.sample(rows, EACH)]
    index, false, right = Index(wanted), Counter[str](), Counter[tuple[str, str]]()
    for row in wanted:
        others = [text_of(one) for one in draw.sample(by_lang[row.lang], 3)]
        for name, change in TEXT_CHANGES.items():
            found = index.found(change(text_of(row), row.lang, draw, others))
            right[name, row.lang] += row.id in found
            false["copies"] += len(set(found) - {row.id})
    _tell_texts(say, right, sorted(by_lang), false["copies"])
    _tell_negatives(say, index, wanted, [row for rows in by_lang.values() for row in rows])


def _tell_texts(say: Say, right: Counter[tuple[str, str]], langs: list[str], wrong: int) -> None:
    say(f"{'recall, %':<15}" + "".join(f"{lang:>8}" for lang in langs) + "     all")
    for name in TEXT_CHANGES:
        shares = [right[name, lang] / EACH for lang in langs]
        cells = "".join(f"{100 * share:>8.0f}" for share in shares)
        say(f"{name:<15}{cells}{100 * sum(shares) / len(shares):>8.1f}")
    total = sum(right.values())
    say(f"precision on copies: {total} right, {wrong} wrong: {100 * total / (total + wrong):.2f} %")


def _tell_negatives(
    say: Say, index: Index, wanted: Sequence[CorpusRow], rows: Sequence[CorpusRow]
) -> None:
    """Other offers, mostly of the same goods in the same language, as new listings."""
    names = {row.id for row in wanted}
    goods = {(row.lang, row.concept) for row in wanted}
    strangers = [row for row in rows if row.id not in names]
    near = [row for row in strangers if (row.lang, row.concept) in goods]
    for label, some in (("of the same goods", near), ("all other offers", strangers)):
        met = sum(bool(index.found(text_of(row))) for row in some)
        say(f"new offers, {label}: {met} of {len(some)} proposed wrongly")


def _pictures(say: Say) -> None:
    draw, gallery, kept = random.Random(12), Gallery(), {}
    drawn = [drawn_picture(seed) for seed in range(DRAWN)]
    for seed in range(DRAWN):
        kept[str(seed)] = jpeg(drawn[seed])
        gallery.add(str(seed), views_of(kept[str(seed)]))
    right: Counter[str] = Counter()
    wrong = 0
    for name in PICTURE_CHANGES:
        for seed in range(DRAWN):
            found = _found(gallery, kept, changed_jpeg(drawn[seed], name, draw))
            right[name] += str(seed) in found
            wrong += len(found - {str(seed)})
        say(f"{name:<22} recall {100 * right[name] / DRAWN:.1f} %")
    total = sum(right.values())
    say(f"precision on copies: {total} right, {wrong} wrong: {100 * total / (total + wrong):.2f} %")
    same = [jpeg(drawn_picture(10_000 + seed, subject=seed)) for seed in range(DRAWN)]
    other = [jpeg(drawn_picture(20_000 + seed)) for seed in range(2 * DRAWN)]
    for label, some in (("of the same things", same), ("of other things", other)):
        met = sum(bool(_found(gallery, kept, one)) for one in some)
        say(f"new pictures {label}: {met} of {len(some)} proposed wrongly")


def _found(gallery: Gallery, kept: dict[str, bytes], content: bytes) -> set[str]:
    looks = looks_of(content)
    asked = [(looks.dhash, looks.phash), (looks.trimmed_dhash, looks.trimmed_phash)]
    near = sorted(gallery.near(asked, BITS_MOST).items(), key=lambda one: one[1])[:CLOSE_LOOKS]
    return {
        name
        for name, bits in near
        if bits <= BITS_SURE or agreement(kept[name], content) >= OUTLINES_AGREE
    }


def _costs(say: Say, listings: int) -> None:
    """The time of one search in a store of many listings of which a hundredth are wanted."""
    with tempfile.TemporaryDirectory() as name:
        store = open_store(sqlite_url(Path(name) / "many.sqlite"), kind=HomeKind.TEST)
        clock, texts = ManualClock(NOON), _many_texts(listings // 100)
        with store.write() as session:
            for some in _blocks(listings):
                session.execute(insert(Listing), [_row(one, clock) for one in some])
            for at, text in enumerate(texts, 1):
                session.execute(insert(WantedListing), {"listing_id": at, "since": clock.now()})
                rows = [{"listing_id": at, "key": key} for key in sorted(set(text_keys(text)))]
                if rows:
                    session.execute(insert(WantedText), rows)
        asked = _many_texts(300, seed=99)
        with store.read() as session:
            times = [_timed(partial(alike_by_text, session, text)) for text in asked]
        store.close()
    say(f"{listings} listings, {len(texts)} wanted: {1000 * median(times):.1f} ms a text (median),")
    say(f"  {1000 * sorted(times)[int(len(times) * 0.99)]:.1f} ms (99 of 100)")
    _gallery_cost(say, 3 * len(texts))


def _gallery_cost(say: Say, pictures: int) -> None:
    made, gallery = np.random.default_rng(5), Gallery()
    for number in range(pictures):
        gallery.add(str(number), made.integers(-(2**62), 2**62, (25, 2)).astype("<i8").tobytes())
    asked = [[(at, at), (at, -at)] for at in range(9)]
    times = [_timed(partial(gallery.near, one, BITS_MOST)) for one in asked]
    say(f"{pictures} wanted pictures of 25 views: {1000 * median(times):.0f} ms a picture")


def _timed(call: Callable[[], object]) -> float:
    begun = time.process_time()
    call()
    return time.process_time() - begun


def _blocks(listings: int) -> Iterator[range]:
    for start in range(1, listings + 1, 10_000):
        yield range(start, min(start + 10_000, listings + 1))


def _row(number: int, clock: ManualClock) -> dict[str, object]:
    return {
        "id": number, "platform_id": "p", "external_id": str(number), "url": f"https://p/{number}",
        "first_seen_at": clock.now(), "last_seen_at": clock.now(),
        "availability": Availability.LIVE,
    }  # fmt: skip


def _many_texts(count: int, seed: int = 13) -> list[str]:
    """Texts that share words as those of one trade do: two of the corpus, joined and reworded."""
    draw, rows = random.Random(seed), [row for row in load_corpus() if row.offered]
    by_lang: dict[str, list[CorpusRow]] = defaultdict(list)
    for row in rows:
        by_lang[row.lang].append(row)
    texts = []
    for _ in range(count):
        row = draw.choice(rows)
        others = [text_of(one) for one in draw.sample(by_lang[row.lang], 3)]
        joined = f"{text_of(row)} {others[1]}"
        texts.append(TEXT_CHANGES["reworded 30 %"](joined, row.lang, draw, others))
    return texts
