"""What coordinators do with the waiting list: put somebody on it, take somebody off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.actor import Actor
from bot.desk.work import Refused, hold, record
from bot.dialogue.effects import JoinWaitlist, LeaveWaitlist
from bot.store import care, waiting
from bot.store.models import AppointmentRow
from bot.store.waiting_models import WaitingRow
from bot.turn import Bot
from bot.understand.types import Wish

MOST_DAYS = 92  # that a wish may name


@dataclass(frozen=True)
class Wanted:
    """What a coordinator was told: from which day until which, on which weekdays (0 = Monday), from what time until what time.

    Whatever is None or empty does not matter.
    """

    first: date | None = None
    last: date | None = None
    weekdays: frozenset[int] = frozenset()
    start: time | None = None
    end: time | None = None

    def wish(self, today: date) -> Wish:
        """The same as the bot understands it. Raises Refused for days or times that are none."""
        if self.start and self.end and self.start >= self.end:
            raise Refused("The earliest time must be before the latest.")
        start, end = (each.hour * 60 + each.minute if each else None for each in (self.start, self.end))
        if self.first is None and self.last is None and not self.weekdays:
            return Wish(start=start, end=end)
        first = max(self.first or today, today)
        last = min(self.last or first + timedelta(days=MOST_DAYS), first + timedelta(days=MOST_DAYS))
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        fitting = tuple(day for day in days if not self.weekdays or day.weekday() in self.weekdays)
        if not fitting:
            raise Refused("No day fits: look at the days and weekdays.")
        return Wish(days=fitting, start=start, end=end)


def add(bot: Bot, phone_id: int, patient_id: int, *, service: str, wanted: Wanted, by: Actor) -> None:
    """Puts a patient on the list of a service. Who has a visit of it to come is moved up, else a new one is booked. Raises Refused."""
    now = bot.clock()
    if bot.clinic.waitlist is None:
        raise Refused("This clinic has no waiting list: it needs a section `waitlist` in the clinic's file.")
    if service not in services(bot, patient_id):
        raise Refused("Choose what the patient waits for.")
    wish = wanted.wish(now.astimezone(bot.clinic.zone).date())
    with bot.store.begin() as session:
        hold(session, phone_id, by=by, now=now)
        visit = _coming(bot, session, patient_id, service)
        wishes = () if wish == Wish() else (wish,)
        effect = JoinWaitlist(patient=patient_id, service=service, visit=visit, wishes=wishes, source=f"staff:{by.id}")
        waiting.join(session, bot.clinic_id, effect, now)
        record(session, by=by, now=now, phone_id=phone_id, kind="waits", detail=service)


def remove(bot: Bot, waiting_id: int, *, by: Actor) -> None:
    """Takes somebody off the list. Raises Refused when they are not on it any more."""
    now = bot.clock()
    with bot.store.begin() as session:
        row = session.get(WaitingRow, waiting_id)
        if row is None or row.clinic_id != by.clinic_id or row.status != "waiting":
            raise Refused("That patient is not on the list any more.")
        link = care.reached_on(session, [row.patient_id]).get(row.patient_id)
        waiting.leave(session, LeaveWaitlist(patient=row.patient_id, service=row.service, status="removed"), now)
        record(session, by=by, now=now, phone_id=link.phone_id if link else None, kind="waits_no_more", detail=row.service)


def services(bot: Bot, patient_id: int) -> list[str]:
    """What a patient may wait for: the kinds of their visits to come, and those that may be booked by text."""
    with bot.store.session() as session:
        query = select(AppointmentRow.service).where(*_booked(bot, patient_id)).order_by(AppointmentRow.start)
        return list(dict.fromkeys([*session.scalars(query), *bot.clinic.clinic.open_services]))


def _coming(bot: Bot, session: Session, patient_id: int, service: str) -> int | None:
    """The patient's next visit of that service."""
    query = select(AppointmentRow.id).where(*_booked(bot, patient_id), AppointmentRow.service == service)
    return session.scalar(query.order_by(AppointmentRow.start).limit(1))


def _booked(bot: Bot, patient_id: int):  # type: ignore[no-untyped-def]
    visit = AppointmentRow
    return visit.clinic_id == bot.clinic_id, visit.patient_id == patient_id, visit.status == "booked", visit.start > bot.clock()
