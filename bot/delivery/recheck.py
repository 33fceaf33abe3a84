"""Why a waiting text must not go, looked at in the moment of sending (O-21): much may have happened since it was written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from bot.apply import Scope, apply
from bot.care.due import NO_PAPERS, NOT_A_VISIT, Number, not_wanted
from bot.care.schedule import MISSED, PAPERS, Cadence
from bot.core import Bot
from bot.desk import later
from bot.dialogue.effects import LogItem
from bot.dialogue.types import Ask, Wants
from bot.remind import BY_HAND, CALLED_OFF, NEWS
from bot.store import care, programmes, queries, waiting
from bot.store.models import AppointmentRow, CommunicationRow, PhoneRow, SlotRow
from bot.store.sending_models import CommunicationRequestRow
from bot.store.waiting_models import OfferRow

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
    offer = waiting.offer_in(session, text.id)
    if not asked and check_in is None and offer is None:
        return None
    number, _ = care.number(session, phone, now=now, zone=bot.clinic.zone, known=bot.clinic.programmes, needs=bot.clinic.clinic.needs)
    whys = [_why_not(session, each, number, bot.clinic.cadence) for each in asked]
    whys.append(_why_no_papers(text, asked, number))
    whys.append(_why_no_offer(session, offer, number, now) if offer else "")
    whys.append(_why_not_asked(check_in.care_plan_id, number) if check_in is not None else "")
    if why := next(filter(None, whys), ""):
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
    # What the patient has said since may make this step needless.
    step = next((step for step in cadence.steps(visit.service) if step.name == asked.step and visit.group in step.to), None)
    return visit.stop or (not_wanted(number, visit, step, cadence) if step else "answered since")


def _why_no_papers(text: CommunicationRow, asked: list[CommunicationRequestRow], number: Number) -> str:
    """Why papers must not be asked for any more, or "": then the schedule writes anew, without that sentence."""
    about = {each.appointment_id for each in asked}
    missing = any(visit.lacks for visit in number.visits if visit.id in about)
    return NO_PAPERS if PAPERS in (text.texts or "").split(",") and not missing else ""


def _why_not_asked(plan_id: int, number: Number) -> str:
    """Why a question of that plan must not go any more, or ""."""
    plan = next((each for each in number.plans if each.id == plan_id), None)
    return number.stop or (NOT_A_VISIT if number.wants is not Wants.ALL else "") or (OVER if plan is None else plan.stop)


def _why_no_offer(session: Session, offer: OfferRow, number: Number, now: datetime) -> str:
    """Why a free time must not be offered any more, or ""."""
    if number.stop or number.wants is not Wants.ALL:
        return number.stop or NOT_A_VISIT
    slot = session.get_one(SlotRow, offer.slot_id, populate_existing=True)
    taken = slot.start != offer.start or not waiting.is_free(slot, offer.phone_id, now)
    return "the time is taken" if taken or offer.status != "open" else ""


def dropped(bot: Bot, session: Session, *, text: CommunicationRow, phone: PhoneRow, why: str) -> None:
    """A text will not go after all: the schedule may write again, and news that do not arrive so are told by a person."""
    asked = care.requests(session, text.id)
    care.take_back(session, asked)
    programmes.take_back(session, [text.id])
    if offer := waiting.offer_in(session, text.id):
        state = queries.state_of(phone)
        if state.prompt and state.prompt.ask is Ask.OFFER and state.prompt.slots == (offer.slot_id,):
            queries.keep_state(phone, replace(state, prompt=None))  # what was not asked cannot be answered
        waiting.take_back(session, offer)
    news = next((each for each in asked if each.step in NEWS), None)
    if news is not None and why != CHANGED:
        effect = LogItem(kind="not_told", detail=news.step.replace(" ", "_"), visit=news.appointment_id)
        apply(Scope(connection=session.connection(), opened=session, phone=phone, now=bot.clock()), (effect,))
