"""Signing in: links used once, passwords as argon2id, sessions kept on the server, slow guessing.

Everything here is measured with real time: a demo's clock moves days ahead, and nobody should be
signed out by it. Tokens leave this module once; the store keeps only their SHA-256.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from data.audit import note
from data.base import Clock
from data.people import Person, SignedIn, SignInAttempt, SignInLink, Unusable, end_access
from data.store import Store

LINK_VALID = timedelta(minutes=15)
IDLE = timedelta(hours=4)
LONGEST = timedelta(hours=24)
SEEN_EVERY = timedelta(minutes=1)
FORGET_AFTER = timedelta(hours=1)
WINDOW = timedelta(minutes=15)
TRIES_PER_NAME = 5
TRIES_PER_ADDRESS = 20
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 256
FEWEST_DIFFERENT = 4
_TOO_COMMON = frozenset(
    {"1234567890", "qwertyuiop", "password12", "password123", "passwordpassword", "letmein123"}
)
# Each check takes 64 MB for a sixth of a second; more at once could exhaust a small machine.
_AT_ONCE = BoundedSemaphore(2)
_hasher = PasswordHasher()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def make_link(
    session: Session, person: Person, *, clock: Clock, valid: timedelta = LINK_VALID
) -> str:
    """Return the token of a sign-in link that works once, for a quarter of an hour."""
    token = secrets.token_urlsafe(32)
    session.add(
        SignInLink(token_hash=_hash(token), person_id=person.id, expires_at=clock.now() + valid)
    )
    session.flush()
    return token


def look_at_link(session: Session, token: str, *, clock: Clock) -> Person | None:
    """Return whose link this is while it can still be used; looking does not use it up."""
    return session.scalar(
        select(Person)
        .join(SignInLink, SignInLink.person_id == Person.id)
        .where(
            SignInLink.token_hash == _hash(token),
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > clock.now(),
            Person.active,
        )
    )


def use_link(session: Session, token: str, *, clock: Clock) -> Person | None:
    """Use a link up and return its person; None when it was used, is too old or unknown."""
    now = clock.now()
    person_id = session.scalar(
        update(SignInLink)
        .where(
            SignInLink.token_hash == _hash(token),
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > now,
        )
        .values(used_at=now)
        .returning(SignInLink.person_id)
    )
    person = session.get(Person, person_id) if person_id is not None else None
    return person if person is not None and person.active else None


def reset(session: Session, person: Person, *, clock: Clock, actor: str) -> str:
    """End a person's sessions, forget the password and return a fresh link."""
    end_access(session, person)
    person.password_hash = ""
    note(session, actor=actor, verb="reset_person", subject=f"person:{person.id}", clock=clock)
    return make_link(session, person, clock=clock)


def set_password(
    session: Session, person: Person, password: str, *, clock: Clock, actor: str
) -> None:
    """Set a password and void unused links; raises `Unusable` saying what is wrong with it."""
    if len(password) < SHORTEST_PASSWORD:
        raise Unusable("password", f"Use at least {SHORTEST_PASSWORD} characters.")
    if len(password) > LONGEST_PASSWORD:
        raise Unusable("password", f"Use at most {LONGEST_PASSWORD} characters.")
    if _is_guessable(password, person.name):
        raise Unusable("password", "This one is easily guessed: use a few unrelated words.")
    with _AT_ONCE:
        person.password_hash = _hasher.hash(password)
    session.execute(
        delete(SignInLink).where(SignInLink.person_id == person.id, SignInLink.used_at.is_(None))
    )
    note(session, actor=actor, verb="set_password", subject=f"person:{person.id}", clock=clock)


def _is_guessable(password: str, name: str) -> bool:
    folded, own = password.casefold(), name.casefold()
    too_few = len(set(folded)) < FEWEST_DIFFERENT
    holds_name = len(own) >= FEWEST_DIFFERENT and own in folded
    return folded in _TOO_COMMON or too_few or holds_name


@dataclass(frozen=True)
class Tried:
    """How a sign-in went: a person, or how long to wait, or neither when it was just wrong."""

    person_id: int | None = None
    wait: timedelta | None = None


