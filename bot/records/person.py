"""Everything on one patient: taken out as JSON, or erased where the law asks."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, delete, or_, select, union, update
from sqlalchemy.orm import Session

from bot.records.opened import Records
from bot.store import programmes, words
from bot.store.crypto import ERASED
from bot.store.media_models import MediaRow
from bot.store.models import (
    AppointmentRow,
    AuditRow,
    Base,
    CommunicationRow,
    ConsentRow,
    PatientPhoneRow,
    PatientRow,
    PhoneRow,
    TaskRow,
)
from bot.store.outgoing import drop_all, drop_waiting
from bot.store.programme_models import CarePlanRow, CheckInRow
from bot.store.sending_models import CommunicationRequestRow
from bot.store.waiting_models import WaitingRow
from bot.store.work_models import ActionRow, CandidateRow, PromiseRow

Record = dict[str, Any]


class NoSuchPatient(LookupError):
    """This clinic has no patient of that id or identifier."""


@dataclass
class Erased:
    """What was erased, and what was not and why."""

    texts: int = 0
    notes: int = 0
    phones: int = 0
    left: list[str] = field(default_factory=list)


def find(records: Records, session: Session, which: str) -> PatientRow:
    """A patient by the clinic's own identifier, else by our id. Raises NoSuchPatient."""
    mine = PatientRow.clinic_id == records.clinic_id
    key = records.store.cipher.index(f"patient {which}")
    found = session.scalar(select(PatientRow).where(mine, PatientRow.identifier_key == key))
    if found is None and which.isdecimal():
        found = session.scalar(select(PatientRow).where(mine, PatientRow.id == int(which)))
    if found is None:
        raise NoSuchPatient(f"this clinic has no patient {which!r}")
    return found


def everything(records: Records, which: str) -> Record:
    """All that is stored about a patient. Texts of a phone that others share are marked: they may be those of another person."""
    with records.store.session() as session:
        patient = find(records, session, which)
        links = session.execute(
            select(PatientPhoneRow, PhoneRow)
            .join(PhoneRow, PatientPhoneRow.phone_id == PhoneRow.id)
            .where(PatientPhoneRow.patient_id == patient.id)
            .order_by(PhoneRow.id)
        ).all()
        theirs = select(AppointmentRow.id).where(AppointmentRow.patient_id == patient.id)
        plans = select(CarePlanRow.id).where(CarePlanRow.patient_id == patient.id)
        phones = [phone.id for _, phone in links]
        about = [f"patient:{patient.id}", *(f"phone:{phone.id}" for _, phone in links)]
        found = {
            "patient": as_record(patient),
            "visits": _rows(session, AppointmentRow, AppointmentRow.patient_id == patient.id),
            "requests": _rows(session, CommunicationRequestRow, CommunicationRequestRow.appointment_id.in_(theirs)),
            "programmes": _rows(session, CarePlanRow, CarePlanRow.patient_id == patient.id),
            "check_ins": _rows(session, CheckInRow, CheckInRow.care_plan_id.in_(plans)),
            "waiting": _rows(session, WaitingRow, WaitingRow.patient_id == patient.id),
            "items": _rows(session, TaskRow, _items(theirs, phones)),
            "actions": _rows(session, ActionRow, _actions(theirs, phones)),
            "phones": [_phone(session, link, phone) for link, phone in links],
            "audit": _rows(session, AuditRow, AuditRow.about.in_(about)),
        }
    with records.store.begin() as session:
        records.record(session.connection(), action="export", about=f"patient:{patient.id}")
    return found


def _phone(session: Session, link: PatientPhoneRow, phone: PhoneRow) -> Record:
    return {
        **as_record(phone),
        "relation": link.relation,
        "shared": _shared(session, phone.id, link.patient_id),
        "messages": _rows(session, CommunicationRow, CommunicationRow.phone_id == phone.id),
        "files": _rows(session, MediaRow, MediaRow.phone_id == phone.id),
        "corrections": _rows(session, CandidateRow, CandidateRow.communication_id.in_(_texts([phone.id]))),
        "promises": _rows(session, PromiseRow, PromiseRow.phone_id == phone.id),
        "consent": _rows(session, ConsentRow, ConsentRow.phone_id == phone.id),
    }


def _texts(phones: list[int]) -> Select[int]:
    return select(CommunicationRow.id).where(CommunicationRow.phone_id.in_(phones))


def _items(visits: Select[int], phones: list[int]) -> ColumnElement[bool]:
    """Of these phones, or about these visits, wherever they are talked of."""
    return or_(TaskRow.phone_id.in_(phones), TaskRow.appointment_id.in_(visits))


def _actions(visits: Select[int], phones: list[int]) -> ColumnElement[bool]:
    return or_(ActionRow.phone_id.in_(phones), ActionRow.task_id.in_(select(TaskRow.id).where(_items(visits, phones))))


def _rows(session: Session, kind: type[Base], where: Any) -> list[Record]:
    return [as_record(row) for row in session.scalars(select(kind).where(where).order_by(kind.__mapper__.primary_key[0]))]


def as_record(row: Base) -> Record:
    """A row as plain data, without the keyed hashes that serve look-up alone."""
    table: Table = row.__table__  # type: ignore[assignment]
    values = {column.key: getattr(row, column.key) for column in table.columns if not column.key.endswith("_key")}
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values.items()}


