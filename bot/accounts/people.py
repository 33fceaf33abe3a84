"""The staff of a clinic: invited, let in, given roles, shut out; and what each may change of their own."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.accounts import calendars, limits, passwords, sessions, signing_in, trail
from bot.accounts.sessions import ENROL, Held, digest
from bot.accounts.types import ROLES, Accounts, Refused
from bot.actor import Actor
from bot.store.account_models import AttemptRow, InvitationRow, RecoveryCodeRow, SessionRow, UserRow

log = structlog.get_logger()
INVITED = timedelta(days=3)
USED_UP = "This invitation was used, withdrawn or is more than three days old. Ask for a new one."


@dataclass(frozen=True)
class Member:
    """A person as the administrators' page shows them. sessions: at how many places they are signed in."""

    id: int
    name: str
    email: str
    role: str
    active: bool
    second_factor: bool
    seen_at: datetime | None
    sessions: int
    locked: bool


def invite(accounts: Accounts, *, email: str, role: str, by: int | None, address: str = "") -> str:
    """A new invitation in place of older ones to that email; gives its code, which is stored nowhere. Raises Refused.

    Somebody who has an account chooses a new password and a new second factor with it: the way back in after a loss.
    """
    email = signing_in.normal_email(email)
    if email.count("@") != 1 or len(email) < 3 or any(letter.isspace() for letter in email):
        raise Refused("That is no email address.")
    if role not in ROLES:
        raise Refused("There is no role “%(role)s”.", role=role)
    code, now = secrets.token_urlsafe(32), accounts.clock()
    with accounts.store.begin() as session:
        user = signing_in.by_email(session, accounts.clinic_id, email)
        if user is not None and role != "admin":
            _keep_an_admin(session, user)
        _withdraw(session, accounts, email)
        row = InvitationRow(
            clinic_id=accounts.clinic_id, email=email, role=role, code_hash=digest(code), invited_by=by, created_at=now,
            expires_at=now + INVITED,
        )  # fmt: skip
        session.add(row)
        session.flush()
        _record(accounts, session, by, "invite", f"invitation:{row.id}", address, reason=role)
    log.info("invited", role=role, by=by)
    return code


def accept(accounts: Accounts, *, code: str, name: str, password: str, address: str, clinic: str, language: str = "") -> str:
    """Takes an invitation up, once; gives the id of a session that sets up the second factor. Raises Refused.

    language: of the pages that they will see; "": as their browser asks.
    """
    with accounts.store.session() as session:
        email = _open_invitation(session, accounts, code).email
    name = " ".join(name.split())[:80]
    if not name:
        raise Refused("Write the name that your colleagues know you by.")
    if (why := passwords.weakness(password, about=(name, email, clinic))) is not None:
        raise Refused(why.english, **why.values)
    kept = passwords.hashed(password)
    with accounts.store.begin() as session:
        invitation, now = _open_invitation(session, accounts, code, take=True), accounts.clock()
        user = signing_in.by_email(session, accounts.clinic_id, email)
        if user is None:
            user = UserRow(clinic_id=accounts.clinic_id, email=email, created_at=now)
            session.add(user)
        elif invitation.role != "admin":
            _keep_an_admin(session, user)
        invitation.used_at = now
        user.name, user.role, user.password_hash, user.active = name, invitation.role, kept, True
        user.totp_secret, user.totp_step, user.language = None, 0, language
        session.flush()
        session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.user_id == user.id))
        sessions.end_all(session, user.id)
        calendars.end(session, user.id)
        limits.forgive(accounts, session, email=email)
        log.info("invitation_accepted", user=user.id, role=user.role)
        token = sessions.start(session, user_id=user.id, stage=ENROL, address=address, now=now)
        _record(accounts, session, user.id, "accept_invitation", f"invitation:{invitation.id}", address, reason=user.role)
        return token


def change_password(accounts: Accounts, held: Held, *, old: str, new: str, address: str, clinic: str) -> None:
    """A new password; every other session of this person ends. Raises Refused."""
    signing_in.own_password(accounts, held, given=old, address=address)
    if (why := passwords.weakness(new, about=(held.actor.name, held.email, clinic))) is not None:
        raise Refused(why.english, **why.values)
    kept = passwords.hashed(new)
    with accounts.store.begin() as session:
        session.get_one(UserRow, held.user_id).password_hash = kept
        sessions.end_all(session, held.user_id, but=held.id)
        _record(accounts, session, held.user_id, "change_password", f"user:{held.user_id}", address)
    log.info("password_changed", user=held.user_id)


def choose_language(accounts: Accounts, held: Held, language: str) -> None:
    """The language of the pages that this person sees; "": as their browser asks."""
    with accounts.store.begin() as session:
        session.get_one(UserRow, held.user_id).language = language


def renew_recovery_codes(accounts: Accounts, held: Held, *, password: str, address: str) -> tuple[str, ...]:
    """Fresh recovery codes for who knows the password. Raises Refused."""
    signing_in.own_password(accounts, held, given=password, address=address)
    with accounts.store.begin() as session:
        codes = signing_in.new_recovery_codes(accounts, session, held.user_id)
        _record(accounts, session, held.user_id, "renew_recovery_codes", f"user:{held.user_id}", address)
        return codes


