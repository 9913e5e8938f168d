"""People who use faunawatch: who they are, what they may do, and their sessions."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.base import Record


class Role(StrEnum):
    """What a person may do; a person may hold several."""

    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    REVIEWER = "reviewer"
    LIAISON = "liaison"
    VIEWER = "viewer"


LANGUAGES = ("zh-Hans", "zh-Hant", "vi", "th", "km", "lo", "my", "ms", "id", "en")


class Person(Record):
    """Someone who signs in."""

    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str] = mapped_column(default="", doc="argon2id; empty: link only")
    roles: Mapped[list[Any]] = mapped_column(default=list)
    languages: Mapped[list[Any]] = mapped_column(default=list, doc="languages this person reads")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]

    def may(self, *roles: Role) -> bool:
        """Tell whether this person holds one of the roles; an admin holds all of them."""
        held = set(self.roles)
        return self.active and (Role.ADMIN in held or bool(held & set(roles)))

    def reads(self, lang: str) -> bool:
        """Tell whether this person reads a language; text of no known language is for everyone."""
        return lang == "und" or lang in self.languages


class SignInLink(Record):
    """A single-use link; only its hash is kept."""

    __tablename__ = "sign_in_links"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignedIn(Record):
    """A session kept on the server; the browser holds a random token, the row its hash."""

    __tablename__ = "sessions"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    csrf: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(default="")

    person: Mapped[Person] = relationship(lazy="joined")


class SignInAttempt(Record):
    """A failed sign-in, kept an hour to slow guessing down."""

    __tablename__ = "sign_in_attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    address: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(index=True)
