"""What a life event does to what is stored: visits that somebody must see to, and the day on which it ends."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.dialogue.effects import LogItem
from bot.store import care, queries, tasks
from bot.store.models import AppointmentRow, PatientRow, TaskRow

SEE_TO = "life_event"  # the kind of the item


def booked(session: Session, patient_id: int, now: datetime) -> list[AppointmentRow]:
    """A patient's booked visits to come, the next one first."""
    visit = AppointmentRow
    query = select(visit).where(visit.patient_id == patient_id, visit.status == "booked", visit.start > now)
    return list(session.scalars(query.order_by(visit.start, visit.id)))


def see_to_visits(session: Session, patient: PatientRow, now: datetime) -> None:
    """One open item about the booked visits of somebody in whose life something has happened; an open one stays as it is."""
    visits, link = booked(session, patient.id, now), care.reached_on(session, [patient.id]).get(patient.id)
    if not patient.life_event or not visits or link is None or session.scalar(select(TaskRow.id).where(*_open(patient.id)).limit(1)):
        return
    item = LogItem(kind=SEE_TO, detail=patient.life_event, visit=visits[0].id)
    phone = queries.locked_phone(session, link.phone_id)
    session.flush()
    tasks.log(session.connection(), item, phone, text=None, start=visits[0].start, now=now)
    session.expire_all()


def nothing_to_see_to(session: Session, patient_id: int, now: datetime) -> None:
    """Closes that item: what it says is no longer so."""
    closed = {"status": "completed", "outcome": "not_needed", "closed_at": now, "snoozed_until": None}
    session.execute(update(TaskRow).where(*_open(patient_id)).values(**closed), execution_options={"synchronize_session": False})


def _open(patient_id: int):  # type: ignore[no-untyped-def]
    theirs = select(AppointmentRow.id).where(AppointmentRow.patient_id == patient_id)
    return TaskRow.kind == SEE_TO, TaskRow.status != "completed", TaskRow.appointment_id.in_(theirs)


def ended(session: Session, clinic_id: int, today: date) -> list[int]:
    """The patients whose life event had its last day before today."""
    over = PatientRow.clinic_id == clinic_id, PatientRow.life_event_until < today, PatientRow.life_event != ""
    return list(session.scalars(select(PatientRow.id).where(*over).order_by(PatientRow.id)))
