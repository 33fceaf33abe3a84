"""Taking a clinic's visits, texts and items out, as a table or a calendar; every export leaves an entry in the audit trail."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from bot.dialogue.items import KINDS
from bot.ehr.csv_out import write_table
from bot.ehr.ical import Entry, calendar
from bot.records.opened import Records
from bot.store.models import AppointmentRow, CommunicationRow, PatientPhoneRow, PatientRow, PhoneRow, TaskRow

FORMS = ("csv", "ical")


class NoSuchExport(ValueError):
    """Not everything can be taken out in every form."""


def export(records: Records, what: str, form: str) -> bytes:
    """visits, messages or items as csv; visits as ical. Raises NoSuchExport for another wish."""
    if form == "ical" and what != "visits":
        raise NoSuchExport(f"only visits can be a calendar; {what} can be csv")
    now = records.clock()
    with records.store.session() as session:
        content = _calendar(records, session, now) if form == "ical" else _table(records, session, what)
    with records.store.begin() as session:
        records.record(session.connection(), action="export", about=what, reason=form)
    return content


def _table(records: Records, session: Session, what: str) -> bytes:
    head, rows = TABLES[what]
    file = io.StringIO(newline="")
    write_table(file, head, rows(session, records.clinic_id, records.clinic.zone))
    return file.getvalue().encode("utf-8-sig")  # the mark tells spreadsheets that it is UTF-8


def _visits(session: Session, clinic_id: int, zone: ZoneInfo) -> Iterator[Sequence[object]]:
    """The head is the one that imports read."""
    query = select(AppointmentRow, PatientRow).join(PatientRow, AppointmentRow.patient_id == PatientRow.id)
    for visit, patient in session.execute(query.where(AppointmentRow.clinic_id == clinic_id).order_by(AppointmentRow.start)):
        who = (patient.identifier, visit.service, _local(visit.start, zone), visit.minutes, visit.practitioner, visit.status)
        yield (visit.identifier, *who, patient.name, patient.language, visit.participant)


def _messages(session: Session, clinic_id: int, zone: ZoneInfo) -> Iterator[Sequence[object]]:
    names = _names(session, clinic_id)
    query = select(CommunicationRow, PhoneRow).outerjoin(PhoneRow, CommunicationRow.phone_id == PhoneRow.id)
    query = query.where(CommunicationRow.clinic_id == clinic_id).order_by(CommunicationRow.id).execution_options(yield_per=500)
    for text, phone in session.execute(query):
        number, who = (phone.number, names.get(phone.id, "")) if phone else ("", "")
        yield (
            text.id,
            _local(text.at, zone),
            text.direction,
            text.sender,
            number,
            who,
            text.body,
            "\n\n".join(text.replies),
            text.status,
            text.rule,
        )


def _items(session: Session, clinic_id: int, zone: ZoneInfo) -> Iterator[Sequence[object]]:
    names = _names(session, clinic_id)
    for item in session.scalars(select(TaskRow).where(TaskRow.clinic_id == clinic_id).order_by(TaskRow.id)):
        kind, who = KINDS.get(item.kind), names.get(item.phone_id or 0, "")
        moments = [_local(moment, zone) for moment in (item.created_at, item.due_at, item.closed_at)]
        yield item.id, item.kind, kind.title if kind else "", item.detail, who, item.status, item.outcome, item.note, *moments


def _names(session: Session, clinic_id: int) -> dict[int, str]:
    """phone id → names of the people reached there."""
    query = select(PatientPhoneRow.phone_id, PatientRow.name).join(PatientRow, PatientPhoneRow.patient_id == PatientRow.id)
    found: dict[int, list[str]] = {}
    for phone_id, name in session.execute(query.where(PatientRow.clinic_id == clinic_id).order_by(PatientRow.id)):
        found.setdefault(phone_id, []).append(name)
    return {phone_id: " / ".join(names) for phone_id, names in found.items()}


def _local(moment: datetime | None, zone: ZoneInfo) -> str:
    """In the clinic's time with its offset, so that it can be imported again even when clocks change."""
    return moment.astimezone(zone).isoformat(timespec="minutes") if moment else ""


def _calendar(records: Records, session: Session, now: datetime) -> bytes:
    query = select(AppointmentRow).where(AppointmentRow.clinic_id == records.clinic_id).order_by(AppointmentRow.start)
    entries = (entry(visit, slug=records.clinic.slug) for visit in session.scalars(query))
    return calendar(entries, name=records.clinic.clinic.name, now=now)


IN_A_CALENDAR = ("id", "version", "start", "minutes", "service", "status")


def entry(visit: AppointmentRow | Row[*tuple[Any, ...]], *, slug: str, link: str = "") -> Entry:
    """A visit as it stands in calendars, by these of its columns: who keeps calendars has no agreement with the clinic (H-15, H-16)."""
    return Entry(
        uid=f"visit-{visit.id}@{slug}",
        number=visit.version,
        start=visit.start,
        minutes=visit.minutes,
        summary=f"Visit {visit.id} ({visit.service})",
        status=visit.status,
        link=link,
    )


Rows = Callable[[Session, int, ZoneInfo], Iterator[Sequence[object]]]
TABLES: dict[str, tuple[Sequence[str], Rows]] = {
    "visits": (
        ("identifier", "patient", "service", "start", "minutes", "practitioner", "status", "name", "language", "participant"),
        _visits,
    ),
    "messages": (("id", "at", "direction", "sender", "phone", "people", "text", "answer", "status", "rule"), _messages),
    "items": (("id", "kind", "title", "detail", "people", "status", "outcome", "note", "since", "due", "closed"), _items),
}
