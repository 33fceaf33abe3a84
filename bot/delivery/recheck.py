"""Why a waiting text must not go, looked at in the moment of sending (O-21): much may have happened since it was written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from bot.care.due import NO_PAPERS, NOT_A_VISIT, Number, not_wanted
from bot.care.schedule import MISSED, PAPERS, Cadence
from bot.core import Bot
from bot.desk import later
from bot.dialogue.types import Ask, Wants
from bot.remind import BY_HAND
from bot.store import care, news, programmes, queries, waiting
from bot.store.models import AppointmentRow, CommunicationRow, PatientRow, PhoneRow, SlotRow
from bot.store.news import CALLED_OFF, NEWS
from bot.store.programme_models import CheckInRow
from bot.store.sending_models import CommunicationRequestRow
from bot.store.waiting_models import OfferRow, WaitingRow

CHANGED = "the visit has changed"
OVER = "the programme has ended or is paused"


@dataclass(frozen=True)
class Reason:
    """why: a few plain words for the outbox, about nobody. until: when it is looked at again; None: it never goes."""

    why: str
    until: datetime | None = None


def reason(bot: Bot, session: Session, *, text: CommunicationRow, phone: PhoneRow, now: datetime) -> Reason | None:
    """Why that text must not go to that phone now; None when it may. See `reasons`."""
    return reasons(bot, session, [(text, phone)], now=now).get(text.id)


def reasons(bot: Bot, session: Session, texts: Sequence[tuple[CommunicationRow, PhoneRow]], *, now: datetime) -> dict[int, Reason]:
    """text → why it must not go to its phone now, of those that must not; with as many statements as for one.

    Safety texts go whatever is, answers by day and night (O-19).
    """
    ids, clinic = [text.id for text, _ in texts], bot.clinic
    asked, check_ins, offers = care.requests_of(session, ids), programmes.of_texts(session, ids), waiting.offers_in(session, ids)
    unasked = {phone.id: phone for text, phone in texts if _is_unasked(text)}
    which = unasked.values()
    numbers = care.numbers(session, which, now=now, zone=clinic.zone, known=clinic.programmes, needs=clinic.clinic.needs)
    found = {}
    for text, phone in texts:
        about = _About(asked.get(text.id, []), check_ins.get(text.id), offers.get(text.id))
        found[text.id] = _reason(bot, session, text, phone, about, numbers[phone.id][0] if _is_unasked(text) else None, now)
    return {id_: why for id_, why in found.items() if why is not None}


def _is_unasked(text: CommunicationRow) -> bool:
    """Whether the bot starts it, by the schedule or at a coordinator's word."""
    return text.sender == "bot" and text.in_reply_to is None


@dataclass(frozen=True)
class _About:
    """What a text of the schedule is about. False: nothing, since it is an answer, of a person's own, or asked for by a person."""

    asked: list[CommunicationRequestRow]
    check_in: CheckInRow | None
    offer: OfferRow | None

    def __bool__(self) -> bool:
        return bool(self.asked or self.check_in or self.offer)


def _reason(
    bot: Bot, session: Session, text: CommunicationRow, phone: PhoneRow, about: _About, number: Number | None, now: datetime
) -> Reason | None:
    if phone.opted_out_at is not None and text.sender != "safety":
        return Reason(care.OPTED_OUT)
    if why := later.why_not(bot, session, text, phone):
        return Reason(why)
    if number is None:
        return None
    if not about:
        return Reason(number.stop) if number.stop else None
    whys = [_why_not(session, each, number, bot.clinic.cadence) for each in about.asked]
    whys.append(_why_no_papers(text, about.asked, number))
    whys.append(_why_no_offer(session, about.offer, number, now) if about.offer else "")
    whys.append(_why_not_asked(about.check_in.care_plan_id, number) if about.check_in is not None else "")
    if why := next(filter(None, whys), ""):
        return Reason(why)
    lawful = bot.clinic.cadence.hours.after(now, number.zones)
    return Reason("quiet hours", until=lawful) if lawful is None or lawful > now else None


def _why_not(session: Session, asked: CommunicationRequestRow, number: Number, cadence: Cadence) -> str:
    """Why this visit must not be written about so any more, or ""."""
    is_news = asked.step in NEWS
    if number.stop and not (is_news and number.stop == care.TAKEN_OVER):  # the news are the coordinator's own
        return number.stop
    if asked.step == CALLED_OFF:
        row = session.get_one(AppointmentRow, asked.appointment_id)
        return "" if (row.start, row.status) == (asked.start, "cancelled") else CHANGED
    visit = next((visit for visit in number.visits if visit.id == asked.appointment_id), None)
    if visit is None or visit.start != asked.start:
        return CHANGED
    if is_news or asked.step.startswith(BY_HAND):
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
    """Why a free time must not be offered any more, or "". Who waits for it has asked for it, however few texts they want."""
    if number.stop:
        return number.stop
    waits = session.get_one(WaitingRow, offer.waiting_id)
    if why := care.stop_of(session.get_one(PatientRow, waits.patient_id)):
        return why
    slot = session.get_one(SlotRow, offer.slot_id, populate_existing=True)
    taken = slot.start != offer.start or not waiting.is_free(slot, offer.phone_id, now)
    return "the time is taken" if taken or offer.status != "open" else ""


def dropped(bot: Bot, session: Session, *, text: CommunicationRow, phone: PhoneRow) -> None:
    """A text will not go after all: the schedule may write again, and news that do not arrive so are told by a person."""
    if offer := waiting.offer_in(session, text.id):
        state = queries.state_of(phone)
        if state.prompt and state.prompt.ask is Ask.OFFER and state.prompt.slots == (offer.slot_id,):
            queries.keep_state(phone, replace(state, prompt=None))  # what was not asked cannot be answered
            session.flush()
    news.by_phone(session, news.take_back(session, [text.id]), bot.clock())
