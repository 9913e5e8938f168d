"""What was probably missed: verdicts on a random sample of unflagged listings, as a count."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from data.cohorts import effective_decisions
from data.draws import Draw, Drawn
from data.flags import Flag, Score
from data.measures import Number, Rate
from data.reviews import Decision, ReasonCode, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

# What is really offered, or claims to be, though nothing is done about it.
HARMLESS_OFFERS = frozenset(
    {
        ReasonCode.LEGAL_TAXON,
        ReasonCode.ANTIQUE_DOCUMENTED,
        ReasonCode.CLAIMED_BUT_LIKELY_FAKE,
    }
)


def is_offer(verdict: Verdict, reason: ReasonCode | None) -> bool:
    """Tell whether a verdict says that an animal, part or product is offered.

    >>> is_offer(Verdict.NOT_INFRINGING, ReasonCode.LEGAL_TAXON)
    True
    >>> is_offer(Verdict.NOT_INFRINGING, ReasonCode.REPLICA)
    False
    """
    return verdict is Verdict.INFRINGING or reason in HARMLESS_OFFERS


@dataclass(frozen=True)
class Missed:
    """Offers among the decided sample of a period, and what that says of all unflagged listings."""

    drawn: int
    decided: Number
    offers: Number
    unflagged: int

    @property
    def rate(self) -> Rate:
        """The share of offers among the sampled listings that are decided."""
        return Rate("missed_share", self.offers.value, self.decided.value)

    @property
    def estimate(self) -> int | None:
        """How many offers were probably missed; None while nothing sampled is decided."""
        share = self.rate.value
        return None if share is None else round(share * self.unflagged)

    @property
    def interval(self) -> tuple[int, int] | None:
        """The likely range of that number; never under what the sample itself found."""
        ends = self.rate.interval
        if ends is None:
            return None
        low, high = (round(end * self.unflagged) for end in ends)
        return max(low, self.offers.value), max(high, self.offers.value)

    @property
    def numbers(self) -> dict[str, Number]:
        """The numbers that lead to rows, by name; what still waits is not named to anybody."""
        return {one.name: one for one in (self.decided, self.offers)}


def missed(session: Session, since: datetime, until: datetime) -> Missed:
    """Count the sample drawn from days in [since, until) and the listings it was drawn from."""
    sample = and_(Draw.kind == Drawn.SAMPLE, Draw.day >= since, Draw.day < until)
    drawn = session.scalar(select(func.count(Draw.id)).where(sample)) or 0
    decided = _decided(session, sample) if drawn else []
    offers = [row[0] for row in decided if is_offer(row[2], row[3])]
    return Missed(
        drawn=drawn,
        decided=Number("sampled", len(decided), tuple(row[0] for row in decided)),
        offers=Number("sampled_offers", len(offers), tuple(offers)),
        unflagged=_unflagged(session, since, until),
    )


def _decided(session: Session, sample: ColumnElement[bool]) -> list[Any]:
    """Return the drawn listings whose verdict in force was given before any flag."""
    in_force = effective_decisions(session)
    flagged_before = exists().where(Flag.listing_id == Draw.listing_id, Flag.at <= Decision.at)
    rows: Iterable[Any] = session.execute(
        select(Draw.listing_id, Decision.id, Decision.verdict, Decision.reason_code)
        .join(Decision, Decision.listing_id == Draw.listing_id)
        .where(sample, Decision.verdict.in_(_ANSWERS), ~flagged_before)
        .order_by(Draw.listing_id)
    )
    return [row for row in rows if row[1] in in_force]


_ANSWERS = (Verdict.INFRINGING, Verdict.NOT_INFRINGING)


def _unflagged(session: Session, since: datetime, until: datetime) -> int:
    """Count the listings scored in a period that no flag names: what a sample is drawn from."""
    flag = aliased(Flag)
    query = (
        select(func.count(func.distinct(Score.listing_id)))
        .outerjoin(flag, flag.listing_id == Score.listing_id)
        .where(Score.at >= since, Score.at < until, flag.id.is_(None))
    )
    return session.scalar(query) or 0
