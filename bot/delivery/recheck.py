"""Why a waiting text must not go any more, asked again at the moment of sending (O-21)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from bot.apply import Scope, apply
from bot.care.due import Booked, Number
from bot.care.schedule import MISSED, Cadence
from bot.dialogue.effects import LogItem
from bot.remind import BY_HAND
from bot.store import care
from bot.store.models import AppointmentRow, CommunicationRequestRow, CommunicationRow, OutboxRow, PhoneRow
from bot.turn import Bot

log = structlog.get_logger()
CALLED_OFF = "called off"
NEWS = ("booked", "moved", CALLED_OFF)  # what a coordinator did: it must reach the patient, by phone if need be
CHANGED = "the visit has changed"


@dataclass(frozen=True)
class Drop:
    """The text must not go. why: plain words for a log; they tell nothing about anybody."""

    why: str


@dataclass(frozen=True)
class Later:
    """The text must not go before `at`."""

    at: datetime


def may_go(bot: Bot, session: Session, outbox: OutboxRow, communication: CommunicationRow, phone: PhoneRow) -> bool:
    """Whether a waiting text may be sent now; if not, it is dropped or put off, in the caller's transaction."""
    verdict = check(bot, session, outbox, communication, phone)
    if isinstance(verdict, Drop):
        drop(bot, session, outbox, communication, phone, verdict.why)
    elif isinstance(verdict, Later):
        outbox.send_at = verdict.at
    return verdict is None


def check(bot: Bot, session: Session, outbox: OutboxRow, communication: CommunicationRow, phone: PhoneRow) -> Drop | Later | None:
    """The one answer to whether a waiting text may go now: None if it may. Replies are bound by the opt-out alone (O-19)."""
    now = bot.clock()
    if phone.opted_out_at is not None and communication.sender != "safety":
        return Drop("opted out")
    if outbox.expires_at is not None and outbox.expires_at <= now:
        return Drop("too late")
    asked = care.requests(session, communication.id)
    if not asked:
        return None
    number, _ = care.number(session, phone, now=now, zone=bot.clinic.zone)
    for each in asked:
        if why := _why_not(session, each, number, bot.clinic.cadence):
            return Drop(why)
    later = bot.clinic.cadence.hours.after(now, number.zones)
    if later is None or (outbox.expires_at is not None and later >= outbox.expires_at):
        return Drop("no lawful hour is left")
    return Later(later) if later > now else None


def _why_not(session: Session, asked: CommunicationRequestRow, number: Number, cadence: Cadence) -> str:
    """Why this visit must not be written about so any more, or ""."""
    if number.stop:
        return number.stop
    if asked.step == CALLED_OFF:
        row = session.get_one(AppointmentRow, asked.appointment_id)
        return "" if (row.start, row.status) == (asked.start, "cancelled") else CHANGED
    visit = next((visit for visit in number.visits if visit.id == asked.appointment_id), None)
    if visit is None or visit.start != asked.start:
        return CHANGED
    return visit.stop or ("" if _still_for(asked.step, visit, cadence) else "answered since")


def _still_for(name: str, visit: Booked, cadence: Cadence) -> bool:
    """Whether the patient has said nothing since that makes this text needless."""
    if name in NEWS or name.startswith(BY_HAND):
        return visit.group != MISSED
    return any(step.name == name and visit.group in step.to for step in cadence.steps(visit.service))


def drop(bot: Bot, session: Session, outbox: OutboxRow, communication: CommunicationRow, phone: PhoneRow, why: str) -> None:
    """Takes a waiting text back. News that a patient will not get so are told by a person."""
    log.info("dropped", outbox=outbox.id, why=why)
    outbox.status, communication.status = "dropped", "canceled"
    asked = care.requests(session, communication.id)
    news = next((each for each in asked if each.step in NEWS), None)
    care.take_back(session, asked)
    if news is not None and why != CHANGED:
        effect = LogItem(kind="not_told", detail=news.step, visit=news.appointment_id)
        apply(Scope(connection=session.connection(), opened=session, phone=phone, now=bot.clock()), (effect,))
