"""A day on which the clinic is closed after all: everybody who has a visit then is told, and its free times are taken away."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.actor import Actor
from bot.core import Bot
from bot.desk.booking import Desk, call_off
from bot.desk.work import Refused
from bot.errors import Said
from bot.store import care, reach
from bot.store.models import AppointmentRow, PatientRow, SlotRow
from bot.store.turns import table

SLOTS = table(SlotRow).c


@dataclass(frozen=True)
class Affected:
    """A visit of that day. phone_id: where its patient is reached, None: on no phone."""

    visit_id: int
    name: str
    start: datetime
    service: str
    phone_id: int | None


@dataclass
class Closed:
    """What came of it: how many were told by text, whom a person must phone (an item for each), whose visit stands, with why."""

    told: int = 0
    to_phone: int = 0
    left: list[tuple[Affected, Said]] = field(default_factory=list)


def affected(bot: Bot, day: date) -> list[Affected]:
    """Every visit that is booked for the rest of that day, by start."""
    begin, end = _span(bot, day)
    with bot.store.session() as session:
        rows = session.execute(
            select(AppointmentRow, PatientRow.name)
            .join(PatientRow, AppointmentRow.patient_id == PatientRow.id)
            .where(AppointmentRow.clinic_id == bot.clinic_id, AppointmentRow.status == "booked")
            .where(AppointmentRow.start >= begin, AppointmentRow.start < end)
            .order_by(AppointmentRow.start, AppointmentRow.id)
        ).all()
        links = care.reached_on(session, {visit.patient_id for visit, _ in rows})
    reached = {patient: link.phone_id for patient, link in links.items()}
    return [Affected(visit.id, name, visit.start, visit.service, reached.get(visit.patient_id)) for visit, name in rows]


def close(bot: Bot, day: date, *, by: Actor) -> Closed:
    """Takes the day's free times away, calls each visit off as a change of the clinic, and tells its patient.

    A visit of that day that its patient called off before cannot be had back.
    Each visit has a transaction of its own: done again, it goes on where it was cut off. Reminders that wait are dropped with it.
    """
    begin, end = _span(bot, day)
    with bot.store.begin() as session:
        free = (SLOTS.clinic_id == bot.clinic_id, SLOTS.start >= begin, SLOTS.start < end, SLOTS.status != "busy")
        session.execute(update(table(SlotRow)).where(*free).values(status="busy-unavailable"))
        reach.keep_off(session, _called_off(bot, session, begin, end))
    done = Closed()
    for each in affected(bot, day):
        if each.phone_id is None:
            done.left.append((each, Said("no phone on record: tell them otherwise, and call it off in your own system")))
            continue
        try:
            came = call_off(bot, each.visit_id, desk=Desk(by=by, phone_id=each.phone_id, asked=False))
        except Refused as error:
            done.left.append((each, error.said))
            continue
        done.told += came.told
        done.to_phone += not came.told
    return done


def _called_off(bot: Bot, session: Session, begin: datetime, end: datetime) -> dict[int, int]:
    """visit → patient of those called off within that time."""
    visit = AppointmentRow
    query = select(visit.id, visit.patient_id).where(visit.clinic_id == bot.clinic_id, visit.status == "cancelled")
    return {row.id: row.patient_id for row in session.execute(query.where(visit.start >= begin, visit.start < end))}


def _span(bot: Bot, day: date) -> tuple[datetime, datetime]:
    """The rest of that day at the clinic."""
    begin = datetime.combine(day, time(0), bot.clinic.zone)
    return max(begin, bot.clock()), datetime.combine(day + timedelta(days=1), time(0), bot.clinic.zone)
