"""The visits of these weeks for calendar programs, which ask for them again and again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import ScalarSelect, or_, select

from bot.core import Bot
from bot.ehr.ical import calendar
from bot.records.exports import IN_A_CALENDAR, entry
from bot.store.models import AppointmentRow, PatientPhoneRow

BACK, AHEAD = timedelta(days=14), timedelta(days=90)  # of today: more than a calendar is looked at for, and no more than a page's work


@dataclass(frozen=True)
class Feed:
    """mark: changes when the visits do. content: iCalendar; None for who has it."""

    mark: str
    content: bytes | None


def feed(bot: Bot, *, inbox: str, has: Callable[[str], bool]) -> Feed:
    """The visits from BACK to AHEAD, without names, each with a link to its conversation.

    inbox: the address before a phone's id. has: whether the program has what is marked so.
    """
    now, clinic = bot.clock(), bot.clinic
    first = datetime.combine(now.astimezone(clinic.zone).date() - BACK, time(), clinic.zone)
    within = AppointmentRow.clinic_id == bot.clinic_id, AppointmentRow.start >= first, AppointmentRow.start < first + BACK + AHEAD
    query = select(*(getattr(AppointmentRow, name) for name in IN_A_CALENDAR), _phone().label("phone")).where(*within)
    with bot.store.session() as session:
        visits = session.execute(query.order_by(AppointmentRow.start, AppointmentRow.id)).all()
    shown = (first, clinic.clinic.name, inbox, [tuple(visit) for visit in visits])
    mark = hashlib.sha256(repr(shown).encode()).hexdigest()[:32]
    if has(mark):
        return Feed(mark, None)
    entries = (entry(visit, slug=clinic.slug, link=f"{inbox}{visit.phone}" if visit.phone else "") for visit in visits)
    return Feed(mark, calendar(entries, name=clinic.clinic.name, now=now))


def _phone() -> ScalarSelect[Any]:
    """The phone on which a visit is spoken of: the patient's own, or of who cares for them unless it is confidential (N-07)."""
    reached = PatientPhoneRow
    who = reached.patient_id == AppointmentRow.patient_id, or_(~AppointmentRow.confidential, reached.relation == "self")
    return select(reached.phone_id).where(*who).order_by(reached.relation != "self", reached.phone_id).limit(1).scalar_subquery()
