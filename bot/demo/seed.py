"""Filling a clinic with invented people, visits and free times, for the demo and for tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from bot.core import Bot
from bot.store import programmes, queries
from bot.store.models import AppointmentRow, ConsentRow, PatientPhoneRow, PatientRow, SlotRow
from bot.yamlfile import read_yaml

SLOT_DAYS = 25
SLOT_MINUTES = 30


def seed(bot: Bot, path: Path, *, past: Callable[[dict[str, tuple[int, int]]], None] | None = None) -> dict[str, int]:
    """Writes the people, visits and slots of a file into the clinic; gives name → phone id.

    past: what has happened to these people, name → (patient, phone), before their visits were booked.
    """
    data = read_yaml(path)
    now = bot.clock()
    first = now.astimezone(bot.clinic.zone).date() + timedelta(days=1)
    days = _working_days(first, SLOT_DAYS, bot.clinic.holidays)
    with bot.store.begin() as session:
        slots = _slots(session, bot, data["slots"], days)
        patients, phones = {}, {}
        for name, given in data["people"].items():
            patients[name], phones[name] = _person(session, bot, given, now)
    if past is not None:
        past({name: (patients[name].id, phones[name]) for name in phones})
    with bot.store.begin() as session:
        session.add_all(slots.values())
        for given in data["visits"]:
            _visit(session, bot, given, patients, slots, days)
        for given in data["programmes"]:
            who = given["who"]
            programmes.enrol(
                session, patients[who], phones[who], programme=given["programme"], source=f"demo: {given['agreed']}", now=now
            )
    return phones


def _working_days(first: date, count: int, holidays: frozenset[date]) -> list[date]:
    days = [first + timedelta(days=n) for n in range(count * 2)]
    return [day for day in days if day.weekday() < 5 and day not in holidays][:count]


def _slots(session: Session, bot: Bot, given: dict[str, list[str]], days: list[date]) -> dict[tuple[str, datetime], SlotRow]:
    found = {}
    for service, times in given.items():
        for day in days:
            for text in times:
                start = datetime.combine(day, time.fromisoformat(text), bot.clinic.zone)
                slot = SlotRow(clinic_id=bot.clinic_id, service=service, start=start, minutes=SLOT_MINUTES)
                found[service, start] = slot
    session.add_all(found.values())
    session.flush()
    return found


def _person(session: Session, bot: Bot, given: dict[str, str], now: datetime) -> tuple[PatientRow, int]:
    patient = PatientRow(
        clinic_id=bot.clinic_id,
        name=given["name"],
        birth_year=int(given["born"]),
        language=given["language"],
        details_ok={"yes": True, "no": False}.get(given.get("details", "")),
    )
    session.add(patient)
    phone = queries.phone(session, bot.store.cipher, clinic_id=bot.clinic_id, number=given["phone"], now=now)
    session.flush()
    relation = given.get("relation", "self")
    session.add(PatientPhoneRow(patient_id=patient.id, phone_id=phone.id, clinic_id=bot.clinic_id, relation=relation))
    session.add(ConsentRow(clinic_id=bot.clinic_id, phone_id=phone.id, decision="opt_in", source="demo: signed form", at=now))
    return patient, phone.id


def _visit(
    session: Session,
    bot: Bot,
    given: dict[str, str],
    patients: dict[str, PatientRow],
    slots: dict[tuple[str, datetime], SlotRow],
    days: list[date],
) -> None:
    start = datetime.combine(days[int(given["days"]) - 1], time.fromisoformat(given["at"]), bot.clinic.zone)
    slot = slots.get((given["service"], start))
    if slot is not None:
        slot.status = "busy"
    session.add(
        AppointmentRow(
            clinic_id=bot.clinic_id,
            patient_id=patients[given["who"]].id,
            slot_id=slot.id if slot else None,
            service=given["service"],
            start=start,
            minutes=int(given.get("minutes", SLOT_MINUTES)),
            practitioner=given.get("with", ""),
            video_link=given.get("video", ""),
        )
    )
