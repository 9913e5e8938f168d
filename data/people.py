"""People who use faunawatch: who they are, what they may do, and their sessions."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from data.audit import note
from data.base import Clock, Record


class Role(StrEnum):
    """What a person may do; a person may hold several."""

    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    REVIEWER = "reviewer"
    LIAISON = "liaison"
    VIEWER = "viewer"


MAX_NAME = 60
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


class Unusable(Exception):
    """A name, role, language or password that cannot be taken: ask again; the message says why."""

    def __init__(self, field: str, message: str) -> None:
        """Name the form field."""
        self.field = field
        super().__init__(message)


def find_person(session: Session, name: str) -> Person | None:
    """Return the person of this name, whether active or not."""
    return session.scalar(select(Person).where(Person.name == name.strip()))


def has_people(session: Session) -> bool:
    """Tell whether anyone could sign in; without people a first admin link is needed."""
    return session.scalar(select(Person.id).where(Person.active).limit(1)) is not None


def add_person(
    session: Session,
    name: str,
    roles: Iterable[str],
    languages: Iterable[str],
    *,
    clock: Clock,
    actor: str = "system",
) -> Person:
    """Add someone who signs in by a link; raises `Unusable` for a bad name, role or language."""
    name = name.strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise Unusable("name", f"Give a name of 1 to {MAX_NAME} printable characters.")
    if find_person(session, name) is not None:
        raise Unusable("name", f"There is a person named {name!r} already: choose another name.")
    person = Person(
        name=name,
        roles=_known("role", roles, tuple(Role)),
        languages=_known("language", languages, LANGUAGES),
        active=True,
        created_at=clock.now(),
    )
    session.add(person)
    session.flush()
    _note(session, actor, "added_person", person, clock, detail=person.roles)
    return person


def _known(field: str, given: Iterable[str], known: tuple[str, ...]) -> list[str]:
    wanted = [str(one) for one in given]
    wrong = [one for one in wanted if one not in known]
    if wrong:
        raise Unusable(field, f"{wrong[0]!r} is no {field}: choose from {', '.join(known)}.")
    return [one for one in known if one in wanted]


def set_languages(
    session: Session, person: Person, languages: Iterable[str], *, clock: Clock, actor: str
) -> None:
    """Say which languages a person reads; the queue serves only those."""
    person.languages = _known("language", languages, LANGUAGES)
    _note(session, actor, "set_languages", person, clock, detail=person.languages)


def disable(session: Session, person: Person, *, clock: Clock, actor: str) -> None:
    """Shut a person out at once: no sign-in, no session, no link; what they decided stays."""
    person.active = False
    end_access(session, person)
    _note(session, actor, "disabled_person", person, clock)


def end_access(session: Session, person: Person) -> None:
    """End a person's sessions and unused links."""
    session.flush()
    session.execute(delete(SignedIn).where(SignedIn.person_id == person.id))
    session.execute(
        delete(SignInLink).where(SignInLink.person_id == person.id, SignInLink.used_at.is_(None))
    )


def _note(
    session: Session, actor: str, verb: str, person: Person, clock: Clock, detail: object = None
) -> None:
    note(session, actor=actor, verb=verb, subject=f"person:{person.id}", clock=clock, detail=detail)
