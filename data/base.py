"""The base of every record: UTC time, money without floats, closed sets of words, and the Clock."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from sqlalchemy import JSON, DateTime, Dialect, MetaData, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

MONEY_LENGTH = 40
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    r"""Return a text that every database takes: NUL and half surrogate pairs become U+FFFD.

    A page can write both, and one such page must not cost the others of its batch.

    >>> storable("ng\x00\ud83d") == "ng\ufffd\ufffd"
    True
    """
    return _UNSTORABLE.sub("\ufffd", text)


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC; a naive datetime is refused, because nobody can say what it means."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC; SQLite has no zones, so its text is UTC by agreement."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive time {value!r}: give a time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware UTC datetime."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Money(TypeDecorator[Decimal]):
    """An exact amount, kept as text so that no database turns it into a float."""

    impl = String(MONEY_LENGTH)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """Store the canonical decimal text."""
        del dialect
        return None if value is None else format(value, "f")

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        """Give back the exact amount."""
        del dialect
        return None if value is None else Decimal(value)


class Word(TypeDecorator[StrEnum]):
    """A member of a closed set, stored as its word; an unknown word in a row is an error."""

    impl = String(40)
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        """Remember the enum the words belong to."""
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:
        """Store the word after checking that it is one of the set."""
        del dialect
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        """Give back the member."""
        del dialect
        return None if value is None else self.kind(value)


def json_column() -> TypeEngine[Any]:
    """Return JSON that PostgreSQL can index."""
    return JSON().with_variant(JSONB(), "postgresql")


class Record(DeclarativeBase):
    """A row of the store."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcTime(),
        Decimal: Money(),
        dict[str, Any]: json_column(),
        list[Any]: json_column(),
    }


class Happened:
    """A row that says what happened: never edited; rows of a shifted clock are marked."""

    at: Mapped[datetime] = mapped_column(index=True)
    clock_shift_s: Mapped[int] = mapped_column(default=0)


class Clock(Protocol):
    """Where time comes from; always an argument."""

    @property
    def shift(self) -> timedelta:
        """How far this clock runs ahead of real time; zero outside demo and test."""
        ...

    def now(self) -> datetime:
        """Return the moment, aware, in UTC."""
        ...


def _real_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class SystemClock:
    """The machine's clock, shifted in demo and test databases only."""

    shift: timedelta = timedelta(0)
    source: Callable[[], datetime] = _real_now

    def now(self) -> datetime:
        """Return the machine's time plus the shift."""
        return self.source() + self.shift


@dataclass
class ManualClock:
    """A clock that stands still until it is moved; for tests and replays."""

    moment: datetime
    shift: timedelta = timedelta(0)

    def now(self) -> datetime:
        """Return the moment it was set to."""
        return self.moment

    def advance(self, by: timedelta) -> None:
        """Move on."""
        self.moment += by
