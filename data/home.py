"""The one row that says whose database this is: real, demo or test, and who the team is."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Mapped, Session, mapped_column

from data.base import Clock, Record, SystemClock, Word


class HomeKind(StrEnum):
    """What a database may be used for."""

    REAL = "real"
    DEMO = "demo"
    TEST = "test"


class PicturesOf(StrEnum):
    """Whose pictures are fetched and kept."""

    ALL = "all"
    FLAGGED = "flagged"
    NONE = "none"


class WrongHome(Exception):
    """The database is not of the kind this command needs: use the command the message names."""


class Home(Record):
    """Settings of the whole team, and the mark that keeps demo and real data apart."""

    __tablename__ = "home"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[HomeKind] = mapped_column(Word(HomeKind))
    created_at: Mapped[datetime]
    clock_shift_s: Mapped[int] = mapped_column(default=0)
    organisation: Mapped[str] = mapped_column(default="")
    contact_email: Mapped[str] = mapped_column(default="")
    signatory: Mapped[str] = mapped_column(default="")
    authority: Mapped[str] = mapped_column(default="")
    second_review_percent: Mapped[int] = mapped_column(default=10)
    sample_one_in: Mapped[int] = mapped_column(
        default=200, doc="of how many unflagged listings one is looked at; 0: none"
    )
    sample_daily: Mapped[int] = mapped_column(default=10, doc="most drawn from one day")
    uncertain_percent: Mapped[int] = mapped_column(
        default=10, doc="of a day's flags, how many more of what lay just under the threshold"
    )
    drawn_until: Mapped[datetime | None] = mapped_column(doc="days before this are drawn from")
    pictures_of: Mapped[PicturesOf] = mapped_column(
        Word(PicturesOf), default=PicturesOf.FLAGGED, doc="whose pictures are kept, after scoring"
    )
    evidence_budget_mb: Mapped[int] = mapped_column(
        default=20_000, doc="most the evidence folder may hold; crawls stop before it is passed"
    )
    timestamp_authority: Mapped[str] = mapped_column(
        default="", doc="address of the RFC 3161 authority that dates exported cases; empty: none"
    )

    @property
    def is_demo(self) -> bool:
        """Tell whether every screen and export must say DEMO."""
        return self.kind is HomeKind.DEMO


def the_home(session: Session) -> Home:
    """Return the home row; `store.open_store` made it."""
    home = session.get(Home, 1)
    if home is None:
        raise WrongHome("this database has no home row: open it with `faunawatch up` once")
    return home


def clock_of(home: Home, extra: timedelta = timedelta(0)) -> Clock:
    """Return the home's clock; a shift on real data is refused, since it would forge dates."""
    shift = timedelta(seconds=home.clock_shift_s) + extra
    if shift and home.kind is HomeKind.REAL:
        raise WrongHome(
            "FAUNAWATCH_CLOCK is set but this database is real: unset it, or use a demo home"
        )
    return SystemClock(shift)


def one_day_later(home: Home) -> timedelta:
    """Move a demo or test home's clock by 25 hours; return the new shift."""
    if home.kind is HomeKind.REAL:
        raise WrongHome("only a demo database can be moved in time")
    home.clock_shift_s += 25 * 3600
    return timedelta(seconds=home.clock_shift_s)
