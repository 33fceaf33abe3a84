"""What turns, the inbox and the demo read from the database, as plain data."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.orm import Session, defer

from bot.dialogue.types import Participant, Person, Slot, State, Visit
from bot.store.crypto import Cipher
from bot.store.models import (
    AppointmentRow,
    CommunicationRow,
    PatientPhoneRow,
    PatientRow,
    PhoneRow,
    SlotRow,
    TaskRow,
)

PAST = timedelta(days=60)  # how long a visit that has passed is still spoken of
HORIZON = timedelta(days=60)  # how far ahead slots are offered


def phone(session: Session, cipher: Cipher, *, clinic_id: int, number: str, now: datetime) -> PhoneRow:
    """The phone with that number (E.164, or whatever the sender is called), made if it is new."""
    key = cipher.index(number)
    query = select(PhoneRow).where(PhoneRow.clinic_id == clinic_id, PhoneRow.number_key == key)
    found = session.scalar(query.options(defer(PhoneRow.number)))
    if found is None:
        found = PhoneRow(clinic_id=clinic_id, number=number, number_key=key, created_at=now, state="{}")
        session.add(found)
        session.flush()
    return found


def state_of(row: PhoneRow) -> State:
    """What the bot remembers of a conversation. A value that this version does not know counts as nothing remembered."""
    try:
        return msgspec.json.decode(row.state, type=State)
    except msgspec.ValidationError:
        return State()


def keep_state(row: PhoneRow, state: State) -> None:
    """Writes what the bot remembers."""
    row.state = msgspec.json.encode(state).decode()


def people(session: Session, phone_id: int) -> dict[int, tuple[PatientRow, str]]:
    """patient id → (patient, relation to the phone's owner) of everybody reached on a phone."""
    rows = session.execute(
        select(PatientRow, PatientPhoneRow.relation)
        .join(PatientPhoneRow, PatientPhoneRow.patient_id == PatientRow.id)
        .where(PatientPhoneRow.phone_id == phone_id, PatientRow.active)
        .order_by(PatientRow.id)
    )
    return {patient.id: (patient, relation) for patient, relation in rows}


def person(row: PatientRow) -> Person:
    """A patient as the dialogue sees them."""
    return Person(id=row.id, language=row.language, details_ok=row.details_ok)


def visits(
    session: Session, who: dict[int, tuple[PatientRow, str]], *, now: datetime, zone: tzinfo
) -> tuple[tuple[Visit, ...], tuple[Visit, ...]]:
    """(open, gone): the booked visits still to come by start; passed or called-off ones, newest first."""
    if not who:
        return (), ()
    rows = session.scalars(
        select(AppointmentRow)
        .where(AppointmentRow.patient_id.in_(who), AppointmentRow.start > now - PAST)
        .order_by(AppointmentRow.start)
    ).all()
    found = [(row, visit(row, who[row.patient_id], zone)) for row in rows]
    open_ = tuple(each for row, each in found if row.status == "booked" and each.start + timedelta(minutes=row.minutes) > now)
    gone = tuple(each for _, each in reversed(found) if each not in open_)
    return open_, gone


def visit(row: AppointmentRow, who: tuple[PatientRow, str], zone: tzinfo) -> Visit:
    """An appointment as the dialogue sees it."""
    patient, relation = who
    return Visit(
        id=row.id,
        patient_id=row.patient_id,
        start=row.start.astimezone(zone),
        minutes=row.minutes,
        service=row.service,
        status=row.status,
        participant=Participant(row.participant),
        who=(relation, *patient.name.casefold().split()[:1]),
        practitioner=row.practitioner,
        video_link=row.video_link,
        slot_id=row.slot_id,
        changed_at=row.changed_at,
    )


def free_slots(
    session: Session, *, clinic_id: int, services: Iterable[str], phone_id: int, now: datetime, zone: tzinfo
) -> tuple[Slot, ...]:
    """Slots that are free, or kept for this phone, or whose keeping has ended, by start; no service given: any."""
    wanted = list(services)
    query = select(SlotRow.id, SlotRow.start, SlotRow.minutes, SlotRow.service).where(
        SlotRow.clinic_id == clinic_id,
        SlotRow.start > now,
        SlotRow.start < now + HORIZON,
        is_free(phone_id, now),
    )
    if wanted:
        query = query.where(SlotRow.service.in_(wanted))
    rows = session.execute(query.order_by(SlotRow.start))
    return tuple(
        Slot(id=id_, start=start.astimezone(zone), minutes=minutes, service=service) for id_, start, minutes, service in rows
    )


def is_free(phone_id: int | None, now: datetime):  # type: ignore[no-untyped-def]
    """The SQL condition that a slot may be booked by this phone."""
    kept = SlotRow.status == "busy-tentative"
    return or_(SlotRow.status == "free", kept & (SlotRow.held_for == phone_id), kept & (SlotRow.held_until <= now))


def open_item_kinds(session: Session, phone_id: int) -> tuple[str, ...]:
    """Kinds of the items that coordinators have open for a phone."""
    return tuple(session.scalars(select(TaskRow.kind).where(TaskRow.phone_id == phone_id, TaskRow.status != "completed")))


def by_sid(session: Session, sid: str) -> CommunicationRow | None:
    """The text with that provider's id."""
    return session.scalar(select(CommunicationRow).where(CommunicationRow.provider_sid == sid))


def text(session: Session, row_id: int) -> tuple[CommunicationRow, PhoneRow | None]:
    """A text and the conversation it belongs to; the number stays encrypted until somebody asks for it."""
    query = select(CommunicationRow, PhoneRow).outerjoin(PhoneRow, CommunicationRow.phone_id == PhoneRow.id)
    row, phone = session.execute(query.where(CommunicationRow.id == row_id).options(defer(PhoneRow.number))).one()
    return row, phone


def answers_to_same(session: Session, row: CommunicationRow, *, since: datetime) -> list[str]:
    """With which text keys, joined by commas, the words of `row` were answered on that phone since then: one entry an answer."""
    rows = session.execute(
        select(CommunicationRow.body, CommunicationRow.texts)
        .where(
            CommunicationRow.phone_id == row.phone_id,
            CommunicationRow.id < row.id,
            CommunicationRow.direction == "inbound",
            CommunicationRow.reply.is_not(None),
            CommunicationRow.at > since,
        )
        .order_by(CommunicationRow.id.desc())
        .limit(20)
    )
    words = row.body.strip().casefold()
    return [texts or "" for body, texts in rows if body.strip().casefold() == words]


def thread(session: Session, phone_id: int, *, limit: int = 200) -> list[CommunicationRow]:
    """The newest texts of a conversation, oldest first."""
    rows = session.scalars(
        select(CommunicationRow).where(CommunicationRow.phone_id == phone_id).order_by(CommunicationRow.id.desc()).limit(limit)
    ).all()
    return list(reversed(rows))


def utc(moment: datetime) -> datetime:
    """The same instant in UTC."""
    return moment.astimezone(UTC)
