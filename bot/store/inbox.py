"""What the inbox shows, read in a few queries whatever the number of items."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.dialogue.items import KINDS
from bot.dialogue.types import State
from bot.store import queries
from bot.store.models import (
    AppointmentRow,
    CommunicationRow,
    PatientPhoneRow,
    PatientRow,
    PhoneRow,
    TaskRow,
)

UNKNOWN = "Unknown sender"


@dataclass(frozen=True)
class Item:
    """An open item as the list shows it. urgent: rank 0; late: it can no longer be fixed in time."""

    id: int
    phone_id: int | None
    kind: str
    title: str
    detail: str
    rank: int
    who: str
    language: str
    visit: datetime | None
    due: datetime | None
    since: datetime
    words: str


@dataclass(frozen=True)
class Conversation:
    """One phone: who is reached there, what was said, what is open."""

    phone_id: int
    number: str
    opted_out: bool
    state: State
    people: list[tuple[PatientRow, str]]
    visits: list[tuple[AppointmentRow, str]]
    thread: list[tuple[CommunicationRow, dict[str, Any] | None]]
    items: list[Item]


def open_items(session: Session, clinic_id: int, now: datetime, *, phone_id: int | None = None) -> list[Item]:
    """Open items by consequence, then by how soon they must be done."""
    query = (
        select(TaskRow, AppointmentRow, CommunicationRow.body)
        .outerjoin(AppointmentRow, TaskRow.appointment_id == AppointmentRow.id)
        .outerjoin(CommunicationRow, TaskRow.communication_id == CommunicationRow.id)
        .where(TaskRow.clinic_id == clinic_id, TaskRow.status != "completed", TaskRow.created_at <= now)
    )
    if phone_id is not None:
        query = query.where(TaskRow.phone_id == phone_id)
    rows = session.execute(query).all()
    names = _names(session, {task.phone_id for task, _, _ in rows if task.phone_id})
    items = [_item(task, visit, words, names) for task, visit, words in rows]
    far = now + timedelta(days=3650)
    return sorted(items, key=lambda item: (item.rank, item.due or far, item.since))


def _item(task: TaskRow, visit: AppointmentRow | None, words: str | None, names: dict[int, list[PatientRow]]) -> Item:
    kind = KINDS[task.kind]
    people = names.get(task.phone_id or 0, [])
    shown = [patient for patient in people if visit is None or patient.id == visit.patient_id] or people
    return Item(
        id=task.id,
        phone_id=task.phone_id,
        kind=task.kind,
        title=kind.title,
        detail=task.detail.replace("_", " "),
        rank=kind.rank,
        who=" / ".join(patient.name for patient in shown) or UNKNOWN,
        language=shown[0].language if shown else "",
        visit=visit.start if visit else None,
        due=task.due_at,
        since=task.created_at,
        words=words or "",
    )


def _names(session: Session, phones: set[int]) -> dict[int, list[PatientRow]]:
    found: dict[int, list[PatientRow]] = {}
    rows = session.execute(
        select(PatientPhoneRow.phone_id, PatientRow)
        .join(PatientRow, PatientPhoneRow.patient_id == PatientRow.id)
        .where(PatientPhoneRow.phone_id.in_(phones))
        .order_by(PatientRow.id)
    )
    for phone_id, patient in rows:
        found.setdefault(phone_id, []).append(patient)
    return found


def conversation(session: Session, clinic_id: int, phone_id: int, now: datetime) -> Conversation | None:
    """One conversation of this clinic, or None."""
    phone = session.scalar(select(PhoneRow).where(PhoneRow.id == phone_id, PhoneRow.clinic_id == clinic_id))
    if phone is None:
        return None
    who = queries.people(session, phone_id)
    visits = session.scalars(
        select(AppointmentRow).where(AppointmentRow.patient_id.in_(who)).order_by(AppointmentRow.start.desc()).limit(12)
    )
    return Conversation(
        phone_id=phone_id,
        number=phone.number,
        opted_out=phone.opted_out_at is not None,
        state=queries.state_of(phone),
        people=list(who.values()),
        visits=[(visit, who[visit.patient_id][0].name) for visit in visits],
        thread=[(row, json.loads(row.reading) if row.reading else None) for row in queries.thread(session, phone_id)],
        items=open_items(session, clinic_id, now, phone_id=phone_id),
    )


def phones(session: Session, clinic_id: int) -> list[tuple[int, str, list[PatientRow]]]:
    """(id, number, people) of every phone with people, for the demo."""
    rows = session.scalars(select(PhoneRow).where(PhoneRow.clinic_id == clinic_id).order_by(PhoneRow.id)).all()
    names = _names(session, {row.id for row in rows})
    return [(row.id, row.number, names.get(row.id, [])) for row in rows]


def version(session: Session, clinic_id: int) -> str:
    """A mark that changes when anything the pages show changes."""
    texts = session.execute(select(func.max(CommunicationRow.id), func.count()).where(CommunicationRow.clinic_id == clinic_id)).one()
    open_ = session.scalar(select(func.count()).where(TaskRow.clinic_id == clinic_id, TaskRow.status != "completed"))
    return f"{texts[0]}-{texts[1]}-{open_}"
