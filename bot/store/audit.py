"""The audit trail (H-07): who did what about whom, when; only ever added to, each entry sealed together with the one before.

The seal is keyed, so that who can write to the database alone can change nothing unnoticed. Taking away the newest entries leaves
a chain that is whole: whoever noted the last seal elsewhere can ask whether it is still there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from sqlalchemy import Connection, insert, select
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from bot.store.crypto import current_cipher
from bot.store.models import AuditRow

FIRST = "0" * 64  # what stands before the first entry
LOCK = 7_300_117  # PostgreSQL's lock for "I am adding to the trail"; any number that nothing else uses


@dataclass(frozen=True)
class Where:
    """Where an action came from: the client's address and the request's id."""

    address: str = ""
    request: str = ""


@dataclass(frozen=True)
class Verdict:
    """What a look through the trail found. last: the newest seal; broken: the first entry that does not fit, in words."""

    entries: int
    last: str
    broken: str | None = None
    found: bool = True


def record(
    connection: Connection,
    *,
    clinic_id: int,
    actor: str,
    action: str,
    about: str,
    now: datetime,
    role: str = "",
    outcome: str = "ok",
    reason: str = "",
    where: Where = Where(),
) -> None:
    """Adds an entry in the caller's transaction, which must be one that writes: entries queue for their place in the chain.

    about: kind and id ("phone:12"). No argument may hold patients' words, names or numbers.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sql("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    previous = connection.scalar(select(AuditRow.seal).order_by(AuditRow.id.desc()).limit(1)) or FIRST
    entry = {
        "clinic_id": clinic_id,
        "at": _milliseconds(now),
        "actor": actor[:80],
        "role": role[:20],
        "action": action[:40],
        "about": about[:80],
        "outcome": outcome[:20],
        "reason": reason[:80],
        "address": where.address[:45],
        "request": where.request[:36],
        "previous": previous,
    }
    connection.execute(insert(AuditRow), {**entry, "seal": _seal(entry)})


def verify(session: Session, *, expect: str = "") -> Verdict:
    """Goes through the whole trail. expect: a seal that was noted earlier and must still be there."""
    entries, before, last, found = 0, "the beginning", FIRST, not expect
    for row in session.scalars(select(AuditRow).order_by(AuditRow.id).execution_options(yield_per=1000)):
        here = f"entry {row.id} of {row.at:%Y-%m-%d %H:%M:%S} UTC"
        if row.previous != last:
            return Verdict(entries, last, f"{here} does not follow {before}: entries between them are gone, or out of order")
        if row.seal != _seal({name: getattr(row, name) for name in SEALED}):
            return Verdict(entries, last, f"{here} has been changed")
        entries, before, last = entries + 1, here, row.seal
        found = found or last == expect
    return Verdict(entries, last, found=found)


SEALED = ("clinic_id", "at", "actor", "role", "action", "about", "outcome", "reason", "address", "request", "previous")


def _seal(entry: dict[str, object]) -> str:
    return current_cipher().seal(msgspec.json.encode([entry[name] for name in SEALED]))


def _milliseconds(moment: datetime) -> datetime:
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
