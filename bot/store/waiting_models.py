"""The tables of the waiting list: who waits for a time, and which free times were offered to whom."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.models import Base

WAITS = "status = 'waiting'"


class WaitingRow(Base):
    """A patient who waits for a time of a service. status: waiting, booked, left (their word), removed (by staff), died, over.

    appointment_id: the visit that would be moved there; None: a new one is booked. wishes: `understand.types.Wish`es as JSON, any
    of which will do. source: patient, import, or who of the staff. said: what the last import said, as JSON.
    """

    __tablename__ = "waiting"
    __table_args__ = (
        Index("waiting_line", "clinic_id", "status", "service", "since"),
        Index("waiting_once", "patient_id", "service", unique=True, sqlite_where=text(WAITS), postgresql_where=text(WAITS)),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    service: Mapped[str] = mapped_column(String(40))
    wishes: Mapped[str] = mapped_column(default="[]")
    since: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(60))
    said: Mapped[str | None]
    status: Mapped[str] = mapped_column(String(10), default="waiting")
    closed_at: Mapped[datetime | None]


class OfferRow(Base):
    """A free time that was offered to somebody who waits, each once. status: open, taken, declined, silent.

    start: of the slot when it was offered. until: when it is offered to the next ones.
    """

    __tablename__ = "offer"
    __table_args__ = (
        UniqueConstraint("waiting_id", "slot_id", "start"),
        Index("offer_slot", "slot_id", "status"),
        Index("offer_phone", "phone_id", "at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    waiting_id: Mapped[int] = mapped_column(ForeignKey("waiting.id"))
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id"))
    start: Mapped[datetime]
    phone_id: Mapped[int] = mapped_column(ForeignKey("phone.id"))
    communication_id: Mapped[int] = mapped_column(ForeignKey("communication.id"), unique=True)
    at: Mapped[datetime]
    until: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(10), default="open")
