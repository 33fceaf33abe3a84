"""How long the words of each kind are kept, and taking away those whose time is over (H-08).

Words go; that there was a text, when, which rule decided and what came of it stays, as do consent and the audit trail.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from bot.records.opened import Records
from bot.store.crypto import ERASED
from bot.store.models import AppointmentRow, CommunicationRow, SlotRow, TaskRow
from bot.store.sending_models import OutboxRow

BATCH = 500  # rows of one transaction
Ids = Select[int]


def purge(records: Records, *, dry_run: bool = False) -> dict[str, int]:
    """kind → how many were purged (or would be), for every kind of which the clinic's file says how many days it is kept."""
    now, done = records.clock(), {}
    for kind, days in records.clinic.retention.items():
        find, take_away = KINDS[kind]
        old = find(records.clinic_id, now - timedelta(days=days))
        done[kind] = _count(records, old) if dry_run else _purge(records, kind, old, take_away)
    return done


def _count(records: Records, old: Ids) -> int:
    with records.store.session() as session:
        return session.scalar(select(func.count()).select_from(old.subquery())) or 0


def _purge(records: Records, kind: str, old: Ids, take_away: Callable[[Session, list[int]], object]) -> int:
    """In batches, each with its entry in the trail; cut off, it goes on where it was."""
    done = 0
    while True:
        with records.store.begin() as session:
            ids = list(session.scalars(old.limit(BATCH)))
            if not ids:
                return done
            take_away(session, ids)
            records.record(session.connection(), action="purge", about=kind, reason=f"{len(ids)} of them")
        done += len(ids)


def _old_texts(clinic_id: int, before: datetime) -> Ids:
    """Texts that still have words, of conversations in which nothing waits to be sent or answered."""
    waits = select(OutboxRow.communication_id).where(OutboxRow.status.in_(("waiting", "sending")))
    has_words = func.length(CommunicationRow.body) > 0
    mine = CommunicationRow.clinic_id == clinic_id
    query = select(CommunicationRow.id).where(mine, CommunicationRow.at < before, has_words)
    return query.where(CommunicationRow.status != "received", CommunicationRow.id.not_in(waits))


def _forget_words(session: Session, ids: list[int]) -> object:
    chosen = update(CommunicationRow).where(CommunicationRow.id.in_(ids))
    return session.execute(chosen.values(body=ERASED, reply=None, reading=None))


def _old_notes(clinic_id: int, before: datetime) -> Ids:
    """Notes of items that have been closed."""
    return select(TaskRow.id).where(TaskRow.clinic_id == clinic_id, TaskRow.closed_at < before, TaskRow.note.is_not(None))


def _forget_notes(session: Session, ids: list[int]) -> object:
    return session.execute(update(TaskRow).where(TaskRow.id.in_(ids)).values(note=None))


def _old_slots(clinic_id: int, before: datetime) -> Ids:
    """Times that have passed and that no visit holds."""
    held = select(AppointmentRow.slot_id).where(AppointmentRow.slot_id.is_not(None))
    return select(SlotRow.id).where(SlotRow.clinic_id == clinic_id, SlotRow.start < before, SlotRow.id.not_in(held))


def _delete_slots(session: Session, ids: list[int]) -> object:
    return session.execute(delete(SlotRow).where(SlotRow.id.in_(ids)))


KINDS: dict[str, tuple[Callable[[int, datetime], Ids], Callable[[Session, list[int]], object]]] = {
    "messages": (_old_texts, _forget_words),
    "notes": (_old_notes, _forget_notes),
    "slots": (_old_slots, _delete_slots),
}
