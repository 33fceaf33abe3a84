"""The tables of texts on their way out: what waits to be sent, who sends, and which texts of the schedule have been written."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.models import Base

TWINS = "twin_sid IS NOT NULL"


class OutboxRow(Base):
    """A text that waits to be sent, written in the transaction that caused it. status: waiting, sending, sent, failed, dropped.

    priority: `outgoing.Priority`. useless_at: when it has lost its use. reason: why it was put off, dropped, or failed.
    look_at: when somebody looks up at the provider what became of it, unless that is known by then; while a worker sends it,
    the end of that worker's lease. attempts tells one lease from the next. twin_sid: the provider's id of a second one of the same
    text, which it took so late that looking it up had found nothing. asks: the open question from when it goes, see `asking.kept`;
    None: whatever is open stays so.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("outbox_waiting", "status", "priority", "send_at"),
        Index("outbox_look", "look_at"),
        Index("outbox_twin", "clinic_id", sqlite_where=text(TWINS), postgresql_where=text(TWINS)),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    communication_id: Mapped[int] = mapped_column(ForeignKey("communication.id"), unique=True)
    status: Mapped[str] = mapped_column(String(10), default="waiting")
    priority: Mapped[int] = mapped_column(default=2, server_default="2")
    send_at: Mapped[datetime]
    useless_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    look_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(80))
    twin_sid: Mapped[str | None] = mapped_column(String(64))
    asks: Mapped[str | None]


class PlannedReplyRow(Base):
    """A coordinator's reply that is to go later. done_at: when it went, was withdrawn, or was given back to its writer."""

    __tablename__ = "planned_reply"
    __table_args__ = (Index("planned_reply_open", "clinic_id", "done_at"), Index("planned_reply_phone", "phone_id"))
    communication_id: Mapped[int] = mapped_column(ForeignKey("communication.id"), primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    phone_id: Mapped[int] = mapped_column(ForeignKey("phone.id"))
    actor_id: Mapped[int | None]
    actor: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


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


class CommunicationRequestRow(Base):
    """FHIR CommunicationRequest: which step of which visit, at which time of it, a text of ours was about: each at most once.

    start: of the visit when the text was written. step: a name from the clinic's schedule, or what a coordinator did.
    """

    __tablename__ = "communication_request"
    __table_args__ = (
        UniqueConstraint("phone_id", "appointment_id", "start", "step"),
        Index("communication_request_visit", "appointment_id"),
        Index("communication_request_phone", "phone_id", "at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    phone_id: Mapped[int] = mapped_column(ForeignKey("phone.id"))
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    start: Mapped[datetime]
    step: Mapped[str] = mapped_column(String(40))
    communication_id: Mapped[int] = mapped_column(ForeignKey("communication.id"), index=True)
    at: Mapped[datetime]
