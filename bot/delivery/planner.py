"""The care schedule at work: looks at the visits whose time has come, and queues what is due about them, each text once."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from bot.apply import Scope, apply
from bot.care.due import plan
from bot.delivery import recheck
from bot.dialogue.effects import LogItem
from bot.remind import About, tell
from bot.store import care
from bot.store.care import Look
from bot.store.models import CommunicationRow, PhoneRow
from bot.turn import Bot

log = structlog.get_logger()
BATCH = 200  # visits that are looked at in one go, so that sending need not wait long
AGAIN = timedelta(minutes=1)  # after a phone could not be planned


def plan_due(bot: Bot, *, limit: int = BATCH) -> int:
    """Queues what is due now, looking at as many as `limit` visits; gives how many it dealt with, 0 when nothing is left.

    What it costs depends on how many visits are to be looked at, not on how many there are. Each phone has a transaction of its
    own: what is wrong with one visit stops no other.
    """
    now = bot.clock()
    with bot.store.session() as session:
        looked = care.looks(session, clinic_id=bot.clinic_id, now=now, limit=limit)
    if not looked:
        return 0
    bot.current.look()  # after reading them: whoever edits the schedule has all visits looked at again, by what it says then
    with bot.store.begin() as session:
        if over := care.put_aside(session, looked, now):
            return over
        reached = care.reached_on(session, {look.patient_id for look in looked})
        care.look_at(session, [look for look in looked if look.patient_id not in reached], {})  # nobody to be texted
    phones: dict[int, list[Look]] = {}
    for look in looked:
        if look.patient_id in reached:
            phones.setdefault(reached[look.patient_id].phone_id, []).append(look)
    for phone_id, mine in phones.items():
        try:
            with bot.store.begin() as session:
                _plan_phone(bot, session, session.get_one(PhoneRow, phone_id, with_for_update=True), mine)
        except Exception as error:  # another worker was faster, the patient wrote meanwhile, or something is wrong with it
            log.warning("not_planned", phone=phone_id, error=type(error).__name__)
            with bot.store.begin() as session:
                care.look_at(session, mine, {look.id: now + AGAIN for look in mine})
    return len(looked)


def _plan_phone(bot: Bot, session: Session, phone: PhoneRow, looked: list[Look]) -> None:
    """Takes back what no longer holds, queues what is due, and notes when to look at each visit of the phone again."""
    now = bot.clock()
    _take_back(bot, session, phone, looked)
    number, visits = care.number(session, phone, now=now, zone=bot.clinic.zone)
    planned = plan(number, bot.clinic.cadence, now)
    if planned.go:
        every = [About(id=timed.visit.id, start=timed.visit.start, step=timed.step.name, say=timed.step.say) for timed in planned.go]
        tell(bot, session, phone, every, useless_at=min(timed.until for timed in planned.go))
    if number.stop == care.NOT_SURE and any(visit.start > now for visit in number.visits):
        scope = Scope(connection=session.connection(), opened=session, phone=phone, now=now)
        apply(scope, (LogItem(kind="whose_number"),))
    here = {look.id for look in visits}
    care.look_at(session, [*visits, *(look for look in looked if look.id not in here)], planned.look_at)


def _take_back(bot: Bot, session: Session, phone: PhoneRow, looked: list[Look]) -> None:
    """Drops the waiting texts about these visits that must not go any more: the visit has moved, or the patient has answered."""
    for outbox in care.waiting(session, [look.id for look in looked]):
        text = session.get_one(CommunicationRow, outbox.communication_id)
        found = recheck.reason(bot, session, text=text, phone=phone, now=bot.clock()) if text.phone_id == phone.id else None
        if found is not None and found.until is None:
            outbox.status, text.status = "dropped", "canceled"
            recheck.dropped(bot, session, text=text, phone=phone, why=found.why)
    session.flush()
