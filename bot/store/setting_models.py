"""The table of what staff have edited of their clinic's settings."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.models import Base


class SettingChangeRow(Base):
    """One change of one section of the settings; the newest of a section counts, and its history is the others.

    follows: the change that it was made upon, 0: the clinic's file. Only one can follow each, so that nobody overwrites unseen what
    somebody else has saved meanwhile. data: the section's keys of the file as JSON; None: as in the file again.
    """

    __tablename__ = "setting_change"
    __table_args__ = (
        UniqueConstraint("clinic_id", "section", "follows"),
        Index("setting_change_clinic", "clinic_id", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    section: Mapped[str] = mapped_column(String(40))
    follows: Mapped[int]
    data: Mapped[str | None]
    actor_id: Mapped[int | None]
    actor: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]
