"""A life event holds every text about a person, until the day that was noted or until somebody ends it (N-10)."""

from __future__ import annotations

from functools import partial

from sqlalchemy.orm import Session

from bot.care.life import FOR_GOOD
from bot.core import Bot
from bot.desk.work import Refused
from bot.store import audit, care, life, reach, waiting
from bot.store.models import PatientRow
from bot.store.work_models import ActionRow

NOTED = "life"  # what a timeline and the audit trail call it


def planned_for(patient: PatientRow) -> None:
    """Raises Refused for who has died: no visit is booked or moved any more, and nothing waited for."""
    if patient.life_event in FOR_GOOD:
        raise Refused("Nothing more is planned for %(name)s, who has died.", name=patient.name)


def stands(bot: Bot, session: Session, patient: PatientRow) -> None:
    """Something has happened: nothing goes, and somebody sees to the visits that are still booked."""
    now = bot.clock()
    reach.silence(session, patient.id, now)
    life.nothing_to_see_to(session, patient.id, now)  # of an earlier event
    life.see_to_visits(session, patient, now)
    if patient.life_event in FOR_GOOD:
        for service in waiting.end(session, patient.id, now):
            _noted(bot, session, patient.id, "waits_no_more", service)


def was_no_death(bot: Bot, session: Session, patient_id: int) -> None:
    """It had been noted by mistake: they wait again for what they waited for."""
    for service in waiting.take_up(session, patient_id, bot.clock()):
        _noted(bot, session, patient_id, "waits", service)


def end_due(bot: Bot) -> None:
    """Ends what had its last day: the schedule goes on by itself."""
    today = bot.clock().astimezone(bot.clinic.zone).date()
    with bot.store.session() as session:
        due = life.ended(session, bot.clinic_id, today)
    for patient_id in due:
        bot.store.run(partial(_end, bot, patient_id))


def _end(bot: Bot, patient_id: int, session: Session) -> None:
    patient, now = session.get_one(PatientRow, patient_id, with_for_update=True, populate_existing=True), bot.clock()
    today = now.astimezone(bot.clinic.zone).date()
    if patient.life_event_until is None or patient.life_event_until >= today:
        return  # somebody has changed it meanwhile
    patient.life_event, patient.life_event_until = "", None
    session.flush()
    life.nothing_to_see_to(session, patient_id, now)
    care.look_again_for(session, [patient_id], now)
    _noted(bot, session, patient_id, NOTED, "")
    about = f"patient:{patient_id}"
    audit.record(session.connection(), clinic_id=bot.clinic_id, actor="clock", action=NOTED, about=about, now=now)


def _noted(bot: Bot, session: Session, patient_id: int, kind: str, detail: str) -> None:
    """A line of nobody's in the timelines of the patient's phones."""
    for link in reach.links(session, patient_id):
        did = {"actor_id": None, "actor": "", "kind": kind, "detail": detail, "at": bot.clock()}
        session.add(ActionRow(clinic_id=bot.clinic_id, phone_id=link.phone_id, **did))
    session.flush()
