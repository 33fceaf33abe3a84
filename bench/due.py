"""A clinic whose reminders are due, for bench/delivery.py: people by day and in the evening, visits that are moved meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from zoneinfo import ZoneInfo

import served
from sqlalchemy import insert
from sqlalchemy.orm import Session

from bot.actor import Actor
from bot.core import Bot
from bot.delivery.planner import plan_due
from bot.desk import booking
from bot.desk.booking import Desk
from bot.store import queries
from bot.store.database import Conflict
from bot.store.models import LOOK_NOW, AppointmentRow, ClinicRow, PatientPhoneRow, PatientRow, PhoneRow, SlotRow
from bot.store.sending_models import SenderRow

OPENS, CLOSES = 9, 20  # by the clock of whoever is texted, as in clinics/demo.yaml
DAY, EVENING = 11, CLOSES  # the hours that it is now where people live
FEW = 10  # one of so many lives where the evening has come
MOVED = 45  # the minute of visits that were moved; all others begin at the full hour
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
    an_hour_ago = replace(bot, clock=lambda: now - timedelta(hours=1))
    while plan_due(an_hour_ago):
        pass
    return people


def _people(now: datetime, *, evening: bool) -> Iterator[Person]:
    start = (now + timedelta(days=6, hours=20)).replace(minute=0, second=0, microsecond=0)
    ours = (patient for patient in count() if not queries.abroad(served.number(patient)))  # the schedule texts no others
    for id_, patient in enumerate(ours, start=1):
        yield Person(id_, patient, _zone(EVENING if evening and id_ % FEW == 0 else DAY, now), start)


def _zone(hour: int, now: datetime) -> ZoneInfo:
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
    visit = {**ids, "service": "primary", "minutes": 30, "status": "booked", "participant": "needs-action", "version": 1}
    visits = [{**visit, "id": each.id, "patient_id": each.id, "start": each.start, "next_text_at": LOOK_NOW} for each in people]
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
    except Conflict:
        return None
    return datetime.now(UTC)
