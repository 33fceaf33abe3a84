"""The tables of programmes: who is in one, and what they were asked and answered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.models import LOOK_NOW, Base


class CarePlanRow(Base):
    """FHIR CarePlan: somebody in a programme of the clinic's file. status: active, on-hold, completed, revoked; reason: why so.

    phone_id: where they agreed to be asked. consent_id: by what; None: it follows the visit `appointment_id`, and counts for the
    limits of the number. since: silence counts from then on. again_step, again_at: what is asked once more, and when.
    """

    __tablename__ = "care_plan"
    __table_args__ = (
        UniqueConstraint("appointment_id", "programme"),
        Index("care_plan_patient", "patient_id", "status"),
        Index("care_plan_phone", "phone_id"),
        Index("care_plan_next", "clinic_id", "next_text_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    phone_id: Mapped[int] = mapped_column(ForeignKey("phone.id"))
    programme: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(10), default="active")
    reason: Mapped[str] = mapped_column(String(40), default="")
    start: Mapped[datetime]
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    consent_id: Mapped[int | None] = mapped_column(ForeignKey("consent.id"))
    again_step: Mapped[str | None] = mapped_column(String(20))
    again_at: Mapped[datetime | None]
    next_text_at: Mapped[datetime | None] = mapped_column(default=LOOK_NOW)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class CheckInRow(Base):
    """FHIR CommunicationRequest: a question of a plan that was sent, each at most once; with what was answered to it.

    due: when it was meant to go. again: it is asked once more. answer: "" until there is one, else those of the programme joined
    by +, or own_words. statement: FHIR MedicationStatement of that day: taken, not-taken, or "" when the answer says neither.
    """

    __tablename__ = "check_in"
    __table_args__ = (
        UniqueConstraint("care_plan_id", "step", "due"),
        Index("check_in_phone", "phone_id", "at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    care_plan_id: Mapped[int] = mapped_column(ForeignKey("care_plan.id"))
    phone_id: Mapped[int] = mapped_column(ForeignKey("phone.id"))
    step: Mapped[str] = mapped_column(String(20))
    due: Mapped[datetime]
    again: Mapped[bool] = mapped_column(default=False)
    communication_id: Mapped[int | None] = mapped_column(ForeignKey("communication.id"), index=True)
    at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(String(40), default="")
    statement: Mapped[str] = mapped_column(String(12), default="")
    answered_at: Mapped[datetime | None]
    answer_id: Mapped[int | None] = mapped_column(ForeignKey("communication.id"))
