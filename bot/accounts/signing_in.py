"""Signing in: the password, then the code; each a try that counts until it was right."""

from __future__ import annotations

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.accounts import limits, passwords, second, sessions, trail
from bot.accounts.sessions import CODE, ENROL, IN, Held
from bot.accounts.types import Accounts, Refused
from bot.store.account_models import RecoveryCodeRow, SessionRow, UserRow

log = structlog.get_logger()
# One sentence for a wrong email, a wrong password and a locked account: it tells nobody which accounts exist.
WRONG = "That did not fit. After five wrong tries an account is closed for 15 minutes; an administrator can open it sooner."
UNKNOWN = "You are signed in there, but its verified email address belongs to no open account here. An administrator can invite you."


class TooMany(Refused):
    """The account or the address is locked for a while."""


def by_email(session: Session, clinic_id: int, email: str) -> UserRow | None:
    """The person with that (normal) email."""
    return session.scalar(select(UserRow).where(UserRow.clinic_id == clinic_id, UserRow.email == email))


def normal_email(email: str) -> str:
    """An email as it is stored and compared."""
    return email.strip().casefold()[:254]


def password(accounts: Accounts, *, email: str, given: str, address: str) -> str:
    """The first step; gives the id of a session that waits for the second. Raises Refused."""
    email = normal_email(email)
    _admit(accounts, email=email, address=address)
    with accounts.store.session() as session:
        user = by_email(session, accounts.clinic_id, email)
    known = user if user is not None and user.active else None
    if not passwords.fits(given, known.password_hash if known else None) or known is None:
        raise _refused(accounts, step="password", user_id=known.id if known else None, address=address)
    kept = known.password_hash or ""
    better = passwords.hashed(given) if passwords.outdated(kept) else kept
    with accounts.store.begin() as session:
        row = session.get_one(UserRow, known.id)
        if row.password_hash != kept or not row.active:  # changed while we looked at the old one
            raise Refused(WRONG)
        row.password_hash = better
        limits.refund(accounts, session, email=email, address=address)
        stage = CODE if row.totp_secret else ENROL
        return sessions.start(session, user_id=row.id, stage=stage, address=address, now=accounts.clock())


def by_issuer(accounts: Accounts, *, email: str, address: str) -> str:
    """Signs in whom the organisation's issuer vouches for, both factors included; gives the id of the session. Raises Refused.

    email: as the issuer has verified it, "" if it has not. Nobody gets an account by it.
    """
    with accounts.store.begin() as session:
        user = by_email(session, accounts.clinic_id, normal_email(email)) if email else None
        if user is not None and user.active:
            log.info("signed_in", user=user.id, by="issuer")
            token = sessions.start(session, user_id=user.id, stage=IN, address=address, now=accounts.clock())
            who, about = trail.staff(user.id), f"user:{user.id}"
            trail.record(accounts, session, actor=who, action="sign_in", about=about, address=address, reason="issuer")
            return token
    _refused(accounts, step="issuer", user_id=user.id if user else None, address=address)
    raise Refused(UNKNOWN)


def own_password(accounts: Accounts, held: Held, *, given: str, address: str) -> None:
    """Asks a signed-in person for the password again, as a try that counts until it was right. Raises Refused."""
    _admit(accounts, email=held.email, address=address)
    with accounts.store.session() as session:
        kept = session.get_one(UserRow, held.user_id).password_hash
    if not passwords.fits(given, kept):
        raise _refused(accounts, step="again", user_id=held.user_id, address=address)
    with accounts.store.begin() as session:
        limits.refund(accounts, session, email=held.email, address=address)


def code(accounts: Accounts, held: Held, *, given: str, address: str) -> str:
    """The second step: a code from the app, or a recovery code. Gives the id of a new session that is signed in. Raises Refused."""
    _admit(accounts, email=held.email, address=address)
    with accounts.store.begin() as session:
        user = session.get_one(UserRow, held.user_id, with_for_update=True)
        if held.stage == CODE and _right(accounts, session, user, given):
            limits.refund(accounts, session, email=held.email, address=address)
            limits.forgive(accounts, session, email=held.email)
            return _signed_in(accounts, session, held, address=address)
    raise _refused(accounts, step="code", user_id=held.user_id, address=address)


