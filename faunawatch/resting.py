"""Whether a platform is left alone now, and when it is each day, in words."""

from datetime import datetime

from sqlalchemy.orm import Session

from data.breakers import BreakerState, breaker_of
from data.watches import Watch
from faunawatch.due import Plan, in_quiet_hours


def hours_words(watch: Watch) -> str:
    """Say when a platform is left alone and how much later than planned its runs begin."""
    quiet = "no quiet hours"
    if watch.quiet_from:
        quiet = f"quiet {watch.quiet_from}-{watch.quiet_to} {watch.timezone}"
    return f"{quiet}, up to {watch.jitter_minutes} min later than planned"


def rest_words(session: Session, watch: Watch, now: datetime) -> str:
    """Say why an enabled platform is left alone now, and until when; empty when it is not."""
    if watch.paused_until is not None and watch.paused_until > now:
        return f"paused until {watch.paused_until:%Y-%m-%d %H:%M} UTC"
    breaker = breaker_of(session, watch.platform_id, now)
    if breaker.state is not BreakerState.CLOSED:
        return breaker.words
    if in_quiet_hours(Plan.of(watch), now):
        return f"quiet until {watch.quiet_to} {watch.timezone}"
    return ""
