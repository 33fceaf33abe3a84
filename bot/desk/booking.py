"""What coordinators do with visits: book, move, call off; the patient is told at once, and who caused it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from bot.actor import Actor
from bot.desk.news import SENTENCES, reach
from bot.desk.work import Refused, hold, record
from bot.remind import BOOKED, CALLED_OFF, MOVED, About, tell
from bot.store import queries
from bot.store.models import AppointmentRow, PhoneRow, SlotRow
from bot.turn import Bot


@dataclass(frozen=True)
class Desk:
    """Who acts, in which conversation, and whether the patient asked for it, by phone or at the desk; else the clinic caused it."""

    by: Actor
    phone_id: int
    asked: bool


def book(bot: Bot, patient_id: int, *, slot_id: int, desk: Desk) -> bool:
    """Books a visit into a free slot. A patient who did not ask for it is asked whether they come.

    Gives whether the patient is told by text; if not, somebody must phone. Raises Refused when the slot is taken, or while a
    colleague works on the conversation.
    """
    now = bot.clock()
    with bot.store.begin() as session:
        hold(session, desk.phone_id, by=desk.by, now=now)
        slot = _take(bot, session, slot_id, desk)
        visit = AppointmentRow(
            clinic_id=bot.clinic_id,
            patient_id=patient_id,
            slot_id=slot.id,
            service=slot.service,
            start=slot.start,
            minutes=slot.minutes,
            practitioner=slot.practitioner,
            participant=_participant(desk),
            told_at=now,
        )
        session.add(visit)
        session.flush()
        _record(bot, session, desk, "booked", _local(bot, visit.start))
        return _tell(bot, session, visit, BOOKED, desk)


def move(bot: Bot, visit_id: int, *, slot_id: int, desk: Desk, version: int | None = None) -> bool:
    """Moves a visit to a free slot; its old time is free again if the patient asked, else the clinic has other plans for it.

    version: of the visit as it was shown; None: as it is. Gives and raises as `book` does; Refused too when the visit has changed.
    """
    now = bot.clock()
    with bot.store.begin() as session:
        hold(session, desk.phone_id, by=desk.by, now=now)
        visit = _booked(bot, session, visit_id, version)
        before = visit.start
        slot = _take(bot, session, slot_id, desk)
        _leave(session, visit, desk)
        visit.slot_id, visit.start, visit.minutes = slot.id, slot.start, slot.minutes
        visit.practitioner = slot.practitioner or visit.practitioner
        visit.participant, visit.changed_at, visit.told_at = _participant(desk), now, now
        session.flush()
        _record(bot, session, desk, "moved", f"{_local(bot, before)} to {_local(bot, visit.start)}")
        return _tell(bot, session, visit, MOVED, desk)


def call_off(bot: Bot, visit_id: int, *, desk: Desk, version: int | None = None) -> bool:
    """Calls a visit off; gives whether the patient is told by text. version, and what it raises: as of `move`."""
    now = bot.clock()
    with bot.store.begin() as session:
        hold(session, desk.phone_id, by=desk.by, now=now)
        visit = _booked(bot, session, visit_id, version)
        _leave(session, visit, desk)
        visit.slot_id, visit.changed_at, visit.told_at = None, now, now
        _record(bot, session, desk, "called_off", _local(bot, visit.start))
        told = _tell(bot, session, visit, CALLED_OFF, desk)
        visit.status = "cancelled"
        visit.participant = "declined" if desk.asked else visit.participant
        return told


def _participant(desk: Desk) -> str:
    return "accepted" if desk.asked else "needs-action"


def _booked(bot: Bot, session: Session, visit_id: int, version: int | None) -> AppointmentRow:
    visit = session.get(AppointmentRow, visit_id, with_for_update=True)
    if visit is None or visit.clinic_id != bot.clinic_id or visit.status != "booked" or version not in (None, visit.version):
        raise Refused("This visit has changed meanwhile. Here is how it stands now; nothing of yours was written.")
    return visit


def _take(bot: Bot, session: Session, slot_id: int, desk: Desk) -> SlotRow:
    slot = queries.take_slot(session, slot_id, phone_id=desk.phone_id, now=bot.clock())
    if slot is None or slot.clinic_id != bot.clinic_id or slot.start <= bot.clock():
        raise Refused("This time is no longer free: somebody else was first. Choose another one.")
    return slot


def _leave(session: Session, visit: AppointmentRow, desk: Desk) -> None:
    if visit.slot_id is not None:
        session.get_one(SlotRow, visit.slot_id).status = "free" if desk.asked else "busy-unavailable"


def _local(bot: Bot, moment: datetime) -> str:
    return f"{moment.astimezone(bot.clinic.zone):%a %b %-d, %-I:%M %p}"


def _record(bot: Bot, session: Session, desk: Desk, kind: str, detail: str) -> None:
    cause = "the patient asked" if desk.asked else "the clinic's change"
    record(session, by=desk.by, now=bot.clock(), phone_id=desk.phone_id, kind=kind, detail=f"{detail} ({cause})")


def _tell(bot: Bot, session: Session, visit: AppointmentRow, what: str, desk: Desk) -> bool:
    """Queues the news, unless nothing may be sent about this visit; what the patient might still take back is forgotten."""
    found = reach(bot, session, visit.patient_id, visit_id=visit.id)
    if found.phone_id is None:
        return False
    phone = session.get_one(PhoneRow, found.phone_id, with_for_update=True)
    state = queries.state_of(phone)
    queries.keep_state(phone, replace(state, undo=tuple(each for each in state.undo if each.visit != visit.id)))
    if found.why_not:
        return False
    say = (SENTENCES[what, desk.asked],)
    tell(bot, session, phone, [About(visit.id, visit.start, what, say)], useless_at=visit.start)
    return True
