"""The waiting list at work: a time that opens is offered to the first few whom it fits, for a while, then to the next ones."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from bot.care.due import first_free
from bot.care.forecast import crowds_out
from bot.care.waitlist import Terms
from bot.core import Bot
from bot.delivery import damaged, switch
from bot.dialogue.types import Waiting
from bot.remind import offer_time
from bot.store import care, queries, waiting
from bot.store.database import Conflict
from bot.store.models import AppointmentRow, PatientPhoneRow, PatientRow, SlotRow
from bot.store.sending_models import SenderRow
from bot.store.waiting_models import OfferRow

log = structlog.get_logger()
NOT_OFFERED = "not_offered"
BATCH = 100  # times that are looked at in one go
AGAIN = timedelta(minutes=1)  # after others were in the way of a time
LATER = timedelta(hours=1)  # while a coordinator has the conversation, a reminder is still to come, or nothing is sent at all


def offer_due(bot: Bot, *, limit: int = BATCH) -> int:
    """Offers the free times that are to be looked at; gives how many it looked at. Each has a transaction of its own."""
    now = bot.clock()
    with bot.store.session() as session:
        if not waiting.due(session, clinic_id=bot.clinic_id, now=now, limit=1):
            return 0
    with bot.store.begin() as session:
        waiting.put_aside(session, clinic_id=bot.clinic_id, now=now)
        due = waiting.due(session, clinic_id=bot.clinic_id, now=now, limit=limit)
    for slot_id in due:
        passed: dict[int, BaseException] = {}
        if again := _looked(bot, slot_id, passed):
            with bot.store.begin() as session:
                session.get_one(SlotRow, slot_id, with_for_update=True).offer_at = now + again
        for phone_id, error in passed.items():
            damaged.phone(bot, phone_id, error)
    return len(due)


class _Fails(Exception):
    """What must be known of somebody who waits cannot be read. Raised from what is wrong with it; phone_id: where they are reached."""

    def __init__(self, phone_id: int) -> None:
        super().__init__()
        self.phone_id = phone_id


def _looked(bot: Bot, slot_id: int, passed: dict[int, BaseException]) -> timedelta | None:
    """Looks at one time; gives after how long to try again if that could not be done.

    What fails twice at once, though nobody was in its way, lasts. passed: gets the phones that are passed over for it, with what is
    wrong, so that those behind them get the time.
    """
    failed: set[int | None] = set()
    while True:
        try:
            with bot.store.begin() as session:
                _look(bot, session, session.get_one(SlotRow, slot_id, with_for_update=True), passed)
            return None
        except (Conflict, OperationalError) as error:  # another worker was faster, or the patient wrote meanwhile
            log.warning(NOT_OFFERED, slot=slot_id, error=type(error).__name__)
            return AGAIN
        except _Fails as error:
            if error.phone_id in failed and error.__cause__ is not None:
                passed[error.phone_id] = error.__cause__
            failed.add(error.phone_id)
        except Exception as error:  # something is wrong with the time itself, or with the list
            if None in failed:
                log.error(NOT_OFFERED, slot=slot_id, error=type(error).__name__, at=damaged.place(error), do="report the error")
                return damaged.AGAIN
            failed.add(None)


def _look(bot: Bot, session: Session, slot: SlotRow, passed: Container[int]) -> None:
    """Offers one time, if it is free and it is somebody's turn, and notes when to look at it again.

    passed: the phones that are passed over. Raises _Fails.
    """
    now, terms = bot.clock(), bot.clinic.waitlist
    if slot.offer_at is None or slot.offer_at > now:
        return
    if not waiting.is_free(slot, None, now):
        slot.offer_at = slot.held_until if slot.status == "busy-tentative" else None
    elif terms is None or slot.start - terms.notice <= now:
        slot.offer_at = None
    elif until := waiting.open_until(session, slot.id, now):
        slot.offer_at = until
    elif switch.words(session.get(SenderRow, bot.clinic_id)):
        slot.offer_at = now + LATER
    else:
        slot.offer_at = _offer(bot, session, slot, terms, now, passed)


def _offer(bot: Bot, session: Session, slot: SlotRow, terms: Terms, now: datetime, passed: Container[int]) -> datetime | None:
    """Writes to the next ones; gives when they have had their time, or when somebody can be written to, if nobody can now."""
    last = slot.start - terms.notice
    opens = bot.clinic.cadence.hours.after(now, (bot.clinic.zone,))
    if opens is None or opens > now:
        return opens if opens is not None and opens < last else None
    waiting.tidy(session, clinic_id=bot.clinic_id, service=slot.service, now=now)
    until, told = min(now + terms.answer, last), 0
    later: list[datetime] = []
    for each in waiting.line(session, slot, zone=bot.clinic.zone):
        if told == terms.at_once:
            break
        if not each.fits(slot.start.astimezone(bot.clinic.zone)) or _is_elsewhere(session, each, slot):
            continue
        link = care.reached_on(session, [each.patient]).get(each.patient)
        if link is None:
            continue
        try:
            at = now + damaged.AGAIN if link.phone_id in passed else _tell(bot, session, each, link, slot, now, until)
        except SQLAlchemyError:
            raise
        except Exception as error:
            raise _Fails(link.phone_id) from error
        told += at == now
        later += [at] if at is not None and now < at < last else []
    return until if told else min(later, default=None)


def _tell(
    bot: Bot, session: Session, each: Waiting, link: PatientPhoneRow, slot: SlotRow, now: datetime, until: datetime
) -> datetime | None:
    """Offers a time to somebody: now, or gives when that might be done; None: not as things are."""
    phone = queries.locked_phone(session, link.phone_id)
    number, _ = care.number(session, phone, now=now, zone=bot.clinic.zone)
    if number.stop == care.OPTED_OUT or _not_by_text(session, each, link.relation):
        return None
    if phone.unusable_at is not None and not queries.wrote_since(session, phone.id, phone.unusable_at):
        return None
    if number.stop:  # until a person has seen to it
        return now + LATER
    at, _ = first_free(number, bot.clinic.cadence, now)
    if at != now:
        return at
    if crowds_out(number, bot.clinic.cadence, now):  # today's one text is the reminder that is still to come
        return now + LATER
    text = offer_time(bot, session, phone, waiting=each, slot=slot, until=until)
    made = {"clinic_id": bot.clinic_id, "waiting_id": each.id, "phone_id": phone.id, "communication_id": text.id, "at": now}
    session.add(OfferRow(**made, slot_id=slot.id, start=slot.start, until=until))
    session.flush()
    return now


def _is_elsewhere(session: Session, each: Waiting, slot: SlotRow) -> bool:
    """Whether the patient has another visit during that time."""
    visit, end = AppointmentRow, slot.start + timedelta(minutes=slot.minutes)
    theirs = visit.patient_id == each.patient, visit.status == "booked", visit.start < end, visit.start > slot.start - timedelta(days=1)
    others = session.execute(select(visit.id, visit.start, visit.minutes).where(*theirs))
    return any(id_ != each.visit and start + timedelta(minutes=minutes) > slot.start for id_, start, minutes in others)


def _not_by_text(session: Session, each: Waiting, relation: str) -> bool:
    """Whether nothing is texted about the patient (N-08, N-10), or it is about what this phone must not tell (N-07)."""
    visit = session.get(AppointmentRow, each.visit) if each.visit else None
    private = visit is not None and visit.confidential and relation != "self"
    return private or bool(care.stop_of(session.get_one(PatientRow, each.patient)))
