"""Alerts: what was told and to whom, by which rules, and a Test button."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse

from data.alerting import is_muted
from data.alerts import AlertRule, DeliveryState, channels, unmute
from data.audit import note
from data.jobs import JobKind, ask
from data.people import Role
from data.queries.alerts import alert_page
from review_ui.auth import Reads, Visit, posting_as
from review_ui.crawls import PAUSE
from review_ui.pages import page, see_other

router = APIRouter()
Steers = Annotated[Visit, Depends(posting_as(Role.SUPERVISOR, Role.ADMIN))]


@router.get("/alerts")
def show_alerts(request: Request, visit: Reads, tested: str = "") -> HTMLResponse:
    """Show what was told, the channels, the rules and the mutes."""
    now: datetime = visit.clock.now()
    with visit.read() as session:
        found = alert_page(session, now)
        values = {
            "found": found,
            "given_up": sum(one.given_up for one in found.channels),
            "tested": bool(tested),
            "muted": {rule.id for rule in found.rules if is_muted(rule, now)},
            "sent": DeliveryState.SENT,
        }
        return page(request, "alerts.html", values, visit=visit)


@router.post("/alerts/test")
def try_channel(visit: Steers, channel: Annotated[str, Form()] = "") -> RedirectResponse:
    """Ask for a test message; a worker sends it."""
    with visit.write() as session:
        if channel and channel not in {one.name for one in channels(session)}:
            raise HTTPException(404)
        job = ask(session, JobKind.ALERT, {"test": channel}, by=visit.actor, clock=visit.clock)
        _note(session, visit, "asked_test_alert", f"job:{job.id}")
    return see_other("/alerts?tested=1")


@router.post("/alerts/rules/{rule_id}/mute")
def mute_rule(visit: Steers, rule_id: int) -> RedirectResponse:
    """Let a rule be silent for a week."""
    return _set_mute(visit, rule_id, visit.clock.now() + PAUSE)


@router.post("/alerts/rules/{rule_id}/unmute")
def unmute_rule(visit: Steers, rule_id: int) -> RedirectResponse:
    """Let a rule speak again."""
    return _set_mute(visit, rule_id, None)


def _set_mute(visit: Visit, rule_id: int, until: datetime | None) -> RedirectResponse:
    with visit.write() as session:
        session.get_one(AlertRule, rule_id).muted_until = until
        _note(session, visit, "mute_rule" if until else "unmute_rule", f"rule:{rule_id}")
    return see_other("/alerts")


@router.post("/alerts/unmute")
def unmute_one(visit: Steers, platform: Annotated[str, Form()] = "") -> RedirectResponse:
    """Speak of a platform again, or of all where everything was muted."""
    with visit.write() as session:
        if unmute(session, platform, visit.clock.now()):
            _note(session, visit, "unmute", f"platform:{platform or 'all'}")
    return see_other("/alerts")


def _note(session: Session, visit: Visit, verb: str, subject: str) -> None:
    note(session, actor=visit.actor, verb=verb, subject=subject, clock=visit.clock)