def begin_enrolment(accounts: Accounts, held: Held) -> str:
    """The secret that this person's app is to learn, the same until a code from it was right."""
    with accounts.store.begin() as session:
        row = session.get_one(SessionRow, held.id)
        row.totp_pending = row.totp_pending or second.new_secret()
        return row.totp_pending


def enrol(accounts: Accounts, held: Held, *, given: str, address: str) -> tuple[str, tuple[str, ...]]:
    """The app's first code. Gives the id of a new session that is signed in, and the recovery codes to keep. Raises Refused."""
    now = accounts.clock()
    with accounts.store.begin() as session:
        row = session.get_one(SessionRow, held.id)
        user = session.get_one(UserRow, held.user_id, with_for_update=True)
        step = second.accepted_step(row.totp_pending or "", given, after=0, now=now) if row.totp_pending else None
        if held.stage != ENROL or user.totp_secret is not None or step is None:
            raise Refused("That code did not fit. Wait for the app's next one, and see that the phone's clock is right.")
        user.totp_secret, user.totp_step = row.totp_pending, step
        codes = new_recovery_codes(accounts, session, user.id)
        return _signed_in(accounts, session, held, address=address), codes


def new_recovery_codes(accounts: Accounts, session: Session, user_id: int) -> tuple[str, ...]:
    """Fresh recovery codes; the old ones count no more."""
    session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.user_id == user_id))
    codes = second.new_codes()
    session.add_all(RecoveryCodeRow(user_id=user_id, code_key=_code_key(accounts, each)) for each in codes)
    return codes


def _admit(accounts: Accounts, *, email: str, address: str) -> None:
    if not limits.admit(accounts, email=email, address=address):
        raise _refused(accounts, step="locked", user_id=None, address=address)


def _refused(accounts: Accounts, *, step: str, user_id: int | None, address: str) -> Refused:
    """Notes a try that was not right, or that came while the account or the address is locked; gives what to raise."""
    log.warning("sign_in_refused", step=step, user=user_id)
    about = f"user:{user_id}" if user_id is not None else "accounts"
    with accounts.store.begin() as session:
        trail.record(accounts, session, actor="nobody", action="sign_in", about=about, address=address, outcome="refused", reason=step)
    return TooMany(WRONG) if step == "locked" else Refused(WRONG)


def _right(accounts: Accounts, session: Session, user: UserRow, given: str) -> bool:
    """Whether the code is right; it is used up at once."""
    step = second.accepted_step(user.totp_secret or "", given, after=user.totp_step, now=accounts.clock())
    if step is not None:
        user.totp_step = step
        return True
    found = session.get(RecoveryCodeRow, (user.id, _code_key(accounts, given)))
    if found is None:
        return False
    session.delete(found)
    log.info("recovery_code_used", user=user.id)
    return True


def _signed_in(accounts: Accounts, session: Session, held: Held, *, address: str) -> str:
    """Ends the halfway session and begins another under a new id, so that no id from before signing in is worth anything."""
    sessions.end(session, held.id)
    log.info("signed_in", user=held.user_id)
    token = sessions.start(session, user_id=held.user_id, stage=IN, address=address, now=accounts.clock())
    _record(accounts, session, held, "sign_in", address)
    return token


def sign_out(accounts: Accounts, held: Held, *, address: str) -> None:
    """Ends this session."""
    with accounts.store.begin() as session:
        sessions.end(session, held.id)
        _record(accounts, session, held, "sign_out", address)


def sign_out_elsewhere(accounts: Accounts, held: Held, *, address: str) -> None:
    """Ends every other session of this person."""
    with accounts.store.begin() as session:
        sessions.end_all(session, held.user_id, but=held.id)
        _record(accounts, session, held, "sign_out_elsewhere", address)


def _record(accounts: Accounts, session: Session, held: Held, action: str, address: str) -> None:
    about = f"user:{held.user_id}"
    trail.record(accounts, session, actor=trail.staff(held.user_id), action=action, about=about, address=address)


def _code_key(accounts: Accounts, given: str) -> str:
    return accounts.store.cipher.index(f"recovery code {second.normal(given)}")
