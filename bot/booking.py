"""What coordinators do with visits: book, move, call off; the patient is told at once, and who caused it."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from bot.remind import BOOKED, CALLED_OFF, MOVED, About, tell
from bot.store import care, queries
from bot.store.database import Conflict
from bot.store.models import AppointmentRow, PhoneRow, SlotRow
from bot.turn import Bot

# (what was done, whether the patient had asked for it) → the sentence that tells of it.
SENTENCES = {
    (BOOKED, False): "clinic_booked",
    (BOOKED, True): "asked_booked",
    (MOVED, False): "clinic_moved",
    (MOVED, True): "asked_moved",
    (CALLED_OFF, False): "clinic_called_off",
    (CALLED_OFF, True): "asked_called_off",
}


def book(bot: Bot, patient_id: int, *, slot_id: int, asked: bool) -> bool:
    """Books a visit into a free slot. asked: the patient wanted it, by phone or at the desk; else they are asked if they come.

    Gives whether the patient is told by text; if not, somebody must phone. Raises Conflict when the slot is taken.
    """
    now = bot.clock()
    with bot.store.begin() as session:
        slot = _take(bot, session, slot_id)
        visit = AppointmentRow(
            clinic_id=bot.clinic_id,
            patient_id=patient_id,
            slot_id=slot.id,
            service=slot.service,
            start=slot.start,
            minutes=slot.minutes,
            practitioner=slot.practitioner,
            participant=_participant(asked),
            told_at=now,
        )
        session.add(visit)
        session.flush()
        return _tell(bot, session, visit, BOOKED, asked=asked)


def move(bot: Bot, visit_id: int, *, slot_id: int, asked: bool) -> bool:
    """Moves a visit to a free slot; its old time is free again if the patient asked, else the clinic has other plans for it.

    Gives and raises as `book` does; Conflict too when the visit is no longer booked.
    """
    now = bot.clock()
    with bot.store.begin() as session:
        visit = _booked(bot, session, visit_id)
        slot = _take(bot, session, slot_id)
        _leave(session, visit, asked=asked)
        visit.slot_id, visit.start, visit.minutes = slot.id, slot.start, slot.minutes
        visit.practitioner = slot.practitioner or visit.practitioner
        visit.participant, visit.changed_at, visit.told_at = _participant(asked), now, now
        session.flush()
        return _tell(bot, session, visit, MOVED, asked=asked)


def call_off(bot: Bot, visit_id: int, *, asked: bool) -> bool:
    """Calls a visit off; gives whether the patient is told by text. Raises Conflict when it is no longer booked."""
    now = bot.clock()
    with bot.store.begin() as session:
        visit = _booked(bot, session, visit_id)
        _leave(session, visit, asked=asked)
        visit.slot_id, visit.changed_at, visit.told_at = None, now, now
        told = _tell(bot, session, visit, CALLED_OFF, asked=asked)
        visit.status = "cancelled"
        visit.participant = "declined" if asked else visit.participant
        return told


def _participant(asked: bool) -> str:
    return "accepted" if asked else "needs-action"


def _booked(bot: Bot, session: Session, visit_id: int) -> AppointmentRow:
    visit = session.get(AppointmentRow, visit_id, with_for_update=True)
    if visit is None or visit.clinic_id != bot.clinic_id or visit.status != "booked":
        raise Conflict(f"visit {visit_id}")
    return visit


def _take(bot: Bot, session: Session, slot_id: int) -> SlotRow:
    slot = queries.take_slot(session, slot_id, phone_id=None, now=bot.clock())
    if slot is None or slot.clinic_id != bot.clinic_id:
        raise Conflict(f"slot {slot_id}")
    return slot


def _leave(session: Session, visit: AppointmentRow, *, asked: bool) -> None:
    if visit.slot_id is not None:
        session.get_one(SlotRow, visit.slot_id).status = "free" if asked else "busy-unavailable"


def _tell(bot: Bot, session: Session, visit: AppointmentRow, what: str, *, asked: bool) -> bool:
    """Queues the news, unless nothing may be sent about this visit; what the patient might still take back is forgotten."""
    link = care.reached_on(session, [visit.patient_id]).get(visit.patient_id)
    if link is None:
        return False
    phone = session.get_one(PhoneRow, link.phone_id, with_for_update=True)
    state = queries.state_of(phone)
    queries.keep_state(phone, replace(state, undo=tuple(each for each in state.undo if each.visit != visit.id)))
    number, _ = care.number(session, phone, now=bot.clock(), zone=bot.clinic.zone)
    stop = next((each.stop for each in number.visits if each.id == visit.id), "too long ago")
    if stop or number.stop not in ("", care.TAKEN_OVER):
        return False
    tell(bot, session, phone, [About(visit.id, visit.start, what, (SENTENCES[what, asked],))], useless_at=visit.start)
    return True
