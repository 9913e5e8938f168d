"""What was just done, with the button that takes it back."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.decisions import UNDO_WITHIN
from data.reviews import Decision
from review_ui.auth import Visit
from review_ui.words import REASON_CODES, VERDICTS


@dataclass(frozen=True)
class Toast:
    """One sentence about a decision that can still be undone."""

    decision_id: int
    verdict: str
    detail: str


def toast_of(session: Session, visit: Visit, decision_id: int) -> Toast | None:
    """Return the toast of one's own fresh decision, unless it was taken back meanwhile."""
    decision = session.get(Decision, decision_id) if decision_id else None
    if decision is None or decision.verdict is None or decision.reviewer_id != visit.person.id:
        return None
    taken_back = select(Decision.id).where(Decision.supersedes_id == decision.id)
    too_old = visit.clock.now() - decision.at > UNDO_WITHIN
    if too_old or session.scalar(taken_back) is not None:
        return None
    reason = REASON_CODES[decision.reason_code].lower() if decision.reason_code else ""
    taxa = ", ".join(subject.taxon for subject in decision.subjects)
    return Toast(decision.id, VERDICTS[decision.verdict], reason or taxa)
