"""Files of listings that a person brings, into the store of this house."""

from pathlib import Path

from sqlalchemy import select

from crawler.intake import import_files
from crawler.options import CrawlOptions
from crawler.run import Ended
from data.crawls import CrawlProblem
from faunawatch.evidence import folder_with_room
from faunawatch.house import House, os_actor, platform_of


def import_into(house: House, platform_id: str, path: Path) -> tuple[Ended, list[str]]:
    """Import a file or folder; return how it ended, and each problem with its place."""
    platform = platform_of(house, platform_id)
    options = CrawlOptions(
        contact="", asked_by=os_actor(), clock=house.store.clock(), home=house.home().kind
    )
    ended = import_files(house.store, folder_with_room(house), platform, path, options)
    of_run = select(CrawlProblem.message).where(CrawlProblem.crawl_id == ended.crawl_id)
    with house.store.read() as session:
        return ended, list(session.scalars(of_run.order_by(CrawlProblem.id)))
