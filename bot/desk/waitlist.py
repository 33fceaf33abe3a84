"""What coordinators do with the waiting list: put somebody on it, take somebody off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from bot.actor import Actor
from bot.core import Bot
from bot.desk.work import Already, Refused, hold, record
from bot.dialogue.effects import JoinWaitlist, LeaveWaitlist
from bot.dialogue.wanted import Wanted
from bot.store import care, waiting
from bot.store.models import AppointmentRow, PatientRow, PhoneRow
from bot.store.waiting_models import WaitingRow


@dataclass(frozen=True)
class Reached:
    """The phone on which somebody who waits is reached. texted: whether a time can be offered there."""

    phone_id: int
    texted: bool


def reached(session: Session, patients: Iterable[int]) -> dict[int, Reached]:
    """patient → how they are reached; those who have a phone on record."""
    links = care.reached_on(session, patients)
    rows = select(PhoneRow).where(PhoneRow.id.in_({link.phone_id for link in links.values()}))
    phones = {phone.id: phone for phone in session.scalars(rows)}
    people = {row.id: row for row in session.scalars(select(PatientRow).where(PatientRow.id.in_(links)))}
    return {who: Reached(link.phone_id, _is_texted(phones[link.phone_id], people[who])) for who, link in links.items()}


def _is_texted(phone: PhoneRow, patient: PatientRow) -> bool:
    return phone.opted_out_at is None and phone.unusable_at is None and not care.stop_of(patient)


def add(bot: Bot, phone_id: int, patient_id: int, *, service: str, wanted: Wanted, by: Actor) -> None:
    """Puts a patient on the list of a service. Who has a visit of it to come is moved up, else a new one is booked.

    Raises Refused, and Already where they wait for just this.
    """
    now = bot.clock()
    if bot.clinic.waitlist is None:
        raise Refused("This clinic has no waiting list: it needs a section `waitlist` in the clinic's file.")
    if service not in services(bot, patient_id):
        raise Refused("Choose what the patient waits for.")
    try:
        wishes = wanted.wishes(now.astimezone(bot.clinic.zone).date())
    except ValueError as error:
        raise Refused(str(error)) from error
    with bot.store.begin() as session:
        hold(session, phone_id, by=by, now=now)
        mine = WaitingRow.patient_id == patient_id, WaitingRow.service == service, WaitingRow.status == "waiting"
        if session.scalar(select(exists().where(*mine, WaitingRow.wishes == msgspec.json.encode(wishes).decode()))):
            raise Already("They are on the list with these wishes already.")
        visit = waiting.coming(session, bot.clinic_id, patient_id, service, now)
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


def _booked(bot: Bot, patient_id: int):  # type: ignore[no-untyped-def]
    visit = AppointmentRow
    return visit.clinic_id == bot.clinic_id, visit.patient_id == patient_id, visit.status == "booked", visit.start > bot.clock()
