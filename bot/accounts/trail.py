"""What happens to accounts, in the audit trail (H-07): sign-ins and refused ones, invitations, roles, ended sessions."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.accounts.types import Accounts
from bot.store import audit

COMMAND = "command"  # who acts from the server's command line


def staff(user_id: int | None, *, otherwise: str = "nobody") -> str:
    """A person as the trail names them; somebody who is not known as `otherwise`."""
    return otherwise if user_id is None else f"staff:{user_id}"


def record(
    accounts: Accounts,
    session: Session,
    *,
    actor: str,
    action: str,
    about: str,
    address: str,
    outcome: str = "ok",
    reason: str = "",
) -> None:
    """Adds an entry in the caller's transaction, to be called last: who waits for a place must not hold what others need."""
    session.flush()
    audit.record(
        session.connection(),
        clinic_id=accounts.clinic_id,
        actor=actor,
        action=action,
        about=about,
        outcome=outcome,
        reason=reason,
        where=audit.Where(address=address),
        now=accounts.clock(),
    )
