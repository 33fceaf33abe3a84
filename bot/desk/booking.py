"""What coordinators do with visits: book, move, call off; the patient is told at once, and who caused it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from bot.actor import Actor
from bot.apply import Scope, apply
from bot.core import Bot
from bot.desk.news import SENTENCES, reach
from bot.desk.work import Refused, hold, record
from bot.dialogue.effects import CloseItems, LogItem
from bot.dialogue.visits import SETTLED
from bot.remind import About, tell
from bot.store import queries, tasks, waiting
from bot.store.models import AppointmentRow, PhoneRow, SlotRow
from bot.store.news import BOOKED, CALLED_OFF, MOVED

# (what was done, whether the patient had asked for it) → the kinds of items that asked for just this. A change of the clinic's own
# answers nobody's wish, but nobody need call off any more what is called off.
SETTLES: dict[tuple[str, bool], tuple[str, ...]] = {
    (BOOKED, True): ("booking", "reschedule_unfinished"),
    (BOOKED, False): (),
    (MOVED, True): SETTLED,
    (MOVED, False): (),
    (CALLED_OFF, True): SETTLED,
    (CALLED_OFF, False): tasks.CALLED_OFF,
}


@dataclass(frozen=True)
class Desk:
    """Who acts, in which conversation, and whether the patient asked for it, by phone or at the desk; else the clinic caused it."""

    by: Actor
    phone_id: int
    asked: bool


@dataclass(frozen=True)
class Done:
    """told: the patient is told by text; if not, an item says so. closed: the items that had asked for just this."""

    told: bool
    closed: tuple[int, ...]


def book(bot: Bot, patient_id: int, *, slot_id: int, desk: Desk) -> Done:
    """Books a visit into a free slot. A patient who did not ask for it is asked whether they come.

    Raises Refused when the slot is taken, or while a colleague works on the conversation.
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
        return _finish(bot, session, visit, BOOKED, desk, (visit.start,))


def move(bot: Bot, visit_id: int, *, slot_id: int, desk: Desk, version: int | None = None) -> Done:
    """Moves a visit to a free slot; its old time is free again if the patient asked, else the clinic has other plans for it.

    version: of the visit as it was shown; None: as it is. Raises as `book` does; Refused too when the visit has changed.
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
        return _finish(bot, session, visit, MOVED, desk, (before, visit.start))


def call_off(bot: Bot, visit_id: int, *, desk: Desk, version: int | None = None) -> Done:
    """Calls a visit off. version, and what it raises: as of `move`."""
    now = bot.clock()
    with bot.store.begin() as session:
        hold(session, desk.phone_id, by=desk.by, now=now)
        visit = _booked(bot, session, visit_id, version)
        _leave(session, visit, desk)
        visit.slot_id, visit.changed_at, visit.told_at = None, now, now
        visit.participant = "declined" if desk.asked else visit.participant
        return _finish(bot, session, visit, CALLED_OFF, desk, (visit.start,))


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


def _finish(bot: Bot, session: Session, visit: AppointmentRow, what: str, desk: Desk, times: tuple[datetime, ...]) -> Done:
    """Tells the patient, or has somebody tell them; closes what had asked for it; writes down who did what. times: before, after."""
    told = _tell(bot, session, visit, what, desk)
    if what == CALLED_OFF:
        visit.status = "cancelled"
    session.flush()
    if what == CALLED_OFF and not desk.asked:
        waiting.keep_place(session, visit, bot.clock())
    connection, now = session.connection(), bot.clock()
    tasks.close(connection, desk.phone_id, CloseItems(kinds=("not_told",), visit=visit.id), now=now, outcome="not_needed")
    if not told:
        phone = queries.locked_phone(session, desk.phone_id)
        effect = LogItem(kind="not_told", detail=what.replace(" ", "_"), visit=visit.id)
        apply(Scope(connection=connection, opened=session, phone=phone, now=now), (effect,))
    asked_for = CloseItems(kinds=SETTLES[what, desk.asked], visit=None if what == BOOKED else visit.id)
    outcome = "called_off" if what == CALLED_OFF else "booked"
    closed = tasks.close(connection, desk.phone_id, asked_for, now=now, outcome=outcome)
    if what == CALLED_OFF:
        tasks.called_off(connection, visit.id, now=now)
    detail = (*(moment.isoformat(timespec="minutes") for moment in times), "patient" if desk.asked else "clinic")
    did = partial(record, session, by=desk.by, now=now, phone_id=desk.phone_id)
    did(kind=what.replace(" ", "_"), detail=" ".join(detail))
    for item in closed:
        did(kind="resolved", detail=outcome, task_id=item)
    return Done(told, tuple(closed))


def _tell(bot: Bot, session: Session, visit: AppointmentRow, what: str, desk: Desk) -> bool:
    """Queues the news, unless nothing may be sent about this visit."""
    found = reach(bot, session, visit.patient_id, visit_id=visit.id)
    if found.phone_id is None or found.why_not:
        return False
    phone = session.get_one(PhoneRow, found.phone_id, with_for_update=True)
    say = (SENTENCES[what, desk.asked],)
    tell(bot, session, phone, [About(visit.id, visit.start, what, say)], useless_at=visit.start)
    return True
