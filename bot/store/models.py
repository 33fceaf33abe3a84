"""The tables. Names follow FHIR R4 (Patient, Appointment, Slot, Communication, Task) and Twilio's for messages.

Every table carries the clinic; patients' words, names and numbers are EncryptedText; moments are UTC without zone.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import DateTime, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from bot.store.crypto import EncryptedText


class Moment(TypeDecorator[datetime]):
    """An instant: aware datetimes in and out, stored as UTC."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware → naive UTC; a naive one is a mistake of ours."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Naive UTC → aware UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Base of every table."""

    type_annotation_map = {datetime: Moment}


class ClinicRow(Base):
    """A clinic of this installation; what it tells about itself stands in its file."""

    __tablename__ = "clinic"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), unique=True)


class PatientRow(Base):
    """FHIR Patient. details_ok: the recorded choice of H-04; None: never asked."""

    __tablename__ = "patient"
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"), index=True)
    name: Mapped[str] = mapped_column(EncryptedText)
    birth_year: Mapped[int | None]
    language: Mapped[str] = mapped_column(String(12))
    details_ok: Mapped[bool | None]
    active: Mapped[bool] = mapped_column(default=True)


class PhoneRow(Base):
    """A number and the conversation held with it.

    state: `dialogue.types.State` as JSON; it holds no words and no names. version counts its changes.
    """

    __tablename__ = "phone"
    __table_args__ = (UniqueConstraint("clinic_id", "number_key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    number: Mapped[str] = mapped_column(EncryptedText)
    number_key: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(default="{}")
    opted_out_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    __mapper_args__ = {"version_id_col": version}


class PatientPhoneRow(Base):
    """Who is reached on a phone. relation: of the person to the phone's owner (self, child, mother, …)."""

    __tablename__ = "patient_phone"
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), primary_key=True)
    phone_id: Mapped[int] = mapped_column(ForeignKey("phone.id"), primary_key=True, index=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    relation: Mapped[str] = mapped_column(String(20), default="self")


class SlotRow(Base):
    """FHIR Slot. status: free, busy, busy-tentative (kept for `held_for` until `held_until`)."""

    __tablename__ = "slot"
    __table_args__ = (Index("slot_free", "clinic_id", "service", "status", "start"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    service: Mapped[str] = mapped_column(String(40))
    start: Mapped[datetime]
    minutes: Mapped[int]
    practitioner: Mapped[str] = mapped_column(String(80), default="")
    status: Mapped[str] = mapped_column(String(20), default="free")
    held_for: Mapped[int | None] = mapped_column(ForeignKey("phone.id"))
    held_until: Mapped[datetime | None]


class AppointmentRow(Base):
    """FHIR Appointment with its one patient participant. version counts its changes (F-03)."""

    __tablename__ = "appointment"
    __table_args__ = (Index("appointment_patient", "patient_id", "start"), Index("appointment_day", "clinic_id", "start"))
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    slot_id: Mapped[int | None] = mapped_column(ForeignKey("slot.id"))
    service: Mapped[str] = mapped_column(String(40))
    start: Mapped[datetime]
    minutes: Mapped[int]
    practitioner: Mapped[str] = mapped_column(String(80), default="")
    video_link: Mapped[str] = mapped_column(String(200), default="")
    status: Mapped[str] = mapped_column(String(20), default="booked")
    participant: Mapped[str] = mapped_column(String(20), default="needs-action")
    changed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class CommunicationRow(Base):
    """FHIR Communication: one text, either way.

    status of a received one: received → answered | failed; of a sent one: Twilio's message status. reply: the answer that
    rode in the webhook's TwiML. reading: the bot's reading of it as JSON, which quotes words. answered_via: twiml or outbox.
    rule, texts, reader: which rules decided, which approved texts were sent, by which version of the reader (S-17).
    """

    __tablename__ = "communication"
    __table_args__ = (Index("communication_thread", "phone_id", "id"), Index("communication_open", "status", "at"))
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    phone_id: Mapped[int | None] = mapped_column(ForeignKey("phone.id"))
    direction: Mapped[str] = mapped_column(String(8))
    provider_sid: Mapped[str | None] = mapped_column(String(64), unique=True)
    body: Mapped[str] = mapped_column(EncryptedText)
    media: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(20))
    sender: Mapped[str] = mapped_column(String(20), default="patient")
    reply: Mapped[str | None] = mapped_column(EncryptedText)
    answered_via: Mapped[str | None] = mapped_column(String(10))
    reading: Mapped[str | None] = mapped_column(EncryptedText)
    rule: Mapped[str | None] = mapped_column(String(80))
    texts: Mapped[str | None] = mapped_column(String(300))
    reader: Mapped[str | None] = mapped_column(String(16))
    in_reply_to: Mapped[int | None] = mapped_column(ForeignKey("communication.id"))


class TaskRow(Base):
    """FHIR Task: what a coordinator must do. status: requested, completed.

    rank, due_at: the order of the worklist, kept so that it is read from an index. due_at: by when somebody must have acted, the
    sooner of fix_by (until when it can still be fixed) and what the patient was promised. owner: who it is assigned to.
    """

    __tablename__ = "task"
    __table_args__ = (
        Index("task_worklist", "clinic_id", "status", "rank", "due_at", "id"),
        Index("task_closed", "clinic_id", "status", "closed_at"),
        Index("task_phone", "phone_id", "status"),
        Index("task_kind", "clinic_id", "kind", "status", "created_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    phone_id: Mapped[int | None] = mapped_column(ForeignKey("phone.id"))
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    communication_id: Mapped[int | None] = mapped_column(ForeignKey("communication.id"))
    kind: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(String(80), default="")
    status: Mapped[str] = mapped_column(String(20), default="requested")
    outcome: Mapped[str | None] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(EncryptedText)
    created_at: Mapped[datetime]
    rank: Mapped[int]
    due_at: Mapped[datetime]
    fix_by: Mapped[datetime | None]
    snoozed_until: Mapped[datetime | None]
    owner_id: Mapped[int | None]
    owner: Mapped[str | None] = mapped_column(String(80))
    stage: Mapped[str] = mapped_column(String(10), default="")
    closed_at: Mapped[datetime | None]


class OutboxRow(Base):
    """A text that waits to be sent, written in the transaction that caused it. status: waiting, sending, sent, failed, dropped."""

    __tablename__ = "outbox"
    __table_args__ = (Index("outbox_waiting", "status", "send_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    communication_id: Mapped[int] = mapped_column(ForeignKey("communication.id"), unique=True)
    status: Mapped[str] = mapped_column(String(10), default="waiting")
    send_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None]


class ConsentRow(Base):
    """FHIR Consent: one line for every opt-in and opt-out (O-17). category: all. source: the word, rule or person."""

    __tablename__ = "consent"
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    phone_id: Mapped[int] = mapped_column(ForeignKey("phone.id"), index=True)
    decision: Mapped[str] = mapped_column(String(8))
    category: Mapped[str] = mapped_column(String(20), default="all")
    source: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]
    communication_id: Mapped[int | None] = mapped_column(ForeignKey("communication.id"))
