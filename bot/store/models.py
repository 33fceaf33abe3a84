"""The tables. Names follow FHIR R4 (Patient, Appointment, Slot, Communication, Task) and Twilio's for messages.

Every table carries the clinic; patients' words, names and numbers are EncryptedText; moments are UTC without zone.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, validates

from bot.store.crypto import EncryptedText
from bot.store.moment import Moment

LOOK_NOW = datetime(1970, 1, 1, tzinfo=UTC)  # a visit's next_text_at when the planner has yet to look at it
ANSWERED = "reply_sid IS NOT NULL"
BREAK = "\x1e"  # between the messages of one stored answer: a sign that no text can hold, since none can be sent


class Base(DeclarativeBase):
    """Base of every table."""

    type_annotation_map = {datetime: Moment}


class ClinicRow(Base):
    """A clinic of this installation; what it tells about itself stands in its file."""

    __tablename__ = "clinic"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), unique=True)


class SecretRow(Base):
    """What this installation looks up and seals with, encrypted by the keys outside the database, so that those can change."""

    __tablename__ = "secret"
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[str] = mapped_column(EncryptedText)


class PatientRow(Base):
    """FHIR Patient. details_ok: the recorded choice of H-04; None: never asked.

    zone: IANA name of the zone of the patient's address, None: unknown. do_not_text: the patient asked so (N-08).
    identifier: the clinic's own number for the person, found by its keyed hash. source: what the last import said, as JSON.
    life_event: a `care.life.LifeEvent` that stops every text about them, or "". life_event_until: its last day; None: for good, or
    until somebody ends it.
    """

    __tablename__ = "patient"
    __table_args__ = (
        Index("patient_identifier", "clinic_id", "identifier_key", unique=True),
        Index("patient_life_event", "clinic_id", "life_event_until"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"), index=True)
    name: Mapped[str] = mapped_column(EncryptedText)
    birth_year: Mapped[int | None]
    language: Mapped[str] = mapped_column(String(12))
    details_ok: Mapped[bool | None]
    active: Mapped[bool] = mapped_column(default=True)
    zone: Mapped[str | None] = mapped_column(String(40))
    do_not_text: Mapped[bool] = mapped_column(default=False, server_default=false())
    identifier: Mapped[str | None] = mapped_column(EncryptedText)
    identifier_key: Mapped[str | None] = mapped_column(String(64))
    source: Mapped[str | None] = mapped_column(EncryptedText)
    life_event: Mapped[str] = mapped_column(String(10), default="", server_default="")
    life_event_until: Mapped[date | None]


class PhoneRow(Base):
    """A number and the conversation held with it.

    state: `dialogue.types.State` as JSON; it holds no words and no patients' names. version counts its changes.
    unusable_at: when the provider said that no text can arrive there (a landline, no such number). verified_at: when a person
    last asked whether the number is still theirs (N-02). wants: `dialogue.types.Wants`.
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
    verified_at: Mapped[datetime | None]
    wants: Mapped[str] = mapped_column(String(10), default="all", server_default="all")
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
    """FHIR Slot. status: free, busy, busy-tentative (kept for `held_for` until `held_until`). identifier: the clinic's own."""

    __tablename__ = "slot"
    __table_args__ = (
        Index("slot_free", "clinic_id", "service", "status", "start"),
        Index("slot_identifier", "clinic_id", "identifier", unique=True),
        Index("slot_offer_at", "clinic_id", "offer_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    service: Mapped[str] = mapped_column(String(40))
    start: Mapped[datetime]
    minutes: Mapped[int]
    practitioner: Mapped[str] = mapped_column(String(80), default="")
    status: Mapped[str] = mapped_column(String(20), default="free")
    held_for: Mapped[int | None] = mapped_column(ForeignKey("phone.id"))
    held_until: Mapped[datetime | None]
    identifier: Mapped[str | None] = mapped_column(String(64))
    offer_at: Mapped[datetime | None]  # when it is next offered to who waits; None: not before it changes

    @validates("service", "start", "status")
    def _look_again(self, _name: str, value: object) -> object:
        """Whoever makes, frees or moves a time, it is looked at."""
        self.offer_at = LOOK_NOW
        return value


class AppointmentRow(Base):
    """FHIR Appointment with its one patient participant. version counts its changes (F-03).

    confidential: texted about on the patient's own phone alone (N-07). told_at: when patient and clinic last spoke of its time:
    it was booked, moved or answered about; None: long ago. next_text_at: when the planner looks at it next, None: never again.
    identifier, source: as of PatientRow.
    """

    __tablename__ = "appointment"
    __table_args__ = (
        Index("appointment_patient", "patient_id", "start"),
        Index("appointment_day", "clinic_id", "start"),
        Index("appointment_next_text", "clinic_id", "next_text_at"),
        Index("appointment_identifier", "clinic_id", "identifier_key", unique=True),
    )
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
    confidential: Mapped[bool] = mapped_column(default=False, server_default=false())
    told_at: Mapped[datetime | None]
    next_text_at: Mapped[datetime | None] = mapped_column(default=LOOK_NOW)
    identifier: Mapped[str | None] = mapped_column(EncryptedText)
    identifier_key: Mapped[str | None] = mapped_column(String(64))
    source: Mapped[str | None] = mapped_column(EncryptedText)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    @validates("patient_id", "start", "service", "status", "participant", "confidential")
    def _look_again(self, _name: str, value: object) -> object:
        """Whoever changes a visit, the planner looks at it again."""
        self.next_text_at = LOOK_NOW
        return value


class CommunicationRow(Base):
    """FHIR Communication: one text, either way.

    status of a received one: received → answered | failed; of a sent one: Twilio's message status. reply: the answer that
    rode in the webhook's TwiML, BREAK between its messages; each after the first has a row of its own.
    reading: the bot's reading of it as JSON, which quotes words. answered_via: twiml or outbox.
    error: the provider's code for why it did not arrive. reply_sid, reply_status: what is known of a reply that rode in TwiML.
    segments: how many our words take, of a received text those that rode in TwiML as its answer; None: not counted (yet), or none.
    rule, texts, reader: which rules decided, or which step of the schedule; which approved texts were sent; by which version of all
    that decides (S-17).
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
    segments: Mapped[int | None]
    answered_via: Mapped[str | None] = mapped_column(String(10))
    reply_sid: Mapped[str | None] = mapped_column(String(64))
    reply_status: Mapped[str | None] = mapped_column(String(20))
    error: Mapped[int | None]
    reading: Mapped[str | None] = mapped_column(EncryptedText)
    rule: Mapped[str | None] = mapped_column(String(80))
    texts: Mapped[str | None] = mapped_column(String(300))
    reader: Mapped[str | None] = mapped_column(String(16))
    in_reply_to: Mapped[int | None] = mapped_column(ForeignKey("communication.id"))

    @property
    def replies(self) -> list[str]:
        """The messages of the answer."""
        return self.reply.split(BREAK) if self.reply else []


class TaskRow(Base):
    """FHIR Task: what a coordinator must do. status: requested, completed.

    rank, due_at: the order of the worklist, kept so that it is read from an index. due_at: by when somebody must have acted, the
    sooner of fix_by (until when it can still be fixed) and what the patient was promised. owner: who it is assigned to.
    escalated_from: who had it and let it become late, so that it went to somebody else; "": a person has handed it on since.
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
    escalated_from: Mapped[str | None] = mapped_column(String(80))
    stage: Mapped[str] = mapped_column(String(10), default="")
    closed_at: Mapped[datetime | None]


class ConsentRow(Base):
    """FHIR Consent: one line for every opt-in, opt-out (O-17) and limit. category: all, or what a limit leaves. source: who or what.

    told: what the patient was told when they agreed, where a person wrote it down.
    """

    __tablename__ = "consent"
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    phone_id: Mapped[int] = mapped_column(ForeignKey("phone.id"), index=True)
    decision: Mapped[str] = mapped_column(String(8))
    category: Mapped[str] = mapped_column(String(20), default="all")
    source: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]
    communication_id: Mapped[int | None] = mapped_column(ForeignKey("communication.id"))
    told: Mapped[str | None] = mapped_column(EncryptedText)


class AuditRow(Base):
    """Who did what to whose record when, and from where (H-07): only ever added to, each sealed together with the one before.

    about: kind and id, e.g. "phone:12"; never words, names or numbers. outcome: ok, refused, failed.
    """

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"), index=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(20), default="")
    action: Mapped[str] = mapped_column(String(40))
    about: Mapped[str] = mapped_column(String(80), index=True)
    outcome: Mapped[str] = mapped_column(String(20), default="ok")
    reason: Mapped[str] = mapped_column(String(80), default="")
    address: Mapped[str] = mapped_column(String(45), default="")
    request: Mapped[str] = mapped_column(String(36), default="")
    previous: Mapped[str] = mapped_column(String(64), unique=True)
    seal: Mapped[str] = mapped_column(String(64))