def authenticate(store: Store, name: str, password: str, address: str, *, clock: Clock) -> Tried:
    """Check a name and password.

    1. Count the try before looking at the password, so that guesses made at once all count.
    2. Check the password outside any transaction, since it is slow on purpose; an unknown name
       costs the same time.
    3. Forget this name's tries when it was right.
    """
    name = name.strip()[:200]
    with store.write() as session:
        wait = _too_many(session, name, address, clock)
        if wait is not None:
            return Tried(wait=wait)
        session.add(SignInAttempt(name=name, address=address, at=clock.now()))
        person = session.scalar(select(Person).where(Person.name == name, Person.active))
        stored = person.password_hash if person is not None else ""
    if not fits(stored, password) or person is None:
        return Tried()
    with store.write() as session:
        session.execute(delete(SignInAttempt).where(SignInAttempt.name == name))
    return Tried(person_id=person.id)


def _too_many(session: Session, name: str, address: str, clock: Clock) -> timedelta | None:
    now = clock.now()
    session.execute(delete(SignInAttempt).where(SignInAttempt.at < now - FORGET_AFTER))
    for column, value, limit in (
        (SignInAttempt.name, name, TRIES_PER_NAME),
        (SignInAttempt.address, address, TRIES_PER_ADDRESS),
    ):
        tries, first = session.execute(
            select(func.count(), func.min(SignInAttempt.at)).where(
                column == value, SignInAttempt.at > now - WINDOW
            )
        ).one()
        if tries >= limit:
            return max(first + WINDOW - now, timedelta(seconds=1))
    return None


@cache
def _nobody() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))


def fits(stored: str, password: str) -> bool:
    """Check a password; without a stored one the same work is done and the answer is no."""
    with _AT_ONCE:
        try:
            _hasher.verify(stored or _nobody(), password[: LONGEST_PASSWORD + 1])
        except (VerificationError, InvalidHashError):
            return False
    return bool(stored)


def open_session(
    session: Session, person: Person, *, clock: Clock, address: str = ""
) -> tuple[str, SignedIn]:
    """Sign a person in; return the token for the browser and the row."""
    now = clock.now()
    session.execute(delete(SignedIn).where(SignedIn.expires_at < now))
    token = secrets.token_urlsafe(32)
    signed = SignedIn(
        token_hash=_hash(token),
        person_id=person.id,
        csrf=secrets.token_urlsafe(24),
        created_at=now,
        seen_at=now,
        expires_at=now + LONGEST,
        address=address,
    )
    session.add(signed)
    subject = f"person:{person.id}"
    note(session, actor=subject, verb="signed_in", subject=subject, clock=clock)
    return token, signed


def session_of(session: Session, token: str, *, clock: Clock) -> SignedIn | None:
    """Return a token's session, or None when it ended, was idle too long or its person left."""
    signed = session.get(SignedIn, _hash(token))
    now = clock.now()
    if signed is None or now >= signed.expires_at or now - signed.seen_at > IDLE:
        return None
    return signed if signed.person.active else None


def keep_alive(store: Store, signed: SignedIn, *, clock: Clock) -> None:
    """Remember that a session is in use; at most once a minute, so that reading stays reading."""
    if clock.now() - signed.seen_at < SEEN_EVERY:
        return
    with store.write() as session:
        session.execute(
            update(SignedIn)
            .where(SignedIn.token_hash == signed.token_hash)
            .values(seen_at=clock.now())
        )


def close_session(session: Session, signed: SignedIn, *, clock: Clock) -> None:
    """Sign out."""
    session.execute(delete(SignedIn).where(SignedIn.token_hash == signed.token_hash))
    subject = f"person:{signed.person_id}"
    note(session, actor=subject, verb="signed_out", subject=subject, clock=clock)


def end_other_sessions(session: Session, signed: SignedIn, *, clock: Clock) -> int:
    """End a person's sessions on other browsers; return how many."""
    ended = session.scalars(
        delete(SignedIn)
        .where(SignedIn.person_id == signed.person_id, SignedIn.token_hash != signed.token_hash)
        .returning(SignedIn.token_hash)
    ).all()
    subject = f"person:{signed.person_id}"
    note(session, actor=subject, verb="ended_other_sessions", subject=subject, clock=clock)
    return len(ended)
