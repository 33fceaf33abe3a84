"""News of a visit, which must reach the patient: where a text that waited does not go after all, a person tells them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.care.life import FOR_GOOD
from bot.dialogue.effects import LogItem
from bot.store import care, programmes, queries, tasks, waiting
from bot.store.models import AppointmentRow, PatientRow
from bot.store.sending_models import CommunicationRequestRow

BOOKED, MOVED, CALLED_OFF = "booked", "moved", "called off"  # the steps of news about a visit
NEWS = (BOOKED, MOVED, CALLED_OFF)
Untold = tuple[str, int, int]  # (the step, the visit, the phone where it was to be told)


def take_back(session: Session, texts: Iterable[int]) -> list[Untold]:
    """Texts do not go after all: reminders and questions may be written again, a time that was offered goes to the next ones.

    Gives the news among them that are still true, for `by_phone`.
    """
    ids = list(texts)
    asked = list(session.scalars(select(CommunicationRequestRow).where(CommunicationRequestRow.communication_id.in_(ids))))
    told = [each for each in asked if each.step in NEWS]
    untold = [(each.step, each.appointment_id, each.phone_id) for each in told if _is_so(session, each)]
    care.take_back(session, asked)
    programmes.take_back(session, ids)
    for offer in waiting.offers_in(session, ids).values():
        waiting.take_back(session, offer)
    return untold


def _is_so(session: Session, asked: CommunicationRequestRow) -> bool:
    """Whether the visit is still as the news tell it."""
    visit = session.get_one(AppointmentRow, asked.appointment_id)
    return visit.start == asked.start and visit.status == ("cancelled" if asked.step == CALLED_OFF else "booked")


def by_phone(session: Session, untold: Iterable[Untold], now: datetime) -> None:
    """Somebody tells them otherwise: an item each, in the conversation where the patient is reached now; none of who has died."""
    for step, visit_id, phone_id in untold:
        session.flush()  # the phone is read anew
        visit = session.get_one(AppointmentRow, visit_id)
        if session.scalar(select(PatientRow.life_event).where(PatientRow.id == visit.patient_id)) in FOR_GOOD:
            continue
        link = care.reached_on(session, [visit.patient_id]).get(visit.patient_id)
        phone = queries.locked_phone(session, link.phone_id if link else phone_id)
        item = LogItem(kind="not_told", detail=step.replace(" ", "_"), visit=visit_id)
        tasks.log(session.connection(), item, phone, text=None, start=visit.start, now=now)
