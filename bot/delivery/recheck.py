"""Why a waiting text must not go, looked at in the moment of sending (O-21): much may have happened since it was written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.apply import Scope, apply
from bot.care.due import Booked, Number
from bot.care.schedule import MISSED, Cadence
from bot.desk import later
from bot.dialogue.effects import LogItem
from bot.remind import BY_HAND, CALLED_OFF, NEWS
from bot.store import care, programmes
from bot.store.models import AppointmentRow, CommunicationRow, PhoneRow
from bot.store.sending_models import CommunicationRequestRow
from bot.turn import Bot

CHANGED = "the visit has changed"
OVER = "the programme has ended or is paused"


@dataclass(frozen=True)
class Reason:
    """why: a few plain words for the outbox, about nobody. until: when it is looked at again; None: it never goes."""

    why: str
    until: datetime | None = None


def reason(bot: Bot, session: Session, *, text: CommunicationRow, phone: PhoneRow, now: datetime) -> Reason | None:
    """Why that text must not go to that phone now; None when it may. Safety texts go whatever is, answers by day and night (O-19)."""
    if phone.opted_out_at is not None and text.sender != "safety":
        return Reason(care.OPTED_OUT)
    if why := later.why_not(bot, session, text, phone):
        return Reason(why)
    asked, check_in = care.requests(session, text.id), programmes.of_text(session, text.id)
    if not asked and check_in is None:
        return None
    number, _ = care.number(session, phone, now=now, zone=bot.clinic.zone, known=bot.clinic.programmes)
    for each in asked:
        if why := _why_not(session, each, number, bot.clinic.cadence):
            return Reason(why)
    if check_in is not None and (why := _why_not_asked(check_in.care_plan_id, number)):
        return Reason(why)
    lawful = bot.clinic.cadence.hours.after(now, number.zones)
    return Reason("quiet hours", until=lawful) if lawful is None or lawful > now else None


def _why_not(session: Session, asked: CommunicationRequestRow, number: Number, cadence: Cadence) -> str:
    """Why this visit must not be written about so any more, or ""."""
    news = asked.step in NEWS
    if number.stop and not (news and number.stop == care.TAKEN_OVER):  # the news are the coordinator's own
        return number.stop
    if asked.step == CALLED_OFF:
        row = session.get_one(AppointmentRow, asked.appointment_id)
        return "" if (row.start, row.status) == (asked.start, "cancelled") else CHANGED
    visit = next((visit for visit in number.visits if visit.id == asked.appointment_id), None)
    if visit is None or visit.start != asked.start:
        return CHANGED
    if news or asked.step.startswith(BY_HAND):
        return visit.stop or (CHANGED if visit.group == MISSED else "")
    return visit.stop or ("" if _still_for(asked.step, visit, cadence) else "answered since")


def _why_not_asked(plan_id: int, number: Number) -> str:
    """Why a question of that plan must not go any more, or ""."""
    plan = next((each for each in number.plans if each.id == plan_id), None)
    return number.stop or (OVER if plan is None else plan.stop)


def _still_for(name: str, visit: Booked, cadence: Cadence) -> bool:
    """Whether the patient has said nothing since that makes this step needless."""
    return any(step.name == name and visit.group in step.to for step in cadence.steps(visit.service))


def dropped(bot: Bot, session: Session, *, text: CommunicationRow, phone: PhoneRow, why: str) -> None:
    """A text will not go after all: the schedule may write again, and news that do not arrive so are told by a person."""
    asked = care.requests(session, text.id)
    care.take_back(session, asked)
    programmes.take_back(session, [text.id])
    news = next((each for each in asked if each.step in NEWS), None)
    if news is not None and why != CHANGED:
        effect = LogItem(kind="not_told", detail=news.step.replace(" ", "_"), visit=news.appointment_id)
        apply(Scope(connection=session.connection(), opened=session, phone=phone, now=bot.clock()), (effect,))
