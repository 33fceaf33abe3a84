"""The table of pictures and other files that patients sent with their texts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.crypto import EncryptedText
from bot.store.models import Base


class MediaRow(Base):
    """FHIR Media: a file that came with a text, written with it. number: which of the text's, from 0 on.

    status: waiting (to be fetched), here, failed. data: the file in base64, once it is here. look_at: when a worker fetches it next;
    while one does, the end of its lease; None: not any more. attempts tells one lease from the next.
    """

    __tablename__ = "media"
    __table_args__ = (Index("media_text", "communication_id"), Index("media_phone", "phone_id", "id"), Index("media_look", "look_at"))
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    phone_id: Mapped[int] = mapped_column(ForeignKey("phone.id"))
    communication_id: Mapped[int] = mapped_column(ForeignKey("communication.id"))
    number: Mapped[int]
    status: Mapped[str] = mapped_column(String(10), default="waiting")
    data: Mapped[str | None] = mapped_column(EncryptedText, deferred=True)
    look_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
