"""How long the words of each kind are kept, and taking away those whose time is over (H-08).

Words go; that there was a text, when, which rule decided and what came of it stays, as do consent and the audit trail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from bot.records.opened import Records
from bot.store import media, waiting, words
from bot.store.crypto import ERASED, current_cipher
from bot.store.media_models import MediaRow
from bot.store.models import AppointmentRow, CommunicationRow, SlotRow, TaskRow
from bot.store.sending_models import OutboxRow
from bot.store.work_models import ActionRow, CandidateRow

BATCH = 500  # rows of one transaction
Ids = Select[int]


@dataclass(frozen=True)
class Part:
    """Rows of one table. find: those of a clinic from before a moment; take_away: their words, or the rows themselves."""

    find: Callable[[int, datetime], Ids]
    take_away: Callable[[Session, list[int]], object]


def purge(records: Records, *, dry_run: bool = False) -> dict[str, int]:
    """kind → how many were purged (or would be), for every kind of which the clinic's file says how many days it is kept."""
    now, done = records.clock(), {}
    for kind, days in records.clinic.retention.items():
        before, count = now - timedelta(days=days), _count if dry_run else _purge
        done[kind] = sum(count(records, kind, part, before) for part in KINDS[kind])
    return done


def _count(records: Records, _kind: str, part: Part, before: datetime) -> int:
    old = part.find(records.clinic_id, before)
    with records.store.session() as session:
        return session.scalar(select(func.count()).select_from(old.subquery())) or 0


def _purge(records: Records, kind: str, part: Part, before: datetime) -> int:
    """In batches, each with its entry in the trail. What is old is looked for before it is written, so that no text waits for that."""
    done, last, old = 0, 0, part.find(records.clinic_id, before)
    id_ = old.selected_columns[0]
    while True:
        with records.store.session() as session:
            found = list(session.scalars(old.where(id_ > last).order_by(id_).limit(BATCH)))
        if not found:
            return done
        done += records.unhurried(partial(_take_away, records, kind, part, old.where(id_.in_(found))))
        last = found[-1]


def _take_away(records: Records, kind: str, part: Part, old: Ids, session: Session) -> int:
    """One batch, of which as many as are still old."""
    if ids := list(session.scalars(old)):
        part.take_away(session, ids)
        records.record(session.connection(), action="purge", about=kind, reason=f"{len(ids)} of them")
    return len(ids)


def _old_texts(clinic_id: int, before: datetime) -> Ids:
    """Texts that still have words or files, of conversations in which nothing waits to be sent or answered."""
    waits = select(OutboxRow.communication_id).where(OutboxRow.status.in_(("waiting", "sending")))
    has_words = or_(func.length(CommunicationRow.body) > 0, CommunicationRow.id.in_(select(MediaRow.communication_id)))
    mine = CommunicationRow.clinic_id == clinic_id
    query = select(CommunicationRow.id).where(mine, CommunicationRow.at < before, has_words)
    return query.where(CommunicationRow.status != "received", CommunicationRow.id.not_in(waits))


def _forget_words(session: Session, ids: list[int]) -> None:
    """What coordinators proposed to learn from a text quotes it, and goes with it, as the files do that came with it."""
    media.forget(session, ids)
    session.execute(delete(CandidateRow).where(CandidateRow.communication_id.in_(ids)))
    chosen = CommunicationRow.id.in_(ids)
    session.execute(update(CommunicationRow).where(chosen).values(body=ERASED, reply=None, reading=None))
    _forget_in_search(session, select(CommunicationRow.phone_id).where(chosen))


def _forget_in_search(session: Session, phones: Select[int | None]) -> None:
    some = [phone_id for phone_id in session.scalars(phones.distinct()) if phone_id is not None]
    words.rewrite(session.connection(), current_cipher(), some)


def _old_notes(clinic_id: int, before: datetime) -> Ids:
    """Notes of items that have been closed."""
    return select(TaskRow.id).where(TaskRow.clinic_id == clinic_id, TaskRow.closed_at < before, TaskRow.note.is_not(None))


def _forget_notes(session: Session, ids: list[int]) -> object:
    return session.execute(update(TaskRow).where(TaskRow.id.in_(ids)).values(note=None))


def _old_actions(clinic_id: int, before: datetime) -> Ids:
    """What staff wrote into conversations: notes, calls, what came of items."""
    return select(ActionRow.id).where(ActionRow.clinic_id == clinic_id, ActionRow.at < before, ActionRow.words.is_not(None))


def _forget_actions(session: Session, ids: list[int]) -> None:
    chosen = ActionRow.id.in_(ids)
    session.execute(update(ActionRow).where(chosen).values(words=None))
    _forget_in_search(session, select(ActionRow.phone_id).where(chosen))


def _old_slots(clinic_id: int, before: datetime) -> Ids:
    """Times that have passed and that no visit holds."""
    held = select(AppointmentRow.slot_id).where(AppointmentRow.slot_id.is_not(None))
    return select(SlotRow.id).where(SlotRow.clinic_id == clinic_id, SlotRow.start < before, SlotRow.id.not_in(held))


def _delete_slots(session: Session, ids: list[int]) -> object:
    waiting.forget_slots(session, ids)
    return session.execute(delete(SlotRow).where(SlotRow.id.in_(ids)))


KINDS = {
    "messages": (Part(_old_texts, _forget_words),),
    "notes": (Part(_old_notes, _forget_notes), Part(_old_actions, _forget_actions)),
    "slots": (Part(_old_slots, _delete_slots),),
}
