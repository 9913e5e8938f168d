"""Crawl health: how each platform does, in words, and what can be done about it."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse

from data.alerts import mute, unmute
from data.audit import note
from data.breakers import BreakerState, close_by_hand
from data.crawls import FINE, Crawl, RunState, accept
from data.evidence import EvidenceDamaged
from data.jobs import JobKind, ask
from data.liveness import schedule_silent_since, worker_silent
from data.people import Role
from data.queries.crawls import PlatformRow, crawl_page, open_jobs, platform_rows, recent_jobs
from data.samples import sample_of
from data.watches import watch_of
from review_ui.auth import Reads, Runs, Visit, posting_as
from review_ui.pages import page, see_other
from review_ui.sparks import span_of, spark

router = APIRouter()
PAUSE = timedelta(days=7)
SHOWN_CHARACTERS = 200_000
Steers = Annotated[Visit, Depends(posting_as(Role.SUPERVISOR))]
_WORST_FIRST = (
    RunState.BROKEN,
    RunState.BLOCKED,
    RunState.LOGIN_WALL,
    RunState.FAILED,
    RunState.MISSED,
    RunState.DEGRADED,
    RunState.EMPTY,
    RunState.ROBOTS_FORBIDDEN,
)


@router.get("/crawls")
def show_crawls(request: Request, visit: Reads, asked: str = "") -> HTMLResponse:
    """Show a row per platform, those that need a look first, and the jobs under way."""
    now = visit.clock.now()
    with visit.read() as session:
        rows = platform_rows(session, visit.house.platforms, now)
        watched = [row for row in rows if row.is_watched]
        values = {
            "rows": rows,
            "watched": watched,
            "groups": _groups(watched, now),
            "off": [row for row in rows if not row.is_watched],
            "jobs": recent_jobs(session),
            "is_busy": bool(open_jobs(session)),
            "asked": asked if asked in visit.house.platforms else "",
            "sparks": {row.platform_id: spark(row.recent, row.usual) for row in rows},
            "span_of": span_of,
            "resting": BreakerState.RESTING,
            **_silences(session, visit),
        }
        return page(request, "crawls.html", values, visit=visit)


def _silences(session: Session, visit: Visit) -> dict[str, Any]:
    """Say whether the parts that do the work run; measured by real time."""
    now = visit.house.wall.now()
    return {
        "schedule_silent": schedule_silent_since(session, now),
        "worker_silent": worker_silent(session, visit.clock, now),
    }


def _groups(watched: list[PlatformRow], now: datetime) -> list[tuple[str, list[PlatformRow]]]:
    """Put what needs a look first, worst first; what is left alone on purpose comes last."""
    paused = [row for row in watched if row.is_paused(now)]
    active = [row for row in watched if not row.is_paused(now)]
    trouble = [row for row in active if row.is_troubled]
    trouble.sort(key=lambda row: (_WORST_FIRST.index(row.state or RunState.EMPTY), row.platform_id))
    well = [row for row in active if not row.is_troubled]
    named = (("Needs a look", trouble), ("Reads well", well), ("Paused", paused))
    return [(name, rows) for name, rows in named if rows]


@router.get("/crawls/{crawl_id}")
def show_crawl(request: Request, visit: Reads, crawl_id: int) -> HTMLResponse:
    """Show one crawl beside what is usual, and what went wrong in it."""
    with visit.read() as session:
        found = crawl_page(session, crawl_id)
        values = {
            "found": found,
            "drawn": spark(found.recent, found.usual),
            "span_of": span_of,
            "is_fine": found.crawl.state is None or found.crawl.state in FINE,
        }
        return page(request, "crawl.html", values, visit=visit)


@router.get("/crawls/{crawl_id}/sample")
def show_sample(request: Request, visit: Reads, crawl_id: int) -> HTMLResponse:
    """Show the page at which a run failed, as text: nothing in it is run or fetched."""
    with visit.read() as session:
        crawl, found = session.get_one(Crawl, crawl_id), sample_of(session, crawl_id)
        if found is None:
            raise HTTPException(404)
        evidence, why = found
        body = _body(visit, evidence.sha256)
        values = {
            "crawl": crawl,
            "evidence": evidence,
            "why": why,
            "text": body[:SHOWN_CHARACTERS] if body is not None else None,
            "cut": body is not None and len(body) > SHOWN_CHARACTERS,
        }
        return page(request, "sample.html", values, visit=visit)


def _body(visit: Visit, sha256: str) -> str | None:
    """Return stored bytes as text, in the first encoding that fits; None when they are gone."""
    try:
        content = visit.house.evidence.get(sha256)
    except EvidenceDamaged:
        return None
    for encoding in ("utf-8", "gb18030", "cp874"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("utf-8", "replace")


def _known(visit: Visit, platform_id: str) -> str:
    if platform_id not in visit.house.platforms:
        raise HTTPException(404)
    return platform_id


@router.post("/crawls/{platform_id}/run")
def run_now(visit: Runs, platform_id: str) -> RedirectResponse:
    """Ask for a crawl; a worker runs it."""
    arguments = {"platform": _known(visit, platform_id)}
    with visit.write() as session:
        job = ask(session, JobKind.CRAWL, arguments, by=visit.actor, clock=visit.clock)
        subject = f"job:{job.id}"
        note(session, actor=visit.actor, verb="asked_crawl", subject=subject, clock=visit.clock)
    return see_other(f"/crawls?asked={platform_id}")


@router.post("/crawls/{platform_id}/pause")
def pause(visit: Steers, platform_id: str) -> RedirectResponse:
    """Leave a platform alone for a week; its schedule stays."""
    _set_pause(visit, _known(visit, platform_id), paused=True)
    return see_other("/crawls")


@router.post("/crawls/{platform_id}/resume")
def resume(visit: Steers, platform_id: str) -> RedirectResponse:
    """Take a platform up again."""
    _set_pause(visit, _known(visit, platform_id), paused=False)
    return see_other("/crawls")


def _set_pause(visit: Visit, platform_id: str, *, paused: bool) -> None:
    now = visit.clock.now()
    with visit.write() as session:
        watch_of(session, platform_id, now).paused_until = now + PAUSE if paused else None
        _note(session, visit, "pause" if paused else "resume", f"platform:{platform_id}")


def _note(session: Session, visit: Visit, verb: str, subject: str) -> None:
    note(session, actor=visit.actor, verb=verb, subject=subject, clock=visit.clock)


@router.post("/crawls/{platform_id}/mute")
def mute_platform(visit: Steers, platform_id: str) -> RedirectResponse:
    """Send no alerts about a platform for a week; it is crawled as before."""
    until = visit.clock.now() + PAUSE
    with visit.write() as session:
        mute(session, _known(visit, platform_id), until, visit.actor, visit.clock)
        _note(session, visit, "mute", f"platform:{platform_id}")
    return see_other("/crawls")


@router.post("/crawls/{platform_id}/unmute")
def unmute_platform(visit: Steers, platform_id: str) -> RedirectResponse:
    """Send alerts about a platform again."""
    with visit.write() as session:
        unmute(session, _known(visit, platform_id), visit.clock.now())
        _note(session, visit, "unmute", f"platform:{platform_id}")
    return see_other("/crawls")


@router.post("/crawls/{platform_id}/wake")
def wake(visit: Steers, platform_id: str) -> RedirectResponse:
    """Let a platform that rests after failed runs be crawled again at once."""
    with visit.write() as session:
        close_by_hand(session, _known(visit, platform_id), by=visit.actor, clock=visit.clock)
        _note(session, visit, "wake", f"platform:{platform_id}")
    return see_other("/crawls")


@router.post("/crawls/{crawl_id}/accept")
def accept_run(visit: Steers, crawl_id: int) -> RedirectResponse:
    """Take a run as the new usual, because the platform itself has changed."""
    with visit.write() as session:
        if accept(session.get_one(Crawl, crawl_id), visit.actor):
            _note(session, visit, "accept_run", f"crawl:{crawl_id}")
    return see_other(f"/crawls/{crawl_id}")
