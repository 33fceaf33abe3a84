"""Where people are signed in: kept in the database, ended there, known by the hash of a random id alone."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.accounts.types import Accounts
from bot.actor import Actor
from bot.store.account_models import SessionRow, UserRow

IDLE = timedelta(minutes=15)  # H-09
LONGEST = timedelta(hours=12)
HALFWAY = timedelta(minutes=10)  # to give the code, or to set up the second factor
NOTED = timedelta(seconds=15)  # how exactly the last click is kept: not every one is worth a write
CODE, ENROL, IN = "code", "enrol", "in"  # password given; no second factor yet; signed in


@dataclass(frozen=True)
class Held:
    """A session that holds now. stage: how far the person has come: CODE, ENROL or IN."""

    id: int
    stage: str
    actor: Actor
    email: str
    seen_at: datetime

    @property
    def user_id(self) -> int:
        """Whose it is: a session is always somebody's."""
        assert self.actor.id is not None  # for the type checker, nothing hangs on it # nosec B101
        return self.actor.id


def digest(secret: str) -> str:
    """What is stored of a random id or code: it cannot be turned back, and 256 random bits need no salt."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def start(session: Session, *, user_id: int, stage: str, address: str, now: datetime) -> str:
    """A new session; gives the id that the browser keeps. What of this person's ran out is swept."""
    session.execute(delete(SessionRow).where(SessionRow.user_id == user_id, SessionRow.ends_at <= now))
    session.execute(delete(SessionRow).where(SessionRow.user_id == user_id, SessionRow.seen_at < now - IDLE))
    token, lasts = secrets.token_urlsafe(32), LONGEST if stage == IN else HALFWAY
    session.add(
        SessionRow(
            user_id=user_id, token_hash=digest(token), stage=stage, address=address, created_at=now, seen_at=now, ends_at=now + lasts
        )
    )
    return token


def find(accounts: Accounts, token: str) -> Held | None:
    """The session with that id, if it holds: not ended, not idle, the person still active and of this clinic."""
    query = (
        select(SessionRow, UserRow)
        .join(UserRow, UserRow.id == SessionRow.user_id)
        .where(SessionRow.token_hash == digest(token), UserRow.clinic_id == accounts.clinic_id, UserRow.active)
    )
    with accounts.store.session() as session:
        found = session.execute(query).one_or_none()
    if found is None:
        return None
    (row, user), now = found, accounts.clock()
    if now >= row.ends_at or now - row.seen_at > IDLE:
        return None
    actor = Actor(id=user.id, name=user.name, role=user.role, clinic_id=user.clinic_id, language=user.language)
    return Held(id=row.id, stage=row.stage, actor=actor, email=user.email, seen_at=row.seen_at)


def touch(accounts: Accounts, held: Held) -> None:
    """The person did something: the idle time begins anew."""
    now = accounts.clock()
    if now - held.seen_at < NOTED:
        return
    with accounts.store.begin() as session:
        row = session.get(SessionRow, held.id)
        if row is not None:
            row.seen_at = now
            session.get_one(UserRow, row.user_id).seen_at = now


def end(session: Session, session_id: int) -> None:
    """Ends one session."""
    session.execute(delete(SessionRow).where(SessionRow.id == session_id))


def end_all(session: Session, user_id: int, *, but: int | None = None) -> None:
    """Ends all sessions of a person, except one."""
    session.execute(delete(SessionRow).where(SessionRow.user_id == user_id, SessionRow.id != (but or 0)))
