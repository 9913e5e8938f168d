"""Crawl health: how each platform does, in words, and what can be done about it."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import HTMLResponse, RedirectResponse

from data.audit import note
from data.jobs import JobKind, ask
from data.people import Role
from data.queries.crawls import PlatformRow, crawl_page, open_jobs, platform_rows, recent_jobs
from data.watches import watch_of
from review_ui.auth import Reads, Runs, Visit, posting_as
from review_ui.pages import page, see_other

router = APIRouter()
PAUSE = timedelta(days=7)
Steers = Annotated[Visit, Depends(posting_as(Role.SUPERVISOR))]


@router.get("/crawls")
def show_crawls(request: Request, visit: Reads, asked: str = "") -> HTMLResponse:
    """Show a row per platform, and the jobs under way."""
    with visit.read() as session:
        rows = platform_rows(session, visit.house.platforms)
        watched = [row for row in rows if row.watch and row.watch.enabled]
        values = {
            "rows": rows,
            "watched": watched,
            "trouble": [row for row in watched if row.is_troubled],
            "jobs": recent_jobs(session),
            "is_busy": bool(open_jobs(session)),
            "asked": asked if asked in visit.house.platforms else "",
            "bars": {row.platform_id: heights(row) for row in rows},
        }
        return page(request, "crawls.html", values, visit=visit)


def heights(row: PlatformRow) -> list[tuple[int, int]]:
    """Return the latest crawls as (listings seen, height of 20), oldest first."""
    seen = [crawl.listings_seen for crawl in reversed(row.recent)]
    most = max(seen, default=0) or 1
    return [(number, max(1, round(20 * number / most)) if number else 0) for number in seen]


@router.get("/crawls/{crawl_id}")
def show_crawl(request: Request, visit: Reads, crawl_id: int) -> HTMLResponse:
    """Show one crawl and what went wrong in it."""
    with visit.read() as session:
        values = {"found": crawl_page(session, crawl_id)}
        return page(request, "crawl.html", values, visit=visit)


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
        verb = "pause" if paused else "resume"
        subject = f"platform:{platform_id}"
        note(session, actor=visit.actor, verb=verb, subject=subject, clock=visit.clock)
