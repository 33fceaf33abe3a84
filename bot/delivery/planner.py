"""The care schedule at work: looks at the visits and programmes whose time has come, and queues what is due, each text once."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.apply import Scope, apply
from bot.care.check_ins import Asked, check
from bot.care.due import Number, plan
from bot.care.forecast import sent
from bot.core import Bot
from bot.delivery import damaged, recheck
from bot.dialogue.effects import LogItem
from bot.remind import About, ask_check_in, tell
from bot.store import care, programmes, waiting
from bot.store.database import Conflict
from bot.store.models import CommunicationRow, PhoneRow
from bot.store.programme_models import CarePlanRow
from bot.store.programmes import Look

log = structlog.get_logger()
BATCH = 200  # visits, and programmes, that are looked at in one go, so that sending need not wait long
AGAIN = timedelta(minutes=1)  # after others were in the way of a phone's


def plan_due(bot: Bot, *, limit: int = BATCH) -> int:
    """Queues what is due now, looking at as many as `limit` visits and programmes; gives how many it dealt with, 0 when none is left.

    What it costs depends on how many visits are to be looked at, not on how many there are. Each phone has a transaction of its
    own: what is wrong with one visit stops no other.
    """
    now = bot.clock()
    with bot.store.session() as session:
        looked = care.looks(session, clinic_id=bot.clinic_id, now=now, limit=limit)
        plans = programmes.looks(session, clinic_id=bot.clinic_id, now=now, limit=limit)
    if not looked and not plans:
        return 0
    bot.current.look()  # after reading them: whoever edits the schedule has all visits looked at again, by what it says then
    with bot.store.begin() as session:
        if over := care.put_aside(session, looked, clinic_id=bot.clinic_id, now=now):
            return over
        waiting.visits_changed(session, [look.id for look in looked], now)
        reached = care.reached_on(session, {look.patient_id for look in looked} | {each.patient_id for each in plans})
        care.look_at(session, [look for look in looked if look.patient_id not in reached], {})  # nobody to be texted
        programmes.look_at(session, [each for each in plans if each.patient_id not in reached], {})
    for phone_id in dict.fromkeys(link.phone_id for link in reached.values()):
        here = {who for who, link in reached.items() if link.phone_id == phone_id}
        mine, asked = [each for each in looked if each.patient_id in here], [each for each in plans if each.patient_id in here]
        if again := _planned(bot, phone_id, mine, asked):
            _later(bot, mine, asked, now + again)
    return len(looked) + len(plans)


def _planned(bot: Bot, phone_id: int, looked: list[Look], plans: list[programmes.Look]) -> timedelta | None:
    """Plans one phone; gives after how long to try again if that could not be done.

    What fails twice at once, though nobody was in its way, lasts: a person hears of it.
    """
    for last in (False, True):
        try:
            with bot.store.begin() as session:
                phone = session.get_one(PhoneRow, phone_id, with_for_update=True)
                _check(bot, session, phone, _plan_phone(bot, session, phone, looked), plans)
            return None
        except (Conflict, OperationalError) as error:  # another worker was faster, or the patient wrote meanwhile
            log.warning(damaged.NOT_PLANNED, phone=phone_id, error=type(error).__name__)
            return AGAIN
        except Exception as error:  # something is wrong with a visit, or with what else the schedule must know of the phone
            if last:
                damaged.phone(bot, phone_id, error)
    return damaged.AGAIN


def _later(bot: Bot, looked: list[Look], plans: list[programmes.Look], at: datetime) -> None:
    with bot.store.begin() as session:
        care.look_at(session, looked, {look.id: at for look in looked})
        programmes.look_at(session, plans, {each.id: at for each in plans})


def _plan_phone(bot: Bot, session: Session, phone: PhoneRow, looked: list[Look]) -> Number:
    """Takes back what no longer holds, queues what is due about visits, and notes when to look at each visit of the phone again.

    Gives the number as it is then.
    """
    now, clinic = bot.clock(), bot.clinic
    _take_back(bot, session, phone, looked)
    programmes.begin(session, [look.id for look in looked], clinic.programmes, phone_id=phone.id, now=now)
    number, visits = care.number(session, phone, now=now, zone=clinic.zone, known=clinic.programmes, needs=clinic.clinic.needs)
    planned = plan(number, clinic.cadence, now)
    if planned.go:
        every = [About(id=timed.visit.id, start=timed.visit.start, step=timed.step.name, say=timed.step.say) for timed in planned.go]
        tell(bot, session, phone, every, useless_at=min(timed.until for timed in planned.go))
    if number.stop == care.NOT_SURE and any(visit.start > now for visit in number.visits):
        scope = Scope(connection=session.connection(), opened=session, phone=phone, now=now)
        apply(scope, (LogItem(kind="whose_number"),))
    here = {look.id for look in visits}
    care.look_at(session, [*visits, *(look for look in looked if look.id not in here)], planned.look_at)
    return sent(number, planned.go, now) if planned.go else number


def _check(bot: Bot, session: Session, phone: PhoneRow, number: Number, looked: list[programmes.Look]) -> None:
    """Asks what is due in the programmes of the phone, pauses those that get no answer, ends those that are over."""
    now = bot.clock()
    done = check(number, bot.clinic.cadence, now)
    if done.go is not None:
        _ask(bot, session, phone, done.go)
    here = [programmes.Look(plan.id, plan.patient, plan.version) for plan in number.plans]
    ids = {look.id for look in here}
    programmes.look_at(session, [*here, *(look for look in looked if look.id not in ids)], done.look_at)
    for each in done.over:
        programmes.close(session, CarePlanRow.id == each.id, status="completed", reason="its time is over", now=now)
    for each in done.silent:
        programmes.close(session, CarePlanRow.id == each.id, status="on-hold", reason="no answers", now=now)
        visit = next((visit.id for visit in number.visits if visit.patient == each.patient and visit.start > now), None)
        effect = LogItem(kind="no_answers", detail=each.programme.name, visit=visit)
        apply(Scope(connection=session.connection(), opened=session, phone=phone, now=now), (effect,))


def _ask(bot: Bot, session: Session, phone: PhoneRow, asked: Asked) -> None:
    row = programmes.add(
        session,
        asked.plan.id,
        clinic_id=bot.clinic_id,
        phone_id=phone.id,
        step=asked.question.name,
        due=asked.due,
        again=asked.again,
        now=bot.clock(),
    )
    row.communication_id = ask_check_in(bot, session, phone, check_in=row.id, say=asked.question.say, useless_at=asked.until).id


def _take_back(bot: Bot, session: Session, phone: PhoneRow, looked: list[Look]) -> None:
    """Drops the waiting texts about these visits that must not go any more: the visit has moved, or the patient has answered."""
    for outbox in care.queued(session, [look.id for look in looked]):
        text = session.get_one(CommunicationRow, outbox.communication_id)
        found = recheck.reason(bot, session, text=text, phone=phone, now=bot.clock()) if text.phone_id == phone.id else None
        if found is not None and found.until is None:
            outbox.status, outbox.reason, text.status = "dropped", found.why, "canceled"
            recheck.dropped(bot, session, text=text, phone=phone)
    session.flush()
