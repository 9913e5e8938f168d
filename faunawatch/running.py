"""Running one job: claimed by a worker, or started by hand; either way the row says how it went."""

import logging
import os
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from classifier.artefact import BadArtefact
from crawler.rendering import BrowserMissing
from data.jobs import Job, JobKind, finish, give_back, put_back, start_now
from data.tables import BadReference
from faunawatch.dispatch import kept_alive
from faunawatch.house import House, UnknownPlatform, os_actor
from faunawatch.jobs import NoContact, do_job
from faunawatch.limiting import TRIED_AGAIN, Interrupted
from faunawatch.permission import NoKey, OpenSecret, TermsUnread
from faunawatch.schedule import holder_name

log = logging.getLogger(__name__)
REFUSALS = (
    UnknownPlatform,
    NoContact,
    TermsUnread,
    NoKey,
    OpenSecret,
    BadReference,
    BadArtefact,
    BrowserMissing,
)
"""What a person must put right before the job can be done; the row and the screen say it."""


def run_claimed(house: House, job_id: int, worker: str) -> dict[str, Any]:
    """Run a job that a worker claimed for this process."""
    with house.store.read() as session:
        job = session.get_one(Job, job_id)
        session.expunge(job)
    return _run(house, job, worker, with_parent=True)


def run_by_hand(house: House, kind: JobKind, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Run a job at once in this process; raises `AlreadyRunning` when its lane is busy."""
    worker = f"{os_actor()}:{holder_name()}"
    with house.store.write() as session:
        job = start_now(session, kind, arguments, by=worker, now=datetime.now(UTC), is_gone=is_gone)
        session.flush()
        session.expunge(job)
    job.asked_by = os_actor()
    return _run(house, job, worker, with_parent=False)


def is_gone(worker: str) -> bool:
    """Tell whether a command started by hand on this machine ended without cleaning up."""
    actor, host, process = worker.rsplit(":", 2)
    if not actor.startswith("cli:") or host != socket.gethostname():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _run(house: House, job: Job, worker: str, *, with_parent: bool) -> dict[str, Any]:
    """Do the job; record its result, put it back when stopped, give it back when refused.

    A platform that did not answer is tried again soon; a person who asked by hand sees it at once.
    """
    try:
        with kept_alive(house.store, job.id, worker, with_parent=with_parent):
            result = do_job(house, job)
    except Interrupted as stopped:
        with house.store.write() as session:
            if with_parent:
                put_back(session, job.id, worker, not_before=stopped.not_before)
            else:
                finish(session, job.id, worker, {"ending": "stopped"}, datetime.now(UTC))
        raise
    except REFUSALS as error:
        with house.store.write() as session:
            give_back(session, job.id, worker, str(error), datetime.now(UTC))
        raise
    with house.store.write() as session:
        if with_parent and result.get("ending") in TRIED_AGAIN:
            give_back(session, job.id, worker, result["cause"], datetime.now(UTC))
        else:
            finish(session, job.id, worker, result, datetime.now(UTC))
    log.info("job %s done: %s", job.id, result)
    return result