def members(accounts: Accounts) -> list[Member]:
    """Everybody of this clinic, by name."""
    now = accounts.clock()
    query = (
        select(UserRow, func.count(SessionRow.id))
        .outerjoin(
            SessionRow, (SessionRow.user_id == UserRow.id) & (SessionRow.ends_at > now) & (SessionRow.seen_at >= now - sessions.IDLE)
        )
        .where(UserRow.clinic_id == accounts.clinic_id)
        .group_by(UserRow.id)
        .order_by(UserRow.active.desc(), UserRow.name)
    )
    with accounts.store.session() as session:
        locked = set(session.scalars(select(AttemptRow.key).where(AttemptRow.locked_until > now)))
        return [
            Member(
                id=row.id, name=row.name, email=row.email, role=row.role, active=row.active, second_factor=row.totp_secret is not None,
                seen_at=row.seen_at, sessions=count, locked=limits.account_key(accounts, row.email) in locked,
            )
            for row, count in session.execute(query)
        ]  # fmt: skip


def actors(accounts: Accounts) -> list[Actor]:
    """Everybody of this clinic who is not shut out, by name."""
    query = select(UserRow).where(UserRow.clinic_id == accounts.clinic_id, UserRow.active).order_by(UserRow.name)
    with accounts.store.session() as session:
        return [
            Actor(id=row.id, name=row.name, role=row.role, clinic_id=row.clinic_id, language=row.language)
            for row in session.scalars(query)
        ]


def invitations(accounts: Accounts) -> list[InvitationRow]:
    """Those that can still be taken up."""
    query = select(InvitationRow).where(
        InvitationRow.clinic_id == accounts.clinic_id, InvitationRow.used_at.is_(None), InvitationRow.expires_at > accounts.clock()
    )
    with accounts.store.session() as session:
        return list(session.scalars(query.order_by(InvitationRow.id)))


def withdraw(accounts: Accounts, email: str, *, by: int | None, address: str) -> None:
    """The open invitations to that email count no more."""
    with accounts.store.begin() as session:
        for invitation_id in _withdraw(session, accounts, signing_in.normal_email(email)):
            _record(accounts, session, by, "withdraw_invitation", f"invitation:{invitation_id}", address)


def change(
    accounts: Accounts, user_id: int, *, by: int | None, address: str, role: str | None = None, active: bool | None = None
) -> None:
    """Another role, or shut out and let in again; ends the person's sessions. Raises Refused, sqlalchemy.exc.NoResultFound."""
    if role is not None and role not in ROLES:
        raise Refused("There is no role “%(role)s”.", role=role)
    with accounts.store.begin() as session:
        user = _member(session, accounts, user_id)
        if active is False or (role is not None and role != "admin"):
            _keep_an_admin(session, user)
        user.role, user.active = role or user.role, user.active if active is None else active
        sessions.end_all(session, user.id)
        calendars.end(session, user.id)
        if active is False:
            _withdraw(session, accounts, user.email)
        what = "change_role" if role is not None else "activate" if active else "deactivate"
        _record(accounts, session, by, what, f"user:{user.id}", address, reason=role or "")
    log.info("user_changed", user=user_id, role=role, active=active)


def end_sessions(accounts: Accounts, user_id: int, *, by: int | None, address: str) -> None:
    """Signs the person out everywhere, their calendar program too. Raises sqlalchemy.exc.NoResultFound."""
    with accounts.store.begin() as session:
        sessions.end_all(session, _member(session, accounts, user_id).id)
        calendars.end(session, user_id)
        _record(accounts, session, by, "end_sessions", f"user:{user_id}", address)


def unlock(accounts: Accounts, user_id: int, *, by: int | None, address: str) -> None:
    """Opens an account that wrong tries closed. Raises sqlalchemy.exc.NoResultFound."""
    with accounts.store.begin() as session:
        limits.forgive(accounts, session, email=_member(session, accounts, user_id).email)
        _record(accounts, session, by, "unlock", f"user:{user_id}", address)


def _member(session: Session, accounts: Accounts, user_id: int) -> UserRow:
    return session.scalars(select(UserRow).where(UserRow.id == user_id, UserRow.clinic_id == accounts.clinic_id)).one()


def _keep_an_admin(session: Session, user: UserRow) -> None:
    """Refuses to take the last administrator away: nobody could invite any more."""
    others = select(UserRow.id).where(
        UserRow.clinic_id == user.clinic_id, UserRow.role == "admin", UserRow.active, UserRow.id != user.id
    )
    if user.role == "admin" and user.active and session.scalars(others.with_for_update()).first() is None:
        raise Refused("This is the last administrator: make somebody else one first.")


def _open_invitation(session: Session, accounts: Accounts, code: str, *, take: bool = False) -> InvitationRow:
    """take: to use it up, so that of two who come at once the second finds it used."""
    query = select(InvitationRow).where(InvitationRow.code_hash == digest(code.strip()), InvitationRow.clinic_id == accounts.clinic_id)
    found = session.scalars(query.with_for_update() if take else query).one_or_none()
    if found is None or found.used_at is not None or found.expires_at <= accounts.clock():
        raise Refused(USED_UP)
    return found


def _withdraw(session: Session, accounts: Accounts, email: str) -> list[int]:
    to_them = InvitationRow.clinic_id == accounts.clinic_id, InvitationRow.email == email, InvitationRow.used_at.is_(None)
    return list(session.scalars(delete(InvitationRow).where(*to_them).returning(InvitationRow.id)))


def _record(accounts: Accounts, session: Session, by: int | None, action: str, about: str, address: str, *, reason: str = "") -> None:
    who = trail.staff(by, otherwise=trail.COMMAND)
    trail.record(accounts, session, actor=who, action=action, about=about, address=address, reason=reason)


def link(public_url: str, code: str) -> str:
    """An invitation's link. The code stands behind the #, so it is in no server's log on the way."""
    return f"{public_url}/account/invitation#{code}"
