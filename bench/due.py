"""A clinic whose reminders are due, for bench/delivery.py: people by day and in the evening, visits that are moved meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from zoneinfo import ZoneInfo

import served
from sqlalchemy import func, insert, inspect, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.actor import Actor
from bot.core import Bot
from bot.delivery.planner import plan_due
from bot.desk import booking
from bot.desk.booking import Desk
from bot.store import queries
from bot.store.database import Conflict
from bot.store.models import LOOK_NOW, AppointmentRow, ClinicRow, CommunicationRow, PatientPhoneRow, PatientRow, PhoneRow, SlotRow
from bot.store.sending_models import CommunicationRequestRow, OutboxRow, SenderRow

OPENS, CLOSES = 9, 20  # by the clock of whoever is texted, as in clinics/demo.yaml
DAY, EVENING = 11, CLOSES  # the hours that it is now where people live
FEW = 10  # one of so many lives where the evening has come
MOVED = 45  # the minute of visits that were moved; all others begin at the full hour
OWN = {"id", "phone_id", "communication_id", "appointment_id"}  # each person's are the same number as their own
COORDINATOR = Actor(id=1, name="Bench", role="coordinator", clinic_id=1)


@dataclass(frozen=True)
class Person:
    """Somebody with a phone and a visit of the same id. patient: as of `served.number`."""

    id: int
    patient: int
    zone: ZoneInfo
    start: datetime

    @property
    def number(self) -> str:
        """Their phone's."""
        return served.number(self.patient)

    def may_be_texted(self, moment: datetime) -> bool:
        """Whether it is day there."""
        return OPENS <= moment.astimezone(self.zone).hour < CLOSES


def fill(bot: Bot, texts: int, *, evening: bool) -> list[Person]:
    """So many people with a visit in a week; the texts about these were written an hour ago, and nobody has sent them since.

    evening: some live where it was still day then, and is no more.
    """
    now = datetime.now(UTC)
    people = list(islice(_people(now, evening=evening), texts))
    with bot.store.begin() as session:
        session.add(ClinicRow(id=1, slug="demo"))
        session.flush()
        session.add(SenderRow(clinic_id=1))
        _add(session, bot, people, now)
    plan_due(replace(bot, clock=lambda: now - timedelta(hours=1)))
    with bot.store.begin() as session:
        _copy(session, people[1:])
    return people


def _copy(session: Session, people: list[Person]) -> None:
    """Writes for these people what the planner has written for the first one: it would take its time for each."""
    visit, phone = session.get_one(AppointmentRow, 1), session.get_one(PhoneRow, 1)
    session.execute(update(AppointmentRow).values(next_text_at=visit.next_text_at))
    session.execute(update(PhoneRow).values(state=phone.state))
    for kind in (CommunicationRow, OutboxRow, CommunicationRequestRow):
        written = session.scalars(select(kind)).one()
        columns = [column.key for column in inspect(kind).column_attrs if getattr(written, column.key) is not None]
        values = {name: getattr(written, name) for name in columns}
        session.execute(insert(kind), [{**values, **{name: each.id for name in values.keys() & OWN}} for each in people])
    if session.get_bind().dialect.name == "postgresql":  # ids that were given are not counted
        for kind in (CommunicationRow, OutboxRow, CommunicationRequestRow):
            session.execute(select(func.setval(func.pg_get_serial_sequence(kind.__tablename__, "id"), func.max(kind.id))))


def _people(now: datetime, *, evening: bool) -> Iterator[Person]:
    start = (now + timedelta(days=6, hours=20)).replace(minute=0, second=0, microsecond=0)
    ours = (patient for patient in count() if not queries.abroad(served.number(patient)))  # the schedule texts no others
    for id_, patient in enumerate(ours, start=1):
        yield Person(id_, patient, hour_here(EVENING if evening and id_ % FEW == 0 else DAY, now), start)


def hour_here(hour: int, now: datetime) -> ZoneInfo:
    """A zone in which it is that hour."""
    ahead = (hour - now.hour + 11) % 24 - 11
    return ZoneInfo(f"Etc/GMT{-ahead:+d}")


def _add(session: Session, bot: Bot, people: list[Person], now: datetime) -> None:
    ids, index = {"clinic_id": 1}, bot.store.cipher.index
    named = {"name": "Ann Example", "language": "en", "active": True}
    session.execute(insert(PatientRow), [{**ids, **named, "id": each.id, "zone": each.zone.key} for each in people])
    known = {"state": "{}", "created_at": now, "version": 1}
    phones = [{**ids, **known, "id": each.id, "number": each.number, "number_key": index(each.number)} for each in people]
    session.execute(insert(PhoneRow), phones)
    reached = [{**ids, "patient_id": each.id, "phone_id": each.id, "relation": "self"} for each in people]
    session.execute(insert(PatientPhoneRow), reached)
    due = [LOOK_NOW, *[now + timedelta(days=1)] * (len(people) - 1)]
    visit = {**ids, "service": "primary", "minutes": 30, "status": "booked", "participant": "needs-action", "version": 1}
    visits = [{**visit, "id": each.id, "patient_id": each.id, "start": each.start} for each in people]
    visits = [{**each, "next_text_at": moment} for each, moment in zip(visits, due, strict=True)]
    session.execute(insert(AppointmentRow), visits)


def move(bot: Bot, person: Person) -> datetime | None:
    """A coordinator moves the visit, and its patient is told by text; gives when that was so, None when it could not be written."""
    try:
        with bot.store.begin() as session:
            slot = SlotRow(clinic_id=1, service="primary", start=person.start.replace(minute=MOVED), minutes=30)
            session.add(slot)
            session.flush()
            slot_id = slot.id
        booking.move(bot, person.id, slot_id=slot_id, desk=Desk(by=COORDINATOR, phone_id=person.id, asked=False))
    except (Conflict, OperationalError):  # others were faster, or kept the database for too long: a page says so, and they try again
        return None
    return datetime.now(UTC)
