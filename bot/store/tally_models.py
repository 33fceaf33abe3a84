"""The table of days that are over, counted for the pictures."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.models import Base


class TallyRow(Base):
    """What one picture counts of one day at the clinic. counts: what → how often, as JSON, without people. at: when it was counted."""

    __tablename__ = "tally"
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"), primary_key=True)
    picture: Mapped[str] = mapped_column(String(20), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    counts: Mapped[str]
    at: Mapped[datetime]
