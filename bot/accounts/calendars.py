"""The secret addresses at which calendar programs ask for visits: one a person, made and stopped by themselves."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.accounts import trail
from bot.accounts.sessions import Held, digest
from bot.accounts.types import Accounts
from bot.actor import Actor
from bot.store.account_models import CalendarRow, UserRow

LASTS = timedelta(days=90)  # without its person having been here: an address in a program that nobody looks after any more


@dataclass(frozen=True)
class Calendar:
    """A person's address, of which nobody can be told what it is. read_at: when visits were last given out there."""

    created_at: datetime
    read_at: datetime | None


def make(accounts: Accounts, held: Held, *, address: str) -> str:
    """A new address in place of the one before; gives its secret part, which is stored nowhere."""
    token = secrets.token_urlsafe(32)
    with accounts.store.begin() as session:
        end(session, held.user_id)
        session.add(CalendarRow(user_id=held.user_id, token_hash=digest(token), created_at=accounts.clock()))
        _record(accounts, session, held.user_id, "make_calendar", address)
    return token


def stop(accounts: Accounts, held: Held, *, address: str) -> None:
    """The address gives nothing out any more."""
    with accounts.store.begin() as session:
        if end(session, held.user_id):
            _record(accounts, session, held.user_id, "stop_calendar", address)


def end(session: Session, user_id: int) -> bool:
    """Takes a person's address away; whether there was one."""
    return session.scalar(delete(CalendarRow).where(CalendarRow.user_id == user_id).returning(CalendarRow.user_id)) is not None


def of(accounts: Accounts, held: Held) -> Calendar | None:
    """The person's address, if there is one."""
    with accounts.store.session() as session:
        row = session.get(CalendarRow, held.user_id)
    return Calendar(row.created_at, row.read_at) if row is not None else None


def whose(accounts: Accounts, token: str) -> Actor | None:
    """Whose address it is, while it holds: not stopped, the person active, of this clinic, and here within LASTS."""
    query = select(UserRow).join(CalendarRow, CalendarRow.user_id == UserRow.id)
    here = func.coalesce(UserRow.seen_at, CalendarRow.created_at) > accounts.clock() - LASTS
    ours = UserRow.clinic_id == accounts.clinic_id, UserRow.active, here
    with accounts.store.session() as session:
        user = session.scalars(query.where(CalendarRow.token_hash == digest(token), *ours)).one_or_none()
    return Actor(id=user.id, name=user.name, role=user.role, clinic_id=user.clinic_id) if user is not None else None


def given_out(accounts: Accounts, user_id: int, *, address: str) -> None:
    """Notes that the visits were given out at a person's address (H-07)."""
    with accounts.store.begin() as session:
        if (row := session.get(CalendarRow, user_id)) is not None:
            row.read_at = accounts.clock()
        _record(accounts, session, user_id, "read_calendar", address)


def link(public_url: str, token: str) -> str:
    """The address as a calendar program takes it. The secret is part of the path: that is all such programs can keep."""
    return f"{public_url}/calendar/{token}.ics"


def _record(accounts: Accounts, session: Session, user_id: int, action: str, address: str) -> None:
    trail.record(accounts, session, actor=trail.staff(user_id), action=action, about=f"user:{user_id}", address=address)
