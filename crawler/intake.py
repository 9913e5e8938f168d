"""An import as a run of its own: files go in, the crawl row says what became of them."""

from functools import partial
from pathlib import Path

from crawler.importing import ImportProblem, import_listings
from crawler.options import CrawlOptions
from crawler.pipelines import Recorder
from crawler.progress import Progress
from crawler.run import Ended
from crawler.styles import Reading
from data.base import Clock
from data.crawls import CrawlKind, Ending, start_crawl
from data.evidence import EvidenceFolder, EvidenceFull
from data.found import CaptureQuality, EvidenceKind, StoredEvidence
from data.platform import Platform
from data.store import Store


def import_files(
    store: Store, evidence: EvidenceFolder, platform: Platform, path: Path, options: CrawlOptions
) -> Ended:
    """Import a file or folder into the store; each problem goes on the crawl with its line."""
    clock, progress = options.clock, Progress()
    with store.write() as session:
        row = start_crawl(session, platform.id, CrawlKind.IMPORT, options.asked_by, clock.now())
        row.clock_shift_s = int(clock.shift.total_seconds())
        crawl_id = row.id
    recorder = Recorder(store, platform, crawl_id, clock, progress)
    ending, cause = Ending.CRASHED, "the import broke off; what was committed is kept"
    try:
        ending, cause = _import(recorder, evidence, path)
    except EvidenceFull as error:
        ending, cause = Ending.DISK_FULL, str(error)
    finally:
        recorder.finish(ending, cause)
    return Ended(crawl_id, ending, cause)


def _import(recorder: Recorder, evidence: EvidenceFolder, path: Path) -> tuple[Ending, str]:
    keep = partial(_kept, evidence, recorder.clock)
    read = wrong = 0
    for one in import_listings(path, recorder.platform, recorder.clock.now(), keep):
        if isinstance(one, ImportProblem):
            wrong += 1
            recorder.note("import", str(one), "")
        else:
            read += 1
            recorder.add(Reading(one, certain=True, ended=one.ended), one)
    told = f"read {read} listings from {path.name}"
    told += f"; {wrong} lines or pages could not be read" if wrong else ""
    return (Ending.FINISHED if read else Ending.NOTHING_FOUND), told


def _kept(
    evidence: EvidenceFolder, clock: Clock, body: bytes, media_type: str, url: str
) -> StoredEvidence:
    captured_at = clock.now()
    kept = evidence.keep(body)
    return StoredEvidence(
        sha256=kept.sha256,
        kind=EvidenceKind.IMPORTED,
        media_type=media_type,
        size=len(body),
        url=url,
        captured_at=captured_at,
        stored_at=clock.now(),
        quality=CaptureQuality.IMPORTED,
        stored_size=kept.added,
    )
