"""The tables. Names follow FHIR R4 (Patient, Appointment, Slot, Communication, Task) and Twilio's for messages.

Every table carries the clinic; patients' words, names and numbers are EncryptedText; moments are UTC without zone.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import DateTime, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from bot.store.crypto import EncryptedText

ANSWERED = "reply_sid IS NOT NULL"


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
    unusable_at: when the provider said that no text can arrive there (a landline, no such number).
    """

    __tablename__ = "phone"
    __table_args__ = (UniqueConstraint("clinic_id", "number_key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    number: Mapped[str] = mapped_column(EncryptedText)
    number_key: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(default="{}")
    opted_out_at: Mapped[datetime | None]
    unusable_at: Mapped[datetime | None]
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
    __table_args__ = (Index("appointment_patient", "patient_id", "start"),)
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
    error: the provider's code for why it did not arrive. reply_sid, reply_status: what is known of a reply that rode in TwiML.
    rule, texts, reader: which rules decided, which approved texts were sent, by which version of the reader (S-17).
    """

    __tablename__ = "communication"
    __table_args__ = (
        Index("communication_thread", "phone_id", "id"),
        Index("communication_open", "status", "at"),
        Index("communication_reply", "reply_sid", sqlite_where=text(ANSWERED), postgresql_where=text(ANSWERED)),
    )
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
    reply_sid: Mapped[str | None] = mapped_column(String(64))
    reply_status: Mapped[str | None] = mapped_column(String(20))
    error: Mapped[int | None]
    reading: Mapped[str | None] = mapped_column(EncryptedText)
    rule: Mapped[str | None] = mapped_column(String(80))
    texts: Mapped[str | None] = mapped_column(String(300))
    reader: Mapped[str | None] = mapped_column(String(16))
    in_reply_to: Mapped[int | None] = mapped_column(ForeignKey("communication.id"))


class TaskRow(Base):
    """FHIR Task: what a coordinator must do. status: requested, completed."""

    __tablename__ = "task"
    __table_args__ = (Index("task_open", "clinic_id", "status"), Index("task_phone", "phone_id", "status"))
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
    due_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class OutboxRow(Base):
    """A text that waits to be sent, written in the transaction that caused it. status: waiting, sending, sent, failed, dropped.

    priority: `outgoing.Priority`. useless_at: when it has lost its use. reason: why it was put off, dropped, or failed.
    look_at: when somebody looks up at the provider what became of it, unless that is known by then; while a worker sends it,
    the end of that worker's lease. attempts tells one lease from the next.
    """

    __tablename__ = "outbox"
    __table_args__ = (Index("outbox_waiting", "status", "priority", "send_at"), Index("outbox_look", "look_at"))
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    communication_id: Mapped[int] = mapped_column(ForeignKey("communication.id"), unique=True)
    status: Mapped[str] = mapped_column(String(10), default="waiting")
    priority: Mapped[int] = mapped_column(default=2, server_default="2")
    send_at: Mapped[datetime]
    useless_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    look_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(40))


class SenderRow(Base):
    """The one number a clinic sends from. paused_at: the kill switch. stopped_at, stopped_code: a mistake in its configuration.

    free_at: up to when its rate is used up.
    """

    __tablename__ = "sender"
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"), primary_key=True)
    free_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    stopped_code: Mapped[int | None]


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