def _shared(session: Session, phone_id: int, patient_id: int) -> bool:
    others = select(PatientPhoneRow.patient_id).where(PatientPhoneRow.phone_id == phone_id, PatientPhoneRow.patient_id != patient_id)
    return session.scalar(others.limit(1)) is not None


def erase(records: Records, which: str) -> Erased:
    """Takes away name, numbers and words of a patient; visits, consent and the audit trail stay as bare facts.

    A phone that others share stays theirs; a number that was the patient's before, and is nobody's now, goes as well. An opt-out stays
    as a keyed hash of the number, so that it is never texted again. Raises NoSuchPatient.
    """
    done = Erased()
    with records.store.begin() as session:
        patient = find(records, session, which)
        drop_waiting(session, patient.id)
        theirs = CarePlanRow.patient_id == patient.id
        programmes.close(session, theirs, status="revoked", reason="erased", now=records.clock())
        mine = select(PatientPhoneRow).where(PatientPhoneRow.patient_id == patient.id)
        links = session.scalars(mine.order_by(PatientPhoneRow.phone_id)).all()  # locked in one order
        shared = [link.phone_id for link in links if _shared(session, link.phone_id, patient.id)]
        done.left += [f"phone {phone_id} and its texts: other patients share it" for phone_id in shared]
        own = sorted([*(link.phone_id for link in links if link.phone_id not in shared), *_former(session, patient)])
        for phone_id in own:
            _erase_phone(session, phone_id)
        for link in links:
            session.delete(link)
        _erase_words(session, patient, own, done)
        # A reading tells whom a text may have meant, by first name and visits; the words of who shares the phone stay.
        session.execute(update(CommunicationRow).where(CommunicationRow.phone_id.in_(shared)).values(reading=None))
        for visit in session.scalars(select(AppointmentRow).where(AppointmentRow.patient_id == patient.id)):
            _erase_visit(records, visit, done)
        waits = update(WaitingRow).where(WaitingRow.patient_id == patient.id, WaitingRow.status == "waiting")
        session.execute(waits.values(status="removed", closed_at=records.clock()))
        patient.name, patient.birth_year, patient.active, patient.details_ok = "", None, False, None
        patient.life_event, patient.life_event_until = "", None
        patient.identifier = patient.identifier_key = patient.source = None
        session.flush()
        words.rewrite(session.connection(), records.store.cipher, [*own, *shared])
        records.record(session.connection(), action="erase", about=f"patient:{patient.id}")
    return done


def _former(session: Session, patient: PatientRow) -> list[int]:
    """Phones on which nobody is reached any more, and on which the bot wrote of this patient's visits and programmes alone."""
    visit, taken = AppointmentRow, select(PatientPhoneRow.phone_id)
    whose = union(
        select(CommunicationRequestRow.phone_id, visit.patient_id).join(visit, CommunicationRequestRow.appointment_id == visit.id),
        select(TaskRow.phone_id, visit.patient_id).join(visit, TaskRow.appointment_id == visit.id),
        select(CarePlanRow.phone_id, CarePlanRow.patient_id),
    ).subquery()
    mine = list(session.scalars(select(whose.c.phone_id).where(whose.c.patient_id == patient.id)))
    others = select(whose.c.phone_id).where(whose.c.patient_id != patient.id, whose.c.phone_id.in_(mine))
    return list(
        session.scalars(select(PhoneRow.id).where(PhoneRow.id.in_(mine), PhoneRow.id.not_in(others), PhoneRow.id.not_in(taken)))
    )


def _erase_visit(records: Records, visit: AppointmentRow, done: Erased) -> None:
    if visit.status == "booked" and visit.start > records.clock():
        done.left.append(f"visit {visit.id} was booked: it is called off here, do so in your own system")
        visit.status, visit.changed_at = "cancelled", records.clock()
    visit.identifier = visit.identifier_key = visit.source = None
    visit.practitioner = visit.video_link = ""


def _erase_words(session: Session, patient: PatientRow, phones: list[int], done: Erased) -> None:
    """What was written on the patient's own phones, and what staff wrote there or about the patient's visits."""
    visits = select(AppointmentRow.id).where(AppointmentRow.patient_id == patient.id)
    session.execute(delete(CandidateRow).where(CandidateRow.communication_id.in_(_texts(phones))))
    session.execute(delete(MediaRow).where(MediaRow.phone_id.in_(phones)))
    texts = update(CommunicationRow).where(CommunicationRow.phone_id.in_(phones))
    actions = update(ActionRow).where(_actions(visits, phones), ActionRow.words.is_not(None))
    told = update(ConsentRow).where(ConsentRow.phone_id.in_(phones), ConsentRow.told.is_not(None))
    notes = update(TaskRow).where(_items(visits, phones), TaskRow.note.is_not(None))
    done.texts = _count(session.execute(texts.values(body=ERASED, reply=None, reading=None)))
    done.notes = _count(session.execute(actions.values(words=None))) + _count(session.execute(notes.values(note=None)))
    session.execute(told.values(told=None))
    done.phones = len(phones)


def _erase_phone(session: Session, phone_id: int) -> None:
    phone = session.get_one(PhoneRow, phone_id)
    phone.number, phone.state = "", "{}"
    drop_all(session, phone_id)
    if phone.opted_out_at is None:
        phone.number_key = secrets.token_hex(32)  # who texts from this number again is a stranger


def _count(result: Any) -> int:
    return int(result.rowcount)
