"""How often somebody may try: by account and by address, counted in the database, so that all processes count together."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.accounts.types import Accounts
from bot.store.account_models import AttemptRow

WINDOW = LOCK = timedelta(minutes=15)
PER_ACCOUNT = 5
PER_ADDRESS = 30  # one address may be a whole clinic's
KEPT = timedelta(days=1)


def admit(accounts: Accounts, *, email: str, address: str) -> bool:
    """Counts a try before it is judged, so that tries at the same moment count too. False while the account or address is locked."""
    with accounts.store.begin() as session:
        counts = [
            (_row(session, accounts, account_key(accounts, email)), PER_ACCOUNT),
            (_row(session, accounts, _address_key(accounts, address)), PER_ADDRESS),
        ]
        now = accounts.clock()
        if any(row.locked_until is not None and row.locked_until > now for row, _ in counts):
            return False
        for row, most in counts:
            if row.locked_until is not None or now - row.since >= WINDOW:
                row.failed_attempts, row.since, row.locked_until = 0, now, None
            row.failed_attempts += 1
            if row.failed_attempts >= most:
                row.locked_until = now + LOCK
        return True


def refund(accounts: Accounts, session: Session, *, email: str, address: str) -> None:
    """The try was right: it does not count."""
    for key in (account_key(accounts, email), _address_key(accounts, address)):
        row = session.get(AttemptRow, key)
        if row is not None:
            row.failed_attempts, row.locked_until = max(0, row.failed_attempts - 1), None


def forgive(accounts: Accounts, session: Session, *, email: str) -> None:
    """The account's failures are forgotten: somebody signed in wholly, or an administrator unlocked it."""
    session.execute(delete(AttemptRow).where(AttemptRow.key == account_key(accounts, email)))
    session.execute(delete(AttemptRow).where(AttemptRow.since < accounts.clock() - KEPT))


def account_key(accounts: Accounts, email: str) -> str:
    """Under which an account's tries are counted, whether or not the account exists."""
    return accounts.store.cipher.index(f"tries of account {accounts.clinic_id} {email}")


def _address_key(accounts: Accounts, address: str) -> str:
    return accounts.store.cipher.index(f"tries of address {_network(address)}")


def _network(address: str) -> str:
    """The address; of IPv6 the half that a provider gives a household, which may use any of the other half's addresses."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or found.exploded[:19])
    return address


def _row(session: Session, accounts: Accounts, key: str) -> AttemptRow:
    found = session.get(AttemptRow, key, with_for_update=True)
    if found is None:
        try:
            with session.begin_nested():
                session.add(AttemptRow(key=key, failed_attempts=0, since=accounts.clock()))
        except IntegrityError:  # another process was first
            pass
        found = session.get_one(AttemptRow, key, with_for_update=True)
    return found
