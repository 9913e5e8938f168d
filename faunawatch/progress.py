"""Progress of a crawl for a person at a terminal; a log line for everyone else."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from sqlalchemy import select

from data.crawls import Crawl
from data.store import Store
from faunawatch.logs import configure

EVERY_SECONDS = 0.5


@contextmanager
def shown(store: Store, what: str) -> Iterator[None]:
    """Show how far the newest crawl is while the block runs; without a terminal, log instead."""
    if not sys.stderr.isatty():
        configure()
        yield
        return
    done = threading.Event()
    with Console(stderr=True).status(what) as status:

        def follow() -> None:
            while not done.wait(EVERY_SECONDS):
                status.update(f"{what}: {_words(store)}")

        thread = threading.Thread(target=follow, name="progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join(2)


def _words(store: Store) -> str:
    with store.read() as session:
        crawl = session.scalar(select(Crawl).where(Crawl.ended_at.is_(None)).order_by(-Crawl.id))
        if crawl is None:
            return "starting"
        return f"{crawl.requests} requests, {crawl.listings_seen} listings"
