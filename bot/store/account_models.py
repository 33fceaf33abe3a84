"""The tables of the people who work with Attend: who they are, where they are signed in, who is invited.

Nothing here lets anybody in by itself: passwords are argon2 hashes, codes and session ids are stored as hashes alone, and the
secret of the second factor is encrypted.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.crypto import EncryptedText
from bot.store.models import Base


class UserRow(Base):
    """A person of the clinic's staff. totp_step: the last time step whose code was accepted; no code counts twice.

    language: of the pages they see; "": as their browser asks.
    """

    __tablename__ = "staff_user"
    __table_args__ = (UniqueConstraint("clinic_id", "email"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    totp_secret: Mapped[str | None] = mapped_column(EncryptedText)
    totp_step: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str] = mapped_column(String(12), default="")
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]


class SessionRow(Base):
    """Where somebody is signed in; ended by deleting it. stage: code (password given), enrol (no second factor yet), in."""

    __tablename__ = "staff_session"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("staff_user.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    stage: Mapped[str] = mapped_column(String(8))
    totp_pending: Mapped[str | None] = mapped_column(EncryptedText)
    address: Mapped[str] = mapped_column(String(45), default="")
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class InvitationRow(Base):
    """A link that lets one person choose a password, once. invited_by: nobody when the command line made it."""

    __tablename__ = "staff_invitation"
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"), index=True)
    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[str] = mapped_column(String(20))
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RecoveryCodeRow(Base):
    """A code that stands in for a lost phone, under a keyed hash; deleted when it is used."""

    __tablename__ = "staff_recovery_code"
    user_id: Mapped[int] = mapped_column(ForeignKey("staff_user.id"), primary_key=True)
    code_key: Mapped[str] = mapped_column(String(64), primary_key=True)


class AttemptRow(Base):
    """Tries to sign in, counted by account and by address. key: a keyed hash of either; `since` begins the count."""

    __tablename__ = "staff_attempt"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    failed_attempts: Mapped[int]
    since: Mapped[datetime]
    locked_until: Mapped[datetime | None]


class CalendarRow(Base):
    """The address at which a person's calendar program asks for the visits: one each, of which a hash alone is kept.

    read_at: when visits were last given out there.
    """

    __tablename__ = "staff_calendar"
    user_id: Mapped[int] = mapped_column(ForeignKey("staff_user.id"), primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
